/*
 * review: are the servers and the poolers still what somebody reviewed? Reads only.
 *
 * Needs:   world->review, else there is nothing to do: nobody gave a plan that was saved.
 * Leaves:  what was seen, in world->review.
 * Fails:   with exit code 4 and the difference, when it is not what the plan saw; with 2 when the
 *          plan is another cluster's.
 */
#include "review_internal.h"

#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "arm_poolers.h"
#include "subscription.h"

#include <stdlib.h>
#include <string.h>

struct review *review_new(void)
{
    struct review *review = memory_new(sizeof(*review));

    review->now = seen_new();
    return review;
}

void review_free(struct review *review)
{
    if (!review)
        return;
    seen_free(review->now);
    seen_free(review->planned);
    free(review);
}

static bool has_green(const struct seen *seen)
{
    size_t i;

    for (i = 0; i < seen->count; i++)
        if (strcmp(seen->groups[i].where, "green") == 0)
            return true;
    return false;
}

static enum act_verdict compare_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    static const char doing[] = "comparing what is there with the plan that was reviewed";
    const struct seen *planned = io_world(io)->review->planned;
    struct text text = {0};
    size_t count;

    (void) target, (void) reply;
    seen_sort(io_world(io)->review->now);
    if (!planned)
        return ACT_DONE;
    if (!has_green(planned) && has_green(io_world(io)->review->now)) {
        act_fail(io, NULL, doing, "the plan was saved before green was ready");
        count = 1;
    } else {
        count = seen_difference(planned, io_world(io)->review->now, &text);
        if (count > 0)
            act_fail(io, NULL, doing, "%s", text_string(&text));
    }
    text_free(&text);
    if (count == 0)
        return ACT_DONE;
    fault_hint(&io->fault, "look at what is different; then \"pgcutover plan --save=FILE\", review "
                           "it, and cut over with --plan=FILE");
    io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

#define ITEMS(where, statement, name)                                                              \
    {                                                                                              \
        .on = (where), .sql = &(statement), .timeout_ms = 60000, .judge = review_##name##_judge    \
    }

/* Green's come first: they are left out as long as there is none. */
#define GREEN_ACTS 3
static const struct act review_run[] = {
    {.on = ON_GREEN, .sql = &sql_server_identity, .judge = review_server_judge},
    {.on = ON_GREEN, .sql = &sql_databases, .judge = review_databases_judge},
    {.on = ON_GREEN_DATABASES,
     .sql = &sql_subscription_tables,
     .timeout_ms = 60000,
     .values = subscription_values,
     .judge = review_subscribed_judge},
    {.on = ON_BLUE, .sql = &sql_server_identity, .judge = review_server_judge},
    {.on = ON_BLUE, .sql = &sql_databases, .judge = review_databases_judge},
    ITEMS(ON_BLUE, sql_compare_roles, roles),
    ITEMS(ON_BLUE, sql_compare_memberships, memberships),
    ITEMS(ON_BLUE, sql_compare_settings, settings),
    ITEMS(ON_BLUE, sql_compare_database_acl, privileges),
    ITEMS(ON_BLUE_DATABASES, sql_publication_tables, published),
    ITEMS(ON_BLUE_DATABASES, sql_compare_columns, columns),
    ITEMS(ON_BLUE_DATABASES, sql_compare_indexes, indexes),
    ITEMS(ON_BLUE_DATABASES, sql_compare_sequences, sequences),
    ITEMS(ON_BLUE_DATABASES, sql_compare_objects, objects),
    ITEMS(ON_BLUE_DATABASES, sql_compare_grants, grants),
    {.on = ON_POOLER_HOSTS,
     .script = &script_file_read,
     .values = pooler_file_values,
     .judge = review_file_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_version, .judge = review_version_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_config, .judge = review_config_judge},
    {.on = ON_TOOL, .judge = compare_judge},
};
static const struct acts review_acts = {.run = review_run, .run_count = ACTS_COUNT(review_run)};
static const struct acts blue_acts = {.run = review_run + GREEN_ACTS,
                                      .run_count = ACTS_COUNT(review_run) - GREEN_ACTS};
static const struct step_type with_green = {.id = "review", .detail = &review_acts};
static const struct step_type without_green = {.id = "review", .detail = &blue_acts};

static enum step_verdict review_poll(struct step_io *io, void *memory, const struct step_type *step)
{
    struct world *world = io->world;

    (void) step;
    if (!world->review || io_explains(io))
        return STEP_DONE;
    return acts_run(io, memory,
                    journal_has(world->journal, "green.ready", "yes") ? &with_green
                                                                      : &without_green);
}

const struct step_type step_review = {
    .id = "review",
    .title = "Compare with the plan that was reviewed, if --plan names one",
    .undo_note = "nothing to undo",
    .deadline_ms = 300000,
    .memory_size = ACTS_MEMORY,
    .detail = &review_acts,
    .run = review_poll,
    .undo = acts_undo,
    .leave = acts_leave,
};
