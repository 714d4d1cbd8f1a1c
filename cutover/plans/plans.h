/*
 * plans.h: the procedures, each one table.
 */
#ifndef PGCUTOVER_PLANS_PLANS_H
#define PGCUTOVER_PLANS_PLANS_H

#include "../engine/step.h"

extern const struct plan plan_prepare, plan_cutover, plan_finish, plan_evict, plan_review;

#endif
