/*
 * inventory: who is connected to the publisher past the poolers? Told before anybody is held
 * (rule D2: the fence ends these sessions, and a client that is ended in COMMIT does not learn
 * its outcome).
 *
 * Needs:   the consoles: a session is the pooler's if SHOW SERVERS knows its pid.
 * How:     the publisher, the poolers, the publisher again: only who was there both
 *          times and is no pooler's counts, so that connections which come and go
 *          meanwhile are not taken for direct ones.
 * Leaves:  nothing but what was said. Reads only.
 * Fails:   exit code 3, when [fence] direct_sessions = refuse and there are some, or
 *          when a role of keep_roles may write.
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "keep.h"

#include <stdlib.h>
#include <string.h>

#define GROUPS_MAX 8

/* world->own while this step runs, in the arena. */
struct inventory {
    const char **first; /* ids of the first look */
    size_t first_count;
    int64_t *pooled; /* pids */
    size_t pooled_count;
};

struct group {
    const char *role, *application, *address;
    int sessions, in_transaction;
};

static bool keep_roles_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return keep_values(io, target, values) && io_world(io)->config->keep_role_count > 0;
}

static enum act_verdict keep_roles_judge(struct step_io *io, struct target *target,
                                         struct reply *reply)
{
    if (reply_rows(reply) == 0)
        return ACT_DONE;
    act_fail(io, target, "looking at the roles that are kept", "%s: %s",
             reply_value(reply, 0, "rolname"), reply_value(reply, 0, "why"));
    fault_hint(&io->fault, "[fence] keep_roles is for roles that only read: take it out, or take "
                           "the right away");
    io->fault.exit_code = EXIT_CHECKS_FAILED;
    return ACT_FAILED;
}

static bool sessions_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "application_name", io_world(io)->application_name);
    return keep_values(io, target, values);
}

static enum act_verdict first_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct inventory *inventory = arena_take(io->arena, sizeof(*inventory));
    int row, rows = reply_rows(reply);

    (void) target;
    inventory->first = arena_take(io->arena, ((size_t) rows + 1) * sizeof(char *));
    for (row = 0; row < rows; row++) {
        const char *id = reply_value(reply, row, "id");

        inventory->first[inventory->first_count++] = arena_print(io->arena, "%s", id ? id : "");
    }
    io_world(io)->own = inventory;
    return ACT_DONE;
}

static enum act_verdict servers_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    struct inventory *inventory = io_world(io)->own;
    int row, rows = reply_rows(reply);
    int64_t *pids;

    (void) target;
    if (!inventory) /* the publisher did not answer while a plan was printed */
        return ACT_DONE;
    pids = arena_take(io->arena, (inventory->pooled_count + (size_t) rows + 1) * sizeof(*pids));
    if (inventory->pooled_count)
        memcpy(pids, inventory->pooled, inventory->pooled_count * sizeof(*pids));
    inventory->pooled = pids;
    for (row = 0; row < rows; row++)
        if (reply_number(reply, row, "remote_pid", &pids[inventory->pooled_count]))
            inventory->pooled_count++;
    return ACT_DONE;
}

static bool is_direct(const struct inventory *inventory, const struct reply *reply, int row)
{
    const char *id = reply_value(reply, row, "id");
    int64_t pid = -1;
    bool was_there = false;
    size_t i;

    reply_number(reply, row, "pid", &pid);
    for (i = 0; i < inventory->pooled_count; i++)
        if (inventory->pooled[i] == pid)
            return false;
    for (i = 0; i < inventory->first_count; i++)
        was_there = was_there || string_equal(inventory->first[i], id);
    return was_there && !string_equal(reply_value(reply, row, "is_kept"), "t");
}

static size_t add_to_group(struct group *groups, size_t count, const struct reply *reply, int row)
{
    struct group made = {reply_value(reply, row, "usename"),
                         reply_value(reply, row, "application_name"),
                         reply_value(reply, row, "client_addr"), 0, 0};
    size_t i;

    for (i = 0; i < count; i++)
        if (string_equal(groups[i].role, made.role) &&
            string_equal(groups[i].application, made.application) &&
            string_equal(groups[i].address, made.address))
            break;
    if (i == count)
        groups[count++] = made;
    groups[i].sessions++;
    groups[i].in_transaction += string_equal(reply_value(reply, row, "in_transaction"), "t");
    return count;
}

/* "app (psql, from 10.0.0.1): 2 sessions, 1 in a transaction; ..." */
static void describe(struct text *text, const struct group *groups, size_t count)
{
    size_t i;

    for (i = 0; i < count && i < GROUPS_MAX; i++) {
        text_add(text, "%s%s (%s, from %s): %d session%s", i ? "; " : "", groups[i].role,
                 groups[i].application, groups[i].address, groups[i].sessions,
                 groups[i].sessions > 1 ? "s" : "");
        if (groups[i].in_transaction)
            text_add(text, ", %d in a transaction", groups[i].in_transaction);
    }
    if (count > GROUPS_MAX)
        text_add(text, "; and %zu more", count - GROUPS_MAX);
}

static enum act_verdict second_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    int row, rows = reply_rows(reply);
    struct group *groups = arena_take(io->arena, ((size_t) rows + 1) * sizeof(*groups));
    enum act_verdict verdict = ACT_DONE;
    struct text text = {0};
    size_t count = 0;

    for (row = 0; row < rows && io_world(io)->own; row++)
        if (is_direct(io_world(io)->own, reply, row))
            count = add_to_group(groups, count, reply, row);
    describe(&text, groups, count);
    if (count && string_equal(io_world(io)->config->direct_sessions, "refuse") &&
        !io_explains(io)) {
        verdict =
            act_fail(io, target, "looking for sessions past the poolers", "%s", text_string(&text));
        fault_hint(&io->fault,
                   "end them, or let them use a pooler; [fence] direct_sessions = fence "
                   "ends them in the pause, keep_roles lets roles go on reading");
        io->fault.exit_code = EXIT_CHECKS_FAILED;
    } else if (count) {
        step_says(io, "past the poolers, to be ended: %s", text_string(&text));
        if (!io_explains(io))
            journal_event(io->journal, "direct", text_string(&text),
                          io->driver->wall_us(io->driver));
    }
    text_free(&text);
    io_world(io)->own = NULL;
    return verdict;
}

static const struct act inventory_run[] = {
    {.on = ON_PUBLISHER_DATABASES,
     .sql = &sql_keep_roles_look,
     .values = keep_roles_values,
     .judge = keep_roles_judge},
    {.on = ON_PUBLISHER,
     .sql = &sql_sessions_look,
     .values = sessions_values,
     .judge = first_judge},
    {.on = ON_CONSOLES, .sql = &sql_pooler_servers, .judge = servers_judge},
    {.on = ON_PUBLISHER,
     .sql = &sql_sessions_look,
     .values = sessions_values,
     .judge = second_judge},
};
static const struct acts inventory_acts = {.run = inventory_run,
                                           .run_count = ACTS_COUNT(inventory_run)};

const struct step_type step_inventory = {
    .id = "inventory",
    .title = "Look who is connected past the poolers",
    .undo_note = "nothing to undo",
    .deadline_ms = 60000,
    ACTS_STEP(inventory_acts),
};
