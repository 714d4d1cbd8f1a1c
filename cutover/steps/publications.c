/*
 * publications: one FOR ALL TABLES a database, before the slots (rule A0: pgoutput looks the
 * publication up in the catalog as it was at each change).
 */
#include "sql_files.h"
#include "steps.h"

#include "publication.h"

enum act_verdict publication_look_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    int64_t count;

    if (!reply_number(reply, 0, "count", &count))
        return act_fail(io, target, "looking for the publication", "no answer");
    target->database->has_publication = count > 0;
    return ACT_DONE;
}

static bool create_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) values;
    return !target->database->has_publication;
}

static const struct act publications_run[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_publication_look, .judge = publication_look_judge},
    {.on = ON_BLUE_DATABASES, .sql = &sql_publication_create, .values = create_values},
};
static const struct act publications_undo[] = {
    {.on = ON_BLUE_DATABASES, .sql = &sql_publication_drop},
};
static const struct acts publications_acts = {
    .run = publications_run,
    .run_count = ACTS_COUNT(publications_run),
    .undo = publications_undo,
    .undo_count = ACTS_COUNT(publications_undo),
};

const struct step_type step_publications = {
    .id = "publications",
    .title = "Create the publications",
    .undo_note = "the publications are dropped",
    .deadline_ms = 60000,
    ACTS_STEP(publications_acts),
};
