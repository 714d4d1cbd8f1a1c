#include "counters.h"

bool counters_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct world *world = io->world;

    (void) target, (void) values;
    return world->subscriber == &world->green && !io_explains(io);
}

enum act_verdict counters_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *counters = reply->state == REPLY_OK ? reply_value(reply, 0, "counters") : NULL;

    journal_set(io->journal, arena_print(io->arena, "db.%s.counters", target->database->name),
                counters);
    return ACT_DONE;
}
