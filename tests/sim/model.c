#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)
#define WRITE_EVERY_MS 20

const char *const server_names[SERVERS] = {"blue", "green"};
const char *const database_names[DATABASES] = {"postgres", "shop"};
const char *const database_oids[DATABASES] = {"5", "16384"};
const char *const entry_names[ENTRIES] = {"postgres", "shop"};
/* Without identity; with a unique index that can serve; with a primary key. */
const char *const table_names[TABLES] = {"keyless", "indexed", "keyed"};

void model_init(struct model *model)
{
    int i, j;

    memset(model, 0, sizeof(*model));
    model->servers[BLUE].runs = model->servers[BLUE].open = true;
    model->servers[BLUE].wal = 0x1000000;
    model->servers[GREEN].wal = 0x9000000;
    model->apply_ms = 1;
    model->servers[BLUE].xid = 700;
    model->servers[GREEN].xid = 100;
    for (i = 0; i < DATABASES; i++) {
        struct model_database *database = &model->servers[BLUE].databases[i];

        database->sequence = 40 + i;
        for (j = 0; j < TABLES; j++)
            database->tables[j].identity = 'd';
        database->tables[1].identity = 'n';
    }
    for (i = 0; i < POOLERS; i++)
        model->poolers[i] = (struct model_pooler){BLUE, -1, -1, -1};
    for (i = 0; i < PROCESSES; i++) {
        model->processes[i].pooler = i / 2;
        model->processes[i].retry = 15;
        model->processes[i].minimum = MINIMUM;
        model->processes[i].most = MOST;
    }
}

void model_violate(struct model *model, const char *format, ...)
{
    va_list arguments;

    if (*model->violation)
        return;
    va_start(arguments, format);
    vsnprintf(model->violation, sizeof(model->violation), format, arguments);
    va_end(arguments);
}

/* Can somebody write on this server now? Sessions that are there can, whatever the fence says. */
static bool can_write(const struct model *model, int server, int *ret_paused)
{
    const struct model_server *where = &model->servers[server];
    int i, j;
    bool any = where->runs && (where->open || where->direct);

    for (i = 0; i < PROCESSES; i++) {
        const struct model_process *process = &model->processes[i];

        for (j = 0; j < ENTRIES && !process->dead; j++) {
            *ret_paused += process->entries[j].paused;
            if (!process->entries[j].paused && process->goes_to == server && where->runs)
                any = any || where->open || process->entries[j].connected;
        }
    }
    return any;
}

static void connect_clients(struct model *model)
{
    int i, j;

    for (i = 0; i < SERVERS; i++)
        if (model->servers[i].runs && model->servers[i].open)
            model->servers[i].direct = true;
    for (i = 0; i < PROCESSES; i++) {
        struct model_process *process = &model->processes[i];

        for (j = 0; j < ENTRIES && !process->dead; j++)
            if (!process->entries[j].paused && model->servers[process->goes_to].open)
                process->entries[j].connected = true;
    }
}

static void note_longest(int64_t *since_ns, int64_t *longest_ns, bool is_so, int64_t now_ns)
{
    if (!is_so)
        *since_ns = 0;
    else if (!*since_ns)
        *since_ns = now_ns;
    else if (now_ns - *since_ns > *longest_ns)
        *longest_ns = now_ns - *since_ns;
}

static void note_holds(struct model *model, int64_t now_ns)
{
    int i, j;

    for (i = 0; i < PROCESSES; i++) {
        struct model_process *process = &model->processes[i];
        bool paused = false;

        for (j = 0; j < ENTRIES && !process->dead; j++)
            paused = paused || process->entries[j].paused;
        note_longest(&process->opens_since_ns, &model->longest_opening_ns,
                     paused && process->minimum > 0, now_ns);
        note_longest(&process->paused_since_ns, &model->longest_hold_ns, paused, now_ns);
    }
}

static void write_there(struct model *model, int64_t now_ns, int server)
{
    int database = model->commit_count % DATABASES;

    if (now_ns - model->last_write_ns < WRITE_EVERY_MS * NS_PER_MS)
        return;
    model->last_write_ns = now_ns;
    model->servers[server].writes++;
    if (model->commit_count >= COMMITS - MARKERS_MAX)
        return;
    model_commit(model, now_ns, server, database, 0, NULL);
    model->servers[server].databases[database].sequence++;
}

void model_live(struct model *model, int64_t now_ns)
{
    int paused = 0, server, i;
    bool writes[SERVERS];

    connect_clients(model);
    for (server = 0; server < SERVERS; server++)
        writes[server] = can_write(model, server, &paused);
    if (writes[BLUE] && writes[GREEN])
        model_violate(model, "two writers");
    if (model->servers[BLUE].open && model->servers[GREEN].open)
        model_violate(model, "both servers are open");
    for (server = 0; server < SERVERS; server++) {
        if (writes[server] && model->writer != server)
            model_account(model, server);
        if (writes[server])
            write_there(model, now_ns, server);
    }
    for (server = 0; server < SERVERS; server++)
        for (i = 0; i < DATABASES; i++)
            model_replicate(model, now_ns, server, i);
    note_holds(model, now_ns);
}

int model_terminate(struct model *model, int server)
{
    int i, j, count = model->servers[server].direct;

    model->servers[server].direct = false;
    for (i = 0; i < PROCESSES; i++)
        for (j = 0; j < ENTRIES; j++)
            if (model->processes[i].goes_to == server && model->processes[i].entries[j].connected) {
                model->processes[i].entries[j].connected = false;
                count++;
            }
    return count;
}

void model_reload(struct model *model, struct model_process *process)
{
    int goes_to = model->poolers[process->pooler].file, j;

    process->retry = 15;
    process->minimum = MINIMUM;
    process->most = MOST;
    process->has_trials = goes_to >= TRIED;
    if (goes_to >= TRIED)
        goes_to -= TRIED;
    if (goes_to == process->goes_to)
        return;
    process->goes_to = goes_to;
    for (j = 0; j < ENTRIES; j++)
        process->entries[j].connected = false;
}

void model_restart_process(struct model *model, struct model_process *process)
{
    memset(process->entries, 0, sizeof(process->entries));
    process->dead = false;
    model_reload(model, process);
}

void model_clone(struct model *model, uint64_t lsn)
{
    struct model_server *blue = &model->servers[BLUE], *green = &model->servers[GREEN];
    int i;

    if (model->has_forgotten)
        model_violate(model, "cloned again behind the first cutover");
    green->record_count = 0;
    for (i = 0; i < DATABASES; i++) {
        struct model_database *from = &blue->databases[i], *to = &green->databases[i];

        memset(to, 0, sizeof(*to));
        to->has_markers = from->has_markers;
        to->has_client_probe = from->has_client_probe;
        if (from->has_guard)
            model_violate(model, "the clone got the triggers that refuse DDL");
        memcpy(to->tables, from->tables, sizeof(to->tables));
    }
    for (i = 0; i < model->commit_count; i++)
        model->commits[i].times[GREEN] = 0;
    for (i = 0; i < blue->record_count && blue->records[i].lsn < lsn; i++) {
        struct commit *commit = &model->commits[blue->records[i].commit];

        commit->times[GREEN]++;
        if (commit->marker)
            memcpy(green->databases[commit->database].markers[commit->marker], commit->value,
                   MARKER_SIZE);
    }
}

void model_remove_green(struct model *model)
{
    struct model_server *green = &model->servers[GREEN];

    green->runs = green->open = green->has_password = false;
    memset(&green->databases, 0, sizeof(green->databases));
}
