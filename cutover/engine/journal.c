#include "journal.h"

#include "../base/scrub.h"
#include "../base/text.h"
#include "read_database.h"
#include "stop.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct fact {
    struct fact *next;
    char *key, *value;
    bool dirty;
};

struct entry {
    struct entry *next;
    char *plan, *step, *state, *side;
    int64_t wall_us, mono_ns;
};

struct journal {
    sqlite3 *database; /* NULL: scratch */
    char *directory;
    bool owns_database, read_only;
    bool (*before_sync)(void *);
    void *before_sync_context;
    struct fact *facts;
    struct entry *entries, **entries_end; /* not yet synced */
};

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
    "PRAGMA busy_timeout=5000;"
    "CREATE TABLE IF NOT EXISTS fact (key TEXT PRIMARY KEY, value TEXT);"
    "CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, plan TEXT, step TEXT NOT NULL,"
    " state TEXT NOT NULL, side TEXT, wall_us INTEGER NOT NULL, mono_ns INTEGER NOT NULL);";

static bool database_fault(struct journal *journal, const char *doing, struct fault *fault)
{
    fault_set(fault, doing, journal->directory, "SQLITE", "%s", sqlite3_errmsg(journal->database));
    fault_hint(fault, "is the disk of the run directory full, or the directory not ours to write?");
    return false;
}

static struct fact *find(const struct journal *journal, const char *key)
{
    struct fact *fact = journal->facts;

    while (fact && strcmp(fact->key, key) != 0)
        fact = fact->next;
    return fact;
}

void journal_set(struct journal *journal, const char *key, const char *value)
{
    struct fact *fact = find(journal, key);

    if (!fact) {
        fact = memory_new(sizeof(*fact));
        fact->key = memory_copy(key);
        fact->next = journal->facts;
        journal->facts = fact;
    } else if (string_equal(fact->value, value)) {
        return;
    }
    value = memory_copy(value);
    free(fact->value);
    fact->value = (char *) value;
    fact->dirty = true;
}

void journal_setf(struct journal *journal, const char *key, const char *format, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    journal_set(journal, key, text_string(&text));
    text_free(&text);
}

const char *journal_get(const struct journal *journal, const char *key)
{
    struct fact *fact = find(journal, key);

    return fact ? fact->value : NULL;
}

bool journal_has(const struct journal *journal, const char *key, const char *value)
{
    const char *known = journal_get(journal, key);

    return known && strcmp(known, value) == 0;
}

static void add_entry(struct journal *journal, const struct entry *made)
{
    struct entry *entry = memory_new(sizeof(*entry));

    *entry = *made;
    *journal->entries_end = entry;
    journal->entries_end = &entry->next;
}

void journal_row(struct journal *journal, const char *plan, const char *step, const char *state,
                 const char *side, int64_t wall_us, int64_t mono_ns)
{
    struct entry entry = {NULL,
                          memory_copy(plan),
                          memory_copy(step),
                          memory_copy(state),
                          memory_copy(side),
                          wall_us,
                          mono_ns};

    add_entry(journal, &entry);
    if (journal->directory)
        stop_for_a_test_at("line:");
}

void journal_event(struct journal *journal, const char *kind, const char *text, int64_t wall_us)
{
    struct entry entry = {NULL, NULL, memory_copy(kind), memory_copy(text), NULL, wall_us, 0};

    add_entry(journal, &entry);
}

void journal_failure(struct journal *journal, const char *plan, const char *step,
                     const struct fault *fault, int64_t wall_us)
{
    struct text said = {0}, text = {0};

    text_add_scrubbed(&said, fault->cause, NULL);
    text_add(&text, "%s %s: ", plan, step);
    if (*fault->doing)
        text_add(&text, "%s%s%s: ", fault->doing, *fault->where ? ", " : "", fault->where);
    text_add_plain(&text, text_string(&said));
    if (*fault->code)
        text_add(&text, " (%s)", fault->code);
    journal_event(journal, "failed", text_string(&text), wall_us);
    text_free(&said);
    text_free(&text);
}

static void forget_entries(struct journal *journal)
{
    while (journal->entries) {
        struct entry *entry = journal->entries;

        journal->entries = entry->next;
        free(entry->plan);
        free(entry->step);
        free(entry->state);
        free(entry->side);
        free(entry);
    }
    journal->entries_end = &journal->entries;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    if (text)
        sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC);
    else
        sqlite3_bind_null(statement, at);
}

static bool step_once(sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);

    sqlite3_reset(statement);
    return result == SQLITE_DONE;
}

static bool write_facts(struct journal *journal)
{
    sqlite3_stmt *statement;
    struct fact *fact;
    bool good = true;

    if (sqlite3_prepare_v2(journal->database, "INSERT OR REPLACE INTO fact VALUES (?, ?)", -1,
                           &statement, NULL) != SQLITE_OK)
        return false;
    for (fact = journal->facts; fact && good; fact = fact->next) {
        if (!fact->dirty)
            continue;
        bind_text(statement, 1, fact->key);
        bind_text(statement, 2, fact->value);
        good = step_once(statement);
    }
    sqlite3_finalize(statement);
    return good;
}

static bool write_entries(struct journal *journal)
{
    sqlite3_stmt *statement;
    struct entry *entry;
    bool good = true;

    if (sqlite3_prepare_v2(journal->database,
                           "INSERT INTO row (plan, step, state, side, wall_us, mono_ns)"
                           " VALUES (?, ?, ?, ?, ?, ?)",
                           -1, &statement, NULL) != SQLITE_OK)
        return false;
    for (entry = journal->entries; entry && good; entry = entry->next) {
        bind_text(statement, 1, entry->plan);
        bind_text(statement, 2, entry->step);
        bind_text(statement, 3, entry->state);
        bind_text(statement, 4, entry->side);
        sqlite3_bind_int64(statement, 5, entry->wall_us);
        sqlite3_bind_int64(statement, 6, entry->mono_ns);
        good = step_once(statement);
    }
    sqlite3_finalize(statement);
    return good;
}

static bool execute(struct journal *journal, const char *sql)
{
    return sqlite3_exec(journal->database, sql, NULL, NULL, NULL) == SQLITE_OK;
}

bool journal_sync(struct journal *journal, struct fault *fault)
{
    static const char doing[] = "writing the journal";
    struct fact *fact;
    bool good;

    if (journal->database && !journal->read_only) {
        if (journal->before_sync && !journal->before_sync(journal->before_sync_context)) {
            fault_set(fault, doing, journal->directory, "SQLITE", "the disk refused the write");
            return false;
        }
        if (!execute(journal, "BEGIN IMMEDIATE"))
            return database_fault(journal, doing, fault);
        good = write_facts(journal) && write_entries(journal);
        if (journal->directory)
            stop_for_a_test_at("sync:");
        if (!good || !execute(journal, "COMMIT")) {
            database_fault(journal, doing, fault);
            execute(journal, "ROLLBACK");
            return false;
        }
    }
    for (fact = journal->facts; fact; fact = fact->next)
        fact->dirty = false;
    forget_entries(journal);
    return true;
}

static bool load_facts(struct journal *journal)
{
    sqlite3_stmt *statement;
    int result;

    if (sqlite3_prepare_v2(journal->database, "SELECT key, value FROM fact", -1, &statement,
                           NULL) != SQLITE_OK)
        return false;
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        journal_set(journal, (const char *) sqlite3_column_text(statement, 0),
                    (const char *) sqlite3_column_text(statement, 1));
        find(journal, (const char *) sqlite3_column_text(statement, 0))->dirty = false;
    }
    sqlite3_finalize(statement);
    return result == SQLITE_DONE;
}

struct journal *journal_scratch(void)
{
    struct journal *journal = memory_new(sizeof(*journal));

    journal->entries_end = &journal->entries;
    return journal;
}

struct journal *journal_over(sqlite3 *database, bool (*before_sync)(void *), void *context)
{
    struct journal *journal = journal_scratch();

    journal->database = database;
    journal->before_sync = before_sync;
    journal->before_sync_context = context;
    if (!execute(journal, schema) || !load_facts(journal))
        abort(); /* in memory: only a bug of ours fails */
    return journal;
}

static bool make_directory(const char *directory, struct fault *fault)
{
    struct text path = {0};
    const char *at = directory;
    bool good = true;

    while (good && at) {
        at = strchr(at + 1, '/');
        text_free(&path);
        text_add_bytes(&path, directory, at ? (size_t) (at - directory) : strlen(directory));
        good = mkdir(text_string(&path), 0700) == 0 || (errno == EEXIST && at);
    }
    if (!good) {
        fault_set(fault, "making the run directory", text_string(&path), strerrorname_np(errno),
                  "%s", strerror(errno));
        fault_hint(fault, "set state_directory in [cluster] to a directory that you may write");
        fault->exit_code = EXIT_USAGE;
    }
    text_free(&path);
    return good;
}

static bool open_database(struct journal *journal, enum journal_mode mode, struct fault *fault)
{
    struct text path = {0};
    int flags =
        mode == JOURNAL_CREATE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READWRITE;
    int result;
    bool good;

    text_add(&path, "%s/run.db", journal->directory);
    result = mode == JOURNAL_READ
                 ? read_database_open(text_string(&path), 5000, &journal->database)
                 : sqlite3_open_v2(text_string(&path), &journal->database, flags, NULL);
    good = result == SQLITE_OK;
    text_free(&path);
    if (good && mode != JOURNAL_READ)
        good = execute(journal, schema);
    if (good)
        good = load_facts(journal);
    return good ? true : database_fault(journal, "opening the journal", fault);
}

bool journal_open(const char *directory, enum journal_mode mode, struct journal **ret_journal,
                  struct fault *fault)
{
    struct journal *journal;

    if (mode == JOURNAL_CREATE && !make_directory(directory, fault))
        return false;
    journal = journal_scratch();
    journal->directory = memory_copy(directory);
    journal->owns_database = true;
    journal->read_only = mode == JOURNAL_READ;
    if (!open_database(journal, mode, fault)) {
        journal_close(journal);
        return false;
    }
    *ret_journal = journal;
    return true;
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    forget_entries(journal);
    while (journal->facts) {
        struct fact *fact = journal->facts;

        journal->facts = fact->next;
        free(fact->key);
        free(fact->value);
        free(fact);
    }
    if (journal->owns_database)
        sqlite3_close(journal->database);
    free(journal->directory);
    free(journal);
}

bool journal_each_row(struct journal *journal,
                      bool (*each)(void *context, const struct journal_line *line), void *context,
                      struct fault *fault)
{
    sqlite3_stmt *statement;
    int result = SQLITE_DONE;

    if (!journal->database)
        return true;
    if (sqlite3_prepare_v2(journal->database,
                           "SELECT plan, step, state, side, wall_us, mono_ns FROM row ORDER BY id",
                           -1, &statement, NULL) != SQLITE_OK)
        return database_fault(journal, "reading the journal", fault);
    while ((result = sqlite3_step(statement)) == SQLITE_ROW) {
        struct journal_line line = {(const char *) sqlite3_column_text(statement, 0),
                                    (const char *) sqlite3_column_text(statement, 1),
                                    (const char *) sqlite3_column_text(statement, 2),
                                    (const char *) sqlite3_column_text(statement, 3),
                                    sqlite3_column_int64(statement, 4),
                                    sqlite3_column_int64(statement, 5)};

        if (!each(context, &line)) {
            result = SQLITE_DONE;
            break;
        }
    }
    sqlite3_finalize(statement);
    return result == SQLITE_DONE ? true : database_fault(journal, "reading the journal", fault);
}

const char *journal_directory(const struct journal *journal)
{
    return journal->directory;
}
