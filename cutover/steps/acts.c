/*
 * Polls a table of acts.
 *
 * Happy path:  group after group (an act and those TOGETHER with it): every target in flight at
 *              once; each target: open the link if it is closed -> ask -> judge -> done.
 * Failures:    the first one is the step's; nothing further is issued, except with ACT_EACH.
 * On leave:    sessions with a request in flight are closed: its outcome is unknown, and whoever
 *              comes next asks the server on a new connection.
 */
#include "../base/text.h"
#include "acts_internal.h"
#include "sql_files.h"
#include "survey.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 10000
/* Where the others must not wait for one that is gone. */
#define CONNECT_EACH_TIMEOUT_MS 2000
#define POLL_MS 2

_Static_assert(sizeof(struct lane) <= ACTS_MEMORY, "ACTS_MEMORY is too small");

enum act_verdict act_fail(struct step_io *io, const struct target *target, const char *doing,
                          const char *cause, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, cause);
    vsnprintf(text, sizeof(text), cause, arguments);
    va_end(arguments);
    fault_set(&io->fault, doing, target ? target->name : NULL, NULL, "%s", text);
    return ACT_FAILED;
}

/* --- one child ------------------------------------------------------------------------------ */

int64_t io_now(struct step_io *io)
{
    return io->driver->now_ns(io->driver);
}

/* For servers always the same for the same act: a session says SET statement_timeout only when it
   changes. The step's deadline, which may be nearer, abandons the request. */
static int64_t timeout_ms(const struct child *child)
{
    const struct act *act = child->act;

    if (child->values.timeout_ms)
        return child->values.timeout_ms;
    return act->timeout_ms ? act->timeout_ms : ACT_TIMEOUT_MS;
}

static void release(struct step_io *io, struct child *child)
{
    if (child->target.link)
        child->target.link->is_busy = false;
    io->freed = true;
}

static bool is_needed(struct step_io *io, struct child *child)
{
    static const struct act_values none;
    const struct act *act = child->act;

    child->values = none;
    if (act->flags & ACT_PREPARE)
        child->values.sql.form = SQL_PREPARE;
    else if (act->flags & ACT_PREPARED && !io_explains(io))
        child->values.sql.form = SQL_EXECUTE;
    if (io_explains(io) && act->flags & ACT_PREPARE)
        return false;
    return !act->values || act->values(io, &child->target, &child->values);
}

static void ask(struct step_io *io, struct child *child)
{
    const struct act *act = child->act;

    if (!is_needed(io, child)) {
        child->at = CHILD_DONE;
        release(io, child);
        return;
    }
    if (io_explains(io) && act_is_effect(act)) {
        child_explain(io, child);
        release(io, child);
        /* a repeated act ends by what it finds; when nothing happens, `round` ends it */
        child->target.round++;
        child->at = act->flags & ACT_REPEAT ? CHILD_START : CHILD_DONE;
        return;
    }
    child->at = CHILD_ASKED;
    if (act->sql) {
        session_ask(child->target.link->session, act->sql, &child->values.sql, timeout_ms(child),
                    &child->reply);
    } else if (act->flags & ACT_WARM) {
        child->target.host->ops->warm(child->target.host, &child->reply);
    } else if (act->flags & ACT_JOB) {
        child->at = CHILD_JOB;
    } else {
        child->target.host->ops->run(child->target.host, act->script, child->values.arguments,
                                     child->values.input, timeout_ms(child), &child->reply);
    }
}

static void open_link(struct step_io *io, struct child *child)
{
    struct link *link = child->target.link;
    struct world *world = io->world;
    int64_t timeout = child->act->flags & ACT_EACH ? CONNECT_EACH_TIMEOUT_MS : CONNECT_TIMEOUT_MS;

    /* one that hangs is not waited for where it is not needed */
    if (!is_needed(io, child)) {
        child->at = CHILD_DONE;
        return;
    }
    if (child->act->connect_ms)
        timeout = child->act->connect_ms;
    if (child->values.timeout_ms && child->values.timeout_ms < timeout)
        timeout = child->values.timeout_ms;
    link_close(link);
    link->is_busy = true;
    link->endpoint.application_name = world_session_name(world, link);
    link->session =
        world->sessions->open(world->sessions, &link->endpoint, timeout, &link->opening);
    child->at = CHILD_OPENING;
}

enum step_verdict child_failed(struct step_io *io, struct child *child, const struct fault *fault)
{
    if (fault != &io->fault)
        io->fault = *fault;
    release(io, child);
    reply_clear(&child->reply);
    child->at = CHILD_DONE;
    /* what depends on effects that did not happen may fail while a plan is printed */
    return io_explains(io) ? STEP_WAIT : STEP_FAILED;
}

static void start(struct step_io *io, struct child *child)
{
    struct link *link = child->target.link;

    if (io_explains(io) && child->act->flags & ACT_GREEN_LATER && !act_is_effect(child->act) &&
        !journal_get(io->journal, "green.ready")) {
        child->at = CHILD_DONE;
        return;
    }
    if (io_explains(io) && act_is_effect(child->act)) {
        ask(io, child);
        return;
    }
    if (child->act->flags & ACT_CLOSE) {
        link_close(link);
        child->at = CHILD_DONE;
        return;
    }
    if (child->act->on == ON_TOOL) {
        child->reply.state = REPLY_OK;
        child->at = CHILD_ASKED;
        return;
    }
    if (link && link->is_busy)
        return; /* another act of this group, or of a row beside this one, uses it */
    if (link && (!link->session || link->session->is_broken)) {
        open_link(io, child);
        return;
    }
    if (link)
        link->is_busy = true;
    ask(io, child);
}

/* A session that was lost took the operator's lock with it. An undo does not wait for it, nor does
   what comes behind the switch: both may be done twice. */
static bool must_lock(struct step_io *io, const struct child *child)
{
    const struct world *world = io->world;

    if (io->mode != STEP_RUN || journal_has(io->journal, "side", world->subscriber->name))
        return false;
    return (child->target.link == &world->blue.link && world->blue.must_lock) ||
           (child->target.link == &world->green.link && world->green.must_lock);
}

static void lock(struct step_io *io, struct child *child)
{
    child->values = (struct act_values){0};
    survey_lock_values(io, &child->target, &child->values);
    session_ask(child->target.link->session, &sql_operator_lock, &child->values.sql, ACT_TIMEOUT_MS,
                &child->reply);
    child->at = CHILD_LOCKING;
}

static enum step_verdict opened(struct step_io *io, struct child *child)
{
    struct link *link = child->target.link;

    if (!reply_is_finished(&link->opening))
        return STEP_WAIT;
    if (link->opening.state == REPLY_FAILED) {
        struct fault fault = link->opening.fault;

        link_close(link);
        if (child->act->flags & ACT_JUDGES_FAILURE) {
            child->reply.state = REPLY_FAILED;
            child->reply.fault = fault;
            child->at = CHILD_ASKED;
            return STEP_WAIT;
        }
        return child_failed(io, child, &fault);
    }
    if (must_lock(io, child))
        lock(io, child);
    else
        ask(io, child);
    return STEP_WAIT;
}

static enum step_verdict locked(struct step_io *io, struct child *child)
{
    struct fault fault;

    if (!reply_is_finished(&child->reply))
        return STEP_WAIT;
    if (child->reply.state == REPLY_FAILED) {
        fault = child->reply.fault;
    } else if (survey_lock_judge(io, &child->target, &child->reply) == ACT_DONE) {
        reply_clear(&child->reply);
        ask(io, child);
        return STEP_WAIT;
    } else {
        fault = io->fault;
    }
    link_close(child->target.link);
    return child_failed(io, child, &fault);
}

static void again(struct step_io *io, struct child *child, int64_t nap_until_ns)
{
    release(io, child);
    child->target.tries++;
    reply_clear(&child->reply);
    child->at = CHILD_NAP;
    child->nap_until_ns = nap_until_ns;
}

/* What was prepared is gone with its session. */
static void explain_lost(struct child *child)
{
    struct fault *fault = &child->reply.fault;

    if (!(child->act->flags & ACT_PREPARED) || !string_equal(fault->code, "26000"))
        return;
    fault_set(fault, child->act->sql->doing, child->target.name, "26000",
              "the session was lost meanwhile; what was prepared on it is gone");
}

static enum step_verdict answered(struct step_io *io, struct child *child)
{
    const struct act *act = child->act;
    enum act_verdict verdict = ACT_DONE;
    int64_t wake_ns = io->wake_ns;

    if (!reply_is_finished(&child->reply))
        return STEP_WAIT;
    if (child->reply.state == REPLY_FAILED)
        explain_lost(child);
    if (child->reply.state == REPLY_FAILED && !(act->flags & ACT_JUDGES_FAILURE))
        return child_failed(io, child, &child->reply.fault);
    memset(&io->fault, 0, sizeof(io->fault));
    io->wake_ns = INT64_MAX; /* so that a nap which the judge wants is seen */
    if (act->judge)
        verdict = act->judge(io, &child->target, &child->reply);
    if (verdict == ACT_AGAIN && !io_explains(io)) {
        again(io, child, io->wake_ns == INT64_MAX ? io_now(io) + POLL_MS * NS_PER_MS : io->wake_ns);
        io->wake_ns = wake_ns;
        return STEP_WAIT;
    }
    io->wake_ns = wake_ns;
    if (verdict == ACT_FAILED)
        return child_failed(io, child, &io->fault);
    release(io, child);
    reply_clear(&child->reply);
    child->target.round++;
    child->target.tries = 0;
    child->at = act->flags & ACT_REPEAT ? CHILD_START : CHILD_DONE;
    return STEP_WAIT;
}

static void wait_to_begin(struct step_io *io, struct child *child)
{
    int64_t now = io_now(io), left = 0;

    if (child->act->delay_ms && !io_explains(io))
        left = child->act->delay_ms(io, &child->target, (now - child->begun_ns) / NS_PER_MS);
    if (left < 0)
        child->at = CHILD_DONE;
    else if (left == 0)
        child->at = CHILD_START;
    else if (now + left * NS_PER_MS < io->wake_ns)
        io->wake_ns = now + left * NS_PER_MS;
}

/* --- all of them ---------------------------------------------------------------------------- */

static enum step_verdict child_poll(struct step_io *io, struct child *child)
{
    enum step_verdict verdict = STEP_WAIT;
    enum child_at before;

    do {
        before = child->at;
        switch (child->at) {
        case CHILD_DELAYED:
            wait_to_begin(io, child);
            break;
        case CHILD_START:
            start(io, child);
            break;
        case CHILD_OPENING:
            verdict = opened(io, child);
            break;
        case CHILD_LOCKING:
            verdict = locked(io, child);
            break;
        case CHILD_ASKED:
            verdict = answered(io, child);
            break;
        case CHILD_JOB:
            verdict = child_poll_job(io, child);
            break;
        case CHILD_NAP:
            if (io_now(io) >= child->nap_until_ns)
                child->at = CHILD_START;
            else if (child->nap_until_ns < io->wake_ns)
                io->wake_ns = child->nap_until_ns;
            break;
        case CHILD_DONE:
            break;
        }
    } while (verdict == STEP_WAIT && child->at != before && child->at != CHILD_DONE);
    return verdict;
}

/* True when the failure in io->fault was put aside until the end of the step. */
static bool goes_on(struct step_io *io, struct lane *lane, const struct child *child)
{
    if (!(child->act->flags & ACT_EACH))
        return false;
    if (!lane->failed) {
        lane->failed = arena_take(io->arena, sizeof(*lane->failed));
        *lane->failed = io->fault;
    }
    return true;
}

static enum step_verdict poll_group(struct step_io *io, struct lane *lane)
{
    bool all;
    size_t i, finished, before;

    do {
        all = true;
        finished = before = 0;
        for (i = 0; i < lane->count; i++)
            before += lane->children[i].at == CHILD_DONE;
        for (i = 0; i < lane->count; i++) {
            if (child_poll(io, &lane->children[i]) == STEP_FAILED &&
                !goes_on(io, lane, &lane->children[i]))
                return STEP_FAILED;
            all = all && lane->children[i].at == CHILD_DONE;
            finished += lane->children[i].at == CHILD_DONE;
        }
        /* one that ended may have freed the link that another waits for */
    } while (!all && finished > before);
    return all ? STEP_DONE : STEP_WAIT;
}

static enum step_verdict acts_poll(struct step_io *io, struct lane *lane, const struct act *acts,
                                   size_t count)
{
    for (;;) {
        enum step_verdict verdict;

        if (!lane->in_group) {
            if (lane->next == count && lane->failed) {
                io->fault = *lane->failed;
                return STEP_FAILED;
            }
            if (lane->next == count)
                return STEP_DONE;
            lane_begin_group(io, lane, acts, count);
        }
        verdict = poll_group(io, lane);
        if (verdict != STEP_DONE)
            return verdict;
        lane->in_group = false;
        *io->waiting = '\0';
    }
}

enum step_verdict acts_run(struct step_io *io, void *memory, const struct step_type *step)
{
    const struct acts *acts = step->detail;

    return acts_poll(io, memory, acts->run, acts->run_count);
}

enum step_verdict acts_undo(struct step_io *io, void *memory, const struct step_type *step)
{
    const struct acts *acts = step->detail;

    return acts_poll(io, memory, acts->undo, acts->undo_count);
}

static void abandon(struct lane *lane)
{
    size_t i;

    for (i = 0; lane->in_group && i < lane->count; i++) {
        struct child *child = &lane->children[i];
        struct host *host = child->target.host;

        if (child->target.link &&
            (child->at == CHILD_OPENING || child->at == CHILD_LOCKING ||
             child->at == CHILD_ASKED) &&
            child->target.link->is_busy)
            link_close(child->target.link);
        else if (host && child->reply.state == REPLY_PENDING)
            host->ops->abandon(host, &child->reply);
        reply_clear(&child->reply);
    }
    lane->in_group = false;
}

void acts_leave(struct step_io *io, void *memory, const struct step_type *step)
{
    (void) io, (void) step;
    abandon(memory);
}
