/*
 * identities: gives every table a replica identity; the way back is recorded by survey.
 *
 * Needs:   survey, in the same run of the program: what to set.
 * Leaves:  changed identities on blue, which the clone inherits; `finish` and `abort` restore them.
 * Fails:   a table stays locked: ACCESS EXCLUSIVE is asked for with a short lock_timeout, so that
 *          nobody queues behind us for long, again and again until the deadline.
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "acts.h"
#include "restore.h"

#include <string.h>

static bool set_values(struct step_io *io, struct target *target, struct act_values *values)
{
    struct database *database = target->database;
    const struct relation *relation;

    if ((size_t) target->round >= database->identity_count)
        return false;
    relation = &database->identities[target->round];
    restore_set_identity(io, values, relation->schema, relation->name, relation->identity,
                         relation->index);
    step_waits_for(io, "a lock on %s.%s in %s", relation->schema, relation->name, database->name);
    return true;
}

static const struct act identities_run[] = {
    {.on = ON_BLUE_DATABASES,
     .flags = ACT_REPEAT | ACT_JUDGES_FAILURE,
     .sql = &sql_identity_set,
     .values = set_values,
     .judge = identity_judge},
};
/* Undo goes on behind a row that could not be undone yet: a table that is published without an
   identity refuses UPDATE and DELETE. */
static enum act_verdict unpublished_judge(struct step_io *io, struct target *target,
                                          struct reply *reply)
{
    static const char doing[] = "putting replica identities back";
    int64_t count;

    if (!reply_number(reply, 0, "count", &count))
        return act_fail(io, target, doing, "no answer about the publication");
    if (count > 0)
        return act_fail(io, target, doing, "the publication is still there");
    return ACT_DONE;
}

static const struct act identities_undo[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_publication_look, .judge = unpublished_judge},
    restore_identities_act(ON_BLUE_DATABASES),
};
static const struct acts identities_acts = {
    .run = identities_run,
    .run_count = ACTS_COUNT(identities_run),
    .undo = identities_undo,
    .undo_count = ACTS_COUNT(identities_undo),
};

const struct step_type step_identities = {
    .id = "identities",
    .title = "Give every table a replica identity",
    .undo_note = "the identities as they were",
    .deadline_ms = 600000,
    ACTS_STEP(identities_acts),
};
