/*
 * Steps, attempts and events as the journal has them. A row is an intent, then done or failed; of
 * the rows of a pause all intents are written before the first of them begins. An undo has one
 * line.
 */
#include "reporting_internal.h"

#include "../base/text.h"
#include "../plans/plans.h"

#include <stdlib.h>
#include <string.h>

static const struct plan *const plans[] = {
    &plan_prepare,        &plan_cutover, &plan_rollback, &plan_rollback_lossy, &plan_finish,
    &plan_finish_on_blue, &plan_evict,   &plan_review,   &plan_delete_blue};

/* *ret_plan: the one that the row was found in; a rollback may be either of two. */
static const struct plan_row *find_row(const char *plan, const char *step,
                                       const struct plan **ret_plan)
{
    size_t i, row;

    for (i = 0; i < sizeof(plans) / sizeof(plans[0]); i++)
        for (row = 0; string_equal(plans[i]->id, plan) && row < plans[i]->count; row++)
            if (string_equal(plans[i]->rows[row].step->id, step)) {
                *ret_plan = plans[i];
                return &plans[i]->rows[row];
            }
    return NULL;
}

/* "Hold the clients in the poolers"; of an undo what that does. */
static const char *what_of(struct reporting *reporting, const struct plan *plan,
                           const struct plan_row *row, bool is_undo)
{
    char *what = arena_copy(reporting->arena, is_undo ? row->step->undo_note : row->step->title);

    if (what)
        plan_put_names(plan, what);
    return what;
}

static struct report_step *add_step(struct reporting *reporting, const char *plan, const char *step,
                                    const char *state)
{
    struct report *report = reporting->report;
    const struct plan *found = NULL;
    const struct plan_row *row = find_row(plan, step, &found);
    struct report_step *made;

    report->steps =
        reporting_grow(reporting->arena, report->steps, report->step_count, sizeof(*report->steps));
    made = &report->steps[report->step_count++];
    *made = (struct report_step){
        .plan = found ? found->id : arena_copy(reporting->arena, plan),
        .step = row ? row->step->id : arena_copy(reporting->arena, step),
        .what = row ? what_of(reporting, found, row, string_equal(state, "undone")) : NULL,
        .state = state,
        .is_pause = row && row->flags & ROW_PAUSE,
        .began_us = REPORT_UNKNOWN,
        .ended_us = REPORT_UNKNOWN};
    return made;
}

/* The last of that row that has begun and not ended; NULL. */
static struct report_step *find_begun(const struct reporting *reporting, const char *plan,
                                      const char *step)
{
    const struct report *report = reporting->report;
    size_t i;

    for (i = report->step_count; i-- > 0;)
        if (string_equal(report->steps[i].plan, plan) &&
            string_equal(report->steps[i].step, step) &&
            string_equal(report->steps[i].state, "begun"))
            return &report->steps[i];
    return NULL;
}

static const char *side_of(const char *side)
{
    return string_equal(side, "green")    ? "green"
           : string_equal(side, "nobody") ? "nobody"
           : string_equal(side, "blue")   ? "blue"
                                          : NULL;
}

/* --- attempts --------------------------------------------------------------------------------- */

static bool begins_attempt(const struct journal_line *line)
{
    return string_equal(line->state, "intent") &&
           ((string_equal(line->plan, "cutover") && string_equal(line->step, "observe")) ||
            (string_equal(line->plan, "rollback") &&
             (string_equal(line->step, "observe") || string_equal(line->step, "servers"))));
}

static void take_move(struct reporting *reporting, const struct journal_line *line)
{
    struct report *report = reporting->report;
    struct report_move *last = report->move_count ? &report->moves[report->move_count - 1] : NULL;

    if (begins_attempt(line)) {
        bool is_back = string_equal(line->plan, "rollback");

        report->moves = reporting_grow(reporting->arena, report->moves, report->move_count,
                                       sizeof(*report->moves));
        last = &report->moves[report->move_count++];
        *last = (struct report_move){.plan = is_back ? "rollback" : "cutover",
                                     .from = is_back ? "green" : "blue",
                                     .to = is_back ? "blue" : "green",
                                     .outcome = "failed",
                                     .began_us = line->wall_us,
                                     .held_us = REPORT_UNKNOWN,
                                     .released_us = REPORT_UNKNOWN,
                                     .budget_us = REPORT_UNKNOWN};
    }
    if (last && string_equal(last->plan, line->plan))
        last->ended_us = line->wall_us;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void take_row(struct reporting *reporting, const struct journal_line *line)
{
    struct report *report = reporting->report;
    struct report_step *step;

    take_move(reporting, line);
    if (report->began_us == REPORT_UNKNOWN)
        report->began_us = line->wall_us;
    report->ended_us = line->wall_us;
    if (string_equal(line->state, "intent")) {
        step = add_step(reporting, line->plan, line->step, "begun");
        step->began_us = line->wall_us;
        return;
    }
    if (string_equal(line->state, "undone")) {
        step = add_step(reporting, line->plan, line->step, "undone");
    } else {
        step = find_begun(reporting, line->plan, line->step);
        /* "failed" behind the event of that name */
        if (!step && string_equal(line->state, "failed"))
            return;
        if (!step)
            step = add_step(reporting, line->plan, line->step, "begun");
        step->state = string_equal(line->state, "failed") ? "failed" : "done";
    }
    step->ended_us = line->wall_us;
    step->side = side_of(line->side);
}

/* "PLAN STEP: cause", as journal_failure() writes it. */
static void take_failure(struct reporting *reporting, const struct journal_line *line)
{
    size_t plan_length = strcspn(line->state, " "), step_length;
    const char *at = line->state + plan_length;
    char plan[64], step[64];
    struct report_step *found;

    at += *at == ' ';
    step_length = strcspn(at, ":");
    if (strncmp(at + step_length, ": ", 2) != 0)
        return;
    snprintf(plan, sizeof(plan), "%.*s", (int) plan_length, line->state);
    snprintf(step, sizeof(step), "%.*s", (int) step_length, at);
    found = find_begun(reporting, plan, step);
    if (!found) /* a hook behind it has stopped the plan: the row itself is done */
        found = add_step(reporting, plan, step, "begun");
    found->state = "failed";
    found->ended_us = line->wall_us;
    found->cause = reporting_text(reporting, at + step_length + 2);
    if (reporting->report->move_count) {
        struct report_move *move = &reporting->report->moves[reporting->report->move_count - 1];

        if (string_equal(move->plan, plan))
            move->cause = found->cause;
    }
}

/* What clients had said to a server is theirs: it may be anything. */
static const char *event_text(struct reporting *reporting, const struct journal_line *line)
{
    char *text = arena_copy(reporting->arena, line->state ? line->state : "");
    char *query = string_equal(line->step, "terminated") ? strstr(text, " query=") : NULL;

    if (query)
        *query = '\0';
    return reporting_text(reporting, text);
}

static void take_event(struct reporting *reporting, const struct journal_line *line)
{
    struct report *report = reporting->report;

    if (string_equal(line->step, "failed"))
        take_failure(reporting, line);
    report->events = reporting_grow(reporting->arena, report->events, report->event_count,
                                    sizeof(*report->events));
    report->events[report->event_count++] =
        (struct report_event){.at_us = line->wall_us,
                              .kind = arena_copy(reporting->arena, line->step),
                              .text = event_text(reporting, line)};
}

static bool take_line(void *context, const struct journal_line *line)
{
    if (line->plan)
        take_row(context, line);
    else
        take_event(context, line);
    return true;
}

bool reporting_rows(struct reporting *reporting, struct fault *fault)
{
    return !procedure_has_run(reporting->procedure) ||
           journal_each_row(reporting->journal, take_line, reporting, fault);
}

void reporting_planned(struct reporting *reporting)
{
    static const struct plan *const all[] = {&plan_prepare, &plan_cutover, &plan_finish};
    enum report_outcome outcome = reporting->report->outcome;
    size_t count = sizeof(all) / sizeof(all[0]), i, row;

    for (i = outcome == REPORT_PLANNED    ? 0
             : outcome == REPORT_READY    ? 1
             : outcome == REPORT_ON_GREEN ? 2
                                          : count;
         i < count; i++)
        for (row = 0; row < all[i]->count; row++)
            add_step(reporting, all[i]->id, all[i]->rows[row].step->id, "planned")->side =
                side_name(all[i]->rows[row].side);
}
