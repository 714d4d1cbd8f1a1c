/*
 * client_probe.h: a small writer through each pooler that has a `probe`, beside the rows of a plan
 * that moves the clients: what it meets is what clients meet.
 *
 * One statement at a time, about every 10 ms, counts a row of its own table up (rights for its
 * role, and the table: client_probe_table.c). It is a client as any other: PAUSE holds it, the
 * fence and a closed server refuse it. Where a pooler may pool sessions it comes anew for every
 * write, and does not come while clients are held: PAUSE would wait for it.
 *
 * Nothing of it fails a row or holds one up: it opens nothing in the pause, keeps what it measures
 * in memory, and what it cannot do is "not measured". Once it has been answered, whatever it meets
 * is a failed probe.
 */
#ifndef PGCUTOVER_STEPS_CLIENT_PROBE_H
#define PGCUTOVER_STEPS_CLIENT_PROBE_H

#include "../engine/runner.h"
#include "../engine/samples.h"
#include "world.h"

#define CLIENT_PROBE_INTERVAL_MS 10
/* It ends so long behind the release. */
#define CLIENT_PROBE_AFTER_MS 2000
/* Never the name that the fence spares: the pooler gives it to a connection that others use, too.
 */
#define CLIENT_PROBE_NAME "pgcutover client probe"
#define CLIENT_PROBE_LATE "no probe was answered before clients were held"

struct client_probe;

/* `world` must outlive it. */
struct client_probe *client_probe_new(struct world *world, int64_t interval_ms);
void client_probe_free(struct client_probe *probe); /* NULL-safe; ends its sessions */
struct companion *client_probe_companion(struct client_probe *probe);
/* No further probes. What is under way is waited for by polling on; true: nothing is. */
bool client_probe_stop(struct client_probe *probe);
/* Gives up what is still under way: nobody knows what became of it. */
void client_probe_give_up(struct client_probe *probe);

/* What one pooler's client met. Owned by the probe. */
struct client_probe_result {
    const char *pooler;
    const char *why_not; /* it was not measured; NULL: it was */
    const struct probe_sample *samples;
    size_t count;
    /* its own account: the row counts every write */
    const char *database; /* where the row is; NULL: nothing was acknowledged */
    int64_t least, most;  /* what the row must hold: what was acknowledged; and all in doubt, too */
    int64_t lost;         /* acknowledged writes that a later answer did not know */
};
size_t client_probe_count(const struct client_probe *probe);
struct client_probe_result client_probe_result(const struct client_probe *probe, size_t number);

#endif
