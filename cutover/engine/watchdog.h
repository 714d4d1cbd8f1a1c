/*
 * watchdog.h: a second process that sees to it that clients do not wait for a dead engine.
 *
 * The engine forks it before the cutover begins and beats while it runs. What the engine may do is
 * a lease: if the engine ends without saying so, or does not beat, the watchdog kills it (SIGKILL,
 * so that a frozen one does nothing when it is continued) and becomes `recover`. It has its own
 * session: a lost terminal or SSH connection does not end it.
 *
 * How long a beat may fail (docs/crash-safety.md, "The lease"), of the pause budget B:
 *   - two fifths of B; but
 *   - in the pause not beyond three fifths of B since it began, plus the grace of B/10 (200 ms at
 *     least): the rest of B is for what recover has to do.
 */
#ifndef PGCUTOVER_ENGINE_WATCHDOG_H
#define PGCUTOVER_ENGINE_WATCHDOG_H

#include "../base/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct watchdog;

/* Forks. `recover` is the argument vector that the watchdog becomes (recover[0]: the program), its
   output goes to `log`. Never blocks. */
bool watchdog_start(char *const *recover, const char *log, int64_t budget_ms,
                    struct watchdog **ret_watchdog, struct fault *fault)
    __attribute__((warn_unused_result));
/* Asks for a sign of life; watchdog_is_ready() says when it has come. It gives the first one by
   itself. */
void watchdog_call(struct watchdog *watchdog);
bool watchdog_is_ready(struct watchdog *watchdog);
void watchdog_beat(struct watchdog *watchdog, int64_t now_ns);
/* The pause begins now, or is over. Said once; a watchdog that is gone does not hear it. */
void watchdog_pause(struct watchdog *watchdog, bool begins);
/* The engine has come to an end that needs no recovery: the watchdog goes, too. Waits for it. */
void watchdog_stop(struct watchdog *watchdog); /* NULL-safe; frees */

#endif
