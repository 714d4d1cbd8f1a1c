/*
 * guard_lag.h: how far is blue behind green? Looked at again and again on green, in all slots of
 * the way back: the worst of them counts. Nothing here blocks; the owner polls from the loop.
 *
 * A slot that is missing or lost, a position that is NULL, a server that does not answer: unknown,
 * which is never zero. A slot that nobody reads has a position all the same, and falls behind.
 */
#ifndef PGCUTOVER_CHECKS_GUARD_LAG_H
#define PGCUTOVER_CHECKS_GUARD_LAG_H

#include "guard_probe.h"

struct guard_sample {
    bool is_known;
    int64_t lag_ns, behind; /* bytes */
    char slot[64];          /* the one that is furthest behind */
    bool in_use;            /* by somebody who reads it */
    struct fault fault;     /* why it is unknown */
};

struct guard_reverse;

/* `conninfo` is green's. The session bears the name of the run's own, which no cutover and no
   rollback takes for somebody who goes past the poolers. All of them must outlive it. */
struct guard_reverse *guard_reverse_new(const struct guard_doors *doors, const char *conninfo,
                                        const char *application_name);
void guard_reverse_add(struct guard_reverse *reverse, const char *slot);
void guard_reverse_free(struct guard_reverse *reverse); /* NULL-safe */

/* Looks when it is time. True: there is a new sample. */
bool guard_reverse_poll(struct guard_reverse *reverse, struct guard_sample *ret_sample);
int64_t guard_reverse_until_ns(const struct guard_reverse *reverse); /* the next look */
/* Clients are being moved: no session of ours is on green, and what was seen is forgotten. */
void guard_reverse_stop(struct guard_reverse *reverse);

#endif
