/* Values: from text to a member of struct config and back, by the option's type. */
#include "config_internal.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name;
    int64_t ms;
} units[] = {{"d", INT64_C(86400000)},
             {"h", INT64_C(3600000)},
             {"min", INT64_C(60000)},
             {"s", INT64_C(1000)},
             {"ms", INT64_C(1)}};

static bool type_is(const struct config_option *option, const char *type)
{
    return string_equal(option->type, type);
}

static bool is_list(const struct config_option *option)
{
    return option->count_offset != 0;
}

static bool is_string(const struct config_option *option)
{
    return !is_list(option) && !type_is(option, "boolean") && !type_is(option, "duration") &&
           !type_is(option, "percent");
}

static void *member(const struct config_option *option, const void *base)
{
    return (char *) (uintptr_t) base + option->offset;
}

static size_t *list_count(const struct config_option *option, const void *base)
{
    return (size_t *) (void *) ((char *) (uintptr_t) base + option->count_offset);
}

bool config_parse_duration(const char *text, int64_t *ret_ms)
{
    int64_t number = 0;
    const char *at = text;

    if (!at)
        return false;
    at += strspn(at, " \t");
    if (!isdigit((unsigned char) *at))
        return false;
    for (; isdigit((unsigned char) *at); at++) {
        number = number * 10 + (*at - '0');
        if (number > INT64_MAX / units[0].ms / 10)
            return false; /* decades, and no product of it overflows */
    }
    at += strspn(at, " \t");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (string_equal(at, units[i].name)) {
            *ret_ms = number * units[i].ms;
            return true;
        }
    }
    if (*at)
        return false;
    *ret_ms = number;
    return true;
}

static bool parse_boolean(const char *text, bool *ret_value)
{
    static const char *const words[] = {"yes", "no", "on", "off", "true", "false", "1", "0"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i]) == 0) {
            *ret_value = i % 2 == 0;
            return true;
        }
    }
    return false;
}

static bool is_port(const char *text)
{
    long port = 0;

    if (!*text)
        return false;
    for (; *text; text++) {
        if (!isdigit((unsigned char) *text) || port > 65535)
            return false;
        port = port * 10 + (*text - '0');
    }
    return port >= 1 && port <= 65535;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);

    while (*choices) {
        size_t choice = strcspn(choices, ",");

        if (choice == length && strncmp(choices, text, length) == 0)
            return true;
        choices += choice + (choices[choice] == ',');
    }
    return false;
}

static bool refuse_conninfo(const char *where, const char *label, struct fault *fault)
{
    config_fault(fault, where,
                 "%s is not a connection string; it is not shown, as it may hold a "
                 "password",
                 label);
    fault_hint(fault,
               "Write it as \"host=10.0.0.7 port=5432\", as a postgresql:// URI or as "
               "\"service=NAME\". A semicolon behind a space begins a comment, in quotes too.");
    return false;
}

/* "host=10.0.0.8 port=5432", nothing else. */
static bool parse_address(const char *text, struct config_address *ret_address)
{
    struct config_address address = {0};
    char *key = NULL, *value = NULL;
    const char *at = text;
    bool ok = !config_conninfo_is_uri(text);

    while (ok && (at = config_conninfo_word(at, &key, &value)) && key) {
        char **target = string_equal(key, "host") ? &address.host : &address.port;

        ok = string_equal(key, "host") || string_equal(key, "port");
        free(*target);
        *target = value;
        free(key);
    }
    if (!address.port)
        address.port = memory_copy("5432");
    ok = ok && at && address.host && *address.host && !strchr(address.host, ',') &&
         is_port(address.port);
    if (ok) {
        *ret_address = address;
        return true;
    }
    free(address.host);
    free(address.port);
    return false;
}

static void strings_free(char **list, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(list[i]);
    free(list);
}

static bool set_addresses(const struct config_option *option, void *base, const char *text,
                          const char *where, const char *label, struct fault *fault)
{
    size_t count = 0;
    char **pieces = config_conninfo_split(text, &count);
    struct config_address *list = memory_new(count * sizeof(*list));

    for (size_t i = 0; i < count; i++) {
        if (parse_address(pieces[i], &list[i]))
            continue;
        config_fault(fault, where, "%s is not a list of addresses", label);
        fault_hint(fault, "Write \"host=10.0.0.8 port=5432\", several parted by commas: \"host=a "
                          "port=1, host=b port=1\".");
        for (size_t j = 0; j < i; j++) {
            free(list[j].host);
            free(list[j].port);
        }
        free(list);
        strings_free(pieces, count);
        return false;
    }
    strings_free(pieces, count);
    config_value_clear(option, base);
    *(struct config_address **) member(option, base) = list;
    *list_count(option, base) = count;
    return true;
}

static char **split_names(const char *text, size_t *ret_count)
{
    char **names = NULL;
    size_t count = 0;

    while (*text) {
        size_t length = strcspn(text, ",");
        struct text name = {0};

        text_add_bytes(&name, text, length);
        text += length + (text[length] == ',');
        while (name.length && isspace((unsigned char) name.data[name.length - 1]))
            name.data[--name.length] = '\0';
        if (text_string(&name)[strspn(text_string(&name), " \t")]) {
            names = memory_grow(names, (count + 1) * sizeof(*names));
            names[count++] = memory_copy(text_string(&name) + strspn(text_string(&name), " \t"));
        }
        text_free(&name);
    }
    *ret_count = count;
    return names;
}

static bool set_strings(const struct config_option *option, void *base, const char *text,
                        const char *where, const char *label, struct fault *fault)
{
    bool are_conninfos = type_is(option, "conninfos");
    size_t count = 0;
    char **list = are_conninfos ? config_conninfo_split(text, &count) : split_names(text, &count);

    for (size_t i = 0; are_conninfos && i < count; i++) {
        if (!config_conninfo_is_valid(list[i])) {
            strings_free(list, count);
            return refuse_conninfo(where, label, fault);
        }
    }
    config_value_clear(option, base);
    *(char ***) member(option, base) = list;
    *list_count(option, base) = count;
    return true;
}

static bool set_duration(const struct config_option *option, void *base, const char *text,
                         const char *where, const char *label, struct fault *fault)
{
    if (config_parse_duration(text, (int64_t *) member(option, base)))
        return true;
    config_fault(fault, where, "%s: \"%s\" is not a duration", label, config_safe_name(text));
    fault_hint(fault, "Write a whole number with a unit (ms, s, min, h, d), for example \"%s\".",
               option->default_value);
    return false;
}

/* "5" or "5%", from 1 to 99 */
static bool set_percent(const struct config_option *option, void *base, const char *text,
                        const char *where, const char *label, struct fault *fault)
{
    char *end = NULL;
    long number = strtol(text, &end, 10);

    end += strspn(end, " \t");
    end += *end == '%';
    if (isdigit((unsigned char) text[strspn(text, " \t")]) && !*end && number >= 1 &&
        number <= 99) {
        *(int64_t *) member(option, base) = number;
        return true;
    }
    config_fault(fault, where, "%s: \"%s\" is not a number of percent", label,
                 config_safe_name(text));
    fault_hint(fault, "Write a whole number from 1 to 99, for example \"%s\".",
               option->default_value);
    return false;
}

static bool set_boolean(const struct config_option *option, void *base, const char *text,
                        const char *where, const char *label, struct fault *fault)
{
    if (parse_boolean(text, (bool *) member(option, base)))
        return true;
    config_fault(fault, where, "%s: \"%s\" is neither yes nor no", label, config_safe_name(text));
    fault_hint(fault, "Write yes or no.");
    return false;
}

static bool check_string(const struct config_option *option, const char *text, const char *where,
                         const char *label, struct fault *fault)
{
    if (type_is(option, "conninfo") && !config_conninfo_is_valid(text))
        return refuse_conninfo(where, label, fault);
    if (type_is(option, "port") && !is_port(text)) {
        config_fault(fault, where, "%s: \"%s\" is not a port", label, config_safe_name(text));
        fault_hint(fault, "Write a number from 1 to 65535.");
        return false;
    }
    if (type_is(option, "choice") && !is_choice(option->choices, text)) {
        config_fault(fault, where, "%s: \"%s\" is not a choice", label, config_safe_name(text));
        fault_hint(fault, "It may be: %s.", option->choices);
        return false;
    }
    return true;
}

bool config_value_set(const struct config_option *option, void *base, const char *text,
                      const char *where, const char *label, struct fault *fault)
{
    bool is_blank = text[strspn(text, " \t")] == '\0';

    if (type_is(option, "duration"))
        return set_duration(option, base, text, where, label, fault);
    if (type_is(option, "boolean"))
        return set_boolean(option, base, text, where, label, fault);
    if (type_is(option, "percent"))
        return set_percent(option, base, text, where, label, fault);
    if (type_is(option, "addresses"))
        return set_addresses(option, base, text, where, label, fault);
    if (is_list(option))
        return set_strings(option, base, text, where, label, fault);
    if (!is_blank && !check_string(option, text, where, label, fault))
        return false;
    config_value_clear(option, base);
    if (is_blank && option->default_value)
        text = option->default_value;
    else if (is_blank)
        return true;
    *(char **) member(option, base) = memory_copy(text);
    return true;
}

bool config_value_is_given(const struct config_option *option, const void *base)
{
    if (is_list(option))
        return *list_count(option, base) > 0;
    return !is_string(option) || *(char **) member(option, base) != NULL;
}

static char *print_percent(int64_t percent)
{
    struct text text = {0};

    text_add(&text, "%" PRId64 "%%", percent);
    return text_take(&text);
}

static char *print_duration(int64_t ms)
{
    struct text text = {0};
    size_t i = 0;

    while (units[i].ms > 1 && (ms == 0 || ms % units[i].ms != 0))
        i++;
    text_add(&text, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
    return text_take(&text);
}

/* As the list is read back. */
static void add_address(struct text *text, const struct config_address *address)
{
    config_conninfo_add(text, "host", address->host);
    config_conninfo_add(text, " port", address->port);
}

static char *print_list(const struct config_option *option, const void *base)
{
    struct text text = {0};

    for (size_t i = 0; i < *list_count(option, base); i++) {
        text_add_string(&text, i ? ", " : "");
        if (type_is(option, "addresses"))
            add_address(&text, *(struct config_address **) member(option, base) + i);
        else
            text_add_string(&text, (*(char ***) member(option, base))[i]);
    }
    return text_take(&text);
}

char *config_value_print(const struct config_option *option, const void *base)
{
    if (!config_value_is_given(option, base))
        return NULL;
    if (type_is(option, "duration"))
        return print_duration(*(int64_t *) member(option, base));
    if (type_is(option, "percent"))
        return print_percent(*(int64_t *) member(option, base));
    if (type_is(option, "boolean"))
        return memory_copy(*(bool *) member(option, base) ? "yes" : "no");
    return is_list(option) ? print_list(option, base)
                           : memory_copy(*(char **) member(option, base));
}

char *config_value_print_safe(const struct config_option *option, const void *base)
{
    char *value = config_value_print(option, base);
    struct text text = {0};
    char **pieces;
    size_t count = 0;

    if (value && type_is(option, "secret")) {
        free(value);
        return NULL;
    }
    if (!value || !string_starts(option->type, "conninfo"))
        return value;
    pieces = config_conninfo_split(value, &count);
    for (size_t i = 0; i < count; i++) {
        char *safe = config_conninfo_safe(pieces[i]);

        text_add(&text, "%s%s", i ? ", " : "", safe);
        free(safe);
        free(pieces[i]);
    }
    free(pieces);
    free(value);
    return text_take(&text);
}

void config_value_clear(const struct config_option *option, void *base)
{
    if (type_is(option, "addresses")) {
        struct config_address **list = member(option, base);

        for (size_t i = 0; i < *list_count(option, base); i++) {
            free((*list)[i].host);
            free((*list)[i].port);
        }
        free(*list);
        *list = NULL;
        *list_count(option, base) = 0;
    } else if (is_list(option)) {
        char ***list = member(option, base);

        strings_free(*list, *list_count(option, base));
        *list = NULL;
        *list_count(option, base) = 0;
    } else if (is_string(option)) {
        char **string = member(option, base);

        free(*string);
        *string = NULL;
    }
}
