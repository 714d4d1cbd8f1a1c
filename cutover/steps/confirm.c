/*
 * confirm: clients are on green, seen through the poolers; what was only for the pause is put back.
 *
 * Fails:   loudly, but nothing is undone: clients are on green and blue stays fenced.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "acts.h"
#include "arm_poolers.h"
#include "subscription.h"

/* They are served before we do anything more: their logins to green need the machine now. */
#define SERVED_NAP_MS 100
#define SERVED_TRIES 100

static enum act_verdict served_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct console *console = target->console;
    int waiting = 0;
    size_t i;

    for (i = 0; i < console->entry_count; i++)
        waiting += pgbouncer_waiting(reply, console->entries[i].name);
    if (io_explains(io) || (waiting == 0 && target->tries > 0) || target->tries == SERVED_TRIES)
        return ACT_DONE;
    step_waits_for(io, "%d clients of %s to be served", waiting, console->name);
    step_nap(io, SERVED_NAP_MS);
    return ACT_AGAIN;
}

static enum act_verdict probe_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *version = reply_value(reply, 0, "version_num");

    if (!version)
        return act_fail(io, target, "asking through a pooler who answers", "no answer");
    if (!io_explains(io) && !journal_has(io->journal, "green.version_num", version))
        return act_fail(io, target, "asking through a pooler who answers",
                        "version %s answers, green is %s", version,
                        journal_get(io->journal, "green.version_num"));
    if (!io_explains(io) && string_equal(reply_value(reply, 0, "is_read_only"), "on"))
        return act_fail(io, target, "asking through a pooler who answers", "it is read-only");
    return ACT_DONE;
}

static bool sync_values(struct step_io *io, struct target *target, struct act_values *values)
{
    values->arguments[0] = io_fact(io, "pooler.%s.file", target->pooler->config->name);
    return values->arguments[0] != NULL;
}

static const struct act confirm_run[] = {
    {.on = ON_CONSOLES, .sql = &sql_pooler_pools, .judge = served_judge},
    {.on = ON_PROBES, .sql = &sql_probe_look, .judge = probe_judge},
    {.on = ON_PROBES, .flags = ACT_CLOSE},
    poolers_disarm_login_retry,
    {.on = ON_POOLER_HOSTS,
     .script = &script_file_sync,
     .timeout_ms = 60000,
     .values = sync_values},
    {.on = ON_GREEN_DATABASES, .sql = &sql_subscription_disable, .values = subscription_values},
    {.on = ON_ENTRIES, .flags = ACT_CLOSE},
};
static const struct acts confirm_acts = {.run = confirm_run, .run_count = ACTS_COUNT(confirm_run)};

const struct step_type step_confirm = {
    .id = "confirm",
    .title = "See clients on green",
    .undo_note = "none: clients are on green",
    .deadline_ms = 120000,
    ACTS_STEP(confirm_acts),
};
