#include "checking_places.h"
#include "leg.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "script_files.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct finding_list *list, const char *id, const char *where, const char *what,
                const char *evidence)
{
    finding_add(list, check_find(id), where, what, evidence, NULL);
}

static bool read_file(struct procedure *procedure, struct finding_list *list, struct pooler *pooler)
{
    const char *arguments[] = {pooler->config->file, NULL};
    struct reply reply = {0};
    const char *first, *second;
    bool good =
        procedure_run_script(procedure, pooler->host, &script_file_read, arguments, 30000, &reply);

    first = good ? strchr(reply.output, '\n') : NULL;
    second = first ? strchr(first + 1, '\n') : NULL;
    if (second)
        world_keep(&pooler->before, second + 1);
    else
        add(list, "pooler_file", pooler->config->name, pooler->config->file,
            good ? "the answer is not complete" : reply.fault.cause);
    reply_clear(&reply);
    return second != NULL;
}

static void judge_file(struct procedure *procedure, struct finding_list *list,
                       struct pooler *pooler, const struct pooler_address *blue, size_t count)
{
    const struct config *config = procedure->config;
    struct pooler_address green = {NULL, NULL};
    struct fault fault;
    char *after = NULL;
    size_t moved = 0;

    if (config->green.from_poolers_count == 1)
        pooler_addresses_read(&green, config->green.from_poolers, 1);
    if (!pooler_file_point(pooler->before, pooler->config->file, blue, count, &green, &after,
                           &moved, &fault))
        add(list, "pooler_file", pooler->config->name, fault.where, fault.cause);
    else if (moved == 0)
        add(list, "pooler_entries", pooler->config->name, pooler->config->file,
            "no entry in it goes to an address of [blue] from_poolers");
    free(after);
}

static void judge_settings(struct procedure *procedure, struct finding_list *list,
                           const struct console *console, const struct reply *reply)
{
    int64_t budget_ms = procedure->config->pause_budget_ms;
    const char *mode = pgbouncer_setting(reply, "pool_mode"), *setting = NULL;
    int64_t patience_ms = pgbouncer_patience_ms(reply, &setting);
    char text[160];

    if (patience_ms >= 0 && patience_ms <= 2 * budget_ms) {
        if (pgbouncer_setting(reply, setting))
            snprintf(text, sizeof(text), "%s is %lld ms; the pause budget is %lld ms", setting,
                     (long long) patience_ms, (long long) budget_ms);
        else
            snprintf(text, sizeof(text), "%s is not in SHOW CONFIG", setting);
        add(list, patience_ms <= budget_ms ? "pooler_patience" : "pooler_timeouts", console->name,
            setting, text);
    }
    if (mode && strcmp(mode, "session") == 0)
        add(list, "pooler_session_mode", console->name, "pool_mode", "it is session");
}

static void judge_entries(struct finding_list *list, const struct console *console,
                          const struct reply *reply, const struct pooler_address *blue,
                          size_t count)
{
    int row, at_blue = 0;

    for (row = 0; row < reply_rows(reply); row++) {
        const char *name = reply_value(reply, row, "name");

        if (!name || !pgbouncer_is_at(reply, name, blue, count))
            continue;
        at_blue++;
        if (pgbouncer_is_paused(reply, name))
            add(list, "pooler_paused", console->name, name, "it is paused");
    }
    if (at_blue == 0)
        add(list, "pooler_entries", console->name, console->pooler->config->file,
            "none of this process's entries goes to an address of [blue] from_poolers");
}

/* What differs from the value of all is an entry's own; one that is the same shows in arm. */
static void judge_minimum(struct finding_list *list, const struct console *console,
                          const struct reply *databases, const char *common,
                          const struct pooler_address *blue, size_t count)
{
    int row;

    for (row = 0; row < reply_rows(databases); row++) {
        const char *name = reply_value(databases, row, "name");
        int64_t minimum;
        char text[80];

        if (!name || !pgbouncer_is_at(databases, name, blue, count))
            continue;
        minimum = pgbouncer_minimum(databases, name);
        snprintf(text, sizeof(text), "%lld", (long long) minimum);
        if (minimum == 0 || string_equal(text, common))
            continue;
        snprintf(text, sizeof(text),
                 minimum < 0 ? "SHOW DATABASES does not say which it has"
                             : "it has a min_pool_size of its own, %lld",
                 (long long) minimum);
        add(list, "pooler_min_pool_size", console->name, name, text);
    }
}

/* False: it did not answer. */
static bool check_console(struct procedure *procedure, struct finding_list *list,
                          struct console *console, const struct pooler_address *blue, size_t count)
{
    struct reply reply = {0}, settings = {0};

    if (!procedure_ask(procedure, &console->link, &sql_pooler_databases, NULL, 10000, &reply)) {
        add(list, "pooler_console", console->name, "console", reply.fault.cause);
        reply_clear(&reply);
        return false;
    }
    judge_entries(list, console, &reply, blue, count);
    if (procedure_ask(procedure, &console->link, &sql_pooler_config, NULL, 10000, &settings)) {
        judge_settings(procedure, list, console, &settings);
        judge_minimum(list, console, &reply, pgbouncer_setting(&settings, "min_pool_size"), blue,
                      count);
    } else {
        add(list, "pooler_console", console->name, "SHOW CONFIG", settings.fault.cause);
    }
    reply_clear(&reply);
    reply_clear(&settings);
    return true;
}

static void check_probe(struct procedure *procedure, struct finding_list *list,
                        struct pooler *pooler)
{
    struct reply reply = {0};

    if (!pooler->config->probe)
        return;
    if (!procedure_ask(procedure, &pooler->probe, &sql_probe_look, NULL, 10000, &reply))
        add(list, "pooler_probe", pooler->probe.endpoint.name, "probe", reply.fault.cause);
    reply_clear(&reply);
    link_close(&pooler->probe);
}

void checking_poolers(struct procedure *procedure, struct finding_list *list)
{
    struct world *world = procedure->world;
    size_t count = procedure->config->blue.from_poolers_count, i, j;
    struct pooler_address *blue = memory_new((count + 1) * sizeof(*blue));

    pooler_addresses_read(blue, procedure->config->blue.from_poolers, count);
    for (i = 0; i < world->pooler_count && leg_side(procedure) == SIDE_BLUE; i++) {
        struct pooler *pooler = &world->poolers[i];
        bool answers = true;

        if (config_pooler_is_hook(pooler->config))
            answers = checking_hook(procedure, list, pooler);
        else if (read_file(procedure, list, pooler))
            judge_file(procedure, list, pooler, blue, count);
        for (j = 0; j < pooler->console_count; j++)
            answers = check_console(procedure, list, &pooler->consoles[j], blue, count) && answers;
        /* through a process that is not there it would fail for the same cause */
        if (answers)
            check_probe(procedure, list, pooler);
    }
    free(blue);
}
