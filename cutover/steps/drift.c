#include "drift.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

/* At most this many differences are told; one is enough to stop. */
#define TOLD_MAX 8

static const char doing[] = "comparing {subscriber} with {publisher}";

/* What is compared, and what of it people may see: without passwords and applications' keys. */
struct item {
    char *compared, *told;
};

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const struct item *) a)->compared, ((const struct item *) b)->compared);
}

/* What separates items has another form in them: two that differ still do so. */
static char *in_a_line(const char *value)
{
    struct text text = {0};

    for (; *value; value++) {
        if (*value == '\n' || *value == '\t' || *value == '\\')
            text_add_bytes(&text, "\\", 1);
        text_add_bytes(&text, *value == '\n' ? "n" : *value == '\t' ? "t" : value, 1);
    }
    return text_take(&text);
}

/* Sorting here spares us every collation. */
char *drift_items(const struct reply *reply)
{
    int count = reply_rows(reply), i;
    struct item *items = memory_new(((size_t) count + 1) * sizeof(*items));
    struct text text = {0};
    bool good = true;

    for (i = 0; i < count; i++) {
        const char *item = reply_value(reply, i, "item"), *told = reply_value(reply, i, "told");

        good = good && item;
        items[i].compared = in_a_line(item ? item : "");
        items[i].told = in_a_line(told ? told : item ? item : "");
    }
    qsort(items, (size_t) count, sizeof(*items), by_bytes);
    for (i = 0; i < count; i++) {
        text_add(&text, "%s\t%s\n", items[i].compared, items[i].told);
        free(items[i].compared);
        free(items[i].told);
    }
    free(items);
    if (good)
        return text_take(&text);
    text_free(&text);
    return NULL;
}

static char **kept(struct step_io *io, struct target *target)
{
    struct world *world = io->world;

    return target->database ? &target->database->drift : &world->drift;
}

enum act_verdict drift_publisher_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    char *items = drift_items(reply);

    if (!items)
        return act_fail(io, target, doing, "a row without a value");
    world_keep(kept(io, target), items);
    free(items);
    return ACT_DONE;
}

static void add_told(struct text *text, const char *line)
{
    const char *told = line + strcspn(line, "\t") + 1;

    text_add_bytes(text, told, strcspn(told, "\n"));
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return line + (*line == '\n');
}

/* Walks them together. */
int drift_differences(struct text *text, const char *publisher, const char *subscriber)
{
    int count = 0;

    while (*publisher || *subscriber) {
        size_t publisher_length = strcspn(publisher, "\t"),
               subscriber_length = strcspn(subscriber, "\t");
        int order = !*subscriber ? -1 : !*publisher ? 1 : 0;

        if (!order) {
            size_t shorter =
                publisher_length < subscriber_length ? publisher_length : subscriber_length;

            order = memcmp(publisher, subscriber, shorter);
            if (!order)
                order = publisher_length < subscriber_length ? -1
                                                             : publisher_length > subscriber_length;
        }
        if (order && ++count <= TOLD_MAX) {
            text_add(text, "%sonly on %s: ", count > 1 ? "; " : "",
                     order < 0 ? "{publisher}" : "{subscriber}");
            add_told(text, order < 0 ? publisher : subscriber);
        }
        if (order <= 0)
            publisher = next_line(publisher);
        if (order >= 0)
            subscriber = next_line(subscriber);
    }
    if (count > TOLD_MAX)
        text_add(text, "; and %d more", count - TOLD_MAX);
    return count;
}

enum act_verdict drift_subscriber_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    char *items = drift_items(reply);
    const char *publisher = *kept(io, target);
    struct text text = {0};
    int count;

    if (!items)
        return act_fail(io, target, doing, "a row without a value");
    count = drift_differences(&text, publisher ? publisher : "", items);
    free(items);
    if (count > 0) {
        act_fail(io, target, doing, "%s", text_string(&text));
        fault_hint(&io->fault, "this is not replicated: make the same change on {subscriber} (as a "
                               "superuser, with default_transaction_read_only=off), or undo it on "
                               "{publisher}; then again");
        io->fault.exit_code = EXIT_PLAN_STALE;
    }
    text_free(&text);
    return count > 0 ? ACT_FAILED : ACT_DONE;
}
