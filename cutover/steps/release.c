/*
 * release: RESUME every entry at once. Repeating it does no harm.
 */
#include "release.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "arm_poolers.h"
#include "sql_files.h"
#include "steps.h"

#include <string.h>

/* In another process than the one that held them, the entries come from the journal. */
static enum act_verdict load_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    pooler_load(io);
    return ACT_DONE;
}

static bool resume_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io;
    sql_set(&values->sql, "entry", target->entry->name);
    return true;
}

/* "not paused" is what we want; whether it is so is looked at afterwards. */
static enum act_verdict resume_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target;
    if (reply->state == REPLY_FAILED && string_equal(reply->fault.code, "08006")) {
        io->fault = reply->fault;
        return ACT_FAILED;
    }
    return ACT_DONE;
}

static enum act_verdict released_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    struct console *console = target->console;
    size_t i;

    for (i = 0; i < console->entry_count && !io_explains(io); i++)
        if (pgbouncer_is_paused(reply, console->entries[i].name))
            return act_fail(io, target, "seeing that clients are released",
                            "entry %s is still paused", console->entries[i].name);
    return ACT_DONE;
}

const struct act release_acts[RELEASE_ACTS] = {
    {.on = ON_TOOL, .judge = load_judge},
    {.on = ON_ENTRIES,
     .flags = ACT_JUDGES_FAILURE | ACT_EACH,
     .sql = &sql_pooler_resume,
     .values = resume_values,
     .judge = resume_judge},
    {.on = ON_CONSOLES, .flags = ACT_EACH, .sql = &sql_pooler_databases, .judge = released_judge},
};
static const struct acts acts = {.run = release_acts, .run_count = RELEASE_ACTS};

const struct step_type step_release = {
    .id = "release",
    .title = "Release the clients",
    .undo_note = "none: clients are on green",
    .deadline_ms = 10000,
    ACTS_STEP(acts),
};
