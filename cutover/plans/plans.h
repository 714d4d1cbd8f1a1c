/*
 * plans.h: the procedures, each one table.
 */
#ifndef PGCUTOVER_PLANS_PLANS_H
#define PGCUTOVER_PLANS_PLANS_H

#include "../engine/step.h"

extern const struct plan plan_prepare, plan_cutover, plan_rollback, plan_rollback_lossy,
    plan_finish, plan_finish_on_blue, plan_evict, plan_review, plan_differ, plan_delete_blue;

#endif
