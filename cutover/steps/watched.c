#include "watched.h"

#define NAP_MS 2
#define TRIES_MAX 1000

enum act_verdict watched_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct world *world = io->world;

    (void) reply;
    if (io_explains(io) || !world->watchdog_call)
        return ACT_DONE;
    if (target->tries == 0)
        world->watchdog_call(world->watchdog_context);
    else if (world->watchdog_is_ready(world->watchdog_context))
        return ACT_DONE;
    if (target->tries > TRIES_MAX) {
        act_fail(io, target, "making sure that the watchdog watches", "it does not answer");
        fault_hint(&io->fault,
                   "was its process ended or stopped? Without it, clients would wait "
                   "for an engine that dies; \"pgcutover {procedure} --execute\" starts "
                   "another one");
        return ACT_FAILED;
    }
    step_waits_for(io, "the watchdog");
    step_nap(io, NAP_MS);
    return ACT_AGAIN;
}
