/*
 * observe: are the servers still what prepare made of them? Reads only.
 *
 * Fails:   with exit code 4 and the difference, when something drifted: identities of the servers,
 *          databases, the published set, roles, grants, settings, columns (rules A3, A8, P22).
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "acts.h"
#include "drift.h"
#include "relations.h"
#include "subscription.h"
#include "survey.h"

#include <string.h>

static enum act_verdict green_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "comparing green with the one that was prepared";
    const char *system = reply_value(reply, 0, "system_identifier");
    bool is_in_recovery = true;

    if (!system || !reply_bool(reply, 0, "is_in_recovery", &is_in_recovery))
        return act_fail(io, target, doing, "no answer");
    if (!journal_has(io->journal, "green.system_identifier", system) || is_in_recovery) {
        act_fail(io, target, doing, "another server answers at green's address");
        io->fault.exit_code = EXIT_PLAN_STALE;
        return ACT_FAILED;
    }
    world_keep(&io_world(io)->green.system_identifier, system);
    return ACT_DONE;
}

static enum act_verdict enabled_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    static const char doing[] = "checking that green follows blue";
    bool is_enabled = false;
    int64_t errors = -1;

    if (!reply_bool(reply, 0, "is_enabled", &is_enabled) ||
        !reply_number(reply, 0, "errors", &errors))
        return act_fail(io, target, doing, "subscription %s is gone", target->database->slot);
    if (is_enabled && errors == 0 && reply_value(reply, 0, "worker_pid"))
        return ACT_DONE;
    act_fail(io, target, doing, "subscription %s: %s, %lld errors", target->database->slot,
             !is_enabled                           ? "disabled"
             : reply_value(reply, 0, "worker_pid") ? "it is applied"
                                                   : "no apply worker",
             (long long) errors);
    fault_hint(&io->fault, "green's server log says why. A restart of blue and a broken connection "
                           "disable subscriptions, too: \"pgcutover prepare --execute\" goes on");
    io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

static const struct act observe_run[] = {
    {.on = ON_BLUE,
     .sql = &sql_operator_lock,
     .values = survey_lock_values,
     .judge = survey_lock_judge},
    {.on = ON_GREEN,
     .sql = &sql_operator_lock,
     .values = survey_lock_values,
     .judge = survey_lock_judge},
    {.on = ON_BLUE, .sql = &sql_server_identity, .judge = survey_identity_judge},
    {.on = ON_BLUE, .sql = &sql_databases, .judge = survey_databases_judge},
    {.on = ON_GREEN, .sql = &sql_server_identity, .judge = green_judge},
    RELATIONS_ACTS,
    {.on = ON_GREEN_DATABASES,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = enabled_judge},
    DRIFT_ACTS,
};
static const struct acts observe_acts = {.run = observe_run, .run_count = ACTS_COUNT(observe_run)};

const struct step_type step_observe = {
    .id = "observe",
    .title = "Look whether anything drifted since prepare",
    .undo_note = "nothing to undo",
    .deadline_ms = 120000,
    ACTS_STEP(observe_acts),
};
