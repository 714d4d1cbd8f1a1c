/* The digest that tells whether a run goes on with the configuration it began with. */
#include "config_internal.h"
#include "digest.h"

#include <stdlib.h>
#include <string.h>

static int compare_names(const void *a, const void *b)
{
    /* each of the sorted structs begins with its name */
    return strcmp(*(char *const *) a, *(char *const *) b);
}

static void *sorted_copy(const void *list, size_t count, size_t size)
{
    void *copy = memory_new(count * size);

    if (count > 0) {
        memcpy(copy, list, count * size);
        qsort(copy, count, size, compare_names);
    }
    return copy;
}

/* With lengths, so that no two configurations give one text. */
static void add_line(struct text *text, const char *section, const char *name, const char *key,
                     const char *value)
{
    text_add(text, "%s %zu:%s %zu:%s", section, name ? strlen(name) : 0, name ? name : "",
             strlen(key), key);
    if (value)
        text_add(text, " %zu:%s", strlen(value), value);
    text_add_string(text, "\n");
}

static bool add_option(void *context, const struct config_option *option, const char *name,
                       void *base)
{
    char *value;

    /* added, changed or removed while the run goes on: it changes nothing that the run does */
    if (string_starts(option->section, "guard") || string_equal(option->section, "hooks") ||
        string_equal(option->section, CONFIG_NOTIFY) || string_equal(option->section, "report") ||
        string_equal(option->key, "client_probe"))
        return true;
    value = config_value_print_safe(option, base);
    add_line(context, option->section, name, option->key, value);
    free(value);
    return true;
}

void config_hash(const struct config *config, char ret_hash[65])
{
    struct config sorted = *config;
    struct text text = {0};

    sorted.poolers = sorted_copy(config->poolers, config->pooler_count, sizeof(*config->poolers));
    sorted.databases =
        sorted_copy(config->databases, config->database_count, sizeof(*config->databases));
    sorted.green.parameters = sorted_copy(config->green.parameters, config->green.parameter_count,
                                          sizeof(*config->green.parameters));
    add_line(&text, "cluster", config->cluster_name, "", NULL);
    config_each(&sorted, add_option, &text);
    for (size_t i = 0; i < sorted.green.parameter_count; i++)
        add_line(&text, CONFIG_PARAMETERS, NULL, sorted.green.parameters[i].name,
                 sorted.green.parameters[i].value);
    free(sorted.poolers);
    free(sorted.databases);
    free(sorted.green.parameters);
    digest_sha256(text_string(&text), text.length, ret_hash);
    text_free(&text);
}
