/*
 * What PostgreSQL answers: identity, fence, markers, sequences, comparisons.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FENCE "the fence"

static struct model *model_of(struct request *request)
{
    return &request->sim->model;
}

static const char *print_number(int64_t number)
{
    return print_some("%lld", (long long) number);
}

static const char *const system_identifiers[SERVERS] = {"7001", "7002"};

static const char *name_of(const struct request *request)
{
    return server_names[request->server];
}

/* Does the disk say that clients are on this side? */
static bool is_side(struct request *request, int server, bool if_unknown)
{
    const char *side = sim_durable(request->sim, "side");

    return side ? strcmp(side, server_names[server]) == 0 : if_unknown;
}

static const char *timeline_of(const struct model_server *server)
{
    return print_number(1 + server->failovers);
}

static void apply_server_identity(struct request *request, struct model_server *server)
{
    bool blue = request->server == BLUE;

    request_row(request, "system_identifier", system_identifiers[request->server], "timeline",
                timeline_of(server), "version_num", blue ? "150020" : "170012", "version",
                blue ? "15.20" : "17.12", "is_in_recovery", server->is_standby ? "t" : "f",
                "is_superuser", "t", "bootstrap_superuser", "postgres", "data_checksums", "on",
                "segment_mb", "16", "encoding", "UTF8", "provider", "c", "lc_collate", "C",
                "lc_ctype", "C", "icu_locale", "", "size_bytes", "1000", "rolname", "postgres",
                NULL);
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

static const char *unfence_of(int server)
{
    return print_some("%s as it was", server_names[server]);
}

static void apply_fence_statements(struct request *request, struct model_server *server)
{
    if (!server->open)
        model_violate(model_of(request), "the fence was worked out while %s is fenced",
                      name_of(request));
    request_row(request, "fence", FENCE, "unfence", unfence_of(request->server), NULL);
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
    if (!sim_durable(request->sim, print_some("%s.unfence", name_of(request))))
        model_violate(model_of(request), "%s was fenced before the way back is on disk",
                      name_of(request));
    server->open = false;
}

static void apply_unfence(struct request *request, struct model_server *server)
{
    expect_statements(request, unfence_of(request->server));
    if (!is_side(request, request->server, true))
        model_violate(model_of(request), "%s was opened behind the commit point", name_of(request));
    server->open = true;
}

static char *state_of(struct model_server *server)
{
    return server->databases[0].markers[3];
}

static bool is_armed(struct request *request, struct model_server *server)
{
    return strcmp(state_of(server), print_some("armed %s", request_argument(request, "attempt"))) ==
           0;
}

/* "open N at L": the position is read before anything of this transaction is in the WAL. */
static void apply_open(struct request *request, struct model_server *server)
{
    struct model *model = model_of(request);
    const char *opened = print_some("open %s at ", request_argument(request, "attempt"));

    /* what the other one had; but it may have what is not known here, if nothing was replicated */
    expect_statements(request,
                      unfence_of(model->loses ? request->server : other_server(request->server)));
    if (is_armed(request, server)) {
        server->opened_at = server->wal;
        server->probe_number =
            model->servers[other_server(request->server)].probe_number - model->is_probe_forgotten;
        model_commit(model, request->sim->now_ns, request->server, 0, 3,
                     print_some("%s%s", opened, print_lsn(server->wal)));
    } else if (!string_starts(state_of(server), opened)) {
        request_fail(request, "22P02", "%s stands at %s", name_of(request), state_of(server));
        return;
    }
    if (!is_side(request, request->server, false))
        model_violate(model, "%s was opened before the switch is on disk", name_of(request));
    server->open = true;
    request_row(request, "opened", "1", NULL);
}

static void apply_state_undo(struct request *request, struct model_server *server)
{
    const char *attempt = request_argument(request, "attempt");
    const char *before = print_some("%s", state_of(server));
    struct commit *commit = NULL;

    if (is_armed(request, server))
        commit = model_commit(model_of(request), request->sim->now_ns, request->server, 0, 3,
                              print_some("undone %s", attempt));
    if (commit)
        commit->stays = true;
    request_row(request, "state", *before ? before : "nothing", NULL);
}

/* Tried, and taken back. */
static void apply_unfence_try(struct request *request, struct model_server *server)
{
    (void) server;
    expect_statements(request, unfence_of(request->server));
    if (model_of(request)->is_unopenable)
        request_fail(request, "42704", "role \"app\" does not exist");
    else
        request_fail(request, "22012", "division by zero");
}

static void apply_counters(struct request *request, struct model_server *server)
{
    (void) server;
    if (request->server != GREEN)
        model_violate(model_of(request), "blue's counters were noted");
    request_row(request, "counters", "{}", NULL);
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
    request_row(request, "system_identifier", system_identifiers[request->server], "is_in_recovery",
                "f", "clients", print_number(clients), "prepared", "0", "open_databases",
                server->open ? "2" : "0", "timeline", timeline_of(server), "pid",
                print_number((int64_t) request->session_number), "holds_lock",
                server->lock == request->session_number ? "t" : "f", NULL);
}

static void apply_commit_look_subscriber(struct request *request, struct model_server *server)
{
    const char *state = state_of(server);

    request_row(request, "system_identifier", system_identifiers[request->server], "is_in_recovery",
                "f", "open_databases", server->open ? "2" : "0", "state", *state ? state : NULL,
                "pid", print_number((int64_t) request->session_number), "holds_lock",
                server->lock == request->session_number ? "t" : "f", NULL);
}

static void apply_quiet_look(struct request *request, struct model_server *server)
{
    int64_t behind = 0, inactive = 0, slots = 0;
    int i;

    for (i = 0; i < DATABASES; i++) {
        int64_t this_one = (int64_t) (server->wal - server->databases[i].slot_confirmed);

        if (!server->databases[i].has_slot)
            continue;
        slots++;
        behind = this_one > behind ? this_one : behind;
        inactive += !model_is_followed(model_of(request), request->server, i);
    }
    request_row(request, "oldest_ms", "3", "oldest", "somebody", "behind", print_number(behind),
                "slots", print_number(slots), "inactive", print_number(inactive), "prepared", "0",
                "analyzing", "0", NULL);
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
    int64_t xid = server->xid;

    if (!server->databases[request->database].has_markers) {
        request_fail(request, "42P01", "there is no marker table");
        return;
    }
    model_commit(model_of(request), request->sim->now_ns, request->server, request->database, id,
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
    int64_t *own = &server->databases[request->database].sequence;
    int64_t wanted = atoll(request_argument(request, "list"));

    *own = wanted > *own ? wanted : *own; /* never backwards */
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
    {"open", apply_open},
    {"open_look", apply_open_look},
    {"unfence_try", apply_unfence_try},
    {"counters", apply_counters},
    {"run_statements", apply_run_statements},
    {"barrier_look", apply_barrier_look},
    {"terminate_clients", apply_terminate_clients},
    {"terminate_ours", apply_terminate_ours},
    {"prepared_count", apply_prepared_count},
    {"commit_look", apply_commit_look},
    {"commit_look_subscriber", apply_commit_look_subscriber},
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
