/*
 * guard_probe.h: one run after another of a [guard_probe NAME], through the doors: a statement on a
 * connection of its own, a URL, or a command. Nothing here blocks; the owner polls from the loop.
 *
 * A run that has ended was good, or says why not. No answer, no row, NULL and false are not good.
 */
#ifndef PGCUTOVER_CHECKS_GUARD_PROBE_H
#define PGCUTOVER_CHECKS_GUARD_PROBE_H

#include "../cutover/base/config.h"
#include "../cutover/base/driver.h"
#include "../cutover/base/host.h"
#include "../cutover/base/http.h"
#include "../replication/session.h"

struct guard_doors {
    struct driver *driver;
    struct session_door *sessions;
    struct host *host; /* this one */
    struct http *http;
};

struct guard_probe;

/* `config` and `doors` must outlive it. */
struct guard_probe *guard_probe_new(const struct config_probe *config,
                                    const struct guard_doors *doors);
void guard_probe_free(struct guard_probe *probe); /* NULL-safe; abandons a run */

/* Begins a run; none is under way. */
void guard_probe_start(struct guard_probe *probe);
bool guard_probe_runs(const struct guard_probe *probe);
/* True once for every run: it has ended. Not good: the fault says why. */
bool guard_probe_poll(struct guard_probe *probe, bool *ret_good, struct fault *ret_fault);
/* Ends a run that nobody wants to know of. */
void guard_probe_stop(struct guard_probe *probe);

/* A line for sh of the configuration as a script; it runs without PG* variables, which may hold
   passwords. Its text is the caller's to free. */
struct script guard_script(const char *id, const char *doing, const char *line);

#endif
