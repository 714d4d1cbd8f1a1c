/* Connection strings as far as the base layer needs them, which has no libpq: the words of a
   keyword/value string by libpq's rules (fe-connect.c, conninfo_parse), lists of them, and the
   same without passwords. replication/conninfo.h does the rest. */
#include "config_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static const char *skip_spaces(const char *at)
{
    while (isspace((unsigned char) *at))
        at++;
    return at;
}

static const char *read_value(const char *at, struct text *ret_value)
{
    bool quoted = *at == '\'';

    text_add_string(ret_value, "");
    if (quoted)
        at++;
    for (;; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '\\')
            return NULL;
        else if (!*at)
            return quoted ? NULL : at;
        else if (quoted && *at == '\'')
            return at + 1;
        else if (!quoted && isspace((unsigned char) *at))
            return at;
        text_add_bytes(ret_value, at, 1);
    }
}

const char *config_conninfo_word(const char *at, char **ret_key, char **ret_value)
{
    struct text key = {0}, value = {0};

    at = skip_spaces(at);
    if (!*at) {
        *ret_key = *ret_value = NULL;
        return at;
    }
    while (*at && *at != '=' && !isspace((unsigned char) *at))
        text_add_bytes(&key, at++, 1);
    at = skip_spaces(at);
    if (*at == '=' && key.length > 0)
        at = read_value(skip_spaces(at + 1), &value);
    else
        at = NULL;
    if (!at) {
        text_free(&key);
        text_free(&value);
        return NULL;
    }
    *ret_key = text_take(&key);
    *ret_value = text_take(&value);
    return at;
}

bool config_conninfo_is_uri(const char *conninfo)
{
    return string_starts(conninfo, "postgresql://") || string_starts(conninfo, "postgres://");
}

bool config_conninfo_is_valid(const char *conninfo)
{
    char *key = NULL, *value = NULL;
    const char *at = conninfo;

    if (config_conninfo_is_uri(conninfo))
        return true;
    do {
        free(key);
        free(value);
        key = value = NULL;
        at = config_conninfo_word(at, &key, &value);
    } while (at && key);
    return at != NULL;
}

char *config_conninfo_value(const char *conninfo, const char *wanted)
{
    char *found = NULL, *key = NULL, *value = NULL;
    const char *at = conninfo;

    if (!conninfo || config_conninfo_is_uri(conninfo))
        return NULL;
    while ((at = config_conninfo_word(at, &key, &value)) && key) {
        if (string_equal(key, wanted)) {
            free(found); /* the last one counts, as in libpq */
            found = value;
            value = NULL;
        }
        free(key);
        free(value);
    }
    if (!at) {
        free(found); /* nothing of a string that cannot be read */
        return NULL;
    }
    return found;
}

static bool is_secret(const char *key, size_t length)
{
    static const char *const names[] = {"password", "sslpassword", "scram_client_key",
                                        "scram_server_key", "oauth_client_secret"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strlen(names[i]) == length && strncmp(names[i], key, length) == 0)
            return true;
    }
    return false;
}

void config_conninfo_add(struct text *text, const char *key, const char *value)
{
    bool quoted = !*value || strpbrk(value, " \t\r\n\v\f'\\");

    text_add(text, "%s=%s", key, quoted ? "'" : "");
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\')
            text_add_string(text, "\\");
        text_add_bytes(text, value, 1);
    }
    text_add_string(text, quoted ? "'" : "");
}

/* postgresql://user:SECRET@host/db?password=SECRET&x=y */
static char *uri_safe(const char *uri)
{
    struct text text = {0};
    const char *at = strstr(uri, "://") + 3;
    size_t authority = strcspn(at, "/?");
    const char *user_end = memchr(at, '@', authority);
    const char *query;

    text_add_bytes(&text, uri, (size_t) (at - uri));
    if (user_end) {
        text_add_bytes(&text, at, strcspn(at, ":@"));
        at = user_end;
    }
    query = strchr(at, '?');
    if (!query) {
        text_add_string(&text, at);
        return text_take(&text);
    }
    text_add_bytes(&text, at, (size_t) (query - at));
    while (*query) {
        size_t length = 1 + strcspn(query + 1, "&");

        if (!is_secret(query + 1, strcspn(query + 1, "=&")))
            text_add_bytes(&text, query, length);
        query += length;
    }
    return text_take(&text);
}

char *config_conninfo_safe(const char *conninfo)
{
    struct text text = {0};
    const char *at = conninfo;
    char *key = NULL, *value = NULL;

    if (config_conninfo_is_uri(conninfo))
        return uri_safe(conninfo);
    while ((at = config_conninfo_word(at, &key, &value)) && key) {
        if (!is_secret(key, strlen(key))) {
            text_add_string(&text, text.length ? " " : "");
            config_conninfo_add(&text, key, value);
        }
        free(key);
        free(value);
    }
    return text_take(&text);
}

/* Does a further connection string begin here, rather than a further host of a list? */
static bool begins_conninfo(const char *at)
{
    at = skip_spaces(at);
    if (config_conninfo_is_uri(at))
        return true;
    if (!isalpha((unsigned char) *at))
        return false;
    while (isalnum((unsigned char) *at) || *at == '_')
        at++;
    return *skip_spaces(at) == '=';
}

static void add_piece(char ***list, size_t *count, const char *start, const char *end)
{
    struct text piece = {0};

    start = skip_spaces(start);
    while (end > start && isspace((unsigned char) end[-1]))
        end--;
    if (end <= start)
        return;
    text_add_bytes(&piece, start, (size_t) (end - start));
    *list = memory_grow(*list, (*count + 1) * sizeof(**list));
    (*list)[(*count)++] = text_take(&piece);
}

char **config_conninfo_split(const char *list, size_t *ret_count)
{
    char **pieces = NULL;
    size_t count = 0;
    const char *start = list;
    bool quoted = false;

    for (const char *at = list; *at; at++) {
        if (*at == '\\' && at[1])
            at++;
        else if (*at == '\'')
            quoted = !quoted;
        else if (*at == ',' && !quoted && begins_conninfo(at + 1)) {
            add_piece(&pieces, &count, start, at);
            start = at + 1;
        }
    }
    add_piece(&pieces, &count, start, start + strlen(start));
    *ret_count = count;
    return pieces;
}
