/*
 * recover: brings the clone to the target, exclusively, promotes it, and reads where it left blue.
 *
 * Needs:   clone.target.
 * Leaves:  fact clone.lsn: the switch point in the clone's history file, the only exact source
 *          (rule B2), which becomes the origin of every subscription.
 * Fails:   the target is not reached in time (never success); the switch point does not belong to
 *          the target. The clone is taken anew then.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../../replication/lsn.h"
#include "../base/text.h"
#include "places.h"

#include <stdlib.h>
#include <string.h>

#define RECOVERY_TIMEOUT_S "86400"

static enum act_verdict settings_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    struct text text = {0};
    int i;

    (void) target;
    for (i = 0; i < reply_rows(reply); i++)
        text_add(&text, "%s=%s\n", reply_value(reply, i, "name"), reply_value(reply, i, "value"));
    journal_set(io->journal, "blue.recovery_settings", text_string(&text));
    text_free(&text);
    return ACT_DONE;
}

static bool recover_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[ACT_ARGUMENTS_MAX] = {config->green.old_bin_directory,
                                           place_clone(io),
                                           place_work(io),
                                           place_run(io),
                                           io_fact(io, "blue.superuser"),
                                           io_fact(io, "clone.target"),
                                           RECOVERY_TIMEOUT_S,
                                           place_conninfo(io, &io_world(io)->blue, NULL),
                                           NULL};
    const char *settings = journal_get(io->journal, "blue.recovery_settings");
    char *copy = arena_copy(io->arena, settings ? settings : ""), *line, *rest = copy;
    size_t count = 8;

    (void) target;
    /* the libraries are for pg_upgrade: on the clone they would start to run blue's jobs */
    while ((line = strsep(&rest, "\n")) && count < ACT_ARGUMENTS_MAX - 1)
        if (*line && !string_starts(line, "shared_preload_libraries="))
            list[count++] = line;
    list[count] = NULL;
    act_arguments(values, list);
    values->job = place_job(io, "recover");
    values->work = place_work(io);
    return !journal_get(io->journal, "clone.lsn");
}

static enum act_verdict recover_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    (void) target;
    if (reply->state == REPLY_OK)
        return ACT_DONE;
    /* exit status 3 says so; else the same clone can still get there */
    if (string_starts(reply->output, "failed 3"))
        journal_set(io->journal, "clone.broken", "yes");
    io->fault = reply->fault;
    return ACT_FAILED;
}

static bool look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *list[] = {place_work(io), place_clone(io), NULL};

    (void) target;
    act_arguments(values, list);
    return !io_explains(io) && !journal_get(io->journal, "clone.lsn");
}

/* The value of a "key=" line, copied; NULL: not there. */
static const char *line_value(struct step_io *io, const char *output, const char *key)
{
    size_t length = strlen(key);

    for (; output; output = strchr(output, '\n')) {
        output += *output == '\n';
        if (strncmp(output, key, length) == 0 && output[length] == '=') {
            char *value = arena_copy(io->arena, output + length + 1);

            value[strcspn(value, "\n")] = '\0';
            return value;
        }
    }
    return NULL;
}

static enum act_verdict look_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "reading where the clone left blue";
    const char *history = reply->output ? strstr(reply->output, "history:\n") : NULL;
    const char *system = line_value(io, reply->output, "system_identifier");
    const char *chosen = journal_get(io->journal, "clone.target");
    uint64_t target_lsn, switch_point;
    uint32_t parent;
    char buffer[LSN_TEXT];

    if (!history || !lsn_parse_history(history + strlen("history:\n"), &switch_point, &parent) ||
        !lsn_parse(chosen, &target_lsn))
        return act_fail(io, target, doing, "there is no switch point in the history file");
    if (!system || !journal_has(io->journal, "blue.system_identifier", system))
        return act_fail(io, target, doing, "the clone is of another server: system identifier %s",
                        system ? system : "unknown");
    if (!lsn_target_reached(target_lsn, switch_point)) {
        journal_set(io->journal, "clone.broken", "yes");
        act_fail(io, target, doing, "the clone stopped at %s, not at its target %s",
                 lsn_print(switch_point, buffer), chosen);
        fault_hint(&io->fault, "prepare again: the clone is discarded and taken anew");
        return ACT_FAILED;
    }
    journal_set(io->journal, "clone.lsn", lsn_print(switch_point, buffer));
    journal_setf(io->journal, "clone.timeline", "%u", parent);
    return ACT_DONE;
}

static const struct act recover_run[] = {
    {.on = ON_BLUE, .sql = &sql_recovery_settings, .judge = settings_judge},
    {.on = ON_GREEN_HOST,
     .flags = ACT_JOB | ACT_JUDGES_FAILURE,
     .script = &script_recover,
     .values = recover_values,
     .judge = recover_judge},
    {.on = ON_GREEN_HOST,
     .script = &script_recovered_look,
     .values = look_values,
     .judge = look_judge},
};
static const struct acts recover_acts = {.run = recover_run, .run_count = ACTS_COUNT(recover_run)};

const struct step_type step_recover = {
    .id = "recover",
    .title = "Bring the clone to its LSN and read it back",
    .undo_note = "removed with the work directory",
    .deadline_ms = INT64_C(24) * 3600 * 1000,
    ACTS_STEP(recover_acts),
};
