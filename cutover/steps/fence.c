/*
 * fence: nobody can write on the publisher any more, whether they use a pooler or not (rule
 * D2).
 *
 * Needs:   the facts {publisher}.fence and {publisher}.unfence, on disk.
 * Leaves:  CONNECT revoked from all who held it, databases read-only by default, in one
 *          transaction; no client session left. Undo gives back exactly what was
 *          recorded.
 * Fails:   a prepared transaction exists: it could commit through any fence.
 * Order:   the privileges first, then the barrier for sessions that were starting, then
 *          the rest is ended: each session either sees the fence or is seen by us.
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "ours.h"
#include "pause.h"

static bool fence_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "statements", io_fact(io, "{publisher}.fence"));
    return true;
}

static enum act_verdict barrier_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    int64_t starting = -1;

    if (!reply_number(reply, 0, "starting", &starting))
        return act_fail(io, target, "waiting for sessions that are starting", "no answer");
    if (starting == 0 || io_explains(io))
        return ACT_DONE;
    step_waits_for(io, "%lld sessions that are starting", (long long) starting);
    step_nap(io, 1);
    return ACT_AGAIN;
}

static void note_terminated(struct step_io *io, const struct reply *reply, int row)
{
    static const char *const columns[] = {"pid",
                                          "usename",
                                          "datname",
                                          "application_name",
                                          "client_addr",
                                          "state",
                                          "transaction_seconds",
                                          "query"};
    struct text text = {0};
    size_t i;

    for (i = 0; i < ACTS_COUNT(columns); i++) {
        const char *value = reply_value(reply, row, columns[i]);

        text_add(&text, "%s%s=%s", i ? " " : "", columns[i], value ? value : "-");
    }
    journal_event(io->journal, "terminated", text_string(&text), io->driver->wall_us(io->driver));
    text_free(&text);
}

static enum act_verdict terminate_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    int row, rows = reply_rows(reply);

    for (row = 0; row < rows && target->tries == 0; row++)
        note_terminated(io, reply, row);
    if (rows == 0)
        return ACT_DONE;
    step_waits_for(io, "%d sessions that went past the poolers to end", rows);
    step_nap(io, 1);
    return ACT_AGAIN;
}

static enum act_verdict prepared_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    int64_t count = -1;

    if (!reply_number(reply, 0, "count", &count))
        return act_fail(io, target, "looking for prepared transactions", "no answer");
    if (count == 0 || io_explains(io))
        return ACT_DONE;
    act_fail(io, target, "looking for prepared transactions",
             "%lld are there, \"%s\" among them: they could be committed through the fence",
             (long long) count, reply_value(reply, 0, "gid"));
    fault_hint(&io->fault, "COMMIT PREPARED or ROLLBACK PREPARED them, then again");
    return ACT_FAILED;
}

static bool unfence_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *unfence = io_fact(io, "{publisher}.unfence");

    (void) target;
    sql_set(&values->sql, "statements", unfence);
    return unfence != NULL;
}

static const struct act fence_run[] = {
    {.on = ON_PUBLISHER, .sql = &sql_fence, .values = fence_values},
    {.on = ON_PUBLISHER,
     .flags = ACT_PREPARED,
     .sql = &sql_barrier_look,
     .values = pause_name_values,
     .judge = barrier_judge},
    {.on = ON_PUBLISHER,
     .flags = ACT_PREPARED,
     .sql = &sql_terminate_clients,
     .values = pause_clients_values,
     .judge = terminate_judge},
    {.on = ON_PUBLISHER,
     .flags = ACT_PREPARED,
     .sql = &sql_prepared_count,
     .judge = prepared_judge},
};
/* A fence whose answer we gave up waiting for must not come into force behind its undo. */
static const struct act fence_undo[] = {
    OURS_ACT(ON_PUBLISHER),
    {.on = ON_PUBLISHER, .sql = &sql_unfence, .values = unfence_values},
};
static const struct acts fence_acts = {.run = fence_run,
                                       .run_count = ACTS_COUNT(fence_run),
                                       .undo = fence_undo,
                                       .undo_count = ACTS_COUNT(fence_undo)};

const struct step_type step_fence = {
    .id = "fence",
    .title = "Fence {publisher}: nobody can write, pooled or not",
    .undo_note = "the privileges and settings exactly as they were recorded",
    .deadline_ms = 30000,
    ACTS_STEP(fence_acts),
};
