#include "metrics.h"
#include "watch_fields.h"
#include "watch_say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum type { GAUGE, COUNTER, INFO };
enum value { NUMBER, SECONDS, BOOLEAN, POSITION };

struct printer {
    struct text *out;
    bool is_open;
    const char *name; /* of the family */
    enum type type;
    struct text labels; /* of the sample that is next */
};

/* --- text ------------------------------------------------------------------------------------- */

static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
}

/* Of a character that is not ASCII: its bytes, 0: it is not UTF-8, or controls something. */
static size_t wide(const unsigned char *at)
{
    size_t length = *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    char bytes[8] = {0};
    struct text valid = {0};
    bool is_same;

    snprintf(bytes, sizeof(bytes), "%.*s", (int) length, (const char *) at);
    text_add_plain(&valid, bytes);
    is_same = *at >= 0x80 && strcmp(text_string(&valid), bytes) == 0;
    text_free(&valid);
    return is_same ? strlen(bytes) : 0;
}

/* A byte that is no UTF-8, or a control character, as \xNN: two names never become the same. */
static void add_escaped(struct text *out, const char *value)
{
    const unsigned char *at = (const unsigned char *) value;

    while (*at) {
        size_t length = 0;

        while (is_plain(at[length]))
            length++;
        if (!length)
            length = wide(at);
        text_add_bytes(out, (const char *) at, length);
        at += length;
        if (length)
            continue;
        text_add(out, *at == '"' || *at == '\\' ? "\\%c" : "\\\\x%02x", *at);
        at++;
    }
}

static void label(struct printer *printer, const char *name, const char *value)
{
    text_add(&printer->labels, "%s%s=\"", printer->labels.length ? "," : "", name);
    add_escaped(&printer->labels, value);
    text_add_string(&printer->labels, "\"");
}

/* OpenMetrics names the family without what its samples end with. */
static void begin(struct printer *printer, const char *name, enum type type, const char *help)
{
    static const char *const types[] = {"gauge", "counter", "info"};
    static const char *const ends[] = {"", "_total", "_info"};
    size_t length = strlen(name) - (printer->is_open ? strlen(ends[type]) : 0);

    printer->name = name;
    printer->type = type;
    text_add(printer->out, "# HELP %.*s %s\n# TYPE %.*s %s\n", (int) length, name, help,
             (int) length, name, types[type == INFO && !printer->is_open ? GAUGE : type]);
}

static void put(struct printer *printer, const char *value)
{
    const char *labels = text_string(&printer->labels);

    text_add(printer->out, *labels ? "%s{%s} %s\n" : "%s%s %s\n", printer->name, labels, value);
    text_free(&printer->labels);
}

static void put_value(struct printer *printer, enum value kind, const void *at)
{
    char text[48];
    int64_t number;
    int32_t boolean;

    if (kind == BOOLEAN) {
        memcpy(&boolean, at, sizeof(boolean));
        number = boolean != 0;
    } else {
        memcpy(&number, at, sizeof(number));
    }
    if (number == WATCH_UNKNOWN || (kind == POSITION && number == 0)) {
        text_free(&printer->labels);
        return;
    }
    if (kind == SECONDS)
        snprintf(text, sizeof(text), "%.6f", (double) number / 1e6);
    else
        snprintf(text, sizeof(text), "%" PRId64, number);
    put(printer, text);
}

static void put_bool(struct printer *printer, bool value)
{
    put(printer, value ? "1" : "0");
}

/* --- of what there are many ------------------------------------------------------------------- */

enum scope { CLUSTER, SERVER, SLOT, SUBSCRIPTION, POOL };

struct metric {
    const char *name;
    enum type type;
    enum scope scope;
    enum value value;
    size_t offset;
    const char *help;
};

#define OF(structure, member) offsetof(struct structure, member)
static const struct metric metrics[] = {
    {"pgcutover_run_changed_timestamp_seconds", GAUGE, CLUSTER, SECONDS,
     OF(watch_cluster, run.since_us), "When the last line of the run's journal was written."},
    {"pgcutover_hold_behind_bytes", GAUGE, CLUSTER, NUMBER, OF(watch_cluster, hold_behind),
     "Farther behind than this, a cutover holds no client."},
    {"pgcutover_abort_lag_seconds", GAUGE, CLUSTER, SECONDS, OF(watch_cluster, abort_lag_us),
     "Lag at which a pause is undone; behind the switch, at which the guard trips."},

    {"pgcutover_server_round_trip_seconds", GAUGE, SERVER, SECONDS,
     OF(watch_server_values, round_trip_us), "How long the last answer of the server took."},
    {"pgcutover_wal_written_bytes_total", COUNTER, SERVER, POSITION,
     OF(watch_server_values, end_lsn), "Position of the end of the server's log."},
    {"pgcutover_wal_bytes_per_second", GAUGE, SERVER, NUMBER, OF(watch_server_values, wal_rate),
     "How fast the server writes its log."},
    {"pgcutover_oldest_transaction_seconds", GAUGE, SERVER, SECONDS,
     OF(watch_server_values, oldest_us), "Age of the oldest open transaction; 0: none is open."},

    {"pgcutover_replication_lag_bytes", GAUGE, SLOT, NUMBER, OF(watch_slot_values, behind),
     "Log that the subscriber has not confirmed."},
    {"pgcutover_replication_lag_seconds", GAUGE, SLOT, SECONDS, OF(watch_slot_values, lag_us),
     "Age of the oldest change that the subscriber has not confirmed."},
    {"pgcutover_apply_bytes_per_second", GAUGE, SLOT, NUMBER, OF(watch_slot_values, apply_rate),
     "How fast the confirmed position moves."},
    {"pgcutover_catch_up_seconds", GAUGE, SLOT, SECONDS, OF(watch_slot_values, eta_us),
     "How long it takes at the present rates to catch up."},
    {"pgcutover_replication_slot_active", GAUGE, SLOT, BOOLEAN, OF(watch_slot_values, is_active),
     "Whether somebody reads the slot."},
    {"pgcutover_replication_slot_retained_bytes", GAUGE, SLOT, NUMBER,
     OF(watch_slot_values, retained), "Log that the slot keeps."},
    {"pgcutover_replication_slot_safe_bytes", GAUGE, SLOT, NUMBER, OF(watch_slot_values, safe),
     "What may still be written before the slot is lost; no sample: there is no limit."},
    {"pgcutover_replication_slot_lost_in_seconds", GAUGE, SLOT, SECONDS,
     OF(watch_slot_values, lost_in_us),
     "When the slot is lost at the present rates; no sample: it will not be."},
    {"pgcutover_replication_slot_spilled_bytes_total", COUNTER, SLOT, NUMBER,
     OF(watch_slot_values, spilled), "What decoding wrote to disk."},

    {"pgcutover_subscription_enabled", GAUGE, SUBSCRIPTION, BOOLEAN,
     OF(watch_subscription_values, is_enabled), "Whether the subscription is enabled."},
    {"pgcutover_subscription_worker", GAUGE, SUBSCRIPTION, BOOLEAN,
     OF(watch_subscription_values, has_worker), "Whether it has a worker that applies."},
    {"pgcutover_subscription_apply_errors_total", COUNTER, SUBSCRIPTION, NUMBER,
     OF(watch_subscription_values, apply_errors), "Errors of applying (from 15 on)."},
    {"pgcutover_subscription_sync_errors_total", COUNTER, SUBSCRIPTION, NUMBER,
     OF(watch_subscription_values, sync_errors), "Errors of the first copy (from 15 on)."},
    {"pgcutover_subscription_conflicts_total", COUNTER, SUBSCRIPTION, NUMBER,
     OF(watch_subscription_values, conflicts), "Conflicts of applying (from 18 on)."},
    {"pgcutover_subscription_message_age_seconds", GAUGE, SUBSCRIPTION, SECONDS,
     OF(watch_subscription_values, message_age_us), "Since the publisher was last heard of."},

    {"pgcutover_pool_client_active_connections", GAUGE, POOL, NUMBER, OF(watch_pool, active),
     "Clients that have a server connection, or need none now."},
    {"pgcutover_pool_client_waiting_connections", GAUGE, POOL, NUMBER, OF(watch_pool, waiting),
     "Clients that wait for a server connection."},
    {"pgcutover_pool_client_maxwait_seconds", GAUGE, POOL, SECONDS, OF(watch_pool, maxwait_us),
     "How long the first of them has waited."},
    {"pgcutover_pool_server_connections", GAUGE, POOL, NUMBER, OF(watch_pool, servers),
     "Connections to the server."},
    {"pgcutover_pool_server_idle_connections", GAUGE, POOL, NUMBER, OF(watch_pool, idle),
     "Those of them that no client uses."},
    {"pgcutover_pool_paused", GAUGE, POOL, BOOLEAN, OF(watch_pool, is_paused),
     "Whether the entry is paused."},
};

static void label_server(struct printer *printer, const struct watch_cluster *cluster,
                         const struct watch_server *server)
{
    label(printer, "cluster", cluster->name);
    label(printer, "server", server->name);
}

static void label_slot(struct printer *printer, const struct watch_cluster *cluster,
                       const struct watch_server *server, const struct watch_slot *slot)
{
    label_server(printer, cluster, server);
    label(printer, "slot_name", slot->name);
    label(printer, "database", slot->now.database);
}

static void put_at(struct printer *printer, const struct metric *metric, const void *values)
{
    put_value(printer, metric->value, (const char *) values + metric->offset);
}

static void server_samples(struct printer *printer, const struct metric *metric,
                           const struct watch_cluster *cluster, const struct watch_server *server)
{
    size_t i;

    if (metric->scope == SERVER) {
        label_server(printer, cluster, server);
        put_at(printer, metric, &server->now);
    }
    for (i = 0; metric->scope == SLOT && i < server->slot_count; i++) {
        if (!server->slots[i].now.is_there)
            continue;
        label_slot(printer, cluster, server, &server->slots[i]);
        put_at(printer, metric, &server->slots[i].now);
    }
    for (i = 0; metric->scope == SUBSCRIPTION && i < server->subscription_count; i++) {
        const struct watch_subscription *subscription = &server->subscriptions[i];

        label_server(printer, cluster, server);
        label(printer, "subscription", subscription->name);
        label(printer, "database", subscription->now.database);
        put_at(printer, metric, &subscription->now);
    }
}

static void label_console(struct printer *printer, const struct watch_cluster *cluster,
                          const struct watch_console *console)
{
    label(printer, "cluster", cluster->name);
    label(printer, "pooler", console->pooler);
    label(printer, "console", console->name);
}

static void pool_samples(struct printer *printer, const struct metric *metric,
                         const struct watch_cluster *cluster, const struct watch_console *console)
{
    size_t i;

    for (i = 0; i < console->pool_count; i++) {
        label_console(printer, cluster, console);
        label(printer, "database", console->pools[i].database);
        label(printer, "user", console->pools[i].user);
        put_at(printer, metric, &console->pools[i]);
    }
}

static void samples(struct printer *printer, const struct metric *metric, const struct watch *watch)
{
    size_t i, j;

    begin(printer, metric->name, metric->type, metric->help);
    for (i = 0; i < watch->cluster_count; i++) {
        const struct watch_cluster *cluster = &watch->clusters[i];

        if (metric->scope == CLUSTER) {
            label(printer, "cluster", cluster->name);
            put_at(printer, metric, cluster);
        }
        for (j = 0; metric->scope != POOL && j < cluster->server_count; j++)
            if (watch_server_is_measured(watch, &cluster->servers[j]))
                server_samples(printer, metric, cluster, &cluster->servers[j]);
        for (j = 0; metric->scope == POOL && j < cluster->console_count; j++)
            if (watch_console_is_measured(watch, &cluster->consoles[j]))
                pool_samples(printer, metric, cluster, &cluster->consoles[j]);
    }
}

/* --- what stands alone ------------------------------------------------------------------------ */

static void watch_samples(struct printer *printer, const struct watch *watch)
{
    int64_t interval_us = watch->interval_ms * 1000;

    begin(printer, "pgcutover_build_info", INFO, "The version that runs.");
    label(printer, "version", PGCUTOVER_VERSION);
    put(printer, "1");
    begin(printer, "pgcutover_watch_timestamp_seconds", GAUGE, "When these samples were written.");
    put_value(printer, SECONDS, &watch->now_us);
    begin(printer, "pgcutover_watch_interval_seconds", GAUGE, "How often the servers are asked.");
    put_value(printer, SECONDS, &interval_us);
}

/* What `status` says, in a word each. */
static const struct {
    const char *state, *phase;
} run_states[] = {
    {"none", "no run is under way"},
    {"preparing", "preparing"},
    {"ready", "ready"},
    {"in_cutover", "in a cutover, or interrupted in one"},
    {"switched", "switched, not all released"},
    {"cut_over", "cut over"},
    {"in_rollback", "in a rollback, or interrupted in one"},
    {"rolled_back", "rolled back"},
    {"rolled_back_with_loss", "rolled back, without what was written on green, which is stale"},
    {"aborted", "aborted"},
    {"finished", "finished"},
};
#define RUN_STATES (sizeof(run_states) / sizeof(run_states[0]))
static const char *const sides[] = {"blue", "green", "nobody"};

/* A journal that cannot be read, or a phase that is not in the list, has no state at all. */
static bool run_is(const struct watch_run_values *run, size_t i)
{
    return !*run->why && strcmp(run->phase, run_states[i].phase) == 0;
}

static bool run_is_known(const struct watch_run_values *run)
{
    bool any = false;
    size_t i;

    for (i = 0; i < RUN_STATES; i++)
        any = any || run_is(run, i);
    return any;
}

static void run_samples(struct printer *printer, const struct watch *watch)
{
    size_t i, j;

    begin(printer, "pgcutover_run_info", INFO, "The run that is under way, or was the last.");
    for (i = 0; i < watch->cluster_count; i++) {
        if (!*watch->clusters[i].run.id)
            continue;
        label(printer, "cluster", watch->clusters[i].name);
        label(printer, "run_id", watch->clusters[i].run.id);
        put(printer, "1");
    }
    begin(printer, "pgcutover_run_state", GAUGE, "1 for the state that the run is in.");
    for (i = 0; i < watch->cluster_count; i++)
        for (j = 0; run_is_known(&watch->clusters[i].run) && j < RUN_STATES; j++) {
            label(printer, "cluster", watch->clusters[i].name);
            label(printer, "state", run_states[j].state);
            put_bool(printer, run_is(&watch->clusters[i].run, j));
        }
    begin(printer, "pgcutover_run_may_write", GAUGE, "1 for the side that clients may write on.");
    for (i = 0; i < watch->cluster_count; i++)
        for (j = 0; *watch->clusters[i].run.may_write && j < 3; j++) {
            label(printer, "cluster", watch->clusters[i].name);
            label(printer, "side", sides[j]);
            put_bool(printer, strcmp(watch->clusters[i].run.may_write, sides[j]) == 0);
        }
}

static void server_state_samples(struct printer *printer, const struct watch *watch)
{
    size_t i, j, k;

    for (k = 0; k < 3; k++) {
        if (k == 0)
            begin(printer, "pgcutover_server_measured", GAUGE,
                  "Whether the server answered in the last interval.");
        else if (k == 1)
            begin(printer, "pgcutover_lag_sample_timestamp_seconds", GAUGE,
                  "When the server answered last; it stays where it does not any more.");
        else
            begin(printer, "pgcutover_server_info", INFO, "The server's version.");
        for (i = 0; i < watch->cluster_count; i++)
            for (j = 0; j < watch->clusters[i].server_count; j++) {
                const struct watch_server *server = &watch->clusters[i].servers[j];
                bool is_measured = watch_server_is_measured(watch, server);

                if (k == 2 && !is_measured)
                    continue;
                label_server(printer, &watch->clusters[i], server);
                if (k == 2)
                    label(printer, "version", said_version(server->now.version_num).text);
                if (k == 1)
                    put_value(printer, SECONDS, &server->now.measured_us);
                else
                    put_bool(printer, is_measured);
            }
    }
}

/* A sample for each of the names, 1 for the one that it is. */
static void put_set(struct printer *printer, const struct watch_cluster *cluster,
                    const struct watch_server *server, const struct watch_slot *slot,
                    const char *name, const char *const *names, const char *value)
{
    size_t i;

    for (i = 0; names[i]; i++) {
        label_slot(printer, cluster, server, slot);
        label(printer, name, names[i]);
        put_bool(printer, strcmp(names[i], value) == 0);
    }
}

enum slot_family { EXISTS, WAL_STATUS, TREND };

static void put_slot(struct printer *printer, enum slot_family family,
                     const struct watch_cluster *cluster, const struct watch_server *server,
                     const struct watch_slot *slot)
{
    static const char *const statuses[] = {"reserved", "extended", "unreserved", "lost", NULL};

    if (family == EXISTS && (slot->now.is_there || watch_slot_is_ours(slot))) {
        label_slot(printer, cluster, server, slot);
        put_bool(printer, slot->now.is_there);
    } else if (family == WAL_STATUS && slot->now.is_there && *slot->now.wal_status) {
        put_set(printer, cluster, server, slot, "wal_status", statuses, slot->now.wal_status);
    } else if (family == TREND && slot->now.is_there) {
        put_set(printer, cluster, server, slot, "trend", watch_trend_names,
                watch_trend_names[slot->now.trend]);
    }
}

static void slot_state_samples(struct printer *printer, const struct watch *watch,
                               enum slot_family family)
{
    size_t i, j, k;

    for (i = 0; i < watch->cluster_count; i++)
        for (j = 0; j < watch->clusters[i].server_count; j++) {
            const struct watch_server *server = &watch->clusters[i].servers[j];

            for (k = 0; watch_server_is_measured(watch, server) && k < server->slot_count; k++)
                put_slot(printer, family, &watch->clusters[i], server, &server->slots[k]);
        }
}

static void console_samples(struct printer *printer, const struct watch *watch)
{
    size_t i, j;

    begin(printer, "pgcutover_pooler_measured", GAUGE,
          "Whether the pooler's console answered in the last interval.");
    for (i = 0; i < watch->cluster_count; i++)
        for (j = 0; j < watch->clusters[i].console_count; j++) {
            const struct watch_console *console = &watch->clusters[i].consoles[j];

            label_console(printer, &watch->clusters[i], console);
            put_bool(printer, watch_console_is_measured(watch, console));
        }
}

void metrics_print(struct text *out, const struct watch *watch, bool openmetrics)
{
    struct printer printer = {.out = out, .is_open = openmetrics};
    size_t i;

    watch_samples(&printer, watch);
    run_samples(&printer, watch);
    server_state_samples(&printer, watch);
    begin(&printer, "pgcutover_replication_slot_exists", GAUGE,
          "Whether the slot is there; 0 for one of ours that is gone.");
    slot_state_samples(&printer, watch, EXISTS);
    begin(&printer, "pgcutover_replication_slot_wal_status", GAUGE,
          "1 for the wal_status of the slot (from 13 on).");
    slot_state_samples(&printer, watch, WAL_STATUS);
    begin(&printer, "pgcutover_replication_trend", GAUGE,
          "1 for where the subscriber is going; never: it will not catch up.");
    slot_state_samples(&printer, watch, TREND);
    console_samples(&printer, watch);
    for (i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++)
        samples(&printer, &metrics[i], watch);
    if (openmetrics)
        text_add_string(out, "# EOF\n");
}
