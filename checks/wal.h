/*
 * wal.h: will the WAL that the slots keep while green is made find room?
 *
 * How fast blue writes it is measured by what it keeps, else by a second look; how long it takes
 * from the slots to the end of catching up is configured, else estimated.
 */
#ifndef PGCUTOVER_CHECKS_WAL_H
#define PGCUTOVER_CHECKS_WAL_H

#include "check.h"

#include <stdint.h>

struct wal {
    double rate;           /* bytes a second; below 0: not measured */
    int64_t rate_seconds;  /* over how long it was measured */
    int64_t expected_ms;   /* from the slots to the end of catching up */
    bool is_configured;    /* that was not estimated */
    int64_t segment_bytes; /* of one file of WAL */
    int64_t slot_limit_mb; /* max_slot_wal_keep_size; -1: none */
};

/* At 50 MB/s for the copy, a minute and 10 ms a relation for the upgrade; as much again until green
   has caught up and is analyzed. Ten minutes at least. */
int64_t wal_estimate_ms(int64_t size_bytes, int64_t relations);
/* Two looks at the same server, `seconds` apart, of which the first says what is kept. */
void wal_measure(struct wal *wal, int64_t kept_bytes, int64_t kept_seconds, int64_t written_bytes,
                 double seconds);
/* max_slot_wal_keep_size. */
void wal_judge_limit(struct finding_list *list, const struct wal *wal);
/* Where the WAL is, and how much room there is: wal_disk, wal_disk_tight. Some segments
   are needed however little is written. */
void wal_judge_disk(struct finding_list *list, const struct wal *wal, const char *directory,
                    double free_bytes);

#endif
