#include "drift.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

/* At most this many differences are told; one is enough to stop. */
#define TOLD_MAX 8

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

/* The items sorted, one a line; caller frees. Sorting here spares us every collation. */
static char *sorted_items(const struct reply *reply)
{
    int count = reply_rows(reply), i;
    const char **items = memory_new(((size_t) count + 1) * sizeof(char *));
    struct text text = {0};

    for (i = 0; i < count; i++) {
        const char *item = reply_value(reply, i, "item");

        items[i] = item ? item : "";
    }
    qsort(items, (size_t) count, sizeof(char *), by_bytes);
    for (i = 0; i < count; i++)
        text_add(&text, "%s\n", items[i]);
    free(items);
    return text_take(&text);
}

static char **kept(struct step_io *io, struct target *target)
{
    struct world *world = io->world;

    return target->database ? &target->database->drift : &world->drift;
}

enum act_verdict drift_blue_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    char *items = sorted_items(reply);

    world_keep(kept(io, target), items);
    free(items);
    return ACT_DONE;
}

/* Told without what follows "password ": a digest of it can be guessed from. */
static void add_item(struct text *text, const char *item, size_t length)
{
    static const char secret[] = ", password ";
    const char *at = memmem(item, length, secret, sizeof(secret) - 1);

    if (at)
        length = (size_t) (at - item) + sizeof(secret) - 1;
    text_add_bytes(text, item, length);
    if (at)
        text_add_string(text, "not shown");
}

/* Both are sorted lines: walks them together and adds what only one of them has. */
static int add_differences(struct text *text, const char *blue, const char *green)
{
    int count = 0;

    while (*blue || *green) {
        size_t blue_length = strcspn(blue, "\n"), green_length = strcspn(green, "\n");
        int order = !*green ? -1 : !*blue ? 1 : 0;

        if (!order) {
            size_t shorter = blue_length < green_length ? blue_length : green_length;

            order = memcmp(blue, green, shorter);
            if (!order)
                order = blue_length < green_length ? -1 : blue_length > green_length;
        }
        if (order && ++count <= TOLD_MAX) {
            text_add(text, "%sonly on %s: ", count > 1 ? "; " : "", order < 0 ? "blue" : "green");
            add_item(text, order < 0 ? blue : green, order < 0 ? blue_length : green_length);
        }
        if (order <= 0)
            blue += blue_length + (blue[blue_length] == '\n');
        if (order >= 0)
            green += green_length + (green[green_length] == '\n');
    }
    if (count > TOLD_MAX)
        text_add(text, "; and %d more", count - TOLD_MAX);
    return count;
}

enum act_verdict drift_green_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    char *items = sorted_items(reply);
    const char *blue = *kept(io, target);
    struct text text = {0};
    int count = add_differences(&text, blue ? blue : "", items);

    free(items);
    if (count > 0) {
        act_fail(io, target, "comparing green with blue", "%s", text_string(&text));
        fault_hint(&io->fault, "this is not replicated: make the same change on green (as a "
                               "superuser, with default_transaction_read_only=off), or undo it on "
                               "blue; then again");
        io->fault.exit_code = EXIT_PLAN_STALE;
    }
    text_free(&text);
    return count > 0 ? ACT_FAILED : ACT_DONE;
}
