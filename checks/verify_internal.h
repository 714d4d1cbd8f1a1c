/*
 * verify_internal.h: the parts of a verification, for verify*.c only.
 */
#ifndef PGCUTOVER_CHECKS_VERIFY_INTERNAL_H
#define PGCUTOVER_CHECKS_VERIFY_INTERNAL_H

#include "verify.h"
#include "verify_sql.h"
#include "verify_suspects.h"

#define VERIFY_JOBS_MAX 64
/* Of a table that differ: more are counted, not listed. */
#define VERIFY_LISTED_MAX 100
/* A lock that somebody holds, and the like: so often, a second apart. */
#define VERIFY_TRIES_MAX 30
#define VERIFY_ASK_MS 600000

enum { PUBLISHER, SUBSCRIBER };

enum link_state { LINK_WAITING, LINK_READY, LINK_FAILED };

/* One session of ours: opened, set up, then asked. */
struct verify_link {
    enum { LINK_CLOSED, LINK_OPENING, LINK_SETTING_UP, LINK_OPEN, LINK_ASKED } at;
    char *name; /* "blue shop" */
    struct session *session;
    struct reply reply; /* of the last question */
};

void verify_link_open(struct verify *verify, struct verify_link *link, int side,
                      const char *database);
void verify_link_ask(struct verify_link *link, const struct sql *sql,
                     const struct sql_arguments *arguments, int64_t timeout_ms);
enum link_state verify_link_poll(struct verify *verify, struct verify_link *link);
void verify_link_close(struct verify_link *link);
/* Is it worth asking again on the same session? */
bool verify_link_may_retry(const struct verify_link *link);

enum table_kind { TABLE_ROWS, TABLE_MATVIEW, TABLE_LARGE_OBJECTS };

/* A range that is done while an earlier one is not. */
struct verify_part {
    int64_t number, rows;
    char *upto;
};

struct verify_table {
    const struct verify_database *database;
    char *schema, *name;
    enum table_kind kind;
    char *hash, *sample, *shown;
    struct verify_keys keys; /* none: by buckets */
    int64_t estimate, bytes;

    bool is_done, is_skipped; /* skipped: done by the verification that this one goes on with */
    bool is_walked;           /* to its end: no range is left to take */
    bool is_walking;          /* somebody looks for the end of the next range */
    char *walked;             /* key behind which the next range begins, NULL: the first */
    int64_t range_rows;       /* of the next range: as many as take about a second */
    int64_t taken, finished;  /* ranges; finished: without a gap from the first on */
    char *finished_upto;
    int64_t finished_rows; /* publisher's, in these */
    int64_t started_rows;  /* of them, from the verification that this one goes on with */
    struct verify_part *parts;
    size_t part_count;
    size_t listed, unlisted; /* rows, ranges that are not equal and were not looked into */
    size_t differing;        /* of the rows: those that do not only move */
};

struct verify_catalog;
struct verify_worker;

struct verify {
    struct verify_options options;
    enum verify_state state;
    struct fault fault;
    int lock;
    int64_t until_ns, saved_ns, started_us, ended_us;
    int64_t version[2];
    enum verify_form form;
    struct verify_catalog *catalog; /* NULL: it is done */
    struct verify_worker **workers;
    size_t worker_count;
    struct verify_table *tables;
    size_t table_count;
    struct verify_finding *findings;
    size_t finding_count;
    size_t known_findings; /* of the verification that this one goes on with */
    void *done_before;     /* cJSON: what an interrupted verification kept; NULL: nothing */
    char *now;
};

int64_t verify_now(const struct verify *verify);
/* Polled again at that time at the latest. */
void verify_wake(struct verify *verify, int64_t at_ns);
void verify_fail(struct verify *verify, const struct fault *fault);
const struct verify_side *verify_side(const struct verify *verify, int side);
/* Copies; the same once more is left out. */
void verify_find(struct verify *verify, enum verify_weight weight, const char *database,
                 const char *object, const char *key, const char *what);

/* Catalogs: lists the tables, and compares what is no row. */
struct verify_catalog *verify_catalog_new(struct verify *verify);
bool verify_catalog_poll(struct verify *verify); /* true: done, or failed */
void verify_catalog_free(struct verify_catalog *catalog);
/* Tables of one database, from what both sides listed. */
void verify_take_tables(struct verify *verify, const struct verify_database *database,
                        const struct reply *published, const struct reply *subscribed);
bool verify_compare_items(struct verify *verify, const char *database,
                          const struct reply *published, const struct reply *subscribed,
                          bool report);
void verify_compare_definitions(struct verify *verify, const char *database,
                                const struct reply *published, const struct reply *subscribed);

/* Of one side. */
struct verify_sequences {
    char *statement; /* that reads them all; NULL: there are none */
    int64_t count;
};

/* False: the verification has failed. */
bool verify_list_sequences(struct verify *verify, const char *database, const struct reply *reply,
                           struct verify_sequences *ret_sequences);
void verify_forget_sequences(struct verify_sequences *sequences);
/* True: none is ahead on the subscriber. */
bool verify_compare_sequences(struct verify *verify, const char *database,
                              const struct reply *published, int64_t published_count,
                              const struct reply *subscribed, int64_t subscribed_count,
                              bool report);

struct verify_worker *verify_worker_new(struct verify *verify);
bool verify_worker_poll(struct verify_worker *worker); /* true: nothing is left for it */
void verify_worker_free(struct verify_worker *worker);

struct verify_table *verify_add_table(struct verify *verify);
/* The next table with something to do for a worker that is connected to `database` (NULL: none). */
struct verify_table *verify_next_table(struct verify *verify,
                                       const struct verify_database *database);
/* The range after which nothing is left ends at NULL. */
void verify_finish_range(struct verify *verify, struct verify_table *table, int64_t number,
                         const char *upto, int64_t rows);
void verify_finish_table(struct verify *verify, struct verify_table *table, int64_t rows);

/* verify_file.c */
bool verify_file_lock(struct verify *verify, struct fault *fault)
    __attribute__((warn_unused_result));
void verify_file_read(struct verify *verify);
bool verify_file_write(struct verify *verify, bool has_ended, struct fault *fault)
    __attribute__((warn_unused_result));
/* Takes over what was done of that table. */
void verify_file_resume(struct verify *verify, struct verify_table *table);

#endif
