/*
 * workplace: the work directory on green's host, with blue's password in a file of mode 0600.
 *
 * Needs:   green's host; its data directory not there, or ours from an earlier attempt.
 * Leaves:  <data_directory>.pgcutover; `abort` removes it with everything of this run.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "places.h"

#include <string.h>

static void add_pgpass_word(struct text *text, const char *word)
{
    for (; *word; word++) {
        if (*word == ':' || *word == '\\')
            text_add_string(text, "\\");
        text_add_bytes(text, word, 1);
    }
}

/* The password that got us into blue, for the processes on green's host. */
static const char *password_file(struct step_io *io)
{
    struct link *link = &io_world(io)->blue.link;
    const char *password = link->session ? session_password(link->session) : NULL;
    const char *user = io_fact(io, "blue.user");
    struct text text = {0};
    const char *result;

    if (password && user && user != sql_unknown) {
        text_add_string(&text, "*:*:*:");
        add_pgpass_word(&text, user);
        text_add_string(&text, ":");
        add_pgpass_word(&text, password);
        text_add_string(&text, "\n");
    }
    result = arena_copy(io->arena, text_string(&text));
    text_free(&text);
    return result;
}

static bool work_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *list[] = {place_work(io), place_run(io), NULL};

    (void) target;
    act_arguments(values, list);
    values->input = password_file(io);
    return true;
}

static bool remove_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.old_bin_directory,
                          config->green.bin_directory,
                          config->green.data_directory,
                          place_clone(io),
                          place_work(io),
                          place_run(io),
                          config->green.stop_command ? config->green.stop_command : "",
                          NULL};

    (void) target;
    act_arguments(values, list);
    return true;
}

static const struct act workplace_run[] = {
    {.on = ON_GREEN_HOST, .script = &script_work_make, .values = work_values},
};
static const struct act workplace_undo[] = {
    {.on = ON_GREEN_HOST, .script = &script_remove, .timeout_ms = 300000, .values = remove_values},
};
static const struct acts workplace_acts = {
    .run = workplace_run,
    .run_count = ACTS_COUNT(workplace_run),
    .undo = workplace_undo,
    .undo_count = ACTS_COUNT(workplace_undo),
};

const struct step_type step_workplace = {
    .id = "workplace",
    .title = "Make the work directory on green's host",
    .undo_note = "green is stopped; it, the clone and the work directory are removed",
    .deadline_ms = 360000,
    ACTS_STEP(workplace_acts),
};
