#include "logins.h"

#include "../poolers/pgbouncer.h"

/* How long a moment without logins is waited for: where nobody is held yet, and where somebody may
   be: clients of the entries that have had theirs. */
#define CALM_WAIT_MS 2000
#define HOLD_WAIT_MS 250
/* And no more begin: until those that have begun just before are through. */
#define LAST_WAIT_MS 1000
#define CALM_NAP_MS 5
#define HOLD_NAP_MS 1

enum act_verdict logins_begin_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const struct world *world = io->world;
    size_t i, j, k;

    (void) target, (void) reply;
    for (i = 0; i < world->pooler_count; i++)
        for (j = 0; j < world->poolers[i].console_count; j++) {
            struct console *console = &world->poolers[i].consoles[j];

            console->is_calm = console->is_seldom = false;
            console->looked_ns = io->driver->now_ns(io->driver);
            for (k = 0; k < console->entry_count; k++)
                console->entries[k].is_calm = false;
        }
    return ACT_DONE;
}

static bool is_over(struct step_io *io, const struct console *console, int64_t wait_ms)
{
    return io->driver->now_ns(io->driver) - console->looked_ns >= wait_ms * NS_PER_MS;
}

static enum act_verdict look_again(struct step_io *io, const struct console *console, int logins,
                                   int64_t nap_ms)
{
    step_waits_for(io, "%d server connections of %s that are logging in", logins, console->name);
    step_nap(io, nap_ms);
    return ACT_AGAIN;
}

static enum act_verdict not_known(struct step_io *io, const struct target *target)
{
    return act_fail(io, target, "looking for server connections that are logging in",
                    "no sv_login in SHOW POOLS");
}

/* --- before a RELOAD ------------------------------------------------------------------------ */

bool logins_all(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) target, (void) values;
    return true;
}

static enum act_verdict calm(struct step_io *io, struct target *target, struct reply *reply,
                             int64_t wait_ms, bool *ret_in_vain)
{
    struct console *console = target->console;
    int logins = reply->state == REPLY_OK ? pgbouncer_logins(reply, NULL) : 0;

    *ret_in_vain = false;
    if (logins < 0 && io->mode != STEP_UNDO)
        return not_known(io, target);
    if (logins <= 0 || io_explains(io))
        return ACT_DONE;
    *ret_in_vain = is_over(io, console, wait_ms);
    return *ret_in_vain ? ACT_DONE : look_again(io, console, logins, CALM_NAP_MS);
}

/* A process that does not answer is met by the RELOAD; and an undo goes on whatever it says. */
enum act_verdict logins_calm_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    return calm(io, target, reply, CALM_WAIT_MS, &target->console->is_seldom);
}

/* Each process from now on: another one may have taken its time. */
enum act_verdict logins_last_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct console *console = target->console;
    enum act_verdict verdict;
    bool in_vain;

    if (target->tries == 0)
        console->looked_ns = io->driver->now_ns(io->driver);
    verdict = calm(io, target, reply, console->is_seldom ? 0 : LAST_WAIT_MS, &in_vain);
    console->is_calm = verdict == ACT_DONE;
    return verdict;
}

int64_t logins_reload_ms(struct step_io *io, struct target *target, int64_t since_ms)
{
    (void) io;
    return target->console->is_calm || since_ms >= 2 * LAST_WAIT_MS ? 0
                                                                    : 2 * LAST_WAIT_MS - since_ms;
}

/* --- before the PAUSEs ---------------------------------------------------------------------- */

/* How many logins are still waited for; -1: not known. */
static int note_calm(struct console *console, const struct reply *pools)
{
    int all = 0;
    size_t i;

    for (i = 0; i < console->entry_count; i++) {
        struct entry *entry = &console->entries[i];
        int logins = entry->is_calm ? 0 : pgbouncer_logins(pools, entry->name);

        if (logins < 0)
            return -1;
        entry->is_calm = logins == 0;
        all += logins;
    }
    return all;
}

enum act_verdict logins_wait_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct console *console = target->console;
    int logins = note_calm(console, reply);
    size_t i;

    if (logins < 0)
        return not_known(io, target);
    if (logins > 0 && !io_explains(io) && !is_over(io, console, CALM_WAIT_MS))
        return look_again(io, console, logins, CALM_NAP_MS);
    for (i = 0; i < console->entry_count; i++)
        console->entries[i].is_seldom = !console->entries[i].is_calm;
    return ACT_DONE;
}

enum act_verdict logins_hold_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct console *console = target->console;
    int logins;
    size_t i;

    for (i = 0; i < console->entry_count; i++)
        console->entries[i].is_calm = console->entries[i].is_calm || console->entries[i].is_seldom;
    logins = note_calm(console, reply);
    if (logins < 0)
        return not_known(io, target);
    if (logins == 0 || io_explains(io) || is_over(io, console, HOLD_WAIT_MS))
        return ACT_DONE;
    return look_again(io, console, logins, HOLD_NAP_MS);
}

int64_t logins_hold_ms(struct step_io *io, struct target *target, int64_t since_ms)
{
    (void) io;
    return target->entry->is_calm || since_ms >= HOLD_WAIT_MS ? 0 : HOLD_WAIT_MS - since_ms;
}
