/*
 * client_probing.h: the client probe beside a plan that moves the clients, and what is made of it:
 * facts in the journal, samples.db, what people are told. Nothing of it changes how the plan ends.
 *
 * Facts, for every pooler that is named in the configuration; "cutover" is the plan:
 *   cutover.client_probe.p1                     "measured", or "not measured: " and why
 *   cutover.client_probe.p1.probes, .failed     numbers
 *   cutover.client_probe.p1.before.probes, .before.failed, .before.late, .before.median_us,
 *                          .before.p99_us, .before.longest_gap_us; the same of .held and .after
 * (felt.h) cutover.client_probe.p1.is_open             "yes": nothing was acknowledged behind the
 * release; held.longest_gap_us is how long that is so far cutover.client_probe.p1.account "yes":
 * the row holds every acknowledged write; else "lost N", "N too many", "not looked at: " and why
 * What is not known has no fact. All are forgotten when the plan begins anew.
 */
#ifndef PGCUTOVER_COMMANDS_CLIENT_PROBING_H
#define PGCUTOVER_COMMANDS_CLIENT_PROBING_H

#include "procedure.h"

struct client_probing;

/* Before the plan is run. NULL: [pause] client_probe = no. */
struct client_probing *client_probing_begin(struct procedure *procedure, struct runner *runner,
                                            int64_t interval_ms);
/* When it has ended: probes go on for a second behind the release, then what they met is kept.
   Not to be called when nobody knows how the plan ended. NULL-safe. */
void client_probing_end(struct client_probing *probing, enum run_result result);
/* A line or two on stdout; NULL-safe. */
void client_probing_print(const struct client_probing *probing);
/* False: an acknowledged write of its own is not there any more, or one is there that it never
   made; that is told on stderr. NULL-safe. */
bool client_probing_is_sound(const struct client_probing *probing);
void client_probing_free(struct client_probing *probing); /* NULL-safe */

#endif
