/* A server, as a source of `watch`: its log, its oldest transaction, its slots and subscriptions.
 */
#include "watching.h"

#include "../base/text.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What decoding spilled costs the server more to say than it is worth each second. */
#define SPILLED_EVERY 10

/* --- asking ----------------------------------------------------------------------------------- */

static bool begin_values(struct watch_source *source, struct sql_arguments *arguments)
{
    (void) arguments;
    return source->rounds == 0;
}

static bool publisher_values(struct watch_source *source, struct sql_arguments *arguments)
{
    sql_set(arguments, "slot",
            source->version_num >= 130000 ? "slot.wal_status, slot.safe_wal_size" : "NULL, NULL");
    return true;
}

#define CONFLICTS                                                                                  \
    "(SELECT sum(value::bigint) FROM jsonb_each_text(to_jsonb(counted)) WHERE key LIKE "           \
    "'confl\\_%')"

static bool subscriber_values(struct watch_source *source, struct sql_arguments *arguments)
{
    int64_t version = source->version_num;

    sql_set(arguments, "counts",
            version >= 180000
                ? "counted.apply_error_count AS apply_errors, counted.sync_error_count "
                  "AS sync_errors, " CONFLICTS " AS conflicts"
            : version >= 150000 ? "counted.apply_error_count AS apply_errors, "
                                  "counted.sync_error_count AS sync_errors, NULL AS conflicts"
                                : "NULL AS apply_errors, NULL AS sync_errors, NULL AS conflicts");
    sql_set(arguments, "counts_from",
            version >= 150000
                ? "LEFT JOIN pg_stat_subscription_stats AS counted ON counted.subid = "
                  "subscription.oid"
                : "");
    sql_set(arguments, "main", version >= 160000 ? "stat.leader_pid IS NULL" : "true");
    sql_set(arguments, "worker_of",
            version >= 140000
                ? "stat.subid = subscription.oid"
                : "stat.subname = subscription.subname AND EXISTS (SELECT 1 FROM pg_stat_activity "
                  "AS own WHERE own.pid = stat.pid AND own.datid = subscription.subdbid)");
    return true;
}

static bool spilled_values(struct watch_source *source, struct sql_arguments *arguments)
{
    (void) arguments;
    return source->version_num >= 140000 && source->rounds % SPILLED_EVERY == 0;
}

/* --- answers ---------------------------------------------------------------------------------- */

static bool refuse(const struct watch_source *source, const struct sql *sql, const char *cause,
                   struct fault *fault)
{
    fault_set(fault, sql->doing, source->name, NULL, "%s", cause);
    return false;
}

static bool take_begin(struct watch_source *source, const struct reply *reply, struct fault *fault)
{
    if (!reply_number(reply, 0, "version_num", &source->version_num))
        return refuse(source, &sql_watch_begin, "the server did not say its version", fault);
    return true;
}

/* The server's own row. What it writes is the same for all of its slots. */
static bool take_log(struct watch_source *source, const struct reply *reply, uint64_t *ret_end,
                     struct fault *fault)
{
    struct watch_server *server = watch_source_server(source);
    struct watch_server_values values = server->now;
    const char *who = reply_value(reply, 0, "oldest_who");

    if (reply_value(reply, 0, "slot_name") || !reply_lsn(reply, 0, "end_lsn", ret_end))
        return refuse(source, &sql_watch_publisher, "the server did not say where its log ends",
                      fault);
    lag_add(source->history, *ret_end, reply->asked_ns);
    rate_add(&source->wal, *ret_end, reply->asked_ns);
    values.end_lsn = *ret_end;
    values.version_num = source->version_num;
    values.wal_rate = rate_per_s(&source->wal);
    values.oldest_us = watch_number(reply, 0, "oldest_us");
    values.oldest_pid = watch_number(reply, 0, "oldest_pid");
    watch_put(values.oldest_who, sizeof(values.oldest_who), who);
    values.round_trip_us = (reply->answered_ns - reply->asked_ns) / 1000;
    watch_set_server(source->watching->model, server, &values);
    return true;
}

static bool take_publisher(struct watch_source *source, const struct reply *reply,
                           struct fault *fault)
{
    uint64_t end, confirmed_by_all = UINT64_MAX;
    int row;

    if (!take_log(source, reply, &end, fault))
        return false;
    source->samples++;
    for (row = 1; row < reply_rows(reply); row++)
        watch_slot_take(source, reply, row, end, &confirmed_by_all);
    watch_slots_gone(source);
    lag_trim(source->history, confirmed_by_all == UINT64_MAX ? end : confirmed_by_all);
    return true;
}

static void read_subscription(const struct reply *reply, int row,
                              struct watch_subscription_values *values)
{
    const char *database = reply_value(reply, row, "database");
    const char *slot = reply_value(reply, row, "slot");
    const char *waits = reply_value(reply, row, "waits_for");
    bool enabled = false, worker = false;

    /* both are never NULL */
    values->is_enabled = reply_bool(reply, row, "enabled", &enabled) && enabled;
    values->has_worker = reply_bool(reply, row, "worker", &worker) && worker;
    values->apply_errors = watch_number(reply, row, "apply_errors");
    values->sync_errors = watch_number(reply, row, "sync_errors");
    values->conflicts = watch_number(reply, row, "conflicts");
    values->message_age_us = watch_number(reply, row, "message_age_us");
    watch_put(values->database, sizeof(values->database), database);
    watch_put(values->slot, sizeof(values->slot), slot);
    watch_put(values->waits_for, sizeof(values->waits_for), waits);
}

static bool take_subscriber(struct watch_source *source, const struct reply *reply,
                            struct fault *fault)
{
    struct watch *model = source->watching->model;
    struct watch_server *server = watch_source_server(source);
    size_t i;
    int row;

    (void) fault;
    for (i = 0; i < server->subscription_count; i++)
        server->subscriptions[i].is_there = false;
    for (row = 0; row < reply_rows(reply); row++) {
        struct watch_subscription_values values = {0};
        const char *name = reply_value(reply, row, "name");
        struct watch_subscription *subscription;

        if (!name)
            continue;
        read_subscription(reply, row, &values);
        subscription = watch_subscription(server, name, values.database);
        watch_tell_subscription(source, subscription, &values);
        watch_set_subscription(model, subscription, &values);
        subscription->is_there = true;
    }
    watch_forget_subscriptions(model, server);
    return true;
}

static bool take_spilled(struct watch_source *source, const struct reply *reply,
                         struct fault *fault)
{
    struct watch_server *server = watch_source_server(source);
    int row;

    (void) fault;
    for (row = 0; row < reply_rows(reply); row++) {
        const char *name = reply_value(reply, row, "slot_name");
        struct watch_slot *slot = name ? watch_find_slot(server, name) : NULL;
        struct watch_slot_values values;

        if (!slot)
            continue;
        values = slot->now;
        values.spilled = watch_number(reply, row, "spilled");
        watch_set_slot(source->watching->model, slot, &values);
    }
    return true;
}

static const struct watch_question questions[] = {
    {.sql = &sql_watch_begin, .values = begin_values, .take = take_begin},
    {.sql = &sql_watch_publisher, .values = publisher_values, .take = take_publisher},
    {.sql = &sql_watch_subscriber, .values = subscriber_values, .take = take_subscriber},
    {.sql = &sql_watch_spilled, .values = spilled_values, .take = take_spilled},
};

/* --- the server itself ------------------------------------------------------------------------ */

void watch_server_note(struct watch_source *source, enum watch_state state, const char *why)
{
    struct watch *model = source->watching->model;
    struct watch_server *server = watch_source_server(source);
    struct watch_server_values values = server->now;

    watch_tell_server(source, server, state, why);
    values.state = (int32_t) state;
    values.ticks++;
    if (state == WATCH_MEASURED)
        values.measured_us = model->now_us;
    watch_put(values.why, sizeof(values.why), why);
    watch_set_server(model, server, &values);
    watch_tick(server, model->now_us);
}

struct watch_source *watch_server_source(struct watching *watching, size_t cluster,
                                         const char *name, const char *conninfo)
{
    struct watch_source *source = memory_new(sizeof(*source));

    *source = (struct watch_source){.watching = watching,
                                    .cluster = cluster,
                                    .name = memory_copy(name),
                                    .endpoint = {.kind = ENDPOINT_POSTGRES,
                                                 .conninfo = conninfo,
                                                 /* slots of all databases can be seen from any */
                                                 .dbname = "postgres"},
                                    .history = memory_new(sizeof(struct lag_history)),
                                    .questions = questions,
                                    .question_count = sizeof(questions) / sizeof(questions[0]),
                                    .next = sizeof(questions) / sizeof(questions[0])};
    source->history->gap_ns = watch_tolerance_ns(watching);
    source->endpoint.name = source->name;
    watch_source_server(source);
    return source;
}
