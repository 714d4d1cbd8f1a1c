/*
 * relations: the tables that one server subscribes to are exactly those that the other one
 * publishes.
 *
 * A table on both sides that is not in pg_subscription_rel is dropped on the floor without an error
 * (rule A3): so the sets are compared, as names, and every state must be 'r'.
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "relations.h"
#include "subscription.h"

#include <string.h>

enum act_verdict relations_published_judge(struct step_io *io, struct target *target,
                                           struct reply *reply)
{
    const char *tables = reply_value(reply, 0, "tables");

    if (!tables)
        return act_fail(io, target, "listing the published tables", "no answer");
    world_keep(&target->database->relations, tables);
    return ACT_DONE;
}

enum act_verdict relations_subscribed_judge(struct step_io *io, struct target *target,
                                            struct reply *reply)
{
    static const char doing[] = "comparing the subscribed tables with the published ones";
    const char *tables = reply_value(reply, 0, "tables");
    int64_t not_ready = -1;

    if (io_explains(io))
        return ACT_DONE;
    if (!tables || !reply_number(reply, 0, "not_ready", &not_ready))
        return act_fail(io, target, doing, "no answer");
    if (not_ready != 0)
        return act_fail(io, target, doing, "%lld tables are not ready", (long long) not_ready);
    if (!target->database->relations || strcmp(tables, target->database->relations) != 0) {
        bool is_blue = target->link == &target->database->blue;

        act_fail(io, target, doing, "%s publishes %.300s; %s subscribes to %.300s",
                 is_blue ? "green" : "blue",
                 target->database->relations ? target->database->relations : "nothing",
                 is_blue ? "blue" : "green", tables);
        fault_hint(&io->fault,
                   is_blue ? "a table was created or dropped since the clone: make both sides the "
                             "same; then again"
                           : "a table was created or dropped on blue since the clone: rows of it "
                             "would be lost; \"pgcutover abort --execute\", then prepare again");
        io->fault.exit_code = EXIT_PLAN_STALE;
        return ACT_FAILED;
    }
    return ACT_DONE;
}

static const struct act relations_run[] = {
    RELATIONS_ACTS,
};
static const struct acts relations_acts = {.run = relations_run,
                                           .run_count = ACTS_COUNT(relations_run)};

const struct step_type step_relations = {
    .id = "relations",
    .title = "Check that every published table is subscribed to",
    .undo_note = "nothing to undo",
    .deadline_ms = 120000,
    ACTS_STEP(relations_acts),
};
