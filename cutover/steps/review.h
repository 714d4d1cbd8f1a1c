/*
 * review.h: the plan that a person reviewed, compared with what is there now.
 */
#ifndef PGCUTOVER_STEPS_REVIEW_H
#define PGCUTOVER_STEPS_REVIEW_H

struct seen;

/* In struct world, NULL: nobody asked for it. */
struct review {
    struct seen *now;     /* filled by the step, sorted when it is done */
    struct seen *planned; /* what to compare it with; NULL: nothing, only look */
};

struct review *review_new(void);
void review_free(struct review *review); /* NULL-safe; with what it holds */

#endif
