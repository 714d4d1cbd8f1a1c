/*
 * lag.h: how old is what a subscriber has not confirmed yet? Plain arithmetic, never blocks.
 *
 * Whoever looks at a server now and then keeps where its log ended, and when that was, by the
 * tool's own clock: neither server's clock is asked. What is confirmed up to a position has
 * everything that was there when the log ended at or before it; the lag is the age of the first
 * look that it does not reach. So it is measured from the first look on, and never less than it is
 * since then. Rule C of docs/correctness.md: compared with fixed positions, never with "now".
 */
#ifndef PGCUTOVER_REPLICATION_LAG_H
#define PGCUTOVER_REPLICATION_LAG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAG_LOOKS 2048

struct lag_look {
    uint64_t end; /* of the log */
    int64_t at_ns;
    bool is_late; /* nobody had looked for a while: what was written since the one before may be
                     older than this */
};

struct lag_history {
    struct lag_look looks[LAG_LOOKS]; /* oldest first; ends strictly rising */
    size_t count;
    int64_t gap_ns;    /* of the owner: looks that are farther apart are late; 0: none is */
    int64_t looked_ns; /* the last time, also where nothing had been written; 0: never */
    uint64_t
        before; /* an end that was reached, and is left out: what is at or behind it is exact */
};

void lag_forget(struct lag_history *history);
/* The log ended at `end` when it was asked at `at_ns`. Going back, it is another log: forgets. */
void lag_add(struct lag_history *history, uint64_t end, int64_t at_ns);
/* Of what is confirmed up to `confirmed`. 0: everything that was looked at is. Where there were
   more looks than there is room for, an old one is less than the truth by a 64th of itself at most.
 */
int64_t lag_ns(const struct lag_history *history, uint64_t confirmed, int64_t now_ns);
/* Is it at least that, since it was so old at the first look already, or at the first one behind a
   time in which nobody looked? */
bool lag_is_least(const struct lag_history *history, uint64_t confirmed);
/* Forgets looks that everybody has confirmed. */
void lag_trim(struct lag_history *history, uint64_t confirmed_by_all);

#endif
