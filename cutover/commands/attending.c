#include "attending.h"

#include "../base/scrub.h"
#include "../base/text.h"
#include "leg.h"
#include "notify.h"
#include "step_hooks.h"

#include <stdlib.h>
#include <string.h>

/* A row that has waited so long is told, once. */
#define LONG_NS (60 * NS_PER_S)

struct attending {
    struct step_hooks *hooks;
    struct notify *notify;
    const struct plan *plan;
    const struct plan_row *waiting; /* was told of */
    int64_t held_ns;                /* how long clients were, for those who are told */
    void (*report)(void *sink, const struct event *event);
    void *sink;
};

static void warn(struct procedure *procedure, const struct fault *fault)
{
    terminal_line(procedure->terminal, "pgcutover: warning: %s%s%s: %s", fault->doing,
                  *fault->where ? " " : "", fault->where, fault->cause);
}

static bool open_both(struct procedure *procedure, bool lenient, struct fault *fault)
{
    struct step_hooks_with with = {.config = procedure->config,
                                   .driver = procedure->driver,
                                   .host = host_new(procedure->loop, "this host", NULL),
                                   .journal = &procedure->journal,
                                   .terminal = procedure->terminal,
                                   .directory = procedure->directory};
    struct attending *attending = memory_new(sizeof(*attending));

    procedure->attending = attending;
    if (!step_hooks_new(&with, &attending->hooks, fault)) {
        if (!lenient)
            return false;
        warn(procedure, fault);
    }
    if (!notify_new(procedure->config, procedure->loop, lenient, &attending->notify, fault))
        return false;
    if (!attending->hooks && !attending->notify)
        attending_close(procedure); /* nothing is wanted: it is as if this did not exist */
    return true;
}

bool attending_open(struct procedure *procedure, struct fault *fault)
{
    return open_both(procedure, false, fault);
}

void attending_close(struct procedure *procedure)
{
    if (!procedure->attending)
        return;
    step_hooks_free(procedure->attending->hooks);
    notify_free(procedure->attending->notify);
    free(procedure->attending);
    procedure->attending = NULL;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void tell(struct procedure *procedure, const char *event, const struct plan_row *row,
                 const char *may_write, const char *text, const char *next)
{
    struct attending *attending = procedure->attending;
    const struct plan *plan = attending->plan;
    struct text plain = {0}, hint = {0};

    text_add_plain(&plain, text);
    text_add_plain(&hint, next ? next : "");
    notify_say(attending->notify,
               &(struct notify_message){.event = event,
                                        .cluster = procedure->config->cluster_name,
                                        .run = journal_get(procedure->journal, "run"),
                                        .command = plan ? plan->id : NULL,
                                        .step = row ? row->step->id : NULL,
                                        .may_write = may_write,
                                        .text = text_string(&plain),
                                        .next = hint.length ? text_string(&hint) : NULL,
                                        .wall_us = procedure->driver->wall_us(procedure->driver)});
    text_free(&plain);
    text_free(&hint);
}

/* "cutover undone: creating the slot: out of memory" */
static void tell_fault(struct procedure *procedure, const char *event, const char *what,
                       const struct plan_row *row, const char *may_write, const struct fault *fault,
                       const char *next)
{
    struct text text = {0};

    text_add(&text, "%s %s", procedure->attending->plan->id, what);
    if (fault && fault_is_set(fault)) {
        text_add_string(&text, ": ");
        if (*fault->doing)
            text_add(&text, "%s: ", fault->doing);
        text_add_scrubbed(&text, fault->cause, NULL);
    }
    tell(procedure, event, row, may_write, text_string(&text),
         fault && *fault->hint ? fault->hint : next);
    text_free(&text);
}

static void tell_waiting(struct procedure *procedure, const struct event *event)
{
    struct attending *attending = procedure->attending;
    struct text text = {0};

    if (event->elapsed_ns < LONG_NS || attending->waiting == event->row)
        return;
    attending->waiting = event->row;
    text_add(&text, "%s: step %s waits for %s", event->plan->id, event->row->step->id, event->text);
    tell(procedure, "waiting", event->row, side_name(event->side), text_string(&text), NULL);
    text_free(&text);
}

static void tell_switched(struct procedure *procedure, const struct event *event)
{
    struct text text = {0};

    text_add(&text, "%s: switched; clients belong on %s", event->plan->id, side_name(event->side));
    tell(procedure, "switched", event->row, side_name(event->side), text_string(&text), NULL);
    text_free(&text);
}

/* Behind the last look before the pause nothing is sent any more, until it is over. */
static void watch(void *context, const struct event *event)
{
    struct procedure *procedure = context;
    struct attending *attending = procedure->attending;

    attending->report(attending->sink, event);
    if (event->kind == EVENT_ROW_DONE && event->row->flags & ROW_ARM)
        notify_hold(attending->notify, true);
    else if (event->kind == EVENT_WAITING)
        tell_waiting(procedure, event);
    else if (event->kind == EVENT_SWITCHED)
        tell_switched(procedure, event);
}

void attending_turn(struct procedure *procedure)
{
    if (procedure->attending)
        notify_poll(procedure->attending->notify);
}

void attending_pause(struct procedure *procedure, bool begins)
{
    if (procedure->attending)
        notify_hold(procedure->attending->notify, begins);
}

/* --- a command -------------------------------------------------------------------------------- */

/* Behind the fork of the watchdog: it must not have a connection of ours. */
static void tell_began(struct procedure *procedure, const struct plan *plan)
{
    struct text text = {0};

    text_add(&text, "%s began: %s", plan->id, plan->title);
    tell(procedure, "began", NULL, side_name(leg_side(procedure)), text_string(&text), NULL);
    text_free(&text);
}

void attending_take(struct procedure *procedure, struct runner *runner)
{
    struct attending *attending = procedure->attending;

    if (!attending || attending->plan != runner->plan)
        return;
    attending->report = runner->report;
    attending->sink = runner->sink;
    runner->report = watch;
    runner->sink = procedure;
    tell_began(procedure, runner->plan);
    if (!attending->hooks)
        return;
    runner->hook = step_hooks_poll;
    runner->hook_context = attending->hooks;
}

/* What was not delivered: in the journal, too. */
static void finish_telling(struct procedure *procedure)
{
    struct text text = {0};
    char *line, *rest;

    notify_hold(procedure->attending->notify, false);
    notify_end(procedure->attending->notify, &text);
    rest = text.data;
    while (rest && (line = strsep(&rest, "\n")) && *line) {
        terminal_line(procedure->terminal, "pgcutover: warning: %s", line);
        journal_event(procedure->journal, "notify", line,
                      procedure->driver->wall_us(procedure->driver));
    }
    text_free(&text);
}

/* What there is to tell was said. A reader that has stopped must keep neither it nor hooks waiting.
 */
static void settle(struct procedure *procedure, const struct plan *plan, const char *outcome)
{
    struct fault ignored;

    /* whoever interrupted the command has had what was wanted */
    loop_forget_interrupt(procedure->loop);
    terminal_must_not_block(procedure->terminal, true);
    finish_telling(procedure);
    if (!step_hooks_around(procedure->attending->hooks, plan, leg_side(procedure), outcome,
                           &ignored))
        warn(procedure, &ignored);
    /* where nobody knows how things stand, nothing more is written than the runner has */
    if (!string_equal(outcome, "needs_human") && !journal_sync(procedure->journal, &ignored))
        warn(procedure, &ignored);
    terminal_must_not_block(procedure->terminal, false);
}

/* Whoever was asked before it hears of its end, also when one of them has said no. */
bool attending_begin(struct procedure *procedure, const struct plan *plan, struct fault *fault)
{
    struct attending *attending = procedure->attending;
    const char *side = side_name(leg_side(procedure));

    if (!attending)
        return true;
    attending->plan = plan;
    if (step_hooks_around(attending->hooks, plan, leg_side(procedure), NULL, fault))
        return true;
    tell_fault(procedure, "failed", "did not begin", NULL, side, fault, NULL);
    settle(procedure, plan, "failed");
    return false;
}

static const char *outcome_of(const struct runner *runner, enum run_result result)
{
    if (result == RUN_DONE)
        return "done";
    if (result == RUN_UNDONE)
        return "undone";
    return result == RUN_FAILED && !runner_is_switched(runner) &&
                   runner->fault.exit_code != EXIT_AMBIGUOUS
               ? "failed"
               : "needs_human";
}

static void tell_done(struct procedure *procedure, const struct runner *runner)
{
    const struct plan *plan = runner->plan;
    char duration[32], next[96];
    struct text text = {0};

    text_add(&text, "%s done: ", plan->id);
    if (runner->pause_began)
        text_add(&text, "clients were held for %s; ", terminal_duration(runner->held_ns, duration));
    text_add(&text, "clients are on %s", side_name(leg_side(procedure)));
    snprintf(next, sizeof(next), "pgcutover %s --execute",
             plan->from != plan->to ? leg_next(plan) : "cutover");
    tell(procedure, "done", NULL, side_name(leg_side(procedure)), text_string(&text),
         string_equal(plan->id, "finish") ? NULL : next);
    text_free(&text);
}

static void tell_outcome(struct procedure *procedure, const struct runner *runner,
                         enum run_result result, const char *outcome)
{
    const struct plan *plan = runner->plan;
    const struct plan_row *row = &plan->rows[runner->failed_row];
    bool has_undo_fault = result == RUN_STUCK || result == RUN_REFUSED;
    char next[96];

    if (result == RUN_DONE) {
        tell_done(procedure, runner);
        return;
    }
    if (string_equal(outcome, "needs_human")) {
        tell_fault(procedure, outcome, "needs a human", row,
                   has_undo_fault ? NULL : side_name(runner->side),
                   has_undo_fault ? &runner->undo_fault : &runner->fault,
                   "pgcutover recover --execute");
        return;
    }
    snprintf(next, sizeof(next), "pgcutover %s --execute, when the cause is gone",
             plan->from != plan->to ? leg_command(plan) : plan->id);
    tell_fault(procedure, outcome, outcome, row, side_name(runner->side), &runner->fault, next);
}

void attending_end(struct procedure *procedure, const struct runner *runner, enum run_result result)
{
    const char *outcome = outcome_of(runner, result);

    if (!procedure->attending || procedure->attending->plan != runner->plan)
        return;
    tell_outcome(procedure, runner, result, outcome);
    settle(procedure, runner->plan, outcome);
}

enum exit_code attending_recovered(struct procedure *procedure, const struct plan *plan,
                                   enum exit_code code)
{
    const char *outcome = code == EXIT_DONE ? "recovered" : "needs_human";
    const char *side = side_name(leg_side(procedure));
    struct fault fault = {0};
    struct text text = {0};

    procedure_end_watch(procedure);
    if (!procedure->attending && !open_both(procedure, true, &fault))
        warn(procedure, &fault);
    if (!procedure->attending)
        return code;
    procedure->attending->plan = plan;
    if (code == EXIT_DONE)
        text_add(&text, "%s was interrupted, and is recovered: clients are on %s", plan->id, side);
    else
        text_add(&text, "%s was interrupted, and its recovery has not ended (exit code %d)",
                 plan->id, (int) code);
    tell(procedure, outcome, NULL, code == EXIT_DONE ? side : NULL, text_string(&text),
         code == EXIT_DONE ? "pgcutover status" : "pgcutover recover --execute");
    text_free(&text);
    settle(procedure, plan, outcome);
    return code;
}

void attending_explain(const struct procedure *procedure, const struct plan *plan, struct text *out)
{
    const struct attending *attending = procedure->attending;
    struct text told = {0};

    if (!attending)
        return;
    step_hooks_explain(attending->hooks, plan, out);
    notify_explain(attending->notify, &told);
    if (told.length)
        text_add(out, "\ntold what happens: %s\n", text_string(&told));
    text_free(&told);
}
