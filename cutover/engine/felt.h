/*
 * felt.h: what a client of a pooler felt of a pause, worked out from what its writes met. Pure
 * functions: of plain data, without a clock.
 */
#ifndef PGCUTOVER_ENGINE_FELT_H
#define PGCUTOVER_ENGINE_FELT_H

#include "samples.h"

enum felt_window {
    FELT_BEFORE, /* ended before clients were held */
    FELT_HELD,   /* touches the time in which they were */
    FELT_AFTER,  /* began behind it */
    FELT_WINDOWS,
};
extern const char *const felt_window_names[FELT_WINDOWS]; /* "before", "held", "after" */

struct felt_part {
    size_t probes, failed; /* failed: everything that was not acknowledged */
    size_t late;           /* acknowledged, but we were busy meanwhile: how long that took is not
                              known well, so that before and behind the pause they do not count
                              below. Within it they do: what is said of it is never too short */
    int64_t median_us, p99_us; /* of those acknowledged, nearest rank; -1: there is none */
    int64_t gap_us;            /* the longest between two acknowledgements; -1: no two */
};

struct felt {
    struct felt_part parts[FELT_WINDOWS];
    size_t probes, failed;
    bool is_measured; /* something was acknowledged before clients were held */
    bool is_open;     /* and nothing since they were let go: the gap is how long it is so far */
};

/* The samples in the order in which they were sent. Clients were held from `held_ns` until
   `released_ns`; `until_ns`: the last one could have been answered. All of the monotonic clock. */
void felt_work_out(const struct probe_sample *samples, size_t count, int64_t held_ns,
                   int64_t released_ns, int64_t until_ns, struct felt *ret_felt);

#endif
