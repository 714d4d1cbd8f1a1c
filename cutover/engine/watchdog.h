/*
 * watchdog.h: a second process that sees to it that clients do not wait for a dead engine.
 *
 * The engine forks it before the cutover begins and beats while it runs. If the engine ends without
 * saying so, or does not beat for `stall_ms`, the watchdog kills it (SIGKILL, so that a frozen one
 * does nothing when it is continued) and becomes `recover`. It has its own session: a lost terminal
 * or SSH connection does not end it.
 */
#ifndef PGCUTOVER_ENGINE_WATCHDOG_H
#define PGCUTOVER_ENGINE_WATCHDOG_H

#include "../base/fault.h"

#include <stdbool.h>
#include <stdint.h>

struct watchdog;

/* Forks. `recover` is the argument vector that the watchdog becomes (recover[0]: the program), its
   output goes to `log`. Never blocks. */
bool watchdog_start(char *const *recover, const char *log, int64_t stall_ms,
                    struct watchdog **ret_watchdog, struct fault *fault)
    __attribute__((warn_unused_result));
bool watchdog_is_ready(struct watchdog *watchdog); /* it has said that it watches */
void watchdog_beat(struct watchdog *watchdog, int64_t now_ns);
/* The engine has come to an end that needs no recovery: the watchdog goes, too. Waits for it. */
void watchdog_stop(struct watchdog *watchdog); /* NULL-safe; frees */

#endif
