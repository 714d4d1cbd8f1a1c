/* Reading: file, then variables, then flags; then what follows from them and what is missing. */
#include "config_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

/* A shorter pause could not end, and its watchdog would take every hiccup for a death; in a longer
   one clients give up. */
#define BUDGET_MIN_MS 1000
#define BUDGET_MAX_MS 600000

/* What the visitors of config_each() share. */
struct reading {
    struct config *config;
    struct fault *fault;
};

static bool set_default(void *context, const struct config_option *option, const char *name,
                        void *base)
{
    struct fault unused;

    (void) context;
    (void) name;
    if (!option->default_value)
        return true;
    if (!config_value_set(option, base, option->default_value, "", option->key, &unused))
        abort(); /* the table is wrong; its test would have said so */
    return true;
}

void config_set_defaults(const char *pattern, void *base)
{
    for (size_t i = 0; i < config_option_count; i++) {
        if (string_equal(config_options[i].section, pattern))
            set_default(NULL, &config_options[i], NULL, base);
    }
}

static struct config_pooler *find_pooler(struct config *config, const char *name)
{
    struct config_pooler *pooler;

    for (size_t i = 0; i < config->pooler_count; i++) {
        if (string_equal(config->poolers[i].name, name))
            return &config->poolers[i];
    }
    config->poolers =
        memory_grow(config->poolers, (config->pooler_count + 1) * sizeof(*config->poolers));
    pooler = &config->poolers[config->pooler_count++];
    memset(pooler, 0, sizeof(*pooler));
    pooler->name = memory_copy(name);
    config_set_defaults("pooler *", pooler);
    return pooler;
}

static struct config_database *find_database(struct config *config, const char *name)
{
    struct config_database *database;

    for (size_t i = 0; i < config->database_count; i++) {
        if (string_equal(config->databases[i].name, name))
            return &config->databases[i];
    }
    config->databases =
        memory_grow(config->databases, (config->database_count + 1) * sizeof(*config->databases));
    database = &config->databases[config->database_count++];
    memset(database, 0, sizeof(*database));
    database->name = memory_copy(name);
    config_set_defaults("database *", database);
    return database;
}

/* What the offsets of a section's options count from; the instance is made when it is new. NULL:
   a second cluster. */
static void *find_base(struct config *config, const char *pattern, const char *name)
{
    if (string_equal(pattern, "pooler *"))
        return find_pooler(config, name);
    if (string_equal(pattern, "database *"))
        return find_database(config, name);
    if (string_equal(pattern, CONFIG_PROBE))
        return config_probe_find(config, name);
    if (string_equal(pattern, CONFIG_NOTIFY))
        return config_notify_find(config, name);
    if (string_equal(pattern, "cluster *") && name) {
        if (!config->cluster_name)
            config->cluster_name = memory_copy(name);
        if (!string_equal(config->cluster_name, name))
            return NULL;
    }
    return config;
}

/* PostgreSQL's parameters have no case: one that is set again, in whatever case, is the same. */
static void set_parameter(struct config *config, const char *name, const char *value)
{
    struct config_parameter *parameter;

    for (size_t i = 0; i < config->green.parameter_count; i++) {
        parameter = &config->green.parameters[i];
        if (strcasecmp(parameter->name, name) == 0) {
            free(parameter->value);
            parameter->value = memory_copy(value);
            return;
        }
    }
    config->green.parameters = memory_grow(
        config->green.parameters, (config->green.parameter_count + 1) * sizeof(*parameter));
    parameter = &config->green.parameters[config->green.parameter_count++];
    parameter->name = memory_copy(name);
    parameter->value = memory_copy(value);
}

/* One setting from anywhere; `key` NULL: only the section is there. */
static bool apply(struct reading *reading, const char *section, const char *key, const char *value,
                  const char *where)
{
    const char *name, *pattern = config_section_find(section, &name);
    const struct config_option *option;
    char label[CONFIG_LABEL];
    void *base;

    if (!pattern) {
        config_fault(reading->fault, where, "unknown section [%.60s]", section);
        config_hint_section(reading->fault, section);
        return false;
    }
    base = find_base(reading->config, pattern, name);
    if (!base) {
        config_fault(reading->fault, where, "a second cluster, [%.60s]", section);
        fault_hint(reading->fault, "Give each cluster a file of its own.");
        return false;
    }
    if (!key)
        return true;
    option = config_option_find(pattern, key);
    if (!option || !*key) {
        config_fault(reading->fault, where, "unknown key \"%s\" in section [%.60s]",
                     config_safe_name(key), section);
        config_hint_key(reading->fault, pattern, config_safe_name(key));
        return false;
    }
    if (string_equal(pattern, CONFIG_PARAMETERS)) {
        set_parameter(reading->config, key, value);
        return true;
    }
    config_label(label, option, name, key);
    return config_value_set(option, base, value, where, label, reading->fault);
}

/* The line before `at` that sets the same; NULL: none. */
static const struct config_line *find_earlier(const struct config_lines *lines, size_t at)
{
    const struct config_line *line = &lines->list[at];
    const char *name, *pattern = config_section_find(line->section, &name);

    for (size_t i = 0; line->key && i < at; i++) {
        const struct config_line *other = &lines->list[i];
        const char *other_name, *other_pattern = config_section_find(other->section, &other_name);
        bool is_same = other->key && pattern == other_pattern && string_equal(name, other_name);

        if (is_same &&
            (string_equal(pattern, CONFIG_PARAMETERS) ? strcasecmp(line->key, other->key) == 0
                                                      : strcmp(line->key, other->key) == 0))
            return other;
    }
    return NULL;
}

static bool apply_lines(struct reading *reading, const struct config_lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct config_line *line = &lines->list[i];
        const struct config_line *earlier;
        char where[CONFIG_WHERE];

        config_where(where, reading->config->file, line->line);
        if (!apply(reading, line->section, line->key, line->value, where))
            return false;
        earlier = find_earlier(lines, i);
        if (!earlier)
            continue;
        config_fault(reading->fault, where, "key \"%s\" of section [%.60s] is given twice",
                     config_safe_name(line->key), line->section);
        fault_hint(reading->fault, "Remove it here or in line %d.", earlier->line);
        return false;
    }
    return true;
}

/* Before variables and flags: neither of them can name the cluster. */
static bool check_cluster(struct reading *reading)
{
    if (reading->config->cluster_name)
        return true;
    config_fault(reading->fault, reading->config->file, "the section [cluster NAME] is missing");
    fault_hint(reading->fault, "Begin the file with \"[cluster orders]\", by the name that "
                               "people know the cluster by.");
    return false;
}

static bool apply_variable(void *context, const struct config_option *option, const char *name,
                           void *base)
{
    struct reading *reading = context;
    char *variable = config_variable(option, name);
    const char *value = getenv(variable);
    char label[CONFIG_LABEL];
    bool ok = true;

    if (value)
        ok = config_value_set(option, base, value, variable,
                              config_label(label, option, name, option->key), reading->fault);
    free(variable);
    return ok;
}

/* "blue.conninfo", "cluster.kind", "pooler.p1.file", "green.parameters.shared_buffers" */
static bool apply_override(struct reading *reading, const struct config_override *override)
{
    char *section = memory_copy(override->name);
    char where[CONFIG_WHERE] = "--";
    char *dot = strrchr(section, '.');
    bool ok = false;

    strncat(where, override->name, sizeof(where) - 3);
    for (char *at = where; *at; at++)
        *at = *at == '.' || *at == '_' ? '-' : *at;
    /* a parameter may have a dot in its name */
    if (string_starts(section, CONFIG_PARAMETERS "."))
        dot = section + strlen(CONFIG_PARAMETERS);
    if (!dot) {
        config_fault(reading->fault, where, "a flag without section");
    } else if (string_starts(section, "cluster.")) {
        struct text full = {0};

        *dot = '\0';
        text_add(&full, "cluster %s", reading->config->cluster_name);
        ok = apply(reading, text_string(&full), dot + 1, override->value, where);
        text_free(&full);
    } else {
        *dot = '\0';
        if (string_starts(section, "pooler.") || string_starts(section, "database."))
            *strchr(section, '.') = ' ';
        ok = apply(reading, section, dot + 1, override->value, where);
    }
    free(section);
    return ok;
}

/* Where a conninfo says that its server is; nothing when that cannot be known here. */
static bool take_address(struct config_address **addresses, size_t *count, const char *conninfo)
{
    char *host = config_conninfo_value(conninfo, "host");
    char *port = config_conninfo_value(conninfo, "port");

    /* a list of hosts or ports is not an address */
    if (!host || !*host || strchr(host, ',') || (port && strchr(port, ','))) {
        free(host);
        free(port);
        return false;
    }
    *addresses = memory_new(sizeof(**addresses));
    (*addresses)->host = host;
    (*addresses)->port = port ? port : memory_copy("5432");
    *count = 1;
    return true;
}

/* from_poolers when it is not given: as the other server sees it, else as we do. */
static void derive_addresses(struct config_address **addresses, size_t *count, const char *from,
                             const char *conninfo)
{
    if (*count == 0 && !take_address(addresses, count, from) && !from)
        take_address(addresses, count, conninfo);
}

static bool missing(struct fault *fault, const struct config *config,
                    const struct config_option *option, const char *name)
{
    char label[CONFIG_LABEL], *variable = config_variable(option, name);

    config_fault(fault, config->file, "%s is missing",
                 config_label(label, option, name, option->key));
    fault_hint(fault, "Add \"%s = %s\" to section [%.*s%s%s], or set %s.", option->key,
               option->example, (int) strcspn(option->section, " "), option->section,
               name ? " " : "", name ? name : "", variable);
    free(variable);
    return false;
}

bool config_pooler_is_hook(const struct config_pooler *pooler)
{
    return string_equal(pooler->kind, "hook");
}

/* Is the option for poolers of another kind than this one? */
static bool is_of_another_kind(const struct config_option *option, const void *base)
{
    return option->kind && !string_equal(option->kind, ((const struct config_pooler *) base)->kind);
}

static bool refuse_kind(struct reading *reading, const struct config_option *option,
                        const char *name, const void *base)
{
    char *value = config_value_print_safe(option, base);
    bool is_set = value && !string_equal(value, option->default_value);
    char label[CONFIG_LABEL];

    free(value);
    if (!is_set)
        return true;
    config_fault(reading->fault, reading->config->file, "%s does not go with kind = %s",
                 config_label(label, option, name, option->key),
                 ((const struct config_pooler *) base)->kind);
    fault_hint(reading->fault, "Remove it, or write \"kind = %s\".", option->kind);
    return false;
}

static bool require(void *context, const struct config_option *option, const char *name, void *base)
{
    struct reading *reading = context;

    if (is_of_another_kind(option, base))
        return refuse_kind(reading, option, name, base);
    return !option->required || config_value_is_given(option, base) ||
           missing(reading->fault, reading->config, option, name);
}

static bool require_clone(void *context, const struct config_option *option, const char *name,
                          void *base)
{
    struct reading *reading = context;

    return !option->clone || config_value_is_given(option, base) ||
           missing(reading->fault, reading->config, option, name);
}

bool config_has_clone(struct config *config, struct fault *fault)
{
    struct reading reading = {.config = config, .fault = fault};

    return config_each(config, require_clone, &reading);
}

static bool check_timeouts(struct reading *reading)
{
    for (size_t i = 0; i < reading->config->pooler_count; i++) {
        if (reading->config->poolers[i].timeout_ms > 0)
            continue;
        config_fault(reading->fault, reading->config->file, "[pooler %.60s] timeout is zero",
                     reading->config->poolers[i].name);
        fault_hint(reading->fault, "Give the hook time to answer, for example 10s.");
        return false;
    }
    return true;
}

static bool address_equal(const struct config_address *a, const struct config_address *b)
{
    return strcasecmp(a->host, b->host) == 0 && string_equal(a->port, b->port);
}

static bool check_addresses(struct reading *reading)
{
    struct config *config = reading->config;

    if (config->pooler_count == 0)
        return true;
    if (config->blue.from_poolers_count == 0 || config->green.from_poolers_count == 0) {
        const char *side = config->blue.from_poolers_count == 0 ? "blue" : "green";

        config_fault(reading->fault, config->file,
                     "[%s] from_poolers is missing, and no single host is named from which it "
                     "would follow",
                     side);
        fault_hint(reading->fault,
                   "Add \"from_poolers = host=10.0.0.8 port=5432\" to section "
                   "[%s]: the address as the pooler files spell it.",
                   side);
        return false;
    }
    if (config->green.from_poolers_count > 1) {
        config_fault(reading->fault, config->file, "[green] from_poolers holds several addresses");
        fault_hint(reading->fault, "Poolers are pointed to one address: keep that one.");
        return false;
    }
    for (size_t i = 0; i < config->blue.from_poolers_count; i++) {
        if (!address_equal(&config->blue.from_poolers[i], &config->green.from_poolers[0]))
            continue;
        config_fault(reading->fault, config->file,
                     "[blue] and [green] have the same address for the poolers");
        fault_hint(reading->fault, "Set from_poolers of both sections to what the pooler files "
                                   "hold before and after.");
        return false;
    }
    return true;
}

static bool finish(struct reading *reading)
{
    struct config *config = reading->config;

    derive_addresses(&config->blue.from_poolers, &config->blue.from_poolers_count,
                     config->blue.from_green, config->blue.conninfo);
    derive_addresses(&config->green.from_poolers, &config->green.from_poolers_count,
                     config->green.from_blue, config->green.conninfo);
    if (!config_each(config, require, reading))
        return false;
    if (config->pause_budget_ms < BUDGET_MIN_MS || config->pause_budget_ms > BUDGET_MAX_MS) {
        config_fault(reading->fault, config->file, "[pause] budget is %s",
                     config->pause_budget_ms == 0              ? "zero"
                     : config->pause_budget_ms < BUDGET_MIN_MS ? "less than 1s"
                                                               : "more than 10min");
        fault_hint(reading->fault,
                   "Give the pause the time that clients can wait, for example 5s.");
        return false;
    }
    return check_timeouts(reading) && check_addresses(reading) &&
           config_guard_check(config, reading->fault) &&
           config_notify_check(config, reading->fault);
}

/* The file that is read when none is named. */
static const char *find_file(void)
{
    const char *named = getenv("PGCUTOVER_CONFIG");

    if (named && *named)
        return named;
    if (access("pgcutover.ini", F_OK) == 0 || access("/etc/pgcutover/pgcutover.ini", F_OK) != 0)
        return "pgcutover.ini";
    return "/etc/pgcutover/pgcutover.ini";
}

bool config_read(const char *file, const struct config_override *overrides, size_t override_count,
                 struct config **ret_config, struct fault *fault)
{
    struct reading reading = {.fault = fault};
    struct config_lines lines = {0};
    bool ok;

    file = file ? file : find_file();
    if (!config_lines_read(file, &lines, fault))
        return false;
    reading.config = memory_new(sizeof(*reading.config));
    reading.config->file = memory_copy(file);
    ok = config_each(reading.config, set_default, NULL) && apply_lines(&reading, &lines) &&
         check_cluster(&reading) && config_each(reading.config, apply_variable, &reading);
    for (size_t i = 0; ok && i < override_count; i++)
        ok = apply_override(&reading, &overrides[i]);
    ok = ok && finish(&reading);
    config_lines_free(&lines);
    if (!ok) {
        config_free(reading.config);
        return false;
    }
    *ret_config = reading.config;
    return true;
}

static bool clear_value(void *context, const struct config_option *option, const char *name,
                        void *base)
{
    (void) context;
    (void) name;
    config_value_clear(option, base);
    return true;
}

void config_free(struct config *config)
{
    if (!config)
        return;
    config_each(config, clear_value, NULL);
    for (size_t i = 0; i < config->pooler_count; i++)
        free(config->poolers[i].name);
    for (size_t i = 0; i < config->database_count; i++)
        free(config->databases[i].name);
    for (size_t i = 0; i < config->probe_count; i++)
        free(config->probes[i].name);
    for (size_t i = 0; i < config->green.parameter_count; i++) {
        free(config->green.parameters[i].name);
        free(config->green.parameters[i].value);
    }
    free(config->poolers);
    free(config->databases);
    free(config->probes);
    config_notify_free(config);
    free(config->green.parameters);
    free(config->cluster_name);
    free(config->file);
    free(config);
}
