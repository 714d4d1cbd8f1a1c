/*
 * confirm: clients are on the subscriber, seen through the poolers; what was only for the pause is
 * put back.
 *
 * Fails:   loudly, but nothing is undone: clients are on the subscriber and the publisher stays
 * fenced.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "acts.h"
#include "arm_poolers.h"
#include "hooks.h"
#include "lost.h"
#include "release.h"
#include "subscription.h"

static enum act_verdict load_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    lost_hang_up(io->world);
    lost_forget(io->world);
    return lost_load_judge(io, target, reply);
}

static bool astray_look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    lost_wait_begins(io, target);
    values->timeout_ms = lost_left_ms(io, target);
    return true;
}

/* A file that was renamed but not yet synced may be the old one again, when its host went down; and
   who was lost in the pause may still hold its clients. */
static enum act_verdict astray_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct console *console = target->console;
    size_t i, count;
    struct pooler_address *subscriber = pooler_subscriber(io, &count);

    if (reply->state == REPLY_FAILED)
        return lost_wait_judge(io, target, reply);
    console->is_astray = false;
    for (i = 0; i < console->entry_count && !io_explains(io); i++) {
        const char *name = console->entries[i].name;

        console->entries[i].is_held = pgbouncer_is_paused(reply, name) ||
                                      (console->was_lost && pgbouncer_is_set_aside(reply, name));
        if (!pgbouncer_is_set_aside(reply, name) &&
            !pgbouncer_is_at(reply, name, subscriber, count))
            console->is_astray = true;
    }
    return ACT_DONE;
}

static bool held_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io;
    sql_set(&values->sql, "entry", target->entry->name);
    return target->entry->is_held && !target->console->is_lost;
}

/* An entry that is set aside may be paused or not: "not paused" is what we want. */
static enum act_verdict resumed_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    if (!lost_is_broken(target, reply))
        return ACT_DONE;
    io->fault = reply->fault;
    return ACT_FAILED;
}

static bool resumed_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct console *console = target->console;
    bool any = false;
    size_t i;

    (void) io, (void) values;
    for (i = 0; i < console->entry_count; i++)
        any = any || console->entries[i].is_held;
    return any && !console->is_lost;
}

/* They are served before we do anything more: their logins to the subscriber need the machine now.
 */
static bool served_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) values;
    lost_wait_begins(io, target);
    return !target->console->is_lost;
}

static bool retry_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return !target->console->is_lost && pooler_retry_as_before_values(io, target, values);
}

static bool as_many_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return !target->console->is_lost && pooler_as_many_values(io, target, values);
}

static bool minimum_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return !target->console->is_lost && pooler_minimum_values(io, target, values);
}

static bool astray_file_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct pooler *pooler = target->pooler;
    bool is_astray = false;
    size_t i;

    for (i = 0; i < pooler->console_count; i++)
        is_astray = is_astray || pooler->consoles[i].is_astray;
    values->arguments[0] = io_fact(io, "pooler.%s.file", pooler->config->name);
    values->arguments[1] = SUFFIX_AFTER;
    return is_astray && values->arguments[0];
}

static bool astray_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) values;
    return target->console->is_astray && !target->console->is_lost;
}

/* Its clients may have tried the publisher, which is closed: the subscriber is not to wait for
 * that. */
static bool astray_retry_values(struct step_io *io, struct target *target,
                                struct act_values *values)
{
    return target->console->is_astray && pooler_retry_soon_values(io, target, values);
}

static enum act_verdict found_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (astray_judge(io, target, reply) == ACT_DONE && !target->console->is_astray)
        return ACT_DONE;
    act_fail(io, target, "seeing where a pooler points", "not every entry goes to {subscriber}");
    fault_hint(&io->fault,
               "is %s the file that this process reads, and is it the changed one? "
               "RELOAD it, then \"pgcutover recover --execute\"",
               target->pooler->config->file);
    return ACT_FAILED;
}

static enum act_verdict served_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int waiting = release_waiting(target->console, reply);

    if (waiting < 0 && !io_explains(io))
        return act_fail(io, target, "seeing that no client waits", "no cl_waiting in SHOW POOLS");
    /* one look is not enough: clients that were let go just now have yet to come */
    if (io_explains(io) || (waiting == 0 && target->tries > 0))
        return ACT_DONE;
    return lost_serve_judge(io, target, waiting);
}

static enum act_verdict probe_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *version = reply_value(reply, 0, "version_num");

    if (!version)
        return act_fail(io, target, "asking through a pooler who answers", "no answer");
    if (!io_explains(io) && !io_has(io, "{subscriber}.version_num", version))
        return act_fail(io, target, "asking through a pooler who answers",
                        "version %s answers, {subscriber} is %s", version,
                        io_get(io, "{subscriber}.version_num"));
    if (!io_explains(io) && string_equal(reply_value(reply, 0, "is_read_only"), "on"))
        return act_fail(io, target, "asking through a pooler who answers", "it is read-only");
    return ACT_DONE;
}

/* Where no process answers the host is down, as a rule; recover comes back to all of them. */
static bool sync_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct pooler *pooler = target->pooler;
    size_t i, lost = 0;

    for (i = 0; i < pooler->console_count; i++)
        lost += pooler->consoles[i].is_lost;
    values->arguments[0] = io_fact(io, "pooler.%s.file", pooler->config->name);
    return values->arguments[0] && (lost == 0 || lost < pooler->console_count);
}

/* Whatever one pooler has, the others are seen to. */
static const struct act confirm_run[] = {
    {.on = ON_TOOL, .judge = load_judge},
    {.on = ON_CONSOLES, /* again: somebody's RELOAD may have taken it back; it only makes waiting
                           shorter */
     .flags = ACT_JUDGES_FAILURE | ACT_EACH,
     .sql = &sql_pooler_login_retry,
     .values = pooler_retry_soon_again_values},
    {.on = ON_CONSOLES,
     .flags = ACT_JUDGES_FAILURE | ACT_EACH,
     .sql = &sql_pooler_databases,
     .values = astray_look_values,
     .judge = astray_judge},
    {.on = ON_POOLER_HOSTS,
     .flags = ACT_JUDGES_FAILURE, /* nothing staged any more: the file is the changed one */
     .script = &script_file_switch,
     .values = astray_file_values},
    {.on = ON_CONSOLES, .flags = ACT_EACH, .sql = &sql_pooler_reload, .values = astray_values},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_login_retry,
     .values = astray_retry_values},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_databases,
     .values = astray_values,
     .judge = found_judge},
    {.on = ON_ENTRIES,
     .flags = ACT_EACH | ACT_JUDGES_FAILURE,
     .sql = &sql_pooler_resume,
     .values = held_values,
     .judge = resumed_judge},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_databases,
     .values = resumed_values,
     .judge = release_look_judge},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_pools,
     .values = served_values,
     .judge = served_judge},
    HOOKS_CONFIRM,
    {.on = ON_PROBES, .flags = ACT_EACH, .sql = &sql_probe_look, .judge = probe_judge},
    {.on = ON_PROBES, .flags = ACT_CLOSE},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_min_pool_size,
     .values = minimum_values},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH | ACT_TOGETHER,
     .sql = &sql_pooler_max_db_connections,
     .values = as_many_values},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH | ACT_TOGETHER,
     .sql = &sql_pooler_login_retry,
     .values = retry_values},
    {.on = ON_POOLER_HOSTS,
     .flags = ACT_EACH,
     .script = &script_file_sync,
     .timeout_ms = 60000,
     .values = sync_values},
    /* none is there any more when recover comes back to a turn that was interrupted */
    {.on = ON_SUBSCRIBER_DATABASES,
     .flags = ACT_EACH,
     .sql = &sql_subscription_look,
     .values = subscription_values,
     .judge = subscription_look_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .flags = ACT_EACH,
     .sql = &sql_subscription_disable,
     .values = subscription_exists},
    {.on = ON_ENTRIES, .flags = ACT_CLOSE},
};
static const struct acts confirm_acts = {.run = confirm_run, .run_count = ACTS_COUNT(confirm_run)};

const struct step_type step_confirm = {
    .id = "confirm",
    .title = "See clients on {subscriber}",
    .undo_note = "none: clients are on {subscriber}",
    .deadline_ms = 120000,
    ACTS_STEP(confirm_acts),
};
