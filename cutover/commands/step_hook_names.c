/* What the names of hooks mean: a plan, a row that is not of the pause, before or after it. */
#include "step_hooks.h"

#include "../base/config.h"
#include "../base/text.h"
#include "../plans/plans.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct plan *const plans[] = {&plan_prepare, &plan_cutover, &plan_rollback,
                                           &plan_rollback_lossy, &plan_finish};
#define PLANS (sizeof(plans) / sizeof(plans[0]))

/* The first row of the pause, and the last one; NULL: the plan has none. */
static const struct plan_row *pause_row(const struct plan *plan, bool is_last)
{
    const struct plan_row *found = NULL;
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (plan->rows[i].flags & ROW_PAUSE && (is_last || !found))
            found = &plan->rows[i];
    return found;
}

/* Nobody waits for the operator's programs: none runs from the last look before the pause to its
   end. */
static bool may_be(const struct plan *plan, const struct plan_row *row, bool is_after)
{
    if (row->flags & ROW_PAUSE)
        return row == pause_row(plan, is_after);
    return !is_after || !(row->flags & ROW_ARM);
}

static void name_of(char buffer[96], const struct plan *plan, const struct plan_row *row,
                    bool is_after)
{
    snprintf(buffer, 96, "%s-%s%s%s", is_after ? "after" : "before", plan->id, row ? "-" : "",
             row ? row->step->id : "");
}

/* Gives every name there could be, also those of rows where none may be, to `each`, until that
   returns false. */
struct naming {
    const char *word;
    struct step_hook *hook;
    const struct plan *plan; /* of the one that was found */
    char nearest[96];
    bool is_found, is_allowed;
};

static void try_name(struct naming *naming, const struct plan *plan, const struct plan_row *row,
                     bool is_after)
{
    bool is_allowed = !row || may_be(plan, row, is_after);
    char name[96];
    const char *nearer;

    name_of(name, plan, row, is_after);
    if (is_allowed) {
        nearer = config_nearer(naming->word, name, *naming->nearest ? naming->nearest : NULL);
        if (nearer == name)
            memcpy(naming->nearest, name, sizeof(name));
    }
    if (strcmp(name, naming->word) != 0 || (naming->is_found && naming->is_allowed))
        return;
    naming->is_found = true;
    naming->is_allowed = is_allowed;
    naming->plan = plan;
    naming->hook->row = row;
    naming->hook->is_after = is_after;
    snprintf(naming->hook->plan, sizeof(naming->hook->plan), "%s", plan->id);
}

static void try_all(struct naming *naming)
{
    size_t i, j;
    int is_after;

    for (is_after = 0; is_after < 2; is_after++)
        for (i = 0; i < PLANS; i++) {
            try_name(naming, plans[i], NULL, is_after);
            for (j = 0; j < plans[i]->count; j++)
                try_name(naming, plans[i], &plans[i]->rows[j], is_after);
        }
}

static bool refuse_pause(const struct naming *naming, struct fault *fault)
{
    const struct plan *plan = naming->plan;
    char last[96], first[96];

    name_of(last, plan, pause_row(plan, false), false);
    name_of(first, plan, pause_row(plan, true), true);
    fault_set(fault, NULL, NULL, NULL, "%s: clients wait then, and not for a program of yours",
              naming->word);
    fault_hint(fault, "%s is the last before the pause, %s the first behind it", last, first);
    return false;
}

/* The words that our names are made of, an ending, and nothing that an editor has left. */
static bool is_name(const char *name)
{
    size_t length = strlen(name);

    for (; *name; name++)
        if (!isalnum((unsigned char) *name) && !strchr("_.-", *name))
            return false;
    return length > 0 && length < 200;
}

bool step_hook_parse(const char *name, struct step_hook *ret_hook, struct fault *fault)
{
    char word[200];
    struct naming naming = {.word = word, .hook = ret_hook};
    struct text plain = {0};

    snprintf(word, sizeof(word), "%.*s", (int) strcspn(name, "."), name);
    if (is_name(name))
        try_all(&naming);
    if (naming.is_found && naming.is_allowed)
        return true;
    if (naming.is_found)
        return refuse_pause(&naming, fault);
    text_add_plain(&plain, name);
    fault_set(fault, NULL, NULL, NULL, "%.200s: no command and no step is named so",
              text_string(&plain));
    if (*naming.nearest)
        fault_hint(fault, "Did you mean \"%s\"?", naming.nearest);
    else
        fault_hint(fault, "before-PLAN-STEP or after-PLAN-STEP, as \"pgcutover plan\" names them: "
                          "before-cutover-hold, after-prepare-clone; nothing else may be there");
    text_free(&plain);
    return false;
}

bool step_hook_is_of(const struct step_hook *hook, const struct plan *plan,
                     const struct plan_row *row, bool is_after)
{
    const struct plan_row *hold = pause_row(plan, false);

    if (!string_equal(hook->plan, plan->id) || hook->is_after != is_after || !hook->row != !row)
        return false;
    if (!row || string_equal(hook->row->step->id, row->step->id))
        return true;
    return !is_after && row->flags & ROW_ARM && string_equal(hook->row->step->id, hold->step->id);
}
