#include "watch_model.h"

#include "../base/arena.h"
#include "../base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct watch *watch_new(int64_t interval_ms)
{
    struct watch *watch = memory_new(sizeof(*watch));

    watch->interval_ms = interval_ms;
    watch->now_us = WATCH_UNKNOWN;
    return watch;
}

static void slot_free(struct watch_slot *slot)
{
    free(slot->series);
    free(slot->memory);
}

static void server_free(struct watch_server *server)
{
    size_t i;

    for (i = 0; i < server->slot_count; i++)
        slot_free(&server->slots[i]);
    free(server->slots);
    free(server->subscriptions);
}

void watch_free(struct watch *watch)
{
    size_t i, j;

    for (i = 0; watch && i < watch->cluster_count; i++) {
        struct watch_cluster *cluster = &watch->clusters[i];

        for (j = 0; j < cluster->server_count; j++)
            server_free(&cluster->servers[j]);
        for (j = 0; j < cluster->console_count; j++)
            free(cluster->consoles[j].pools);
        free(cluster->servers);
        free(cluster->consoles);
    }
    if (watch)
        free(watch->clusters);
    free(watch);
}

void watch_put(char *value, size_t size, const char *text)
{
    struct text line = {0};
    size_t length;

    memset(value, 0, size);
    if (!text)
        return;
    text_add_plain(&line, text);
    length = strlen(text_string(&line));
    if (length >= size)
        for (length = size - 1; length > 0 && (line.data[length] & 0xC0) == 0x80; length--)
            continue; /* in the middle of a character */
    memcpy(value, text_string(&line), length);
    text_free(&line);
}

/* --- finding, or adding ----------------------------------------------------------------------- */

/* Room for one more at `at`, which is zero; the list may have moved. */
static void *insert(void **list, size_t *count, size_t size, size_t at)
{
    char *bytes = memory_grow(*list, (*count + 1) * size);

    memmove(bytes + (at + 1) * size, bytes + at * size, (*count - at) * size);
    memset(bytes + at * size, 0, size);
    *list = bytes;
    *count += 1;
    return bytes + at * size;
}

/* Names are compared as they are kept. */
struct watch_cluster *watch_cluster(struct watch *watch, const char *name)
{
    struct watch_cluster *cluster;
    char key[sizeof(cluster->name)];
    size_t i;

    watch_put(key, sizeof(key), name);
    for (i = 0; i < watch->cluster_count; i++)
        if (strcmp(watch->clusters[i].name, key) == 0)
            return &watch->clusters[i];
    cluster = insert((void **) &watch->clusters, &watch->cluster_count, sizeof(*cluster),
                     watch->cluster_count);
    memcpy(cluster->name, key, sizeof(key));
    cluster->hold_behind = cluster->abort_lag_us = WATCH_UNKNOWN;
    cluster->run.since_us = WATCH_UNKNOWN;
    return cluster;
}

struct watch_server *watch_server(struct watch_cluster *cluster, const char *name)
{
    struct watch_server *server;
    char key[sizeof(server->name)];
    size_t i;

    watch_put(key, sizeof(key), name);
    for (i = 0; i < cluster->server_count; i++)
        if (strcmp(cluster->servers[i].name, key) == 0)
            return &cluster->servers[i];
    server = insert((void **) &cluster->servers, &cluster->server_count, sizeof(*server),
                    cluster->server_count);
    memcpy(server->name, key, sizeof(key));
    server->now.measured_us = server->now.round_trip_us = server->now.version_num = WATCH_UNKNOWN;
    server->now.wal_rate = server->now.oldest_us = server->now.oldest_pid = WATCH_UNKNOWN;
    server->long_stretch = 1;
    return server;
}

struct watch_console *watch_console(struct watch_cluster *cluster, const char *pooler,
                                    const char *name)
{
    struct watch_console *console;
    char of[sizeof(console->pooler)], key[sizeof(console->name)];
    size_t i;

    watch_put(of, sizeof(of), pooler);
    watch_put(key, sizeof(key), name);
    for (i = 0; i < cluster->console_count; i++)
        if (strcmp(cluster->consoles[i].pooler, of) == 0 &&
            strcmp(cluster->consoles[i].name, key) == 0)
            return &cluster->consoles[i];
    console = insert((void **) &cluster->consoles, &cluster->console_count, sizeof(*console),
                     cluster->console_count);
    memcpy(console->pooler, of, sizeof(of));
    memcpy(console->name, key, sizeof(key));
    console->measured_us = WATCH_UNKNOWN;
    return console;
}

static void series_clear(struct watch_series *series)
{
    size_t i;

    for (i = 0; i < WATCH_RECENT; i++)
        series->recent_behind[i] = series->recent_lag[i] = NAN;
    for (i = 0; i < WATCH_LONG; i++)
        series->long_behind[i] = series->long_lag[i] = NAN;
}

/* Where it is, or where it would be. */
static size_t place_of(const struct watch_server *server, const char *name)
{
    size_t low = 0, high = server->slot_count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcmp(server->slots[middle].name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct watch_slot *watch_find_slot(const struct watch_server *server, const char *name)
{
    size_t at = place_of(server, name);

    return at < server->slot_count && strcmp(server->slots[at].name, name) == 0 ? &server->slots[at]
                                                                                : NULL;
}

struct watch_slot *watch_slot(struct watch_server *server, const char *name, size_t hint)
{
    struct watch_slot *slot;

    if (hint < server->slot_count && strcmp(server->slots[hint].name, name) == 0)
        return &server->slots[hint];
    slot = watch_find_slot(server, name);
    if (slot)
        return slot;
    slot = insert((void **) &server->slots, &server->slot_count, sizeof(*slot),
                  place_of(server, name));
    watch_put(slot->name, sizeof(slot->name), name);
    slot->series = memory_new(sizeof(*slot->series));
    series_clear(slot->series);
    return slot;
}

struct watch_subscription *watch_subscription(struct watch_server *server, const char *name,
                                              const char *database)
{
    struct watch_subscription *subscription;
    char key[sizeof(subscription->name)], of[sizeof(subscription->now.database)];
    size_t i;

    watch_put(key, sizeof(key), name);
    watch_put(of, sizeof(of), database);
    for (i = 0; i < server->subscription_count; i++)
        if (strcmp(server->subscriptions[i].name, key) == 0 &&
            strcmp(server->subscriptions[i].now.database, of) == 0)
            return &server->subscriptions[i];
    subscription = insert((void **) &server->subscriptions, &server->subscription_count,
                          sizeof(*subscription), server->subscription_count);
    memcpy(subscription->name, key, sizeof(key));
    memcpy(subscription->now.database, of, sizeof(of));
    return subscription;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void set(struct watch *watch, uint64_t *changed, void *now, const void *values, size_t size)
{
    if (*changed && memcmp(now, values, size) == 0)
        return;
    memcpy(now, values, size);
    *changed = ++watch->changes;
}

void watch_set_run(struct watch *watch, struct watch_cluster *cluster,
                   const struct watch_run_values *values)
{
    set(watch, &cluster->run_changed, &cluster->run, values, sizeof(*values));
}

void watch_set_server(struct watch *watch, struct watch_server *server,
                      const struct watch_server_values *values)
{
    set(watch, &server->changed, &server->now, values, sizeof(*values));
}

void watch_set_slot(struct watch *watch, struct watch_slot *slot,
                    const struct watch_slot_values *values)
{
    set(watch, &slot->changed, &slot->now, values, sizeof(*values));
}

void watch_set_subscription(struct watch *watch, struct watch_subscription *subscription,
                            const struct watch_subscription_values *values)
{
    set(watch, &subscription->changed, &subscription->now, values, sizeof(*values));
}

void watch_set_console(struct watch *watch, struct watch_console *console, enum watch_state state,
                       const char *why, int64_t at_us, const struct watch_pool *pools, size_t count)
{
    console->state = (int32_t) state;
    watch_put(console->why, sizeof(console->why), why);
    console->measured_us = at_us;
    console->pools = memory_grow(console->pools, (count + 1) * sizeof(*pools));
    if (count)
        memcpy(console->pools, pools, count * sizeof(*pools));
    console->pool_count = count;
    console->changed = ++watch->changes;
}

void watch_add_event(struct watch *watch, const char *cluster, const char *kind, int64_t at_us,
                     const char *text)
{
    struct watch_event *event = &watch->events[watch->event_next];

    *event = (struct watch_event){.at_us = at_us, .changed = ++watch->changes};
    watch_put(event->cluster, sizeof(event->cluster), cluster);
    watch_put(event->kind, sizeof(event->kind), kind);
    watch_put(event->text, sizeof(event->text), text);
    watch->event_next = (watch->event_next + 1) % WATCH_EVENTS;
    watch->event_total++;
    if (watch->event_count < WATCH_EVENTS)
        watch->event_count++;
}

#define GONE_MAX 64

static bool is_forgotten(const struct watch_slot *slot, bool are_many)
{
    return !slot->now.is_there && (slot->is_over || (are_many && !watch_slot_is_ours(slot)));
}

void watch_forget_gone(struct watch *watch, struct watch_server *server)
{
    size_t gone = 0, over = 0, kept = 0, i;

    for (i = 0; i < server->slot_count; i++) {
        gone += is_forgotten(&server->slots[i], true);
        over += is_forgotten(&server->slots[i], false);
    }
    if (!over && gone <= GONE_MAX)
        return;
    for (i = 0; i < server->slot_count; i++)
        if (is_forgotten(&server->slots[i], gone > GONE_MAX))
            slot_free(&server->slots[i]);
        else
            server->slots[kept++] = server->slots[i];
    server->slot_count = kept;
    watch->whole_from = ++watch->changes;
}

void watch_forget_subscriptions(struct watch *watch, struct watch_server *server)
{
    size_t kept = 0, i;

    for (i = 0; i < server->subscription_count; i++)
        if (server->subscriptions[i].is_there)
            server->subscriptions[kept++] = server->subscriptions[i];
    if (kept < server->subscription_count)
        watch->whole_from = ++watch->changes;
    server->subscription_count = kept;
}

/* --- histories -------------------------------------------------------------------------------- */

static float worse(float a, float b)
{
    return isnan(a) ? b : isnan(b) || a > b ? a : b;
}

/* Two points become one, the worse of them. */
static void halve(struct watch_server *server)
{
    size_t i, j, half = server->long_count / 2;

    for (i = 0; i < half; i++)
        server->long_at[i] = server->long_at[2 * i];
    for (j = 0; j < server->slot_count; j++) {
        struct watch_series *series = server->slots[j].series;

        for (i = 0; i < half; i++) {
            series->long_behind[i] =
                worse(series->long_behind[2 * i], series->long_behind[2 * i + 1]);
            series->long_lag[i] = worse(series->long_lag[2 * i], series->long_lag[2 * i + 1]);
        }
        for (; i < WATCH_LONG; i++)
            series->long_behind[i] = series->long_lag[i] = NAN;
    }
    server->long_count = half;
    server->long_stretch *= 2;
}

static void push(struct watch_slot *slot, const struct watch_server *server, size_t recent)
{
    struct watch_series *series = slot->series;
    size_t last = server->long_count - 1;
    bool known = server->now.state == WATCH_MEASURED && slot->now.is_there;
    float behind = known && slot->now.behind != WATCH_UNKNOWN ? (float) slot->now.behind : NAN;
    float lag = known && slot->now.lag_us != WATCH_UNKNOWN ? (float) slot->now.lag_us / 1e6f : NAN;

    series->recent_behind[recent] = behind;
    series->recent_lag[recent] = lag;
    series->long_behind[last] = worse(series->long_behind[last], behind);
    series->long_lag[last] = worse(series->long_lag[last], lag);
}

void watch_tick(struct watch_server *server, int64_t at_us)
{
    size_t recent = server->recent_next, i;

    if (server->long_filled == 0 || server->long_filled == server->long_stretch) {
        if (server->long_count == WATCH_LONG)
            halve(server);
        server->long_at[server->long_count++] = at_us;
        server->long_filled = 0;
    }
    server->long_filled++;
    server->recent_at[recent] = at_us;
    server->recent_next = (recent + 1) % WATCH_RECENT;
    if (server->recent_count < WATCH_RECENT)
        server->recent_count++;
    for (i = 0; i < server->slot_count; i++)
        push(&server->slots[i], server, recent);
}

size_t watch_recent(const struct watch_server *server, const struct watch_slot *slot, size_t count,
                    int64_t *ret_at_us, float *ret_behind, float *ret_lag)
{
    size_t i;

    if (count > server->recent_count)
        count = server->recent_count;
    for (i = 0; i < count; i++) {
        size_t at = (server->recent_next + WATCH_RECENT - count + i) % WATCH_RECENT;

        if (ret_at_us)
            ret_at_us[i] = server->recent_at[at];
        if (ret_behind)
            ret_behind[i] = slot->series->recent_behind[at];
        if (ret_lag)
            ret_lag[i] = slot->series->recent_lag[at];
    }
    return count;
}

/* --- reading ---------------------------------------------------------------------------------- */

const struct watch_event *watch_event_at(const struct watch *watch, size_t i)
{
    size_t first = watch->event_next + WATCH_EVENTS - watch->event_count;

    return &watch->events[(first + i) % WATCH_EVENTS];
}

bool watch_slot_is_ours(const struct watch_slot *slot)
{
    return strncmp(slot->name, "pgcutover_", strlen("pgcutover_")) == 0;
}

bool watch_slot_is_lost(const struct watch_slot *slot)
{
    return slot->now.is_there ? strcmp(slot->now.wal_status, "lost") == 0
                              : watch_slot_is_ours(slot);
}

/* Ours are looked at before others: a cutover waits for them. Lost is worse than unknown, unknown
   than any number. */
static bool is_worse(const struct watch_slot *slot, const struct watch_slot *than)
{
    bool lost = watch_slot_is_lost(slot), than_lost = watch_slot_is_lost(than);

    if (watch_slot_is_ours(slot) != watch_slot_is_ours(than))
        return watch_slot_is_ours(slot);
    if (lost != than_lost)
        return lost;
    if ((slot->now.lag_us == WATCH_UNKNOWN) != (than->now.lag_us == WATCH_UNKNOWN))
        return slot->now.lag_us == WATCH_UNKNOWN;
    if (slot->now.lag_us != than->now.lag_us)
        return slot->now.lag_us > than->now.lag_us;
    return slot->now.behind > than->now.behind;
}

const struct watch_slot *watch_worst_slot(const struct watch_cluster *cluster,
                                          const struct watch_server **ret_server)
{
    const struct watch_slot *worst = NULL;
    size_t i, j;

    for (i = 0; i < cluster->server_count; i++) {
        const struct watch_server *server = &cluster->servers[i];

        for (j = 0; server->now.state == WATCH_MEASURED && j < server->slot_count; j++) {
            const struct watch_slot *slot = &server->slots[j];

            if ((!slot->now.is_there && !watch_slot_is_ours(slot)) ||
                (worst && !is_worse(slot, worst)))
                continue;
            worst = slot;
            if (ret_server)
                *ret_server = server;
        }
    }
    return worst;
}
