#include "standing.h"

#include "../base/text.h"
#include "../plans/plans.h"
#include "leg.h"

#include <stdlib.h>

static bool keep_last(void *context, const struct journal_line *line)
{
    struct standing *standing = context;

    if (!line->plan)
        return true;
    free(standing->last_step);
    free(standing->last_state);
    standing->last_step = memory_copy(line->step);
    standing->last_state = memory_copy(line->state);
    standing->last_us = line->wall_us;
    return true;
}

static void judge(const struct procedure *procedure, struct standing *standing)
{
    const struct journal *journal = procedure->journal;
    bool on_green = leg_side(procedure) == SIDE_GREEN;

    standing->side = journal_get(journal, "side") ? journal_get(journal, "side") : "blue";
    if (journal_has(journal, "finish.state", "done")) {
        standing->phase = "finished";
        standing->next = "nothing; what is left is for you to decide";
    } else if (leg_phase(procedure) == LEG_FORWARD) {
        standing->phase = "switched, not all released";
        standing->next = "pgcutover recover --execute";
    } else if (leg_phase(procedure) == LEG_UNDO) {
        standing->phase = leg_plan(procedure) == &plan_cutover
                              ? "in a cutover, or interrupted in one"
                              : "in a rollback, or interrupted in one";
        standing->next = "pgcutover recover --execute";
    } else if (on_green) {
        standing->phase = "cut over";
        standing->next = "pgcutover finish --execute";
    } else if (journal_has(journal, "prepare.state", "undone")) {
        standing->phase = "aborted";
        standing->next = "pgcutover prepare --execute";
    } else if (leg_has_lost(procedure)) {
        standing->phase = "rolled back, without what was written on green, which is stale";
        standing->next =
            "pgcutover abort --execute, when nothing on green is needed any more; then "
            "pgcutover prepare --execute";
    } else if (leg_is_done(procedure, &plan_rollback)) {
        standing->phase = "rolled back";
        standing->next = "pgcutover cutover --execute, when the cause is gone";
    } else if (journal_has(journal, "green.ready", "yes")) {
        standing->phase = "ready";
        standing->next = "pgcutover cutover --execute";
    } else {
        standing->phase = "preparing";
        standing->next = "pgcutover prepare --execute";
    }
}

bool standing_read(const struct procedure *procedure, struct standing *ret_standing,
                   struct fault *fault)
{
    struct standing standing = {0};

    judge(procedure, &standing);
    if (!journal_each_row(procedure->journal, keep_last, &standing, fault)) {
        standing_free(&standing);
        return false;
    }
    *ret_standing = standing;
    return true;
}

void standing_free(struct standing *standing)
{
    free(standing->last_step);
    free(standing->last_state);
    standing->last_step = standing->last_state = NULL;
}
