/*
 * leg.h: where a run stands with moving its clients: to green by the cutover, back by the rollback,
 * any number of times. The journal's fact "leg" names the plan that did so last, or is at it;
 * "rollback.loses" says which of the two rollbacks it is.
 */
#ifndef PGCUTOVER_COMMANDS_LEG_H
#define PGCUTOVER_COMMANDS_LEG_H

#include "procedure.h"

enum leg_phase {
    LEG_IDLE,    /* nothing is under way: clients are where "side" says */
    LEG_UNDO,    /* interrupted before its switch */
    LEG_FORWARD, /* switched, but it has not ended */
};

const struct plan *leg_plan(const struct procedure *procedure);
enum leg_phase leg_phase(const struct procedure *procedure);
/* Who may write, by the journal. */
enum side leg_side(const struct procedure *procedure);
/* Is this plan the last one, and has it ended well? */
bool leg_is_done(const struct procedure *procedure, const struct plan *plan);
/* Clients are on blue, and what they wrote on green is not: green is good for nothing but abort. */
bool leg_has_lost(const struct procedure *procedure);
/* Has the last one, which loses that, parted the servers? Its undo leaves that so. */
bool leg_has_parted(const struct procedure *procedure);
/* What is typed to begin the plan, and what is typed when it is done: commands, with flags. */
const char *leg_command(const struct plan *plan);
const char *leg_next(const struct plan *plan);
/* From now on this plan is at it: on disk with its first intent. */
void leg_begin(struct procedure *procedure, const struct plan *plan);
/* The steps' publisher and subscriber are this plan's. */
void leg_turn(struct procedure *procedure, const struct plan *plan);
/* "cutover.state" of the leg that is under way. */
void leg_set_state(struct procedure *procedure, const char *state);
bool leg_has_state(const struct procedure *procedure, const char *state);

/* The commit row's successor: where a plan that has switched goes on. */
size_t leg_forward_row(const struct plan *plan);
/* The first row of the pause. */
size_t leg_pause_row(const struct plan *plan);

#endif
