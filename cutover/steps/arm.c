/*
 * arm: everything that can be done before clients wait is done here: connections and shells are
 * open, files staged beside their targets, statements worked out.
 *
 * Needs:   record, in the same run of the program; its facts on disk.
 * Leaves:  staged files; server_login_retry=0.1, min_pool_size=0; subscriptions that report at
 *          once. After it the runner syncs the intents of the rows of the pause.
 * Fails:   a console, a host, an unrelated edit waiting in a pooler's file, the watchdog.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "arm_poolers.h"
#include "client_probe_table.h"
#include "hooks.h"
#include "logins.h"
#include "ours.h"
#include "pause.h"
#include "release.h"
#include "state.h"
#include "subscription.h"
#include "watched.h"

#include <stdio.h>

/* Another than that of the proof. quiet waits for it; and once outside the pause, so that catalogs
   are cached when it counts. */
static bool warm_marker_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "value", state_armed(io));
    return pause_marker_values(io, target, values) && !io_world(io)->loses;
}

/* Where nothing arrives, the subscriber is told itself. */
static bool armed_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return state_armed_values(io, target, values) && !io_world(io)->loses;
}

static bool armed_there_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return state_armed_values(io, target, values) && io_world(io)->loses;
}

static bool synchronous_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "mode", "on");
    return subscription_values(io, target, values) && !io_world(io)->loses;
}

static bool asynchronous_values(struct step_io *io, struct target *target,
                                struct act_values *values)
{
    sql_set(&values->sql, "mode", "off");
    return subscription_values(io, target, values) && !io_world(io)->loses;
}

/* What the proof writes: new for every attempt. */
static enum act_verdict marker_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    snprintf(io_world(io)->marker, sizeof(io_world(io)->marker), "%lld",
             (long long) io->driver->wall_us(io->driver));
    return ACT_DONE;
}

static const struct act arm_run[] = {
    {.on = ON_TOOL, .judge = state_begin_judge},
    {.on = ON_POOLER_HOSTS, .script = &script_file_stage, .values = pooler_stage_before_values},
    {.on = ON_POOLER_HOSTS, .script = &script_file_stage, .values = pooler_stage_after_values},
    LOGINS_RELOAD(0, logins_all, pooler_few_values, logins_reload_ms),
    {.on = ON_CONSOLES, .sql = &sql_pooler_config, .judge = pooler_unchanged_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_min_pool_size, .values = pooler_no_minimum_values},
    {.on = ON_CONSOLES,
     .flags = ACT_TOGETHER,
     .sql = &sql_pooler_login_retry,
     .values = pooler_retry_soon_values},
    {.on = ON_CONSOLES, .sql = &sql_pooler_databases, .judge = pooler_no_minimum_judge},
    {.on = ON_ENTRIES, .sql = &sql_pooler_version},
    {.on = ON_POOLER_HOSTS, .flags = ACT_TOGETHER | ACT_WARM},
    HOOKS_WARM,
    {.on = ON_SUBSCRIBER_DATABASES,
     .flags = ACT_TOGETHER,
     .sql = &sql_subscription_synchronous,
     .values = synchronous_values},
    {.on = ON_PUBLISHER_DATABASES, .sql = &sql_marker_write, .values = warm_marker_values},
    {.on = ON_PUBLISHER, .sql = &sql_marker_write, .values = armed_values},
    {.on = ON_SUBSCRIBER, .sql = &sql_marker_write, .values = armed_there_values},
    {.on = ON_PUBLISHER, .sql = &sql_snapshot_look},
    {.on = ON_TOOL, .judge = marker_judge},
    CLIENT_PROBE_EXPLAIN_ACT,
    WATCHED_ACT,
};
/* Of this attempt only: an old copy of the run directory may know files from an earlier leg, while
   an engine that sleeps has staged its own. */
static bool unstage_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return io_get(io, "{procedure}.probe") && pooler_unstage_values(io, target, values);
}

/* Only when all that comes behind is undone: staged files and a short server_login_retry serve it.
 */
static const struct act arm_undo[] = {
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_pools,
     .values = release_served_values,
     .judge = release_served_judge},
    poolers_disarm_settings,
    {.on = ON_POOLER_HOSTS, .script = &script_file_remove, .values = unstage_values},
    OURS_ACT(ON_SUBSCRIBER),
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_subscription_synchronous,
     .values = asynchronous_values},
    {.on = ON_ENTRIES, .flags = ACT_CLOSE},
};
static const struct acts arm_acts = {.run = arm_run,
                                     .run_count = ACTS_COUNT(arm_run),
                                     .undo = arm_undo,
                                     .undo_count = ACTS_COUNT(arm_undo)};

const struct step_type step_arm = {
    .id = "arm",
    .title = "Open, stage and record everything beforehand",
    .undo_note = "staged files removed, settings of the poolers and subscriptions as they were",
    .deadline_ms = 60000,
    ACTS_STEP(arm_acts),
};
