/* The slots of a server that `watch` asks: how far behind, how fast, and for how long still. */
#include "watching.h"

#include "../base/text.h"
#include "duration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is kept of a slot from one answer to the next. */
struct memory {
    struct rate confirmed, restart;
    uint64_t sample; /* the last that told of it */
};

static struct memory *memory_of(struct watch_slot *slot)
{
    if (!slot->memory)
        slot->memory = memory_new(sizeof(struct memory));
    return slot->memory;
}

/* The subscription that reads it is on another server of the cluster. NULL: it is not seen. */
static const struct watch_subscription *reader_of(const struct watch_source *source,
                                                  const struct watch_slot *slot)
{
    const struct watch_cluster *cluster = watch_source_cluster(source);
    size_t i, j;

    for (i = 0; i < cluster->server_count; i++) {
        const struct watch_server *server = &cluster->servers[i];

        for (j = 0; server->now.state == WATCH_MEASURED && j < server->subscription_count; j++)
            if (strcmp(server->name, source->name) != 0 &&
                strcmp(server->subscriptions[j].now.slot, slot->name) == 0)
                return &server->subscriptions[j];
    }
    return NULL;
}

static void add_reader(struct text *why, const struct watch_source *source,
                       const struct watch_slot *slot)
{
    const struct watch_subscription *reader = reader_of(source, slot);

    if (!reader)
        return;
    if (!reader->now.is_enabled)
        text_add_string(why, "; the subscription is disabled");
    else if (!reader->now.has_worker)
        text_add_string(why, "; the subscription has no worker");
    else if (*reader->now.waits_for)
        text_add(why, "; its worker waits for %s", reader->now.waits_for);
    if (reader->now.apply_errors > 0)
        text_add(why, "; %lld apply error%s", (long long) reader->now.apply_errors,
                 reader->now.apply_errors == 1 ? "" : "s");
}

static void add_rate(struct text *out, int64_t rate)
{
    size_add(out, rate);
    text_add_string(out, "/s");
}

/* Why it will not catch up. */
static void explain(const struct watch_source *source, struct watch_slot *slot,
                    enum rate_trend trend, struct watch_slot_values *values)
{
    struct memory *memory = memory_of(slot);
    struct text why = {0};

    if (!values->is_active) {
        text_add_string(&why, "nobody reads the slot");
    } else if (trend == RATE_STANDS) {
        text_add_string(&why, "nothing was confirmed for ");
        duration_add(&why, rate_still_ns(&memory->confirmed) / 1000000000 * 1000000);
    } else {
        add_rate(&why, values->apply_rate);
        text_add_string(&why, " confirmed, ");
        add_rate(&why, rate_per_s(&source->wal));
        text_add_string(&why, " written");
    }
    add_reader(&why, source, slot);
    watch_put(values->why, sizeof(values->why), text_string(&why));
    text_free(&why);
}

static void judge(const struct watch_source *source, struct watch_slot *slot,
                  struct watch_slot_values *values)
{
    /* what is at least so old may be of any age: it is not caught up because we have just begun */
    bool is_known = values->lag_us != WATCH_UNKNOWN && !values->lag_is_least;
    int64_t lag = is_known ? values->lag_us * 1000 : RATE_UNKNOWN, eta_ns;
    int64_t behind = values->behind == WATCH_UNKNOWN ? RATE_UNKNOWN : values->behind;
    enum rate_trend trend = rate_judge(behind, lag, watch_tolerance_ns(source->watching),
                                       values->apply_rate, rate_per_s(&source->wal), &eta_ns);

    values->trend = WATCH_TREND_UNKNOWN;
    if (!values->is_active && behind > 0 && trend != RATE_CAUGHT_UP)
        trend = RATE_STANDS;
    switch (trend) {
    case RATE_TREND_UNKNOWN:
        break;
    case RATE_CAUGHT_UP:
        values->trend = WATCH_CAUGHT_UP;
        break;
    case RATE_CATCHING_UP:
        values->trend = WATCH_CATCHING_UP;
        values->eta_us = eta_ns / 1000;
        break;
    case RATE_STANDS:
    case RATE_FALLS:
        values->trend = WATCH_NEVER;
        explain(source, slot, trend, values);
        break;
    }
}

/* As long as its restart position falls back behind the log as it does. */
static int64_t lost_in_us(const struct watch_source *source, const struct memory *memory,
                          int64_t safe)
{
    int64_t grows = rate_per_s(&source->wal), frees = rate_per_s(&memory->restart);

    if (safe == WATCH_UNKNOWN || grows == RATE_UNKNOWN || frees == RATE_UNKNOWN || grows <= frees)
        return WATCH_UNKNOWN;
    return safe <= 0 ? 0 : (int64_t) ((double) safe / (double) (grows - frees) * 1e6);
}

static void measure(struct watch_source *source, const struct reply *reply, int row, uint64_t end,
                    struct watch_slot *slot, struct watch_slot_values *values)
{
    struct memory *memory = memory_of(slot);
    int64_t now_ns = source->watching->driver->now_ns(source->watching->driver);
    uint64_t confirmed;

    values->behind = watch_number(reply, row, "behind");
    values->retained = watch_number(reply, row, "retained");
    values->safe = watch_number(reply, row, "safe");
    if (values->retained >= 0 && (uint64_t) values->retained <= end)
        rate_add(&memory->restart, end - (uint64_t) values->retained, reply->asked_ns);
    values->lost_in_us = lost_in_us(source, memory, values->safe);
    if (!reply_lsn(reply, row, "confirmed_lsn", &confirmed) || values->behind == WATCH_UNKNOWN)
        return;
    rate_add(&memory->confirmed, confirmed, reply->asked_ns);
    values->apply_rate = rate_per_s(&memory->confirmed);
    values->lag_us = lag_ns(source->history, confirmed, now_ns) / 1000;
    values->lag_is_least = lag_is_least(source->history, confirmed);
}

void watch_slot_take(struct watch_source *source, const struct reply *reply, int row, uint64_t end,
                     uint64_t *confirmed_by_all)
{
    struct watch_slot_values values = {.is_there = 1,
                                       .lag_us = WATCH_UNKNOWN,
                                       .apply_rate = WATCH_UNKNOWN,
                                       .eta_us = WATCH_UNKNOWN};
    const char *name = reply_value(reply, row, "slot_name");
    const char *database = reply_value(reply, row, "database");
    const char *status = reply_value(reply, row, "wal_status");
    struct watch_slot *slot;
    uint64_t confirmed;
    bool active = false;

    if (!name)
        return;
    slot = watch_slot(watch_source_server(source), name, (size_t) row - 1);
    values.spilled = slot->changed ? slot->now.spilled : WATCH_UNKNOWN;
    values.is_active = reply_bool(reply, row, "active", &active) && active;
    watch_put(values.database, sizeof(values.database), database);
    watch_put(values.wal_status, sizeof(values.wal_status), status);
    measure(source, reply, row, end, slot, &values);
    judge(source, slot, &values);
    memory_of(slot)->sample = source->samples;
    if (reply_lsn(reply, row, "confirmed_lsn", &confirmed) && confirmed < *confirmed_by_all)
        *confirmed_by_all = confirmed;
    watch_tell_slot(source, slot, &values);
    watch_set_slot(source->watching->model, slot, &values);
}

/* A cutover drops the slots of the side that clients leave, and finish and abort all of them, each
   behind its subscription: what nobody follows is not missed. Whom nobody can ask may follow it. */
static bool is_over(const struct watch_source *source, const struct watch_slot *slot)
{
    const struct watch_cluster *cluster = watch_source_cluster(source);
    size_t i;

    if (strcmp(cluster->run.phase, "finished") == 0 || strcmp(cluster->run.phase, "aborted") == 0)
        return true;
    for (i = 0; i < cluster->server_count; i++)
        if (cluster->servers[i].now.state != WATCH_MEASURED &&
            strcmp(cluster->servers[i].name, source->name) != 0)
            return false;
    return !reader_of(source, slot);
}

void watch_slots_gone(struct watch_source *source)
{
    struct watch_server *server = watch_source_server(source);
    size_t i;

    for (i = 0; i < server->slot_count; i++) {
        struct watch_slot *slot = &server->slots[i];
        struct watch_slot_values values = {.behind = WATCH_UNKNOWN,
                                           .lag_us = WATCH_UNKNOWN,
                                           .retained = WATCH_UNKNOWN,
                                           .safe = WATCH_UNKNOWN,
                                           .lost_in_us = WATCH_UNKNOWN,
                                           .apply_rate = WATCH_UNKNOWN,
                                           .eta_us = WATCH_UNKNOWN,
                                           .spilled = WATCH_UNKNOWN};

        if (memory_of(slot)->sample == source->samples)
            continue;
        rate_forget(&memory_of(slot)->confirmed);
        rate_forget(&memory_of(slot)->restart);
        memcpy(values.database, slot->now.database, sizeof(values.database));
        watch_tell_slot(source, slot, &values);
        watch_set_slot(source->watching->model, slot, &values);
        slot->is_over = watch_slot_is_ours(slot) && is_over(source, slot);
    }
    watch_forget_gone(source->watching->model, server);
}
