/*
 * evict: ends what is left of the sessions of an engine that died or hangs, on both servers, so
 * that nothing it asked for takes effect behind recover's back.
 *
 * Then takes the operator's lock: what recover does, it does alone.
 *
 * Fails:   with exit code 6 when another run holds the lock. A server that cannot be reached is met
 *          again by the rows that need it.
 */
#include "sql_files.h"
#include "steps.h"

#include "lock.h"

/* Each of the two groups of acts may meet one server that does not answer. */
#define EVICT_ACT_MS 700
#define EVICT_CONNECT_MS 1000

static bool evict_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "application_name", io_world(io)->application_name);
    sql_set(&values->sql, "all", "true");
    return true;
}

static enum act_verdict evict_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target;
    if (reply->state == REPLY_FAILED || reply_rows(reply) == 0)
        return ACT_DONE;
    step_waits_for(io, "%d sessions of the engine to end", reply_rows(reply));
    step_nap(io, 5);
    return ACT_AGAIN;
}

/* Unknown is not open: undo must not depend on a subscriber that cannot be reached. */
static enum act_verdict open_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int64_t open = 0;

    (void) target;
    io_world(io)->is_subscriber_open =
        reply->state == REPLY_OK && reply_number(reply, 0, "open", &open) && open > 0;
    return ACT_DONE;
}

/* Our own journal is of no use: it is thrown away. */
static bool fenced_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct world *world = io->world;

    (void) target, (void) values;
    return journal_has(world->journal, arena_print(io->arena, "%s.state", world->leg), "running");
}

/* Unknown is not fenced: an attempt that has not come to the pause has not fenced anything. */
static enum act_verdict fenced_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int64_t open = -1;

    (void) target;
    io_world(io)->is_publisher_fenced =
        reply->state == REPLY_OK && reply_number(reply, 0, "open", &open) && open == 0;
    return ACT_DONE;
}

static const struct act evict_run[] = {
    {.on = ON_PUBLISHER,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_terminate_ours,
     .timeout_ms = EVICT_ACT_MS,
     .connect_ms = EVICT_CONNECT_MS,
     .values = evict_values,
     .judge = evict_judge},
    {.on = ON_SUBSCRIBER,
     .flags = ACT_TOGETHER | ACT_JUDGES_FAILURE,
     .sql = &sql_terminate_ours,
     .timeout_ms = EVICT_ACT_MS,
     .connect_ms = EVICT_CONNECT_MS,
     .values = evict_values,
     .judge = evict_judge},
    LOCK_ACTS(EVICT_CONNECT_MS, EVICT_ACT_MS),
    {.on = ON_SUBSCRIBER,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_open_look,
     .timeout_ms = EVICT_ACT_MS,
     .connect_ms = EVICT_CONNECT_MS,
     .judge = open_judge},
    {.on = ON_PUBLISHER,
     .flags = ACT_TOGETHER | ACT_JUDGES_FAILURE,
     .sql = &sql_open_look,
     .timeout_ms = EVICT_ACT_MS,
     .connect_ms = EVICT_CONNECT_MS,
     .values = fenced_values,
     .judge = fenced_judge},
};
static const struct acts evict_acts = {.run = evict_run, .run_count = ACTS_COUNT(evict_run)};

const struct step_type step_evict = {
    .id = "evict",
    .title = "End what is left of the engine's sessions",
    .undo_note = "none",
    .deadline_ms = 3500,
    ACTS_STEP(evict_acts),
};
