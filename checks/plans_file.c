#include "plans_file.h"

#include "../cutover/base/text.h"
#include "plans_token.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct reading {
    const char *name; /* of the file */
    const char *text;
    const char *at;
    size_t left;
    long line;
    char *database, *user;
    struct plans_file file;
    size_t capacity;
    struct fault *fault;

    /* of the statement that is read */
    const char *begin; /* NULL: it has not begun */
    long begin_line;
    long parens, begins; /* depth */
    char words[4];       /* initials of its first words, as psql goes by (psqlscan.l) */
    size_t word_count;
};

static bool fail(struct reading *reading, long line, const char *hint, const char *cause, ...)
    __attribute__((format(printf, 4, 5)));

static bool fail(struct reading *reading, long line, const char *hint, const char *cause, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, cause);
    text_add(&text, "line %ld: ", line);
    text_add_list(&text, cause, arguments);
    va_end(arguments);
    fault_set(reading->fault, "reading statements from", reading->name, NULL, "%s",
              text_string(&text));
    text_free(&text);
    fault_hint(reading->fault, "%s", hint);
    reading->fault->exit_code = EXIT_USAGE;
    return false;
}

static void advance(struct reading *reading, size_t length)
{
    for (; length; length--, reading->at++, reading->left--)
        reading->line += *reading->at == '\n';
}

static void forget_statement(struct reading *reading)
{
    reading->begin = NULL;
    reading->parens = reading->begins = 0;
    reading->word_count = 0;
    memset(reading->words, 0, sizeof(reading->words));
}

static bool is_valid(const char *string)
{
    struct text text = {0};
    bool same;

    text_add_valid(&text, string);
    same = strcmp(text_string(&text), string) == 0;
    text_free(&text);
    return same;
}

static bool end_statement(struct reading *reading)
{
    size_t length = reading->begin ? (size_t) (reading->at - reading->begin) : 0;
    struct plans_file *file = &reading->file;
    struct file_statement *statement;

    if (!length)
        return true;
    if (!reading->database)
        return fail(reading, reading->begin_line,
                    "\"-- database: NAME\" in a line before it, or \\connect NAME, chooses one",
                    "no database is chosen for this statement");
    if (length > PLANS_TEXT_BYTES)
        return fail(reading, reading->begin_line, "is a quote or a semicolon missing?",
                    "a statement of %zu bytes begins here: %d are the limit", length,
                    PLANS_TEXT_BYTES);
    if (file->count == PLANS_FILE_STATEMENTS)
        return fail(reading, reading->begin_line, "divide the file",
                    "there are more than %d statements", PLANS_FILE_STATEMENTS);
    if (file->count == reading->capacity) {
        reading->capacity = reading->capacity ? 2 * reading->capacity : 16;
        file->statements =
            memory_grow(file->statements, reading->capacity * sizeof(*file->statements));
    }
    statement = &file->statements[file->count++];
    statement->database = memory_copy(reading->database);
    statement->user = memory_copy(reading->user);
    statement->line = reading->begin_line;
    statement->text = memory_new(length + 1);
    memcpy(statement->text, reading->begin, length);
    while (length && strchr(" \t\n\r\f\v", statement->text[length - 1]))
        statement->text[--length] = '\0';
    forget_statement(reading);
    return is_valid(statement->text) ||
           fail(reading, statement->line, "statements are plain text in UTF-8",
                "the statement that begins here is not in UTF-8");
}

static void choose(struct reading *reading, const char *database, const char *user)
{
    if (database && strcmp(database, "-") != 0) {
        free(reading->database);
        reading->database = memory_copy(database);
    }
    if (user && strcmp(user, "-") == 0)
        return;
    free(reading->user);
    reading->user = memory_copy(user);
}

/* Is there nothing but blanks before it in its line? */
static bool begins_line(const struct reading *reading)
{
    const char *at = reading->at;

    while (at > reading->text && (at[-1] == ' ' || at[-1] == '\t'))
        at--;
    return at == reading->text || at[-1] == '\n';
}

/* "-- database: NAME". The name is the rest of the line, as it is. */
static bool take_comment(struct reading *reading, const struct token *token)
{
    static const char key[] = "database:";
    const char *at = reading->at + 2, *end = reading->at + token->length;
    char *name;

    if (token->is_open)
        return fail(reading, reading->line, "a comment that begins with /* ends with */",
                    "a comment begins here that does not end");
    while (at < end && (*at == ' ' || *at == '\t'))
        at++;
    if (*reading->at != '-' || (size_t) (end - at) < sizeof(key) - 1 ||
        strncasecmp(at, key, sizeof(key) - 1) != 0 || !begins_line(reading))
        return true;
    if (reading->begin)
        return fail(reading, reading->line, "end the statement before it with a semicolon",
                    "\"-- database:\" in the middle of a statement");
    for (at += sizeof(key) - 1; at < end && isspace((unsigned char) *at);)
        at++;
    while (end > at && isspace((unsigned char) end[-1]))
        end--;
    if (at == end)
        return fail(reading, reading->line, "-- database: NAME", "no name behind \"database:\"");
    name = memory_new((size_t) (end - at) + 1);
    memcpy(name, at, (size_t) (end - at));
    choose(reading, name, NULL);
    free(name);
    return true;
}

/* A word of a \ command: bare, 'quoted' or "quoted", without semicolons behind it
   (psqlscanslash.l). NULL: the line has none left. */
static char *take_argument(const char **at, const char *end)
{
    struct text text = {0};
    size_t quoted = 0; /* bytes up to the last quote */
    char quote = '\0';
    bool has_quotes = false;

    while (*at < end && (**at == ' ' || **at == '\t'))
        (*at)++;
    if (*at == end)
        return NULL;
    for (; *at < end && (quote || !isspace((unsigned char) **at)); (*at)++) {
        if (!quote && (**at == '"' || **at == '\'')) {
            quote = **at;
            has_quotes = true;
        } else if (quote && **at == quote && *at + 1 < end && (*at)[1] == quote)
            text_add_bytes(&text, (*at)++, 1);
        else if (quote && **at == quote)
            quote = '\0';
        else
            text_add_bytes(&text, *at, 1);
        quoted = quote || **at == '\'' || **at == '"' ? text.length : quoted;
    }
    while (text.length > quoted && text.data[text.length - 1] == ';')
        text.data[--text.length] = '\0';
    if (quote || !text.length) {
        text_free(&text);
        return quote || has_quotes ? memory_copy("") : NULL;
    }
    return text_take(&text);
}

static const char *end_of_line(const struct reading *reading)
{
    const char *end = memchr(reading->at, '\n', reading->left);

    end = end ? end : reading->at + reading->left;
    return end > reading->at && end[-1] == '\r' ? end - 1 : end;
}

static bool take_backslash(struct reading *reading)
{
    static const char hint[] = "\\connect DATABASE [USER] is the only command of psql known here";
    const char *at = reading->at + 1, *end = end_of_line(reading), *word = at;
    char *database, *user, *more;
    bool good;

    while (at < end && isalpha((unsigned char) *at))
        at++;
    if (reading->begin)
        return fail(reading, reading->line, hint, "a backslash in the middle of a statement");
    if (!((at - word == 7 && strncmp(word, "connect", 7) == 0) || (at - word == 1 && *word == 'c')))
        return fail(reading, reading->line, hint, "\"\\%.*s\" is not known here", (int) (at - word),
                    word);
    database = take_argument(&at, end);
    user = take_argument(&at, end);
    more = take_argument(&at, end);
    good = database && *database && (!user || *user) && !more;
    if (good)
        choose(reading, database, user);
    free(database);
    free(user);
    free(more);
    if (!good)
        return fail(reading, reading->line, hint,
                    "\\connect takes a database, and may take a user");
    advance(reading, (size_t) (end - reading->at));
    return true;
}

/* The body of CREATE FUNCTION ... BEGIN ATOMIC ...; END has semicolons of its own. */
static void note_word(struct reading *reading, const struct token *token)
{
    static const char *const heads[] = {"create", "or", "replace", "function", "procedure"};
    const char *words = reading->words;
    size_t i;

    for (i = 0; i < sizeof(heads) / sizeof(heads[0]) && reading->word_count < 4; i++)
        if (token_is(token, reading->at, heads[i]))
            reading->words[reading->word_count] = *heads[i];
    reading->word_count++;
    if (words[0] != 'c' || reading->parens ||
        !(words[1] == 'f' || words[1] == 'p' ||
          (words[1] == 'o' && words[2] == 'r' && (words[3] == 'f' || words[3] == 'p'))))
        return;
    if (token_is(token, reading->at, "begin") ||
        (reading->begins && token_is(token, reading->at, "case")))
        reading->begins++;
    else if (reading->begins && token_is(token, reading->at, "end"))
        reading->begins--;
}

static bool take_token(struct reading *reading)
{
    struct token token = token_read(reading->at, reading->left);

    if (token.kind == TOKEN_COMMENT && !take_comment(reading, &token))
        return false;
    if (token.kind == TOKEN_BACKSLASH)
        return take_backslash(reading);
    if (token.is_open && token.kind != TOKEN_COMMENT)
        return fail(reading, reading->line, "is a quote missing, or one too many?",
                    "a quote begins here that does not end");
    if (token.kind == TOKEN_SEMICOLON && reading->parens <= 0 && !reading->begins) {
        if (!end_statement(reading))
            return false;
    } else if (token.kind != TOKEN_SPACE && token.kind != TOKEN_COMMENT && !reading->begin) {
        reading->begin = reading->at;
        reading->begin_line = reading->line;
    }
    if (token.kind == TOKEN_WORD)
        note_word(reading, &token);
    reading->parens += token.kind == TOKEN_OPEN ? 1 : token.kind == TOKEN_CLOSE ? -1 : 0;
    advance(reading, token.length);
    return true;
}

bool plans_file_parse(const char *name, const char *text, size_t length,
                      struct plans_file *ret_file, struct fault *fault)
{
    struct reading reading = {.name = name, .at = text, .left = length, .line = 1, .fault = fault};
    const char *nothing = memchr(text, '\0', length);
    bool good = true;

    if (length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0)
        advance(&reading, 3);
    reading.text = reading.at;
    if (nothing) {
        advance(&reading, (size_t) (nothing - reading.at));
        good = fail(&reading, reading.line, "statements are plain text in UTF-8",
                    "a byte that is zero: is this a text?");
    }
    while (good && reading.left)
        good = take_token(&reading);
    good = good && end_statement(&reading);
    if (good && !reading.file.count)
        good = fail(&reading, reading.line, "statements of SQL, each with a semicolon behind it",
                    "there is no statement in it");
    free(reading.database);
    free(reading.user);
    if (good)
        *ret_file = reading.file;
    else
        plans_file_free(&reading.file);
    return good;
}

static bool cannot_read(const char *name, struct fault *fault)
{
    fault_set(fault, "reading statements from", name, strerrorname_np(errno), "%s",
              strerror(errno));
    fault_hint(fault, "--plans=FILE names a file with statements; \"-\" is standard input");
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool read_all(FILE *stream, const char *name, struct text *text, struct fault *fault)
{
    char piece[65536];
    size_t length;

    while ((length = fread(piece, 1, sizeof(piece), stream)) > 0) {
        text_add_bytes(text, piece, length);
        if (text->length > PLANS_FILE_BYTES) {
            fault_set(fault, "reading statements from", name, NULL, "it is larger than %d MB",
                      PLANS_FILE_BYTES / 1024 / 1024);
            fault_hint(fault, "divide the file");
            fault->exit_code = EXIT_USAGE;
            return false;
        }
    }
    return !ferror(stream) || cannot_read(name, fault);
}

bool plans_file_read(const char *path, struct plans_file *ret_file, struct fault *fault)
{
    bool is_input = strcmp(path, "-") == 0, good;
    const char *name = is_input ? "standard input" : path;
    FILE *stream = is_input ? stdin : fopen(path, "re");
    struct text text = {0};

    if (!stream)
        return cannot_read(name, fault);
    good = read_all(stream, name, &text, fault);
    if (!is_input)
        fclose(stream);
    good = good && plans_file_parse(name, text_string(&text), text.length, ret_file, fault);
    text_free(&text);
    return good;
}

void plans_file_free(struct plans_file *file)
{
    size_t i;

    for (i = 0; file && i < file->count; i++) {
        free(file->statements[i].database);
        free(file->statements[i].user);
        free(file->statements[i].text);
    }
    if (file) {
        free(file->statements);
        memset(file, 0, sizeof(*file));
    }
}
