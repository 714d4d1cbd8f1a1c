#include "samples.h"

#include "../base/text.h"
#include "read_database.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const probe_outcome_names[] = {"acknowledged", "failed", "unknown"};

struct samples {
    sqlite3 *database;
    char *directory;
};

/* Readers (`report`, a chart) look while it is written. */
static const char settings[] =
    "PRAGMA busy_timeout=1000; PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF;";
static const char schema[] =
    "CREATE TABLE IF NOT EXISTS probe (plan TEXT NOT NULL, pooler TEXT NOT NULL,"
    " at_us INTEGER NOT NULL, mono_ns INTEGER NOT NULL, latency_us INTEGER NOT NULL,"
    " late_us INTEGER NOT NULL, outcome TEXT NOT NULL, code TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS lag (side TEXT NOT NULL, slot TEXT NOT NULL,"
    " at_us INTEGER NOT NULL, mono_ns INTEGER NOT NULL, behind INTEGER, lag_us INTEGER);"
    "CREATE TABLE IF NOT EXISTS span (plan TEXT NOT NULL, step TEXT NOT NULL,"
    " state TEXT NOT NULL, side TEXT NOT NULL, began_us INTEGER NOT NULL,"
    " ended_us INTEGER NOT NULL, is_pause INTEGER NOT NULL);";

static bool refuse(struct samples *samples, const char *doing, struct fault *fault)
{
    fault_set(fault, doing, samples->directory, "SQLITE", "%s", sqlite3_errmsg(samples->database));
    return false;
}

static bool execute(struct samples *samples, const char *sql)
{
    return sqlite3_exec(samples->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool samples_open(const char *directory, enum samples_mode mode, struct samples **ret_samples,
                  struct fault *fault)
{
    struct samples *samples = memory_new(sizeof(*samples));
    struct text path = {0};
    int result;
    bool good;

    samples->directory = memory_copy(directory);
    text_add(&path, "%s/samples.db", directory);
    result = mode == SAMPLES_READ
                 ? read_database_open(text_string(&path), 1000, &samples->database)
                 : sqlite3_open_v2(text_string(&path), &samples->database,
                                   SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    good = result == SQLITE_OK;
    text_free(&path);
    if (good && mode == SAMPLES_WRITE)
        good = execute(samples, settings) && execute(samples, schema);
    if (!good) {
        refuse(samples, "opening the samples", fault);
        samples_close(samples);
        return false;
    }
    *ret_samples = samples;
    return true;
}

void samples_close(struct samples *samples)
{
    if (!samples)
        return;
    sqlite3_close(samples->database);
    free(samples->directory);
    free(samples);
}

/* --- writing -------------------------------------------------------------------------------- */

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
}

static void bind_known(sqlite3_stmt *statement, int at, int64_t number)
{
    if (number < 0)
        sqlite3_bind_null(statement, at);
    else
        sqlite3_bind_int64(statement, at, number);
}

static bool step_once(sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);

    sqlite3_reset(statement);
    return result == SQLITE_DONE;
}

/* One transaction. `good` is what was made of it; the fault is that of the first failure. */
static bool end(struct samples *samples, sqlite3_stmt *statement, bool good, struct fault *fault)
{
    if (!good || !execute(samples, "COMMIT")) {
        refuse(samples, "writing the samples", fault);
        good = false;
    }
    sqlite3_finalize(statement);
    if (!good)
        execute(samples, "ROLLBACK");
    return good;
}

static bool begin(struct samples *samples, const char *sql, sqlite3_stmt **ret_statement)
{
    *ret_statement = NULL;
    return execute(samples, "BEGIN IMMEDIATE") &&
           sqlite3_prepare_v2(samples->database, sql, -1, ret_statement, NULL) == SQLITE_OK;
}

bool samples_add_probes(struct samples *samples, const char *plan, const char *pooler,
                        const struct probe_sample *list, size_t count, struct fault *fault)
{
    sqlite3_stmt *statement;
    bool good = begin(samples, "INSERT INTO probe VALUES (?, ?, ?, ?, ?, ?, ?, ?)", &statement);
    size_t i;

    for (i = 0; good && i < count; i++) {
        bind_text(statement, 1, plan);
        bind_text(statement, 2, pooler);
        sqlite3_bind_int64(statement, 3, list[i].at_us);
        sqlite3_bind_int64(statement, 4, list[i].mono_ns);
        sqlite3_bind_int64(statement, 5, list[i].latency_us);
        sqlite3_bind_int64(statement, 6, list[i].late_us);
        bind_text(statement, 7, probe_outcome_names[list[i].outcome]);
        bind_text(statement, 8, list[i].code);
        good = step_once(statement);
    }
    return end(samples, statement, good, fault);
}

bool samples_add_lags(struct samples *samples, const struct lag_sample *list, size_t count,
                      struct fault *fault)
{
    sqlite3_stmt *statement;
    bool good = begin(samples, "INSERT INTO lag VALUES (?, ?, ?, ?, ?, ?)", &statement);
    size_t i;

    for (i = 0; good && i < count; i++) {
        bind_text(statement, 1, list[i].side);
        bind_text(statement, 2, list[i].slot);
        sqlite3_bind_int64(statement, 3, list[i].at_us);
        sqlite3_bind_int64(statement, 4, list[i].mono_ns);
        bind_known(statement, 5, list[i].behind);
        bind_known(statement, 6, list[i].lag_us);
        good = step_once(statement);
    }
    return end(samples, statement, good, fault);
}

bool samples_add_spans(struct samples *samples, const struct span_sample *list, size_t count,
                       struct fault *fault)
{
    sqlite3_stmt *statement;
    bool good = begin(samples, "INSERT INTO span VALUES (?, ?, ?, ?, ?, ?, ?)", &statement);
    size_t i;

    for (i = 0; good && i < count; i++) {
        bind_text(statement, 1, list[i].plan);
        bind_text(statement, 2, list[i].step);
        bind_text(statement, 3, list[i].state);
        bind_text(statement, 4, list[i].side);
        sqlite3_bind_int64(statement, 5, list[i].began_us);
        sqlite3_bind_int64(statement, 6, list[i].ended_us);
        sqlite3_bind_int(statement, 7, list[i].is_pause);
        good = step_once(statement);
    }
    return end(samples, statement, good, fault);
}

/* --- reading -------------------------------------------------------------------------------- */

static const char *text_at(sqlite3_stmt *statement, int column)
{
    const char *text = (const char *) sqlite3_column_text(statement, column);

    return text ? text : "";
}

static int64_t known_at(sqlite3_stmt *statement, int column)
{
    return sqlite3_column_type(statement, column) == SQLITE_NULL
               ? -1
               : sqlite3_column_int64(statement, column);
}

/* What is no outcome of ours is none that anybody may count on. */
static enum probe_outcome outcome_of(const char *name)
{
    if (strcmp(name, probe_outcome_names[PROBE_ACKNOWLEDGED]) == 0)
        return PROBE_ACKNOWLEDGED;
    return strcmp(name, probe_outcome_names[PROBE_FAILED]) == 0 ? PROBE_FAILED : PROBE_UNKNOWN;
}

bool samples_each_probe(struct samples *samples,
                        bool (*each)(void *context, const char *plan, const char *pooler,
                                     const struct probe_sample *sample),
                        void *context, struct fault *fault)
{
    sqlite3_stmt *statement;
    int result;

    if (sqlite3_prepare_v2(samples->database,
                           "SELECT plan, pooler, at_us, mono_ns, latency_us, late_us, outcome, code"
                           " FROM probe ORDER BY rowid",
                           -1, &statement, NULL) != SQLITE_OK)
        return refuse(samples, "reading the samples", fault);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct probe_sample sample = {
            sqlite3_column_int64(statement, 2), sqlite3_column_int64(statement, 3),
            sqlite3_column_int64(statement, 4), sqlite3_column_int64(statement, 5),
            outcome_of(text_at(statement, 6)),  ""};

        snprintf(sample.code, sizeof(sample.code), "%s", text_at(statement, 7));
        if (!each(context, text_at(statement, 0), text_at(statement, 1), &sample)) {
            result = SQLITE_DONE;
            break;
        }
    }
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? true : refuse(samples, "reading the samples", fault);
}

bool samples_each_lag(struct samples *samples,
                      bool (*each)(void *context, const struct lag_sample *sample), void *context,
                      struct fault *fault)
{
    sqlite3_stmt *statement;
    int result;

    if (sqlite3_prepare_v2(samples->database,
                           "SELECT side, slot, at_us, mono_ns, behind, lag_us FROM lag"
                           " ORDER BY rowid",
                           -1, &statement, NULL) != SQLITE_OK)
        return refuse(samples, "reading the samples", fault);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct lag_sample sample = {text_at(statement, 0),
                                    text_at(statement, 1),
                                    sqlite3_column_int64(statement, 2),
                                    sqlite3_column_int64(statement, 3),
                                    known_at(statement, 4),
                                    known_at(statement, 5)};

        if (!each(context, &sample)) {
            result = SQLITE_DONE;
            break;
        }
    }
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? true : refuse(samples, "reading the samples", fault);
}

bool samples_each_span(struct samples *samples,
                       bool (*each)(void *context, const struct span_sample *sample), void *context,
                       struct fault *fault)
{
    sqlite3_stmt *statement;
    int result;

    if (sqlite3_prepare_v2(samples->database,
                           "SELECT plan, step, state, side, began_us, ended_us, is_pause FROM span"
                           " ORDER BY rowid",
                           -1, &statement, NULL) != SQLITE_OK)
        return refuse(samples, "reading the samples", fault);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct span_sample sample = {text_at(statement, 0),
                                     text_at(statement, 1),
                                     text_at(statement, 2),
                                     text_at(statement, 3),
                                     sqlite3_column_int64(statement, 4),
                                     sqlite3_column_int64(statement, 5),
                                     sqlite3_column_int(statement, 6) != 0};

        if (!each(context, &sample)) {
            result = SQLITE_DONE;
            break;
        }
    }
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? true : refuse(samples, "reading the samples", fault);
}
