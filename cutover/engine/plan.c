/*
 * What makes a plan safe, whatever its steps do.
 */
#include "step.h"

#include "../base/text.h"

const char *side_name(enum side side)
{
    static const char *const names[] = {"blue", "nobody", "green"};

    return names[side];
}

void plan_put_names(const struct plan *plan, char *text)
{
    text_put_name(text, "{publisher}", side_name(plan->from));
    text_put_name(text, "{subscriber}",
                  side_name(plan->from == SIDE_GREEN ? SIDE_BLUE : SIDE_GREEN));
    text_put_name(text, "{procedure}", plan->id);
}

size_t plan_count_together(const struct plan *plan, size_t first)
{
    size_t count = 1;

    while (first + count < plan->count && plan->rows[first + count].flags & ROW_TOGETHER)
        count++;
    return count;
}

/* What runs together leads to the same side, and syncs nothing of its own. */
static bool is_together_safe(const struct plan *plan, size_t first)
{
    size_t i, count = plan_count_together(plan, first);

    if (count > PLAN_TOGETHER_MAX || plan->rows[first].flags & ROW_TOGETHER)
        return false;
    for (i = first; count > 1 && i < first + count; i++)
        if (plan->rows[i].side != plan->rows[first].side || !(plan->rows[i].flags & ROW_PAUSE) ||
            plan->rows[i].flags & (ROW_ARM | ROW_COMMIT))
            return false;
    return true;
}

bool plan_is_safe(const struct plan *plan)
{
    enum side before = plan->from;
    size_t i;

    for (i = 0; i < plan->count; i += plan_count_together(plan, i))
        if (!is_together_safe(plan, i))
            return false;

    for (i = 0; i < plan->count; i++) {
        enum side after = plan->rows[i].side;

        if (before == SIDE_NOBODY ? after == plan->from : after != before && after != SIDE_NOBODY)
            return false;
        if (before == plan->to && after != plan->to && plan->from != plan->to)
            return false;
        if (before == SIDE_NOBODY && after == plan->to && !(plan->rows[i].flags & ROW_COMMIT))
            return false;
        before = after;
    }
    return before == plan->to;
}
