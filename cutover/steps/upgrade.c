/*
 * upgrade: initdb as blue was, pg_upgrade --check, pg_upgrade --link.
 *
 * Needs:   the clone isolated and shut down; its LSN synced in the journal.
 * Leaves:  green's data directory, never started yet. The clone can no longer be used.
 * Fails:   what pg_upgrade refuses, with the end of its logs. The clone is taken anew by the next
 *          prepare; the slots wait (row 6 of the crash matrix).
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "places.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum act_verdict look_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *at = reply->output ? strstr(reply->output, "new_version=") : NULL;

    if (!at || !atoi(at + strlen("new_version=")))
        return act_fail(io, target, "looking at green's host", "no version of the new binaries");
    journal_setf(io->journal, "green.major", "%d", atoi(at + strlen("new_version=")));
    return ACT_DONE;
}

static bool look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.bin_directory, config->green.old_bin_directory,
                          config->green.data_directory, NULL};

    (void) target;
    act_arguments(values, list);
    return true;
}

/* shared_preload_libraries as blue has it: extensions may not load without. */
static const char *preload(struct step_io *io)
{
    const char *settings = journal_get(io->journal, "blue.recovery_settings");
    const char *at = settings ? strstr(settings, "shared_preload_libraries=") : NULL;
    char *value = arena_copy(io->arena, at ? strchr(at, '=') + 1 : "");

    value[strcspn(value, "\n")] = '\0';
    return value;
}

static bool upgrade_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.old_bin_directory,
                          config->green.bin_directory,
                          place_clone(io),
                          config->green.data_directory,
                          place_work(io),
                          place_run(io),
                          io_fact(io, "blue.superuser"),
                          io_fact(io, "blue.encoding"),
                          io_fact(io, "blue.provider"),
                          io_fact(io, "blue.lc_collate"),
                          io_fact(io, "blue.lc_ctype"),
                          io_fact(io, "blue.icu_locale"),
                          io_fact(io, "blue.checksums"),
                          io_fact(io, "blue.segment_mb"),
                          io_fact(io, "green.major"),
                          preload(io),
                          NULL};

    (void) target;
    act_arguments(values, list);
    values->job = place_job(io, "upgrade");
    values->work = place_work(io);
    return !journal_get(io->journal, "green.upgraded");
}

static enum act_verdict upgrade_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    (void) target;
    if (reply->state == REPLY_OK) {
        journal_set(io->journal, "green.upgraded", "yes");
        return ACT_DONE;
    }
    journal_set(io->journal, "clone.broken", "yes");
    io->fault = reply->fault;
    fault_hint(&io->fault,
               "cure it on blue, then prepare again: the slots wait, the clone is taken "
               "anew; or \"pgcutover abort --execute\"");
    return ACT_FAILED;
}

static bool identity_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.bin_directory, config->green.data_directory, NULL};

    (void) target;
    act_arguments(values, list);
    return true;
}

/* On disk before its first start: who finds it running must know that it is ours. */
static enum act_verdict identity_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    char identity[24] = "";

    snprintf(identity, sizeof(identity), "%.*s", (int) strspn(reply->output, "0123456789"),
             reply->output);
    if (!*identity)
        return act_fail(io, target, "reading the identity of green's data directory", "no answer");
    journal_set(io->journal, "green.system_identifier", identity);
    return ACT_DONE;
}

static const struct act upgrade_run[] = {
    {.on = ON_GREEN_HOST, .script = &script_host_look, .values = look_values, .judge = look_judge},
    {.on = ON_GREEN_HOST,
     .flags = ACT_JOB | ACT_JUDGES_FAILURE,
     .script = &script_upgrade,
     .values = upgrade_values,
     .judge = upgrade_judge},
    {.on = ON_GREEN_HOST,
     .flags = ACT_GREEN_LATER,
     .script = &script_identity,
     .values = identity_values,
     .judge = identity_judge},
};
static const struct acts upgrade_acts = {.run = upgrade_run, .run_count = ACTS_COUNT(upgrade_run)};

const struct step_type step_upgrade = {
    .id = "upgrade",
    .title = "Upgrade the clone to the new major version",
    .undo_note = "removed with the work directory",
    .deadline_ms = INT64_C(24) * 3600 * 1000,
    ACTS_STEP(upgrade_acts),
};
