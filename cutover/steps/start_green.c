/*
 * start_green: blue's parameters, access rules and TLS files to green; closed before its first
 * start in public; pinned afterwards.
 *
 * Needs:   green upgraded.
 * Leaves:  green running: read-only by default, CONNECT revoked from everybody; facts green.*.
 * Fails:   a parameter green does not take; the start command; another server answers at its
 * address.
 */
#include "script_files.h"
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "places.h"
#include "survey.h"

#include <stdlib.h>
#include <string.h>

static bool is_overridden(const struct config *config, const char *name)
{
    size_t i;

    for (i = 0; i < config->green.parameter_count; i++)
        if (strcmp(config->green.parameters[i].name, name) == 0)
            return true;
    return false;
}

/* TLS files get our names inside green's data directory. */
static void add_tls(struct text *text, struct reply *reply)
{
    static const char *const files[][3] = {{"cert", "ssl_cert_file", "server.crt"},
                                           {"key", "ssl_key_file", "server.key"},
                                           {"ca", "ssl_ca_file", "root.crt"},
                                           {"crl", "ssl_crl_file", "root.crl"}};
    size_t i;

    for (i = 0; i < ACTS_COUNT(files); i++)
        if (reply_value(reply, 0, files[i][0]))
            text_add_setting(text, files[i][1], files[i][2]);
}

static enum act_verdict settings_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    const struct config *config = io_world(io)->config;
    struct text text = {0};
    size_t i;
    int row;

    (void) target;
    for (row = 0; row < reply_rows(reply); row++) {
        const char *name = reply_value(reply, row, "name");
        const char *value = reply_value(reply, row, "value");

        if (name && value && !is_overridden(config, name))
            text_add_setting(&text, name, value);
    }
    for (i = 0; i < config->green.parameter_count; i++)
        text_add_setting(&text, config->green.parameters[i].name,
                         config->green.parameters[i].value);
    journal_set(io->journal, "green.parameters", text_string(&text));
    text_free(&text);
    return ACT_DONE;
}

/* Kept for this step only, never in the journal: one of them is a private key. */
struct files {
    const char *content[6];
    const char *path[6];
    const char *mode[6];
    const char *listen;
    const char *parameters;
};

static enum act_verdict files_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char *const columns[][3] = {
        {"hba", "pg_hba.conf", "0600"}, {"ident", "pg_ident.conf", "0600"},
        {"cert", "server.crt", "0600"}, {"key", "server.key", "0600"},
        {"ca", "root.crt", "0600"},     {"crl", "root.crl", "0600"}};
    struct files *files = arena_take(io->arena, sizeof(*files));
    const char *known = journal_get(io->journal, "green.parameters");
    struct text text = {0};
    size_t i;

    if (!reply_value(reply, 0, "hba"))
        return act_fail(io, target, "reading blue's access rules", "no answer");
    for (i = 0; i < ACTS_COUNT(columns); i++) {
        files->content[i] = arena_copy(io->arena, reply_value(reply, 0, columns[i][0]));
        files->path[i] = arena_print(io->arena, "%s/%s", io_world(io)->config->green.data_directory,
                                     columns[i][1]);
        files->mode[i] = columns[i][2];
    }
    files->listen = arena_copy(io->arena, reply_value(reply, 0, "listen_addresses"));
    text_add_string(&text, known ? known : "");
    add_tls(&text, reply);
    files->parameters = arena_copy(io->arena, text_string(&text));
    text_free(&text);
    io_world(io)->own = files;
    return ACT_DONE;
}

static bool is_started(struct step_io *io)
{
    return journal_get(io->journal, "green.started") != NULL;
}

static const struct files *files_of(struct step_io *io)
{
    static const struct files none;

    return io_world(io)->own ? io_world(io)->own : &none;
}

static bool configure_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const struct files *files = files_of(io);
    const char *list[] = {config->green.bin_directory,
                          config->green.data_directory,
                          place_work(io),
                          place_run(io),
                          config->green.port,
                          config->green.socket_directory,
                          files->listen ? files->listen : "localhost",
                          NULL};

    (void) target;
    act_arguments(values, list);
    values->input = files->parameters;
    return !is_started(io);
}

static bool file_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct files *files = files_of(io);
    int i = target->round;
    const char *list[] = {NULL, NULL, NULL};

    while (i < 6 && !files->content[i])
        target->round = ++i;
    if (i >= 6 || is_started(io))
        return false;
    list[0] = files->path[i];
    list[1] = files->mode[i];
    act_arguments(values, list);
    values->input = files->content[i];
    return true;
}

static bool close_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.bin_directory,
                          config->green.data_directory,
                          place_work(io),
                          place_run(io),
                          io_fact(io, "blue.superuser"),
                          NULL};

    (void) target;
    act_arguments(values, list);
    values->job = place_job(io, "close");
    values->work = place_work(io);
    return !is_started(io);
}

static bool start_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct config *config = io_world(io)->config;
    const char *list[] = {config->green.bin_directory, config->green.data_directory, place_work(io),
                          config->green.start_command ? config->green.start_command : "", NULL};

    (void) target;
    io_world(io)->own = NULL;
    act_arguments(values, list);
    return true;
}

/* What answers must be the new server: another identity than blue's, the new version, primary. */
static enum act_verdict pin_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "comparing what answers with the green that was made";
    const char *system = reply_value(reply, 0, "system_identifier");
    const char *known = journal_get(io->journal, "green.system_identifier");
    bool is_in_recovery = true, is_superuser = false;
    int64_t version = 0;

    if (!system || !reply_number(reply, 0, "version_num", &version) ||
        !reply_bool(reply, 0, "is_in_recovery", &is_in_recovery) ||
        !reply_bool(reply, 0, "is_superuser", &is_superuser))
        return act_fail(io, target, doing, "no answer");
    if (journal_has(io->journal, "blue.system_identifier", system))
        return act_fail(io, target, doing, "[green] conninfo leads to blue");
    if (known && strcmp(known, system) != 0)
        return act_fail(io, target, doing, "another server answers at green's address");
    if (is_in_recovery || !is_superuser)
        return act_fail(io, target, doing, "%s",
                        is_superuser ? "it is in recovery" : "our role is not a superuser there");
    if (!survey_pin(io, target, "green.timeline", reply_value(reply, 0, "timeline")))
        return ACT_FAILED;
    journal_set(io->journal, "green.system_identifier", system);
    journal_setf(io->journal, "green.version_num", "%lld", (long long) version);
    journal_set(io->journal, "green.version", reply_value(reply, 0, "version"));
    journal_set(io->journal, "green.started", "yes");
    world_keep(&io_world(io)->green.system_identifier, system);
    return ACT_DONE;
}

static enum act_verdict role_settings_judge(struct step_io *io, struct target *target,
                                            struct reply *reply)
{
    (void) target;
    journal_set(io->journal, "blue.role_all_settings", reply_value(reply, 0, "statements"));
    return ACT_DONE;
}

static bool role_settings_values(struct step_io *io, struct target *target,
                                 struct act_values *values)
{
    const char *statements = journal_get(io->journal, "blue.role_all_settings");

    (void) target;
    sql_set(&values->sql, "statements", statements ? statements : "");
    return statements && *statements;
}

static const struct act start_green_run[] = {
    {.on = ON_BLUE, .sql = &sql_carried_settings, .judge = settings_judge},
    {.on = ON_BLUE, .sql = &sql_server_files, .judge = files_judge},
    {.on = ON_BLUE, .sql = &sql_role_all_settings, .judge = role_settings_judge},
    {.on = ON_GREEN_HOST, .flags = ACT_REPEAT, .script = &script_write_file, .values = file_values},
    {.on = ON_GREEN_HOST,
     .script = &script_configure,
     .timeout_ms = 60000,
     .values = configure_values},
    {.on = ON_GREEN_HOST, .flags = ACT_JOB, .script = &script_close, .values = close_values},
    {.on = ON_GREEN_HOST, .script = &script_start, .timeout_ms = 120000, .values = start_values},
    {.on = ON_GREEN, .flags = ACT_GREEN_LATER, .sql = &sql_server_identity, .judge = pin_judge},
    {.on = ON_GREEN,
     .flags = ACT_GREEN_LATER,
     .sql = &sql_operator_lock,
     .values = survey_lock_values,
     .judge = survey_lock_judge},
    {.on = ON_GREEN, .sql = &sql_run_statements, .values = role_settings_values},
};
static const struct acts start_green_acts = {.run = start_green_run,
                                             .run_count = ACTS_COUNT(start_green_run)};

const struct step_type step_start_green = {
    .id = "start_green",
    .title = "Configure green, close it to clients, start it",
    .undo_note = "green is stopped and removed with the work directory",
    .deadline_ms = 1800000,
    ACTS_STEP(start_green_acts),
};
