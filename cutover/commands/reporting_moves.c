/* What became of each attempt to move the clients, and what clients felt of it. */
#include "reporting_internal.h"

#include "../base/text.h"
#include "leg.h"

/* --- the attempt ------------------------------------------------------------------------------ */

static bool is_of(const struct report_step *step, const struct report_move *move)
{
    int64_t at_us = step->began_us != REPORT_UNKNOWN ? step->began_us : step->ended_us;

    return string_equal(step->plan, move->plan) && at_us >= move->began_us &&
           at_us <= move->ended_us;
}

/* The last of that row of the attempt, in that state; NULL. */
static const struct report_step *find_step(const struct report *report,
                                           const struct report_move *move, const char *step,
                                           const char *state)
{
    size_t i;

    for (i = report->step_count; i-- > 0;)
        if (is_of(&report->steps[i], move) && string_equal(report->steps[i].step, step) &&
            string_equal(report->steps[i].state, state))
            return &report->steps[i];
    return NULL;
}

static bool has_undone(const struct report *report, const struct report_move *move)
{
    size_t i;

    for (i = 0; i < report->step_count; i++)
        if (is_of(&report->steps[i], move) && string_equal(report->steps[i].state, "undone"))
            return true;
    return false;
}

static const char *outcome_of(struct reporting *reporting, const struct report_move *move,
                              bool is_last)
{
    const char *state = reporting_fact(reporting, "%s.state", move->plan);
    bool is_switched = find_step(reporting->report, move, "commit", "done") != NULL;

    if (is_last && leg_phase(reporting->procedure) != LEG_IDLE)
        return reporting->is_alive ? "under way" : "failed";
    if (is_last && string_equal(state, "undone"))
        return "undone";
    if (is_last && string_equal(state, "done"))
        return "done";
    if (is_switched)
        return "done";
    return has_undone(reporting->report, move) ? "undone" : "failed";
}

static void tell_pause(const struct report *report, struct report_move *move)
{
    static const char *const states[] = {"done", "failed", "begun"};
    const struct report_step *hold = NULL, *release;
    size_t i;

    for (i = 0; i < 3 && !hold; i++)
        hold = find_step(report, move, "hold", states[i]);
    if (!hold)
        return;
    move->held_us = hold->began_us;
    release = find_step(report, move, "release", "done");
    if (!release)
        release = find_step(report, move, "hold", "undone");
    if (release)
        move->released_us = release->ended_us;
}

/* --- what clients felt ------------------------------------------------------------------------ */

static struct report_felt felt_of(struct reporting *reporting, const struct report_move *move,
                                  const char *pooler, const char *part)
{
#define NUMBER(name)                                                                               \
    reporting_number(                                                                              \
        reporting_fact(reporting, "%s.client_probe.%s.%s.%s", move->plan, pooler, part, name))
    struct report_felt felt = {.probes = NUMBER("probes"),
                               .failed = NUMBER("failed"),
                               .longest_gap_us = NUMBER("longest_gap_us"),
                               .p99_us = NUMBER("p99_us"),
                               .median_us = NUMBER("median_us"),
                               .late = NUMBER("late")};

#undef NUMBER
    return felt;
}

/* The facts are of the last attempt of a plan. */
static void tell_felt(struct reporting *reporting, const struct report_move *move,
                      struct report_pooler *pooler)
{
    const char *name = pooler->name;

    pooler->state = reporting_text(
        reporting, reporting_fact(reporting, "%s.client_probe.%s", move->plan, name));
    pooler->account = reporting_text(
        reporting, reporting_fact(reporting, "%s.client_probe.%s.account", move->plan, name));
    pooler->probes =
        reporting_number(reporting_fact(reporting, "%s.client_probe.%s.probes", move->plan, name));
    pooler->failed =
        reporting_number(reporting_fact(reporting, "%s.client_probe.%s.failed", move->plan, name));
    pooler->is_open = string_equal(
        reporting_fact(reporting, "%s.client_probe.%s.is_open", move->plan, name), "yes");
    pooler->before = felt_of(reporting, move, name, "before");
    pooler->held = felt_of(reporting, move, name, "held");
    pooler->after = felt_of(reporting, move, name, "after");
}

static bool is_last_of_its_plan(const struct report *report, size_t number)
{
    size_t i;

    for (i = number + 1; i < report->move_count; i++)
        if (string_equal(report->moves[i].plan, report->moves[number].plan))
            return false;
    return true;
}

bool reporting_loses(const struct reporting *reporting, size_t move)
{
    const struct report *report = reporting->report;

    return string_equal(report->moves[move].plan, "rollback") &&
           is_last_of_its_plan(report, move) &&
           journal_has(reporting->journal, "rollback.loses", "yes");
}

static void tell_move(struct reporting *reporting, size_t number)
{
    struct report *report = reporting->report;
    struct report_move *move = &report->moves[number];
    bool is_last = number + 1 == report->move_count;
    const char *budget;
    size_t i;

    move->outcome = outcome_of(reporting, move, is_last);
    tell_pause(report, move);
    for (i = 0; i < move->pooler_count; i++) {
        move->poolers[i].held_us = move->held_us;
        move->poolers[i].released_us = move->released_us;
    }
    if (!is_last_of_its_plan(report, number)) {
        reporting_felt(reporting, move);
        return;
    }
    budget = reporting_fact(reporting, "%s.budget_ms", move->plan);
    move->budget_us = budget && reporting_number(budget) != REPORT_UNKNOWN
                          ? reporting_number(budget) * 1000
                          : reporting->procedure->config->pause_budget_ms * 1000;
    for (i = 0; i < move->pooler_count; i++)
        tell_felt(reporting, move, &move->poolers[i]);
    if (!string_equal(move->outcome, "done") || reporting_loses(reporting, number))
        return; /* what the facts say is of an earlier one */
    move->proof = arena_copy(reporting->arena, reporting_fact(reporting, "%s.proof", move->plan));
    move->target_lsn =
        arena_copy(reporting->arena, reporting_fact(reporting, "%s.target", move->plan));
}

/* The intents of a pause are written together: when the rows of one that has no end began, if they
   did, nobody knows. */
static void forget_intents(struct reporting *reporting)
{
    struct report *report = reporting->report;
    size_t i;

    for (i = 0; !reporting->is_alive && i < report->step_count; i++)
        if (report->steps[i].is_pause && string_equal(report->steps[i].state, "begun"))
            report->steps[i].began_us = REPORT_UNKNOWN;
}

void reporting_moves(struct reporting *reporting)
{
    size_t i;

    for (i = 0; i < reporting->report->move_count; i++)
        tell_move(reporting, i);
    forget_intents(reporting);
}
