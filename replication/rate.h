/*
 * rate.h: how fast does a position move, and when is a subscriber caught up? Plain arithmetic, by
 * the tool's own clock; never blocks.
 */
#ifndef PGCUTOVER_REPLICATION_RATE_H
#define PGCUTOVER_REPLICATION_RATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE_POINTS 32
#define RATE_UNKNOWN INT64_MIN

/* The last positions; the rate is that between the first and the last of them. */
struct rate {
    struct {
        uint64_t position;
        int64_t at_ns;
    } points[RATE_POINTS]; /* a ring */
    uint32_t count, next;
};

void rate_forget(struct rate *rate);
/* A position that goes back is another log's: forgets. */
void rate_add(struct rate *rate, uint64_t position, int64_t at_ns);
/* Bytes a second; RATE_UNKNOWN as long as less than 2 s were seen. */
int64_t rate_per_s(const struct rate *rate);
/* How long the position has been where it is, 0: it moved at the last look. At least. */
int64_t rate_still_ns(const struct rate *rate);

enum rate_trend {
    RATE_TREND_UNKNOWN,
    RATE_CAUGHT_UP,
    RATE_CATCHING_UP, /* in `ret_ns` */
    RATE_STANDS,      /* nothing is confirmed at all */
    RATE_FALLS,       /* less is confirmed than is written: never */
};

/* Of a subscriber that is `behind` bytes and `lag_ns` (RATE_UNKNOWN: not known) behind, confirms
   `confirms` bytes a second and has to follow a log that grows by `grows`. What is `soon_ns` old at
   most counts as caught up: looks are that far apart. */
enum rate_trend rate_judge(int64_t behind, int64_t lag_ns, int64_t soon_ns, int64_t confirms,
                           int64_t grows, int64_t *ret_ns);

#endif
