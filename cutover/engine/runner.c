#include "runner.h"

#include "../base/text.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The heartbeat and the interrupt flag are looked at this often even when nothing happens. */
#define TURN_MS 50
/* A wait that lasts is said again this often. */
#define SAY_AGAIN_MS 1000

/* One step being polled. */
struct poll {
    struct step_io io;
    void *memory;
    const struct plan_row *row;
    size_t index;
    int64_t started_ns, said_ns;
    bool is_done;
};

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

static int64_t now_ns(struct runner *runner)
{
    return runner->driver->now_ns(runner->driver);
}

static void report(struct runner *runner, enum event_kind kind, const struct poll *poll,
                   const struct fault *fault, const char *text)
{
    struct event event = {.kind = kind,
                          .plan = runner->plan,
                          .row = poll ? poll->row : NULL,
                          .index = poll ? poll->index : 0,
                          .elapsed_ns = poll ? now_ns(runner) - poll->started_ns : 0,
                          .side = runner->side,
                          .fault = fault,
                          .text = text};

    if (runner->report)
        runner->report(runner->sink, &event);
}

static void note_row(struct runner *runner, size_t index, const char *state)
{
    journal_row(runner->journal, runner->plan->id, runner->plan->rows[index].step->id, state,
                side_name(runner->side), runner->driver->wall_us(runner->driver), now_ns(runner));
}

static void set_state(struct runner *runner, const char *state)
{
    char key[64];

    snprintf(key, sizeof(key), "%s.state", runner->plan->id);
    journal_set(runner->journal, key, state);
}

static void poll_begin(struct runner *runner, struct poll *poll, size_t index, enum step_mode mode)
{
    const struct step_type *step;

    memset(poll, 0, sizeof(*poll));
    poll->row = &runner->plan->rows[index];
    step = poll->row->step;
    poll->index = index;
    poll->started_ns = poll->said_ns = now_ns(runner);
    poll->io.world = runner->world;
    poll->io.journal = runner->journal;
    poll->io.driver = runner->driver;
    poll->io.mode = mode;
    poll->io.arena = arena_new();
    poll->io.deadline_ns = poll->started_ns + step->deadline_ms * NS_PER_MS;
    poll->memory = arena_take(poll->io.arena, step->memory_size);
}

/*
 * Test builds only: stops the engine where a row begins, or where its undo does, so that the
 * end-to-end tests can kill it exactly there. PGCUTOVER_STOP_AT=fence, or =prove,undo:fence.
 */
static void stop_for_a_test(const struct poll *poll)
{
#ifdef PGCUTOVER_TESTING
    const char *at = getenv("PGCUTOVER_STOP_AT");
    char name[64];

    snprintf(name, sizeof(name), "%s%s", poll->io.mode == STEP_UNDO ? "undo:" : "",
             poll->row->step->id);
    for (; at && *at; at += strcspn(at, ","), at += *at == ',')
        if (strcspn(at, ",") == strlen(name) && strncmp(at, name, strlen(name)) == 0)
            raise(SIGSTOP);
#else
    (void) poll;
#endif
}

static void poll_end(struct poll *poll)
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
    int64_t now = now_ns(runner);

    if (!*poll->io.waiting || now - poll->said_ns < SAY_AGAIN_MS * NS_PER_MS)
        return;
    poll->said_ns = now;
    report(runner, EVENT_WAITING, poll, NULL, poll->io.waiting);
}

/* An interrupt or a missed deadline counts before the commit point only: behind it, stopping
   half-way would leave clients waiting. */
static bool may_go_on(struct runner *runner, struct poll *poll)
{
    if (now_ns(runner) >= poll->io.deadline_ns) {
        miss_deadline(poll);
        return false;
    }
    if (poll->io.mode != STEP_UNDO && runner->side != SIDE_GREEN &&
        runner->driver->is_interrupted(runner->driver)) {
        fault_set(&poll->io.fault, poll->row->step->title, NULL, "interrupted",
                  "the operator or the system asked us to stop");
        return false;
    }
    return true;
}

static enum step_verdict poll_once(struct runner *runner, struct poll *poll)
{
    const struct step_type *step = poll->row->step;
    enum step_verdict verdict;

    poll->io.wake_ns = now_ns(runner) + TURN_MS * NS_PER_MS;
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
    runner->driver->wait(runner->driver, wake_ns);
    if (runner->turn)
        runner->turn(runner->turn_context);
}

/*
 * Polls steps that run together to the end of the next one; *ret_ended is that one. Returns true
 * when it is done; else its io.fault says why.
 */
static bool poll_until_one_ends(struct runner *runner, struct poll *polls, size_t count,
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
            if (verdict == STEP_FAILED)
                return false;
            if (verdict == STEP_DONE)
                return polls[i].is_done = true;
            freed = freed || polls[i].io.freed;
        }
        /* what one has freed another may have waited for */
        if (!freed || count == 1)
            rest(runner, polls, count);
    }
}

static bool poll_until_end(struct runner *runner, struct poll *poll)
{
    struct poll *ended;

    return poll_until_one_ends(runner, poll, 1, &ended);
}

/* Intents of the rows of the pause, all at once, with everything that arm has found out. */
static bool journal_arm(struct runner *runner, size_t index, struct fault *fault)
{
    size_t i;

    note_row(runner, index, "done");
    for (i = index + 1; i < runner->plan->count; i++)
        if (runner->plan->rows[i].flags & ROW_PAUSE)
            note_row(runner, i, "intent");
    set_state(runner, "armed");
    return journal_sync(runner->journal, fault);
}

/* The commit point. A sync that failed may still have reached the disk: the file decides. */
static bool journal_switch(struct runner *runner, size_t index, struct fault *fault)
{
    runner->side = SIDE_GREEN;
    note_row(runner, index, "done");
    journal_set(runner->journal, "side", "green");
    set_state(runner, "switched");
    return journal_sync(runner->journal, fault);
}

static bool journal_done(struct runner *runner, size_t index, struct fault *fault)
{
    const struct plan_row *row = &runner->plan->rows[index];

    if (row->flags & ROW_ARM)
        return journal_arm(runner, index, fault);
    if (row->flags & ROW_COMMIT)
        return journal_switch(runner, index, fault);
    runner->side = row->side;
    note_row(runner, index, "done");
    if (row->flags & ROW_PAUSE)
        return true;
    journal_set(runner->journal, "side", side_name(runner->side));
    return journal_sync(runner->journal, fault);
}

static void row_begin(struct runner *runner, struct poll *poll, size_t index,
                      int64_t pause_started_ns)
{
    poll_begin(runner, poll, index, STEP_RUN);
    /* before the commit point the whole pause has one budget; after it, rows have their own */
    if (poll->row->flags & ROW_PAUSE && runner->side != SIDE_GREEN) {
        int64_t end = pause_started_ns + runner->pause_budget_ms * NS_PER_MS;

        if (end < poll->io.deadline_ns)
            poll->io.deadline_ns = end;
    }
    report(runner, EVENT_ROW_STARTED, poll, NULL, NULL);
    stop_for_a_test(poll);
}

static bool row_end(struct runner *runner, struct poll *poll)
{
    if (!journal_done(runner, poll->index, &poll->io.fault))
        return false;
    report(runner, poll->row->flags & ROW_COMMIT ? EVENT_SWITCHED : EVENT_ROW_DONE, poll, NULL,
           NULL);
    return true;
}

/* Runs `count` rows from `first` on at the same time. */
static bool run_rows(struct runner *runner, size_t first, size_t count, int64_t *pause_started_ns)
{
    struct poll polls[PLAN_TOGETHER_MAX], *ended = NULL;
    size_t i, left = count;
    bool good = true;

    if (runner->plan->rows[first].flags & ROW_PAUSE) {
        if (!*pause_started_ns)
            *pause_started_ns = now_ns(runner);
        runner->pause_began = true;
    } else {
        note_row(runner, first, "intent");
        if (!journal_sync(runner->journal, &runner->fault))
            return false;
    }
    for (i = 0; i < count; i++)
        row_begin(runner, &polls[i], first + i, *pause_started_ns);
    while (good && left-- > 0)
        good = poll_until_one_ends(runner, polls, count, &ended) && row_end(runner, ended);
    if (!good) {
        runner->fault = ended->io.fault;
        runner->failed_row = ended->index;
        report(runner, EVENT_ROW_FAILED, ended, &runner->fault, NULL);
    }
    for (i = 0; i < count; i++)
        poll_end(&polls[i]);
    return good;
}

static bool undo_row(struct runner *runner, size_t index)
{
    struct poll poll;
    bool good = true;

    if (!runner->plan->rows[index].step->undo)
        return true;
    poll_begin(runner, &poll, index, STEP_UNDO);
    /* clients wait: a server that does not answer must not keep the rows before from being undone
     */
    if (runner->plan->rows[index].flags & ROW_PAUSE) {
        int64_t end = poll.started_ns + runner->pause_budget_ms * NS_PER_MS;

        if (end < poll.io.deadline_ns)
            poll.io.deadline_ns = end;
    }
    report(runner, EVENT_UNDO_STARTED, &poll, NULL, NULL);
    stop_for_a_test(&poll);
    good = poll_until_end(runner, &poll);
    if (good) {
        note_row(runner, index, "undone");
        report(runner, EVENT_UNDONE, &poll, NULL, NULL);
    } else {
        runner->undo_fault = poll.io.fault;
        report(runner, EVENT_UNDO_FAILED, &poll, &runner->undo_fault, NULL);
    }
    poll_end(&poll);
    return good;
}

/*
 * Backwards, every row as if it might have happened. A row that cannot be undone now does not stop
 * those before it (clients are released even if un-fencing has to go on): what failed is repeated
 * in rounds until everything is undone or the budget is over.
 */
enum run_result runner_undo(struct runner *runner, size_t last)
{
    int64_t give_up_ns = now_ns(runner) + runner->undo_budget_ms * NS_PER_MS;
    bool *undone = memory_new((last + 1) * sizeof(*undone));
    struct fault fault;
    bool all;

    do {
        size_t i = last + 1;

        all = true;
        while (i-- > 0) {
            if (!undone[i])
                undone[i] = undo_row(runner, i);
            all = all && undone[i];
        }
        if (!all)
            runner->driver->wait(runner->driver, now_ns(runner) + TURN_MS * NS_PER_MS);
    } while (!all && now_ns(runner) < give_up_ns);
    free(undone);
    if (all) {
        runner->side = SIDE_BLUE;
        journal_set(runner->journal, "side", "blue");
    }
    set_state(runner, all ? "undone" : "undoing");
    if (journal_sync(runner->journal, &fault))
        return all ? RUN_UNDONE : RUN_STUCK;
    runner->undo_fault = fault; /* the servers are as they were; recover finds that out */
    return RUN_STUCK;
}

/*
 * Behind the commit point a row of the pause is repeated: clients wait for it. When the budget of
 * the pause is over the rows behind it are run all the same, once: errors for a while, but nobody
 * is left waiting.
 */
static bool run_row_again(struct runner *runner, size_t index, int64_t *pause_started_ns)
{
    int64_t let_go_ns = now_ns(runner) + runner->pause_budget_ms * NS_PER_MS;
    int64_t give_up_ns = now_ns(runner) + runner->undo_budget_ms * NS_PER_MS;
    const struct plan_row *rows = runner->plan->rows;
    size_t next = index + 1;

    if (runner->side != SIDE_GREEN || !(rows[index].flags & ROW_PAUSE))
        return false;
    while (now_ns(runner) < give_up_ns) {
        runner->driver->wait(runner->driver, now_ns(runner) + TURN_MS * NS_PER_MS);
        if (now_ns(runner) >= let_go_ns)
            for (; next < runner->plan->count && rows[next].flags & ROW_PAUSE; next++)
                run_rows(runner, next, 1, pause_started_ns);
        if (run_rows(runner, index, 1, pause_started_ns))
            return true;
    }
    return false;
}

/* Stops where it stands: nothing is undone (a repeat resumes), or nothing may be (side green). */
static enum run_result stop(struct runner *runner, size_t index)
{
    struct fault ignored;

    note_row(runner, index, "failed");
    if (runner->side != SIDE_GREEN)
        set_state(runner, "failed");
    if (!journal_sync(runner->journal, &ignored))
        return RUN_FAILED; /* the first fault is the one to tell */
    return RUN_FAILED;
}

enum run_result runner_run(struct runner *runner, size_t first)
{
    int64_t pause_started_ns = 0;
    enum run_result result;
    size_t i, count;

    if (!plan_is_safe(runner->plan))
        abort(); /* a plan in which two may write is never run */
    if (first == 0)
        set_state(runner, "running"); /* on disk with the first intent: recover looks for it */
    for (i = first; i < runner->plan->count; i += count) {
        const struct plan_row *row = &runner->plan->rows[i];
        bool good;

        count = plan_count_together(runner->plan, i);
        runner->failed_row = i;
        good = run_rows(runner, i, count, &pause_started_ns);
        if (!good && row->flags & ROW_COMMIT && runner->side == SIDE_GREEN)
            return RUN_AMBIGUOUS;
        if (!good)
            good = run_row_again(runner, i, &pause_started_ns);
        if (good && row->flags & ROW_PAUSE)
            runner->held_ns = now_ns(runner) - pause_started_ns;
        if (good)
            continue;
        if (runner->side == SIDE_GREEN || !runner->plan->undo_by_itself)
            return stop(runner, runner->failed_row);
        /* of rows that ran together each may have happened */
        result = runner_undo(runner, i + count - 1);
        if (pause_started_ns)
            runner->held_ns = now_ns(runner) - pause_started_ns;
        return result;
    }
    set_state(runner, "done");
    return journal_sync(runner->journal, &runner->fault) ? RUN_DONE : RUN_FAILED;
}

static void explain_heading(struct runner *runner, size_t index, struct text *out)
{
    const struct plan_row *row = &runner->plan->rows[index];

    text_add(out, "\n%2zu. %s: %s\n", index + 1, row->step->id, row->step->title);
    text_add(out, "    after it: %s may write%s%s\n", side_name(row->side),
             row->flags & ROW_PAUSE ? "; clients wait" : "",
             row->flags & ROW_TOGETHER ? "; runs together with the step before" : "");
    if (row->why)
        text_add(out, "    why here: %s\n", row->why);
    text_add(out, "    undo: %s; deadline ", row->step->undo_note);
    text_add_duration(out, row->step->deadline_ms);
    text_add_string(out, "\n");
}

bool runner_explain(struct runner *runner, struct text *out)
{
    size_t i;

    for (i = 0; i < runner->plan->count; i++) {
        struct poll poll;
        bool good;

        explain_heading(runner, i, out);
        poll_begin(runner, &poll, i, STEP_EXPLAIN);
        poll.io.explained = out;
        good = poll_until_end(runner, &poll);
        runner->fault = poll.io.fault;
        poll_end(&poll);
        if (!good)
            return false;
    }
    return true;
}
