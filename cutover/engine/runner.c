/*
 * Runs the rows of a plan, journals them, undoes them.
 */
#include "runner_internal.h"

#include "../base/text.h"
#include "stop.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAY_UNDO_AGAIN_MS 10000

static void note_row(struct runner *runner, size_t index, const char *state)
{
    journal_row(runner->journal, runner->plan->id, runner->plan->rows[index].step->id, state,
                side_name(runner->side), runner->driver->wall_us(runner->driver),
                runner_now(runner));
}

static void set_state(struct runner *runner, const char *state)
{
    char key[64];

    snprintf(key, sizeof(key), "%s.state", runner->plan->id);
    journal_set(runner->journal, key, state);
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
    runner->side = runner->plan->to;
    note_row(runner, index, "done");
    journal_set(runner->journal, "side", side_name(runner->side));
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

static int64_t budget_ns(const struct runner *runner)
{
    return runner->pause_budget_ms * NS_PER_MS;
}

static void begin_pause(struct runner *runner)
{
    if (runner->pause_began)
        return;
    runner->pause_began = true;
    runner->pause_started_ns = runner_now(runner);
    if (runner->pause)
        runner->pause(runner->turn_context, true);
}

static void end_pause(struct runner *runner)
{
    runner->held_ns = runner_now(runner) - runner->pause_started_ns;
    runner->pause_ended = true;
    if (runner->pause)
        runner->pause(runner->turn_context, false);
}

static void end_by(struct poll *poll, int64_t deadline_ns)
{
    if (deadline_ns < poll->io.deadline_ns)
        poll->io.deadline_ns = deadline_ns;
}

static bool is_pause(const struct plan *plan, size_t index)
{
    return index < plan->count && plan->rows[index].flags & ROW_PAUSE;
}

/* Behind the commit point clients wait for green, but not longer: then they are let go. */
static int64_t let_go_ns(const struct runner *runner)
{
    return runner->pause_started_ns + budget_ns(runner) * 4 / 5;
}

static void row_begin(struct runner *runner, struct poll *poll, size_t index)
{
    int64_t now = runner_now(runner), least = now + budget_ns(runner) / 5;

    poll_begin(runner, poll, index, STEP_RUN);
    /* the whole pause has one budget, of which undo, or letting clients go, needs a part; when
       that is over, rows have their own */
    if (poll->row->flags & ROW_PAUSE && !runner_is_switched(runner))
        end_by(poll, runner->pause_started_ns + budget_ns(runner) * 3 / 5);
    else if (poll->row->flags & ROW_PAUSE && is_pause(runner->plan, index + 1) &&
             now < let_go_ns(runner)) /* the last one is that which lets them go */
        end_by(poll, let_go_ns(runner) > least ? let_go_ns(runner) : least);
    runner_report(runner, EVENT_ROW_STARTED, poll, NULL, NULL);
    stop_for_a_test("", poll->row->step->id);
}

static bool row_end(struct runner *runner, struct poll *poll)
{
    if (!journal_done(runner, poll->index, &poll->io.fault))
        return false;
    runner_report(runner, poll->row->flags & ROW_COMMIT ? EVENT_SWITCHED : EVENT_ROW_DONE, poll,
                  NULL, NULL);
    plan_put_names(runner->plan, poll->io.said);
    if (*poll->io.said)
        runner_report(runner, EVENT_SAID, poll, NULL, poll->io.said);
    return true;
}

/* Runs `count` rows from `first` on at the same time. */
static bool run_rows(struct runner *runner, size_t first, size_t count)
{
    struct poll polls[PLAN_TOGETHER_MAX], *ended = NULL;
    size_t i, left = count;
    bool good = true;

    if (runner->plan->rows[first].flags & ROW_PAUSE) {
        begin_pause(runner);
    } else {
        note_row(runner, first, "intent");
        if (!journal_sync(runner->journal, &runner->fault) || !runner_hooks(runner, first, false))
            return false;
    }
    for (i = 0; i < count; i++)
        row_begin(runner, &polls[i], first + i);
    while (good && left-- > 0)
        good = poll_until_one_ends(runner, polls, count, &ended) && row_end(runner, ended);
    if (!good) {
        runner->fault = ended->io.fault;
        runner->failed_row = ended->index;
        runner_report(runner, EVENT_ROW_FAILED, ended, &runner->fault, NULL);
    }
    for (i = 0; i < count; i++)
        poll_end(&polls[i]);
    /* what was waited for before the pause does not stay so while a hook runs */
    return good && (runner->plan->rows[first].flags & (ROW_PAUSE | ROW_ARM) ||
                    runner_hooks(runner, first, true));
}

/* What the rounds of an undo remember. */
struct undoing {
    struct runner *runner;
    int round; /* from 0 on */
    struct undoing_row {
        bool is_undone;
        char said[sizeof(((struct fault *) 0)->cause)]; /* why not; empty: nothing was said yet */
        int64_t said_ns;
    } * rows;
};

/* With the first row of the pause undone clients go on, whatever else is not undone yet. */
static bool releases(const struct plan *plan, size_t index)
{
    return is_pause(plan, index) && (index == 0 || !is_pause(plan, index - 1));
}

static bool are_clients_held(const struct undoing *undoing)
{
    size_t i;

    for (i = 0; !releases(undoing->runner->plan, i); i++)
        ;
    return !undoing->rows[i].is_undone;
}

/*
 * How long one row of the pause may be undone. Clients wait: a server that does not answer must not
 * keep the rows before from being undone, so that by the end of the budget they are released,
 * whatever hangs. The rows that were left out have time for it in later rounds: but short ones
 * while clients are still held, for the row that releases them needs the time; it takes as much as
 * it wants then. The short ones grow, since clients may be held by a place that does not come back.
 */
static int64_t undo_time_ns(const struct undoing *undoing, size_t index, int64_t now)
{
    const struct runner *runner = undoing->runner;
    int64_t budget = budget_ns(runner), shortest = budget / 10, left = budget * 2 / 5;

    if (undoing->round > 0) {
        if (releases(runner->plan, index) || !are_clients_held(undoing) || undoing->round > 4)
            return budget;
        return shortest << (undoing->round - 1);
    }
    if (runner->pause_began && runner->pause_started_ns + budget - now < left)
        left = runner->pause_started_ns + budget - now;
    left /= 2; /* the other half is for the rows before */
    return left > shortest ? left : shortest;
}

/* What fails in every round is told when it changes, and now and then: of each row, for two that
   fail take turns. */
static void report_undo_failure(struct undoing *undoing, struct poll *poll)
{
    struct runner *runner = undoing->runner;
    struct undoing_row *row = &undoing->rows[poll->index];
    int64_t now = runner_now(runner);

    runner->undo_fault = poll->io.fault;
    if (*row->said && now - row->said_ns < SAY_UNDO_AGAIN_MS * NS_PER_MS &&
        strcmp(row->said, poll->io.fault.cause) == 0)
        return;
    snprintf(row->said, sizeof(row->said), "%s", poll->io.fault.cause);
    row->said_ns = now;
    runner_report(runner, EVENT_UNDO_FAILED, poll, &runner->undo_fault, NULL);
}

static bool undo_row(struct undoing *undoing, size_t index)
{
    struct runner *runner = undoing->runner;
    struct poll poll;
    bool good = true;

    if (!runner->plan->rows[index].step->undo)
        return true;
    poll_begin(runner, &poll, index, STEP_UNDO);
    if (poll.row->flags & ROW_PAUSE)
        end_by(&poll, poll.started_ns + undo_time_ns(undoing, index, poll.started_ns));
    runner_report(runner, EVENT_UNDO_STARTED, &poll, NULL, NULL);
    stop_for_a_test("undo:", poll.row->step->id);
    good = poll_until_end(runner, &poll);
    if (good) {
        note_row(runner, index, "undone");
        runner_report(runner, EVENT_UNDONE, &poll, NULL, NULL);
    } else {
        report_undo_failure(undoing, &poll);
    }
    poll_end(&poll);
    return good;
}

static bool is_before_pause(const struct plan *plan, size_t index)
{
    size_t i;

    for (i = 0; i <= index; i++)
        if (is_pause(plan, i))
            return false;
    while (i < plan->count)
        if (is_pause(plan, i++))
            return true;
    return false;
}

static bool reaches_pause(const struct plan *plan, size_t last)
{
    size_t i;

    for (i = 0; i <= last; i++)
        if (is_pause(plan, i))
            return true;
    return false;
}

/* Who was overtaken has held clients that somebody else serves: nobody but us knows of it. Behind
   our fence it is not so, for whoever came then has released them. */
static void release_what_we_hold(struct undoing *undoing)
{
    struct runner *runner = undoing->runner;
    struct fault refused = runner->undo_fault;
    size_t i;

    if (!runner->pause_began || runner->side != runner->plan->from)
        return;
    for (i = 0; !releases(runner->plan, i); i++)
        ;
    if (undo_row(undoing, i))
        end_pause(runner);
    runner->undo_fault = refused;
}

/*
 * The undo of the row that commits asks the other side how this attempt stands there, so it comes
 * before everything else, however far the attempt came: who was overtaken while its host slept must
 * not give back, drop or release anything.
 */
static bool is_to_be_undone(const struct plan *plan, size_t index, size_t last)
{
    return index <= last || plan->rows[index].flags & ROW_COMMIT;
}

/* One round backwards; false: not everything is undone. At once when a server contradicts. */
static bool undo_round(struct undoing *undoing, size_t last)
{
    struct runner *runner = undoing->runner;
    size_t i = runner->plan->count;
    bool all = true;

    while (i-- > 0) {
        struct undoing_row *row = &undoing->rows[i];

        if (!is_to_be_undone(runner->plan, i, last))
            continue;

        /* what was armed serves the rows of the pause until they are undone */
        if (row->is_undone || (!all && is_before_pause(runner->plan, i))) {
            all = all && row->is_undone;
            continue;
        }
        row->is_undone = undo_row(undoing, i);
        if (row->is_undone && runner->pause_began && releases(runner->plan, i))
            end_pause(runner);
        if (!row->is_undone && runner->undo_fault.exit_code == EXIT_AMBIGUOUS) {
            release_what_we_hold(undoing);
            return false;
        }
        all = all && row->is_undone;
    }
    return all;
}

/*
 * Backwards, every row as if it might have happened. A row that cannot be undone now does not stop
 * those before it (clients are released even if un-fencing has to go on): what failed is repeated
 * in rounds until everything is undone or the budget is over. Rows before the pause are undone
 * last.
 */
enum run_result runner_undo(struct runner *runner, size_t last)
{
    int64_t give_up_ns = runner_now(runner) + runner->undo_budget_ms * NS_PER_MS;
    struct undoing undoing = {.runner = runner};
    struct fault fault;
    bool all;

    undoing.rows = memory_new(runner->plan->count * sizeof(*undoing.rows));
    while (!(all = undo_round(&undoing, last)) && runner->undo_fault.exit_code != EXIT_AMBIGUOUS) {
        undoing.round++;
        runner_turn(runner);
        if (runner_now(runner) >= give_up_ns)
            break;
    }
    free(undoing.rows);
    if (!all && runner->undo_fault.exit_code == EXIT_AMBIGUOUS)
        return RUN_REFUSED;
    if (all) {
        runner->side = runner->plan->from;
        journal_set(runner->journal, "side", side_name(runner->side));
    }
    /* an attempt that has not come to the pause is none that could be undone from there */
    if (all || reaches_pause(runner->plan, last))
        set_state(runner, all ? "undone" : "undoing");
    if (journal_sync(runner->journal, &fault))
        return all ? RUN_UNDONE : RUN_STUCK;
    runner->undo_fault = fault; /* the servers are as they were; recover finds that out */
    return RUN_STUCK;
}

/*
 * Behind the commit point a row of the pause is repeated: clients wait for it. When the budget of
 * the pause comes to its end the rows behind it are run all the same, once: errors for a while, but
 * nobody is left waiting.
 */
static bool run_row_again(struct runner *runner, size_t index)
{
    int64_t give_up_ns = runner_now(runner) + runner->undo_budget_ms * NS_PER_MS;
    const struct plan_row *rows = runner->plan->rows;
    size_t next = index + 1;

    if (!runner_is_switched(runner) || !(rows[index].flags & ROW_PAUSE) ||
        runner->fault.exit_code == EXIT_AMBIGUOUS)
        return false;
    while (runner_now(runner) < give_up_ns) {
        runner_turn(runner);
        if (runner_now(runner) >= let_go_ns(runner))
            for (; is_pause(runner->plan, next); next++)
                run_rows(runner, next, 1);
        if (run_rows(runner, index, 1))
            return true;
        if (runner->fault.exit_code == EXIT_AMBIGUOUS)
            return false;
    }
    return false;
}

/* Stops where it stands: nothing is undone (a repeat resumes), or nothing may be (switched). */
static enum run_result stop(struct runner *runner, size_t index)
{
    struct fault ignored;

    note_row(runner, index, "failed");
    if (!runner_is_switched(runner))
        set_state(runner, "failed");
    if (!journal_sync(runner->journal, &ignored))
        return RUN_FAILED; /* the first fault is the one to tell */
    return RUN_FAILED;
}

enum run_result runner_run(struct runner *runner, size_t first)
{
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
        good = run_rows(runner, i, count);
        if (!good && row->flags & ROW_COMMIT && runner_is_switched(runner))
            return RUN_AMBIGUOUS;
        if (!good)
            good = run_row_again(runner, i);
        if (good && row->flags & ROW_PAUSE && !is_pause(runner->plan, i + count)) {
            end_pause(runner);
            good = runner_hooks(runner, i + count - 1, true);
        }
        if (good)
            continue;
        journal_failure(runner->journal, runner->plan->id,
                        runner->plan->rows[runner->failed_row].step->id, &runner->fault,
                        runner->driver->wall_us(runner->driver));
        if (runner_is_switched(runner) || !runner->plan->undo_by_itself)
            return stop(runner, runner->failed_row);
        /* of rows that ran together each may have happened */
        return runner_undo(runner, i + count - 1);
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
        if (*poll.io.said)
            text_add(out, "    now: %s\n", poll.io.said);
        runner->fault = poll.io.fault;
        poll_end(&poll);
        if (!good)
            return false;
    }
    return true;
}
