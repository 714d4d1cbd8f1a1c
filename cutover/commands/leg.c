#include "leg.h"

#include "../base/text.h"
#include "../plans/plans.h"

#include <stdio.h>

const struct plan *leg_plan(const struct procedure *procedure)
{
    if (!journal_has(procedure->journal, "leg", plan_rollback.id))
        return &plan_cutover;
    return journal_has(procedure->journal, "rollback.loses", "yes") ? &plan_rollback_lossy
                                                                    : &plan_rollback;
}

static const char *state_of(const struct procedure *procedure, const struct plan *plan)
{
    char key[64];

    snprintf(key, sizeof(key), "%s.state", plan->id);
    return journal_get(procedure->journal, key);
}

enum side leg_side(const struct procedure *procedure)
{
    return journal_has(procedure->journal, "side", "green") ? SIDE_GREEN : SIDE_BLUE;
}

enum leg_phase leg_phase(const struct procedure *procedure)
{
    const struct plan *plan = leg_plan(procedure);
    const char *state = state_of(procedure, plan);

    if (leg_side(procedure) == plan->to)
        return string_equal(state, "done") ? LEG_IDLE : LEG_FORWARD;
    return !state || string_equal(state, "undone") ? LEG_IDLE : LEG_UNDO;
}

bool leg_is_done(const struct procedure *procedure, const struct plan *plan)
{
    return leg_plan(procedure) == plan && leg_side(procedure) == plan->to &&
           leg_phase(procedure) == LEG_IDLE;
}

bool leg_has_lost(const struct procedure *procedure)
{
    return leg_plan(procedure) == &plan_rollback_lossy && leg_side(procedure) == SIDE_BLUE;
}

bool leg_has_parted(const struct procedure *procedure)
{
    return leg_plan(procedure) == &plan_rollback_lossy &&
           journal_has(procedure->journal, "rollback.parted", "yes");
}

const char *leg_command(const struct plan *plan)
{
    return plan == &plan_rollback_lossy ? "rollback --accept-data-loss" : plan->id;
}

const char *leg_next(const struct plan *plan)
{
    return plan == &plan_rollback_lossy ? "abort" : plan->to == SIDE_GREEN ? "finish" : "cutover";
}

void leg_begin(struct procedure *procedure, const struct plan *plan)
{
    char key[64];

    journal_set(procedure->journal, "leg", plan->id);
    journal_set(procedure->journal, "rollback.loses", plan == &plan_rollback_lossy ? "yes" : NULL);
    journal_set(procedure->journal, "rollback.parted", NULL);
    /* of an earlier time: what an undo finds must be of this one */
    snprintf(key, sizeof(key), "%s.probe", plan->id);
    journal_set(procedure->journal, key, NULL);
}

void leg_turn(struct procedure *procedure, const struct plan *plan)
{
    world_turn(procedure->world, plan->id, plan->from == SIDE_GREEN); /* loses nothing */
    procedure->world->loses = plan == &plan_rollback_lossy;
}

void leg_set_state(struct procedure *procedure, const char *state)
{
    char key[64];

    snprintf(key, sizeof(key), "%s.state", leg_plan(procedure)->id);
    journal_set(procedure->journal, key, state);
}

bool leg_has_state(const struct procedure *procedure, const char *state)
{
    return string_equal(state_of(procedure, leg_plan(procedure)), state);
}

size_t leg_forward_row(const struct plan *plan)
{
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (plan->rows[i].flags & ROW_COMMIT)
            return i + 1;
    return plan->count;
}

size_t leg_pause_row(const struct plan *plan)
{
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (plan->rows[i].flags & ROW_PAUSE)
            return i;
    return plan->count;
}
