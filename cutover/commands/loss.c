/*
 * What a rollback without a way back would lose, as exactly as it can be had while clients are at
 * work: positions, counters and catalogs are asked, no table is read. Nothing is left out: what
 * cannot be measured is said to be unknown.
 */
#include "loss.h"

#include "../base/text.h"
#include "../steps/drift.h"
#include "sql_files.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ASK_MS 20000
#define CATALOG_MS 60000
/* A connection that failed after so long was not refused: the server does not answer. */
#define SILENT_MS 5000
/* Of tables, and of sequences. */
#define TOLD_MAX 20

/* One that was written to. */
struct written {
    char *name; /* "shop: sales.customer" */
    int64_t inserted, updated, deleted;
    bool is_rewritten;
};

struct loss {
    struct procedure *procedure;
    struct text out;     /* the list */
    struct text unknown; /* lines of what could not be had */
    struct written *tables;
    size_t table_count;
    struct text sequences;
    int64_t moved;
    bool blue_is_silent, green_is_silent;
    bool lacks_rows, lacks_sequences, lacks_definitions; /* of some, or of all */
};

static const char *at_least(bool lacks_some)
{
    return lacks_some ? "at least " : "";
}

static void unknown(struct loss *loss, const char *what, const char *why)
{
    text_add(&loss->unknown, "  unknown      %s: %s\n", what, why);
}

static bool is_green(const struct world *world, const struct link *link)
{
    size_t i;

    for (i = 0; i < world->database_count; i++)
        if (link == &world->databases[i].green)
            return true;
    return link == &world->green.link;
}

/* A server that does not answer is waited for once, not for every question. */
static bool ask(struct loss *loss, struct link *link, const struct sql *sql,
                const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply)
{
    struct procedure *procedure = loss->procedure;
    bool is_of_green = is_green(procedure->world, link);
    bool *is_silent = is_of_green ? &loss->green_is_silent : &loss->blue_is_silent;
    int64_t began_ns = procedure->driver->now_ns(procedure->driver);

    reply_clear(reply);
    if (*is_silent) {
        reply->state = REPLY_FAILED;
        fault_set(&reply->fault, sql->doing, NULL, NULL, "%s did not answer before",
                  is_of_green ? "green" : "blue");
        return false;
    }
    if (procedure_ask(procedure, link, sql, arguments, timeout_ms, reply))
        return true;
    *is_silent = !link->session &&
                 procedure->driver->now_ns(procedure->driver) - began_ns >= SILENT_MS * NS_PER_MS;
    return false;
}

/* --- since when, and how much ----------------------------------------------------------------- */

static bool keep_switch(void *context, const struct journal_line *line)
{
    int64_t *at_us = context;

    if (line->plan && string_equal(line->plan, "cutover") && string_equal(line->step, "commit") &&
        string_equal(line->state, "done"))
        *at_us = line->wall_us;
    return true;
}

static void add_since(struct loss *loss)
{
    const struct procedure *procedure = loss->procedure;
    int64_t at_us = 0;
    struct fault fault;
    char when[40], ago[32];
    struct tm parts;
    time_t seconds;

    if (!journal_each_row(procedure->journal, keep_switch, &at_us, &fault) || !at_us) {
        unknown(loss, "since when", "the journal tells of no switch");
        return;
    }
    seconds = (time_t) (at_us / 1000000);
    gmtime_r(&seconds, &parts);
    strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &parts);
    text_add(
        &loss->out, "  since        %s, %s ago: the cutover\n", when,
        terminal_duration((procedure->driver->wall_us(procedure->driver) - at_us) * 1000, ago));
}

static void add_wal(struct loss *loss)
{
    struct reply reply = {0};
    int64_t bytes = -1;

    if (!ask(loss, &loss->procedure->world->green.link, &sql_loss_wal, NULL, ASK_MS, &reply))
        unknown(loss, "how much WAL green has written since", reply.fault.cause);
    else if (!reply_number(&reply, 0, "bytes", &bytes) || bytes < 0)
        unknown(loss, "how much WAL green has written since", "it does not know from where");
    else
        text_add(&loss->out, "  WAL          %lld bytes, written on green since then\n",
                 (long long) bytes);
    reply_clear(&reply);
}

/* --- rows ------------------------------------------------------------------------------------- */

static bool keep_table(struct loss *loss, const struct database *database,
                       const struct reply *reply, int row)
{
    struct written made = {0};
    struct text name = {0};

    if (!reply_value(reply, row, "name") || !reply_number(reply, row, "inserted", &made.inserted) ||
        !reply_number(reply, row, "updated", &made.updated) ||
        !reply_number(reply, row, "deleted", &made.deleted) ||
        !reply_bool(reply, row, "is_rewritten", &made.is_rewritten))
        return false;
    text_add(&name, "%s: %s", database->name, reply_value(reply, row, "name"));
    made.name = text_take(&name);
    loss->tables = memory_grow(loss->tables, (loss->table_count + 1) * sizeof(made));
    loss->tables[loss->table_count++] = made;
    return true;
}

static bool has_lost_counters(const struct reply *reply)
{
    int row;

    for (row = 0; row < reply_rows(reply); row++)
        if (!reply_value(reply, row, "name"))
            return true;
    return false;
}

static void count_rows(struct loss *loss, struct database *database)
{
    struct text key = {0}, what = {0};
    struct sql_arguments arguments = {0};
    struct reply reply = {0};
    const char *before;
    bool good = true;
    int row;

    text_add(&what, "rows of %s", database->name);
    text_add(&key, "db.%s.counters", database->name);
    before = journal_get(loss->procedure->journal, text_string(&key));
    sql_set(&arguments, "before", before);
    if (!before)
        unknown(loss, text_string(&what), "how its counters stood was not noted at the cutover");
    else if (!ask(loss, &database->green, &sql_loss_rows, &arguments, ASK_MS, &reply))
        unknown(loss, text_string(&what), reply.fault.cause);
    else if (has_lost_counters(&reply))
        unknown(loss, text_string(&what), "green's counters were reset since, or lost in a crash");
    else
        for (row = 0; good && row < reply_rows(&reply); row++)
            if (!(good = keep_table(loss, database, &reply, row)))
                unknown(loss, text_string(&what), "not all that green answered can be read");
    reply_clear(&reply);
    text_free(&what);
    text_free(&key);
}

static int64_t changes(const struct written *table)
{
    return table->inserted + table->updated + table->deleted;
}

static int by_changes(const void *a, const void *b)
{
    const struct written *one = a, *other = b;
    int64_t ours = changes(one), theirs = changes(other);

    return ours != theirs ? (ours < theirs ? 1 : -1) : strcmp(one->name, other->name);
}

static void add_counts(struct text *text, const struct written *table)
{
    text_add(text, "%lld inserted, %lld updated, %lld deleted", (long long) table->inserted,
             (long long) table->updated, (long long) table->deleted);
}

static void add_rows(struct loss *loss)
{
    struct written all = {0};
    size_t i;

    if (loss->table_count > 0)
        qsort(loss->tables, loss->table_count, sizeof(*loss->tables), by_changes);
    for (i = 0; i < loss->table_count; i++) {
        all.inserted += loss->tables[i].inserted;
        all.updated += loss->tables[i].updated;
        all.deleted += loss->tables[i].deleted;
    }
    text_add(&loss->out, "  rows         %s", at_least(loss->lacks_rows));
    add_counts(&loss->out, &all);
    text_add(&loss->out,
             " in %zu tables, by green's counters: with what came\n"
             "               from blue in the last seconds before the switch, without what "
             "sessions have\n               yet to report\n",
             loss->table_count);
    for (i = 0; i < loss->table_count && i < TOLD_MAX; i++) {
        text_add(&loss->out, "    %s: ", loss->tables[i].name);
        add_counts(&loss->out, &loss->tables[i]);
        text_add_string(&loss->out, "\n");
    }
    if (i < loss->table_count)
        text_add(&loss->out, "    and %zu more tables\n", loss->table_count - i);
    for (i = 0; i < loss->table_count; i++)
        if (loss->tables[i].is_rewritten)
            unknown(loss, loss->tables[i].name,
                    "it was written anew since; what TRUNCATE removed is in no counter");
}

/* --- sequences -------------------------------------------------------------------------------- */

static void keep_sequences(struct loss *loss, const struct database *database,
                           const struct reply *reply)
{
    int row;

    for (row = 0; row < reply_rows(reply); row++) {
        const char *here = reply_value(reply, row, "here"), *there;
        bool is_missing = false;

        there = reply_value(reply, row, "there");
        if (++loss->moved > TOLD_MAX)
            continue;
        text_add(&loss->sequences, "    %s: %s: ", database->name, reply_value(reply, row, "name"));
        if (reply_bool(reply, row, "is_missing", &is_missing) && is_missing)
            text_add_string(&loss->sequences, "only on green\n");
        else
            text_add(&loss->sequences, "%s on blue, %s on green\n", here ? here : "not used",
                     there ? there : "not used");
    }
}

/* Three questions: which there are and how they are read; where they stand; and on blue. */
static void compare_sequences(struct loss *loss, struct database *database)
{
    struct sql_arguments arguments = {0}, with_list = {0};
    struct reply list = {0}, values = {0}, moved = {0};
    const struct reply *failed = NULL;
    struct text what = {0};

    text_add(&what, "sequences of %s", database->name);
    if (!ask(loss, &database->green, &sql_sequences_list, NULL, CATALOG_MS, &list))
        failed = &list;
    else if (reply_value(&list, 0, "statement")) {
        sql_set(&arguments, "statement", reply_value(&list, 0, "statement"));
        if (!ask(loss, &database->green, &sql_sequences_read, &arguments, ASK_MS, &values))
            failed = &values;
        else if (!reply_value(&values, 0, "list"))
            unknown(loss, text_string(&what), "green gave no values");
        else {
            sql_set(&with_list, "list", reply_value(&values, 0, "list"));
            if (!ask(loss, &database->blue, &sql_loss_sequences, &with_list, ASK_MS, &moved))
                failed = &moved;
        }
    }
    if (failed)
        unknown(loss, text_string(&what), failed->fault.cause);
    else
        keep_sequences(loss, database, &moved);
    reply_clear(&list);
    reply_clear(&values);
    reply_clear(&moved);
    text_free(&what);
}

static void add_sequences(struct loss *loss)
{
    text_add(
        &loss->out,
        "  sequences    %s%lld stand elsewhere; blue's are set to where green's stand, so that "
        "nothing is\n               given out twice\n%s",
        at_least(loss->lacks_sequences), (long long) loss->moved, text_string(&loss->sequences));
    if (loss->moved > TOLD_MAX)
        text_add(&loss->out, "    and %lld more sequences\n", (long long) (loss->moved - TOLD_MAX));
}

/* --- what has no rows ------------------------------------------------------------------------- */

/* What only one of the sides has, by the statements with which they are compared before a move. */
static int compare(struct loss *loss, const char *name, struct link *blue, struct link *green,
                   const struct sql *sql, struct text *told)
{
    struct reply here = {0}, there = {0};
    char *items = NULL, *others = NULL;
    struct text what = {0}, differences = {0};
    int count = 0;

    text_add(&what, "%s%s%s", sql->doing, *name ? " of " : "", name);
    if (!ask(loss, green, sql, NULL, CATALOG_MS, &there))
        unknown(loss, text_string(&what), there.fault.cause);
    else if (!ask(loss, blue, sql, NULL, CATALOG_MS, &here))
        unknown(loss, text_string(&what), here.fault.cause);
    else if (!(items = drift_items(&there)) || !(others = drift_items(&here)))
        unknown(loss, text_string(&what), "a row without a value");
    else if ((count = drift_differences(&differences, items, others)) > 0) {
        text_put_name(differences.data, "{publisher}", "green");
        text_put_name(differences.data, "{subscriber}", "blue");
        text_add(told, "    %s%s%s\n", name, *name ? ": " : "", text_string(&differences));
    }
    free(items);
    free(others);
    reply_clear(&here);
    reply_clear(&there);
    text_free(&differences);
    text_free(&what);
    return count;
}

static void add_definitions(struct loss *loss)
{
    static const struct sql *const of_cluster[] = {&sql_compare_roles, &sql_compare_memberships,
                                                   &sql_compare_settings, &sql_compare_databases},
                                   *const of_database[] = {
                                       &sql_compare_columns,       &sql_compare_indexes,
                                       &sql_compare_sequences,     &sql_compare_objects,
                                       &sql_compare_large_objects, &sql_compare_grants};
    struct world *world = loss->procedure->world;
    size_t i, j, unknown_before = loss->unknown.length;
    struct text told = {0};
    int count = 0;

    for (i = 0; i < sizeof(of_cluster) / sizeof(of_cluster[0]); i++)
        count += compare(loss, "", &world->blue.link, &world->green.link, of_cluster[i], &told);
    for (i = 0; i < world->database_count; i++)
        for (j = 0;
             world->databases[i].replicate && j < sizeof(of_database) / sizeof(of_database[0]); j++)
            count += compare(loss, world->databases[i].name, &world->databases[i].blue,
                             &world->databases[i].green, of_database[j], &told);
    loss->lacks_definitions = loss->unknown.length != unknown_before;
    text_add(&loss->out,
             "  definitions  %s%d differ (schema, roles, privileges, settings, large objects, "
             "databases)\n%s",
             at_least(loss->lacks_definitions), count, text_string(&told));
    text_free(&told);
}

/* --- the list --------------------------------------------------------------------------------- */

static void note_lines(struct procedure *procedure, const char *text)
{
    int64_t now = procedure->driver->wall_us(procedure->driver);
    const char *end;

    for (; *text; text = end + 1) {
        struct text line = {0};

        end = strchr(text, '\n');
        text_add_bytes(&line, text, (size_t) (end - text));
        journal_event(procedure->journal, "loss", text_string(&line), now);
        text_free(&line);
    }
}

static void add_partial(struct loss *loss)
{
    if (journal_get(loss->procedure->journal, "way_back"))
        text_add_string(
            &loss->out,
            "  way back     it is open, and given up: what has come to blue by it stays "
            "there; the\n               numbers above count it, too\n");
}

static void loss_free(struct loss *loss)
{
    size_t i;

    for (i = 0; i < loss->table_count; i++)
        free(loss->tables[i].name);
    free(loss->tables);
    text_free(&loss->out);
    text_free(&loss->unknown);
    text_free(&loss->sequences);
}

void loss_print(struct procedure *procedure)
{
    struct loss loss = {.procedure = procedure};
    struct world *world = procedure->world;
    size_t i, unknown_before;

    text_add_string(&loss.out,
                    "What would be lost: everything that was written on green since the cutover\n");
    add_since(&loss);
    add_wal(&loss);
    for (i = 0; i < world->database_count; i++) {
        if (!world->databases[i].replicate)
            continue;
        unknown_before = loss.unknown.length;
        count_rows(&loss, &world->databases[i]);
        loss.lacks_rows = loss.lacks_rows || loss.unknown.length != unknown_before;
        unknown_before = loss.unknown.length;
        compare_sequences(&loss, &world->databases[i]);
        loss.lacks_sequences = loss.lacks_sequences || loss.unknown.length != unknown_before;
    }
    add_rows(&loss);
    add_sequences(&loss);
    add_definitions(&loss);
    add_partial(&loss);
    text_add_string(&loss.out, text_string(&loss.unknown));
    text_add_string(
        &loss.out, "  unknown      contents of large objects; what clients did elsewhere with what "
                   "they were told\n"
                   "  which rows   \"pgcutover verify\" names them, up to 100 of each table: it "
                   "reads both servers\n");
    fputs(text_string(&loss.out), stdout);
    fflush(stdout);
    note_lines(procedure, text_string(&loss.out));
    loss_free(&loss);
}
