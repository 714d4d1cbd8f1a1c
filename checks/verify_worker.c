#include "verify_worker.h"

#include "../cutover/base/text.h"
#include "check_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Read in a second or two. */
#define WHOLE_BYTES 256000000

void verify_copy(char **at, const char *value)
{
    char *copy = memory_copy(value);

    free(*at);
    *at = copy;
}

/* --- asking ----------------------------------------------------------------------------------- */

void verify_ask(struct verify_worker *worker, int side, const struct sql *sql,
                const struct sql_arguments *arguments, int64_t timeout_ms)
{
    worker->is_asked[side] = true;
    verify_link_ask(&worker->links[side], sql, arguments, timeout_ms);
}

int64_t verify_scan_ms(const struct verify_worker *worker)
{
    int64_t gigabytes = worker->table->bytes / 1000000000;

    return VERIFY_ASK_MS + gigabytes * 1000000; /* a megabyte a second is slow */
}

void verify_set_table(struct sql_arguments *arguments, const struct verify_table *table)
{
    sql_set(arguments, "schema", table->schema);
    sql_set(arguments, "table", table->name);
    sql_set(arguments, "hash", table->hash);
}

enum phase verify_no_answer(struct verify_worker *worker, int side, const char *cause)
{
    struct fault fault = {0};

    fault_set(&fault, "comparing rows", worker->links[side].name, NULL, "%s.%s: %s",
              worker->table->schema, worker->table->name, cause);
    verify_fail(worker->verify, &fault);
    return PHASE_IDLE;
}

/* --- work ------------------------------------------------------------------------------------- */

static void rest(struct verify_worker *worker)
{
    int64_t now = verify_now(worker->verify), percent = worker->verify->options.rest_percent;

    worker->not_before_ns = now + (now - worker->began_ns) * percent / (100 - percent);
}

static enum phase range_finished(struct verify_worker *worker)
{
    struct verify_table *table = worker->table;

    if (table->keys.count)
        verify_finish_range(worker->verify, table, worker->number, worker->upto, worker->rows);
    else
        verify_finish_table(worker->verify, table, worker->rows);
    worker->table = NULL;
    rest(worker);
    return PHASE_IDLE;
}

enum phase verify_piece_done(struct verify_worker *worker)
{
    verify_suspects_free(&worker->suspects);
    worker->tries = 0;
    if (!worker->table->keys.count) {
        worker->bucket_at += worker->bucket_group;
        if (worker->bucket_at >= worker->bucket_count || worker->table->kind == TABLE_MATVIEW)
            return range_finished(worker);
        if (worker->table->listed >= VERIFY_LISTED_MAX) {
            worker->table->unlisted += worker->bucket_count - worker->bucket_at;
            return range_finished(worker);
        }
        verify_choose_group(worker);
        return verify_list_begin(worker);
    }
    if (!worker->split_rows || string_equal(worker->piece_upto, worker->upto))
        return range_finished(worker);
    verify_copy(&worker->piece_from, worker->piece_upto);
    return PHASE_SPLIT;
}

/* Small enough for one statement: no end is looked for, and rows are read in the order they lie in,
   which is twice as fast as by an index. */
static enum phase take_whole(struct verify_worker *worker)
{
    struct verify_table *table = worker->table;

    verify_copy(&worker->from, table->walked);
    verify_copy(&worker->piece_from, table->walked);
    verify_copy(&worker->upto, NULL);
    verify_copy(&worker->piece_upto, NULL);
    table->is_walked = true;
    table->is_walking = false;
    worker->number = table->taken++;
    worker->split_rows = 0;
    return PHASE_COMPARE;
}

enum phase verify_first_phase(struct verify_worker *worker)
{
    const struct verify_table *table = worker->table;
    bool is_small =
        table->bytes < WHOLE_BYTES && table->estimate <= worker->verify->options.max_chunk;

    return is_small || !table->keys.count ? take_whole(worker) : PHASE_RANGE;
}

/* False: there is nothing to do now. */
static bool take_work(struct verify_worker *worker)
{
    struct verify_table *table = verify_next_table(worker->verify, worker->database);

    if (!table)
        return false;
    worker->table = table;
    worker->began_ns = verify_now(worker->verify);
    worker->lists = 0;
    table->is_walking = true;
    if (!table->keys.count)
        table->is_walked = true;
    worker->phase =
        table->database != worker->database ? PHASE_CONNECT : verify_first_phase(worker);
    return true;
}

static void connect_both(struct verify_worker *worker)
{
    int side;

    worker->database = worker->table->database;
    for (side = PUBLISHER; side <= SUBSCRIBER; side++) {
        verify_link_open(worker->verify, &worker->links[side], side, worker->database->name);
        worker->is_asked[side] = true;
    }
}

void verify_start(struct verify_worker *worker)
{
    switch (worker->phase) {
    case PHASE_CONNECT:
        connect_both(worker);
        break;
    case PHASE_GREET:
    case PHASE_PASS:
    case PHASE_ROUND_END:
        verify_pass_ask(worker);
        break;
    case PHASE_RANGE:
        verify_range_ask(worker);
        break;
    case PHASE_SPLIT:
        verify_split_ask(worker);
        break;
    case PHASE_COMPARE:
    case PHASE_AGAIN:
        verify_sums_ask(worker);
        break;
    case PHASE_BUCKETS:
        verify_buckets_ask(worker);
        break;
    case PHASE_LIST:
        verify_list_ask(worker, PUBLISHER);
        break;
    case PHASE_LIST_OTHER:
        verify_list_ask(worker, SUBSCRIBER);
        break;
    case PHASE_ROUND_OTHER:
        verify_round_ask(worker, SUBSCRIBER);
        if (worker->table->keys.count)
            verify_round_ask(worker, PUBLISHER);
        break;
    case PHASE_ROUND:
    case PHASE_ROUND_MORE:
    case PHASE_ROUND_LAST:
        verify_round_ask(worker, PUBLISHER);
        break;
    case PHASE_IDLE:
    case PHASES:
        break;
    }
}

static enum phase connected(struct verify_worker *worker)
{
    verify_pass_begin(worker, PHASE_IDLE);
    return PHASE_GREET;
}

enum phase verify_done(struct verify_worker *worker)
{
    static enum phase (*const done[PHASES])(struct verify_worker *) = {
        [PHASE_CONNECT] = connected,
        [PHASE_GREET] = verify_greet_done,
        [PHASE_RANGE] = verify_range_done,
        [PHASE_COMPARE] = verify_compare_done,
        [PHASE_PASS] = verify_pass_done,
        [PHASE_AGAIN] = verify_again_done,
        [PHASE_SPLIT] = verify_split_done,
        [PHASE_LIST] = verify_list_done,
        [PHASE_LIST_OTHER] = verify_list_other_done,
        [PHASE_ROUND] = verify_round_done,
        [PHASE_ROUND_MORE] = verify_round_more_done,
        [PHASE_ROUND_OTHER] = verify_round_other_done,
        [PHASE_ROUND_LAST] = verify_round_last_done,
        [PHASE_ROUND_END] = verify_round_end_done,
        [PHASE_BUCKETS] = verify_buckets_done,
    };

    return done[worker->phase](worker);
}

/* --- polling ---------------------------------------------------------------------------------- */

/* Back to where this piece began, a second later. */
static void begin_anew(struct verify_worker *worker)
{
    bool is_ranged = worker->phase != PHASE_RANGE && worker->phase != PHASE_GREET;

    verify_suspects_free(&worker->suspects);
    worker->not_before_ns = verify_now(worker->verify) + NS_PER_S;
    if (is_ranged && worker->phase != PHASE_SPLIT)
        worker->phase = PHASE_COMPARE;
}

static void take_failure(struct verify_worker *worker, struct verify_link *link)
{
    struct fault fault = link->reply.fault;

    if (verify_link_may_retry(link) && worker->phase != PHASE_CONNECT &&
        ++worker->tries < VERIFY_TRIES_MAX) {
        begin_anew(worker);
        return;
    }
    if (!fault.hint[0])
        fault_hint(&fault, "repeat the command: it goes on where this one stopped");
    /* what was changed or dropped meanwhile is seen by the next verification */
    if (fault.exit_code == EXIT_DONE)
        fault.exit_code = EXIT_TRANSIENT;
    verify_fail(worker->verify, &fault);
}

/* False: an answer is still awaited. */
static bool take_answers(struct verify_worker *worker)
{
    struct verify_link *failed = NULL;
    int side;

    for (side = PUBLISHER; side <= SUBSCRIBER; side++) {
        enum link_state state;

        if (!worker->is_asked[side])
            continue;
        state = verify_link_poll(worker->verify, &worker->links[side]);
        if (state == LINK_WAITING)
            return false;
        if (state == LINK_FAILED && !failed)
            failed = &worker->links[side];
    }
    worker->is_started = false;
    if (failed)
        take_failure(worker, failed);
    else
        worker->phase = verify_done(worker);
    worker->is_asked[PUBLISHER] = worker->is_asked[SUBSCRIBER] = false;
    return true;
}

bool verify_worker_poll(struct verify_worker *worker)
{
    struct verify *verify = worker->verify;

    for (;;) {
        if (verify->state != VERIFY_RUNNING)
            return true;
        if (worker->is_started) {
            if (!take_answers(worker))
                return false;
            continue;
        }
        if (verify_now(verify) < worker->not_before_ns) {
            verify_wake(verify, worker->not_before_ns);
            return false;
        }
        if (worker->phase == PHASE_IDLE && !take_work(worker))
            return true;
        worker->is_started = true;
        verify_start(worker);
    }
}

struct verify_worker *verify_worker_new(struct verify *verify)
{
    struct verify_worker *worker = memory_new(sizeof(*worker));

    worker->verify = verify;
    return worker;
}

void verify_worker_free(struct verify_worker *worker)
{
    if (!worker)
        return;
    verify_link_close(&worker->links[PUBLISHER]);
    verify_link_close(&worker->links[SUBSCRIBER]);
    verify_rows_free(&worker->listed);
    verify_suspects_free(&worker->suspects);
    free(worker->from);
    free(worker->upto);
    free(worker->piece_from);
    free(worker->piece_upto);
    free(worker->published.sum);
    free(worker->subscribed.sum);
    free(worker->buckets);
    free(worker);
}
