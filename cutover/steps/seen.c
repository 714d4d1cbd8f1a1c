#include "seen.h"

#include "../base/digest.h"
#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

/* At most this many lines are told, of this length, and so much altogether: a fault has no more
   room. */
#define TOLD_MAX 8
#define LINE_MAX_BYTES 200
#define ALL_MAX_BYTES 900

struct seen *seen_new(void)
{
    return memory_new(sizeof(struct seen));
}

static void group_end(struct seen_group *group)
{
    size_t i;

    for (i = 0; i < group->count; i++)
        free(group->lines[i]);
    free(group->lines);
    free(group->where);
    free(group->part);
}

void seen_clear(struct seen *seen)
{
    size_t i;

    for (i = 0; i < seen->count; i++)
        group_end(&seen->groups[i]);
    free(seen->groups);
    free(seen->system_identifier);
    memset(seen, 0, sizeof(*seen));
}

void seen_free(struct seen *seen)
{
    if (!seen)
        return;
    seen_clear(seen);
    free(seen);
}

struct seen_group *seen_group(struct seen *seen, const char *where, const char *part)
{
    struct seen_group *made;
    size_t i = seen->count;

    while (i-- > 0)
        if (strcmp(seen->groups[i].where, where) == 0 && strcmp(seen->groups[i].part, part) == 0)
            return &seen->groups[i];
    seen->groups = memory_grow(seen->groups, (seen->count + 1) * sizeof(*made));
    made = &seen->groups[seen->count++];
    *made = (struct seen_group){.where = memory_copy(where), .part = memory_copy(part)};
    return made;
}

void seen_add(struct seen_group *group, const char *line)
{
    /* room is doubled whenever the count is a power of two */
    if ((group->count & (group->count - 1)) == 0)
        group->lines =
            memory_grow(group->lines, (group->count ? group->count * 2 : 1) * sizeof(char *));
    group->lines[group->count++] = memory_copy(line);
}

static int by_bytes(const void *a, const void *b)
{
    return strcmp(*(const char *const *) a, *(const char *const *) b);
}

static int compare_groups(const struct seen_group *a, const struct seen_group *b)
{
    int order = strcmp(a->where, b->where);

    return order ? order : strcmp(a->part, b->part);
}

static int by_name(const void *a, const void *b)
{
    return compare_groups(a, b);
}

void seen_sort(struct seen *seen)
{
    size_t i;

    for (i = 0; i < seen->count; i++)
        if (seen->groups[i].count > 1)
            qsort(seen->groups[i].lines, seen->groups[i].count, sizeof(char *), by_bytes);
    if (seen->count > 1)
        qsort(seen->groups, seen->count, sizeof(struct seen_group), by_name);
}

/* With lengths, so that no two of them give one text. */
static void add_measured(struct text *text, const char *string)
{
    size_t length = strlen(string);

    text_add(text, "%zu:", length);
    text_add_bytes(text, string, length);
}

void seen_digest(const struct seen *seen, char ret_hex[65])
{
    struct text text = {0};
    size_t i, j;

    add_measured(&text, seen->system_identifier ? seen->system_identifier : "");
    for (i = 0; i < seen->count; i++) {
        const struct seen_group *group = &seen->groups[i];

        text_add_string(&text, "\n");
        add_measured(&text, group->where);
        add_measured(&text, group->part);
        for (j = 0; j < group->count; j++)
            add_measured(&text, group->lines[j]);
    }
    digest_sha256(text_string(&text), text.length, ret_hex);
    text_free(&text);
}

/* --- differences ------------------------------------------------------------------------------ */

struct telling {
    struct text *out;
    size_t count, told;
};

/* One line, of which nothing breaks the message: names may hold anything. */
static void add_line(struct text *text, const char *line)
{
    size_t length = strlen(line), cut = length, i;

    if (length > LINE_MAX_BYTES)
        for (cut = LINE_MAX_BYTES; cut > 0 && ((unsigned char) line[cut] & 0xC0) == 0x80;)
            cut--; /* not inside a character */
    for (i = 0; i < cut; i++)
        text_add_bytes(text, (unsigned char) line[i] < ' ' ? "?" : &line[i], 1);
    if (cut < length)
        text_add_string(text, "...");
}

static void tell(struct telling *telling, const char *who, const struct seen_group *group,
                 const char *line)
{
    struct text text = {0};

    telling->count++;
    text_add(&text, "%sonly %s: ", telling->told ? "; " : "", who);
    add_line(&text, group->where);
    text_add(&text, ", %s: ", group->part);
    add_line(&text, line);
    if (telling->told + 1 == telling->count && telling->told < TOLD_MAX &&
        telling->out->length + text.length <= ALL_MAX_BYTES) {
        text_add_bytes(telling->out, text_string(&text), text.length);
        telling->told++;
    }
    text_free(&text);
}

/* One of them may be NULL: a group that only the other has. */
static void compare_lines(struct telling *telling, const struct seen_group *plan,
                          const struct seen_group *now)
{
    size_t a = 0, b = 0, plan_count = plan ? plan->count : 0, now_count = now ? now->count : 0;

    if (!plan && now_count == 0)
        tell(telling, "now", now, "(nothing in it)");
    if (!now && plan_count == 0)
        tell(telling, "in plan", plan, "(nothing in it)");
    while (a < plan_count || b < now_count) {
        int order = a == plan_count  ? 1
                    : b == now_count ? -1
                                     : strcmp(plan->lines[a], now->lines[b]);

        if (order < 0)
            tell(telling, "in plan", plan, plan->lines[a]);
        else if (order > 0)
            tell(telling, "now", now, now->lines[b]);
        a += order <= 0;
        b += order >= 0;
    }
}

size_t seen_difference(const struct seen *plan, const struct seen *now, struct text *out)
{
    struct telling telling = {.out = out};
    size_t a = 0, b = 0;

    while (a < plan->count || b < now->count) {
        int order = a == plan->count  ? 1
                    : b == now->count ? -1
                                      : compare_groups(&plan->groups[a], &now->groups[b]);

        compare_lines(&telling, order <= 0 ? &plan->groups[a] : NULL,
                      order >= 0 ? &now->groups[b] : NULL);
        a += order <= 0;
        b += order >= 0;
    }
    if (telling.told < telling.count)
        text_add(out, "%s%zu more", telling.told ? "; and " : "", telling.count - telling.told);
    return telling.count;
}
