/*
 * Commits, and how they get from one server to the other (rule B1): a subscription gets every
 * commit record of its database that starts at its origin or behind it, and not before what the
 * slot has confirmed. What was applied has a record in the subscriber's WAL as well.
 */
#include "model.h"

#include <stdio.h>
#include <string.h>

#define NS_PER_MS INT64_C(1000000)
/* A subscription that is not synchronous reports what it flushed this much later (rule C1). */
#define REPORT_MS 200
/* What a commit adds to a WAL; its commit record comes in the middle. */
#define RECORD 0x100
/* What is younger may be on its way. */
#define ON_ITS_WAY_MS 300

static void add_record(struct model *model, int64_t now_ns, int server, int commit)
{
    struct model_server *where = &model->servers[server];

    if (where->record_count == COMMITS) {
        model_violate(model, "more records on %s than the model has room for",
                      server_names[server]);
        return;
    }
    where->records[where->record_count++] =
        (struct record){.lsn = where->wal + RECORD / 2, .at_ns = now_ns, .commit = commit};
    where->wal += RECORD;
    where->xid++;
    if (!model->commits[commit].marker)
        where->written_ns = now_ns;
}

struct commit *model_commit(struct model *model, int64_t now_ns, int server, int database,
                            int marker, const char *value)
{
    char *row = model->servers[server].databases[database].markers[marker];
    struct commit *commit;

    if (model->commit_count == COMMITS) {
        model_violate(model, "more markers than the model has room for");
        return NULL;
    }
    commit = &model->commits[model->commit_count];
    *commit = (struct commit){.at_ns = now_ns, .server = server, .database = database};
    commit->times[server] = 1;
    commit->marker = marker;
    if (marker) {
        snprintf(commit->value, sizeof(commit->value), "%s", value);
        commit->is_new = !*row;
        memcpy(row, commit->value, MARKER_SIZE);
    }
    add_record(model, now_ns, server, model->commit_count++);
    return commit;
}

static void apply(struct model *model, int64_t now_ns, int server, int number)
{
    struct commit *commit = &model->commits[number];
    char *row = model->servers[server].databases[commit->database].markers[commit->marker];

    if (commit->server == server)
        model_violate(model, "commit %d of %s came back to %s, where it was made", number,
                      database_names[commit->database], server_names[server]);
    if (commit->stays)
        model_violate(model, "%s got \"%s\", which was for %s only", server_names[server],
                      commit->value, server_names[commit->server]);
    if (commit->times[server]++)
        model_violate(model, "commit %d of %s is applied on %s once more", number,
                      database_names[commit->database], server_names[server]);
    if (commit->marker && commit->is_new == (*row != '\0'))
        model_violate(model, "marker %d of %s %s on %s", commit->marker,
                      database_names[commit->database],
                      commit->is_new ? "is inserted twice" : "is to be updated but not there",
                      server_names[server]);
    if (commit->marker)
        memcpy(row, commit->value, MARKER_SIZE);
    add_record(model, now_ns, server, number);
}

bool model_is_followed(const struct model *model, int publisher, int database)
{
    const struct model_server *from = &model->servers[publisher];
    const struct model_server *to = &model->servers[other_server(publisher)];

    return from->runs && to->runs && from->databases[database].has_slot &&
           to->databases[database].is_enabled && to->has_password &&
           from->databases[database].has_publication;
}

void model_replicate(struct model *model, int64_t now_ns, int publisher, int number)
{
    int subscriber = other_server(publisher);
    struct model_server *server = &model->servers[publisher];
    struct model_database *from = &server->databases[number];
    struct model_database *to = &model->servers[subscriber].databases[number];
    uint64_t begin;

    if (!to->is_enabled || !model_is_followed(model, publisher, number))
        return;
    /* the server silently forwards to what the slot has confirmed */
    begin = to->origin > from->slot_confirmed ? to->origin : from->slot_confirmed;
    if (begin < to->seen_from)
        to->seen = 0;
    to->seen_from = begin;
    for (; to->seen < server->record_count; to->seen++) {
        const struct record *record = &server->records[to->seen];

        if (model->commits[record->commit].database != number || record->lsn < begin)
            continue;
        if (now_ns - record->at_ns < model->apply_ms * NS_PER_MS)
            return;
        if (to->has_relations) /* else it is dropped on the floor without an error (rule A3) */
            apply(model, now_ns, subscriber, record->commit);
        to->origin = record->lsn + RECORD / 2;
    }
    if (to->is_synchronous || now_ns - server->written_ns >= REPORT_MS * NS_PER_MS)
        from->slot_confirmed = server->wal;
    else if (to->origin > from->slot_confirmed)
        from->slot_confirmed = to->origin;
}

uint64_t model_begins_at(const struct model *model, int publisher)
{
    uint64_t opened_at = model->servers[publisher].opened_at;

    return opened_at ? opened_at : publisher == BLUE ? model->host.clone_lsn : 0;
}

void model_account(struct model *model, int server)
{
    int i;

    for (i = 0; i < model->commit_count && model->loses && server == BLUE; i++)
        if (model->commits[i].server == GREEN && !model->commits[i].times[BLUE])
            model->commits[i].stays = true; /* lost: it must never come */
    model->writer = server;
    model->switches++;
    model->servers[server].writes = 0;
    for (i = 0; i < model->commit_count; i++)
        if (!model->commits[i].stays && model->commits[i].times[server] != 1)
            model_violate(model, "%s was opened while commit %d of %s is there %d times",
                          server_names[server], i, database_names[model->commits[i].database],
                          model->commits[i].times[server]);
    for (i = 0; i < DATABASES; i++)
        if (model->servers[server].databases[i].sequence !=
            model->servers[other_server(server)].databases[i].sequence)
            model_violate(model, "%s was opened while a sequence of %s is not where it was",
                          server_names[server], database_names[i]);
}

const char *model_difference(const struct model *model, int64_t now_ns)
{
    static char buffer[120];
    int i;

    for (i = 0; i < model->commit_count; i++) {
        const struct commit *commit = &model->commits[i];

        if (commit->stays || (commit->times[BLUE] == 1 && commit->times[GREEN] == 1) ||
            now_ns - commit->at_ns < (model->apply_ms + ON_ITS_WAY_MS) * NS_PER_MS)
            continue;
        snprintf(buffer, sizeof(buffer), "commit %d of %s, made on %s, is on the other %d times", i,
                 database_names[commit->database], server_names[commit->server],
                 commit->times[other_server(commit->server)]);
        return buffer;
    }
    return "";
}

static bool is_needed(const struct model *model, const struct model_server *server,
                      const struct record *record)
{
    const struct model_database *database =
        &server->databases[model->commits[record->commit].database];

    return database->has_slot && record->lsn >= database->slot_confirmed;
}

void model_forget(struct model *model)
{
    int place[COMMITS] = {0}, server, i, count;

    if (!model->host.is_upgraded)
        return;
    model->has_forgotten = true;
    for (server = 0; server < SERVERS; server++) {
        struct model_server *where = &model->servers[server];

        for (i = count = 0; i < where->record_count; i++)
            if (is_needed(model, where, &where->records[i])) {
                place[where->records[i].commit] = 1;
                where->records[count++] = where->records[i];
            }
        where->record_count = count;
        for (i = 0; i < DATABASES; i++)
            where->databases[i].seen = 0;
    }
    for (i = count = 0; i < model->commit_count; i++) {
        const struct commit *commit = &model->commits[i];
        bool is_settled = commit->stays || (commit->times[BLUE] == 1 && commit->times[GREEN] == 1);

        if (is_settled && !place[i])
            continue;
        place[i] = count;
        model->commits[count++] = *commit;
    }
    model->commit_count = count;
    for (server = 0; server < SERVERS; server++)
        for (i = 0; i < model->servers[server].record_count; i++)
            model->servers[server].records[i].commit =
                place[model->servers[server].records[i].commit];
}
