/*
 * What PostgreSQL answers about publications, slots, subscriptions, origins and identities, on
 * either server; and the rules about their order (A0, A3, B, F3), which are violated here as
 * silently as in reality, and noted.
 */
#include "../../replication/lsn.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>

#define TABLES_LIST "[[\"public\", \"keyed\"], [\"public\", \"keyless\"]]"

static struct model *model_of(struct request *request)
{
    return &request->sim->model;
}

static int other_of(const struct request *request)
{
    return other_server(request->server);
}

/* Of the same database, on the other server. */
static struct model_database *counterpart(struct request *request)
{
    return &model_of(request)->servers[other_of(request)].databases[request->database];
}

static bool has_identity(const struct table *table, int number)
{
    return number == 2 || table->identity == 'f' || table->identity == 'i';
}

static void apply_identities_needed(struct request *request, struct model_database *database)
{
    int i;

    for (i = 0; i < TABLES; i++) {
        struct table *table = &database->tables[i];

        if (!has_identity(table, i))
            request_row(request, "schema_name", "public", "table_name", table_names[i], "identity",
                        print_some("%c", table->identity), "identity_index", NULL, "use_index",
                        i == 1 ? "indexed_key" : NULL, NULL);
    }
}

static void apply_identity_set(struct request *request, struct model_database *database)
{
    const char *table = request_argument(request, "table");
    const char *identity = request_argument(request, "identity");
    const char *recorded = sim_durable(
        request->sim, print_some("db.%s.identities", database_names[request->database]));
    int i;

    for (i = 0; i < TABLES; i++)
        if (strcmp(table_names[i], table) == 0)
            database->tables[i].identity = strncmp(identity, "USING", 5) == 0 ? 'i'
                                           : strcmp(identity, "FULL") == 0    ? 'f'
                                           : strcmp(identity, "NOTHING") == 0 ? 'n'
                                                                              : 'd';
    if (!recorded || !strstr(recorded, table))
        model_violate(model_of(request), "the identity of %s was changed before it was recorded",
                      table);
    for (i = 0; i < TABLES && database->has_publication; i++)
        if (!has_identity(&database->tables[i], i))
            model_violate(model_of(request), "%s is published without identity: UPDATE fails",
                          table_names[i]);
}

static void apply_publication_look(struct request *request, struct model_database *database)
{
    request_row(request, "count", database->has_publication ? "1" : "0", NULL);
}

static void apply_publication_create(struct request *request, struct model_database *database)
{
    int i;

    if (database->has_publication) {
        request_fail(request, "42710", "it exists");
        return;
    }
    for (i = 0; i < TABLES; i++)
        if (!has_identity(&database->tables[i], i))
            model_violate(model_of(request), "published while %s has no identity: UPDATE fails",
                          table_names[i]);
    if (!database->has_markers)
        model_violate(model_of(request), "published before the marker tables were made");
    database->has_publication = true;
}

static void apply_publication_drop(struct request *request, struct model_database *database)
{
    /* an abort that could not remove green yet may: that green is never used again; and so may who
       undoes a way back that was never gone */
    if (database->has_slot && database->slot_confirmed != database->slot_made &&
        !model_of(request)->aborts)
        model_violate(model_of(request), "the publication was dropped before its slot");
    database->has_publication = false;
}

static void apply_publication_tables(struct request *request, struct model_database *database)
{
    request_row(request, "tables", database->has_publication ? TABLES_LIST : "[]", "count", "3",
                NULL);
}

static void apply_subscription_tables(struct request *request, struct model_database *database)
{
    if (database->has_subscription && database->has_relations)
        request_row(request, "tables", TABLES_LIST, "count", "3", "not_ready", "0", NULL);
    else
        request_row(request, "tables", "[]", "count", "0", "not_ready", "0", NULL);
}

static bool is_active(struct request *request, int number)
{
    return model_is_followed(model_of(request), request->server, number);
}

static void apply_slot_look(struct request *request, struct model_database *database)
{
    if (database->has_slot)
        request_row(request, "plugin", "pgoutput", "active",
                    is_active(request, request->database) ? "t" : "f", "confirmed_flush_lsn",
                    print_lsn(database->slot_confirmed), "wal_status", "reserved", NULL);
}

static void apply_slot_create(struct request *request, struct model_database *database)
{
    struct model_server *server = &model_of(request)->servers[request->server];

    if (database->has_slot) {
        request_fail(request, "42710", "it exists");
        return;
    }
    if (!database->has_publication)
        model_violate(model_of(request), "a slot was made before its publication");
    database->has_slot = true;
    database->slot_made = database->slot_confirmed = server->wal;
    request_row(request, "lsn", print_lsn(server->wal), NULL);
}

static void apply_slot_drop(struct request *request, struct model_database *database)
{
    if (database->has_slot && is_active(request, request->database)) {
        request_fail(request, "55006", "it is in use");
        return;
    }
    if (database->has_slot && counterpart(request)->has_subscription &&
        counterpart(request)->was_enabled && !model_of(request)->aborts)
        model_violate(model_of(request), "a slot of %s was dropped before its subscription",
                      server_names[request->server]);
    database->has_slot = false;
}

static void apply_slots_progress(struct request *request, struct model_database *database)
{
    struct model_server *server = &model_of(request)->servers[request->server];
    int i;

    (void) database;
    for (i = 0; i < DATABASES; i++)
        if (server->databases[i].has_slot)
            request_row(request, "slot_name", print_some("pgcutover_%s", database_oids[i]),
                        "active", is_active(request, i) ? "t" : "f", "wal_status", "reserved",
                        "confirmed_flush_lsn", print_lsn(server->databases[i].slot_confirmed),
                        "behind", "0", "now_lsn", print_lsn(server->wal), NULL);
}

static void apply_slots_kept(struct request *request, struct model_database *database)
{
    struct model_server *server = &model_of(request)->servers[request->server];
    int i;

    (void) database;
    for (i = 0; i < DATABASES; i++)
        if (server->databases[i].has_slot)
            request_row(request, "slot_name", print_some("pgcutover_%s", database_oids[i]),
                        "active", is_active(request, i) ? "t" : "f", "wal_status", "reserved",
                        "behind", "0", "lag_us", NULL, "retained", "16777216", "limit_bytes", NULL,
                        NULL);
}

static void apply_subscription_look(struct request *request, struct model_database *database)
{
    bool works = model_is_followed(model_of(request), other_of(request), request->database);

    if (!string_equal(request_argument(request, "statistics"), "pg_stat_subscription_stats"))
        model_violate(model_of(request), "errors are not looked for on %s",
                      server_names[request->server]);
    if (database->has_subscription)
        request_row(request, "oid", "20000", "is_enabled", database->is_enabled ? "t" : "f", "slot",
                    "s", "worker_pid", database->is_enabled && works ? "77" : NULL, "remote_lsn",
                    database->origin ? print_lsn(database->origin) : NULL, "errors", "0",
                    "conflicts", "0", NULL);
}

/* Disabled, at no position, with the relations that are published at this moment. */
static void create_subscription(struct request *request, struct model_database *database)
{
    static const char *const addresses[SERVERS] = {"10.0.0.7", "10.0.0.8"};
    struct model *model = model_of(request);
    const char *conninfo = request_argument(request, "conninfo");

    if (database->has_subscription) {
        request_fail(request, "42710", "it exists");
        return;
    }
    if (!strstr(conninfo, addresses[other_of(request)]) || !strstr(conninfo, "passfile="))
        model_violate(model, "a subscription on %s was given: %s", server_names[request->server],
                      conninfo);
    if (!model->servers[other_of(request)].runs || !model->servers[request->server].has_password) {
        request_fail(request, "08006", "could not connect to the publisher");
        return;
    }
    database->has_subscription = true;
    database->has_relations = counterpart(request)->has_publication;
    database->is_enabled = database->was_enabled = database->is_synchronous = false;
    database->origin = database->seen_from = 0;
    database->seen = 0;
}

static void apply_subscription_create(struct request *request, struct model_database *database)
{
    if (request->server != GREEN)
        model_violate(model_of(request), "the subscription of prepare was made on blue");
    create_subscription(request, database);
}

/* Between 15 and 17 there is no origin = none: only the position keeps changes from coming back. */
static void apply_subscription_create_back(struct request *request, struct model_database *database)
{
    if (!string_equal(request_argument(request, "options"), ", streaming = off"))
        model_violate(model_of(request), "the way back was made with: %s",
                      request_argument(request, "options"));
    create_subscription(request, database);
}

static void apply_subscription_drop(struct request *request, struct model_database *database)
{
    if (!database->has_subscription)
        request_fail(request, "42704", "it does not exist");
    database->has_subscription = database->is_enabled = database->was_enabled = false;
}

static void apply_subscription_enable(struct request *request, struct model_database *database)
{
    struct model *model = model_of(request);

    if (!database->has_subscription) {
        request_fail(request, "42704", "it does not exist");
        return;
    }
    if (!database->was_enabled && database->origin != model_begins_at(model, other_of(request)))
        model_violate(model, "%s was enabled while its origin is at %s, not at %s",
                      server_names[request->server], print_lsn(database->origin),
                      print_lsn(model_begins_at(model, other_of(request))));
    if (request->server == GREEN && !database->was_enabled && !model->host.is_reindexed)
        model_violate(model, "changes arrive before the indexes are built anew");
    if (counterpart(request)->is_enabled)
        model_violate(model, "both directions are enabled in %s",
                      database_names[request->database]);
    if (model->servers[request->server].open)
        model_violate(model, "%s follows the other one while clients are on it",
                      server_names[request->server]);
    database->is_enabled = database->was_enabled = true;
}

static void apply_subscription_disable(struct request *request, struct model_database *database)
{
    if (!database->has_subscription)
        request_fail(request, "42704", "it does not exist");
    database->is_enabled = false;
}

static void apply_subscription_synchronous(struct request *request, struct model_database *database)
{
    if (!database->has_subscription)
        request_fail(request, "42704", "it does not exist");
    database->is_synchronous = strcmp(request_argument(request, "mode"), "on") == 0;
}

static void apply_origin_advance(struct request *request, struct model_database *database)
{
    struct model *model = model_of(request);
    uint64_t lsn = 0;

    if (!lsn_parse(request_argument(request, "L"), &lsn) ||
        lsn != model_begins_at(model, other_of(request)))
        model_violate(model, "the origin of %s was advanced to %s, not to where it begins, %s",
                      server_names[request->server], request_argument(request, "L"),
                      print_lsn(model_begins_at(model, other_of(request))));
    if (!database->has_subscription || database->is_enabled) {
        request_row(request, "advanced", "0", NULL);
        return;
    }
    if (database->was_enabled)
        model_violate(model, "an origin was advanced that had been in use");
    database->origin = lsn;
    database->advances++;
    request_row(request, "advanced", "1", NULL);
}

static void apply_marker_create(struct request *request, struct model_database *database)
{
    (void) request;
    database->has_markers = true;
}

static void apply_client_probe_create(struct request *request, struct model_database *database)
{
    if (!database->has_markers || database->has_publication || request->server != BLUE)
        model_violate(model_of(request), "the table of the client probe is made on one side only");
    database->has_client_probe = true;
}

static void apply_client_probe_look(struct request *request, struct model_database *database)
{
    int64_t number = model_of(request)->servers[request->server].probe_number;

    if (!database->has_client_probe)
        request_fail(request, "42P01", "there is no table for it");
    else if (number)
        request_row(request, "number", print_some("%lld", (long long) number), NULL);
}

/* The same past the poolers. */
static void apply_client_probe_who(struct request *request, struct model_database *database)
{
    (void) database;
    request_row(request, "role", "app", "database", database_names[request->database], NULL);
}

static void apply_client_probe_write(struct request *request, struct model_database *database)
{
    struct model_server *server = &model_of(request)->servers[request->server];

    (void) database;
    request_row(request, "number", print_some("%lld", (long long) ++server->probe_number),
                "database", database_names[request->database], NULL);
}

static void apply_marker_drop(struct request *request, struct model_database *database)
{
    if (database->has_guard) {
        request_fail(request, "2BP01", "a function depends on the schema");
        return;
    }
    if (database->has_publication && !model_of(request)->aborts)
        model_violate(model_of(request), "the marker tables of %s were dropped while published",
                      server_names[request->server]);
    memset(database->markers, 0, sizeof(database->markers));
    database->has_markers = database->has_client_probe = false;
}

static void apply_guard_look(struct request *request, struct model_database *database)
{
    request_row(request, "count", database->has_guard ? "3" : "0", NULL);
}

static void apply_guard_create(struct request *request, struct model_database *database)
{
    if (!database->has_markers) {
        request_fail(request, "3F000", "there is no schema for it");
        return;
    }
    if (request->server != BLUE)
        model_violate(model_of(request), "green was told to refuse DDL");
    if (!counterpart(request)->is_enabled)
        model_violate(model_of(request), "blue refuses DDL before green follows it");
    database->has_guard = true;
}

static void apply_guard_drop(struct request *request, struct model_database *database)
{
    (void) request;
    database->has_guard = false;
}

static void apply_extensions_outdated(struct request *request, struct model_database *database)
{
    (void) database;
    request_row(request, "name", "hstore", "installed", "1.7", "available", "1.8", NULL);
}

static void apply_nothing(struct request *request, struct model_database *database)
{
    (void) request, (void) database;
}

static const struct {
    const char *id;
    void (*apply)(struct request *request, struct model_database *database);
} statements[] = {
    {"identities_needed", apply_identities_needed},
    {"identity_set", apply_identity_set},
    {"publication_look", apply_publication_look},
    {"publication_create", apply_publication_create},
    {"publication_drop", apply_publication_drop},
    {"publication_tables", apply_publication_tables},
    {"subscription_tables", apply_subscription_tables},
    {"slot_look", apply_slot_look},
    {"slot_create", apply_slot_create},
    {"slot_drop", apply_slot_drop},
    {"slots_progress", apply_slots_progress},
    {"slots_kept", apply_slots_kept},
    {"subscription_look", apply_subscription_look},
    {"subscription_create", apply_subscription_create},
    {"subscription_create_back", apply_subscription_create_back},
    {"subscription_drop", apply_subscription_drop},
    {"subscription_forgive", apply_nothing},
    {"subscription_enable", apply_subscription_enable},
    {"subscription_disable", apply_subscription_disable},
    {"subscription_synchronous", apply_subscription_synchronous},
    {"origin_advance", apply_origin_advance},
    {"marker_create", apply_marker_create},
    {"client_probe_create", apply_client_probe_create},
    {"client_probe_look", apply_client_probe_look},
    {"client_probe_who", apply_client_probe_who},
    {"client_probe_write", apply_client_probe_write},
    {"marker_drop", apply_marker_drop},
    {"guard_look", apply_guard_look},
    {"guard_create", apply_guard_create},
    {"guard_drop", apply_guard_drop},
    {"extensions_outdated", apply_extensions_outdated},
    {"extension_update", apply_nothing},
};

bool replication_apply(struct request *request)
{
    struct model_server *server = &model_of(request)->servers[request->server];
    size_t i;

    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
        if (strcmp(statements[i].id, request->sql->id) == 0) {
            statements[i].apply(request, &server->databases[request->database]);
            return true;
        }
    return false;
}
