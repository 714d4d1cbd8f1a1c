/*
 * verify_worker.h: one job: a session on each side, and the range of a table that it compares.
 *
 * connect -> greet (does the slot feed the other side?) -> range (find its end; a small table is
 * one range) -> compare both sides at once -> equal: done, the next range. Different: pass (wait
 * until the subscriber is behind the publisher's position) -> again, both sides -> equal: done.
 * Still different: split when it is long; list the rows of both sides, the subscriber's behind
 * another pass -> the keys that differ are the suspects -> rounds (verify_suspects.h) until each is
 * equal or proven different. A table without a key that both sides order alike is compared as a
 * whole; different: buckets of row hashes in one more scan, and the rows of the buckets that differ
 * the same way.
 */
#ifndef PGCUTOVER_CHECKS_VERIFY_WORKER_H
#define PGCUTOVER_CHECKS_VERIFY_WORKER_H

#include "verify_internal.h"

/* Rows that are listed at once. */
#define VERIFY_LIST_MAX 20000
/* Suspects that are looked at together. */
#define VERIFY_SUSPECTS_MAX 5000
#define VERIFY_ROUNDS_MAX 60
#define VERIFY_LISTS_MAX 20

enum phase {
    PHASE_IDLE,
    PHASE_CONNECT,
    PHASE_GREET,
    PHASE_RANGE,
    PHASE_COMPARE,
    PHASE_PASS,
    PHASE_AGAIN,
    PHASE_SPLIT,
    PHASE_LIST,
    PHASE_LIST_OTHER,
    PHASE_ROUND,
    PHASE_ROUND_MORE, /* another look at the publisher while the subscriber is waited for */
    PHASE_ROUND_OTHER,
    PHASE_ROUND_LAST,
    PHASE_ROUND_END,
    PHASE_BUCKETS,
    PHASES
};

struct verify_sum {
    int64_t rows;
    char *sum;
};

struct verify_worker {
    struct verify *verify;
    struct verify_link links[2];
    const struct verify_database *database; /* connected to it */
    struct verify_table *table;
    enum phase phase, behind; /* behind: after PHASE_PASS */
    bool is_started, is_asked[2];
    int64_t not_before_ns, began_ns;
    int tries;

    /* the range, and the piece of it that is compared */
    int64_t number, rows;
    char *from, *upto, *piece_from, *piece_upto;
    int64_t split_rows; /* 0: the piece is the range */
    int split_side;
    struct verify_sum published, subscribed;

    /* the position to be passed; 0: not known yet */
    uint64_t insert, target, confirmed;
    int64_t moved_ns; /* when it last moved on */

    struct verify_rows listed;
    struct verify_suspects suspects;
    bool is_partial; /* more differ than are suspects */
    int rounds, lists;

    /* of a table without key */
    int64_t mask;
    int64_t *buckets; /* that differ */
    size_t bucket_count, bucket_at, bucket_group;
};

/* The question of a phase, and what follows from the answer. */
void verify_start(struct verify_worker *worker);
enum phase verify_done(struct verify_worker *worker);

/* verify_range.c */
void verify_range_ask(struct verify_worker *worker);
void verify_split_ask(struct verify_worker *worker);
enum phase verify_range_done(struct verify_worker *worker);
enum phase verify_split_done(struct verify_worker *worker);
void verify_sums_ask(struct verify_worker *worker);
enum phase verify_compare_done(struct verify_worker *worker);
enum phase verify_again_done(struct verify_worker *worker);

/* verify_pass.c */
void verify_pass_begin(struct verify_worker *worker, enum phase behind);
void verify_pass_ask(struct verify_worker *worker);
enum phase verify_pass_done(struct verify_worker *worker);
enum phase verify_greet_done(struct verify_worker *worker);
bool verify_is_believable(const struct verify_worker *worker);

/* verify_rows.c: from two hashes that differ to rows */
enum phase verify_list_begin(struct verify_worker *worker);
void verify_list_ask(struct verify_worker *worker, int side);
enum phase verify_list_done(struct verify_worker *worker);
enum phase verify_list_other_done(struct verify_worker *worker);
void verify_round_ask(struct verify_worker *worker, int side);
enum phase verify_round_done(struct verify_worker *worker);
enum phase verify_round_more_done(struct verify_worker *worker);
enum phase verify_round_other_done(struct verify_worker *worker);
enum phase verify_round_last_done(struct verify_worker *worker);
enum phase verify_round_end_done(struct verify_worker *worker);
void verify_buckets_ask(struct verify_worker *worker);
enum phase verify_buckets_done(struct verify_worker *worker);
void verify_choose_group(struct verify_worker *worker);

/* verify_worker.c */
void verify_copy(char **at, const char *value); /* frees *at and replaces it */
void verify_ask(struct verify_worker *worker, int side, const struct sql *sql,
                const struct sql_arguments *arguments, int64_t timeout_ms);
int64_t verify_scan_ms(const struct verify_worker *worker); /* allowed for one scan of the table */
void verify_set_table(struct sql_arguments *arguments, const struct verify_table *table);
enum phase verify_first_phase(struct verify_worker *worker);
enum phase verify_piece_done(struct verify_worker *worker);
/* An answer without what it must have is never "equal". */
enum phase verify_no_answer(struct verify_worker *worker, int side, const char *cause);

#endif
