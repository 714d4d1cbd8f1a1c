#include "names.h"

#include "../base/text.h"

#include <arpa/inet.h>
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

void pooler_names_read(const char *output, struct pooler_names *ret_names)
{
    struct pooler_names names = {0};
    const char *at = output ? output : "";

    while (*at) {
        size_t line = strcspn(at, "\n"), word = strcspn(at, " \n");
        struct text name = {0}, addresses = {0};

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

static bool has_word(const char *list, const char *word, size_t length)
{
    while (*list) {
        size_t here = strcspn(list, " ");

        if (here == length && strncasecmp(list, word, length) == 0)
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
