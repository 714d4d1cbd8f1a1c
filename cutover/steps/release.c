/*
 * release: RESUME every entry, at once or one process after the other. Repeating it does no harm.
 *
 * Fails:   an entry that stays paused. A process that does not answer is left to confirm.
 */
#include "release.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "arm_poolers.h"
#include "lost.h"
#include "steps.h"

#include <string.h>

#define SERVED_NAP_MS 20
#define SERVED_TRIES 25

/* Forward, poolers may be let go one after the other, against a storm of logins; hooks at the end.
 */
int64_t release_stagger_ms(struct step_io *io, struct target *target, int64_t since_ms)
{
    const struct world *world = io->world;
    int64_t stagger = world->config->release_stagger_ms, before = 0;
    bool is_its_turn = false;
    size_t i, j;

    if (io->mode == STEP_UNDO || !stagger)
        return 0;
    for (i = 0; i < world->pooler_count && !is_its_turn; i++)
        for (j = 0; j < world->poolers[i].console_count && !is_its_turn; j++) {
            is_its_turn = &world->poolers[i].consoles[j] == target->console;
            before += !is_its_turn;
        }
    return before * stagger > since_ms ? before * stagger - since_ms : 0;
}

/* Forward, one that hangs is soon left to confirm: its clients wait. Undo's rows have their share.
 */
static void hurry(struct step_io *io, struct act_values *values)
{
    if (io->mode != STEP_UNDO)
        values->timeout_ms = io_world(io)->config->pause_budget_ms * 2 / 5;
}

bool release_entry_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "entry", target->entry->name);
    hurry(io, values);
    /* whose host is lost goes to a publisher that is closed: errors, but nobody waits for ever */
    return io->mode == STEP_UNDO || !target->console->is_lost;
}

/* "not paused" is what we want; whether it is so is looked at afterwards. Who does not answer is
   lost behind the switch; undo comes back to it. */
enum act_verdict release_entry_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (!lost_is_broken(target, reply))
        return ACT_DONE;
    if (io->mode != STEP_UNDO)
        return lost_judge(io, target, reply);
    io->fault = reply->fault;
    return ACT_FAILED;
}

bool release_look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    hurry(io, values);
    return io->mode == STEP_UNDO || !target->console->is_lost;
}

enum act_verdict release_look_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct console *console = target->console;
    size_t i;

    if (reply->state == REPLY_FAILED && io->mode != STEP_UNDO)
        return lost_judge(io, target, reply);
    if (reply->state == REPLY_FAILED) {
        io->fault = reply->fault;
        return ACT_FAILED;
    }
    if (reply_rows(reply) <= 0 && !io_explains(io))
        return act_fail(io, target, "seeing that clients are released", "no answer");
    for (i = 0; i < console->entry_count && !io_explains(io); i++)
        if (pgbouncer_is_paused(reply, console->entries[i].name))
            return act_fail(io, target, "seeing that clients are released",
                            "entry %s is still paused", console->entries[i].name);
    return ACT_DONE;
}

int release_waiting(const struct console *console, const struct reply *pools)
{
    int all = 0;
    size_t i;

    for (i = 0; i < console->entry_count; i++) {
        int waiting = pgbouncer_waiting(pools, console->entries[i].name);

        if (waiting < 0)
            return -1;
        all += waiting;
    }
    return all;
}

bool release_served_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) values;
    return !lost_is(target);
}

enum act_verdict release_served_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    int waiting = release_waiting(target->console, reply);

    /* not known is not nobody; but an undo does not fail for it */
    if (io_explains(io) || waiting == 0 || target->tries == SERVED_TRIES)
        return ACT_DONE;
    step_waits_for(io, "clients of %s to be served", target->console->name);
    step_nap(io, SERVED_NAP_MS);
    return ACT_AGAIN;
}

/* Who armed the poolers is dead, and may have put this back: a login that failed meanwhile would
   not be tried again for so long. */
static bool retry_values(struct step_io *io, struct target *target, struct act_values *values)
{
    hurry(io, values);
    return !target->console->server_login_retry && pooler_retry_soon_values(io, target, values);
}

static const struct act release_run[] = {
    RELEASE_LOAD,
    {.on = ON_CONSOLES,
     .flags = ACT_JUDGES_FAILURE | ACT_EACH,
     .sql = &sql_pooler_login_retry,
     .values = retry_values}, /* only a matter of seconds: RESUME finds who does not answer */
    RELEASE_ENTRIES(ACT_TOGETHER),
};
static const struct acts acts = {.run = release_run, .run_count = ACTS_COUNT(release_run)};

const struct step_type step_release = {
    .id = "release",
    .title = "Release the clients",
    .undo_note = "none: clients are on {subscriber}",
    .deadline_ms = 600000, /* with the stagger; each request has its own */
    ACTS_STEP(acts),
};
