/*
 * Ranges of keys: where they end, and whether both sides hold the same in them.
 */
#include "verify_worker.h"

#include "../cutover/base/text.h"
#include "check_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RANGE_ROWS_MIN 1000
#define SLOW_MS 2000
#define FAST_MS 500

/* --- where they end ----------------------------------------------------------------------------
 */

static void ask_boundary(struct verify_worker *worker, int side, const char *from, const char *upto,
                         int64_t rows, const char *sample)
{
    const struct verify_table *table = worker->table;
    struct sql_arguments arguments = {0};
    char *keys = verify_key_values(&table->keys), *order = verify_key_columns(&table->keys);
    char *range = verify_range(&table->keys, from, upto), offset[32];

    snprintf(offset, sizeof(offset), "%lld", (long long) rows - 1);
    verify_set_table(&arguments, table);
    sql_set(&arguments, "keys", keys);
    sql_set(&arguments, "order", order);
    sql_set(&arguments, "range", range);
    sql_set(&arguments, "offset", offset);
    sql_set(&arguments, "sample", sample);
    verify_ask(worker, side, &check_verify_boundary, &arguments, verify_scan_ms(worker));
    free(keys);
    free(order);
    free(range);
}

void verify_range_ask(struct verify_worker *worker)
{
    const struct verify_table *table = worker->table;
    int64_t rows = table->range_rows;
    char *sample = verify_sampled(table->estimate, table->bytes, &rows);

    ask_boundary(worker, PUBLISHER, table->walked, NULL, rows, sample);
    free(sample);
}

void verify_split_ask(struct verify_worker *worker)
{
    ask_boundary(worker, worker->split_side, worker->piece_from, worker->upto, worker->split_rows,
                 "");
}

/* NULL: fewer rows are left, so the end is the end. False: an answer that is none. */
static bool read_boundary(struct verify_worker *worker, int side, char **ret_key)
{
    const struct reply *reply = &worker->links[side].reply;

    if (!reply->table) {
        verify_no_answer(worker, side, "no answer");
        return false;
    }
    if (!reply_rows(reply)) {
        *ret_key = NULL;
        return true;
    }
    *ret_key = verify_key_literals(&worker->table->keys, reply, 0);
    if (!*ret_key)
        verify_no_answer(worker, side, "a key without a value");
    return *ret_key != NULL;
}

enum phase verify_range_done(struct verify_worker *worker)
{
    struct verify_table *table = worker->table;
    char *end = NULL;

    if (!read_boundary(worker, PUBLISHER, &end))
        return PHASE_IDLE;
    verify_copy(&worker->from, table->walked);
    verify_copy(&worker->upto, end);
    verify_copy(&worker->piece_from, table->walked);
    verify_copy(&worker->piece_upto, end);
    free(table->walked);
    table->walked = end;
    table->is_walked = !end;
    table->is_walking = false;
    worker->number = table->taken++;
    worker->split_rows = 0;
    worker->lists = 0;
    return PHASE_COMPARE;
}

enum phase verify_split_done(struct verify_worker *worker)
{
    char *end = NULL;

    if (!read_boundary(worker, worker->split_side, &end))
        return PHASE_IDLE;
    verify_copy(&worker->piece_upto, end ? end : worker->upto);
    free(end);
    return PHASE_COMPARE;
}

/* The next range takes about a second. */
static void fit_range(struct verify_worker *worker, int64_t rows)
{
    struct verify_table *table = worker->table;
    const struct verify_link *slower = &worker->links[PUBLISHER];
    const struct verify_link *other = &worker->links[SUBSCRIBER];
    int64_t took_ms;

    if (other->reply.answered_ns - other->reply.asked_ns >
        slower->reply.answered_ns - slower->reply.asked_ns)
        slower = other;
    took_ms = (slower->reply.answered_ns - slower->reply.asked_ns) / NS_PER_MS;
    if (took_ms < FAST_MS && rows >= table->range_rows / 2)
        table->range_rows *= took_ms < FAST_MS / 4 ? 4 : 2;
    else if (took_ms > SLOW_MS && table->range_rows > RANGE_ROWS_MIN)
        table->range_rows /= 2;
    if (table->range_rows > worker->verify->options.max_chunk)
        table->range_rows = worker->verify->options.max_chunk;
}

/* --- comparing -------------------------------------------------------------------------------- */

void verify_sums_ask(struct verify_worker *worker)
{
    struct sql_arguments arguments = {0};
    char *range = verify_range(&worker->table->keys, worker->piece_from, worker->piece_upto);
    int side;

    verify_set_table(&arguments, worker->table);
    sql_set(&arguments, "range", range);
    for (side = PUBLISHER; side <= SUBSCRIBER; side++)
        verify_ask(worker, side, &check_verify_chunk, &arguments, verify_scan_ms(worker));
    free(range);
}

static bool read_sum(struct verify_worker *worker, int side, struct verify_sum *sum)
{
    const struct reply *reply = &worker->links[side].reply;
    int64_t rows = 0;

    if (!reply_number(reply, 0, "rows", &rows) || !reply_value(reply, 0, "sum")) {
        verify_no_answer(worker, side, "no count, or no sum");
        return false;
    }
    sum->rows = rows;
    verify_copy(&sum->sum, reply_value(reply, 0, "sum"));
    return true;
}

static bool is_same(const struct verify_sum *one, const struct verify_sum *other)
{
    return one->rows == other->rows && strcmp(one->sum, other->sum) == 0;
}

enum phase verify_compare_done(struct verify_worker *worker)
{
    if (!read_sum(worker, PUBLISHER, &worker->published) ||
        !read_sum(worker, SUBSCRIBER, &worker->subscribed))
        return PHASE_IDLE;
    if (!worker->split_rows) {
        fit_range(worker, worker->published.rows);
        worker->rows = worker->published.rows;
    }
    worker->bucket_count = worker->bucket_at = 0;
    if (is_same(&worker->published, &worker->subscribed))
        return verify_piece_done(worker);
    if (!worker->table->keys.count)
        return PHASE_BUCKETS;
    verify_pass_begin(worker, PHASE_AGAIN);
    return PHASE_PASS;
}

enum phase verify_again_done(struct verify_worker *worker)
{
    struct verify_sum before = worker->published;
    int64_t most;
    bool equal;

    worker->published.sum = NULL;
    if (!read_sum(worker, PUBLISHER, &worker->published) ||
        !read_sum(worker, SUBSCRIBER, &worker->subscribed)) {
        free(before.sum);
        return PHASE_IDLE;
    }
    equal =
        is_same(&before, &worker->subscribed) || is_same(&worker->published, &worker->subscribed);
    free(before.sum);
    if (equal)
        return verify_piece_done(worker);
    if (worker->table->listed >= VERIFY_LISTED_MAX) {
        worker->table->unlisted++;
        return verify_piece_done(worker);
    }
    worker->split_side = worker->subscribed.rows > worker->published.rows ? SUBSCRIBER : PUBLISHER;
    most = worker->split_side == SUBSCRIBER ? worker->subscribed.rows : worker->published.rows;
    if (most <= VERIFY_LIST_MAX)
        return verify_list_begin(worker);
    worker->split_rows = VERIFY_LIST_MAX / 2;
    /* its ranges are long for how fast it moves */
    if (worker->table->range_rows / 4 >= VERIFY_LIST_MAX)
        worker->table->range_rows /= 4;
    return PHASE_SPLIT;
}
