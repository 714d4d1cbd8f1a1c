/*
 * journal.h: the write-ahead record of one run: facts, rows and events in run.db (SQLite).
 *
 * Changes gather in memory; journal_sync() writes all of them in one transaction with
 * synchronous=FULL and returns after the disk has them. Between two syncs nothing of the file
 * changes: that is what keeps the pause to a single sync. Blocking: the disk only.
 * Rule H of docs/correctness.md: an intent is synced before its effect.
 */
#ifndef PGCUTOVER_ENGINE_JOURNAL_H
#define PGCUTOVER_ENGINE_JOURNAL_H

#include "../base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;
struct sqlite3;

enum journal_mode {
    JOURNAL_CREATE, /* makes the directory and run.db; both must not exist */
    JOURNAL_WRITE,  /* an existing run, to go on with it */
    JOURNAL_READ,   /* an existing run, only looking; journal_sync() does nothing */
};

bool journal_open(const char *directory, enum journal_mode mode, struct journal **ret_journal,
                  struct fault *fault) __attribute__((warn_unused_result));
/* A journal that is never on disk: dry runs. */
struct journal *journal_scratch(void);
/* For tests/sim: over a database that the caller keeps, so that a "crash" loses what was not
   synced. `before_sync` (may be NULL) returns false to make a sync fail. */
struct journal *journal_over(struct sqlite3 *database, bool (*before_sync)(void *), void *context);
void journal_close(struct journal *journal); /* NULL-safe; what was not synced is lost */

/* Facts: the values that must survive. Value NULL forgets the fact. Copies both. */
void journal_set(struct journal *journal, const char *key, const char *value);
void journal_setf(struct journal *journal, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
const char *journal_get(const struct journal *journal, const char *key); /* NULL: not known */
bool journal_has(const struct journal *journal, const char *key, const char *value);

/* Appends; `state` is intent, done, failed, undone. */
void journal_row(struct journal *journal, const char *plan, const char *step, const char *state,
                 const char *side, int64_t wall_us, int64_t mono_ns);
void journal_event(struct journal *journal, const char *kind, const char *text, int64_t wall_us);

/* The event "failed": why the row's plan gave up, as "PLAN STEP: what, where: cause (code)",
   without what looks like a secret. It is on disk with the next sync. */
void journal_failure(struct journal *journal, const char *plan, const char *step,
                     const struct fault *fault, int64_t wall_us);

bool journal_sync(struct journal *journal, struct fault *fault) __attribute__((warn_unused_result));

/* Rows and events as they were written, oldest first; stops when `each` returns false. */
struct journal_line {
    const char *plan, *step, *state, *side; /* events: plan NULL, step = kind, state = text */
    int64_t wall_us, mono_ns;
};
bool journal_each_row(struct journal *journal,
                      bool (*each)(void *context, const struct journal_line *line), void *context,
                      struct fault *fault) __attribute__((warn_unused_result));

const char *journal_directory(const struct journal *journal); /* NULL for scratch ones */

#endif
