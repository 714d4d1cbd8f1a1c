#include "last_look.h"

#include "keep.h"
#include "state.h"
#include "survey.h"

#include <string.h>

bool last_look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "application_name", io_world(io)->application_name);
    return keep_values(io, target, values) && survey_lock_values(io, target, values);
}

static const char doing[] = "looking once more before the switch";

/* The session that has held the lock since the beginning: one that came since may have found it
   free only because another run was through with the servers. */
static bool is_still_locked(struct step_io *io, const struct target *target,
                            const struct reply *reply, int64_t pid_then)
{
    bool holds_lock = false;
    int64_t pid = -1;

    if (reply_bool(reply, 0, "holds_lock", &holds_lock) && holds_lock &&
        reply_number(reply, 0, "pid", &pid) && pid == pid_then)
        return true;
    act_fail(io, target, doing, "the operator's lock was lost with its session");
    return false;
}

/* Of the attempt, where a failover before it does not matter; else of the run. */
static const char *timeline_key(struct step_io *io)
{
    return io_world(io)->loses ? "{procedure}.timeline" : "{publisher}.timeline";
}

enum act_verdict last_look_publisher_judge(struct step_io *io, struct target *target,
                                           struct reply *reply)
{
    const char *system = reply_value(reply, 0, "system_identifier");
    const char *timeline = reply_value(reply, 0, "timeline");
    int64_t clients = -1, prepared = -1, open_databases = -1;
    bool is_in_recovery = true;

    if (io_explains(io))
        return ACT_DONE;
    if (!system || !reply_bool(reply, 0, "is_in_recovery", &is_in_recovery) ||
        !reply_number(reply, 0, "clients", &clients) ||
        !reply_number(reply, 0, "prepared", &prepared) ||
        !reply_number(reply, 0, "open_databases", &open_databases))
        return act_fail(io, target, doing, "no answer");
    if (!io_has(io, "{publisher}.system_identifier", system) || is_in_recovery || !timeline ||
        !io_has(io, timeline_key(io), timeline))
        return act_fail(io, target, doing,
                        "another server answers for {publisher}: a failover happened");
    if (!is_still_locked(io, target, reply, io_world(io)->publisher->lock_pid))
        return ACT_FAILED;
    if (open_databases != 0 || clients != 0 || prepared != 0)
        return act_fail(io, target, doing,
                        "the fence does not hold: %lld open databases, %lld clients, %lld prepared",
                        (long long) open_databases, (long long) clients, (long long) prepared);
    return ACT_DONE;
}

enum act_verdict last_look_subscriber_judge(struct step_io *io, struct target *target,
                                            struct reply *reply)
{
    const char *system = reply_value(reply, 0, "system_identifier");
    const char *state = reply_value(reply, 0, "state");
    bool is_in_recovery = true;
    int64_t open_databases = -1;

    if (io_explains(io))
        return ACT_DONE;
    if (!system || !reply_bool(reply, 0, "is_in_recovery", &is_in_recovery) ||
        !reply_number(reply, 0, "open_databases", &open_databases))
        return act_fail(io, target, doing, "no answer");
    if (!io_has(io, "{subscriber}.system_identifier", system) || is_in_recovery)
        return act_fail(io, target, doing, "another server answers for {subscriber}");
    if (!is_still_locked(io, target, reply, io_world(io)->subscriber->lock_pid))
        return ACT_FAILED;
    if (open_databases != 0)
        return act_fail(io, target, doing, "%lld databases of {subscriber} are open already",
                        (long long) open_databases);
    if (state && strcmp(state, state_armed(io)) == 0)
        return ACT_DONE;
    step_waits_for(io, "{subscriber} to hear of this attempt: it stands at %s",
                   state ? state : "nothing");
    step_nap(io, 1);
    return ACT_AGAIN;
}
