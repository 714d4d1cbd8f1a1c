/*
 * record: what the cutover will change is read and written down: the way back is on disk before the
 * first effect of arm (row 10 of the crash matrix: recover knows nothing but the journal).
 *
 * Needs:   observe.
 * Leaves:  facts for undo: fence and unfence statements, the poolers' files, entries and settings.
 *          Reads only.
 * Fails:   a console or a host of a pooler; a file or a process with nothing that goes to blue.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "arm_poolers.h"
#include "hooks.h"
#include "keep.h"
#include "probe.h"

static enum act_verdict fence_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *fence = reply_value(reply, 0, "fence");
    const char *unfence = reply_value(reply, 0, "unfence");

    if (!fence || !unfence)
        return act_fail(io, target, "working out the fence", "no answer");
    journal_set(io->journal, "blue.fence", fence);
    journal_set(io->journal, "blue.unfence", unfence);
    return ACT_DONE;
}

static const struct act record_run[] = {
    {.on = ON_POOLER_HOSTS,
     .script = &script_file_read,
     .values = pooler_file_values,
     .judge = pooler_file_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_databases, .judge = pooler_entries_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_config, .judge = pooler_config_judge},
    HOOKS_RECORD,
    {.on = ON_BLUE, .sql = &sql_fence_statements, .values = keep_values, .judge = fence_judge},
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
