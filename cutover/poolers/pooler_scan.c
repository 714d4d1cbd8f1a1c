#include "pooler_scan.h"

#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* PgBouncer runs in the C locale, and so do these. */
static bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

bool pooler_is_space(char character)
{
    return character && strchr(" \t\r\n\v\f", character);
}

static bool is_name(char character)
{
    return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
           (character >= '0' && character <= '9') || (character && strchr("_.-*", character));
}

static int line_of(const struct pooler_scan *scan, const char *at)
{
    int line = 1;

    for (const char *p = scan->content; p < at; p++)
        line += *p == '\n';
    return line;
}

bool pooler_scan_refuse(struct pooler_scan *scan, const char *at, const char *cause,
                        const char *hint)
{
    char where[sizeof(scan->fault->where)];

    /* a long path is cut before its line number is */
    snprintf(where, sizeof(where), "%.140s:%d", scan->where, line_of(scan, at));
    fault_set(scan->fault, "reading a pooler file", where, NULL, "%s", cause);
    fault_hint(scan->fault, "%s", hint);
    scan->fault->exit_code = EXIT_USAGE;
    return false;
}

static void skip_line(struct pooler_scan *scan)
{
    scan->at += strcspn(scan->at, "\n");
}

static char *copy_range(const char *start, const char *end)
{
    struct text text = {0};

    text_add_bytes(&text, start, (size_t) (end - start));
    return text_take(&text);
}

/* Copies what stands between two `quote`s, doubled ones as one; NULL if the line ends before. */
static char *unquote(const char *at, const char *end, char quote, const char **ret_behind)
{
    struct text text = {0};

    for (at++; at < end; at++) {
        if (*at == quote && (at + 1 == end || at[1] != quote)) {
            *ret_behind = at + 1;
            return text_take(&text);
        }
        if (*at == quote)
            at++;
        text_add_bytes(&text, at, 1);
    }
    text_free(&text);
    return NULL;
}

static const char *skip_spaces(const char *at, const char *end)
{
    while (at < end && pooler_is_space(*at))
        at++;
    return at;
}

/* cstr_get_value(): a quote starts a quoted value, only a space (not a tab) ends a plain one, and
   the character behind a value is skipped whatever it is. NULL: PgBouncer would refuse it. */
static char *read_value(const char *at, const char *end, struct pooler_place *ret_place)
{
    struct pooler_place place = {.start = skip_spaces(at, end)};
    char *value;

    if (place.start < end && *place.start == '\'') {
        value = unquote(place.start, end, '\'', &place.end);
    } else {
        place.end = place.start;
        while (place.end < end && *place.end != ' ')
            place.end++;
        value = copy_range(place.start, place.end);
    }
    if (value && !*value) {
        free(value);
        value = NULL;
    }
    if (!value)
        return NULL;
    place.next = skip_spaces(place.end < end ? place.end + 1 : end, end);
    *ret_place = place;
    return value;
}

static bool key_is(const char *start, const char *end, const char *key)
{
    size_t length = strlen(key);

    return (size_t) (end - start) == length && strncmp(start, key, length) == 0;
}

/* PgBouncer refuses HOST=; saying so here is better than a RELOAD that fails in the pause. */
static bool key_is_misspelt(const char *start, const char *end)
{
    static const char *const keys[] = {"host", "port", "dbname"};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        size_t length = strlen(keys[i]);

        if ((size_t) (end - start) == length && strncasecmp(start, keys[i], length) == 0 &&
            strncmp(start, keys[i], length) != 0)
            return true;
    }
    return false;
}

/* Where a word's value is kept; NULL: it is none of ours to know. */
static char **member_of(struct pooler_entry *entry, const char *key, const char *key_end)
{
    const struct {
        const char *key;
        char **member;
    } members[] = {
        {"host", &entry->host},
        {"port", &entry->port},
        {"dbname", &entry->dbname},
        {"auth_user", &entry->auth_user},
        {"auth_dbname", &entry->auth_dbname},
        {"auth_query", &entry->auth_query},
        {"query_wait_timeout", &entry->query_wait_timeout},
        {"pool_mode", &entry->pool_mode},
    };

    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++)
        if (key_is(key, key_end, members[i].key))
            return members[i].member;
    return NULL;
}

static void keep_word(struct pooler_found *found, const char *key, const char *key_end, char *value,
                      struct pooler_place place)
{
    char **member = member_of(&found->entry, key, key_end);

    place.key = key;
    if (member == &found->entry.host)
        found->host = place;
    else if (member == &found->entry.port)
        found->port = place;
    if (!member) {
        free(value);
        return;
    }
    free(*member); /* the last of repeated keys counts */
    *member = value;
}

static bool read_words(struct pooler_scan *scan, struct pooler_found *found)
{
    const char *at = skip_spaces(found->value, found->value_end);
    const char *end = found->value_end;

    while (at < end) {
        const char *key = at, *key_end;
        struct pooler_place place;
        char *value = NULL;

        while (at < end && *at != '=' && *at != ' ')
            at++;
        key_end = at;
        at = skip_spaces(at, end);
        if (key_is_misspelt(key, key_end))
            return pooler_scan_refuse(scan, key,
                                      "PgBouncer refuses this entry: a key is not in lower case",
                                      "Write host, port and dbname in lower case.");
        if (at < end && *at == '=' && key != key_end)
            value = read_value(at + 1, end, &place);
        if (!value)
            return pooler_scan_refuse(
                scan, key, "PgBouncer refuses this entry: not a list of key=value words",
                "Part the words with spaces and put values that hold spaces in single "
                "quotes; name the file that holds the [databases] entries.");
        at = place.next;
        keep_word(found, key, key_end, value, place);
    }
    return true;
}

/* The name before '=', with or without quotes; NULL if there is none. */
static char *read_name(struct pooler_scan *scan)
{
    const char *start = scan->at;
    const char *line_end = start + strcspn(start, "\n");

    if (*start == '"')
        return unquote(start, line_end, '"', &scan->at);
    if (*start == '\'') {
        const char *quote = memchr(start + 1, '\'', (size_t) (line_end - start - 1));

        if (!quote)
            return NULL;
        scan->at = quote + 1;
        return copy_range(start + 1, quote);
    }
    while (is_name(*scan->at))
        scan->at++;
    return scan->at > start ? copy_range(start, scan->at) : NULL;
}

static bool read_entry(struct pooler_scan *scan)
{
    const char *start = scan->at;
    struct pooler_found *found;
    char *name = read_name(scan);

    while (name && is_blank(*scan->at))
        scan->at++;
    if (!name || !*name || *scan->at != '=') {
        free(name);
        return pooler_scan_refuse(
            scan, start, "PgBouncer refuses this line: not an entry \"name = …\"",
            "An entry is a name of letters, digits and _.-* (others in single quotes), "
            "an equals sign and key=value words.");
    }
    scan->list = memory_grow(scan->list, (scan->count + 1) * sizeof(*scan->list));
    found = &scan->list[scan->count++];
    memset(found, 0, sizeof(*found));
    found->entry.name = name;
    found->entry.line = line_of(scan, start);
    scan->at++;
    while (is_blank(*scan->at))
        scan->at++;
    found->value = scan->at;
    skip_line(scan);
    found->value_end = scan->at;
    while (found->value_end > found->value && pooler_is_space(found->value_end[-1]))
        found->value_end--;
    return read_words(scan, found);
}

static bool read_header(struct pooler_scan *scan)
{
    const char *name = scan->at + 1;
    const char *end = name + strcspn(name, "]\n");

    if (*end != ']')
        return pooler_scan_refuse(scan, scan->at,
                                  "PgBouncer refuses this line: a section without ]",
                                  "Write the section as [databases].");
    if (!scan->has_headers && scan->count > 0)
        return pooler_scan_refuse(
            scan, scan->list[0].value, "an entry stands before the first section",
            "Put a line [databases] above it; only a file without any section is taken "
            "as the inside of [databases].");
    scan->has_headers = true;
    scan->in_databases = key_is(name, end, "databases");
    scan->at = end + 1;
    return true;
}

static bool is_include(const char *at)
{
    return strncmp(at, "%include", 8) == 0 && is_blank(at[8]);
}

bool pooler_scan_read(struct pooler_scan *scan)
{
    scan->at = scan->content;
    scan->in_databases = true;
    for (;;) {
        bool ok = true;

        while (pooler_is_space(*scan->at))
            scan->at++;
        if (!*scan->at)
            return true;
        if (is_include(scan->at))
            return pooler_scan_refuse(
                scan, scan->at, "the file includes another one",
                "Give the included file that holds the [databases] entries as this "
                "pooler's file: it is replaced as a whole, at once.");
        if (*scan->at == '#' || *scan->at == ';')
            skip_line(scan);
        else if (*scan->at == '[')
            ok = read_header(scan);
        else if (scan->in_databases)
            ok = read_entry(scan);
        else
            skip_line(scan); /* other sections are not ours to judge */
        if (!ok)
            return false;
    }
}

void pooler_entry_clear(struct pooler_entry *entry)
{
    free(entry->name);
    free(entry->host);
    free(entry->port);
    free(entry->dbname);
    free(entry->auth_user);
    free(entry->auth_dbname);
    free(entry->auth_query);
    free(entry->query_wait_timeout);
    free(entry->pool_mode);
}

void pooler_scan_clear(struct pooler_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++)
        pooler_entry_clear(&scan->list[i].entry);
    free(scan->list);
}
