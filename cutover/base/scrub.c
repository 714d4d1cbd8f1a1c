#include "scrub.h"

#include <string.h>
#include <strings.h>

static const char *const words[] = {"password", "passwd",  "passphrase",  "secret",
                                    "token",    "api_key", "routing_key", "authorization"};

/* A quote within is escaped (libpq, JSON) or doubled (SQL); what is never closed goes to the end.
 */
static const char *end_of(const char *value, char quote)
{
    const char *at;

    for (at = value; *at; at++)
        if (*at == '\\' && at[1])
            at++;
        else if (quote && *at == quote && at[1] == quote && at > value)
            at++;
        else if (quote ? *at == quote : strchr(" \t\r\n,;&\"'", *at) != NULL)
            break;
    return at;
}

/* The value of "password = 'x'", "token: x", "Authorization: Bearer x", PASSWORD 'x' that begins
   behind the word at `at`; NULL: there is none. *ret_end is behind it. */
static const char *value_of(const char *at, const char **ret_end)
{
    const char *value = NULL;
    size_t spaces, i;
    char quote;

    for (i = 0; i < sizeof(words) / sizeof(words[0]) && !value; i++)
        if (strncasecmp(at, words[i], strlen(words[i])) == 0)
            value = at + strlen(words[i]);
    if (!value)
        return NULL;
    value += *value == '"' || *value == '\'';
    spaces = strspn(value, " ");
    value += spaces;
    if (*value == '=' || *value == ':')
        value++;
    else if (spaces == 0 || *value != '\'')
        return NULL;
    value += strspn(value, " ");
    if (strncasecmp(value, "bearer ", 7) == 0 || strncasecmp(value, "basic ", 6) == 0)
        value += strcspn(value, " ") + 1;
    quote = *value == '"' || *value == '\'' ? *value : '\0';
    value += quote != '\0';
    *ret_end = end_of(value, quote);
    return value;
}

/* "://user:" x "@": the password; the last @ before the path ends it. */
static const char *password_of(const char *at, const char **ret_end)
{
    size_t length, user;
    const char *end;

    if (strncmp(at, "://", 3) != 0)
        return NULL;
    at += 3;
    length = strcspn(at, "/?# \t\r\n");
    for (end = at + length; end > at && end[-1] != '@'; end--)
        ;
    if (end == at)
        return NULL;
    user = strcspn(at, ":");
    if (at + user + 1 >= end)
        return NULL;
    *ret_end = end - 1;
    return at + user + 1;
}

static size_t secret_at(const char *at, const char *const *secrets)
{
    size_t longest = 0;

    for (; secrets && *secrets; secrets++)
        if (strlen(*secrets) > longest && strncmp(at, *secrets, strlen(*secrets)) == 0)
            longest = strlen(*secrets);
    return longest;
}

void text_add_scrubbed(struct text *text, const char *string, const char *const *secrets)
{
    const char *at = string, *value, *end = NULL;
    size_t known;

    while (*at) {
        if ((known = secret_at(at, secrets)) > 0) {
            text_add_string(text, "***");
            at += known;
            continue;
        }
        value = value_of(at, &end);
        if (!value)
            value = password_of(at, &end);
        if (value && end > value) {
            text_add_bytes(text, at, (size_t) (value - at));
            text_add_string(text, "***");
            at = end;
            continue;
        }
        text_add_bytes(text, at++, 1);
    }
}
