/*
 * hold: PAUSE every entry of every pooler process at once, then see that it is so.
 *
 * Leaves:  clients wait in the poolers; max_db_connections=1 there until point's RELOAD, so that
 *          PAUSE cuts no login off. Undo: RESUME, on other connections than the
 *          ones whose PAUSE may still be pending (such a PAUSE never returns: rule E).
 * Fails:   a client keeps a transaction open for longer than the budget allows.
 */
#include "steps.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "acts.h"
#include "arm_poolers.h"
#include "hooks.h"
#include "logins.h"
#include "release.h"

#include <string.h>

/* Share of the budget after which stragglers are not waited for, with on_straggler = terminate. */
#define GRACE_SHARE(budget) ((budget) *2 / 5)
/* Whoever is still not drained then is looked up, so that it can be named. */
#define LOOK_AFTER_MS 200

static bool terminates(struct step_io *io)
{
    return string_equal(io_world(io)->config->on_straggler, "terminate");
}

static enum act_verdict begin_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct world *world = io->world;
    size_t i, j, k;

    world->has_stragglers = false;
    for (i = 0; i < world->pooler_count; i++)
        for (j = 0; j < world->poolers[i].console_count; j++)
            for (k = 0; k < world->poolers[i].consoles[j].entry_count; k++)
                world->poolers[i].consoles[j].entries[k].is_held = false;
    return logins_begin_judge(io, target, reply);
}

static bool pause_values(struct step_io *io, struct target *target, struct act_values *values)
{
    step_waits_for(io, "the transactions that clients of the poolers have open");
    sql_set(&values->sql, "entry", target->entry->name);
    if (terminates(io))
        values->timeout_ms = GRACE_SHARE(io_world(io)->config->pause_budget_ms);
    return true;
}

/* One that does not come to an end has taken effect all the same: new transactions wait, and the
   fence ends those that are left. */
static enum act_verdict pause_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (reply->state == REPLY_FAILED) {
        if (!terminates(io) || !string_equal(reply->fault.code, "timeout")) {
            io->fault = reply->fault;
            return ACT_FAILED;
        }
        io_world(io)->has_stragglers = true;
    }
    target->entry->is_held = true;
    return ACT_DONE;
}

/* Not when everybody is held already. */
static int64_t look_later_ms(struct step_io *io, struct target *target, int64_t since_ms)
{
    const struct world *world = io->world;
    size_t i, j, k;

    (void) target;
    for (i = 0; i < world->pooler_count; i++)
        for (j = 0; j < world->poolers[i].console_count; j++)
            for (k = 0; k < world->poolers[i].consoles[j].entry_count; k++)
                if (!world->poolers[i].consoles[j].entries[k].is_held)
                    return since_ms < LOOK_AFTER_MS ? LOOK_AFTER_MS - since_ms : 0;
    return -1;
}

static bool look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "application_name", io_world(io)->application_name);
    return !io_explains(io);
}

static enum act_verdict look_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int64_t count = 0;
    const char *who = reply->state == REPLY_OK ? reply_value(reply, 0, "who") : NULL;

    (void) target;
    if (who && reply_number(reply, 0, "count", &count) && count > 1)
        step_waits_for(io, "%lld open transactions, that of %s", (long long) count, who);
    else if (who)
        step_waits_for(io, "the transaction of %s", who);
    return ACT_DONE;
}

/* What PAUSE answered is not believed: it may have been another entry that became idle. */
static enum act_verdict held_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "seeing that clients are held";
    struct console *console = target->console;
    size_t i;

    for (i = 0; i < console->entry_count && !io_explains(io); i++) {
        const char *name = console->entries[i].name;
        int64_t servers = -1;

        if (pgbouncer_is_set_aside(reply, name))
            continue;
        if (!pgbouncer_is_paused(reply, name))
            return act_fail(io, target, doing, "entry %s is not paused", name);
        servers = pgbouncer_servers(reply, name);
        if (servers < 0)
            return act_fail(io, target, doing, "no number of connections for entry %s", name);
        if (servers == 0 || io_world(io)->has_stragglers)
            continue;
        step_waits_for(io, "%lld server connections of %s in %s", (long long) servers, name,
                       console->name);
        step_nap(io, 1);
        return ACT_AGAIN;
    }
    return ACT_DONE;
}

static const struct act hold_run[] = {
    {.on = ON_TOOL, .judge = begin_judge},
    {.on = ON_CONSOLES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_pooler_max_db_connections,
     .timeout_ms = 2000,
     .values = pooler_few_values},
    LOGINS_HOLD_ACT,
    {.on = ON_ENTRIES,
     .flags = ACT_TOGETHER | ACT_JUDGES_FAILURE,
     .sql = &sql_pooler_pause,
     .timeout_ms = 3600000,
     .values = pause_values,
     .delay_ms = logins_hold_ms,
     .judge = pause_judge},
    {.on = ON_PUBLISHER,
     .flags = ACT_TOGETHER | ACT_JUDGES_FAILURE,
     .sql = &sql_stragglers_look,
     .values = look_values,
     .delay_ms = look_later_ms,
     .judge = look_judge},
    HOOKS_HOLD,
    {.on = ON_CONSOLES, .sql = &sql_pooler_databases, .judge = held_judge},
    HOOKS_SEE_HELD,
};
/* The RELOAD in point's undo has taken the file's server_login_retry again: a login that failed
   meanwhile, of a process that was started again for instance, would not be tried for so long. The
   undo of arm, which comes last, puts it back. At the same time as RESUME: a process that hangs
   must not keep the clients of the others waiting. */
static const struct act hold_undo[] = {
    RELEASE_LOAD,
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_login_retry,
     .values = pooler_retry_soon_again_values},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH | ACT_TOGETHER,
     .sql = &sql_pooler_max_db_connections,
     .values = pooler_as_many_values},
    RELEASE_ENTRIES(ACT_TOGETHER),
};
static const struct acts hold_acts = {.run = hold_run,
                                      .run_count = ACTS_COUNT(hold_run),
                                      .undo = hold_undo,
                                      .undo_count = ACTS_COUNT(hold_undo)};

const struct step_type step_hold = {
    .id = "hold",
    .title = "Hold the clients in the poolers",
    .undo_note = "RESUME: clients go on where their pooler points",
    .deadline_ms = 3600000, /* the pause budget is shorter */
    ACTS_STEP(hold_acts),
};
