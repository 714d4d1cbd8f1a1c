/*
 * catch_up: green follows blue closely: three times running, a position of blue is confirmed
 * within two seconds.
 *
 * Fails:   a slot is missing, lost or not in use; the apply worker has met an error (a missing
 *          answer is never zero lag).
 */
#include "sql_files.h"
#include "steps.h"

#include "../../replication/lsn.h"
#include "../base/text.h"
#include "subscription.h"

#include <string.h>

#define ROUNDS 3
#define ROUND_MS 2000
/* A worker that failed once is started again after wal_retrieve_retry_interval, 5 s. */
#define START_MS 60000

struct pursuit {
    uint64_t target;
    int64_t since_ns, began_ns;
    int good;
};

static struct pursuit *pursuit_of(struct step_io *io)
{
    struct world *world = io->world;

    if (!world->own) {
        struct pursuit *pursuit = arena_take(io->arena, sizeof(*pursuit));

        pursuit->began_ns = io->driver->now_ns(io->driver);
        world->own = pursuit;
    }
    return world->own;
}

static enum act_verdict worker_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "watching the apply worker";
    int64_t errors = -1;
    bool is_enabled = false;

    if (io_explains(io))
        return ACT_DONE;
    if (!reply_bool(reply, 0, "is_enabled", &is_enabled) ||
        !reply_number(reply, 0, "errors", &errors))
        return act_fail(io, target, doing, "subscription %s is gone", target->database->slot);
    if (is_enabled && errors == 0) {
        step_nap(io, 300);
        return pursuit_of(io)->good < ROUNDS ? ACT_AGAIN : ACT_DONE;
    }
    act_fail(io, target, doing, "subscription %s %s after %lld errors", target->database->slot,
             is_enabled ? "goes on" : "was disabled", (long long) errors);
    fault_hint(&io->fault,
               "green's server log says which. If the connection to blue broke: the same command "
               "again. If green cannot apply: cure it on blue, \"pgcutover abort --execute\", then "
               "prepare again");
    return ACT_FAILED;
}

/* The slot that is furthest behind; NULL with io->fault set when one is not as it must be. */
static const char *slowest(struct step_io *io, struct target *target, struct reply *reply,
                           uint64_t *ret_confirmed, bool *ret_all_active)
{
    struct world *world = io->world;
    size_t expected = 0, i;
    uint64_t lowest = UINT64_MAX;
    const char *name = NULL;
    int row;

    for (i = 0; i < world->database_count; i++)
        expected += world->databases[i].replicate;
    *ret_all_active = true;
    for (row = 0; row < reply_rows(reply); row++) {
        const char *status = reply_value(reply, row, "wal_status");
        uint64_t confirmed;
        bool is_active = false;

        if (!reply_lsn(reply, row, "confirmed_flush_lsn", &confirmed) || !status ||
            !reply_bool(reply, row, "active", &is_active) || strcmp(status, "lost") == 0 ||
            strcmp(status, "unreserved") == 0) {
            act_fail(io, target, "reading the positions of the slots", "slot %s: wal_status is %s",
                     reply_value(reply, row, "slot_name"), status ? status : "unknown");
            return NULL;
        }
        *ret_all_active = *ret_all_active && is_active;
        if (confirmed < lowest) {
            lowest = confirmed;
            name = reply_value(reply, row, "slot_name");
        }
    }
    if ((size_t) reply_rows(reply) != expected || !name) {
        act_fail(io, target, "reading the positions of the slots", "%d slots are there, not %zu",
                 reply_rows(reply), expected);
        return NULL;
    }
    *ret_confirmed = lowest;
    return name;
}

static enum act_verdict slots_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct pursuit *pursuit;
    int64_t now = io->driver->now_ns(io->driver), behind = 0;
    uint64_t confirmed, current;
    bool all_active;
    const char *name;

    if (io_explains(io))
        return ACT_DONE;
    pursuit = pursuit_of(io);
    name = slowest(io, target, reply, &confirmed, &all_active);
    if (!name || !reply_lsn(reply, 0, "now_lsn", &current))
        return ACT_FAILED;
    if (!all_active && now - pursuit->began_ns > START_MS * NS_PER_MS) {
        act_fail(io, target, "waiting for the apply workers", "a slot has no reader");
        fault_hint(&io->fault, "look at green's server log, and at its max_worker_processes and "
                               "max_logical_replication_workers");
        return ACT_FAILED;
    }
    behind = current > confirmed ? (int64_t) (current - confirmed) : 0;
    step_waits_for(io, "slot %s: %lld kB behind", name, (long long) (behind / 1024));
    step_nap(io, 100);
    if (!pursuit->target || !all_active) {
        pursuit->target = current;
        pursuit->since_ns = now;
        return ACT_AGAIN;
    }
    if (confirmed < pursuit->target)
        return ACT_AGAIN;
    pursuit->good = now - pursuit->since_ns <= ROUND_MS * NS_PER_MS ? pursuit->good + 1 : 0;
    pursuit->target = 0;
    if (pursuit->good < ROUNDS)
        return ACT_AGAIN;
    return ACT_DONE;
}

static enum act_verdict end_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    io_world(io)->own = NULL;
    return ACT_DONE;
}

static const struct act catch_up_run[] = {
    {.on = ON_TOOL, .judge = end_judge},
    {.on = ON_BLUE, .sql = &sql_slots_progress, .judge = slots_judge},
    {.on = ON_GREEN_DATABASES,
     .flags = ACT_TOGETHER | ACT_GREEN_LATER,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = worker_judge},
    {.on = ON_TOOL, .judge = end_judge},
};
static const struct acts catch_up_acts = {.run = catch_up_run,
                                          .run_count = ACTS_COUNT(catch_up_run)};

const struct step_type step_catch_up = {
    .id = "catch_up",
    .title = "Wait until green has caught up",
    .undo_note = "nothing to undo",
    .deadline_ms = INT64_C(7) * 24 * 3600 * 1000,
    ACTS_STEP(catch_up_acts),
};
