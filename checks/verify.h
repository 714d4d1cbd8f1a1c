/*
 * verify.h: is the subscriber equal to the publisher, while both live?
 *
 * Reads both servers and changes nothing on them. A verification is polled from the loop: it opens
 * its own sessions through the door, at most `jobs` on each side beside the one that reads
 * catalogs, and keeps its progress in DIRECTORY/verify.json, so that the next one goes on. What it
 * reports as different was different while nothing moved: docs/verify.md. Nothing here blocks but
 * on local files. Strings of options must outlive the verification.
 */
#ifndef PGCUTOVER_CHECKS_VERIFY_H
#define PGCUTOVER_CHECKS_VERIFY_H

#include "../cutover/base/driver.h"
#include "../cutover/base/fault.h"
#include "../replication/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who writes, or who receives. */
struct verify_side {
    const char *name;              /* "blue": for people, and in faults */
    const char *conninfo;          /* its dbname is replaced */
    const char *system_identifier; /* which server it must be; NULL: not known */
};

struct verify_database {
    const char *name;
    const char *slot; /* on the publisher; the subscription's name on the other side */
};

struct verify_options {
    struct driver *driver;
    struct session_door *sessions;
    const char *application_name;
    const char *directory; /* the run's */
    struct verify_side publisher, subscriber;
    const struct verify_database *databases;
    size_t database_count;
    const char *const *tables; /* "schema.table" or "table"; none: all, and catalogs too */
    size_t table_count;
    int jobs;          /* sessions on each side */
    int rest_percent;  /* of its time each job lets the servers rest */
    int64_t max_chunk; /* rows in a range of keys */
    bool restart;      /* forget what an interrupted verification has done */
    bool show_rows;    /* the text of rows that differ, beside their keys */
    bool is_part;      /* databases or tables were chosen: this is no verification of all */
    bool stands_still; /* nothing is replicated: the subscriber will get nothing any more */
    bool has_switched; /* the way back: sequences were set on the publisher by the cutover */
};

enum verify_weight {
    VERIFY_DIFFERENT, /* not equal: exit 3 */
    VERIFY_UNDECIDED, /* moved whenever it was looked at: neither proven */
    VERIFY_ADVICE,    /* not replicated, or worded differently: a person may look */
};

struct verify_finding {
    enum verify_weight weight;
    char *database; /* "" for what belongs to the cluster */
    char *object;   /* "table sales.customer", "index", "large objects" */
    char *key;      /* of a row, as people read it; NULL */
    char *what;     /* "missing on green", "changed" */
};

struct verify_progress {
    int64_t bytes_done, bytes_total; /* as the publisher's tables are big */
    int64_t rows;                    /* compared so far */
    size_t tables_done, tables_total, resumed;
    size_t different, undecided, advice;
    const char *now; /* what is compared, "shop sales.purchase" */
};

enum verify_state {
    VERIFY_RUNNING,
    VERIFY_ENDED,  /* to its end: see the findings */
    VERIFY_FAILED, /* see the fault; what was done is kept */
};

struct verify;

/* Takes the verification's lock (EXIT_LOCKED) and reads what an interrupted one has done. */
bool verify_new(const struct verify_options *options, struct verify **ret_verify,
                struct fault *fault) __attribute__((warn_unused_result));
/* To be called whenever the loop has turned. */
enum verify_state verify_poll(struct verify *verify);
/* When it should be polled again if nothing happens; monotonic. */
int64_t verify_until_ns(const struct verify *verify);
const struct fault *verify_fault(const struct verify *verify);
void verify_progress(const struct verify *verify, struct verify_progress *ret_progress);
const struct verify_finding *verify_findings(const struct verify *verify, size_t *ret_count);
/* Keeps what is done; after an interrupt. False: it could not be written. */
bool verify_keep(struct verify *verify, struct fault *fault) __attribute__((warn_unused_result));
void verify_free(struct verify *verify); /* NULL-safe; sessions are closed */

const char *verify_weight_name(enum verify_weight weight); /* "different", "undecided", "advice" */

/* What the last verification that came to its end found. */
struct verify_result {
    int64_t started_us, ended_us; /* wall clock, since 1970; what it says is as old as its start */
    bool is_equal;                /* no difference, nothing undecided */
    bool is_part;                 /* databases or tables were chosen */
    int64_t tables, rows, different, undecided;
    char publisher[16], subscriber[16]; /* "blue" */
};

/* Blocks on that file only. False: none came to its end, or the file cannot be read. */
bool verify_last(const char *directory, struct verify_result *ret_result)
    __attribute__((warn_unused_result));

#endif
