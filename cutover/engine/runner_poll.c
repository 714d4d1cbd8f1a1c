/*
 * Polls steps: deadlines, waits, interrupts, and the wake-up that comes first.
 */
#include "runner_internal.h"

#include "../base/text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A wait that lasts is said again this often. */
#define SAY_AGAIN_MS 1000

void step_nap(struct step_io *io, int64_t ms)
{
    int64_t wake = io->driver->now_ns(io->driver) + ms * NS_PER_MS;

    if (wake < io->wake_ns)
        io->wake_ns = wake;
}

void step_waits_for(struct step_io *io, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(io->waiting, sizeof(io->waiting), format, arguments);
    va_end(arguments);
}

void step_says(struct step_io *io, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(io->said, sizeof(io->said), format, arguments);
    va_end(arguments);
}

int64_t runner_now(struct runner *runner)
{
    return runner->driver->now_ns(runner->driver);
}

bool runner_is_switched(const struct runner *runner)
{
    return runner->plan->from != runner->plan->to && runner->side == runner->plan->to;
}

void runner_report(struct runner *runner, enum event_kind kind, const struct poll *poll,
                   const struct fault *fault, const char *text)
{
    struct event event = {.kind = kind,
                          .plan = runner->plan,
                          .row = poll ? poll->row : NULL,
                          .index = poll ? poll->index : 0,
                          .elapsed_ns = poll ? runner_now(runner) - poll->started_ns : 0,
                          .side = runner->side,
                          .fault = fault,
                          .text = text};

    if (runner->report)
        runner->report(runner->sink, &event);
}

void poll_begin(struct runner *runner, struct poll *poll, size_t index, enum step_mode mode)
{
    const struct step_type *step;
    struct companion *companion;

    memset(poll, 0, sizeof(*poll));
    poll->row = &runner->plan->rows[index];
    step = poll->row->step;
    poll->index = index;
    poll->started_ns = poll->said_ns = runner_now(runner);
    poll->io.world = runner->world;
    poll->io.journal = runner->journal;
    poll->io.driver = runner->driver;
    poll->io.mode = mode;
    poll->io.arena = arena_new();
    poll->io.deadline_ns = poll->started_ns + step->deadline_ms * NS_PER_MS;
    poll->memory = arena_take(poll->io.arena, step->memory_size);
    for (companion = runner->companion; companion && mode == STEP_RUN; companion = companion->next)
        companion->begun = companion->begun || string_equal(step->id, companion->from);
}

void poll_end(struct poll *poll)
{
    if (poll->row->step->leave)
        poll->row->step->leave(&poll->io, poll->memory, poll->row->step);
    arena_free(poll->io.arena);
}

static void miss_deadline(struct poll *poll)
{
    const struct step_type *step = poll->row->step;
    int64_t allowed_ms = (poll->io.deadline_ns - poll->started_ns) / NS_PER_MS;

    fault_set(&poll->io.fault, step->title, NULL, "timeout", "not done within %lld ms%s%s",
              (long long) allowed_ms, *poll->io.waiting ? ", waiting for " : "", poll->io.waiting);
    poll->io.fault.exit_code = EXIT_TRANSIENT;
}

static void say_waiting(struct runner *runner, struct poll *poll)
{
    int64_t now = runner_now(runner);

    if (!*poll->io.waiting || now - poll->said_ns < SAY_AGAIN_MS * NS_PER_MS)
        return;
    poll->said_ns = now;
    plan_put_names(runner->plan, poll->io.waiting);
    runner_report(runner, EVENT_WAITING, poll, NULL, poll->io.waiting);
}

/* An interrupt or a missed deadline counts before the commit point only: behind it, stopping
   half-way would leave clients waiting. */
static bool may_go_on(struct runner *runner, struct poll *poll)
{
    if (runner_now(runner) >= poll->io.deadline_ns) {
        miss_deadline(poll);
        return false;
    }
    if (poll->io.mode != STEP_UNDO && !runner_is_switched(runner) &&
        runner->driver->is_interrupted(runner->driver)) {
        fault_set(&poll->io.fault, poll->row->step->title, NULL, "interrupted",
                  "the operator or the system asked us to stop");
        return false;
    }
    return true;
}

static void put_names(const struct plan *plan, struct fault *fault)
{
    plan_put_names(plan, fault->doing);
    plan_put_names(plan, fault->cause);
    plan_put_names(plan, fault->hint);
}

static enum step_verdict poll_once(struct runner *runner, struct poll *poll)
{
    const struct step_type *step = poll->row->step;
    enum step_verdict verdict;

    poll->io.wake_ns = runner_now(runner) + TURN_MS * NS_PER_MS;
    verdict = (poll->io.mode == STEP_UNDO ? step->undo : step->run)(&poll->io, poll->memory, step);
    /* the last moment at which stopping is free */
    if (verdict == STEP_DONE && poll->row->flags & ROW_COMMIT && !may_go_on(runner, poll))
        return STEP_FAILED;
    if (verdict == STEP_WAIT && !may_go_on(runner, poll))
        return STEP_FAILED;
    if (verdict == STEP_WAIT)
        say_waiting(runner, poll);
    return verdict;
}

/* Behind the rows: whatever they have to ask for is on its way. */
static int64_t poll_companions(struct runner *runner, int64_t until_ns)
{
    enum companion_time time = runner->pause_ended   ? COMPANION_AFTER
                               : runner->pause_began ? COMPANION_HELD
                                                     : COMPANION_BEFORE;
    struct companion *companion;

    for (companion = runner->companion; companion; companion = companion->next) {
        int64_t wake_ns = companion->begun ? companion->poll(companion, time) : INT64_MAX;

        if (wake_ns < until_ns)
            until_ns = wake_ns;
    }
    return until_ns;
}

void runner_wait(struct runner *runner, int64_t until_ns)
{
    runner->driver->wait(runner->driver, poll_companions(runner, until_ns));
    if (runner->turn)
        runner->turn(runner->turn_context);
}

static void rest(struct runner *runner, const struct poll *polls, size_t count)
{
    int64_t wake_ns = INT64_MAX;
    size_t i;

    for (i = 0; i < count; i++) {
        if (polls[i].is_done)
            continue;
        if (polls[i].io.wake_ns < wake_ns)
            wake_ns = polls[i].io.wake_ns;
        if (polls[i].io.deadline_ns < wake_ns)
            wake_ns = polls[i].io.deadline_ns;
    }
    runner_wait(runner, wake_ns);
}

/*
 * Polls steps that run together to the end of the next one; *ret_ended is that one. Returns true
 * when it is done; else its io.fault says why.
 */
bool poll_until_one_ends(struct runner *runner, struct poll *polls, size_t count,
                         struct poll **ret_ended)
{
    for (;;) {
        bool freed = false;
        size_t i;

        for (i = 0; i < count; i++) {
            enum step_verdict verdict;

            if (polls[i].is_done)
                continue;
            polls[i].io.freed = false;
            verdict = poll_once(runner, &polls[i]);
            *ret_ended = &polls[i];
            if (verdict == STEP_FAILED) {
                put_names(runner->plan, &polls[i].io.fault);
                return false;
            }
            if (verdict == STEP_DONE)
                return polls[i].is_done = true;
            freed = freed || polls[i].io.freed;
        }
        /* what one has freed another may have waited for */
        if (!freed || count == 1)
            rest(runner, polls, count);
    }
}

bool poll_until_end(struct runner *runner, struct poll *poll)
{
    struct poll *ended;

    return poll_until_one_ends(runner, poll, 1, &ended);
}
