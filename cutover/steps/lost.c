#include "lost.h"

#include "../base/text.h"
#include "arm_poolers.h"

#include <string.h>

/* Share of the pause budget for one answer. */
#define SHARE 5

/* Behind the switch: how long who was lost is waited for, and until clients are served; the others
   are, by then. Counted in time: a try may cost nothing, or a time-out. */
#define WAIT_MS 10000
#define LOST_NAP_MS 200
#define SERVED_NAP_MS 100

bool lost_is(const struct target *target)
{
    return target->pooler->is_lost || (target->console && target->console->is_lost);
}

void lost_forget(struct world *world)
{
    size_t i, j;

    for (i = 0; i < world->pooler_count; i++) {
        world->poolers[i].is_lost = false;
        for (j = 0; j < world->poolers[i].console_count; j++) {
            struct console *console = &world->poolers[i].consoles[j];

            console->was_lost = console->was_lost || console->is_lost;
            console->is_lost = false;
        }
    }
}

enum act_verdict lost_load_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target, (void) reply;
    pooler_load(io);
    if (io->mode == STEP_UNDO)
        lost_forget(io->world);
    return ACT_DONE;
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
bool lost_is_broken(const struct target *target, const struct reply *reply)
{
    const char *code = reply->fault.code;

    if (reply->state != REPLY_FAILED || string_equal(code, "timeout"))
        return reply->state == REPLY_FAILED;
    return target->host ? !string_equal(code, "exit 1") : string_equal(code, "08006");
}

enum act_verdict lost_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (reply->state == REPLY_OK)
        return ACT_DONE;
    if (!lost_is_broken(target, reply)) {
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

static int64_t *since_ns(const struct target *target)
{
    return target->console ? &target->console->asked_ns : &target->pooler->asked_ns;
}

void lost_wait_begins(struct step_io *io, const struct target *target)
{
    if (target->tries == 0)
        *since_ns(target) = io->driver->now_ns(io->driver);
}

static int64_t left_ns(struct step_io *io, const struct target *target)
{
    return *since_ns(target) + WAIT_MS * NS_PER_MS - io->driver->now_ns(io->driver);
}

int64_t lost_left_ms(struct step_io *io, const struct target *target)
{
    int64_t left_ms = left_ns(io, target) / NS_PER_MS;

    return left_ms > 0 ? left_ms : 1;
}

enum act_verdict lost_wait_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (left_ns(io, target) > 0) {
        step_waits_for(io, "%.100s to answer", target->name);
        step_nap(io, LOST_NAP_MS);
        return ACT_AGAIN;
    }
    if (target->console)
        target->console->is_lost = true;
    else
        target->pooler->is_lost = true;
    io->fault = reply->fault;
    fault_hint(
        &io->fault,
        "the others are on {subscriber}, and this one cannot reach {publisher}. When %s again: "
        "\"pgcutover recover --execute\"",
        target->console ? "it runs" : "its hook works");
    io->fault.exit_code = EXIT_FAILED;
    return ACT_FAILED;
}

enum act_verdict lost_serve_judge(struct step_io *io, const struct target *target, int64_t waiting)
{
    if (left_ns(io, target) <= 0)
        return ACT_DONE;
    step_waits_for(io, "%lld clients of %s%.100s to be served", (long long) waiting,
                   target->console ? "" : "pooler ",
                   target->console ? target->console->name : target->pooler->config->name);
    step_nap(io, SERVED_NAP_MS);
    return ACT_AGAIN;
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
    return act_fail(io, target, "pointing the poolers to {subscriber}",
                    "none of them answers any more");
}
