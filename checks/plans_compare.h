/*
 * plans_compare.h: has a plan become worse, in what, and which is worst?
 */
#ifndef PGCUTOVER_CHECKS_PLANS_COMPARE_H
#define PGCUTOVER_CHECKS_PLANS_COMPARE_H

#include "plans_shape.h"

/* More than this many times the cost, or the time, is a flip. docs/plans.md names them. */
#define PLANS_FACTOR 1.5
#define PLANS_DEARER 1.0    /* of cost: less is rounding, whatever the factor */
#define PLANS_SLOWER_MS 1.0 /* less is noise, whatever the factor */
#define PLANS_RUNS 3        /* that are timed; one before them is not */

/* What stands in the place of what; NULL: nothing. */
struct plan_change {
    char *blue, *green;
};

/* Of the planner; NULL: as built in. */
struct plan_setting {
    char *name, *blue, *green;
};

struct plan_difference {
    bool shape_changed, cost_grew, time_grew;
    double blue_cost, green_cost;
    double blue_ms, green_ms; /* medians; below 0: not measured */
    double factor;            /* how many times blue's: of the times, else of the costs */
    bool is_of_time;
    struct plan_change *changes; /* owned, with their strings; the first ones */
    size_t change_count, more_changes;
    struct plan_setting *settings; /* owned, with their strings */
    size_t setting_count;
};

/* `blue_ms`, `green_ms`: below 0 when they were not measured. */
void plan_compare(const struct plan_shape *blue, const struct plan_shape *green, double blue_ms,
                  double green_ms, struct plan_difference *ret_difference);
void plan_difference_free(struct plan_difference *difference); /* NULL-safe; empty after */

/* By the time, where it is known; else by the cost, which is an estimate. */
bool plan_is_worse(const struct plan_difference *difference);
/* Worse, or only planned otherwise. */
bool plan_is_flip(const struct plan_difference *difference);
/* What it would cost: the greater, the worse. `total_ms`: how long blue has run the statement in
   all; below 0: not known, and then its cost stands for it. */
double plan_weight(const struct plan_difference *difference, double total_ms);

double plans_median(const double values[PLANS_RUNS]);

#endif
