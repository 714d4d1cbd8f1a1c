/*
 * What PgBouncer does and answers (rule E): a state of its own for every process.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static struct model *model_of(struct request *request)
{
    return &request->sim->model;
}

static struct model_entry *entry_of(struct request *request, struct model_process *process)
{
    const char *name = request_argument(request, "entry");
    int i;

    for (i = 0; i < ENTRIES; i++)
        if (strcmp(entry_names[i], name) == 0)
            return &process->entries[i];
    request_fail(request, "08P01", "no such database: %s", name);
    return NULL;
}

static const char *const hosts[SERVERS] = {"10.0.0.7", "10.0.0.8"};

/* They lead to where the other entries do not. */
static void apply_trials(struct request *request, const struct model_process *process)
{
    int i;

    for (i = 0; i < ENTRIES; i++)
        request_row(request, "name", print_some("pgcutover_probe_%d", i + 1), "host",
                    hosts[other_server(process->goes_to)], "port", "5432", "database",
                    entry_names[i], "paused", "0", "current_connections", "0", NULL);
}

static void apply_databases(struct request *request, struct model_process *process)
{
    int i;

    for (i = 0; i < ENTRIES; i++)
        if (!process->entries[i].set_aside)
            request_row(
                request, "name", entry_names[i], "host", hosts[process->goes_to], "port", "5432",
                "database", entry_names[i], "paused", process->entries[i].paused ? "1" : "0",
                "current_connections", process->entries[i].connected ? "1" : "0", "min_pool_size",
                print_some("%d", i == 0 && model_of(request)->has_own_minimum ? MINIMUM
                                                                              : process->minimum),
                NULL);
    if (process->has_trials)
        apply_trials(request, process);
}

static bool is_logging_in(const struct request *request, const struct model_process *process)
{
    return request->sim->now_ns < process->logs_in_until_ns;
}

static void apply_pools(struct request *request, struct model_process *process)
{
    int i;

    for (i = 0; i < ENTRIES; i++)
        request_row(request, "database", entry_names[i], "cl_waiting",
                    process->entries[i].paused ? "1" : "0", "sv_login",
                    i == 0 && is_logging_in(request, process) ? "1" : "0", NULL);
    if (model_of(request)->logs_in_behind_looks && process->most != 1 &&
        !process->entries[0].paused && !is_logging_in(request, process))
        process->logs_in_until_ns = request->sim->now_ns + 5 * NS_PER_MS;
}

/* What ends a login that is under way: clients may get an error for it. */
static void cut_login(struct request *request, struct model_process *process)
{
    if (!is_logging_in(request, process))
        return;
    model_of(request)->cut_logins++;
    process->logs_in_until_ns = 0;
}

static void apply_servers(struct request *request, struct model_process *process)
{
    (void) process;
    request_row(request, "database", entry_names[0], "remote_pid", "11", NULL);
}

static void apply_config(struct request *request, struct model_process *process)
{
    request_row(request, "key", "pool_mode", "value",
                model_of(request)->has_session_pools ? "session" : "transaction", NULL);
    if (!model_of(request)->is_patience_unknown)
        request_row(request, "key", "query_wait_timeout", "value", "120", NULL);
    request_row(request, "key", "client_login_timeout", "value", "60", NULL);
    request_row(request, "key", "query_timeout", "value", "0", NULL);
    /* fixed for the comparison behind RELOAD, as a RELOAD sets it back */
    request_row(request, "key", "server_login_retry", "value", print_some("%d", process->retry),
                NULL);
    request_row(request, "key", "min_pool_size", "value", print_some("%d", process->minimum), NULL);
    request_row(request, "key", "max_db_connections", "value", print_some("%d", process->most),
                NULL);
}

static void apply_pause(struct request *request, struct model_process *process)
{
    struct model_entry *entry = entry_of(request, process);

    if (!entry)
        return;
    if (!sim_is_armed(request->sim))
        model_violate(model_of(request), "clients are held before the intents are on disk");
    if (entry == &process->entries[0])
        cut_login(request, process);
    entry->paused = true;
    entry->connected = false;
}

static void apply_resume(struct request *request, struct model_process *process)
{
    struct model_entry *entry = entry_of(request, process);

    if (!entry)
        return;
    if (!entry->paused)
        request_fail(request, "08P01", "database is not paused");
    entry->paused = entry->set_aside = false;
}

static void apply_reload(struct request *request, struct model_process *process)
{
    cut_login(request, process);
    model_reload(model_of(request), process);
}

static void apply_login_retry(struct request *request, struct model_process *process)
{
    process->retry = atoi(request_argument(request, "seconds"));
}

static void apply_minimum(struct request *request, struct model_process *process)
{
    process->minimum = atoi(request_argument(request, "count"));
}

static void apply_most(struct request *request, struct model_process *process)
{
    process->most = atoi(request_argument(request, "count"));
}

static void apply_version(struct request *request, struct model_process *process)
{
    (void) process;
    request_row(request, "version", "PgBouncer 1.25.2", NULL);
}

/* A client of the entry postgres: its server answers. */
static void apply_probe(struct request *request, struct model_process *process)
{
    struct model_server *server = &model_of(request)->servers[process->goes_to];

    if (process->entries[0].paused) {
        request_fail(request, "08006", "query_wait_timeout");
        return;
    }
    if (!server->runs || !server->open) {
        request_fail(request, "42501", "permission denied for database");
        return;
    }
    request_row(request, "version_num", process->goes_to == GREEN ? "170012" : "150020",
                "is_read_only", "off", NULL);
}

static void apply_users(struct request *request, struct model_process *process)
{
    (void) process;
    request_row(request, "name", "app", "pool_mode", NULL, NULL);
}

static void apply_client_probe_who(struct request *request, struct model_process *process)
{
    if (process->goes_to == BLUE)
        request_row(request, "role", "app", "database", database_names[0], NULL);
    else
        request_fail(request, "42501", "permission denied for database");
}

/* It waits as long as the entry is paused, unless its client is gone. */
static void apply_client_probe_write(struct request *request, struct model_process *process)
{
    struct model_server *server = &model_of(request)->servers[process->goes_to];

    if (process->entries[0].paused && request->reply) {
        request->is_applied = false;
        request->apply_ns = request->reply_ns = request->sim->now_ns + NS_PER_MS;
        return;
    }
    if (!request->reply || !server->runs || !server->open) {
        request_fail(request, "57P01", "terminating connection");
        return;
    }
    if (!server->databases[0].has_client_probe) {
        request_fail(request, "42P01", "there is no table for it");
        return;
    }
    process->entries[0].connected = true;
    request_row(request, "number", print_some("%lld", (long long) ++server->probe_number),
                "database", database_names[0], NULL);
}

/* PgBouncer logs in to the server before its client may. */
static void apply_trial_login(struct request *request, const struct model_process *process)
{
    const struct model_server *tried = &model_of(request)->servers[other_server(process->goes_to)];

    if (!process->has_trials) {
        request_fail(request, "08P01", "no such database");
        return;
    }
    if (!tried->runs) {
        request_fail(request, "timeout", "no answer");
        return;
    }
    if (tried->open)
        model_violate(model_of(request), "a server is open while it is tried");
    model_of(request)->refused_logins++;
    if (model_of(request)->is_barred)
        request_fail(request, "28000", "no pg_hba.conf entry for host");
    else
        request_fail(request, "42501", "permission denied for database");
}

static const struct {
    const char *id;
    void (*apply)(struct request *request, struct model_process *process);
} statements[] = {
    {"pooler_databases", apply_databases},
    {"pooler_pools", apply_pools},
    {"pooler_config", apply_config},
    {"pooler_servers", apply_servers},
    {"pooler_pause", apply_pause},
    {"pooler_resume", apply_resume},
    {"pooler_reload", apply_reload},
    {"pooler_login_retry", apply_login_retry},
    {"pooler_version", apply_version},
    {"pooler_min_pool_size", apply_minimum},
    {"pooler_max_db_connections", apply_most},
    {"probe_look", apply_probe},
    {"pooler_users", apply_users},
    {"client_probe_who", apply_client_probe_who},
    {"client_probe_write", apply_client_probe_write},
};

void console_apply(struct request *request)
{
    struct model_process *process = &model_of(request)->processes[request->process];
    size_t i;

    if (!request->sql && request->is_trial)
        apply_trial_login(request, process);
    if (!request->sql)
        return;
    for (i = 0; i < sizeof(statements) / sizeof(statements[0]); i++)
        if (strcmp(statements[i].id, request->sql->id) == 0) {
            statements[i].apply(request, process);
            return;
        }
    model_violate(model_of(request), "the fake console does not know %s", request->sql->id);
    request_fail(request, "42601", "the fake does not know it");
}
