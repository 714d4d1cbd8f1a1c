/*
 * driver.h: time and waiting, the door of the loop and the clock.
 *
 * Real: libevent and CLOCK_MONOTONIC (loop.h). In tests/sim: a virtual clock. Nothing else in the
 * program reads a clock or blocks.
 */
#ifndef PGCUTOVER_BASE_DRIVER_H
#define PGCUTOVER_BASE_DRIVER_H

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_MS INT64_C(1000000)
#define NS_PER_S INT64_C(1000000000)

struct driver {
    /* monotonic, nanoseconds */
    int64_t (*now_ns)(struct driver *driver);
    /* wall clock, microseconds since 1970, for the journal and people only */
    int64_t (*wall_us)(struct driver *driver);
    /* Blocks until something happened or `until_ns` (monotonic) came. */
    void (*wait)(struct driver *driver, int64_t until_ns);
    /* The operator or the system asked us to end (SIGINT, SIGTERM, SIGHUP). */
    bool (*is_interrupted)(struct driver *driver);
};

#endif
