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
#include "observe.h"
#include "relations.h"
#include "subscription.h"
#include "survey.h"

#include <string.h>

/* Twice that interval and more. */
#define WORKER_TRIES 75
#define WORKER_NAP_MS 200

/* A standby that was promoted begins a new timeline. It may lack what was confirmed before, and
   what a slot was told of is not sent again (rule B1): no proof shows that. */
static bool pin_timeline(struct step_io *io, const struct target *target, const char *key,
                         const struct reply *reply, const char *hint)
{
    if (survey_pin(io, target, key, reply_value(reply, 0, "timeline")))
        return true;
    if (journal_get(io->journal, key) && reply_value(reply, 0, "timeline"))
        fault_hint(&io->fault, "%s", hint);
    return false;
}

#define GO_BACK_WITHOUT                                                                            \
    "\"pgcutover rollback --accept-data-loss --rollback-reverse=no\" goes back without what was "  \
    "written on green"

static enum act_verdict publisher_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    if (io_world(io)->publisher == &io_world(io)->blue)
        return survey_identity_judge(io, target, reply);
    return survey_pin(io, target, "green.system_identifier",
                      reply_value(reply, 0, "system_identifier")) &&
                   pin_timeline(io, target, "green.timeline", reply,
                                "green was failed over: its slots may be gone, and blue may have "
                                "what it lacks. \"pgcutover verify\" says what; " GO_BACK_WITHOUT)
               ? ACT_DONE
               : ACT_FAILED;
}

static int names_in_common(struct step_io *io, const struct reply *reply)
{
    int common = 0, row;

    for (row = 0; row < reply_rows(reply); row++) {
        const char *name = reply_value(reply, row, "datname");

        common += name && world_database(io->world, name);
    }
    return common;
}

/* An upgrade from before 15 gives databases other oids: on green their names count. */
static enum act_verdict databases_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    struct world *world = io->world;

    if (world->publisher == &world->blue)
        return survey_databases_judge(io, target, reply);
    if (reply_rows(reply) > 0 && (size_t) reply_rows(reply) == world->database_count &&
        names_in_common(io, reply) == reply_rows(reply))
        return ACT_DONE;
    act_fail(io, target, "comparing the databases with those this run began with",
             "a database was created, dropped or renamed on {publisher}");
    fault_hint(&io->fault,
               "{subscriber} lacks it, and it is not replicated: undo that; then again");
    io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

static bool pin_subscriber(struct step_io *io, const struct target *target,
                           const struct reply *reply)
{
    if (io_world(io)->subscriber == &io_world(io)->blue)
        return pin_timeline(io, target, "blue.timeline", reply,
                            "blue was failed over: what it had confirmed may be missing, and is "
                            "not sent again. \"pgcutover verify\" says what; " GO_BACK_WITHOUT);
    return pin_timeline(io, target, "green.timeline", reply,
                        "green was failed over: what it had confirmed may be missing, and is not "
                        "sent again. \"pgcutover abort --execute\" removes it, \"pgcutover prepare "
                        "--execute\" makes a new one");
}

enum act_verdict observe_subscriber_judge(struct step_io *io, struct target *target,
                                          struct reply *reply)
{
    static const char doing[] = "comparing {subscriber} with the one that was prepared";
    const char *system = reply_value(reply, 0, "system_identifier");
    bool is_in_recovery = true;

    if (!system || !reply_bool(reply, 0, "is_in_recovery", &is_in_recovery))
        return act_fail(io, target, doing, "no answer");
    if (!io_has(io, "{subscriber}.system_identifier", system) || is_in_recovery) {
        act_fail(io, target, doing, "another server answers at {subscriber}'s address");
        io->fault.exit_code = EXIT_PLAN_STALE;
        return ACT_FAILED;
    }
    if (!io_world(io)->loses && !pin_subscriber(io, target, reply))
        return ACT_FAILED;
    world_keep(&io_world(io)->subscriber->system_identifier, system);
    io_set(io, "{subscriber}.user", reply_value(reply, 0, "rolname"));
    return ACT_DONE;
}

static enum act_verdict enabled_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    static const char doing[] = "checking that {subscriber} follows {publisher}";
    bool is_enabled = false, is_back = io_world(io)->publisher == &io_world(io)->green;
    int64_t errors = -1;

    /* an error does not disable the way back: it is tried again, and the proof shows that it works;
       but a conflict is divergence */
    if (!reply_bool(reply, 0, "is_enabled", &is_enabled) ||
        !reply_number(reply, 0, is_back ? "conflicts" : "errors", &errors))
        return act_fail(io, target, doing, "subscription %s is gone", target->database->slot);
    if (is_enabled && errors == 0 && reply_value(reply, 0, "worker_pid"))
        return ACT_DONE;
    /* one whose publisher was started again comes back after wal_retrieve_retry_interval */
    if (is_enabled && errors == 0 && target->tries < WORKER_TRIES) {
        step_waits_for(io, "the apply worker in %s to come back", target->name);
        step_nap(io, WORKER_NAP_MS);
        return ACT_AGAIN;
    }
    act_fail(io, target, doing, "subscription %s: %s, %lld errors", target->database->slot,
             !is_enabled                           ? "disabled"
             : reply_value(reply, 0, "worker_pid") ? "it is applied"
                                                   : "no apply worker",
             (long long) errors);
    fault_hint(&io->fault,
               is_back
                   ? "{subscriber}'s server log says why"
                   : "{subscriber}'s server log says why. A restart of {publisher} and a broken "
                     "connection disable subscriptions, too: \"pgcutover prepare --execute\" "
                     "goes on");
    io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

static const struct act observe_run[] = {
    OBSERVE_SERVERS_ACTS(publisher_judge),
    RELATIONS_ACTS,
    {.on = ON_SUBSCRIBER_DATABASES,
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
