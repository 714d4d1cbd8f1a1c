/*
 * review_internal.h: the judges of the review, for review*.c only. Each adds lines to
 * world->review->now.
 */
#ifndef PGCUTOVER_STEPS_REVIEW_INTERNAL_H
#define PGCUTOVER_STEPS_REVIEW_INTERNAL_H

#include "acts.h"
#include "review.h"
#include "seen.h"

extern const char review_looking[]; /* what was being done, for faults */

#define REVIEW_JUDGE(part)                                                                         \
    enum act_verdict review_##part##_judge(struct step_io *io, struct target *target,              \
                                           struct reply *reply)

/* Of servers and databases. */
REVIEW_JUDGE(server);
REVIEW_JUDGE(databases);
REVIEW_JUDGE(published);
REVIEW_JUDGE(subscribed);
REVIEW_JUDGE(roles);
REVIEW_JUDGE(memberships);
REVIEW_JUDGE(settings);
REVIEW_JUDGE(privileges);
REVIEW_JUDGE(columns);
REVIEW_JUDGE(indexes);
REVIEW_JUDGE(sequences);
REVIEW_JUDGE(objects);
REVIEW_JUDGE(grants);
/* Of poolers. */
REVIEW_JUDGE(file);
REVIEW_JUDGE(version);
REVIEW_JUDGE(config);

#endif
