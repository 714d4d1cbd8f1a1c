/*
 * hold: PAUSE every entry of every pooler process at once, then see that it is so.
 *
 * Leaves:  clients wait in the poolers. Undo: RESUME, on other connections than the ones whose
 * PAUSE may still be pending (such a PAUSE never returns: rule E). Fails:   a client keeps a
 * transaction open for longer than the budget allows.
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "acts.h"
#include "arm_poolers.h"
#include "release.h"

#include <string.h>

static bool pause_values(struct step_io *io, struct target *target, struct act_values *values)
{
    step_waits_for(io, "the transactions that clients of the poolers have open");
    sql_set(&values->sql, "entry", target->entry->name);
    return true;
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
        if (servers == 0)
            continue;
        step_waits_for(io, "%lld server connections of %s in %s", (long long) servers, name,
                       console->name);
        step_nap(io, 1);
        return ACT_AGAIN;
    }
    return ACT_DONE;
}

static const struct act hold_run[] = {
    {.on = ON_ENTRIES, .sql = &sql_pooler_pause, .timeout_ms = 3600000, .values = pause_values},
    {.on = ON_CONSOLES, .sql = &sql_pooler_databases, .judge = held_judge},
};
static const struct acts hold_acts = {.run = hold_run,
                                      .run_count = ACTS_COUNT(hold_run),
                                      .undo = release_acts,
                                      .undo_count = RELEASE_ACTS};

const struct step_type step_hold = {
    .id = "hold",
    .title = "Hold the clients in the poolers",
    .undo_note = "RESUME: clients go on where their pooler points",
    .deadline_ms = 3600000, /* the pause budget is shorter */
    ACTS_STEP(hold_acts),
};
