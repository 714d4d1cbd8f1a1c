/*
 * extensions: brings every extension on green to the version its new server offers.
 *
 * Leaves:  an event per update in the journal. Green is not used yet: nothing to undo.
 * Fails:   ALTER EXTENSION's own error.
 */
#include "sql_files.h"
#include "steps.h"

#include "acts.h"

#include <stdio.h>
#include <stdlib.h>

static enum act_verdict outdated_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    char key[160];
    int i;

    snprintf(key, sizeof(key), "db.%s.extensions_due", target->database->name);
    journal_setf(io->journal, key, "%d", reply_rows(reply));
    for (i = 0; i < reply_rows(reply); i++) {
        snprintf(key, sizeof(key), "db.%s.extension_due.%d", target->database->name, i);
        journal_set(io->journal, key, reply_value(reply, i, "name"));
        snprintf(key, sizeof(key), "db.%s.extension.%s", target->database->name,
                 reply_value(reply, i, "name"));
        journal_setf(io->journal, key, "%s -> %s", reply_value(reply, i, "installed"),
                     reply_value(reply, i, "available"));
    }
    return ACT_DONE;
}

static bool update_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *due = journal_get(
        io->journal, arena_print(io->arena, "db.%s.extensions_due", target->database->name));
    const char *name;

    if (!due || target->round >= atoi(due))
        return false;
    name = io_fact(io, "db.%s.extension_due.%d", target->database->name, target->round);
    sql_set(&values->sql, "extension", name);
    return name != NULL;
}

static const struct act extensions_run[] = {
    {.on = ON_GREEN_DATABASES,
     .flags = ACT_GREEN_LATER,
     .sql = &sql_extensions_outdated,
     .judge = outdated_judge},
    {.on = ON_GREEN_DATABASES,
     .flags = ACT_REPEAT,
     .sql = &sql_extension_update,
     .timeout_ms = 600000,
     .values = update_values},
};
static const struct acts extensions_acts = {.run = extensions_run,
                                            .run_count = ACTS_COUNT(extensions_run)};

const struct step_type step_extensions = {
    .id = "extensions",
    .title = "Update the extensions on green",
    .undo_note = "nothing to undo: green is removed",
    .deadline_ms = 1800000,
    ACTS_STEP(extensions_acts),
};
