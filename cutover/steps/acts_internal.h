/*
 * acts_internal.h: the parts of the poller of acts, for acts*.c only.
 */
#ifndef PGCUTOVER_STEPS_ACTS_INTERNAL_H
#define PGCUTOVER_STEPS_ACTS_INTERNAL_H

#include "acts.h"

enum child_at {
    CHILD_DELAYED,
    CHILD_START,
    CHILD_OPENING,
    CHILD_LOCKING,
    CHILD_ASKED,
    CHILD_JOB,
    CHILD_NAP,
    CHILD_DONE,
};

/* One act for one target. */
struct child {
    const struct act *act;
    struct target target;
    enum child_at at;
    struct reply reply;
    int64_t nap_until_ns, begun_ns;
    struct act_values values;
    bool job_started;
};

/* One list of acts under way. */
struct lane {
    struct child *children; /* of the group that is running */
    size_t count;
    size_t next; /* the act after this group */
    bool in_group;
    struct fault *failed; /* the first failure that stopped nothing; NULL: none */
};

/* Makes the children of the next act and of those TOGETHER with it, in the arena of `io`. */
void lane_begin_group(struct step_io *io, struct lane *lane, const struct act *acts, size_t count);

bool act_is_effect(const struct act *act);
/* Prints what the child would do; its values are filled in. */
void child_explain(struct step_io *io, struct child *child);

/* Starts the child's job, or looks at it; CHILD_ASKED follows when it is done. */
enum step_verdict child_poll_job(struct step_io *io, struct child *child);

/* The child's act has failed: what that means for the step. Clears the reply. */
enum step_verdict child_failed(struct step_io *io, struct child *child, const struct fault *fault);
int64_t io_now(struct step_io *io);

#endif
