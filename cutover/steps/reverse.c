/*
 * reverse: everything that replication in the other direction needs, but for its start (rule F3): a
 * slot on the subscriber, which keeps every change from now on, and a disabled subscription on the
 * publisher. So the first write of a client on the subscriber cannot be missed, and that the
 * publisher's host reaches it, and may log in, is found out before anybody waits.
 *
 * Needs:   [green] from_blue; on the publisher's host a place for a password file.
 * Leaves:  slots, disabled subscriptions at no position, the password file. The slots are made anew
 *          each time: one that waits for days would keep the WAL of all that is replicated.
 * Fails:   the subscriber cannot be reached from the publisher; no head-room for slots or workers.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "ours.h"
#include "places.h"
#include "publication.h"
#include "relations.h"
#include "reverse.h"
#include "slot_create.h"
#include "slot_drop.h"
#include "subscription.h"

#include <stdlib.h>

bool reverse_is_wanted(struct step_io *io)
{
    return io_world(io)->config->way_back;
}

static enum act_verdict begin_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct world *world = io->world;

    (void) reply;
    if (!reverse_is_wanted(io)) {
        step_says(io, "[rollback] reverse = no: there will be no way back without data loss");
        return ACT_DONE;
    }
    if (world->publisher == &world->green || world->config->green.from_blue)
        return ACT_DONE;
    act_fail(io, target, "preparing the way back", "[green] from_blue is not set");
    fault_hint(&io->fault, "it says how blue's host reaches green; without a way back: [rollback] "
                           "reverse = no");
    io->fault.exit_code = EXIT_CHECKS_FAILED;
    return ACT_FAILED;
}

static bool publication_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target, (void) values;
    return reverse_is_wanted(io);
}

static bool publish_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) values;
    return reverse_is_wanted(io) && !target->database->has_publication;
}

/* Blue's is prepare's. */
static bool unpublish_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target, (void) values;
    return reverse_is_wanted(io) && io_world(io)->subscriber == &io_world(io)->green;
}

bool reverse_subscription_values(struct step_io *io, struct target *target,
                                 struct act_values *values)
{
    return subscription_values(io, target, values) && reverse_is_wanted(io);
}

/* Of an attempt that was undone, or not quite. One that is enabled is not ours to drop. */
static enum act_verdict left_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (subscription_look_judge(io, target, reply) != ACT_DONE)
        return ACT_FAILED;
    if (!target->database->is_enabled)
        return ACT_DONE;
    return act_fail(io, target, "preparing the way back",
                    "subscription %s is there and enabled: {publisher} would follow {subscriber}",
                    target->database->slot);
}

static bool left_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return target->database->has_subscription && reverse_subscription_values(io, target, values);
}

static bool slot_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return slot_drop_values(io, target, values) && reverse_is_wanted(io);
}

static bool create_slot_values(struct step_io *io, struct target *target, struct act_values *values)
{
    step_waits_for(io, "the transactions that are open on {subscriber} (creating a slot waits)");
    return slot_values(io, target, values);
}

static enum act_verdict create_slot_judge(struct step_io *io, struct target *target,
                                          struct reply *reply)
{
    if (reply->state == REPLY_FAILED)
        return slot_create_failed(io, reply);
    if (reply_value(reply, 0, "lsn") || io_explains(io))
        return ACT_DONE;
    return act_fail(io, target, "creating the slot of the way back", "no position was given");
}

static bool password_values(struct step_io *io, struct target *target, struct act_values *values)
{
    struct world *world = io->world;
    const char *work = place_work_of(io, world->publisher);
    const char *list[] = {work, place_run(io),
                          arena_print(io->arena, "%s.pgpass", world->subscriber->name), NULL};

    (void) target;
    if (!reverse_is_wanted(io) || !work)
        return false;
    act_arguments(values, list);
    if (!io_explains(io))
        io_set(io, "{publisher}.work", work);
    if (io->mode == STEP_UNDO)
        return true;
    /* where no password was needed nothing is written: [blue] run may not lead there */
    values->input = place_password_file(io, world->subscriber);
    return io_explains(io) || *values->input;
}

/* Said by the publisher, which is the one that connects. */
static enum act_verdict create_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target;
    if (reply->state == REPLY_OK)
        return ACT_DONE;
    io->fault = reply->fault;
    fault_hint(&io->fault, "{publisher} has to reach {subscriber}: address, pg_hba.conf, TLS; the "
                           "password is put beside its data directory through [{publisher}] run. "
                           "Without a way back: [rollback] reverse = no");
    io->fault.exit_code = EXIT_CHECKS_FAILED;
    return ACT_FAILED;
}

/* The subscriber of the way back is the publisher of this one. */
static const char *options(struct step_io *io)
{
    const char *here = io_fact(io, "{publisher}.version_num");
    const char *there = io_fact(io, "{subscriber}.version_num");
    int version = here ? atoi(here) : 0, other = there ? atoi(there) : 0;

    return version >= 160000 && other >= 160000 ? ", streaming = off, origin = none"
           : version >= 140000                  ? ", streaming = off"
                                                : "";
}

static bool create_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "conninfo",
            place_conninfo(io, io_world(io)->subscriber, target->database->name));
    sql_set(&values->sql, "options", options(io));
    return reverse_subscription_values(io, target, values);
}

static bool tables_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return reverse_subscription_values(io, target, values) && !io_explains(io);
}

/* A table without an identity there would refuse UPDATE as soon as clients come. */
static bool identities_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target, (void) values;
    return reverse_is_wanted(io);
}

static enum act_verdict identities_judge(struct step_io *io, struct target *target,
                                         struct reply *reply)
{
    if (reply_rows(reply) == 0 || io_explains(io))
        return ACT_DONE;
    act_fail(io, target, "looking for tables without a replica identity",
             "%d, %s.%s among them: UPDATE and DELETE would fail there", reply_rows(reply),
             reply_value(reply, 0, "schema_name"), reply_value(reply, 0, "table_name"));
    fault_hint(&io->fault, "give them the identity that they have on {publisher}");
    io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

static const struct act reverse_run[] = {
    {.on = ON_TOOL, .judge = begin_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_identities_needed,
     .values = identities_values,
     .judge = identities_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_publication_look,
     .values = publication_values,
     .judge = publication_look_judge},
    {.on = ON_SUBSCRIBER_DATABASES, .sql = &sql_publication_create, .values = publish_values},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_subscription_look,
     .values = reverse_subscription_values,
     .judge = left_judge},
    {.on = ON_PUBLISHER_DATABASES, .sql = &sql_subscription_drop, .values = left_values},
    {.on = ON_SUBSCRIBER_DATABASES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_slot_drop,
     .values = slot_values,
     .judge = slot_drop_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_slot_create,
     .timeout_ms = 110000,
     .values = create_slot_values,
     .judge = create_slot_judge},
    {.on = ON_PUBLISHER_HOST, .script = &script_password_file, .values = password_values},
    {.on = ON_PUBLISHER_DATABASES,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_subscription_create_back,
     .timeout_ms = 60000,
     .values = create_values,
     .judge = create_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .sql = &sql_publication_tables,
     .values = tables_values,
     .judge = relations_published_judge},
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_subscription_tables,
     .values = tables_values,
     .judge = relations_subscribed_judge},
};
/* A slot or a subscription that is still being made must not come behind this. */
static const struct act reverse_undo[] = {
    OURS_ACT(ON_SUBSCRIBER),
    OURS_ACT(ON_PUBLISHER),
    {.on = ON_PUBLISHER_DATABASES,
     .flags = ACT_EACH,
     .sql = &sql_subscription_look,
     .values = reverse_subscription_values,
     .judge = left_judge},
    {.on = ON_PUBLISHER_DATABASES,
     .flags = ACT_EACH,
     .sql = &sql_subscription_drop,
     .values = left_values},
    {.on = ON_SUBSCRIBER_DATABASES,
     .flags = ACT_EACH | ACT_JUDGES_FAILURE,
     .sql = &sql_slot_drop,
     .values = slot_values,
     .judge = slot_drop_judge},
    {.on = ON_SUBSCRIBER_DATABASES,
     .flags = ACT_EACH,
     .sql = &sql_publication_drop,
     .values = unpublish_values},
    {.on = ON_PUBLISHER_HOST,
     .flags = ACT_EACH,
     .script = &script_password_remove,
     .values = password_values},
};
static const struct acts reverse_acts = {.run = reverse_run,
                                         .run_count = ACTS_COUNT(reverse_run),
                                         .undo = reverse_undo,
                                         .undo_count = ACTS_COUNT(reverse_undo)};

const struct step_type step_reverse = {
    .id = "reverse",
    .title = "Prepare the way back: slots on {subscriber}, subscriptions on {publisher}",
    .undo_note = "subscriptions and slots of the way back are dropped",
    .deadline_ms = 240000,
    ACTS_STEP(reverse_acts),
};
