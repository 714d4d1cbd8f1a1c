/*
 * The file's lines by libinih. Its handler is told neither line numbers, nor sections without
 * keys, nor whether a line continues a value, and it cuts section names at 50 characters: so it
 * reads from our memory line by line, and what it does not tell is seen as the lines go by.
 */
#include "config_internal.h"

#include <ctype.h>
#include <errno.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_LENGTH_MAX 65536

struct reader {
    const char *file;
    const char *at;
    const char *line_end;
    int line;
    bool is_indented;
    bool has_key; /* since the section's header */
    struct text section;
    struct config_lines lines;
    struct fault *fault; /* the first one stays */
    bool failed;
};

static void reader_fault(struct reader *reader, const char *cause, const char *hint)
{
    char where[CONFIG_WHERE];

    if (reader->failed)
        return;
    reader->failed = true;
    config_fault(reader->fault, config_where(where, reader->file, reader->line), "%s", cause);
    fault_hint(reader->fault, "%s", hint);
}

static void add_line(struct reader *reader, const char *key, const char *value)
{
    struct config_lines *lines = &reader->lines;
    struct config_line *line;

    lines->list = memory_grow(lines->list, (lines->count + 1) * sizeof(*lines->list));
    line = &lines->list[lines->count++];
    line->section = memory_copy(text_string(&reader->section));
    line->key = memory_copy(key);
    line->value = memory_copy(value);
    line->line = reader->line;
}

/* "[pooler p1]"; blanks inside are no part of the name. */
static void see_header(struct reader *reader, const char *at)
{
    const char *end = memchr(at, ']', (size_t) (reader->line_end - at));

    if (!end)
        return; /* libinih refuses the line */
    at++;
    while (at < end && isblank((unsigned char) *at))
        at++;
    while (end > at && isblank((unsigned char) end[-1]))
        end--;
    text_free(&reader->section);
    text_add_bytes(&reader->section, at, (size_t) (end - at));
    reader->has_key = false;
    add_line(reader, NULL, NULL);
}

static void see_line(struct reader *reader)
{
    const char *at = reader->at;

    reader->line_end = at + strcspn(at, "\n");
    reader->line++;
    if (reader->line_end - at >= LINE_LENGTH_MAX - 2)
        reader_fault(reader, "the line is too long",
                     "Indented lines go on with the value above them.");
    while (at < reader->line_end && isspace((unsigned char) *at))
        at++;
    reader->is_indented = at > reader->at;
    /* as libinih has it, an indented line goes on with the value above, whatever it looks like */
    if (*at == '[' && !(reader->is_indented && reader->has_key))
        see_header(reader, at);
}

/* libinih's fgets(): at most size - 1 characters, and not beyond the line. */
static char *read_chunk(char *buffer, int size, void *stream)
{
    struct reader *reader = stream;
    size_t length;

    if (!*reader->at || size < 2)
        return NULL;
    if (reader->at > reader->line_end || reader->line == 0)
        see_line(reader);
    length = (size_t) (reader->line_end - reader->at) + (*reader->line_end == '\n');
    if (length > (size_t) size - 1)
        length = (size_t) size - 1;
    memcpy(buffer, reader->at, length);
    buffer[length] = '\0';
    reader->at += length;
    return buffer;
}

/* An indented `key = value` is far more often a setting than the rest of a value: as which of the
   two it was meant must not be guessed. */
static bool looks_like_setting(const struct reader *reader, const char *text)
{
    const char *name, *pattern = config_section_find(text_string(&reader->section), &name);
    struct text key = {0};
    bool looks = false;
    size_t length = strcspn(text, "= \t");

    text_add_bytes(&key, text, length);
    if (pattern && text[length + strspn(text + length, " \t")] == '=')
        looks = config_option_find(pattern, text_string(&key)) != NULL;
    text_free(&key);
    return looks;
}

static void continue_value(struct reader *reader, const char *more)
{
    struct config_line *line = &reader->lines.list[reader->lines.count - 1];
    struct text text = {0};
    size_t length = strlen(more);

    if (looks_like_setting(reader, more)) {
        reader_fault(reader, "the line is indented, so it would go on with the value above",
                     "Begin settings at the start of the line; indent only what goes on with a "
                     "value.");
        return;
    }
    /* libinih leaves comments behind continued values in place */
    for (size_t i = 1; i < length; i++) {
        if (more[i] == ';' && isspace((unsigned char) more[i - 1]))
            length = i;
    }
    while (length > 0 && isspace((unsigned char) more[length - 1]))
        length--;
    text_add_string(&text, line->value);
    text_add_string(&text, *line->value ? " " : "");
    text_add_bytes(&text, more, length);
    free(line->value);
    line->value = text_take(&text);
}

static int handle(void *user, const char *section, const char *key, const char *value)
{
    struct reader *reader = user;

    (void) section; /* may be cut */
    if (reader->failed)
        return 1;
    if (reader->is_indented && reader->has_key) {
        continue_value(reader, value);
        return 1;
    }
    reader->has_key = true;
    add_line(reader, key, value);
    return 1;
}

static char *load(const char *path, struct fault *fault)
{
    FILE *file = fopen(path, "r");
    struct text text = {0};
    char buffer[4096], where[CONFIG_WHERE];
    size_t length;
    int error = file ? 0 : errno;

    while (!error && (length = fread(buffer, 1, sizeof(buffer), file)) > 0)
        text_add_bytes(&text, buffer, length);
    if (!error && ferror(file))
        error = errno;
    if (file)
        fclose(file);
    config_where(where, path, 0);
    if (error) {
        config_fault(fault, where, "%s", strerror(error));
        fault_hint(fault, "Name the file with --config or PGCUTOVER_CONFIG; \"pgcutover init\" "
                          "writes one.");
    } else if (text.length != strlen(text_string(&text))) {
        error = EINVAL;
        config_fault(fault, where, "not a text file");
    }
    if (error) {
        text_free(&text);
        return NULL;
    }
    return text_take(&text);
}

bool config_lines_read(const char *file, struct config_lines *ret_lines, struct fault *fault)
{
    struct reader reader = {.file = file, .fault = fault};
    char *content = load(file, fault);
    int status;

    if (!content)
        return false;
    /* editors of other systems begin a file with a byte order mark */
    reader.at = reader.line_end = content + (string_starts(content, "\xEF\xBB\xBF") ? 3 : 0);
    /* Debian's libinih is set at run time; its default cuts lines at 200 characters */
    ini_use_stack = false;
    ini_allow_realloc = true;
    ini_max_line = LINE_LENGTH_MAX;
    status = ini_parse_stream(read_chunk, &reader, handle, &reader);
    if (status > 0) {
        reader.line = status;
        reader_fault(
            &reader, "not a setting",
            "A line is a [section], \"key = value\", or a comment that begins with ; or #.");
    } else if (status < 0) {
        reader_fault(&reader, "out of memory", "");
    }
    free(content);
    text_free(&reader.section);
    if (reader.failed) {
        config_lines_free(&reader.lines);
        return false;
    }
    *ret_lines = reader.lines;
    return true;
}

void config_lines_free(struct config_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        free(lines->list[i].section);
        free(lines->list[i].key);
        free(lines->list[i].value);
    }
    free(lines->list);
    memset(lines, 0, sizeof(*lines));
}
