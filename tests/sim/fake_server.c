/*
 * What PostgreSQL answers: identity, fence, markers, sequences, comparisons.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FENCE "the fence"
#define UNFENCE "the way back"

static struct model *model_of(struct request *request)
{
    return &request->sim->model;
}

static const char *print_number(int64_t number)
{
    return print_some("%lld", (long long) number);
}

static void apply_server_identity(struct request *request, struct model_server *server)
{
    bool blue = request->server == BLUE;

    (void) server;
    request_row(request, "system_identifier", blue ? "7001" : "7002", "timeline", "1",
                "version_num", blue ? "150020" : "170012", "version", blue ? "15.20" : "17.12",
                "is_in_recovery", "f", "is_superuser", "t", "bootstrap_superuser", "postgres",
                "data_checksums", "on", "segment_mb", "16", "encoding", "UTF8", "provider", "c",
                "lc_collate", "C", "lc_ctype", "C", "icu_locale", "", "size_bytes", "1000",
                "rolname", "postgres", NULL);
}

static void apply_databases(struct request *request, struct model_server *server)
{
    int i;

    (void) server;
    for (i = 0; i < DATABASES; i++)
        request_row(request, "datname", database_names[i], "oid", database_oids[i], NULL);
}

static void apply_operator_lock(struct request *request, struct model_server *server)
{
    bool is_ours = !server->lock || server->lock == request->session_number;

    if (is_ours && request->session)
        server->lock = request->session_number;
    request_row(request, "is_ours", is_ours ? "t" : "f", "own_pid",
                print_number((int64_t) request->session_number), "pid", "1", "application_name",
                "other", "client_addr", "10.0.0.1", "backend_start", "now", NULL);
}

static void apply_fence_statements(struct request *request, struct model_server *server)
{
    if (!server->open)
        model_violate(model_of(request), "the fence was worked out while blue is fenced");
    request_row(request, "fence", FENCE, "unfence", UNFENCE, NULL);
}

static void expect_statements(struct request *request, const char *expected)
{
    if (strcmp(request_argument(request, "statements"), expected) != 0)
        model_violate(model_of(request), "%s was given: %s", request->sql->id,
                      request_argument(request, "statements"));
}

static void apply_fence(struct request *request, struct model_server *server)
{
    expect_statements(request, FENCE);
    if (!sim_durable(request->sim, "blue.unfence"))
        model_violate(model_of(request), "fenced before the way back is on disk");
    server->open = false;
}

static void apply_unfence(struct request *request, struct model_server *server)
{
    const char *side = sim_durable(request->sim, "side");

    expect_statements(request, UNFENCE);
    if (side && strcmp(side, "green") == 0)
        model_violate(model_of(request), "blue was opened behind the commit point");
    server->open = true;
}

/* From "armed N" to `to`, or it is there already. */
static bool state_moves(struct request *request, struct model_server *server, const char *to)
{
    const char *attempt = request_argument(request, "attempt");
    char *state = server->databases[0].markers[3], wanted[40];

    snprintf(wanted, sizeof(wanted), "%s %.30s", to, attempt);
    if (strcmp(state, wanted) == 0)
        return true;
    if (strncmp(state, "armed ", 6) != 0 || strcmp(state + 6, attempt) != 0)
        return false;
    snprintf(state, sizeof(server->databases[0].markers[3]), "%s", wanted);
    return true;
}

static void apply_open_green(struct request *request, struct model_server *server)
{
    const char *side = sim_durable(request->sim, "side");

    expect_statements(request, UNFENCE);
    if (!state_moves(request, server, "open")) {
        request_fail(request, "22P02", "green stands at %s", server->databases[0].markers[3]);
        return;
    }
    if (!side || strcmp(side, "green") != 0)
        model_violate(model_of(request), "green was opened before the switch is on disk");
    server->open = true;
    request_row(request, "opened", "1", NULL);
}

static void apply_state_undo(struct request *request, struct model_server *server)
{
    const char *before = print_some("%s", server->databases[0].markers[3]);

    state_moves(request, server, "undone");
    request_row(request, "state", *before ? before : "nothing", NULL);
}

static void apply_open_look(struct request *request, struct model_server *server)
{
    request_row(request, "open", server->open ? print_number(DATABASES) : "0", NULL);
}

static void apply_run_statements(struct request *request, struct model_server *server)
{
    (void) request, (void) server;
}

static void apply_barrier_look(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "starting", "0", NULL);
}

static void apply_terminate_clients(struct request *request, struct model_server *server)
{
    int count = model_terminate(model_of(request), request->server);

    (void) server;
    while (count-- > 0)
        request_row(request, "pid", "99", "usename", "app", NULL);
}

/* Statements of ours that are still running never happen. */
static void apply_terminate_ours(struct request *request, struct model_server *server)
{
    const char *name = request_argument(request, "application_name");
    bool all = strcmp(request_argument(request, "all"), "true") == 0;
    struct request *other;

    for (other = request->sim->requests; other; other = other->next) {
        bool is_it = other != request && other->place == request->place && !other->is_applied &&
                     other->apply_ns != INT64_MAX && other->sql &&
                     strcmp(other->application_name, name) == 0;

        if (is_it)
            request_row(request, "pid", "98", "told", "t", NULL);
        if (is_it)
            request_lose(other);
    }
    if (all && server->lock && server->lock != request->session_number)
        server->lock = 0;
    if (all)
        request->sim->evicted[request->server] = request->session_number;
}

static void apply_prepared_count(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "count", "0", "gid", NULL, NULL);
}

static void apply_commit_look(struct request *request, struct model_server *server)
{
    int clients = server->direct, i, j;

    for (i = 0; i < PROCESSES; i++)
        for (j = 0; j < ENTRIES; j++)
            clients += model_of(request)->processes[i].goes_to == request->server &&
                       model_of(request)->processes[i].entries[j].connected;
    request_row(request, "system_identifier", "7001", "is_in_recovery", "f", "clients",
                print_number(clients), "prepared", "0", "open_databases", server->open ? "2" : "0",
                "timeline", "1", "pid", print_number((int64_t) request->session_number),
                "holds_lock", server->lock == request->session_number ? "t" : "f", NULL);
}

static void apply_commit_look_green(struct request *request, struct model_server *server)
{
    const char *state = server->databases[0].markers[3];

    request_row(request, "system_identifier", "7002", "is_in_recovery", "f", "open_databases",
                server->open ? "2" : "0", "state", *state ? state : NULL, "pid",
                print_number((int64_t) request->session_number), "holds_lock",
                server->lock == request->session_number ? "t" : "f", NULL);
}

static void apply_quiet_look(struct request *request, struct model_server *server)
{
    int64_t behind = 0, inactive = 0;
    int i;

    for (i = 0; i < DATABASES; i++) {
        struct model_database *green = &model_of(request)->servers[GREEN].databases[i];
        int64_t this_one = (int64_t) (server->wal - server->databases[i].slot_confirmed);

        behind = this_one > behind ? this_one : behind;
        inactive += !green->is_enabled || !model_of(request)->servers[GREEN].runs;
    }
    request_row(request, "oldest_ms", "3", "oldest", "somebody", "behind", print_number(behind),
                "slots", "2", "inactive", print_number(inactive), "prepared", "0", "analyzing", "0",
                NULL);
}

static void apply_stragglers_look(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "count", "1", "who", "pid 99", NULL);
}

static void apply_snapshot_look(struct request *request, struct model_server *server)
{
    const char *xid = print_number(server->xid);

    request_row(request, "snapshot", print_some("%s:%s:", xid, xid), "xmin", xid, "xmax", xid,
                NULL);
}

static void apply_settle_look(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "is_settled", "t", "oldest", NULL, NULL);
}

static void apply_wal(struct request *request, struct model_server *server)
{
    request_row(request, "lsn", print_lsn(server->wal), NULL);
}

static void apply_marker_write(struct request *request, struct model_server *server)
{
    int id = atoi(request_argument(request, "id"));
    int64_t xid;

    if (!server->databases[request->database].has_markers) {
        request_fail(request, "42P01", "there is no marker table");
        return;
    }
    xid = model_commit(model_of(request), request->sim->now_ns, request->database, id,
                       request_argument(request, "value"));
    request_row(request, "xid", print_number(xid), NULL);
}

static void apply_marker_look(struct request *request, struct model_server *server)
{
    const char *value =
        server->databases[request->database].markers[atoi(request_argument(request, "id"))];

    request_row(request, "value", *value ? value : NULL, NULL);
}

static void apply_sequences_list(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "statement", "SELECT sequences", "count", "1", NULL);
}

static void apply_sequences_read(struct request *request, struct model_server *server)
{
    request_row(request, "list", print_number(server->databases[request->database].sequence),
                "count", "1", NULL);
}

static void apply_sequences_set(struct request *request, struct model_server *server)
{
    server->databases[request->database].sequence = atoll(request_argument(request, "list"));
    request_row(request, "count", "1", NULL);
}

static void apply_compare(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "item", "the same", NULL);
}

static void apply_compare_told(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "item", "the same", "told", "the same", NULL);
}

static void apply_sessions_look(struct request *request, struct model_server *server)
{
    if (server->direct)
        request_row(request, "id", "97 now", "pid", "97", "usename", "app", "application_name", "x",
                    "client_addr", "10.0.0.1", "in_transaction", "f", "is_kept", "f", NULL);
}

static void apply_form(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "form", "a form", "since", "700", "recent", "0", "names", NULL, NULL);
}

static void apply_catalog_total(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "total", "12 700", "recent", "0", NULL);
}

static void apply_shared_look(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "form", "a form", NULL);
}

static void apply_settings(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "name", "max_connections", "value", "100", NULL);
}

static void apply_server_files(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "hba", "local all all trust", "ident", "", "listen_addresses", "*", "cert",
                NULL, "key", NULL, "ca", NULL, "crl", NULL, NULL);
}

static void apply_role_all_settings(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "statements", "ALTER ROLE ALL SET work_mem = '8MB'", NULL);
}

static void apply_probe_look(struct request *request, struct model_server *server)
{
    (void) server;
    request_row(request, "version_num", request->server == GREEN ? "170012" : "150020",
                "is_read_only", "off", NULL);
}

static void apply_green_open_look(struct request *request, struct model_server *server)
{
    request_row(request, "open", server->open ? "2" : "0", NULL);
}

static const struct {
    const char *id;
    void (*apply)(struct request *request, struct model_server *server);
} statements[] = {
    {"server_identity", apply_server_identity},
    {"databases", apply_databases},
    {"operator_lock", apply_operator_lock},
    {"fence_statements", apply_fence_statements},
    {"fence", apply_fence},
    {"unfence", apply_unfence},
    {"open_green", apply_open_green},
    {"green_open_look", apply_open_look},
    {"run_statements", apply_run_statements},
    {"barrier_look", apply_barrier_look},
    {"terminate_clients", apply_terminate_clients},
    {"terminate_ours", apply_terminate_ours},
    {"prepared_count", apply_prepared_count},
    {"commit_look", apply_commit_look},
    {"commit_look_green", apply_commit_look_green},
    {"state_undo", apply_state_undo},
    {"quiet_look", apply_quiet_look},
    {"snapshot_look", apply_snapshot_look},
    {"stragglers_look", apply_stragglers_look},
    {"settle_look", apply_settle_look},
    {"wal_flush_lsn", apply_wal},
    {"wal_insert_lsn", apply_wal},
    {"marker_write", apply_marker_write},
    {"marker_look", apply_marker_look},
    {"sequences_list", apply_sequences_list},
    {"sequences_read", apply_sequences_read},
    {"sequences_set", apply_sequences_set},
    {"compare_roles", apply_compare_told},
    {"compare_memberships", apply_compare},
    {"compare_settings", apply_compare_told},
    {"compare_database_acl", apply_compare},
    {"compare_columns", apply_compare},
    {"compare_grants", apply_compare},
    {"compare_indexes", apply_compare},
    {"compare_sequences", apply_compare},
    {"compare_objects", apply_compare},
    {"compare_large_objects", apply_compare},
    {"sessions_look", apply_sessions_look},
    {"catalog_since", apply_run_statements},
    {"catalog_total", apply_catalog_total},
    {"catalog_look", apply_form},
    {"shared_look", apply_shared_look},
    {"keep_roles_look", apply_run_statements},
    {"recovery_settings", apply_settings},
    {"carried_settings", apply_settings},
    {"server_files", apply_server_files},
    {"role_all_settings", apply_role_all_settings},
    {"probe_look", apply_probe_look},
    {"green_open_look", apply_green_open_look},
};

void server_apply(struct request *request)
{
    struct model_server *server = &model_of(request)->servers[request->server];
    size_t i;

    if (!server->runs) {
        request_fail(request, "08006", "connection refused");
        return;
    }
    if (request->is_unprepared)
        request_fail(request, "26000", "it was not prepared");
    if (!request->sql || request->form == SQL_PREPARE || request->is_unprepared ||
        replication_apply(request))
        return;
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
        if (strcmp(statements[i].id, request->sql->id) == 0) {
            statements[i].apply(request, server);
            return;
        }
    model_violate(model_of(request), "the fake does not know the statement %s", request->sql->id);
    request_fail(request, "42601", "the fake does not know it");
}
