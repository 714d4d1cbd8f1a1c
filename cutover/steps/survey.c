/*
 * survey: who blue is, which databases it has, which tables need an identity.
 *
 * Needs:   a superuser's session on blue; the operator's lock.
 * Leaves:  facts only: what every later row relies on, and what `finish` and `abort` restore.
 * Fails:   blue is not the server that this run was started for; another run holds the lock.
 */
#include "sql_files.h"
#include "steps.h"

#include "../base/text.h"
#include "acts.h"
#include "survey.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

bool survey_lock_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) target;
    /* "pgcutovr" in ASCII: the same for every run on a server, whoever starts it */
    sql_set(&values->sql, "key", "8099551810964911730");
    return true;
}

enum act_verdict survey_lock_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char *const about[] = {"application_name", "client_addr", "pid", "backend_start"};
    const char *known[ACTS_COUNT(about)];
    struct world *world = io->world;
    struct server *server = target->link == &world->green.link ? &world->green : &world->blue;
    bool is_ours = false;
    int64_t pid = 0;
    size_t i;

    if (reply_bool(reply, 0, "is_ours", &is_ours) && is_ours &&
        reply_number(reply, 0, "own_pid", &pid)) {
        if (!server->must_lock)
            server->lock_pid = pid;
        server->must_lock = true;
        return ACT_DONE;
    }
    for (i = 0; i < ACTS_COUNT(about); i++)
        known[i] = reply_value(reply, 0, about[i]) ? reply_value(reply, 0, about[i]) : "unknown";
    act_fail(io, target, "taking the operator's lock",
             "another run holds it: %s, from %s, pid %s, since %s", known[0], known[1], known[2],
             known[3]);
    fault_hint(&io->fault, "wait for it to end, or end it where it runs; one operator at a time");
    io->fault.exit_code = EXIT_LOCKED;
    return ACT_FAILED;
}

/* A fact that is already there must stay what it was: blue is pinned. */
bool survey_pin(struct step_io *io, const struct target *target, const char *key, const char *value)
{
    const char *known = journal_get(io->journal, key);

    if (!value) {
        act_fail(io, target, "reading the server's identity", "no value for %s", key);
        return false;
    }
    if (known && strcmp(known, value) != 0) {
        act_fail(io, target, "comparing the server with the one this run began with",
                 "%s is %s, and was %s", key, value, known);
        fault_hint(&io->fault, "the connection string leads to another server now; correct it, or "
                               "abort the run and begin a new one");
        io->fault.exit_code = EXIT_PLAN_STALE;
        return false;
    }
    journal_set(io->journal, key, value);
    return true;
}

enum act_verdict survey_identity_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    static const char *const kept[][2] = {
        {"blue.system_identifier", "system_identifier"},
        {"blue.version_num", "version_num"},
        {"blue.superuser", "bootstrap_superuser"},
        {"blue.checksums", "data_checksums"},
        {"blue.segment_mb", "segment_mb"},
        {"blue.encoding", "encoding"},
        {"blue.provider", "provider"},
        {"blue.lc_collate", "lc_collate"},
        {"blue.lc_ctype", "lc_ctype"},
        {"blue.icu_locale", "icu_locale"},
        {"blue.timeline", "timeline"},
    };
    struct world *world = io->world;
    size_t i;

    for (i = 0; i < ACTS_COUNT(kept); i++)
        if (!survey_pin(io, target, kept[i][0], reply_value(reply, 0, kept[i][1])))
            return ACT_FAILED;
    journal_set(io->journal, "blue.user", reply_value(reply, 0, "rolname"));
    journal_set(io->journal, "blue.version", reply_value(reply, 0, "version"));
    journal_set(io->journal, "blue.data_directory", reply_value(reply, 0, "data_directory"));
    journal_set(io->journal, "blue.size_bytes", reply_value(reply, 0, "size_bytes"));
    world_keep(&world->blue.system_identifier, reply_value(reply, 0, "system_identifier"));
    reply_number(reply, 0, "version_num", &world->blue.version_num);
    return ACT_DONE;
}

enum act_verdict survey_databases_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    cJSON *list = cJSON_CreateObject();
    const char *known = journal_get(io->journal, "databases");
    char *text;
    int i, rows = reply_rows(reply);
    bool same;

    for (i = 0; i < rows; i++) {
        const char *name = reply_value(reply, i, "datname"), *oid = reply_value(reply, i, "oid");

        if (name && oid && cJSON_AddStringToObject(list, name, oid))
            world_add_database(io->world, name, oid);
    }
    text = cJSON_PrintUnformatted(list);
    cJSON_Delete(list);
    same = !known || strcmp(known, text) == 0;
    if (same && rows > 0)
        journal_set(io->journal, "databases", text);
    free(text);
    if (rows == 0)
        return act_fail(io, target, "listing the databases", "the server named none");
    if (!same) {
        act_fail(io, target, "comparing the databases with those this run began with",
                 "a database was created, dropped or renamed on blue");
        fault_hint(&io->fault, "abort this run and begin a new one: the clone lacks that database");
        io->fault.exit_code = EXIT_PLAN_STALE;
        return ACT_FAILED;
    }
    return ACT_DONE;
}

/* What was recorded before stays; tables that came since are added. */
static enum act_verdict identities_judge(struct step_io *io, struct target *target,
                                         struct reply *reply)
{
    struct database *database = target->database;
    char key[160];
    const char *known;
    cJSON *list, *made;
    char *text;
    int i;

    snprintf(key, sizeof(key), "db.%s.identities", database->name);
    known = journal_get(io->journal, key);
    list = known ? cJSON_Parse(known) : cJSON_CreateArray();
    database_forget_identities(database);
    for (i = 0; i < reply_rows(reply); i++) {
        const char *use = reply_value(reply, i, "use_index");
        const char *was = reply_value(reply, i, "identity");
        const char *index = reply_value(reply, i, "identity_index");

        made = cJSON_CreateObject();
        cJSON_AddStringToObject(made, "schema", reply_value(reply, i, "schema_name"));
        cJSON_AddStringToObject(made, "table", reply_value(reply, i, "table_name"));
        cJSON_AddStringToObject(made, "was", was ? was : "d");
        if (index)
            cJSON_AddStringToObject(made, "index", index);
        cJSON_AddItemToArray(list, made);
        database_add_identity(database, reply_value(reply, i, "schema_name"),
                              reply_value(reply, i, "table_name"), use ? "i" : "f", use);
    }
    text = cJSON_PrintUnformatted(list);
    journal_set(io->journal, key, text);
    free(text);
    cJSON_Delete(list);
    return ACT_DONE;
}

static const struct act survey_run[] = {
    {.on = ON_BLUE,
     .sql = &sql_operator_lock,
     .values = survey_lock_values,
     .judge = survey_lock_judge},
    {.on = ON_BLUE, .sql = &sql_server_identity, .judge = survey_identity_judge},
    {.on = ON_BLUE, .sql = &sql_databases, .judge = survey_databases_judge},
    {.on = ON_BLUE_DATABASES, .sql = &sql_identities_needed, .judge = identities_judge},
};
static const struct acts survey_acts = {.run = survey_run, .run_count = ACTS_COUNT(survey_run)};

const struct step_type step_survey = {
    .id = "survey",
    .title = "Pin blue: identity, databases, tables without identity",
    .undo_note = "nothing to undo",
    .deadline_ms = 60000,
    ACTS_STEP(survey_acts),
};
