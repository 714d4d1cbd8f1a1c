/*
 * The virtual clock, the requests in flight, and the fault.
 */
#include "sim.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LATENCY_NS (NS_PER_MS / 2)
#define SLOW_NS (6 * NS_PER_S)
#define LATE_NS (40 * NS_PER_MS)
/* So that the wall clock differs from the monotonic one. */
#define WALL_US INT64_C(1700000000000000)
#define DEAD_JUMP_NS (NS_PER_S * 3600 * 24 * 30)

const char *const fault_names[FAULT_MODES] = {
    "nothing",        "fail",     "lost before",  "lost after",  "timeout before",
    "timeout after",  "slow",     "crash before", "crash after", "crash, it happens later",
    "the place dies", "a restart"};

const char *print_some(const char *format, ...)
{
    static char buffers[8][600];
    static unsigned at;
    char *buffer = buffers[at++ % 8];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(buffer, sizeof(buffers[0]), format, arguments);
    va_end(arguments);
    return buffer;
}

const char *print_lsn(uint64_t lsn)
{
    return print_some("%X/%X", (unsigned) (lsn >> 32), (unsigned) lsn);
}

static void apply(struct request *request)
{
    request->is_applied = true;
    if (request->host)
        host_apply(request);
    else if (request->place == PLACE_CONSOLE)
        console_apply(request);
    else
        server_apply(request);
}

/* A fault that is answered replaces the answer; what was done stays done. */
static void spoil(struct request *request)
{
    switch (request->mode) {
    case FAULT_FAIL:
        request_fail(request, "XX000", "injected: it fails");
        break;
    case FAULT_LOST_BEFORE:
    case FAULT_LOST_AFTER:
        request_fail(request, "08006", "injected: the connection is lost");
        break;
    case FAULT_DEAD_PLACE:
        request_fail(request, request->sim->is_silent ? "timeout" : "08006",
                     "injected: the place is dead");
        break;
    case FAULT_TIMEOUT_BEFORE:
    case FAULT_TIMEOUT_AFTER:
        request_fail(request, "timeout", "injected: no answer");
        break;
    default:
        break;
    }
}

static bool breaks(const struct request *request)
{
    return request->outcome == REPLY_FAILED && request->mode != FAULT_FAIL &&
           request->mode != FAULT_RESTART && request->mode != FAULT_NONE;
}

static void answer(struct request *request)
{
    struct reply *reply = request->reply;

    spoil(request);
    if (request->session && (breaks(request) || (!request->sql && request->outcome != REPLY_OK)))
        request->session->base.is_broken = true;
    request_unlink(request);
    if (reply) {
        reply->answered_ns = request->sim->now_ns;
        if (request->outcome == REPLY_FAILED) {
            fault_set(&reply->fault,
                      request->sql      ? request->sql->doing
                      : request->script ? request->script->doing
                                        : "connecting",
                      request->host      ? request->host->base.name
                      : request->session ? request->session->name
                                         : NULL,
                      request->code, "%s", request->cause);
        } else {
            reply->table = request->table;
            reply->output = request->output;
            request->table = NULL;
            request->output = NULL;
        }
        reply->state = request->outcome;
    }
    request_free(request);
}

static int64_t moment(const struct request *request)
{
    return request->is_applied || request->apply_ns > request->reply_ns ? request->reply_ns
                                                                        : request->apply_ns;
}

/* The one whose moment comes first, NULL: none before `until`. Equal ones in the order asked. */
static struct request *first(struct sim *sim, int64_t until_ns)
{
    struct request *request, *found = NULL;

    for (request = sim->requests; request; request = request->next)
        if (moment(request) <= until_ns && (!found || moment(request) < moment(found)))
            found = request;
    return found;
}

static void happen(struct sim *sim, struct request *request)
{
    bool applies = !request->is_applied && request->apply_ns <= request->reply_ns;

    if (moment(request) > sim->now_ns)
        sim->now_ns = moment(request);
    model_live(&sim->model, sim->now_ns);
    if (applies)
        apply(request);
    model_live(&sim->model, sim->now_ns);
    if (request->reply_ns <= sim->now_ns)
        answer(request);
}

void sim_settle(struct sim *sim)
{
    struct request *request;

    while ((request = first(sim, INT64_MAX - 1)))
        happen(sim, request);
}

void sim_pass(struct sim *sim, int64_t ms)
{
    int64_t until = sim->now_ns + ms * NS_PER_MS;

    while (sim->now_ns < until) {
        sim->now_ns += NS_PER_MS * 10;
        model_live(&sim->model, sim->now_ns);
    }
}

/* --- the fault ------------------------------------------------------------------------------ */

/* The number of this effect is the fault's; notes what it is called. */
static bool is_faulty(struct sim *sim, const char *name)
{
    sim->number++;
    if (sim->number == sim->sleeps_at && sim->while_asleep)
        sim->while_asleep(sim);
    if (sim->fault == FAULT_NONE || sim->number != sim->fault_at)
        return false;
    snprintf(sim->fault_name, sizeof(sim->fault_name), "%s", name);
    return true;
}

/* Behind a fault comes the second one, if there is one. */
static void next_fault(struct sim *sim)
{
    sim->fault = sim->fault_then;
    sim->fault_at = sim->fault_then_at;
    sim->fault_then = FAULT_NONE;
}

int *sim_epoch(struct sim *sim, enum place place, int server, int process)
{
    return &sim->epochs[place == PLACE_CONSOLE ? SERVERS + process : server];
}

static bool is_in_place(const struct request *request, enum place place, int server, int process)
{
    return request->place == place &&
           (place == PLACE_CONSOLE ? request->process == process : request->server == server);
}

/* Connections to the place are gone, those that are idle too. */
static void restart_place(struct sim *sim, enum place place, int server, int process)
{
    struct request *other;

    if (place == PLACE_HOST)
        return;
    ++*sim_epoch(sim, place, server, process);
    if (place == PLACE_CONSOLE) {
        model_restart_process(&sim->model, &sim->model.processes[process]);
    } else {
        sim->model.servers[server].lock = 0;
        model_terminate(&sim->model, server);
    }
    for (other = sim->requests; other; other = other->next)
        if (is_in_place(other, place, server, process))
            request_lose(other);
}

/* Whatever this effect is about, one of the servers or pooler processes restarts beside it. */
static void restart_victim(struct sim *sim)
{
    if (sim->victim < SERVERS)
        restart_place(sim, sim->victim == BLUE ? PLACE_BLUE : PLACE_GREEN, sim->victim, -1);
    else
        restart_place(sim, PLACE_CONSOLE, 0, sim->victim - SERVERS);
}

void request_lose(struct request *request)
{
    request->apply_ns = INT64_MAX;
    request->mode = FAULT_LOST_BEFORE;
}

static bool is_dead_pooler(const struct sim *sim, int pooler)
{
    int i;

    for (i = 0; i < PROCESSES; i++)
        if (sim->model.processes[i].pooler == pooler && !sim->model.processes[i].dead)
            return false;
    return true;
}

/* It had only been stopped. What was paused is, and its idle entry is not listed any more. */
static void thaw(struct sim *sim)
{
    int i;

    if (!sim->thaws_ns || sim->now_ns < sim->thaws_ns)
        return;
    sim->thaws_ns = 0;
    for (i = 0; i < PROCESSES; i++) {
        struct model_entry *idle = &sim->model.processes[i].entries[ENTRIES - 1];

        if (sim->model.processes[i].dead)
            idle->set_aside = idle->paused && !idle->connected;
        sim->model.processes[i].dead = false;
    }
}

static void pooler_dies(struct sim *sim, int pooler)
{
    int i;

    for (i = 0; i < PROCESSES; i++)
        if (sim->model.processes[i].pooler == pooler)
            sim->model.processes[i].dead = true;
}

static void die_in_place(struct sim *sim, const struct request *request)
{
    if (!sim->is_silent)
        restart_place(sim, request->place, request->server, request->process);
    sim->thaws_ns = sim->thaws_ms ? sim->now_ns + sim->thaws_ms * NS_PER_MS : 0;
    if (sim->takes_host && request->place == PLACE_CONSOLE)
        pooler_dies(sim, sim->model.processes[request->process].pooler);
    else if (sim->takes_host && request->place == PLACE_HOST && request->pooler >= 0)
        pooler_dies(sim, request->pooler);
    else if (request->place == PLACE_CONSOLE)
        sim->model.processes[request->process].dead = true;
    else
        sim->model.is_broken[request->place] = true;
    if (request->place == PLACE_BLUE || request->place == PLACE_GREEN)
        sim->model.servers[request->server].runs = false;
}

static bool place_is_broken(const struct sim *sim, const struct request *request)
{
    if (request->place == PLACE_CONSOLE)
        return sim->model.processes[request->process].dead;
    if (request->place == PLACE_HOST && sim->takes_host && request->pooler >= 0)
        return is_dead_pooler(sim, request->pooler);
    return sim->model.is_broken[request->place];
}

/* When it happens and when it is answered. */
static void set_fate(struct request *request, int64_t timeout_ms)
{
    bool is_server = request->place == PLACE_BLUE || request->place == PLACE_GREEN;

    switch (request->mode) {
    case FAULT_FAIL:
    case FAULT_LOST_BEFORE:
        request->apply_ns = INT64_MAX;
        break;
    case FAULT_DEAD_PLACE:
        request->apply_ns = INT64_MAX;
        request->reply_ns += request->sim->is_silent ? timeout_ms * NS_PER_MS : 0;
        break;
    case FAULT_TIMEOUT_BEFORE:
        request->apply_ns = INT64_MAX;
        request->reply_ns += timeout_ms * NS_PER_MS;
        break;
    case FAULT_TIMEOUT_AFTER:
        request->reply_ns += timeout_ms * NS_PER_MS;
        break;
    case FAULT_SLOW:
        request->reply_ns += SLOW_NS;
        request->apply_ns += is_server ? SLOW_NS : 0;
        break;
    case FAULT_CRASH_LATE:
        request->apply_ns += is_server ? LATE_NS : 0;
        request->reply_ns = request->apply_ns;
        break;
    default:
        break;
    }
}

void request_send(struct request *request, const char *name, int64_t timeout_ms)
{
    struct sim *sim = request->sim;
    struct request **at = &sim->requests;

    if (!sim->is_dead && is_faulty(sim, name)) {
        request->mode = sim->fault;
        next_fault(sim);
    }
    if (request->mode == FAULT_CRASH_BEFORE)
        sim->is_dead = true;
    if (sim->is_dead) {
        sim->dead_ns = sim->dead_ns ? sim->dead_ns : sim->now_ns;
        request_unlink(request);
        request_free(request); /* its reply stays pending for ever */
        return;
    }
    if (request->mode == FAULT_DEAD_PLACE)
        die_in_place(sim, request);
    if (request->mode == FAULT_RESTART)
        restart_victim(sim);
    thaw(sim);
    if (place_is_broken(sim, request))
        request->mode = FAULT_DEAD_PLACE;
    request->apply_ns = request->reply_ns = sim->now_ns + LATENCY_NS;
    set_fate(request, timeout_ms);
    while (*at)
        at = &(*at)->next;
    *at = request;
    if (request->mode == FAULT_CRASH_AFTER || request->mode == FAULT_CRASH_LATE) {
        sim->is_dead = true;
        sim->dead_ns = sim->now_ns;
    }
}

bool sim_before_sync(void *context)
{
    struct sim *sim = context;
    enum fault_mode mode = sim->fault;

    if (sim->is_dead)
        return false;
    if (sim->at_sync)
        sim->at_sync(sim);
    if (!is_faulty(sim, "sync of the journal"))
        return true;
    next_fault(sim);
    if (mode == FAULT_RESTART)
        restart_victim(sim);
    if (mode == FAULT_CRASH_BEFORE || mode == FAULT_CRASH_AFTER) {
        sim->is_dead = true;
        sim->dead_ns = sim->now_ns;
    }
    return mode != FAULT_FAIL && mode != FAULT_CRASH_BEFORE;
}

const char *sim_durable(struct sim *sim, const char *key)
{
    sqlite3_stmt *statement;
    const char *value = NULL;

    if (sqlite3_prepare_v2(sim->database, "SELECT value FROM fact WHERE key = ?", -1, &statement,
                           NULL) != SQLITE_OK)
        return NULL;
    sqlite3_bind_text(statement, 1, key, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0))
        value = print_some("%s", (const char *) sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    return value;
}

static bool is_armed(struct sim *sim)
{
    const char *leg = sim_durable(sim, "leg");
    const char *state = sim_durable(sim, print_some("%s.state", leg ? leg : "cutover"));

    return state && strcmp(state, "armed") == 0;
}

/* What an engine has asked for before it fell asleep was asked with its own disk. */
bool sim_is_armed(struct sim *sim)
{
    struct sqlite3 *own = sim->database;
    bool armed = is_armed(sim);

    if (!armed && sim->asleep) {
        sim->database = sim->asleep;
        armed = is_armed(sim);
        sim->database = own;
    }
    return armed;
}

/* --- the clock ------------------------------------------------------------------------------ */

static int64_t fake_now_ns(struct driver *driver)
{
    struct sim *sim = (struct sim *) driver;

    return sim->is_dead ? sim->dead_ns : sim->now_ns;
}

static int64_t fake_wall_us(struct driver *driver)
{
    return WALL_US + fake_now_ns(driver) / 1000;
}

static void fake_wait(struct driver *driver, int64_t until_ns)
{
    struct sim *sim = (struct sim *) driver;
    struct request *request;

    if (sim->is_dead) {
        sim->dead_ns += DEAD_JUMP_NS; /* over every deadline: it ends soon */
        return;
    }
    request = first(sim, until_ns);
    if (request) {
        happen(sim, request);
        return;
    }
    if (until_ns > sim->now_ns)
        sim->now_ns = until_ns;
    model_live(&sim->model, sim->now_ns);
}

static bool fake_is_interrupted(struct driver *driver)
{
    const struct sim *sim = (struct sim *) driver;

    return sim->is_dead && sim->is_behind;
}

void sim_init(struct sim *sim)
{
    sim->driver.now_ns = fake_now_ns;
    sim->driver.wall_us = fake_wall_us;
    sim->driver.wait = fake_wait;
    sim->driver.is_interrupted = fake_is_interrupted;
    sim->now_ns = sim->now_ns ? sim->now_ns : NS_PER_S;
    session_door_fake(sim);
}

void sim_free(struct sim *sim)
{
    while (sim->requests) {
        struct request *request = sim->requests;

        request_unlink(request);
        request_free(request);
    }
}
