#include "names.h"

#include "../base/text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool is_address(const char *host)
{
    unsigned char buffer[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, buffer) == 1 || inet_pton(AF_INET6, host, buffer) == 1;
}

bool pooler_names_needed(const char *host)
{
    return host && *host && *host != '/' && *host != '@' && !strchr(host, ',') && !is_address(host);
}

char *pooler_names_next(const char **list)
{
    const char *at = *list;
    struct text host = {0};
    size_t length;

    if (!at || !*at)
        return NULL;
    at += strspn(at, " \t");
    length = strcspn(at, ",");
    *list = at + length + (at[length] == ',');
    while (length && (at[length - 1] == ' ' || at[length - 1] == '\t'))
        length--;
    text_add_bytes(&host, at, length);
    return text_take(&host);
}

static bool tells_why(const char *line)
{
    return line[0] == '!' && line[1] == ' ';
}

const char *pooler_names_why(const char *output, int *ret_length)
{
    for (; output && *output; output += strcspn(output, "\n"), output += *output == '\n')
        if (tells_why(output)) {
            *ret_length = (int) strcspn(output + 2, "\n");
            return output + 2;
        }
    return NULL;
}

void pooler_names_read(const char *output, struct pooler_names *ret_names)
{
    struct pooler_names names = {0};
    const char *at = output ? output : "";

    while (*at) {
        size_t line = strcspn(at, "\n"), word = strcspn(at, " \n");
        struct text name = {0}, addresses = {0};

        if (tells_why(at)) {
            at += line + (at[line] == '\n');
            continue;
        }
        text_add_bytes(&name, at, word);
        if (word < line)
            text_add_bytes(&addresses, at + word + 1, line - word - 1);
        names.list = memory_grow(names.list, (names.count + 1) * sizeof(*names.list));
        names.list[names.count].name = text_take(&name);
        names.list[names.count].addresses =
            addresses.length && !string_equal(text_string(&addresses), "-") ? text_take(&addresses)
                                                                            : NULL;
        names.count++;
        text_free(&addresses);
        at += line + (at[line] == '\n');
    }
    *ret_names = names;
}

void pooler_names_free(struct pooler_names *names)
{
    size_t i;

    for (i = 0; i < names->count; i++) {
        free(names->list[i].name);
        free(names->list[i].addresses);
    }
    free(names->list);
    *names = (struct pooler_names){0};
}

static const struct pooler_name *find(const struct pooler_names *names, const char *host)
{
    size_t i;

    for (i = 0; host && i < names->count; i++)
        if (strcasecmp(names->list[i].name, host) == 0)
            return &names->list[i];
    return NULL;
}

bool pooler_names_unknown(const struct pooler_names *names, const char *host)
{
    const struct pooler_name *name = find(names, host);

    return name && !name->addresses;
}

/* NULL: not known. */
static const char *addresses_of(const struct pooler_names *names, const char *host)
{
    const struct pooler_name *name = find(names, host);

    return name ? name->addresses : host && is_address(host) ? host : NULL;
}

bool pooler_names_tell(const struct pooler_names *names, const char *host)
{
    return !pooler_names_needed(host) || addresses_of(names, host);
}

/* fd00::7 is FD00:0::7, too. */
static bool is_same_address(const char *a, const char *b, size_t length_a, size_t length_b)
{
    unsigned char bytes[2][sizeof(struct in6_addr)];
    char texts[2][INET6_ADDRSTRLEN];

    if (length_a == length_b && strncasecmp(a, b, length_a) == 0)
        return true;
    if (length_a >= sizeof(texts[0]) || length_b >= sizeof(texts[1]))
        return false;
    snprintf(texts[0], sizeof(texts[0]), "%.*s", (int) length_a, a);
    snprintf(texts[1], sizeof(texts[1]), "%.*s", (int) length_b, b);
    return inet_pton(AF_INET6, texts[0], bytes[0]) == 1 &&
           inet_pton(AF_INET6, texts[1], bytes[1]) == 1 &&
           memcmp(bytes[0], bytes[1], sizeof(bytes[0])) == 0;
}

static bool has_word(const char *list, const char *word, size_t length)
{
    while (*list) {
        size_t here = strcspn(list, " ");

        if (is_same_address(list, word, here, length))
            return true;
        list += here;
        list += strspn(list, " ");
    }
    return false;
}

static int port_of(const struct pooler_address *address)
{
    return address->port ? atoi(address->port) : 5432;
}

bool pooler_names_meet(const struct pooler_names *names, const struct pooler_address *a,
                       const struct pooler_address *b)
{
    const char *one = addresses_of(names, a->host), *other = addresses_of(names, b->host);

    if (!one || !other || port_of(a) != port_of(b))
        return false;
    while (*one) {
        size_t length = strcspn(one, " ");

        if (length && has_word(other, one, length))
            return true;
        one += length;
        one += strspn(one, " ");
    }
    return false;
}

enum pooler_reach pooler_reach_read(const char *output, const char *key, const char **ret_why,
                                    int *ret_length)
{
    static const struct {
        const char *word;
        enum pooler_reach reach;
    } words[] = {{"yes", REACH_YES}, {"no", REACH_NO}, {"unknown", REACH_UNKNOWN}};
    size_t length = strlen(key), i;

    *ret_why = "no answer";
    *ret_length = (int) strlen(*ret_why);
    for (; output && *output; output += strcspn(output, "\n"), output += *output == '\n') {
        const char *value = output + length + 1;
        size_t word;

        if (strncmp(output, key, length) != 0 || output[length] != '=')
            continue;
        word = strcspn(value, " \n");
        for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
            if (strlen(words[i].word) != word || strncmp(value, words[i].word, word) != 0)
                continue;
            *ret_why = value + word + (value[word] == ' ');
            *ret_length = (int) strcspn(*ret_why, "\n");
            return words[i].reach;
        }
    }
    return REACH_UNKNOWN;
}
