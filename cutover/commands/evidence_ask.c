/* What one server says of itself: statements that people paste, all parameters, extensions. */
#include "evidence.h"

#include "../base/scrub.h"
#include "../base/text.h"
#include "check_files.h"
#include "sql_files.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* How long it may take to let us in, to answer one statement, and altogether. */
#define OPENING_MS 2000
#define ANSWER_MS 2000
#define SERVER_MS 8000

#define COLUMNS_MAX 6

struct asking {
    struct procedure *procedure;
    const struct server *server;
    cJSON *root, *shows;
    char *database; /* where what is the server's is asked */
    int64_t until_ns;
};

/* What people look at first, of the parameters that every release has. */
static const char *const shown[] = {"server_version",
                                    "wal_level",
                                    "max_connections",
                                    "max_replication_slots",
                                    "max_wal_senders",
                                    "max_logical_replication_workers",
                                    "max_worker_processes",
                                    "shared_buffers",
                                    "work_mem",
                                    "maintenance_work_mem",
                                    "effective_cache_size",
                                    "shared_preload_libraries",
                                    "data_checksums",
                                    "synchronous_commit",
                                    "default_transaction_read_only"};

/* Without what looks like a secret, and what JSON takes. */
static void add_string(cJSON *object, const char *key, const char *value)
{
    struct text scrubbed = {0}, valid = {0};

    if (!value) {
        cJSON_AddNullToObject(object, key);
        return;
    }
    text_add_scrubbed(&scrubbed, value, NULL);
    text_add_valid(&valid, text_string(&scrubbed));
    cJSON_AddStringToObject(object, key, text_string(&valid));
    text_free(&scrubbed);
    text_free(&valid);
}

/* On a session that could not write, nor wait long for a lock. False: see the reply's fault. */
static bool ask(struct asking *asking, struct link *link, const struct sql *sql,
                struct reply *reply)
{
    struct procedure *procedure = asking->procedure;
    int64_t left_ms = (asking->until_ns - procedure->driver->now_ns(procedure->driver)) / NS_PER_MS;
    int64_t opening_ms = left_ms < OPENING_MS ? left_ms : OPENING_MS;
    int64_t answer_ms = left_ms < ANSWER_MS ? left_ms : ANSWER_MS;

    reply_clear(reply);
    if (left_ms <= 0) {
        reply->state = REPLY_FAILED;
        fault_set(&reply->fault, sql->doing, asking->server->name, "timeout",
                  "not asked: it has taken too long already");
        return false;
    }
    if (!link->session || link->session->is_broken) {
        if (!procedure_ask_within(procedure, link, &check_harmless, NULL, opening_ms, answer_ms,
                                  reply))
            return false;
        reply_clear(reply);
    }
    return procedure_ask_within(procedure, link, sql, NULL, opening_ms, answer_ms, reply);
}

/* --- tables as psql prints them --------------------------------------------------------------- */

static size_t width_of(const char *value)
{
    size_t width = 0;

    for (; *value; value++)
        width += (*value & 0xC0) != 0x80;
    return width;
}

static char *cell_of(const struct reply *reply, int row, const char *column)
{
    const char *value = reply_value(reply, row, column);
    struct text text = {0};

    text_add_string(&text, "");
    text_add_plain(&text, value ? value : "");
    return text_take(&text);
}

static void pad(struct text *out, size_t count, const char *with)
{
    while (count--)
        text_add_string(out, with);
}

static void add_line(struct text *out, const struct reply *reply, int row,
                     const char *const *columns, const size_t *widths)
{
    size_t i;

    for (i = 0; columns[i]; i++) {
        char *cell = row < 0 ? memory_copy(columns[i]) : cell_of(reply, row, columns[i]);

        text_add(out, "%s %s", i ? " |" : "", cell);
        if (columns[i + 1])
            pad(out, widths[i] - width_of(cell), " ");
        free(cell);
    }
    text_add_string(out, "\n");
}

static void add_table(struct text *out, const struct reply *reply, const char *const *columns)
{
    size_t widths[COLUMNS_MAX], i;
    int row, rows = reply_rows(reply);

    for (i = 0; columns[i]; i++) {
        widths[i] = width_of(columns[i]);
        for (row = 0; row < rows; row++) {
            char *cell = cell_of(reply, row, columns[i]);

            if (width_of(cell) > widths[i])
                widths[i] = width_of(cell);
            free(cell);
        }
    }
    add_line(out, reply, -1, columns, widths);
    for (i = 0; columns[i]; i++) {
        text_add_string(out, i ? "+" : "");
        pad(out, widths[i] + 2, "-");
    }
    text_add_string(out, "\n");
    for (row = 0; row < rows; row++)
        add_line(out, reply, row, columns, widths);
    text_add(out, "(%d row%s)", rows, rows == 1 ? "" : "s");
}

static void add_show(struct asking *asking, const char *database, const char *statement,
                     const char *answer, const char *why)
{
    cJSON *item = cJSON_CreateObject();

    add_string(item, "database", database);
    add_string(item, "statement", statement);
    add_string(item, "answer", answer);
    add_string(item, "why", why);
    cJSON_AddItemToArray(asking->shows, item);
}

/* In one line, with the semicolon that a person types. */
static char *statement_of(const struct sql *sql)
{
    struct text text = {0};
    const char *at = sql->text;

    while (*(at += strspn(at, " \n"))) {
        size_t length = strcspn(at, " \n");

        text_add(&text, "%s%.*s", text.length ? " " : "", (int) length, at);
        at += length;
    }
    text_add_string(&text, ";");
    return text_take(&text);
}

static void show_table(struct asking *asking, struct link *link, const char *database,
                       const struct sql *sql, const char *const *columns, struct reply *reply)
{
    char *statement = statement_of(sql);
    struct text answer = {0};

    if (ask(asking, link, sql, reply)) {
        add_table(&answer, reply, columns);
        add_show(asking, database, statement, text_string(&answer), NULL);
    } else {
        add_show(asking, database, statement, NULL, reply->fault.cause);
    }
    text_free(&answer);
    free(statement);
}

/* --- the server ------------------------------------------------------------------------------- */

static bool is_true(const struct reply *reply, int row, const char *column)
{
    bool value;

    return reply_bool(reply, row, column, &value) && value;
}

static void add_settings(struct asking *asking, struct link *link, struct reply *reply)
{
    cJSON *settings = cJSON_AddArrayToObject(asking->root, "settings");
    bool good = ask(asking, link, &sql_report_settings, reply);
    size_t i;
    int row;

    for (row = 0; good && row < reply_rows(reply); row++) {
        cJSON *item = cJSON_CreateObject();

        add_string(item, "name", reply_value(reply, row, "name"));
        add_string(item, "value", reply_value(reply, row, "value"));
        add_string(item, "source", reply_value(reply, row, "source"));
        cJSON_AddBoolToObject(item, "is_set", is_true(reply, row, "is_set"));
        cJSON_AddBoolToObject(item, "is_internal", is_true(reply, row, "is_internal"));
        cJSON_AddBoolToObject(item, "pending_restart", is_true(reply, row, "pending_restart"));
        cJSON_AddItemToArray(settings, item);
    }
    for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
        struct text statement = {0};
        const char *value = NULL;

        for (row = 0; good && row < reply_rows(reply); row++)
            if (string_equal(reply_value(reply, row, "name"), shown[i]))
                value = reply_value(reply, row, "value");
        text_add(&statement, "SHOW %s;", shown[i]);
        add_show(asking, asking->database, text_string(&statement), value,
                 value  ? NULL
                 : good ? "this release has none"
                        : reply->fault.cause);
        text_free(&statement);
    }
}

static void add_replication(struct asking *asking, struct link *link, struct reply *reply)
{
    static const char *const slots[] = {"slot_name",           "database", "active", "restart_lsn",
                                        "confirmed_flush_lsn", NULL},
                             *const subscriptions[] = {"database", "subname", "subenabled",
                                                       "subslotname", NULL},
                             *const origins[] = {"external_id", "remote_lsn", "local_lsn", NULL};

    show_table(asking, link, asking->database, &sql_report_slots, slots, reply);
    show_table(asking, link, asking->database, &sql_report_subscriptions, subscriptions, reply);
    show_table(asking, link, asking->database, &sql_report_origins, origins, reply);
}

static void add_extensions(struct asking *asking, cJSON *list, const struct link *like,
                           struct reply *reply)
{
    static const char *const columns[] = {"extname", "extversion", NULL};
    struct link link = {.endpoint = like->endpoint};
    int row;

    show_table(asking, &link, like->endpoint.dbname, &sql_report_extensions, columns, reply);
    if (reply->state != REPLY_OK && !cJSON_HasObjectItem(asking->root, "extensions_missing"))
        cJSON_AddTrueToObject(asking->root, "extensions_missing"); /* of a database at least */
    for (row = 0; reply->state == REPLY_OK && row < reply_rows(reply); row++) {
        cJSON *item = cJSON_CreateObject();

        add_string(item, "database", like->endpoint.dbname);
        add_string(item, "name", reply_value(reply, row, "extname"));
        add_string(item, "version", reply_value(reply, row, "extversion"));
        cJSON_AddItemToArray(list, item);
    }
    link_close(&link);
}

static void ask_all(struct asking *asking, struct link *link, struct reply *reply)
{
    struct world *world = asking->procedure->world;
    bool is_blue = asking->server == &world->blue;
    cJSON *extensions;
    size_t i;

    add_string(asking->root, "version", reply_value(reply, 0, "version"));
    add_string(asking->root, "system_identifier", reply_value(reply, 0, "system_identifier"));
    asking->database = memory_copy(reply_value(reply, 0, "database"));
    asking->shows = cJSON_AddArrayToObject(asking->root, "shows");
    add_settings(asking, link, reply);
    add_replication(asking, link, reply);
    extensions = cJSON_AddArrayToObject(asking->root, "extensions");
    for (i = 0; i < world->database_count; i++)
        add_extensions(asking, extensions,
                       is_blue ? &world->databases[i].blue : &world->databases[i].green, reply);
}

/* Nobody else who answers there is taken for it. NULL: it may be asked. */
static const char *why_not(const struct procedure *procedure, const struct server *server)
{
    const struct journal *journal = procedure->journal;

    if (server == &procedure->world->blue)
        return NULL;
    if (!journal_get(journal, "green.started"))
        return "it is not made yet";
    return journal_has(journal, "prepare.state", "undone") ? "it was removed by abort" : NULL;
}

/* A later server may be at the same address. */
static bool is_it(struct asking *asking, const struct reply *reply)
{
    const struct journal *journal = asking->procedure->journal;
    bool is_blue = asking->server == &asking->procedure->world->blue;
    const char *known =
        journal_get(journal, is_blue ? "blue.system_identifier" : "green.system_identifier");

    return !known || string_equal(known, reply_value(reply, 0, "system_identifier"));
}

cJSON *evidence_ask(struct procedure *procedure, const struct server *server)
{
    struct driver *driver = procedure->driver;
    struct asking asking = {.procedure = procedure,
                            .server = server,
                            .root = cJSON_CreateObject(),
                            .until_ns = driver->now_ns(driver) + SERVER_MS * NS_PER_MS};
    struct link link = {.endpoint = server->link.endpoint};
    struct reply reply = {0};

    cJSON_AddStringToObject(asking.root, "side", server->name);
    if (why_not(procedure, server)) {
        add_string(asking.root, "why", why_not(procedure, server));
    } else if (!ask(&asking, &link, &sql_report_server, &reply)) {
        add_string(asking.root, "why", reply.fault.cause);
    } else if (!is_it(&asking, &reply)) {
        add_string(asking.root, "why",
                   "another server answers there: its system identifier differs");
    } else {
        ask_all(&asking, &link, &reply);
        cJSON_AddNumberToObject(asking.root, "at_us", (double) driver->wall_us(driver));
        cJSON_AddNullToObject(asking.root, "why");
    }
    reply_clear(&reply);
    link_close(&link);
    free(asking.database);
    return asking.root;
}
