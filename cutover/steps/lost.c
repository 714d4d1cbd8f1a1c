#include "lost.h"

#include "../base/text.h"

#include <string.h>

/* Share of the pause budget for one answer. */
#define SHARE 5

bool lost_is(const struct target *target)
{
    return target->pooler->is_lost || (target->console && target->console->is_lost);
}

void lost_forget(struct world *world)
{
    size_t i, j;

    for (i = 0; i < world->pooler_count; i++) {
        world->poolers[i].is_lost = false;
        for (j = 0; j < world->poolers[i].console_count; j++)
            world->poolers[i].consoles[j].is_lost = false;
    }
}

void lost_hang_up(struct world *world)
{
    size_t i, j, k;

    for (i = 0; i < world->pooler_count; i++)
        for (j = 0; j < world->poolers[i].console_count; j++) {
            struct console *console = &world->poolers[i].consoles[j];

            for (k = 0; console->is_lost && k < console->entry_count; k++)
                link_close(&console->entries[k].link);
            if (console->is_lost)
                link_close(&console->link);
        }
}

/* A connection or a shell that broke; a command that failed says "exit 1". */
static bool is_broken(const struct target *target, const struct fault *fault)
{
    if (string_equal(fault->code, "timeout"))
        return true;
    return target->host ? !string_equal(fault->code, "exit 1") : string_equal(fault->code, "08006");
}

enum act_verdict lost_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (reply->state == REPLY_OK)
        return ACT_DONE;
    if (!is_broken(target, &reply->fault)) {
        io->fault = reply->fault;
        return ACT_FAILED;
    }
    /* it may have been started again: once more, on a new connection */
    if (target->tries == 0 && !string_equal(reply->fault.code, "timeout"))
        return ACT_AGAIN;
    if (target->console)
        target->console->is_lost = true;
    else
        target->pooler->is_lost = true;
    journal_event(io->journal, "lost",
                  arena_print(io->arena, "%s: %s", target->name, reply->fault.cause),
                  io->driver->wall_us(io->driver));
    return ACT_DONE;
}

bool lost_values(struct step_io *io, struct target *target, struct act_values *values)
{
    values->timeout_ms = io_world(io)->config->pause_budget_ms / SHARE;
    return !lost_is(target);
}

enum act_verdict lost_not_all_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const struct world *world = io->world;
    size_t i, j;

    (void) reply;
    for (i = 0; i < world->pooler_count; i++) {
        if (config_pooler_is_hook(world->poolers[i].config) && !world->poolers[i].is_lost)
            return ACT_DONE;
        for (j = 0; j < world->poolers[i].console_count; j++)
            if (!world->poolers[i].is_lost && !world->poolers[i].consoles[j].is_lost)
                return ACT_DONE;
    }
    if (world->pooler_count == 0)
        return ACT_DONE;
    return act_fail(io, target, "pointing the poolers to green", "none of them answers any more");
}
