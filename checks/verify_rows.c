/*
 * From two hashes that differ to the rows that do: lists, suspects, rounds, buckets.
 */
#include "verify_worker.h"

#include "../cutover/base/text.h"
#include "check_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_ROWS 20000
#define GROUP_BUCKETS 512

/* --- asking for rows -------------------------------------------------------------------------- */

/* The keys, or hashes, of the suspects that are still open. */
static char *open_suspects(const struct verify_worker *worker)
{
    const struct verify_suspects *suspects = &worker->suspects;
    const char **ids = memory_new((suspects->count + 1) * sizeof(*ids));
    struct text text = {0};
    size_t count = 0, i;
    char *among;

    for (i = 0; i < suspects->count; i++)
        if (suspects->list[i].verdict == VERIFY_OPEN)
            ids[count++] = suspects->list[i].id;
    if (worker->table->keys.count) {
        among = verify_among(&worker->table->keys, ids, count);
    } else {
        for (i = 0; i < count; i++)
            text_add(&text, "%s%s", i ? ", " : "hash IN (", ids[i]);
        text_add_string(&text, ")");
        among = text_take(&text);
    }
    free(ids);
    return among;
}

static void ask_rows(struct verify_worker *worker, int side, const char *which, size_t limit)
{
    const struct verify_table *table = worker->table;
    struct sql_arguments arguments = {0};
    char *keys = verify_key_values(&table->keys), most[32];

    snprintf(most, sizeof(most), "%zu", limit);
    verify_set_table(&arguments, table);
    sql_set(&arguments, "sample", table->sample);
    sql_set(&arguments, "limit", most);
    if (table->keys.count) {
        sql_set(&arguments, "keys", keys);
        sql_set(&arguments, "range", which);
        verify_ask(worker, side, &check_verify_rows, &arguments, verify_scan_ms(worker));
    } else {
        sql_set(&arguments, "shown", table->shown);
        sql_set(&arguments, "chosen", which);
        verify_ask(worker, side, &check_verify_bucket_rows, &arguments, verify_scan_ms(worker));
    }
    free(keys);
}

static bool read_rows(struct verify_worker *worker, int side, struct verify_rows *ret_rows)
{
    const struct verify_keys *keys = &worker->table->keys;

    if (verify_rows_read(&worker->links[side].reply, keys->count ? keys : NULL, ret_rows))
        return true;
    verify_no_answer(worker, side, "a row without a value");
    return false;
}

/* --- lists ------------------------------------------------------------------------------------ */

enum phase verify_list_begin(struct verify_worker *worker)
{
    worker->is_partial = false;
    return PHASE_LIST;
}

void verify_list_ask(struct verify_worker *worker, int side)
{
    const struct verify_table *table = worker->table;
    struct text chosen = {0};
    char *range;
    size_t i;

    if (table->keys.count) {
        range = verify_range(&table->keys, worker->piece_from, worker->piece_upto);
    } else {
        text_add(&chosen, "(hash & %lld) IN (", (long long) worker->mask);
        for (i = 0; i < worker->bucket_group; i++)
            text_add(&chosen, "%s%lld", i ? ", " : "",
                     (long long) worker->buckets[worker->bucket_at + i]);
        text_add_string(&chosen, ")");
        range = text_take(&chosen);
    }
    ask_rows(worker, side, range, 2 * VERIFY_LIST_MAX);
    free(range);
}

enum phase verify_list_done(struct verify_worker *worker)
{
    verify_rows_free(&worker->listed);
    if (!read_rows(worker, PUBLISHER, &worker->listed))
        return PHASE_IDLE;
    verify_pass_begin(worker, PHASE_LIST_OTHER);
    return PHASE_PASS;
}

enum phase verify_list_other_done(struct verify_worker *worker)
{
    struct verify_rows rows = {0};
    size_t found;

    if (!read_rows(worker, SUBSCRIBER, &rows))
        return PHASE_IDLE;
    found = verify_suspects_find(&worker->suspects, !worker->table->keys.count, &worker->listed,
                                 &rows, VERIFY_SUSPECTS_MAX);
    worker->is_partial = found > VERIFY_SUSPECTS_MAX || rows.count >= 2 * VERIFY_LIST_MAX ||
                         worker->listed.count >= 2 * VERIFY_LIST_MAX;
    verify_rows_free(&rows);
    verify_rows_free(&worker->listed);
    worker->rounds = 0;
    return found ? PHASE_ROUND : verify_piece_done(worker);
}

/* --- rounds ----------------------------------------------------------------------------------- */

void verify_round_ask(struct verify_worker *worker, int side)
{
    char *among = open_suspects(worker);

    ask_rows(worker, side, among, 2 * VERIFY_SUSPECTS_MAX);
    free(among);
}

static bool take_published(struct verify_worker *worker)
{
    struct verify_rows rows = {0};

    if (!read_rows(worker, PUBLISHER, &rows))
        return false;
    verify_round_published(&worker->suspects, &rows);
    verify_rows_free(&rows);
    return true;
}

enum phase verify_round_done(struct verify_worker *worker)
{
    verify_round_begin(&worker->suspects);
    if (!take_published(worker))
        return PHASE_IDLE;
    verify_pass_begin(worker, PHASE_ROUND_OTHER);
    return PHASE_PASS;
}

enum phase verify_round_more_done(struct verify_worker *worker)
{
    return take_published(worker) ? PHASE_PASS : PHASE_IDLE;
}

enum phase verify_round_other_done(struct verify_worker *worker)
{
    struct verify_rows rows = {0};

    if (!read_rows(worker, SUBSCRIBER, &rows))
        return PHASE_IDLE;
    verify_round_subscribed(&worker->suspects, &rows);
    verify_rows_free(&rows);
    if (worker->is_asked[PUBLISHER] && !take_published(worker))
        return PHASE_IDLE;
    return PHASE_ROUND_LAST;
}

enum phase verify_round_last_done(struct verify_worker *worker)
{
    return take_published(worker) ? PHASE_ROUND_END : PHASE_IDLE;
}

/* In one line, whatever it holds. */
static void add_line(struct text *text, const char *value)
{
    for (; *value; value++) {
        if ((unsigned char) *value < ' ' || *value == 127)
            text_add(text,
                     *value == '\n'   ? "\\n"
                     : *value == '\t' ? "\\t"
                                      : "\\x%02x",
                     (unsigned int) (unsigned char) *value);
        else
            text_add_bytes(text, value, 1);
    }
}

static void add_what(struct verify_worker *worker, struct text *what,
                     const struct verify_suspect *suspect)
{
    const char *publisher = verify_side(worker->verify, PUBLISHER)->name;
    const char *subscriber = verify_side(worker->verify, SUBSCRIBER)->name;
    int64_t more = suspect->more < 0 ? -suspect->more : suspect->more;

    if (suspect->verdict == VERIFY_OPEN)
        text_add_string(what, "moved whenever it was looked at");
    else if (worker->suspects.are_counted)
        text_add(what, "%lld row%s %s on %s than on %s", (long long) more, more == 1 ? "" : "s",
                 suspect->more > 0 ? "more" : "fewer", subscriber, publisher);
    else if (suspect->verdict == VERIFY_CHANGED)
        text_add(what, "not the same on %s as on %s", subscriber, publisher);
    else if (suspect->verdict == VERIFY_MISSING)
        text_add(what, "missing on %s", subscriber);
    else
        text_add(what, "only on %s", subscriber);
    if (suspect->published_sample) {
        text_add(what, "; %s: ", publisher);
        add_line(what, suspect->published_sample);
    }
    if (suspect->subscribed_sample) {
        text_add(what, "; %s: ", subscriber);
        add_line(what, suspect->subscribed_sample);
    }
}

static void report(struct verify_worker *worker, const struct verify_suspect *suspect)
{
    struct verify_table *table = worker->table;
    struct text what = {0}, object = {0}, key = {0};

    if (table->kind == TABLE_LARGE_OBJECTS && suspect->shown) {
        text_add(&object, "large object %.*s", (int) strspn(suspect->shown + 1, "0123456789"),
                 suspect->shown + 1);
        text_add(&what, "not the same on both sides; large objects are not replicated");
    } else {
        text_add(&object, "table %s.%s", table->schema, table->name);
        if (suspect->shown)
            add_line(&key, *suspect->shown ? suspect->shown : "''");
        else
            text_add(&key, "without a key, hash %s", suspect->id);
        add_what(worker, &what, suspect);
    }
    table->differing += suspect->verdict != VERIFY_OPEN;
    if (table->listed++ < VERIFY_LISTED_MAX)
        verify_find(worker->verify,
                    suspect->verdict == VERIFY_OPEN ? VERIFY_UNDECIDED : VERIFY_DIFFERENT,
                    table->database->name, text_string(&object), key.length ? key.data : NULL,
                    text_string(&what));
    text_free(&what);
    text_free(&object);
    text_free(&key);
}

/* All suspects are decided, or it has taken too long. */
static enum phase end_rounds(struct verify_worker *worker)
{
    struct verify_table *table = worker->table;
    size_t before = table->listed, i;

    for (i = 0; i < worker->suspects.count; i++)
        if (worker->suspects.list[i].verdict != VERIFY_EQUAL)
            report(worker, &worker->suspects.list[i]);
    if (!worker->is_partial)
        return verify_piece_done(worker);
    if (table->listed > before || ++worker->lists == VERIFY_LISTS_MAX) {
        table->unlisted++; /* more of this range differ, or move */
        return verify_piece_done(worker);
    }
    return verify_list_begin(worker);
}

enum phase verify_round_end_done(struct verify_worker *worker)
{
    verify_round_end(&worker->suspects, verify_is_believable(worker));
    if (!worker->suspects.open || ++worker->rounds == VERIFY_ROUNDS_MAX)
        return end_rounds(worker);
    worker->not_before_ns =
        verify_now(worker->verify) + (worker->rounds < 20 ? worker->rounds : 20) * 5 * NS_PER_MS;
    return PHASE_ROUND;
}

/* --- buckets ---------------------------------------------------------------------------------- */

static int64_t bucket_mask(const struct verify_table *table)
{
    int64_t rows = table->estimate > table->bytes / 200 ? table->estimate : table->bytes / 200;
    int64_t count = 16;

    while (count < 16384 && count * 500 < rows)
        count *= 2;
    return count - 1;
}

void verify_buckets_ask(struct verify_worker *worker)
{
    struct sql_arguments arguments = {0};
    char mask[32];
    int side;

    worker->mask = bucket_mask(worker->table);
    snprintf(mask, sizeof(mask), "%lld", (long long) worker->mask);
    verify_set_table(&arguments, worker->table);
    sql_set(&arguments, "mask", mask);
    for (side = PUBLISHER; side <= SUBSCRIBER; side++)
        verify_ask(worker, side, &check_verify_buckets, &arguments, verify_scan_ms(worker));
}

struct bucket {
    int64_t rows;
    const char *sum;
};

/* False: an answer that is none. */
static bool read_buckets(struct verify_worker *worker, int side, struct bucket *buckets)
{
    const struct reply *reply = &worker->links[side].reply;
    int row;

    for (row = 0; row < reply_rows(reply); row++) {
        int64_t number = -1, rows = 0;

        if (!reply_number(reply, row, "bucket", &number) || number < 0 || number > worker->mask ||
            !reply_number(reply, row, "rows", &rows) || !reply_value(reply, row, "sum")) {
            verify_no_answer(worker, side, "a bucket without a value");
            return false;
        }
        buckets[number] = (struct bucket){rows, reply_value(reply, row, "sum")};
    }
    return reply->table || (verify_no_answer(worker, side, "no answer"), false);
}

/* As many of the buckets that differ as can be listed at once. */
void verify_choose_group(struct verify_worker *worker)
{
    size_t left = worker->bucket_count - worker->bucket_at;
    int64_t rows = worker->rows / (worker->mask + 1) + 1;
    int64_t most = GROUP_ROWS / rows < 1 ? 1 : GROUP_ROWS / rows;

    if (most > GROUP_BUCKETS)
        most = GROUP_BUCKETS;
    worker->bucket_group = left < (size_t) most ? left : (size_t) most;
}

enum phase verify_buckets_done(struct verify_worker *worker)
{
    size_t count = (size_t) worker->mask + 1, i;
    struct bucket *ours = memory_new(count * sizeof(*ours));
    struct bucket *theirs = memory_new(count * sizeof(*theirs));
    bool good = read_buckets(worker, PUBLISHER, ours) && read_buckets(worker, SUBSCRIBER, theirs);

    free(worker->buckets);
    worker->buckets = memory_new(count * sizeof(*worker->buckets));
    worker->bucket_count = worker->bucket_at = 0;
    worker->rows = 0;
    for (i = 0; good && i < count; i++) {
        worker->rows += ours[i].rows;
        if (ours[i].rows != theirs[i].rows || !string_equal(ours[i].sum, theirs[i].sum))
            worker->buckets[worker->bucket_count++] = (int64_t) i;
    }
    free(ours);
    free(theirs);
    if (!good)
        return PHASE_IDLE;
    verify_choose_group(worker);
    if (worker->bucket_count && worker->table->kind == TABLE_MATVIEW)
        worker->table->listed++;
    if (!worker->bucket_count || worker->table->kind == TABLE_MATVIEW)
        return verify_piece_done(worker);
    return verify_list_begin(worker);
}
