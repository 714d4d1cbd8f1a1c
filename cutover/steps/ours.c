#include "ours.h"

bool ours_values(struct step_io *io, struct target *target, struct act_values *values)
{
    bool is_known = !io_explains(io) || journal_get(io->journal, "run");

    (void) target;
    sql_set(&values->sql, "all", "false");
    sql_set(&values->sql, "application_name",
            is_known ? io_world(io)->application_name : sql_unknown);
    return true;
}

enum act_verdict ours_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target;
    if (reply_rows(reply) == 0)
        return ACT_DONE;
    step_waits_for(io, "%d statements of ours to end", reply_rows(reply));
    step_nap(io, 1);
    return ACT_AGAIN;
}
