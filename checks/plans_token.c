#include "plans_token.h"

#include "../cutover/base/text.h"

#include <ctype.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

static bool begins_word(char c)
{
    return isalpha((unsigned char) c) || c == '_' || (unsigned char) c >= 0x80;
}

static bool is_of_word(char c)
{
    return begins_word(c) || isdigit((unsigned char) c) || c == '$';
}

static size_t read_space(const char *text, size_t length)
{
    size_t i = 0;

    while (i < length && text[i] && strchr(" \t\n\r\f\v", text[i]))
        i++;
    return i;
}

static size_t read_line_comment(const char *text, size_t length)
{
    size_t i = 2;

    while (i < length && text[i] != '\n' && text[i] != '\r')
        i++;
    return i;
}

static size_t read_comment(const char *text, size_t length, bool *ret_is_open)
{
    size_t i = 2, depth = 1;

    while (i < length && depth) {
        bool is_pair = i + 1 < length;

        if (is_pair && text[i] == '/' && text[i + 1] == '*') {
            depth++;
            i += 2;
        } else if (is_pair && text[i] == '*' && text[i + 1] == '/') {
            depth--;
            i += 2;
        } else {
            i++;
        }
    }
    *ret_is_open = depth > 0;
    return i;
}

/* A string goes on behind its end when a newline, and nothing but space and comments, stands
   between: it is the same kind of string then. Returns the place of the next quote; 0: it does not.
 */
static size_t goes_on_at(const char *text, size_t length)
{
    size_t i = 0;
    bool has_newline = false;

    for (;;) {
        size_t space = read_space(text + i, length - i);

        has_newline = has_newline || memchr(text + i, '\n', space) || memchr(text + i, '\r', space);
        i += space;
        if (i + 1 < length && text[i] == '-' && text[i + 1] == '-')
            i += read_line_comment(text + i, length - i);
        else
            return has_newline && i < length && text[i] == '\'' ? i : 0;
    }
}

/* `i` is the place of the opening quote. */
static size_t read_quoted(const char *text, size_t length, size_t i, bool has_escapes,
                          bool *ret_is_open)
{
    char quote = text[i++];

    while (i < length) {
        size_t next;

        if (has_escapes && text[i] == '\\' && i + 1 < length) {
            i += 2;
        } else if (text[i] != quote) {
            i++;
        } else if (i + 1 < length && text[i + 1] == quote) {
            i += 2;
        } else {
            i++;
            next = quote == '\'' ? goes_on_at(text + i, length - i) : 0;
            if (!next)
                return i;
            i += next + 1;
        }
    }
    *ret_is_open = true;
    return length;
}

/* Returns 0 when it is no quote: "$1", "$$" is one. */
static size_t read_dollar_quote(const char *text, size_t length, bool *ret_is_open)
{
    size_t tag = 1, i;

    if (tag < length && begins_word(text[tag]))
        while (tag < length && is_of_word(text[tag]) && text[tag] != '$')
            tag++;
    if (tag >= length || text[tag] != '$')
        return 0;
    tag++;
    for (i = tag; i + tag <= length; i++)
        if (text[i] == '$' && memcmp(text + i, text, tag) == 0)
            return i + tag;
    *ret_is_open = true;
    return length;
}

static struct token read_dollar(const char *text, size_t length)
{
    struct token token = {.kind = TOKEN_STRING};
    size_t i = 1;

    token.length = read_dollar_quote(text, length, &token.is_open);
    if (token.length)
        return token;
    while (i < length && isdigit((unsigned char) text[i])) {
        if (token.parameter > INT_MAX / 10 - 10)
            return (struct token){.kind = TOKEN_OTHER, .length = 1};
        token.parameter = token.parameter * 10 + (unsigned) (text[i++] - '0');
    }
    token.kind = i > 1 ? TOKEN_PARAMETER : TOKEN_OTHER;
    token.length = i;
    return token;
}

static struct token read_word(const char *text, size_t length)
{
    struct token token = {.kind = TOKEN_WORD};

    /* e'', b'', x'', n'', u&'' and u&"" */
    if (length > 1 && text[1] == '\'' && strchr("eEbBxXnN", text[0])) {
        token.kind = TOKEN_STRING;
        token.length =
            read_quoted(text, length, 1, text[0] == 'e' || text[0] == 'E', &token.is_open);
        return token;
    }
    if (length > 2 && (text[0] == 'u' || text[0] == 'U') && text[1] == '&' &&
        (text[2] == '\'' || text[2] == '"')) {
        token.kind = text[2] == '"' ? TOKEN_NAME : TOKEN_STRING;
        token.length = read_quoted(text, length, 2, false, &token.is_open);
        return token;
    }
    while (token.length < length && is_of_word(text[token.length]))
        token.length++;
    return token;
}

static struct token read_sign(const char *text, size_t length)
{
    struct token token = {.kind = TOKEN_OTHER, .length = 1};

    switch (*text) {
    case ';':
        token.kind = TOKEN_SEMICOLON;
        break;
    case '(':
        token.kind = TOKEN_OPEN;
        break;
    case ')':
        token.kind = TOKEN_CLOSE;
        break;
    case '\\':
        token.kind = TOKEN_BACKSLASH;
        break;
    default: /* a number, with what stands right behind it: 1e5, 0x1F, 1$ is none */
        while (isdigit((unsigned char) *text) && token.length < length &&
               isalnum((unsigned char) text[token.length]))
            token.length++;
    }
    return token;
}

struct token token_read(const char *text, size_t length)
{
    struct token token = {.kind = TOKEN_END};

    if (length == 0)
        return token;
    if ((token.length = read_space(text, length))) {
        token.kind = TOKEN_SPACE;
    } else if (length > 1 && text[0] == '-' && text[1] == '-') {
        token.kind = TOKEN_COMMENT;
        token.length = read_line_comment(text, length);
    } else if (length > 1 && text[0] == '/' && text[1] == '*') {
        token.kind = TOKEN_COMMENT;
        token.length = read_comment(text, length, &token.is_open);
    } else if (*text == '\'' || *text == '"') {
        token.kind = *text == '"' ? TOKEN_NAME : TOKEN_STRING;
        token.length = read_quoted(text, length, 0, false, &token.is_open);
    } else if (*text == '$') {
        return read_dollar(text, length);
    } else if (begins_word(*text)) {
        return read_word(text, length);
    } else {
        return read_sign(text, length);
    }
    return token;
}

bool token_is(const struct token *token, const char *text, const char *word)
{
    return token->kind == TOKEN_WORD && token->length == strlen(word) &&
           strncasecmp(text, word, token->length) == 0;
}

static bool is_one_of(const struct token *token, const char *text, const char *const *words)
{
    for (; *words; words++)
        if (token_is(token, text, *words))
            return true;
    return false;
}

/* A type before a parameter: a name there is nothing else. */
static bool is_type_name(const struct token *token, const char *text)
{
    static const char *const types[] = {
        "interval", "date",    "time", "timestamp", "timestamptz", "timetz",   "bool",    "boolean",
        "json",     "jsonb",   "uuid", "inet",      "cidr",        "bytea",    "numeric", "text",
        "bigint",   "integer", "int",  "real",      "float8",      "float4",   "int4",    "int8",
        "int2",     "point",   "box",  "money",     "macaddr",     "regclass", NULL};

    return is_one_of(token, text, types);
}

/* The parameter behind that type; NULL: something else stands there. INTERVAL $1 DAY is left as it
   is: the field belongs to the type. */
static const char *parameter_behind(const char *text, size_t left, bool is_interval,
                                    struct token *ret_token)
{
    static const char *const fields[] = {"year", "month", "day", "hour", "minute", "second", NULL};
    struct token token = token_read(text, left);
    const char *at = text;

    if (token.kind != TOKEN_SPACE)
        return NULL;
    at += token.length;
    left -= token.length;
    *ret_token = token_read(at, left);
    if (ret_token->kind != TOKEN_PARAMETER)
        return NULL;
    text = at + ret_token->length;
    left -= ret_token->length;
    token = token_read(text, left);
    if (is_interval && token.kind == TOKEN_SPACE) {
        struct token field = token_read(text + token.length, left - token.length);

        if (is_one_of(&field, text + token.length, fields))
            return NULL;
    }
    return at;
}

char *statement_with_casts(const char *text)
{
    struct text out = {0};
    size_t left = strlen(text);
    const char *behind = text; /* what was taken over already */
    bool is_qualified = false;

    while (left) {
        struct token token = token_read(text, left), parameter = {0};
        const char *at = NULL;

        if (!is_qualified && is_type_name(&token, text))
            at = parameter_behind(text + token.length, left - token.length,
                                  token_is(&token, text, "interval"), &parameter);
        if (at) {
            text_add_bytes(&out, behind, (size_t) (text - behind));
            text_add(&out, "CAST(%.*s AS %.*s)", (int) parameter.length, at, (int) token.length,
                     text);
            left -= (size_t) (at + parameter.length - text);
            behind = text = at + parameter.length;
            is_qualified = false;
            continue;
        }
        is_qualified = *text == '.';
        text += token.length;
        left -= token.length;
    }
    if (out.length)
        text_add_string(&out, behind);
    return out.length ? text_take(&out) : NULL;
}

struct statement_look statement_look(const char *text)
{
    static const char *const planned[] = {"select", "insert", "update", "delete", "merge",
                                          "with",   "values", "table",  NULL};
    static const char *const writing[] = {"insert", "update", "delete", "merge", NULL};
    struct statement_look look = {0};
    size_t left = strlen(text);
    bool has_begun = false;

    for (;;) {
        struct token token = token_read(text, left);

        if (token.kind == TOKEN_END)
            return look;
        if (token.kind == TOKEN_PARAMETER && token.parameter > look.parameters)
            look.parameters = token.parameter;
        if (token.kind == TOKEN_WORD && !has_begun) {
            has_begun = true;
            look.is_planned = is_one_of(&token, text, planned);
            look.writes = is_one_of(&token, text, writing);
        } else if (token_is(&token, text, "into")) {
            look.writes = true; /* SELECT INTO; an INSERT writes anyhow */
        } else if (token.kind != TOKEN_SPACE && token.kind != TOKEN_COMMENT &&
                   token.kind != TOKEN_OPEN) {
            has_begun = true;
        }
        text += token.length;
        left -= token.length;
    }
}
