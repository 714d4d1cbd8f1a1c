/*
 * Happy path:  modes of the pooler's processes asked -> open -> write, answered, write ... -> stop.
 * Failures:    none answered before clients are held, or three in a row at the beginning: OFF, not
 *              measured. Later: a failed probe; in the pause the next one comes behind it.
 * On stop:     what is under way is waited for, or given up.
 */
#include "client_probe.h"

#include "client_probe_mode.h"
#include "sql_files.h"

#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A turn of the loop that comes so much later than wanted counts: something else took its time. It
   is wanted that often, but not in the pause. */
#define LATE_NS (5 * NS_PER_MS)
/* Before the first answer; then it is off. */
#define TRIES 3
/* After a failure, and between logins. */
#define AGAIN_MS 100
#define CONNECT_MS 5000
/* Over the pause's budget: a client's patience. */
#define PATIENCE_MS 10000
/* Of the time before clients are held the last minute is kept. */
#define BEFORE_MAX 6000

enum client_at { ASKING, CLOSED, OPENING, READY, WRITING, OFF };

struct client {
    const struct config_pooler *pooler;
    struct client_probe_mode mode; /* while ASKING */
    enum client_at at;
    char *name;
    struct session *session;
    struct reply reply;
    bool comes_anew; /* for every write: the pooler may pool sessions */
    bool rests;      /* it failed in the pause */
    int tries;
    int64_t next_ns, late_ns;
    struct probe_sample now; /* under way */
    struct probe_sample *samples;
    size_t count, room;
    char *database;
    int64_t base, acknowledged, in_doubt, lost;
    char why_not[256]; /* why it is OFF; before: what its last try met */
};

struct client_probe {
    struct companion companion; /* first */
    struct world *world;
    struct client *clients;
    size_t count;
    int64_t interval_ns, ends_ns;
    int64_t wanted_ns; /* the turn of the loop that comes next, at the latest; 0: none was */
    bool is_stopped;
};

static int64_t now_ns(const struct client_probe *probe)
{
    return probe->world->driver->now_ns(probe->world->driver);
}

static void hang_up(struct client *client)
{
    session_close(client->session);
    client->session = NULL;
    reply_clear(&client->reply);
}

static void turn_off(struct client *client, const char *why)
{
    client_probe_mode_close(&client->mode);
    hang_up(client);
    client->at = OFF;
    if (why != client->why_not)
        snprintf(client->why_not, sizeof(client->why_not), "%s", why);
}

/* --- what was met --------------------------------------------------------------------------- */

static void keep(struct client *client, enum companion_time time)
{
    if (time == COMPANION_BEFORE && client->count >= BEFORE_MAX) {
        client->count /= 2;
        memmove(client->samples, client->samples + client->count,
                client->count * sizeof(*client->samples));
    }
    if (client->count == client->room) {
        client->room = client->room ? 2 * client->room : BEFORE_MAX;
        client->samples = memory_grow(client->samples, client->room * sizeof(*client->samples));
    }
    client->samples[client->count++] = client->now;
}

static void met(struct client *client, enum companion_time time, enum probe_outcome outcome,
                int64_t answered_ns, const char *code)
{
    client->now.latency_us = (answered_ns - client->now.mono_ns) / 1000;
    client->now.late_us = client->late_ns / 1000;
    client->late_ns = 0;
    client->now.outcome = outcome;
    snprintf(client->now.code, sizeof(client->now.code), "%s", code);
    keep(client, time);
}

/* What a later answer does not know any more was lost. */
static void account(struct client *client, int64_t number, const char *database)
{
    int64_t missing;

    if (!client->database) {
        client->database = memory_copy(database);
        client->base = number - 1;
        *client->why_not = '\0';
    }
    client->acknowledged++;
    missing = client->base + client->acknowledged - number;
    if (missing > client->lost)
        client->lost = missing;
}

static void begin(struct client_probe *probe, struct client *client)
{
    client->now = (struct probe_sample){
        .at_us = probe->world->driver->wall_us(probe->world->driver), .mono_ns = now_ns(probe)};
}

static void failed(struct client_probe *probe, struct client *client, enum companion_time time)
{
    bool was_asked = client->at == WRITING;
    bool is_broken = !was_asked || client->session->is_broken;
    struct fault fault = client->reply.fault;

    if (was_asked && is_broken)
        client->in_doubt++;
    if (client->database)
        met(client, time, was_asked && is_broken ? PROBE_UNKNOWN : PROBE_FAILED,
            client->reply.answered_ns, fault.code);
    client->rests = time == COMPANION_HELD;
    client->next_ns = now_ns(probe) + AGAIN_MS * NS_PER_MS;
    client->at = READY;
    if (is_broken || client->comes_anew) {
        hang_up(client);
        client->at = CLOSED;
    }
    if (!client->database)
        snprintf(client->why_not, sizeof(client->why_not), "%.250s", fault.cause);
    if (!client->database && ++client->tries == TRIES)
        turn_off(client, client->why_not);
}

static void acknowledged(struct client_probe *probe, struct client *client,
                         enum companion_time time)
{
    const char *database = reply_value(&client->reply, 0, "database");
    int64_t number, answered_ns = client->reply.answered_ns;

    if (!database || !reply_number(&client->reply, 0, "number", &number)) {
        turn_off(client, "it was answered without a number");
        return;
    }
    account(client, number, database);
    met(client, time, PROBE_ACKNOWLEDGED, answered_ns, "");
    reply_clear(&client->reply);
    client->at = READY;
    client->next_ns = answered_ns + probe->interval_ns;
    if (client->comes_anew) {
        hang_up(client);
        client->at = CLOSED;
        client->next_ns = answered_ns + AGAIN_MS * NS_PER_MS;
    }
}

/* --- what is done --------------------------------------------------------------------------- */

static void open_session(struct client_probe *probe, struct client *client)
{
    struct session_door *door = probe->world->sessions;
    struct endpoint endpoint = {.kind = ENDPOINT_CLIENT,
                                .name = client->name,
                                .conninfo = client->pooler->probe,
                                .application_name = CLIENT_PROBE_NAME};

    begin(probe, client);
    client->session = door->open(door, &endpoint, CONNECT_MS, &client->reply);
    client->at = OPENING;
}

/* A login is a part of what it takes where every write needs one. */
static void write_one(struct client_probe *probe, struct client *client)
{
    struct sql_arguments arguments = {.count = 0};

    if (!client->comes_anew)
        begin(probe, client);
    sql_set(&arguments, "pooler", client->pooler->name);
    session_ask(client->session, &sql_client_probe_write, &arguments,
                probe->world->config->pause_budget_ms + PATIENCE_MS, &client->reply);
    client->at = WRITING;
}

/* Nothing is opened in the pause: a login costs time that its rows need. */
static bool may_begin(const struct client_probe *probe, const struct client *client,
                      enum companion_time time)
{
    if (probe->is_stopped)
        return false;
    return time != COMPANION_HELD || (client->at == READY && !client->rests);
}

static int64_t poll_idle(struct client_probe *probe, struct client *client,
                         enum companion_time time)
{
    if (time == COMPANION_AFTER && client->rests) {
        client->rests = false;
        client->next_ns = now_ns(probe);
    }
    /* as soon as it may come again, where it kept away */
    if (time == COMPANION_HELD && client->comes_anew)
        client->next_ns = 0;
    if (!may_begin(probe, client, time))
        return INT64_MAX;
    if (client->next_ns > now_ns(probe))
        return client->next_ns;
    if (client->at == CLOSED)
        open_session(probe, client);
    else
        write_one(probe, client);
    return INT64_MAX;
}

static void opened(struct client_probe *probe, struct client *client, enum companion_time time)
{
    if (client->reply.state == REPLY_FAILED) {
        failed(probe, client, time);
        return;
    }
    reply_clear(&client->reply);
    write_one(probe, client);
}

static int64_t poll_client(struct client_probe *probe, struct client *client,
                           enum companion_time time)
{
    if (client->at != OFF && time != COMPANION_BEFORE && !client->database)
        turn_off(client, *client->why_not ? client->why_not : CLIENT_PROBE_LATE);
    if (client->at == ASKING &&
        client_probe_mode_poll(&client->mode, probe->world, client->pooler, &client->comes_anew))
        client->at = CLOSED;
    if (client->at == OPENING && reply_is_finished(&client->reply))
        opened(probe, client, time);
    else if (client->at == WRITING && client->reply.state == REPLY_FAILED)
        failed(probe, client, time);
    else if (client->at == WRITING && client->reply.state == REPLY_OK)
        acknowledged(probe, client, time);
    return client->at == READY || client->at == CLOSED ? poll_idle(probe, client, time) : INT64_MAX;
}

static void note_lateness(struct client_probe *probe)
{
    int64_t late_ns = probe->wanted_ns ? now_ns(probe) - probe->wanted_ns : 0;
    size_t i;

    for (i = 0; i < probe->count && late_ns > LATE_NS; i++)
        probe->clients[i].late_ns += late_ns;
}

static int64_t poll(struct companion *companion, enum companion_time time)
{
    struct client_probe *probe = (struct client_probe *) companion;
    int64_t wake_ns =
        time == COMPANION_HELD || probe->is_stopped ? INT64_MAX : now_ns(probe) + LATE_NS;
    size_t i;

    note_lateness(probe);

    if (time == COMPANION_AFTER && !probe->ends_ns)
        probe->ends_ns = now_ns(probe) + CLIENT_PROBE_AFTER_MS * NS_PER_MS;
    if (probe->ends_ns && now_ns(probe) >= probe->ends_ns)
        probe->is_stopped = true;
    for (i = 0; i < probe->count; i++) {
        int64_t wants_ns = poll_client(probe, &probe->clients[i], time);

        if (wants_ns < wake_ns)
            wake_ns = wants_ns;
    }
    probe->wanted_ns = wake_ns == INT64_MAX ? 0 : wake_ns;
    return wake_ns;
}

bool client_probe_stop(struct client_probe *probe)
{
    bool is_busy = false;
    size_t i;

    probe->is_stopped = true;
    for (i = 0; i < probe->count; i++)
        is_busy = is_busy || probe->clients[i].at == OPENING || probe->clients[i].at == WRITING;
    return !is_busy;
}

void client_probe_give_up(struct client_probe *probe)
{
    size_t i;

    probe->is_stopped = true;
    for (i = 0; i < probe->count; i++) {
        struct client *client = &probe->clients[i];
        bool was_asked = client->at == WRITING;

        if (client->at == OFF)
            continue;
        client->in_doubt += was_asked;
        if (client->database && (was_asked || client->at == OPENING))
            met(client, COMPANION_AFTER, PROBE_UNKNOWN, now_ns(probe), "");
        client_probe_mode_close(&client->mode);
        hang_up(client);
        client->at = CLOSED;
    }
}

/* --- one of them ---------------------------------------------------------------------------- */

struct client_probe *client_probe_new(struct world *world, int64_t interval_ms)
{
    struct client_probe *probe = memory_new(sizeof(*probe));
    size_t i;

    probe->companion.from = "arm";
    probe->companion.poll = poll;
    probe->world = world;
    probe->interval_ns = interval_ms * NS_PER_MS;
    probe->count = world->pooler_count;
    probe->clients = memory_new(probe->count * sizeof(*probe->clients));
    for (i = 0; i < probe->count; i++) {
        struct client *client = &probe->clients[i];
        struct text name = {0};

        client->pooler = world->poolers[i].config;
        text_add(&name, "client probe of pooler %s", client->pooler->name);
        client->name = text_take(&name);
        if (!client->pooler->probe)
            turn_off(client, "probe is not set");
    }
    return probe;
}

void client_probe_free(struct client_probe *probe)
{
    size_t i;

    if (!probe)
        return;
    for (i = 0; i < probe->count; i++) {
        client_probe_mode_close(&probe->clients[i].mode);
        hang_up(&probe->clients[i]);
        free(probe->clients[i].name);
        free(probe->clients[i].database);
        free(probe->clients[i].samples);
    }
    free(probe->clients);
    free(probe);
}

struct companion *client_probe_companion(struct client_probe *probe)
{
    return &probe->companion;
}

size_t client_probe_count(const struct client_probe *probe)
{
    return probe->count;
}

struct client_probe_result client_probe_result(const struct client_probe *probe, size_t number)
{
    const struct client *client = &probe->clients[number];
    int64_t least = client->base + client->acknowledged;

    return (struct client_probe_result){.pooler = client->pooler->name,
                                        .why_not = *client->why_not ? client->why_not : NULL,
                                        .samples = client->samples,
                                        .count = client->count,
                                        .database = client->database,
                                        .least = least,
                                        .most = least + client->in_doubt,
                                        .lost = client->lost};
}
