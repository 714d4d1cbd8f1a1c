/* Poolers, one after the other, and the processes of each. */
#include "checking_pooler.h"
#include "leg.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "check_files.h"
#include "checking.h"
#include "script_files.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- for the files beside this one ------------------------------------------------------------ */

void pooler_look_add(struct pooler_look *look, const char *id, const char *what,
                     const char *evidence)
{
    finding_add(look->list, check_find(id),
                look->console ? look->console->name : look->pooler->config->name, what, evidence,
                NULL);
}

bool pooler_look_is_at_blue(const struct pooler_look *look, int row)
{
    const char *name = reply_value(&look->databases, row, "name");

    return name && !string_equal(name, "pgbouncer") &&
           pgbouncer_is_at(&look->databases, name, look->blue, look->blue_count);
}

const struct pooler_entry *pooler_look_entry(const struct pooler_look *look, const char *name)
{
    size_t i;

    for (i = 0; i < look->file.count; i++)
        if (string_equal(look->file.entries[i].name, name))
            return &look->file.entries[i];
    return NULL;
}

bool pooler_look_falls_back_to_blue(const struct pooler_look *look)
{
    const struct pooler_entry *fallback = pooler_look_entry(look, "*");

    return fallback && pooler_entry_is_at(fallback, look->blue, look->blue_count);
}

const char *pooler_look_setting(const struct pooler_look *look, const char *key)
{
    const char *value = pgbouncer_setting(&look->config, key);

    return value && *value ? value : NULL;
}

/* --- the file --------------------------------------------------------------------------------- */

static bool read_file(struct pooler_look *look)
{
    struct pooler *pooler = look->pooler;
    const char *arguments[] = {pooler->config->file, NULL};
    struct reply reply = {0};
    const char *first, *second;
    bool good = procedure_run_script(look->procedure, pooler->host, &script_file_read, arguments,
                                     30000, &reply);

    first = good ? strchr(reply.output, '\n') : NULL;
    second = first ? strchr(first + 1, '\n') : NULL;
    if (second)
        world_keep(&pooler->before, second + 1);
    else
        pooler_look_add(look, "pooler_file", pooler->config->file,
                        good ? "the answer is not complete" : reply.fault.cause);
    reply_clear(&reply);
    return second != NULL;
}

static void judge_file(struct pooler_look *look)
{
    const struct pooler *pooler = look->pooler;
    struct pooler_address to = {NULL, NULL};
    struct fault fault;
    char *after = NULL;
    size_t moved = 0;

    if (look->green_count == 1)
        to = look->green[0];
    if (!pooler_file_point(pooler->before, pooler->config->file, look->blue, look->blue_count, &to,
                           &after, &moved, &fault))
        pooler_look_add(look, "pooler_file", fault.where, fault.cause);
    else if (moved == 0)
        pooler_look_add(look, "pooler_entries", pooler->config->file,
                        "no entry in it goes to an address of [blue] from_poolers");
    free(after);
    if (!pooler_file_parse(pooler->before, pooler->config->file, &look->file, &fault))
        look->file = (struct pooler_file){0}; /* told already */
}

/* --- entries ---------------------------------------------------------------------------------- */

/* What the process goes by, and what the file says, must be the same: only that can be moved. */
static void compare_with_file(struct pooler_look *look, int row)
{
    const char *name = reply_value(&look->databases, row, "name");
    const struct pooler_entry *entry = pooler_look_entry(look, name);

    if (!entry)
        entry = pooler_look_entry(look, "*");
    if (look->file.count && (!entry || !pooler_entry_is_at(entry, look->blue, look->blue_count)))
        pooler_look_add(look, "pooler_file", name,
                        entry ? "it leads to blue, in the file it does not: was there a RELOAD?"
                              : "it leads to blue, but is not in the file");
}

static void judge_entries(struct pooler_look *look)
{
    int row, at_blue = pooler_look_falls_back_to_blue(look); /* not listed before somebody comes */
    size_t i;

    for (row = 0; row < reply_rows(&look->databases); row++) {
        const char *name = reply_value(&look->databases, row, "name");

        if (!pooler_look_is_at_blue(look, row))
            continue;
        at_blue++;
        compare_with_file(look, row);
        if (pgbouncer_is_paused(&look->databases, name))
            pooler_look_add(look, "pooler_paused", name, "it is paused");
    }
    if (at_blue == 0)
        pooler_look_add(look, "pooler_entries", look->pooler->config->file,
                        "none of this process's entries goes to an address of [blue] from_poolers");
    for (i = 0; i < look->file.count && at_blue; i++) {
        const struct pooler_entry *entry = &look->file.entries[i];

        if (!string_equal(entry->name, "*") &&
            pooler_entry_is_at(entry, look->blue, look->blue_count) &&
            !pgbouncer_is_at(&look->databases, entry->name, look->blue, look->blue_count))
            pooler_look_add(look, "pooler_file", entry->name,
                            "in the file it leads to blue, in this process it does not: was there "
                            "a RELOAD?");
    }
}

/* --- processes -------------------------------------------------------------------------------- */

/* False: it did not answer. */
static bool check_console(struct pooler_look *look)
{
    struct link *link = &look->console->link;
    bool answers =
        procedure_ask(look->procedure, link, &sql_pooler_databases, NULL, 10000, &look->databases);

    if (!answers) {
        pooler_look_add(look, "pooler_console", "console", look->databases.fault.cause);
    } else {
        judge_entries(look);
        if (procedure_ask(look->procedure, link, &sql_pooler_config, NULL, 10000, &look->config)) {
            checking_pooler_settings(look);
            checking_pooler_users(look);
            checking_pooler_reach(look);
        } else {
            pooler_look_add(look, "pooler_console", "SHOW CONFIG", look->config.fault.cause);
        }
    }
    reply_clear(&look->databases);
    reply_clear(&look->config);
    return answers;
}

static void check_probe(struct pooler_look *look)
{
    struct pooler *pooler = look->pooler;
    struct reply reply = {0};

    if (!pooler->config->probe)
        return;
    if (!procedure_ask(look->procedure, &pooler->probe, &sql_probe_look, NULL, 10000, &reply))
        finding_add(look->list, check_find("pooler_probe"), pooler->probe.endpoint.name, "probe",
                    reply.fault.cause, NULL);
    reply_clear(&reply);
    link_close(&pooler->probe);
}

/* What only a PgBouncer, or what it reads, could tell. */
static void not_asked_of_hook(struct pooler_look *look)
{
    static const char *const ids[] = {
        "pooler_patience",      "pooler_timeouts",        "pooler_session_mode",
        "pooler_min_pool_size", "pooler_version",         "pooler_unknown_users",
        "pooler_auth_query",    "pooler_auth_database",   "pooler_name_unknown",
        "pooler_same_address",  "pooler_other_spelling",  "pooler_connections",
        "pooler_tls",           "pooler_tls_certificate", "pooler_reaches_green"};
    struct text text = {0};
    size_t i;

    text_add(&text, "pooler %s is driven by a hook, which does not tell",
             look->pooler->config->name);
    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        finding_not_asked(look->list, check_find(ids[i]), text_string(&text));
    text_free(&text);
}

static void check_pooler(struct pooler_look *look)
{
    struct pooler *pooler = look->pooler;
    bool answers = true;
    size_t i;

    if (config_pooler_is_hook(pooler->config)) {
        answers = checking_hook(look->procedure, look->list, pooler);
        not_asked_of_hook(look);
        look->users.everybody = true; /* nobody tells whom it lets in */
    } else if (read_file(look)) {
        judge_file(look);
        checking_pooler_names(look);
    }
    for (i = 0; i < pooler->console_count; i++) {
        look->console = &pooler->consoles[i];
        answers = check_console(look) && answers;
    }
    look->console = NULL;
    pooler_file_free(&look->file);
    world_keep(&look->tried, NULL);
    /* through a process that is not there it would fail for the same cause */
    if (answers)
        check_probe(look);
}

/* --- all of them ------------------------------------------------------------------------------ */

/* -1: not known. */
static int64_t room_of(struct pooler_look *look, struct link *link)
{
    struct reply reply = {0};
    int64_t room = -1;

    if (!checking_ask(look->procedure, link, &check_pooler_room, NULL, 10000, &reply))
        check_judge(look->list, check_find("pooler_connections"), link->endpoint.name, &reply);
    else if (!reply_number(&reply, 0, "room", &room))
        room = -1;
    reply_clear(&reply);
    link_close(link);
    return room;
}

static void judge_connections(struct pooler_look *look)
{
    struct world *world = look->procedure->world;
    int64_t before = room_of(look, &world->blue.link), after = room_of(look, &world->green.link);
    int64_t wanted = look->is_unlimited || look->connections > before ? before : look->connections;
    struct text text = {0};

    if (before < 0 || after < 0 || wanted <= after)
        return;
    if (look->is_unlimited)
        text_add_string(&text, "they may open connections without a limit that is known");
    else
        text_add(&text, "they may open %lld connections", (long long) look->connections);
    text_add(&text, "; green has room for %lld, blue for %lld", (long long) after,
             (long long) before);
    finding_add(look->list, check_find("pooler_connections"), "green", "max_connections",
                text_string(&text), NULL);
    text_free(&text);
}

/* That [green] conninfo is no superuser's is a finding of its own. */
static void green_roles_failed(struct pooler_look *look, const char *where)
{
    static const char *const ids[] = {"pooler_roles", "pooler_passwords_differ"};
    size_t i;

    if (!string_equal(look->green_roles.fault.code, "42501"))
        check_judge(look->list, check_find(ids[0]), where, &look->green_roles);
    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        finding_not_asked(look->list, check_find(ids[i]), "green does not show us its roles");
}

/* The same on both servers. There is no md5() where OpenSSL is in FIPS mode, and no sha256() in 10.
 */
static bool ask_roles(struct pooler_look *look, struct link *link, struct reply *ret_roles)
{
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "digest",
            look->procedure->world->blue.version_num < 110000
                ? "md5(rolpassword)"
                : "encode(sha256(convert_to(rolpassword, 'UTF8')), 'hex')");
    return checking_ask(look->procedure, link, &check_pooler_roles, &arguments, 10000, ret_roles);
}

static void begin(struct pooler_look *look)
{
    struct link *link = &look->procedure->world->blue.link;
    struct reply reply = {0};

    look->has_roles = ask_roles(look, link, &look->roles);
    if (!look->has_roles)
        check_judge(look->list, check_find("pooler_roles"), link->endpoint.name, &look->roles);
    link_close(link);
    if (!look->green_runs)
        return;
    link = &look->procedure->world->green.link;
    if (checking_ask(look->procedure, link, &check_pooler_green_tls, NULL, 10000, &reply))
        world_keep(&look->green_ssl, reply_value(&reply, 0, "ssl"));
    reply_clear(&reply);
    look->has_green_roles = ask_roles(look, link, &look->green_roles);
    if (!look->has_green_roles)
        green_roles_failed(look, link->endpoint.name);
    link_close(link);
}

static void end(struct pooler_look *look)
{
    if (look->green_runs)
        judge_connections(look);
    if (look->has_roles)
        pooler_roles_judge_md5(look->list, &look->users, &look->roles, look->green_version);
    if (look->has_roles && look->has_green_roles)
        pooler_roles_compare(look->list, &look->users, &look->roles, &look->green_roles);
    reply_clear(&look->roles);
    reply_clear(&look->green_roles);
}

static struct pooler_address *addresses(const struct config_address *list, size_t count)
{
    struct pooler_address *made = memory_new((count + 1) * sizeof(*made));

    pooler_addresses_read(made, list, count);
    return made;
}

void checking_poolers(struct procedure *procedure, struct finding_list *list, int green_version)
{
    const struct config *config = procedure->config;
    struct world *world = procedure->world;
    size_t blue_count = config->blue.from_poolers_count, i;
    size_t green_count = config->green.from_poolers_count;
    struct pooler_address *blue = addresses(config->blue.from_poolers, blue_count);
    struct pooler_address *green = addresses(config->green.from_poolers, green_count);
    struct pooler_look look = {.procedure = procedure,
                               .list = list,
                               .blue = blue,
                               .green = green,
                               .blue_count = blue_count,
                               .green_count = green_count,
                               .green_version = green_version,
                               .green_runs = journal_get(procedure->journal, "green.started")};

    if (world->pooler_count && leg_side(procedure) == SIDE_BLUE) {
        begin(&look);
        for (i = 0; i < world->pooler_count; i++) {
            look.pooler = &world->poolers[i];
            check_pooler(&look);
        }
        end(&look);
    }
    pooler_users_clear(&look.users);
    free(look.green_ssl);
    free(blue);
    free(green);
}
