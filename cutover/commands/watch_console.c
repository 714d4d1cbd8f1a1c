/* A console of a pooler, as a source of `watch`: its pools, and which entries are paused. */
#include "watching.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* SHOW STATE is known since then (PgBouncer NEWS.md, 1.19). */
#define STATE_SINCE 1019

static bool version_values(struct watch_source *source, struct sql_arguments *arguments)
{
    (void) arguments;
    return source->rounds == 0;
}

/* One that does not say its version is not asked for more than all of them know. */
static bool take_version(struct watch_source *source, const struct reply *reply,
                         struct fault *fault)
{
    (void) fault;
    source->version_num = pgbouncer_version(reply);
    source->is_all_paused = false;
    return true;
}

static bool state_values(struct watch_source *source, struct sql_arguments *arguments)
{
    (void) arguments;
    return source->version_num >= STATE_SINCE;
}

static bool take_state(struct watch_source *source, const struct reply *reply, struct fault *fault)
{
    int row;

    (void) fault;
    source->is_all_paused = false;
    for (row = 0; row < reply_rows(reply); row++)
        if (string_equal(reply_value(reply, row, "key"), "paused"))
            source->is_all_paused = string_equal(reply_value(reply, row, "value"), "yes");
    return true;
}

static bool take_databases(struct watch_source *source, const struct reply *reply,
                           struct fault *fault)
{
    int row;

    (void) fault;
    source->paused_count = 0;
    source->paused = memory_grow(source->paused, ((size_t) reply_rows(reply) + 1) * 64);
    for (row = 0; row < reply_rows(reply); row++) {
        const char *name = reply_value(reply, row, "name");

        if (name && string_equal(reply_value(reply, row, "paused"), "1"))
            snprintf(source->paused[source->paused_count++], 64, "%s", name);
    }
    return true;
}

static int32_t is_paused(const struct watch_source *source, const char *entry)
{
    size_t i;

    for (i = 0; i < source->paused_count; i++)
        if (strcmp(source->paused[i], entry) == 0)
            return 1;
    return source->is_all_paused;
}

/* Seconds in one column, the rest of it in another (PgBouncer src/admin.c, admin_show_pools). */
static int64_t longest_wait_us(const struct reply *reply, int row)
{
    int64_t seconds = watch_number(reply, row, "maxwait"),
            rest = watch_number(reply, row, "maxwait_us");

    if (seconds == WATCH_UNKNOWN || rest == WATCH_UNKNOWN)
        return WATCH_UNKNOWN;
    return seconds * 1000000 + rest;
}

static int64_t sum(int64_t one, int64_t other)
{
    return one == WATCH_UNKNOWN || other == WATCH_UNKNOWN ? WATCH_UNKNOWN : one + other;
}

static void read_pool(const struct watch_source *source, const struct reply *reply, int row,
                      struct watch_pool *pool)
{
    const char *database = reply_value(reply, row, "database");
    const char *user = reply_value(reply, row, "user");
    int64_t idle = sum(watch_number(reply, row, "sv_idle"), watch_number(reply, row, "sv_used"));
    int64_t busy =
        sum(watch_number(reply, row, "sv_active"), /* or in its own hands */
            sum(watch_number(reply, row, "sv_tested"), watch_number(reply, row, "sv_login")));

    *pool = (struct watch_pool){.active = watch_number(reply, row, "cl_active"),
                                .waiting = watch_number(reply, row, "cl_waiting"),
                                .idle = idle,
                                .servers = sum(busy, idle),
                                .maxwait_us = longest_wait_us(reply, row),
                                .is_paused = is_paused(source, database ? database : "")};
    watch_put(pool->database, sizeof(pool->database), database);
    watch_put(pool->user, sizeof(pool->user), user);
}

static struct watch_console *console_of(const struct watch_source *source)
{
    return watch_console(watch_source_cluster(source), source->pooler, source->name);
}

static void put(const struct watch_source *source, enum watch_state state, const char *why,
                int64_t at_us, const struct watch_pool *pools, size_t count)
{
    struct watch_console *console = console_of(source);

    watch_tell_console(source, console, state, why);
    watch_set_console(source->watching->model, console, state, why, at_us, pools, count);
}

/* The console's own pool is nobody's. */
static bool take_pools(struct watch_source *source, const struct reply *reply, struct fault *fault)
{
    struct watch_pool *pools =
        memory_new(((size_t) reply_rows(reply) + 1) * sizeof(struct watch_pool));
    size_t count = 0;
    int row;

    (void) fault;
    for (row = 0; row < reply_rows(reply); row++)
        if (!string_equal(reply_value(reply, row, "database"), "pgbouncer"))
            read_pool(source, reply, row, &pools[count++]);
    put(source, WATCH_MEASURED, NULL, source->watching->model->now_us, pools, count);
    free(pools);
    return true;
}

static const struct watch_question questions[] = {
    {.sql = &sql_pooler_version, .values = version_values, .take = take_version},
    {.sql = &sql_pooler_state, .values = state_values, .take = take_state},
    {.sql = &sql_pooler_databases, .take = take_databases},
    {.sql = &sql_pooler_pools, .take = take_pools},
};

void watch_console_note(struct watch_source *source, enum watch_state state, const char *why)
{
    const struct watch_console *console = console_of(source);

    if (state != WATCH_MEASURED &&
        (console->state != (int32_t) state || !string_equal(console->why, why ? why : "")))
        put(source, state, why, console->measured_us, NULL, 0);
}

struct watch_source *watch_console_source(struct watching *watching, size_t cluster,
                                          const struct config_pooler *pooler, size_t console)
{
    struct watch_source *source = memory_new(sizeof(*source));
    struct text name = {0};

    text_add_string(&name, pooler->name);
    if (pooler->console_count > 1)
        text_add(&name, "/%zu", console + 1);
    *source = (struct watch_source){
        .watching = watching,
        .cluster = cluster,
        .name = text_take(&name),
        .pooler = memory_copy(pooler->name),
        .endpoint = {.kind = ENDPOINT_CONSOLE, .conninfo = pooler->consoles[console]},
        .questions = questions,
        .question_count = sizeof(questions) / sizeof(questions[0]),
        .next = sizeof(questions) / sizeof(questions[0])};
    source->endpoint.name = source->name;
    put(source, WATCH_CONNECTING, NULL, WATCH_UNKNOWN, NULL, 0);
    return source;
}
