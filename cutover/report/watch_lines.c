#include "watch_lines.h"
#include "terminal.h"
#include "watch_fields.h"
#include "watch_order.h"
#include "watch_say.h"

#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#define BEAT_US INT64_C(30000000)
/* A trend that comes and goes is said when it has stayed. */
#define STAYS_US INT64_C(5000000)
#define HELD_MAX (256 * 1024)

/* Of a slot that will not catch up, or did not. */
struct said_slot {
    char cluster[64], server[64], slot[64];
    bool is_never;    /* what was said */
    int64_t other_us; /* since when it is otherwise; WATCH_UNKNOWN: it is not */
};

struct watch_lines {
    int file;
    struct terminal *out;
    uint64_t seen;     /* the last event that was said */
    uint64_t total;    /* of those that there were by then */
    int64_t beat_us;   /* when it was last said where everything stands */
    size_t dropped;    /* lines that nobody read */
    bool was_measured; /* where it stands was said with something measured */
    struct said_slot *slots;
    size_t slot_count;
};

struct watch_lines *watch_lines_new(FILE *out)
{
    struct watch_lines *lines = memory_new(sizeof(*lines));

    lines->file = fileno(out);
    lines->out = terminal_new(out);
    lines->beat_us = WATCH_UNKNOWN;
    terminal_must_not_block(lines->out, true);
    return lines;
}

void watch_lines_free(struct watch_lines *lines)
{
    if (!lines)
        return;
    terminal_flush(lines->out);
    terminal_give_up(lines->out);
    terminal_free(lines->out);
    free(lines->slots);
    free(lines);
}

bool watch_lines_are_lost(const struct watch_lines *lines)
{
    struct pollfd polled = {.fd = lines->file, .events = POLLOUT};

    return poll(&polled, 1, 0) == 1 && (polled.revents & (POLLERR | POLLNVAL));
}

/* One line, whatever the names in it. */
static void put(struct watch_lines *lines, int64_t at_us, const char *cluster, const char *text)
{
    struct text line = {0}, plain = {0};

    terminal_flush(lines->out);
    if (terminal_held(lines->out) > HELD_MAX) {
        lines->dropped++;
        return;
    }
    if (lines->dropped) {
        terminal_line(lines->out, "%s (%zu lines were dropped: nobody read them)",
                      said_stamp(at_us).text, lines->dropped);
        lines->dropped = 0;
    }
    text_add(&line, "%s%s%s", cluster, *cluster ? ": " : "", text);
    text_add_plain(&plain, text_string(&line));
    terminal_line(lines->out, "%s %s", said_stamp(at_us).text, text_string(&plain));
    text_free(&line);
    text_free(&plain);
}

/* --- changes ---------------------------------------------------------------------------------- */

static void say_events(struct watch_lines *lines, const struct watch *watch)
{
    uint64_t many = watch->event_total - lines->total;
    struct text text = {0};
    size_t i;

    if (many > watch->event_count) {
        text_add(&text, "%" PRIu64 " events were too many at once, and are not told",
                 many - watch->event_count);
        put(lines, watch->now_us, "", text_string(&text));
        text_free(&text);
    }
    lines->total = watch->event_total;
    for (i = 0; i < watch->event_count; i++) {
        const struct watch_event *event = watch_event_at(watch, i);

        if (event->changed <= lines->seen)
            continue;
        put(lines, event->at_us, event->cluster, event->text);
        lines->seen = event->changed;
    }
}

/* NULL: nothing was said of it, nor is there anything. */
static struct said_slot *said_of(struct watch_lines *lines, const char *cluster, const char *server,
                                 const struct watch_slot *slot)
{
    struct said_slot *said;
    size_t i;

    for (i = 0; i < lines->slot_count; i++) {
        said = &lines->slots[i];
        if (strcmp(said->slot, slot->name) == 0 && strcmp(said->server, server) == 0 &&
            strcmp(said->cluster, cluster) == 0)
            return said;
    }
    if (slot->now.trend != WATCH_NEVER)
        return NULL;
    lines->slots = memory_grow(lines->slots, (lines->slot_count + 1) * sizeof(*said));
    said = &lines->slots[lines->slot_count++];
    memset(said, 0, sizeof(*said));
    said->other_us = WATCH_UNKNOWN;
    snprintf(said->cluster, sizeof(said->cluster), "%s", cluster);
    snprintf(said->server, sizeof(said->server), "%s", server);
    snprintf(said->slot, sizeof(said->slot), "%s", slot->name);
    return said;
}

static void say_trend(struct watch_lines *lines, const struct watch *watch,
                      const struct watch_cluster *cluster, const struct watch_server *server,
                      const struct watch_slot *slot)
{
    struct said_slot *said = said_of(lines, cluster->name, server->name, slot);
    bool is_never = slot->now.trend == WATCH_NEVER;
    struct text text = {0};
    struct said brief;

    if (!said)
        return;
    if (slot->now.trend == WATCH_TREND_UNKNOWN || is_never == said->is_never) {
        said->other_us = WATCH_UNKNOWN;
        return;
    }
    if (said->other_us == WATCH_UNKNOWN)
        said->other_us = watch->now_us;
    if (watch->now_us - said->other_us < STAYS_US)
        return;
    said->is_never = is_never;
    said->other_us = WATCH_UNKNOWN;
    text_add(&text, "slot %s (%s) on %s%s: ", slot->name, slot->now.database, server->name,
             is_never ? "" : " is all right again");
    watch_say_trend(slot, &text, &brief);
    put(lines, watch->now_us, cluster->name, text_string(&text));
    text_free(&text);
}

static void say_trends(struct watch_lines *lines, const struct watch *watch)
{
    size_t kept = 0, i, j, k;

    for (i = 0; i < watch->cluster_count; i++)
        for (j = 0; j < watch->clusters[i].server_count; j++) {
            const struct watch_server *server = &watch->clusters[i].servers[j];

            for (k = 0; watch_server_is_measured(watch, server) && k < server->slot_count; k++)
                if (server->slots[k].now.is_there && watch_slot_is_ours(&server->slots[k]))
                    say_trend(lines, watch, &watch->clusters[i], server, &server->slots[k]);
        }
    for (i = 0; i < lines->slot_count; i++)
        if (lines->slots[i].is_never || lines->slots[i].other_us != WATCH_UNKNOWN)
            lines->slots[kept++] = lines->slots[i];
    lines->slot_count = kept;
}

/* --- where it stands -------------------------------------------------------------------------- */

/* key=value; a value with a blank in it in quotes. */
static void add_pair(struct text *out, const char *key, const char *value)
{
    const char *at;

    text_add(out, " %s=", key);
    if (*value && !strpbrk(value, " \"=")) {
        text_add_string(out, value);
        return;
    }
    text_add_string(out, "\"");
    for (at = value; *at; at++)
        text_add(out, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
    text_add_string(out, "\"");
}

static void add_number(struct text *out, const char *key, int64_t number, int64_t unit)
{
    if (number == WATCH_UNKNOWN)
        text_add(out, " %s=unknown", key);
    else if (unit == 1)
        text_add(out, " %s=%" PRId64, key, number);
    else
        text_add(out, " %s=%.3f", key, (double) number / (double) unit);
}

static void add_worst(struct text *out, const struct watch_place *worst)
{
    const struct watch_slot_values *now = &worst->slot->now;

    add_pair(out, "worst", worst->slot->name);
    add_pair(out, "on", worst->server->name);
    if (*now->database)
        add_pair(out, "database", now->database);
    if (!worst->is_measured) {
        text_add_string(out, " lag_s=unmeasured");
        return;
    }
    if (watch_slot_is_lost(worst->slot)) {
        add_pair(out, "slot", watch_slot_health(worst->slot));
        return;
    }
    add_number(out, "lag_s", now->lag_us, 1000000);
    if (now->lag_is_least)
        add_pair(out, "lag_is", "least");
    add_number(out, "behind_bytes", now->behind, 1);
    add_pair(out, "trend", watch_trend_names[now->trend]);
    if (now->trend == WATCH_CATCHING_UP)
        add_number(out, "eta_s", now->eta_us, 1000000);
    if (now->trend == WATCH_NEVER)
        add_pair(out, "why", now->why);
}

static void say_where_it_stands(struct watch_lines *lines, const struct watch *watch,
                                const struct watch_cluster *cluster)
{
    const struct watch_run_values *run = &cluster->run;
    struct watch_place worst;
    struct text text = {0};
    size_t i;

    text_add_string(&text, "stands:");
    if (*run->why) {
        text_add_string(&text, " run=unknown");
    } else {
        add_pair(&text, "run", *run->id ? run->phase : "none");
        add_pair(&text, "may_write", *run->may_write ? run->may_write : "unknown");
        if (*run->waits_for)
            add_pair(&text, "waits_for", run->waits_for);
    }
    for (i = 0; i < cluster->server_count; i++)
        if (!watch_server_is_measured(watch, &cluster->servers[i]))
            add_pair(&text, "unmeasured", cluster->servers[i].name);
    if (watch_order_worst(watch, cluster, &worst))
        add_worst(&text, &worst);
    put(lines, watch->now_us, cluster->name, text_string(&text));
    text_free(&text);
}

static bool is_any_measured(const struct watch *watch)
{
    size_t i, j;

    for (i = 0; i < watch->cluster_count; i++)
        for (j = 0; j < watch->clusters[i].server_count; j++)
            if (watch->clusters[i].servers[j].now.state != WATCH_CONNECTING)
                return true;
    return false;
}

/* At once when there is something to say, then each half a minute. */
static void beat(struct watch_lines *lines, const struct watch *watch)
{
    bool is_first = !lines->was_measured && is_any_measured(watch);
    size_t i;

    if (!is_first && lines->beat_us != WATCH_UNKNOWN && watch->now_us >= lines->beat_us &&
        watch->now_us - lines->beat_us < BEAT_US)
        return;
    if (!is_first && !lines->was_measured && lines->beat_us == WATCH_UNKNOWN) {
        lines->beat_us = watch->now_us; /* somebody will answer soon */
        return;
    }
    lines->was_measured = lines->was_measured || is_first;
    lines->beat_us = watch->now_us;
    for (i = 0; i < watch->cluster_count; i++)
        say_where_it_stands(lines, watch, &watch->clusters[i]);
}

void watch_lines_say(struct watch_lines *lines, const struct watch *watch)
{
    if (watch->now_us == WATCH_UNKNOWN)
        return;
    say_events(lines, watch);
    say_trends(lines, watch);
    beat(lines, watch);
    terminal_flush(lines->out);
}
