/*
 * How far sequences have gone. Their values are not replicated, so the subscriber's are behind; but
 * one that is ahead was moved there, or set back on the publisher: values would be given out twice,
 * or left out.
 */
#include "verify_internal.h"

#include "../cutover/base/text.h"

#include <stdlib.h>
#include <string.h>

static bool no_answer(struct verify *verify, const char *database)
{
    struct fault fault = {0};

    fault_set(&fault, "comparing how far sequences have gone", database, NULL,
              "a row without a value");
    verify_fail(verify, &fault);
    return false;
}

bool verify_list_sequences(struct verify *verify, const char *database, const struct reply *reply,
                           struct verify_sequences *ret_sequences)
{
    const char *statement = reply_value(reply, 0, "statement");

    verify_forget_sequences(ret_sequences);
    if (!reply_number(reply, 0, "count", &ret_sequences->count) ||
        (statement != NULL) != (ret_sequences->count > 0))
        return no_answer(verify, database);
    ret_sequences->statement = statement ? memory_copy(statement) : NULL;
    return true;
}

void verify_forget_sequences(struct verify_sequences *sequences)
{
    free(sequences->statement);
    *sequences = (struct verify_sequences){0};
}

/* Where one stands. */
struct stand {
    const char *name, *told;
    int64_t reached;
    bool is_ordered;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct stand *) a)->name, ((const struct stand *) b)->name);
}

/* They point into the reply. NULL: some are missing, or a row lacks a value. */
static struct stand *stands_of(const struct reply *reply, int64_t count)
{
    struct stand *stands = memory_new(((size_t) count + 1) * sizeof(*stands));
    bool good = reply->table && reply_rows(reply) == count;
    int row;

    for (row = 0; good && row < reply_rows(reply); row++) {
        stands[row].name = reply_value(reply, row, "name");
        stands[row].told = reply_value(reply, row, "told");
        good = stands[row].name && stands[row].told &&
               reply_number(reply, row, "reached", &stands[row].reached) &&
               reply_bool(reply, row, "is_ordered", &stands[row].is_ordered);
    }
    if (!good) {
        free(stands);
        return NULL;
    }
    qsort(stands, (size_t) count, sizeof(*stands), by_name);
    return stands;
}

static void report_ahead(struct verify *verify, const char *database, const struct stand *published,
                         const struct stand *subscribed)
{
    const char *here = verify_side(verify, SUBSCRIBER)->name;
    const char *there = verify_side(verify, PUBLISHER)->name;
    struct text object = {0}, what = {0};

    text_add(&object, "sequence %s", published->name);
    text_add(&what, "at %s on %s, ahead of %s on %s: it was moved there, or set back on %s",
             subscribed->told, here, published->told, there, there);
    verify_find(verify, VERIFY_DIFFERENT, database, text_string(&object), NULL, text_string(&what));
    text_free(&object);
    text_free(&what);
}

bool verify_compare_sequences(struct verify *verify, const char *database,
                              const struct reply *published, int64_t published_count,
                              const struct reply *subscribed, int64_t subscribed_count, bool report)
{
    struct stand *ones = stands_of(published, published_count);
    struct stand *others = stands_of(subscribed, subscribed_count);
    bool equal = ones && others;
    int64_t i;

    if (!equal)
        no_answer(verify, database);
    for (i = 0; ones && others && i < subscribed_count; i++) {
        const struct stand *one =
            bsearch(&others[i], ones, (size_t) published_count, sizeof(*ones), by_name);

        /* what only one side has is told by the definitions */
        if (!one || !one->is_ordered || !others[i].is_ordered || others[i].reached <= one->reached)
            continue;
        equal = false;
        if (report)
            report_ahead(verify, database, one, &others[i]);
    }
    free(ones);
    free(others);
    return equal;
}
