/*
 * probe: can the poolers log in to the subscriber with what their clients use? Tried through
 * the poolers, for nobody else has their addresses, passwords and certificates: entries that
 * say what those that move will say stand beside them for a moment.
 *
 * Needs:   record: what is tried, and the fact that it may have to be taken away; arm:
 *          the copy of the file.
 * Leaves:  nothing: the file and the entries as they were. A closed subscriber answers
 *          "permission denied for database": by then access rules, password and TLS
 *          have been passed.
 * Fails:   with any other answer, or none: exit code 3; nobody was held.
 */
#include "probe.h"

#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "arm_poolers.h"
#include "logins.h"
#include "lost.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of those that `*` stands for, the one that every cluster has. */
#define FALLBACK "postgres"
#define FACT "{procedure}.probe"
/* Until entries that the file does not have any more are gone. */
#define GONE_NAP_MS 20
#define GONE_TRIES 100

static bool is_tried(const struct pooler *pooler)
{
    return pooler->config->probe && !config_pooler_is_hook(pooler->config);
}

static enum act_verdict say_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const struct world *world = io->world;
    struct text text = {0};
    size_t i;

    (void) target, (void) reply;
    for (i = 0; i < world->pooler_count; i++)
        if (!is_tried(&world->poolers[i]))
            text_add(&text, "%s[pooler %s] %s",
                     text.length ? ", " : "not tried: ", world->poolers[i].config->name,
                     world->poolers[i].config->probe ? "is driven by a hook" : "has no probe");
    if (text.length)
        step_says(io, "%s", text_string(&text));
    text_free(&text);
    return ACT_DONE;
}

static bool plan(struct step_io *io, struct pooler *pooler)
{
    size_t publisher_count, subscriber_count, count = 0;
    struct pooler_address *publisher = pooler_publisher(io, &publisher_count);
    struct pooler_address *subscriber = pooler_subscriber(io, &subscriber_count);
    struct pooler_trial *trials = NULL;
    char *tried = NULL;

    if (!pooler->before ||
        !pooler_file_try(pooler->before, pooler->config->file, publisher, publisher_count,
                         subscriber, FALLBACK, &tried, &trials, &count, &io->fault))
        return false;
    world_keep(&pooler->tried, tried);
    pooler_set_trials(pooler, trials, count);
    pooler_trials_free(trials, count);
    free(tried);
    return true;
}

enum act_verdict probe_plan_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct world *world = io->world;
    size_t i;

    (void) target, (void) reply;
    for (i = 0; i < world->pooler_count; i++)
        if (is_tried(&world->poolers[i]) && !plan(io, &world->poolers[i]))
            return ACT_FAILED;
    if (!io_explains(io))
        io_set(io, FACT, "expected");
    return ACT_DONE;
}

/* --- the file ------------------------------------------------------------------------------- */

static bool stage_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io;
    values->arguments[0] = target->pooler->config->file;
    values->arguments[1] = SUFFIX_PROBE;
    values->input = target->pooler->tried;
    return is_tried(target->pooler);
}

static bool file_values(struct step_io *io, struct target *target, struct act_values *values)
{
    values->arguments[0] = io_fact(io, "pooler.%s.file", target->pooler->config->name);
    return is_tried(target->pooler) && values->arguments[0];
}

static bool try_file_values(struct step_io *io, struct target *target, struct act_values *values)
{
    values->arguments[1] = SUFFIX_PROBE;
    values->arguments[2] = SUFFIX_BEFORE;
    return file_values(io, target, values);
}

static bool restore_values(struct step_io *io, struct target *target, struct act_values *values)
{
    values->arguments[1] = SUFFIX_BEFORE;
    values->arguments[2] = SUFFIX_PROBE;
    return file_values(io, target, values);
}

/* --- the processes -------------------------------------------------------------------------- */

bool probe_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) values;
    return is_tried(target->pooler);
}

static bool few_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return is_tried(target->pooler) && pooler_few_values(io, target, values);
}

static int64_t reload_ms(struct step_io *io, struct target *target, int64_t since_ms)
{
    return is_tried(target->pooler) ? logins_reload_ms(io, target, since_ms) : 0;
}

/* Before 1.25 RELOAD says success whatever it met. */
static enum act_verdict there_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const struct pooler *pooler = target->pooler;
    size_t i, count;
    struct pooler_address *subscriber = pooler_subscriber(io, &count);

    for (i = 0; i < pooler->trial_count && !io_explains(io); i++) {
        if (pgbouncer_is_at(reply, pooler->trials[i].name, subscriber, count))
            continue;
        act_fail(io, target, sql_probe_try.doing,
                 "the process did not read %s: entry %s is not there", pooler->config->file,
                 pooler->trials[i].name);
        fault_hint(&io->fault, "is its configuration broken? Its log tells; nobody was held");
        io->fault.exit_code = EXIT_CHECKS_FAILED;
        return ACT_FAILED;
    }
    return ACT_DONE;
}

static const char *left_over(const struct reply *databases)
{
    int row;

    for (row = 0; row < reply_rows(databases); row++) {
        const char *name = reply_value(databases, row, "name");

        if (name && strncmp(name, POOLER_TRIAL, strlen(POOLER_TRIAL)) == 0)
            return name;
    }
    return NULL;
}

enum act_verdict probe_name_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *name = left_over(reply);

    if (!name)
        return ACT_DONE;
    act_fail(io, target, "looking at the entries", "there is one called %s", name);
    fault_hint(&io->fault, "the names that begin so are for entries to try; take it away");
    io->fault.exit_code = EXIT_USAGE;
    return ACT_FAILED;
}

static enum act_verdict gone_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "taking away the entries that were tried";
    const struct console *console = target->console;
    const char *left = left_over(reply);
    size_t i, count;
    struct pooler_address *publisher = pooler_publisher(io, &count);

    if (io_explains(io))
        return ACT_DONE;
    if (left && target->tries < GONE_TRIES) {
        step_nap(io, GONE_NAP_MS);
        return ACT_AGAIN;
    }
    if (left)
        return act_fail(io, target, doing, "entry %s is still there", left);
    if (reply_rows(reply) == 0)
        return act_fail(io, target, doing, "no answer");
    for (i = 0; i < console->entry_count; i++) {
        const char *name = console->entries[i].name;

        if (!pgbouncer_is_set_aside(reply, name) && !pgbouncer_is_at(reply, name, publisher, count))
            return act_fail(io, target, doing, "entry %s does not go to {publisher}", name);
    }
    return ACT_DONE;
}

static bool retry_soon_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return is_tried(target->pooler) && pooler_retry_soon_values(io, target, values);
}

/* --- the way back --------------------------------------------------------------------------- */

static enum act_verdict done_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    if (!io_explains(io))
        io_set(io, FACT, "done");
    return ACT_DONE;
}

static const struct act probe_run[] = {
    {.on = ON_TOOL, .judge = say_judge},
    {.on = ON_POOLER_HOSTS, .script = &script_file_stage, .values = stage_values},
    {.on = ON_POOLER_HOSTS, .script = &script_file_try, .values = try_file_values},
    LOGINS_RELOAD(0, probe_values, few_values, reload_ms),
    {.on = ON_CONSOLES, .sql = &sql_pooler_databases, .values = probe_values, .judge = there_judge},
    {.on = ON_TRIALS, /* whatever one of them meets, the files are put back first */
     .flags = ACT_EACH | ACT_JUDGES_FAILURE,
     .sql = &sql_probe_try,
     .timeout_ms = PROBE_LOGIN_MS,
     .judge = probe_login_judge},
    {.on = ON_TRIALS, .flags = ACT_CLOSE},
    {.on = ON_POOLER_HOSTS, .script = &script_file_restore, .values = restore_values},
    LOGINS_RELOAD(0, probe_values, few_values, reload_ms),
    {.on = ON_CONSOLES, .sql = &sql_pooler_databases, .values = probe_values, .judge = gone_judge},
    {.on = ON_CONSOLES,
     .sql = &sql_pooler_config,
     .values = probe_values,
     .judge = pooler_unchanged_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_min_pool_size, .values = pooler_no_minimum_values},
    {.on = ON_CONSOLES,
     .flags = ACT_TOGETHER,
     .sql = &sql_pooler_login_retry,
     .values = retry_soon_values},
    {.on = ON_POOLER_HOSTS,
     .script = &script_file_sync,
     .timeout_ms = 60000,
     .values = file_values},
    {.on = ON_TOOL, .judge = done_judge},
};
static bool retry_soon_again_values(struct step_io *io, struct target *target,
                                    struct act_values *values)
{
    return is_tried(target->pooler) && pooler_retry_soon_again_values(io, target, values);
}

static const struct act probe_undo[] = {
    {.on = ON_TOOL, .judge = lost_load_judge},
    {.on = ON_TRIALS, .flags = ACT_CLOSE},
    {.on = ON_POOLER_HOSTS,
     .flags = ACT_EACH,
     .script = &script_file_restore,
     .values = restore_values},
    LOGINS_RELOAD(ACT_EACH | ACT_JUDGES_FAILURE, probe_values, few_values, reload_ms),
    /* as in the undo of hold: the file's value would keep clients waiting for a login that failed
     */
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_login_retry,
     .values = retry_soon_again_values},
    {.on = ON_CONSOLES,
     .flags = ACT_EACH,
     .sql = &sql_pooler_databases,
     .values = probe_values,
     .judge = gone_judge},
};
static const struct acts probe_acts = {.run = probe_run,
                                       .run_count = ACTS_COUNT(probe_run),
                                       .undo = probe_undo,
                                       .undo_count = ACTS_COUNT(probe_undo)};

/* Of an undo that comes later nothing here is left, and no pooler has to be asked. */
static enum step_verdict undo(struct step_io *io, void *memory, const struct step_type *step)
{
    if (!io_has(io, FACT, "expected"))
        return STEP_DONE;
    return acts_undo(io, memory, step);
}

const struct step_type step_probe = {
    .id = "probe",
    .title = "Try whether the poolers can log in to {subscriber}",
    .undo_note = "the files as they were, read again",
    .deadline_ms = 60000,
    .memory_size = ACTS_MEMORY,
    .detail = &probe_acts,
    .run = acts_run,
    .undo = undo,
    .leave = acts_leave,
};
