/* What a process is set to: how long it has patience, how it pools, what it is. */
#include "checking_pooler.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OLDEST_TRIED 1018
#define STALE_FROM 1026 /* its release that keeps what a server reported: docs/rollback.md */

static void judge_timeout(struct pooler_look *look, const char *what, const char *setting,
                          const char *value, int64_t timeout_ms)
{
    int64_t budget_ms = look->procedure->config->pause_budget_ms;
    struct text text = {0};

    if (timeout_ms < 0 || timeout_ms > 2 * budget_ms)
        return;
    if (!value)
        text_add(&text, "%s is not in SHOW CONFIG", setting);
    else if (timeout_ms == 0)
        text_add(&text, "%s is not a time", setting);
    else
        text_add(&text, "%s is %lld ms; the pause budget is %lld ms", setting,
                 (long long) timeout_ms, (long long) budget_ms);
    pooler_look_add(look, timeout_ms <= budget_ms ? "pooler_patience" : "pooler_timeouts", what,
                    text_string(&text));
    text_free(&text);
}

/* From 1.25 on entries may have one of their own, which is in the file only. */
static void judge_patience(struct pooler_look *look)
{
    const char *setting = NULL, *value;
    int64_t timeout_ms = pgbouncer_patience_ms(&look->config, &setting);
    size_t i;

    value = setting ? pgbouncer_setting(&look->config, setting) : NULL;
    judge_timeout(look, setting, setting, value, timeout_ms);
    for (i = 0; i < look->file.count; i++) {
        const struct pooler_entry *entry = &look->file.entries[i];

        value = entry->query_wait_timeout;
        if (value && pooler_entry_is_at(entry, look->blue, look->blue_count))
            judge_timeout(look, entry->name, "query_wait_timeout", value,
                          pgbouncer_timeout_ms(value));
    }
}

/* A user's own counts before the entry's, the entry's before that of all (server.c). */
static void judge_modes(struct pooler_look *look)
{
    const struct pooler_entry *fallback = pooler_look_entry(look, "*");
    const char *common = pooler_look_setting(look, "pool_mode");
    int row, inherit = 0;

    if (!common || !pgbouncer_tells_modes(&look->databases)) {
        pooler_look_add(look, "pooler_session_mode", "pool_mode",
                        common ? "SHOW DATABASES does not say it" : "it is not in SHOW CONFIG");
        return;
    }
    for (row = 0; row < reply_rows(&look->databases); row++) {
        const char *mode = reply_value(&look->databases, row, "pool_mode");

        if (!pooler_look_is_at_blue(look, row))
            continue;
        inherit += !mode;
        if (string_equal(mode, "session"))
            pooler_look_add(look, "pooler_session_mode", reply_value(&look->databases, row, "name"),
                            "the entry's own pool_mode is session");
    }
    if (fallback && pooler_entry_is_at(fallback, look->blue, look->blue_count)) {
        inherit += !fallback->pool_mode;
        if (string_equal(fallback->pool_mode, "session"))
            pooler_look_add(look, "pooler_session_mode", "*",
                            "the entry's own pool_mode is session");
    }
    if (inherit && string_equal(common, "session"))
        pooler_look_add(look, "pooler_session_mode", "pool_mode", "it is session");
}

static void count_connections(struct pooler_look *look)
{
    struct reply pools = {0};
    int row;

    if (!look->green_runs)
        return;
    if (!procedure_ask(look->procedure, &look->console->link, &sql_pooler_pools, NULL, 10000,
                       &pools)) {
        pooler_look_add(look, "pooler_console", "SHOW POOLS", pools.fault.cause);
        reply_clear(&pools);
        return;
    }
    for (row = 0; row < reply_rows(&look->databases); row++) {
        int64_t connections;

        if (!pooler_look_is_at_blue(look, row))
            continue;
        connections = pgbouncer_connections(&look->databases, &pools,
                                            reply_value(&look->databases, row, "name"));
        look->is_unlimited = look->is_unlimited || connections < 0;
        look->connections += connections > 0 ? connections : 0;
    }
    reply_clear(&pools);
}

static void judge_version(struct pooler_look *look)
{
    const struct config *config = look->procedure->config;
    struct reply reply = {0};
    int version = 0;
    bool goes_back;
    struct text text = {0};

    if (procedure_ask(look->procedure, &look->console->link, &sql_pooler_version, NULL, 10000,
                      &reply))
        version = pgbouncer_version(&reply);
    goes_back = config->way_back && look->green_version >= 160000 &&
                look->procedure->world->blue.version_num < 160000;
    if (!version)
        text_add_string(&text, "SHOW VERSION does not say which one it is");
    else if (version < OLDEST_TRIED)
        text_add(&text, "PgBouncer %d.%d is older than any that this program was tried with (1.18)",
                 version / 1000, version % 1000);
    else if (version >= STALE_FROM && goes_back)
        text_add(&text,
                 "PgBouncer %d.%d keeps scram_iterations, which a server from 16 on reports, and "
                 "blue does not know it: while it is among the poolers, rollback is refused",
                 version / 1000, version % 1000);
    if (text.length)
        pooler_look_add(look, "pooler_version", "PgBouncer", text_string(&text));
    text_free(&text);
    reply_clear(&reply);
}

/* What differs from the value of all is an entry's own; one that is the same shows in arm. */
static void judge_minimum(struct pooler_look *look)
{
    const char *common = pgbouncer_setting(&look->config, "min_pool_size");
    int row;

    for (row = 0; row < reply_rows(&look->databases); row++) {
        const char *name = reply_value(&look->databases, row, "name");
        int64_t minimum;
        char text[80];

        if (!pooler_look_is_at_blue(look, row))
            continue;
        minimum = pgbouncer_minimum(&look->databases, name);
        snprintf(text, sizeof(text), "%lld", (long long) minimum);
        if (minimum == 0 || string_equal(text, common))
            continue;
        snprintf(text, sizeof(text),
                 minimum < 0 ? "SHOW DATABASES does not say which it has"
                             : "it has a min_pool_size of its own, %lld",
                 (long long) minimum);
        pooler_look_add(look, "pooler_min_pool_size", name, text);
    }
}

void checking_pooler_settings(struct pooler_look *look)
{
    judge_patience(look);
    judge_modes(look);
    judge_minimum(look);
    judge_version(look);
    count_connections(look);
}
