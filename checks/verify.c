#include "verify_internal.h"

#include "../cutover/base/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define POLL_NS (200 * NS_PER_MS)
#define SAVE_NS (3 * NS_PER_S)
#define FIRST_RANGE_ROWS 10000
#define AGAIN 256

int64_t verify_now(const struct verify *verify)
{
    return verify->options.driver->now_ns(verify->options.driver);
}

void verify_wake(struct verify *verify, int64_t at_ns)
{
    if (at_ns > verify_now(verify) && at_ns < verify->until_ns)
        verify->until_ns = at_ns;
}

void verify_fail(struct verify *verify, const struct fault *fault)
{
    if (verify->state != VERIFY_RUNNING)
        return; /* the first is the cause */
    verify->fault = *fault;
    verify->state = VERIFY_FAILED;
}

const struct verify_side *verify_side(const struct verify *verify, int side)
{
    return side == PUBLISHER ? &verify->options.publisher : &verify->options.subscriber;
}

const char *verify_weight_name(enum verify_weight weight)
{
    return weight == VERIFY_DIFFERENT   ? "different"
           : weight == VERIFY_UNDECIDED ? "undecided"
                                        : "advice";
}

void verify_find(struct verify *verify, enum verify_weight weight, const char *database,
                 const char *object, const char *key, const char *what)
{
    struct verify_finding *finding;
    size_t i;

    /* the same can only come again shortly after, or from the verification before */
    for (i = 0; i < verify->finding_count; i++) {
        if (i == verify->known_findings && verify->finding_count > i + AGAIN)
            i = verify->finding_count - AGAIN;
        finding = &verify->findings[i];
        if (strcmp(finding->database, database) == 0 && strcmp(finding->object, object) == 0 &&
            string_equal(finding->key, key) && (key || strcmp(finding->what, what) == 0))
            return;
    }
    verify->findings =
        memory_grow(verify->findings, (verify->finding_count + 1) * sizeof(*verify->findings));
    finding = &verify->findings[verify->finding_count++];
    finding->weight = weight;
    finding->database = memory_copy(database);
    finding->object = memory_copy(object);
    finding->key = memory_copy(key);
    finding->what = memory_copy(what);
}

/* --- tables ----------------------------------------------------------------------------------- */

struct verify_table *verify_add_table(struct verify *verify)
{
    struct verify_table *table;

    verify->tables =
        memory_grow(verify->tables, (verify->table_count + 1) * sizeof(*verify->tables));
    table = &verify->tables[verify->table_count++];
    memset(table, 0, sizeof(*table));
    table->range_rows = FIRST_RANGE_ROWS;
    if (table->range_rows > verify->options.max_chunk)
        table->range_rows = verify->options.max_chunk;
    return table;
}

static bool has_work(const struct verify_table *table)
{
    return !table->is_done && !table->is_walked && !table->is_walking;
}

/* Of one database after the other, the biggest first: jobs end at about the same time. */
struct verify_table *verify_next_table(struct verify *verify,
                                       const struct verify_database *database)
{
    struct verify_table *best = NULL;
    size_t i;

    for (i = 0; i < verify->table_count; i++) {
        struct verify_table *table = &verify->tables[i];
        bool is_near = table->database == database;

        if (has_work(table) &&
            (!best || (is_near && best->database != database) ||
             (is_near == (best->database == database) && table->bytes > best->bytes)))
            best = table;
    }
    if (best) {
        struct text now = {0};

        text_add(&now, "%s %s.%s", best->database->name, best->schema, best->name);
        free(verify->now);
        verify->now = text_take(&now);
    }
    return best;
}

static void add_part(struct verify_table *table, int64_t number, const char *upto, int64_t rows)
{
    struct verify_part *part;

    table->parts = memory_grow(table->parts, (table->part_count + 1) * sizeof(*table->parts));
    part = &table->parts[table->part_count++];
    part->number = number;
    part->rows = rows;
    part->upto = memory_copy(upto);
}

/* Takes the ranges that follow those that are finished without a gap. */
static bool take_part(struct verify_table *table)
{
    size_t i;

    for (i = 0; i < table->part_count; i++) {
        if (table->parts[i].number != table->finished)
            continue;
        table->finished++;
        table->finished_rows += table->parts[i].rows;
        free(table->finished_upto);
        table->finished_upto = table->parts[i].upto;
        table->parts[i] = table->parts[--table->part_count];
        return true;
    }
    return false;
}

static void note_table(struct verify *verify, const struct verify_table *table)
{
    struct text object = {0};

    text_add(&object, "%s %s.%s", table->kind == TABLE_MATVIEW ? "materialized view" : "table",
             table->schema, table->name);
    if (table->kind == TABLE_MATVIEW && table->listed)
        verify_find(verify, VERIFY_ADVICE, table->database->name, text_string(&object), NULL,
                    "other rows; it is not replicated: refresh it on both sides");
    else if (!table->differing && (table->listed > VERIFY_LISTED_MAX || table->unlisted))
        verify_find(verify, VERIFY_UNDECIDED, table->database->name, text_string(&object), NULL,
                    "more of its rows moved than could be looked at");
    else if (table->listed > VERIFY_LISTED_MAX || table->unlisted)
        verify_find(verify, VERIFY_DIFFERENT, table->database->name, text_string(&object), NULL,
                    "more of its rows than are listed differ, or may");
    text_free(&object);
}

void verify_finish_table(struct verify *verify, struct verify_table *table, int64_t rows)
{
    table->finished_rows = rows;
    table->is_done = true;
    table->is_walking = false;
    note_table(verify, table);
}

void verify_finish_range(struct verify *verify, struct verify_table *table, int64_t number,
                         const char *upto, int64_t rows)
{
    add_part(table, number, upto, rows);
    while (take_part(table))
        ;
    if (!table->is_walked || table->finished < table->taken)
        return;
    table->is_done = true;
    note_table(verify, table);
}

static void table_free(struct verify_table *table)
{
    size_t i;

    for (i = 0; i < table->part_count; i++)
        free(table->parts[i].upto);
    free(table->parts);
    free(table->schema);
    free(table->name);
    free(table->hash);
    free(table->sample);
    free(table->shown);
    verify_keys_free(&table->keys);
    free(table->walked);
    free(table->finished_upto);
}

/* --- the whole -------------------------------------------------------------------------------- */

bool verify_new(const struct verify_options *options, struct verify **ret_verify,
                struct fault *fault)
{
    struct verify *verify = memory_new(sizeof(*verify));

    verify->options = *options;
    verify->lock = -1;
    verify->started_us = options->driver->wall_us(options->driver);
    if (!verify_file_lock(verify, fault)) {
        verify_free(verify);
        return false;
    }
    verify_file_read(verify);
    verify->catalog = verify_catalog_new(verify);
    *ret_verify = verify;
    return true;
}

/* A table that was asked for and is nowhere. */
static bool are_chosen_there(struct verify *verify)
{
    const struct verify_options *options = &verify->options;
    struct fault fault = {0};
    size_t i, j;

    for (i = 0; i < options->table_count; i++) {
        const char *name = options->tables[i];
        bool found = false;

        for (j = 0; j < verify->finding_count && !found; j++)
            found = strstr(verify->findings[j].object, name) != NULL;
        for (j = 0; j < verify->table_count && !found; j++) {
            const struct verify_table *table = &verify->tables[j];
            size_t length = strlen(table->schema);

            found = strcmp(name, table->name) == 0 ||
                    (strncmp(name, table->schema, length) == 0 && name[length] == '.' &&
                     strcmp(name + length + 1, table->name) == 0);
        }
        if (found)
            continue;
        fault_set(&fault, "looking for the tables to compare", verify->options.publisher.name, NULL,
                  "there is no table \"%s\"", name);
        fault_hint(&fault, "--table takes SCHEMA.NAME as it is stored, without quotes");
        fault.exit_code = EXIT_USAGE;
        verify_fail(verify, &fault);
        return false;
    }
    return true;
}

static void begin_workers(struct verify *verify)
{
    size_t i;

    verify_catalog_free(verify->catalog);
    verify->catalog = NULL;
    if (!are_chosen_there(verify))
        return;
    verify->worker_count = (size_t) verify->options.jobs;
    verify->workers = memory_new(verify->worker_count * sizeof(struct verify_worker *));
    for (i = 0; i < verify->worker_count; i++)
        verify->workers[i] = verify_worker_new(verify);
}

/* True: nothing is left to do. */
static bool poll_workers(struct verify *verify)
{
    bool all = true;
    size_t i;

    for (i = 0; i < verify->worker_count; i++)
        all = verify_worker_poll(verify->workers[i]) && all;
    for (i = 0; all && verify->state == VERIFY_RUNNING && i < verify->table_count; i++)
        all = verify->tables[i].is_done;
    return all;
}

static void end(struct verify *verify)
{
    struct fault fault = {0};

    verify->ended_us = verify->options.driver->wall_us(verify->options.driver);
    if (!verify_file_write(verify, true, &fault))
        verify_fail(verify, &fault);
    else
        verify->state = VERIFY_ENDED;
}

bool verify_keep(struct verify *verify, struct fault *fault)
{
    if (verify->catalog)
        return true; /* not all tables are known yet: what was kept before is more */
    verify->saved_ns = verify_now(verify);
    return verify_file_write(verify, false, fault);
}

enum verify_state verify_poll(struct verify *verify)
{
    struct fault fault = {0};

    if (verify->state != VERIFY_RUNNING)
        return verify->state;
    verify->until_ns = verify_now(verify) + POLL_NS;
    if (verify->catalog && verify_catalog_poll(verify) && verify->state == VERIFY_RUNNING)
        begin_workers(verify);
    if (verify->state == VERIFY_RUNNING && !verify->catalog && poll_workers(verify) &&
        verify->state == VERIFY_RUNNING)
        end(verify);
    if (verify->state == VERIFY_RUNNING && verify_now(verify) - verify->saved_ns > SAVE_NS &&
        !verify_keep(verify, &fault))
        verify_fail(verify, &fault);
    if (verify->state == VERIFY_FAILED && !verify_keep(verify, &fault))
        fault_hint(&verify->fault, "what was compared could not be kept: %s", fault.cause);
    return verify->state;
}

int64_t verify_until_ns(const struct verify *verify)
{
    return verify->until_ns;
}

const struct fault *verify_fault(const struct verify *verify)
{
    return &verify->fault;
}

const struct verify_finding *verify_findings(const struct verify *verify, size_t *ret_count)
{
    *ret_count = verify->finding_count;
    return verify->findings;
}

void verify_progress(const struct verify *verify, struct verify_progress *ret_progress)
{
    struct verify_progress progress = {.tables_total = verify->table_count, .now = verify->now};
    size_t i;

    for (i = 0; i < verify->table_count; i++) {
        const struct verify_table *table = &verify->tables[i];
        int64_t rows = table->finished_rows;

        progress.bytes_total += table->bytes;
        progress.tables_done += table->is_done;
        progress.resumed += table->is_skipped;
        progress.rows += rows;
        if (table->is_done)
            progress.bytes_done += table->bytes;
        else if (table->estimate > 0)
            progress.bytes_done +=
                (int64_t) ((double) table->bytes * (double) rows /
                           (double) (rows > table->estimate ? rows : table->estimate));
    }
    for (i = 0; i < verify->finding_count; i++) {
        progress.different += verify->findings[i].weight == VERIFY_DIFFERENT;
        progress.undecided += verify->findings[i].weight == VERIFY_UNDECIDED;
        progress.advice += verify->findings[i].weight == VERIFY_ADVICE;
    }
    *ret_progress = progress;
}

void verify_free(struct verify *verify)
{
    size_t i;

    if (!verify)
        return;
    verify_catalog_free(verify->catalog);
    for (i = 0; i < verify->worker_count; i++)
        verify_worker_free(verify->workers[i]);
    free(verify->workers);
    for (i = 0; i < verify->table_count; i++)
        table_free(&verify->tables[i]);
    free(verify->tables);
    for (i = 0; i < verify->finding_count; i++) {
        free(verify->findings[i].database);
        free(verify->findings[i].object);
        free(verify->findings[i].key);
        free(verify->findings[i].what);
    }
    free(verify->findings);
    cJSON_Delete(verify->done_before);
    free(verify->now);
    if (verify->lock >= 0)
        close(verify->lock);
    free(verify);
}
