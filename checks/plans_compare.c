#include "plans_compare.h"

#include "../cutover/base/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define CHANGES_MAX 4

/* --- what stands in the place of what ----------------------------------------------------------
 */

/* Labels that only one of two plans has. */
struct rest {
    const struct plan_label **labels;
    size_t count;
};

static int compare_labels(const void *a, const void *b)
{
    const struct plan_label *const *left = a, *const *right = b;

    if ((*left)->kind != (*right)->kind)
        return (*left)->kind < (*right)->kind ? -1 : 1;
    return strcmp((*left)->text, (*right)->text);
}

static struct rest sorted(const struct plan_shape *shape)
{
    struct rest rest = {.count = shape->label_count};
    size_t i;

    rest.labels = memory_new((rest.count + 1) * sizeof(*rest.labels));
    for (i = 0; i < rest.count; i++)
        rest.labels[i] = &shape->labels[i];
    qsort(rest.labels, rest.count, sizeof(*rest.labels), compare_labels);
    return rest;
}

/* Takes away from both what both have. */
static void strike_out(struct rest *a, struct rest *b)
{
    size_t i = 0, j = 0, a_kept = 0, b_kept = 0;

    while (i < a->count || j < b->count) {
        int order = i == a->count   ? 1
                    : j == b->count ? -1
                                    : compare_labels(&a->labels[i], &b->labels[j]);

        if (order < 0) {
            a->labels[a_kept++] = a->labels[i++];
        } else if (order > 0) {
            b->labels[b_kept++] = b->labels[j++];
        } else {
            i++;
            j++;
        }
    }
    a->count = a_kept;
    b->count = b_kept;
}

static void add_change(struct plan_difference *difference, const char *blue, const char *green)
{
    struct plan_change *change;

    if (difference->change_count == CHANGES_MAX) {
        difference->more_changes++;
        return;
    }
    if (!difference->changes)
        difference->changes = memory_new(CHANGES_MAX * sizeof(*difference->changes));
    change = &difference->changes[difference->change_count++];
    change->blue = memory_copy(blue);
    change->green = memory_copy(green);
}

/* Takes the first one of that kind, and of that relation if it is an access. */
static const struct plan_label *take_partner(struct rest *rest, const struct plan_label *label)
{
    size_t i;

    for (i = 0; i < rest->count; i++) {
        const struct plan_label *other = rest->labels[i];

        if (!other || other->kind != label->kind ||
            (label->kind == LABEL_ACCESS && !string_equal(other->relation, label->relation)))
            continue;
        rest->labels[i] = NULL;
        return other;
    }
    return NULL;
}

/* One kind of nodes: first those for which there is another in their place. */
static void add_changes_of(struct plan_difference *difference, struct rest *gone, struct rest *came,
                           enum plan_label_kind kind)
{
    size_t i;

    for (i = 0; i < gone->count; i++) {
        const struct plan_label *other;

        if (!gone->labels[i] || gone->labels[i]->kind != kind)
            continue;
        if (!(other = take_partner(came, gone->labels[i])))
            continue;
        add_change(difference, gone->labels[i]->text, other->text);
        gone->labels[i] = NULL;
    }
    for (i = 0; i < gone->count; i++)
        if (gone->labels[i] && gone->labels[i]->kind == kind)
            add_change(difference, gone->labels[i]->text, NULL);
    for (i = 0; i < came->count; i++)
        if (came->labels[i] && came->labels[i]->kind == kind)
            add_change(difference, NULL, came->labels[i]->text);
}

static void add_order(struct text *text, const struct plan_shape *shape)
{
    size_t i;

    text_add_string(text, "in the order ");
    for (i = 0; i < shape->label_count; i++)
        if (shape->labels[i].relation && shape->labels[i].kind == LABEL_ACCESS)
            text_add(text, "%s, ", shape->labels[i].relation);
    text->data[text->length -= 2] = '\0';
}

/* The same nodes, otherwise put together. */
static void add_other_order(struct plan_difference *difference, const struct plan_shape *blue,
                            const struct plan_shape *green)
{
    struct text was = {0}, is = {0};

    add_order(&was, blue);
    add_order(&is, green);
    if (strcmp(text_string(&was), text_string(&is)) != 0)
        add_change(difference, text_string(&was), text_string(&is));
    else
        add_change(difference, "the same nodes", "put together otherwise");
    text_free(&was);
    text_free(&is);
}

static void find_changes(struct plan_difference *difference, const struct plan_shape *blue,
                         const struct plan_shape *green)
{
    struct rest gone = sorted(blue), came = sorted(green);
    int kind;

    strike_out(&gone, &came);
    for (kind = LABEL_ACCESS; kind < LABEL_HELPER; kind++)
        add_changes_of(difference, &gone, &came, (enum plan_label_kind) kind);
    if (!difference->change_count)
        add_changes_of(difference, &gone, &came, LABEL_HELPER);
    if (!difference->change_count)
        add_other_order(difference, blue, green);
    free(gone.labels);
    free(came.labels);
}

/* --- settings ----------------------------------------------------------------------------------
 */

static const char *setting_of(const cJSON *settings, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(settings, name));
}

static void add_setting(struct plan_difference *difference, const char *name, const char *blue,
                        const char *green)
{
    size_t count = difference->setting_count++;

    difference->settings =
        memory_grow(difference->settings, difference->setting_count * sizeof(struct plan_setting));
    difference->settings[count] =
        (struct plan_setting){memory_copy(name), memory_copy(blue), memory_copy(green)};
}

static void find_settings(struct plan_difference *difference, const cJSON *blue, const cJSON *green)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, blue)
    {
        const char *theirs = setting_of(green, item->string), *ours = cJSON_GetStringValue(item);

        if (!string_equal(ours, theirs))
            add_setting(difference, item->string, ours, theirs);
    }
    cJSON_ArrayForEach(item, green)
    {
        if (!setting_of(blue, item->string))
            add_setting(difference, item->string, NULL, cJSON_GetStringValue(item));
    }
}

/* --- all of it ---------------------------------------------------------------------------------
 */

static double ratio(double blue, double green, double least)
{
    return (green > least ? green : least) / (blue > least ? blue : least);
}

/* Is there a choice of the executor with which both are the same? */
static bool is_same_form(const struct plan_shape *blue, const struct plan_shape *green)
{
    size_t i;

    if (strcmp(blue->form, green->form) == 0)
        return true;
    for (i = 0; i < blue->other_count; i++)
        if (is_same_form(&blue->others[i], green))
            return true;
    for (i = 0; i < green->other_count; i++)
        if (is_same_form(blue, &green->others[i]))
            return true;
    return false;
}

void plan_compare(const struct plan_shape *blue, const struct plan_shape *green, double blue_ms,
                  double green_ms, struct plan_difference *ret_difference)
{
    struct plan_difference difference = {.blue_cost = blue->cost,
                                         .green_cost = green->cost,
                                         .blue_ms = blue_ms,
                                         .green_ms = green_ms};

    difference.is_of_time = blue_ms >= 0 && green_ms >= 0;
    difference.shape_changed = !is_same_form(blue, green);
    difference.cost_grew = ratio(blue->cost, green->cost, 0.01) > PLANS_FACTOR &&
                           green->cost - blue->cost > PLANS_DEARER;
    difference.time_grew = difference.is_of_time && green_ms > PLANS_FACTOR * blue_ms &&
                           green_ms - blue_ms > PLANS_SLOWER_MS;
    difference.factor = difference.is_of_time ? ratio(blue_ms, green_ms, 0.01)
                                              : ratio(blue->cost, green->cost, 0.01);
    if (difference.shape_changed)
        find_changes(&difference, blue, green);
    /* releases before 12 do not tell them */
    if (blue->settings && green->settings)
        find_settings(&difference, blue->settings, green->settings);
    *ret_difference = difference;
}

void plan_difference_free(struct plan_difference *difference)
{
    size_t i;

    if (!difference)
        return;
    for (i = 0; i < difference->change_count; i++) {
        free(difference->changes[i].blue);
        free(difference->changes[i].green);
    }
    for (i = 0; i < difference->setting_count; i++) {
        free(difference->settings[i].name);
        free(difference->settings[i].blue);
        free(difference->settings[i].green);
    }
    free(difference->changes);
    free(difference->settings);
    memset(difference, 0, sizeof(*difference));
}

bool plan_is_worse(const struct plan_difference *difference)
{
    return difference->is_of_time ? difference->time_grew : difference->cost_grew;
}

bool plan_is_flip(const struct plan_difference *difference)
{
    return difference->shape_changed || plan_is_worse(difference);
}

double plan_weight(const struct plan_difference *difference, double total_ms)
{
    return (difference->factor - 1) * (total_ms >= 0 ? total_ms : difference->blue_cost);
}

double plans_median(const double values[PLANS_RUNS])
{
    double a = values[0], b = values[1], c = values[2];
    double low = a < b ? a : b, high = a < b ? b : a;

    return c < low ? low : c > high ? high : c;
}
