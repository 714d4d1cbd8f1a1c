/*
 * record: what the cutover will change is read and written down: the way back is on disk before the
 * first effect of arm (row 10 of the crash matrix: recover knows nothing but the journal).
 *
 * Needs:   observe.
 * Leaves:  facts for undo: fence and unfence statements, the poolers' files, entries and settings.
 *          Reads only.
 * Fails:   a console or a host of a pooler; a file or a process with nothing that goes to the
 *          publisher; on the way back, a PgBouncer that would not bear the older server.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "arm_poolers.h"
#include "hooks.h"
#include "keep.h"
#include "probe.h"

#include <stdlib.h>

/* Its release that keeps what a server reported. */
#define STALE_FROM 1026

static enum act_verdict fence_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *fence = reply_value(reply, 0, "fence");
    const char *unfence = reply_value(reply, 0, "unfence");

    if (!fence || !unfence)
        return act_fail(io, target, "working out the fence", "no answer");
    io_set(io, "{publisher}.fence", fence);
    io_set(io, "{publisher}.unfence", unfence);
    return ACT_DONE;
}

/* From 16 on servers report scram_iterations; PgBouncer 1.26 keeps it for a pool, and sets it for
   every client that comes later: a server that does not know it refuses that. */
static bool stale_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *from = io_get(io, "{publisher}.version_num");
    const char *to = io_get(io, "{subscriber}.version_num");

    (void) target, (void) values;
    return from && to && atoi(from) >= 160000 && atoi(to) < 160000;
}

static enum act_verdict stale_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int version = pgbouncer_version(reply);

    if (version && version < STALE_FROM)
        return ACT_DONE;
    act_fail(io, target, "looking at the versions of the poolers",
             version ? "PgBouncer %d.%d keeps what {publisher} reported, and would refuse every "
                       "client that comes once it goes to {subscriber}"
                     : "it does not say which one it is (%d.%d)",
             version / 1000, version % 1000);
    fault_hint(&io->fault,
               "\"invalid server parameter\" is what they would see, until the process is "
               "started anew. Before the {procedure}, put an older PgBouncer in its "
               "place: up to 1.25");
    io->fault.exit_code = EXIT_CHECKS_FAILED;
    return ACT_FAILED;
}

static const struct act record_run[] = {
    {.on = ON_CONSOLES, .sql = &sql_pooler_version, .values = stale_values, .judge = stale_judge},
    {.on = ON_POOLER_HOSTS,
     .script = &script_file_read,
     .values = pooler_file_values,
     .judge = pooler_file_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_databases, .judge = pooler_entries_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_config, .judge = pooler_config_judge},
    HOOKS_RECORD,
    {.on = ON_PUBLISHER, .sql = &sql_fence_statements, .values = keep_values, .judge = fence_judge},
    PROBE_RECORD_ACTS,
};
static const struct acts record_acts = {.run = record_run, .run_count = ACTS_COUNT(record_run)};

const struct step_type step_record = {
    .id = "record",
    .title = "Write down the way back",
    .undo_note = "nothing to undo",
    .deadline_ms = 60000,
    ACTS_STEP(record_acts),
};
