#include "debt.h"

#include "../base/text.h"
#include "leg.h"
#include "sql_files.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define ASK_MS 5000
/* Of tables; how many more there are is told. */
#define NAMED_MAX 5

static void add(struct debt *debt, const char *what, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void add(struct debt *debt, const char *what, const char *format, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    debt->list = memory_grow(debt->list, (debt->count + 1) * sizeof(*debt->list));
    debt->list[debt->count++] = (struct debt_item){what, text_take(&text)};
}

bool debt_is_blue_deleted(const struct procedure *procedure)
{
    return journal_get(procedure->journal, "blue.deleted") != NULL;
}

/* --- the server that clients have left -------------------------------------------------------- */

static const char *data_of(const struct procedure *procedure, const struct server *server)
{
    const struct config *config = procedure->config;
    const char *data = config->green.data_directory;

    if (server == &procedure->world->blue)
        data = config->blue.data_directory ? config->blue.data_directory
                                           : journal_get(procedure->journal, "blue.data_directory");
    return data ? data : "its data directory";
}

/* How it stands, said behind `begin`; false: it does not answer. */
static bool add_running(struct debt *debt, struct procedure *procedure, struct server *server,
                        const char *begin, const char *remedy, struct reply *reply)
{
    const char *system;
    char key[64];
    int64_t open = -1;

    if (!procedure_ask(procedure, &server->link, &sql_server_identity, NULL, ASK_MS, reply))
        return false;
    snprintf(key, sizeof(key), "%s.system_identifier", server->name);
    system = reply_value(reply, 0, "system_identifier");
    if (!system || !journal_has(procedure->journal, key, system)) {
        add(debt, "server",
            "%sanother server answers at the address of %s: what became of %s, nobody "
            "knows; its data was in %s",
            begin, server->name, server->name, data_of(procedure, server));
        return true;
    }
    if (!procedure_ask(procedure, &server->link, &sql_open_look, NULL, ASK_MS, reply))
        return false;
    if (!reply_number(reply, 0, "open", &open) || open != 0)
        add(debt, "server",
            "%s%s still runs, and the fence does not hold any more: clients may write "
            "there; its data is in %s%s",
            begin, server->name, data_of(procedure, server), remedy);
    else
        add(debt, "server",
            "%s%s still runs, fenced: read-only and closed to everybody but "
            "superusers; its data is in %s%s",
            begin, server->name, data_of(procedure, server), remedy);
    return true;
}

static void add_server(struct debt *debt, struct procedure *procedure, bool on_green)
{
    struct server *server = on_green ? &procedure->world->blue : &procedure->world->green;
    struct reply reply = {0};
    struct text remedy = {0};
    bool is_begun = on_green && journal_get(procedure->journal, "blue.deleting");

    if (on_green && debt_is_blue_deleted(procedure))
        return;
    if (is_begun)
        text_add_string(&remedy, "; the same command goes on");
    else if (on_green)
        text_add(&remedy, "; pgcutover finish --execute --delete-blue=%s removes both",
                 procedure->config->cluster_name);
    if (add_running(debt, procedure, server,
                    is_begun ? "blue is being deleted, or that was interrupted: " : "",
                    text_string(&remedy), &reply))
        ;
    else if (is_begun)
        add(debt, "server",
            "blue is being deleted, or that was interrupted: what is left of it is in %s%s",
            data_of(procedure, server), text_string(&remedy));
    else
        add(debt, "server", "%s does not answer (%s); its data is in %s%s", server->name,
            reply.fault.cause, data_of(procedure, server), text_string(&remedy));
    reply_clear(&reply);
    text_free(&remedy);
}

/* --- what else -------------------------------------------------------------------------------- */

static void add_poolers(struct debt *debt, const struct procedure *procedure, const char *here)
{
    const struct config *config = procedure->config;
    size_t i;

    for (i = 0; i < config->pooler_count; i++) {
        const struct config_pooler *pooler = &config->poolers[i];

        if (config_pooler_is_hook(pooler))
            add(debt, "pooler", "pooler %s stays in the path of the clients, and leads to %s",
                pooler->name, here);
        else
            add(debt, "pooler",
                "pooler %s stays in the path of the clients: %s is the changed file, "
                "and leads to %s",
                pooler->name, pooler->file, here);
    }
}

/* False: a database could not be asked. */
static bool list_full(struct procedure *procedure, struct server *server, struct text *names,
                      int *ret_count, struct reply *reply)
{
    struct world *world = procedure->world;
    size_t i;
    int row;

    *ret_count = 0;
    for (i = 0; i < world->database_count; i++) {
        struct database *database = &world->databases[i];

        if (!procedure_ask(procedure, world_link(server, database), &sql_identities_full, NULL,
                           ASK_MS, reply))
            return false;
        for (row = 0; row < reply_rows(reply); row++)
            if ((*ret_count)++ < NAMED_MAX)
                text_add(names, "%s%s %s", *ret_count > 1 ? ", " : "", database->name,
                         reply_value(reply, row, "table_name"));
    }
    return true;
}

/* As they were before the run, by finish's own doing. */
static void add_identities(struct debt *debt, struct procedure *procedure, bool on_green)
{
    struct server *server = on_green ? &procedure->world->green : &procedure->world->blue;
    struct reply reply = {0};
    struct text names = {0};
    int count;

    if (!list_full(procedure, server, &names, &count, &reply))
        add(debt, "identities",
            "unknown which tables of %s have REPLICA IDENTITY FULL, as before the "
            "run: %s",
            server->name, reply.fault.cause);
    else if (count > NAMED_MAX)
        add(debt, "identities",
            "%d tables of %s have REPLICA IDENTITY FULL, as before the run: %s "
            "and %d more",
            count, server->name, text_string(&names), count - NAMED_MAX);
    else if (count > 0)
        add(debt, "identities", "REPLICA IDENTITY FULL on %s, as before the run: %s", server->name,
            text_string(&names));
    reply_clear(&reply);
    text_free(&names);
}

void debt_look(struct procedure *procedure, struct debt *ret_debt)
{
    bool on_green = leg_side(procedure) == SIDE_GREEN;
    struct debt debt = {0};

    add_server(&debt, procedure, on_green);
    add_poolers(&debt, procedure, on_green ? "green" : "blue");
    add_identities(&debt, procedure, on_green);
    add(&debt, "files", "green's work directory keeps its server log: %s.pgcutover",
        procedure->config->green.data_directory);
    if (on_green)
        add(&debt, "backups",
            "backups, archiving and standbys of blue do not serve green: make "
            "its own");
    *ret_debt = debt;
}

void debt_free(struct debt *debt)
{
    size_t i;

    for (i = 0; i < debt->count; i++)
        free(debt->list[i].text);
    free(debt->list);
    *debt = (struct debt){0};
}

void debt_print(const struct debt *debt)
{
    size_t i;

    puts("What is left for you to decide:");
    for (i = 0; i < debt->count; i++)
        printf("  - %s\n", debt->list[i].text);
}

cJSON *debt_json(const struct debt *debt)
{
    cJSON *list = cJSON_CreateArray();
    size_t i;

    for (i = 0; i < debt->count; i++) {
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "what", debt->list[i].what);
        cJSON_AddStringToObject(item, "text", debt->list[i].text);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}
