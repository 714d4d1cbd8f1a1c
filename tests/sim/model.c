#include "model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)
/* A subscription that is not synchronous reports what it flushed this much later (rule C1). */
#define REPORT_MS 200
#define WRITE_EVERY_MS 20
#define RECORD 0x100

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

int64_t model_commit(struct model *model, int64_t now_ns, int database, int marker,
                     const char *value)
{
    struct model_server *blue = &model->servers[BLUE];
    struct commit *commit;

    if (model->commit_count == COMMITS) {
        model_violate(model, "more markers than the model has room for");
        return blue->xid++;
    }
    commit = &model->commits[model->commit_count++];
    *commit = (struct commit){.lsn = blue->wal, .at_ns = now_ns, .database = database};
    commit->marker = marker;
    if (marker)
        snprintf(commit->value, sizeof(commit->value), "%s", value);
    if (marker)
        snprintf(blue->databases[database].markers[marker], 40, "%s", value);
    blue->wal += RECORD;
    return blue->xid++;
}

static void apply(struct model *model, struct commit *commit)
{
    struct model_database *green = &model->servers[GREEN].databases[commit->database];

    commit->applied++;
    if (commit->marker)
        snprintf(green->markers[commit->marker], sizeof(green->markers[0]), "%s", commit->value);
}

static void replicate(struct model *model, int64_t now_ns, int number)
{
    struct model_database *blue = &model->servers[BLUE].databases[number];
    struct model_database *green = &model->servers[GREEN].databases[number];
    uint64_t from;
    int i;

    if (!model->servers[GREEN].runs || !model->servers[BLUE].runs || !green->has_subscription ||
        !green->is_enabled || !blue->has_slot)
        return;
    /* rule B1: the server silently forwards to what the slot has confirmed */
    from = green->origin > blue->slot_confirmed ? green->origin : blue->slot_confirmed;
    if (from < green->seen_from)
        green->seen = 0;
    green->seen_from = from;
    for (i = green->seen; i < model->commit_count; green->seen = ++i) {
        struct commit *commit = &model->commits[i];

        if (commit->database != number || commit->lsn < from)
            continue;
        if (now_ns - commit->at_ns < model->apply_ms * NS_PER_MS)
            return;
        apply(model, commit);
        green->origin = commit->lsn + RECORD;
    }
    if (green->is_synchronous || now_ns - model->last_write_ns >= REPORT_MS * NS_PER_MS)
        blue->slot_confirmed = model->servers[BLUE].wal;
    else if (green->origin > blue->slot_confirmed)
        blue->slot_confirmed = green->origin;
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

static void note_holds(struct model *model, int64_t now_ns)
{
    int i, j;

    for (i = 0; i < PROCESSES; i++) {
        struct model_process *process = &model->processes[i];
        bool paused = false;

        for (j = 0; j < ENTRIES && !process->dead; j++)
            paused = paused || process->entries[j].paused;
        if (!paused)
            process->paused_since_ns = 0;
        else if (!process->paused_since_ns)
            process->paused_since_ns = now_ns;
        else if (now_ns - process->paused_since_ns > model->longest_hold_ns)
            model->longest_hold_ns = now_ns - process->paused_since_ns;
    }
}

/* Green must have everything exactly once at the moment its first client can write. */
static void account(struct model *model)
{
    int i;

    for (i = 0; i < model->commit_count; i++)
        if (model->commits[i].applied != 1)
            model_violate(model, "green was opened while commit %d of %s is there %d times", i,
                          database_names[model->commits[i].database], model->commits[i].applied);
    for (i = 0; i < DATABASES; i++)
        if (model->servers[GREEN].databases[i].sequence !=
            model->servers[BLUE].databases[i].sequence)
            model_violate(model, "green was opened while a sequence of %s is behind",
                          database_names[i]);
}

void model_live(struct model *model, int64_t now_ns)
{
    int paused = 0, i;
    bool on_blue, on_green;

    connect_clients(model);
    on_blue = can_write(model, BLUE, &paused);
    on_green = can_write(model, GREEN, &paused);
    if (on_blue && on_green)
        model_violate(model, "two writers");
    if (on_green && !model->green_was_open) {
        model->green_was_open = true;
        account(model);
    }
    if (model->green_was_open && model->servers[BLUE].open)
        model_violate(model, "blue is open again after clients were on green");
    if (on_blue && model->green_commits)
        model_violate(model, "a commit on blue follows one on green");
    if (on_green)
        model->green_commits++;
    if (on_blue && model->commit_count < COMMITS - MARKERS_MAX &&
        now_ns - model->last_write_ns >= WRITE_EVERY_MS * NS_PER_MS) {
        int database = model->commit_count % DATABASES;

        model_commit(model, now_ns, database, 0, NULL);
        model->servers[BLUE].databases[database].sequence++;
        model->last_write_ns = now_ns;
    }
    for (i = 0; i < DATABASES; i++)
        replicate(model, now_ns, i);
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
    process->has_trials = goes_to == TRIED;
    if (goes_to == TRIED)
        goes_to = BLUE;
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
    int i;

    for (i = 0; i < DATABASES; i++) {
        struct model_database *green = &model->servers[GREEN].databases[i];
        struct model_database *blue = &model->servers[BLUE].databases[i];

        memset(green, 0, sizeof(*green));
        green->has_markers = blue->has_markers;
        if (blue->has_guard)
            model_violate(model, "the clone got the triggers that refuse DDL");
        memcpy(green->tables, blue->tables, sizeof(green->tables));
    }
    for (i = 0; i < model->commit_count; i++) {
        model->commits[i].applied = 0;
        if (model->commits[i].lsn < lsn)
            apply(model, &model->commits[i]);
    }
}

void model_remove_green(struct model *model)
{
    model->servers[GREEN].runs = model->servers[GREEN].open = false;
    memset(&model->servers[GREEN].databases, 0, sizeof(model->servers[GREEN].databases));
}
