/*
 * find_blue: is the directory that shall be removed blue's, and has nobody any business with blue?
 * What answers as blue and what runs in that directory must be the same server.
 *
 * Leaves:  facts blue.directory, blue.deleting (that directory, as an inode and its birth),
 *          blue.place (where it was seen), and blue.postmaster (the server that is to be stopped;
 *          none: it does not answer, and blue.silence says why), on disk before anything is done.
 *          Reads only.
 * Fails:   another server or directory; clients; an open fence; tablespaces or WAL elsewhere.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "keep.h"
#include "places.h"

#include <string.h>

#define LOOK_MS (INT64_C(5) * 60 * 1000) /* at every name in the directory */
#define REFUSED 3                        /* what the script exits with */

static const char doing[] = "looking whether blue may be deleted";

/* A dry run goes on behind a failure: then the first one is told. */
static void say_in_dry_run(struct step_io *io, const char *what)
{
    if (io_explains(io) && !*io->said)
        step_says(io, "%s: %s", what, io->fault.cause);
}

static enum act_verdict refuse(struct step_io *io, const struct target *target, const char *cause,
                               const char *what)
{
    act_fail(io, target, doing, cause, what);
    fault_hint(&io->fault, "%s",
               journal_get(io->journal, "blue.deleting")
                   ? "nothing was removed now; an earlier attempt had got as far as removing, and "
                     "may have removed a part"
                   : "nothing was removed");
    io->fault.exit_code = EXIT_CHECKS_FAILED;
    say_in_dry_run(io, "it would be refused");
    return ACT_FAILED;
}

/* Whatever became of it since, blue that is being deleted need not answer. */
static enum act_verdict silent(struct step_io *io, const char *why)
{
    journal_set(io->journal, "blue.postmaster", NULL);
    journal_set(io->journal, "blue.silence", why);
    return ACT_DONE;
}

/* One that refuses the password or the question is there. */
static enum act_verdict blue_failed(struct step_io *io, struct target *target,
                                    const struct fault *fault)
{
    if (fault->exit_code == EXIT_TRANSIENT || journal_get(io->journal, "blue.deleting"))
        return silent(io, fault->cause);
    return refuse(io, target, "what answers at blue's address cannot be asked: %s", fault->cause);
}

static enum act_verdict blue_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *system, *postmaster, *clients;
    bool is_in_recovery = true;
    int64_t open = -1;

    if (reply->state == REPLY_FAILED)
        return blue_failed(io, target, &reply->fault);
    system = reply_value(reply, 0, "system_identifier");
    if (!system || !journal_has(io->journal, "blue.system_identifier", system))
        return journal_get(io->journal, "blue.deleting")
                   ? silent(io, "another server answers at its address")
                   : refuse(io, target, "another server answers at blue's address%s", "");
    postmaster = reply_value(reply, 0, "postmaster");
    clients = reply_value(reply, 0, "clients");
    if (!postmaster || !reply_bool(reply, 0, "is_in_recovery", &is_in_recovery) ||
        !reply_number(reply, 0, "open", &open))
        return refuse(io, target, "no answer%s", "");
    if (is_in_recovery)
        return refuse(io, target, "what answers is a standby%s", "");
    if (open != 0)
        return refuse(io, target, "the fence does not hold any more: clients may write there%s",
                      "");
    if (clients)
        return refuse(io, target, "clients are connected to it: %s", clients);
    journal_set(io->journal, "blue.postmaster", postmaster);
    journal_set(io->journal, "blue.silence", NULL);
    return ACT_DONE;
}

static const char *fact_or(struct step_io *io, const char *key, const char *otherwise)
{
    const char *value = journal_get(io->journal, key);

    return value ? value : otherwise;
}

static bool look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *data = io_world(io)->config->blue.data_directory;
    const char *list[] = {data,
                          fact_or(io, "blue.data_directory", data),
                          place_run(io),
                          fact_or(io, "blue.system_identifier", "unknown"),
                          fact_or(io, "blue.timeline", "unknown"),
                          fact_or(io, "blue.postmaster", ""),
                          fact_or(io, "blue.silence", ""),
                          fact_or(io, "blue.place", ""),
                          NULL};

    (void) target;
    act_arguments(values, list);
    return true;
}

/* The value of a "key=" line, copied; NULL: not there. *at goes behind it. */
static const char *next_value(struct step_io *io, const char **at, const char *key)
{
    size_t length = strlen(key);

    while (*at && **at) {
        const char *line = *at;
        char *value;

        *at = strchr(line, '\n');
        *at = *at ? *at + 1 : NULL;
        if (strncmp(line, key, length) != 0 || line[length] != '=')
            continue;
        value = arena_copy(io->arena, line + length + 1);
        value[strcspn(value, "\n")] = '\0';
        return value;
    }
    return NULL;
}

static void say_stays(struct step_io *io, const char *output)
{
    struct text text = {0};
    const char *path;

    while ((path = next_value(io, &output, "stays")))
        text_add(&text, " %s", path);
    if (text.length)
        step_says(io, "links in blue's data directory lead to what stays:%s", text_string(&text));
    text_free(&text);
}

/* Refused by the script, or not looked at, because the host could not be reached for example. */
static enum act_verdict look_failed(struct step_io *io, struct target *target,
                                    const struct reply *reply)
{
    if (reply->status == REFUSED)
        return refuse(io, target, "%s", reply->fault.cause);
    io->fault = reply->fault;
    say_in_dry_run(io, "it could not be looked at");
    return ACT_FAILED;
}

static enum act_verdict look_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *at = reply->output, *known = journal_get(io->journal, "blue.directory");
    const char *directory, *place, *state;

    if (reply->state == REPLY_FAILED)
        return look_failed(io, target, reply);
    directory = next_value(io, &at, "directory");
    place = next_value(io, &at, "place");
    at = reply->output;
    state = next_value(io, &at, "state");
    if (!state)
        return refuse(io, target, "no answer%s", "");
    if (string_equal(state, "gone") || string_equal(state, "empty")) {
        if (!known)
            return refuse(io, target, "there is no data directory: %s",
                          io_world(io)->config->blue.data_directory);
    } else if (!directory || !place) {
        return refuse(io, target, "no answer%s", "");
    }
    if (known && directory && !string_equal(known, directory))
        return refuse(io, target, "%s is another directory than the one that was to be removed",
                      io_world(io)->config->blue.data_directory);
    if (io_explains(io))
        return ACT_DONE;
    if (directory) {
        journal_set(io->journal, "blue.directory", directory);
        journal_set(io->journal, "blue.place", place);
    }
    journal_set(io->journal, "blue.deleting", journal_get(io->journal, "blue.directory"));
    say_stays(io, reply->output);
    return ACT_DONE;
}

static const struct act find_run[] = {
    {.on = ON_BLUE,
     .flags = ACT_JUDGES_FAILURE,
     .sql = &sql_blue_look,
     .values = keep_values,
     .judge = blue_judge},
    {.on = ON_BLUE_HOST,
     .flags = ACT_JUDGES_FAILURE,
     .script = &script_blue_look,
     .timeout_ms = LOOK_MS,
     .values = look_values,
     .judge = look_judge},
};
static const struct acts find_acts = {.run = find_run, .run_count = ACTS_COUNT(find_run)};

const struct step_type step_find_blue = {
    .id = "find_blue",
    .title = "Look whether that directory is blue's, and whether nobody needs it",
    .undo_note = "nothing to undo",
    .deadline_ms = LOOK_MS + 60000,
    ACTS_STEP(find_acts),
};
