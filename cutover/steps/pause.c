#include "pause.h"

#include "keep.h"

bool pause_name_values(struct step_io *io, struct target *target, struct act_values *values)
{
    bool is_known = !io_explains(io) || journal_get(io->journal, "run");

    (void) target;
    sql_set(&values->sql, "application_name",
            is_known ? io_world(io)->application_name : sql_unknown);
    return true;
}

bool pause_clients_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return keep_values(io, target, values) && pause_name_values(io, target, values);
}

bool pause_sequences_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io;
    sql_set(&values->sql, "statement", target->database->sequence_sql);
    return target->database->sequence_sql != NULL;
}

bool pause_marker_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) target;
    sql_set(&values->sql, "id", "1");
    return true;
}
