#include "verify_suspects.h"

#include "../cutover/base/text.h"
#include "../replication/session.h"

#include <stdlib.h>
#include <string.h>

/* --- rows ------------------------------------------------------------------------------------ */

static int by_id(const void *a, const void *b)
{
    return strcmp(((const struct verify_row *) a)->id, ((const struct verify_row *) b)->id);
}

bool verify_rows_read(const struct reply *reply, const struct verify_keys *keys,
                      struct verify_rows *ret_rows)
{
    struct verify_rows rows = {.count = (size_t) reply_rows(reply)};
    bool good = reply->state == REPLY_OK && reply->table;
    int i;

    rows.list = memory_new((rows.count + 1) * sizeof(*rows.list));
    for (i = 0; i < reply_rows(reply); i++) {
        struct verify_row *row = &rows.list[i];

        row->id =
            keys ? verify_key_literals(keys, reply, i) : memory_copy(reply_value(reply, i, "hash"));
        row->shown =
            keys ? verify_key_shown(keys, reply, i) : memory_copy(reply_value(reply, i, "shown"));
        row->value = memory_copy(reply_value(reply, i, "value"));
        row->version = memory_copy(reply_value(reply, i, "version"));
        row->sample = memory_copy(reply_value(reply, i, "sample"));
        good = good && row->id && row->value && row->version;
    }
    if (!good) {
        verify_rows_free(&rows);
        return false;
    }
    qsort(rows.list, rows.count, sizeof(*rows.list), by_id);
    *ret_rows = rows;
    return true;
}

void verify_rows_free(struct verify_rows *rows)
{
    size_t i;

    for (i = 0; i < rows->count; i++) {
        free(rows->list[i].id);
        free(rows->list[i].shown);
        free(rows->list[i].value);
        free(rows->list[i].version);
        free(rows->list[i].sample);
    }
    free(rows->list);
    memset(rows, 0, sizeof(*rows));
}

static const struct verify_row *find(const struct verify_rows *rows, char *id)
{
    struct verify_row wanted = {.id = id};

    return rows->count ? bsearch(&wanted, rows->list, rows->count, sizeof(wanted), by_id) : NULL;
}

/* --- suspects -------------------------------------------------------------------------------- */

static void keep(char **at, const char *value)
{
    char *copy = memory_copy(value);

    free(*at);
    *at = copy;
}

static void add(struct verify_suspects *suspects, const struct verify_row *published,
                const struct verify_row *subscribed)
{
    struct verify_suspect *made;
    const struct verify_row *either = published ? published : subscribed;

    suspects->list = memory_grow(suspects->list, (suspects->count + 1) * sizeof(*suspects->list));
    made = &suspects->list[suspects->count++];
    memset(made, 0, sizeof(*made));
    made->id = memory_copy(either->id);
    made->shown = memory_copy(either->shown);
    suspects->open++;
}

/* Both are sorted: walks them together. */
size_t verify_suspects_find(struct verify_suspects *suspects, bool are_counted,
                            const struct verify_rows *published,
                            const struct verify_rows *subscribed, size_t limit)
{
    size_t p = 0, s = 0, found = 0;

    verify_suspects_free(suspects);
    suspects->are_counted = are_counted;
    while (p < published->count || s < subscribed->count) {
        const struct verify_row *one = p < published->count ? &published->list[p] : NULL;
        const struct verify_row *other = s < subscribed->count ? &subscribed->list[s] : NULL;
        int order = !other ? -1 : !one ? 1 : strcmp(one->id, other->id);

        if (order || strcmp(one->value, other->value) != 0) {
            if (found++ < limit)
                add(suspects, order <= 0 ? one : NULL, order >= 0 ? other : NULL);
        }
        p += order <= 0;
        s += order >= 0;
    }
    return found;
}

/* --- a round --------------------------------------------------------------------------------- */

static void forget_round(struct verify_suspect *suspect)
{
    size_t i;

    for (i = 0; i < suspect->published_count; i++)
        free(suspect->published[i]);
    free(suspect->published);
    suspect->published = NULL;
    suspect->published_count = 0;
    keep(&suspect->version, NULL);
    keep(&suspect->subscribed, NULL);
    keep(&suspect->subscribed_version, NULL);
    suspect->is_stable = true;
    suspect->is_read = false;
}

void verify_round_begin(struct verify_suspects *suspects)
{
    size_t i;

    for (i = 0; i < suspects->count; i++)
        if (suspects->list[i].verdict == VERIFY_OPEN)
            forget_round(&suspects->list[i]);
}

void verify_round_published(struct verify_suspects *suspects, const struct verify_rows *rows)
{
    size_t i;

    for (i = 0; i < suspects->count; i++) {
        struct verify_suspect *suspect = &suspects->list[i];
        const struct verify_row *row;

        if (suspect->verdict != VERIFY_OPEN)
            continue;
        row = find(rows, suspect->id);
        if (!suspect->published_count)
            keep(&suspect->version, row ? row->version : NULL);
        else if (!string_equal(suspect->version, row ? row->version : NULL) ||
                 !string_equal(suspect->published[0], row ? row->value : NULL))
            suspect->is_stable = false;
        suspect->published = memory_grow(suspect->published, (suspect->published_count + 1) *
                                                                 sizeof(*suspect->published));
        suspect->published[suspect->published_count++] = memory_copy(row ? row->value : NULL);
        keep(&suspect->published_sample, row ? row->sample : NULL);
    }
}

void verify_round_subscribed(struct verify_suspects *suspects, const struct verify_rows *rows)
{
    size_t i;

    for (i = 0; i < suspects->count; i++) {
        struct verify_suspect *suspect = &suspects->list[i];
        const struct verify_row *row;

        if (suspect->verdict != VERIFY_OPEN)
            continue;
        row = find(rows, suspect->id);
        keep(&suspect->subscribed, row ? row->value : NULL);
        keep(&suspect->subscribed_version, row ? row->version : NULL);
        keep(&suspect->subscribed_sample, row ? row->sample : NULL);
        suspect->is_read = true;
    }
}

static int64_t number_of(const char *value)
{
    return value ? strtoll(value, NULL, 10) : 0;
}

/* The subscriber's rows of a hash are as many as the publisher had at some moment between. */
static bool lies_between(const struct verify_suspect *suspect)
{
    int64_t least = INT64_MAX, most = 0, here = number_of(suspect->subscribed);
    size_t i;

    for (i = 0; i < suspect->published_count; i++) {
        int64_t value = number_of(suspect->published[i]);

        least = value < least ? value : least;
        most = value > most ? value : most;
    }
    return here >= least && here <= most;
}

static bool was_published(const struct verify_suspect *suspect, bool is_counted)
{
    size_t i;

    if (is_counted)
        return lies_between(suspect);
    for (i = 0; i < suspect->published_count; i++)
        if (string_equal(suspect->published[i], suspect->subscribed))
            return true;
    return false;
}

static bool is_as_last_time(const struct verify_suspect *suspect)
{
    return suspect->rounds > 0 && string_equal(suspect->last_version, suspect->version) &&
           string_equal(suspect->last_published, suspect->published[0]) &&
           string_equal(suspect->last_subscribed, suspect->subscribed) &&
           string_equal(suspect->last_subscribed_version, suspect->subscribed_version);
}

static enum verify_verdict kind_of(const struct verify_suspect *suspect, bool is_counted)
{
    if (!suspect->published[0] || (is_counted && suspect->more > 0))
        return VERIFY_ADDITIONAL;
    return !suspect->subscribed || is_counted ? VERIFY_MISSING : VERIFY_CHANGED;
}

static enum verify_verdict judge(struct verify_suspect *suspect, bool is_counted, bool believable)
{
    /* a round without a read on either side shows nothing */
    if (!suspect->is_read || suspect->published_count < 2)
        return VERIFY_OPEN;
    if (was_published(suspect, is_counted))
        return VERIFY_EQUAL;
    if (!suspect->is_stable || !believable) {
        suspect->rounds = 0;
        return VERIFY_OPEN;
    }
    suspect->rounds = is_as_last_time(suspect) ? suspect->rounds + 1 : 1;
    keep(&suspect->last_version, suspect->version);
    keep(&suspect->last_published, suspect->published[0]);
    keep(&suspect->last_subscribed, suspect->subscribed);
    keep(&suspect->last_subscribed_version, suspect->subscribed_version);
    if (is_counted)
        suspect->more = number_of(suspect->subscribed) - number_of(suspect->published[0]);
    return suspect->rounds < VERIFY_ROUNDS ? VERIFY_OPEN : kind_of(suspect, is_counted);
}

void verify_round_end(struct verify_suspects *suspects, bool believable)
{
    size_t i;

    for (i = 0; i < suspects->count; i++) {
        struct verify_suspect *suspect = &suspects->list[i];

        if (suspect->verdict != VERIFY_OPEN)
            continue;
        suspect->verdict = judge(suspect, suspects->are_counted, believable);
        if (suspect->verdict != VERIFY_OPEN)
            suspects->open--;
    }
}

void verify_suspects_free(struct verify_suspects *suspects)
{
    size_t i;

    for (i = 0; i < suspects->count; i++) {
        struct verify_suspect *suspect = &suspects->list[i];

        forget_round(suspect);
        free(suspect->id);
        free(suspect->shown);
        free(suspect->published_sample);
        free(suspect->subscribed_sample);
        free(suspect->last_version);
        free(suspect->last_published);
        free(suspect->last_subscribed);
        free(suspect->last_subscribed_version);
    }
    free(suspects->list);
    memset(suspects, 0, sizeof(*suspects));
}
