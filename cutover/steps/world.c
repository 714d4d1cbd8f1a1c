#include "world.h"

#include "../base/text.h"
#include "review.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void world_keep(char **at, const char *value)
{
    char *copy = memory_copy(value); /* first: value may be *at */

    free(*at);
    *at = copy;
}

static char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *print(const char *format, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    return text_take(&text);
}

/* Takes `name`. */
static void link_init(struct link *link, enum endpoint_kind kind, char *name, const char *conninfo,
                      const char *dbname)
{
    link->endpoint.kind = kind;
    link->endpoint.name = name;
    link->endpoint.conninfo = memory_copy(conninfo);
    link->endpoint.dbname = memory_copy(dbname);
}

void link_close(struct link *link)
{
    if (!link)
        return;
    session_close(link->session);
    link->session = NULL;
    link->is_busy = false;
    reply_clear(&link->opening);
}

static void link_end(struct link *link)
{
    link_close(link);
    free((char *) link->endpoint.name);
    free((char *) link->endpoint.conninfo);
    free((char *) link->endpoint.dbname);
    memset(link, 0, sizeof(*link));
}

static void entries_free(struct console *console)
{
    size_t i;

    for (i = 0; i < console->entry_count; i++) {
        link_end(&console->entries[i].link);
        free(console->entries[i].name);
    }
    free(console->entries);
    console->entries = NULL;
    console->entry_count = 0;
}

void console_set_entries(struct console *console, const char *const *names, size_t count)
{
    size_t number = (size_t) (console - console->pooler->consoles), i;
    const char *conninfo = console->pooler->config->consoles[number];

    entries_free(console);
    console->entries = memory_new(count * sizeof(struct entry));
    console->entry_count = count;
    for (i = 0; i < count; i++) {
        console->entries[i].name = memory_copy(names[i]);
        link_init(&console->entries[i].link, ENDPOINT_CONSOLE,
                  print("%s entry %s", console->name, names[i]), conninfo, NULL);
    }
}

static void trials_free(struct pooler *pooler)
{
    size_t i;

    for (i = 0; i < pooler->trial_count; i++) {
        link_end(&pooler->trials[i].link);
        free(pooler->trials[i].name);
        free(pooler->trials[i].stands_for);
    }
    free(pooler->trials);
    pooler->trials = NULL;
    pooler->trial_count = 0;
}

void pooler_set_trials(struct pooler *pooler, const struct pooler_trial *trials, size_t count)
{
    size_t i;

    trials_free(pooler);
    pooler->trials = memory_new(count * sizeof(struct trial));
    pooler->trial_count = count;
    for (i = 0; i < count; i++) {
        pooler->trials[i].name = memory_copy(trials[i].name);
        pooler->trials[i].stands_for = memory_copy(trials[i].stands_for);
        link_init(&pooler->trials[i].link, ENDPOINT_CLIENT,
                  print("pooler %s entry %s", pooler->config->name, trials[i].stands_for),
                  pooler->config->probe, trials[i].name);
    }
}

static void pooler_init(struct pooler *pooler, const struct config_pooler *config)
{
    size_t i;

    pooler->config = config;
    pooler->consoles = memory_new(config->console_count * sizeof(struct console));
    pooler->console_count = config->console_count;
    for (i = 0; i < pooler->console_count; i++) {
        struct console *console = &pooler->consoles[i];

        console->pooler = pooler;
        console->name = config->console_count > 1
                            ? print("pooler %s process %zu", config->name, i + 1)
                            : print("pooler %s", config->name);
        link_init(&console->link, ENDPOINT_CONSOLE, memory_copy(console->name), config->consoles[i],
                  NULL);
    }
    link_init(&pooler->probe, ENDPOINT_CLIENT, print("pooler %s as a client", config->name),
              config->probe, NULL);
}

struct world *world_new(const struct config *config, struct driver *driver,
                        struct session_door *sessions, struct journal *journal,
                        struct host *(*open_host)(void *context, const char *name,
                                                  const char *prefix),
                        void *context, const char *run)
{
    struct world *world = memory_new(sizeof(*world));
    size_t i;

    world->config = config;
    world->driver = driver;
    world->sessions = sessions;
    world->journal = journal;
    snprintf(world->application_name, sizeof(world->application_name), "pgcutover %s", run);
    /* always the same database: advisory locks, which keep two operators apart, are per database */
    link_init(&world->blue.link, ENDPOINT_POSTGRES, memory_copy("blue"), config->blue.conninfo,
              "postgres");
    link_init(&world->green.link, ENDPOINT_POSTGRES, memory_copy("green"), config->green.conninfo,
              "postgres");
    world->blue.name = "blue";
    world->green.name = "green";
    world_turn(world, "cutover", false);
    world->blue.host = open_host(context, "blue's host", config->blue.run);
    world->green.host = open_host(context, "green's host", config->green.run);
    world->poolers = memory_new(config->pooler_count * sizeof(struct pooler));
    world->pooler_count = config->pooler_count;
    for (i = 0; i < world->pooler_count; i++) {
        char *name = print("the host of pooler %s", config->poolers[i].name);

        pooler_init(&world->poolers[i], &config->poolers[i]);
        world->poolers[i].host = open_host(context, name, config->poolers[i].run);
        free(name);
    }
    return world;
}

void world_turn(struct world *world, const char *leg, bool is_back)
{
    world->publisher = is_back ? &world->green : &world->blue;
    world->subscriber = is_back ? &world->blue : &world->green;
    world->leg = leg;
    world->loses = false;
}

const char *world_session_name(const struct world *world, const struct link *link)
{
    return link->endpoint.kind == ENDPOINT_CLIENT ? "pgcutover as a client"
                                                  : world->application_name;
}

struct link *world_link(const struct server *server, struct database *database)
{
    return strcmp(server->name, "blue") == 0 ? &database->blue : &database->green;
}

static void relations_free(struct database *database)
{
    size_t i;

    for (i = 0; i < database->identity_count; i++) {
        free(database->identities[i].schema);
        free(database->identities[i].name);
        free(database->identities[i].identity);
        free(database->identities[i].index);
    }
    free(database->identities);
    database->identities = NULL;
    database->identity_count = 0;
}

void database_add_identity(struct database *database, const char *schema, const char *name,
                           const char *identity, const char *index)
{
    struct relation *made;

    database->identities =
        memory_grow(database->identities, (database->identity_count + 1) * sizeof(*made));
    made = &database->identities[database->identity_count++];
    made->schema = memory_copy(schema);
    made->name = memory_copy(name);
    made->identity = memory_copy(identity);
    made->index = memory_copy(index);
}

void database_forget_identities(struct database *database)
{
    relations_free(database);
}

static void database_end(struct database *database)
{
    link_end(&database->blue);
    link_end(&database->green);
    relations_free(database);
    free(database->name);
    free(database->oid);
    free(database->slot);
    free(database->relations);
    free(database->sequence_sql);
    free(database->sequence_values);
    free(database->drift);
    free(database->form);
    free(database->form_since);
    free(database->catalog_total);
}

static void pooler_end(struct pooler *pooler)
{
    size_t i;

    for (i = 0; i < pooler->console_count; i++) {
        entries_free(&pooler->consoles[i]);
        link_end(&pooler->consoles[i].link);
        free(pooler->consoles[i].name);
        free(pooler->consoles[i].server_login_retry);
        free(pooler->consoles[i].settings);
    }
    link_end(&pooler->probe);
    trials_free(pooler);
    free(pooler->probe_role);
    free(pooler->probe_database);
    free(pooler->tried);
    host_free(pooler->host);
    free(pooler->consoles);
    free(pooler->resolved);
    free(pooler->before);
    free(pooler->after);
}

void world_free(struct world *world)
{
    size_t i;

    if (!world)
        return;
    for (i = 0; i < world->database_count; i++)
        database_end(&world->databases[i]);
    for (i = 0; i < world->pooler_count; i++)
        pooler_end(&world->poolers[i]);
    free(world->databases);
    free(world->poolers);
    link_end(&world->blue.link);
    link_end(&world->green.link);
    host_free(world->blue.host);
    host_free(world->green.host);
    free(world->blue.system_identifier);
    free(world->green.system_identifier);
    free(world->drift);
    free(world->form);
    review_free(world->review);
    free(world);
}

struct database *world_database(struct world *world, const char *name)
{
    size_t i;

    for (i = 0; i < world->database_count; i++)
        if (strcmp(world->databases[i].name, name) == 0)
            return &world->databases[i];
    return NULL;
}

static bool is_replicated(const struct config *config, const char *name)
{
    size_t i;

    for (i = 0; i < config->database_count; i++)
        if (strcmp(config->databases[i].name, name) == 0)
            return config->databases[i].replicate;
    return true;
}

struct database *world_add_database(struct world *world, const char *name, const char *oid)
{
    struct database *database = world_database(world, name);

    if (database)
        return database;
    world->databases =
        memory_grow(world->databases, (world->database_count + 1) * sizeof(*database));
    database = &world->databases[world->database_count++];
    memset(database, 0, sizeof(*database));
    database->name = memory_copy(name);
    database->oid = memory_copy(oid);
    database->slot = print("pgcutover_%s", oid);
    database->replicate = is_replicated(world->config, name);
    link_init(&database->blue, ENDPOINT_POSTGRES, print("blue %s", name),
              world->config->blue.conninfo, name);
    link_init(&database->green, ENDPOINT_POSTGRES, print("green %s", name),
              world->config->green.conninfo, name);
    return database;
}

/* The fact "databases" is a JSON object: name -> oid. */
bool world_load(struct world *world)
{
    const char *text = journal_get(world->journal, "databases");
    cJSON *list = text ? cJSON_Parse(text) : NULL, *item;
    bool any = false;

    cJSON_ArrayForEach(item, list)
    {
        if (cJSON_IsString(item) && world_add_database(world, item->string, item->valuestring))
            any = true;
    }
    cJSON_Delete(list);
    world_keep(&world->blue.system_identifier,
               journal_get(world->journal, "blue.system_identifier"));
    world_keep(&world->green.system_identifier,
               journal_get(world->journal, "green.system_identifier"));
    return any;
}
