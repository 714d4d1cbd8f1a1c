#include "plans_shape.h"

#include "../cutover/base/text.h"

#include <cjson/cJSON.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALTERNATIVES_MAX 4
#define DISABLED_COST 1e10 /* src/backend/optimizer/path/costsize.c, disable_cost */

/* Up to 13 a plan has both subplans among which the executor chooses; later ones have one. */
struct alternatives {
    unsigned subplans[ALTERNATIVES_MAX][2]; /* their numbers */
    size_t count;
};

struct reading {
    struct plan_shape *shape;
    struct text form;
    size_t capacity;
    size_t own, foreign; /* relations: of catalogs, of others */
    unsigned left_out[ALTERNATIVES_MAX];
    size_t left_out_count;
};

static const char *string_of(const cJSON *node, const char *key)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(node, key));

    return value ? value : "";
}

static bool is_type(const cJSON *node, const char *type)
{
    return strcmp(string_of(node, "Node Type"), type) == 0;
}

static const cJSON *children(const cJSON *node)
{
    return cJSON_GetObjectItemCaseSensitive(node, "Plans");
}

/* Subplans are attached to a node; its inputs are what it works on. */
static bool is_subplan(const cJSON *node)
{
    const char *relationship = string_of(node, "Parent Relationship");

    return strcmp(relationship, "InitPlan") == 0 || strcmp(relationship, "SubPlan") == 0;
}

static bool is_init_plan(const cJSON *node)
{
    return strcmp(string_of(node, "Parent Relationship"), "InitPlan") == 0;
}

/* The one that it works on, where it has nothing else but InitPlans. */
static const cJSON *only_input(const cJSON *node)
{
    const cJSON *child, *inputs = children(node), *input = NULL;

    cJSON_ArrayForEach(child, inputs)
    {
        if (is_init_plan(child))
            continue;
        if (input || is_subplan(child))
            return NULL;
        input = child;
    }
    return input;
}

/* Its only input, where the node itself says nothing; NULL: it does say something. Releases before
   12 keep an Append of one input; later ones hand its InitPlans to that
   (src/backend/optimizer/plan/setrefs.c, clean_up_removed_plan_level). */
static const cJSON *behind(const cJSON *node)
{
    const cJSON *input = only_input(node);
    const cJSON *removed = cJSON_GetObjectItemCaseSensitive(node, "Subplans Removed");

    if (!input)
        return NULL;
    if (is_type(node, "Subquery Scan") ||
        (is_type(node, "Result") && !cJSON_HasObjectItem(node, "One-Time Filter")) ||
        ((is_type(node, "Append") || is_type(node, "Merge Append")) &&
         !(cJSON_IsNumber(removed) && removed->valuedouble > 0)))
        return input;
    return NULL;
}

static const char *aggregate_name(const cJSON *node)
{
    const char *strategy = string_of(node, "Strategy");

    return strcmp(strategy, "Sorted") == 0   ? "GroupAggregate"
           : strcmp(strategy, "Hashed") == 0 ? "HashAggregate"
           : strcmp(strategy, "Mixed") == 0  ? "MixedAggregate"
                                             : "Aggregate";
}

static bool is_join(const cJSON *node)
{
    return is_type(node, "Nested Loop") || is_type(node, "Hash Join") ||
           is_type(node, "Merge Join");
}

/* "Hash Left Join", as people know it. */
static void add_join(struct text *text, const cJSON *node)
{
    const char *type = string_of(node, "Join Type");
    bool is_inner = !*type || strcmp(type, "Inner") == 0;

    if (is_type(node, "Nested Loop"))
        text_add(text, "Nested Loop%s%s%s", is_inner ? "" : " ", is_inner ? "" : type,
                 is_inner ? "" : " Join");
    else
        text_add(text, "%s%s%s Join", is_type(node, "Hash Join") ? "Hash" : "Merge",
                 is_inner ? "" : " ", is_inner ? "" : type);
}

static void add_kind(struct text *text, const cJSON *node)
{
    const char *mode = string_of(node, "Partial Mode");

    if (strcmp(mode, "Partial") == 0 || strcmp(mode, "Finalize") == 0)
        text_add(text, "%s ", mode);
    if (cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(node, "Parallel Aware")))
        text_add_string(text, "Parallel ");
    if (is_join(node))
        add_join(text, node);
    else if (is_type(node, "Aggregate"))
        text_add_string(text, aggregate_name(node));
    else if (is_type(node, "SetOp"))
        text_add(text, "%sSetOp %s",
                 strcmp(string_of(node, "Strategy"), "Hashed") == 0 ? "Hash" : "",
                 string_of(node, "Command"));
    else if (is_type(node, "ModifyTable"))
        text_add_string(text, string_of(node, "Operation"));
    else
        text_add_string(text, string_of(node, "Node Type"));
    if (*string_of(node, "Custom Plan Provider"))
        text_add(text, " (%s)", string_of(node, "Custom Plan Provider"));
}

/* What it reads that is no relation. */
static const char *source_of(const cJSON *node)
{
    static const char *const keys[] = {"Function Name", "CTE Name", "Tuplestore Name",
                                       "Table Function Name"};
    size_t i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (*string_of(node, keys[i]))
            return string_of(node, keys[i]);
    return "";
}

static char *relation_of(const cJSON *node)
{
    struct text text = {0};
    const char *schema = string_of(node, "Schema"), *name = string_of(node, "Relation Name");

    if (!*name)
        return NULL;
    text_add(&text, "%s%s%s", schema, *schema ? "." : "", name);
    return text_take(&text);
}

static enum plan_label_kind kind_of(const cJSON *node, bool has_relation)
{
    if (is_join(node))
        return LABEL_JOIN;
    if (is_type(node, "Bitmap Index Scan") || is_type(node, "Hash") || is_type(node, "BitmapAnd") ||
        is_type(node, "BitmapOr"))
        return LABEL_HELPER;
    return has_relation && !is_type(node, "ModifyTable") ? LABEL_ACCESS : LABEL_OTHER;
}

static const struct plan_label *keep_label(struct reading *reading, const struct plan_label *label)
{
    struct plan_shape *shape = reading->shape;

    if (shape->label_count == reading->capacity) {
        reading->capacity = reading->capacity ? 2 * reading->capacity : 16;
        shape->labels = memory_grow(shape->labels, reading->capacity * sizeof(*shape->labels));
    }
    shape->labels[shape->label_count] = *label;
    return &shape->labels[shape->label_count++];
}

static void note_relation(struct reading *reading, const cJSON *node)
{
    const char *schema = string_of(node, "Schema");

    if (strcmp(schema, "pg_catalog") == 0 || strcmp(schema, "pg_toast") == 0 ||
        strcmp(schema, "information_schema") == 0)
        reading->own++;
    else
        reading->foreign++;
}

static const struct plan_label *add_label(struct reading *reading, const cJSON *node)
{
    const char *index = string_of(node, "Index Name");
    struct plan_label label = {.relation = relation_of(node)};
    struct text text = {0};

    add_kind(&text, node);
    if (*index)
        text_add(&text, " %s %s", is_type(node, "Bitmap Index Scan") ? "on" : "using", index);
    if (label.relation)
        text_add(&text, " on %s", label.relation);
    else if (*source_of(node))
        text_add(&text, " on %s", source_of(node));
    label.text = text_take(&text);
    label.kind = kind_of(node, label.relation != NULL);
    if (label.relation)
        note_relation(reading, node);
    if (is_type(node, "ModifyTable") || is_type(node, "LockRows"))
        reading->shape->writes = true;
    return keep_label(reading, &label);
}

static void add_node(struct reading *reading, const cJSON *node);

static bool is_left_out(const struct reading *reading, const cJSON *node)
{
    size_t i;

    for (i = 0; i < reading->left_out_count; i++) {
        char name[32];

        snprintf(name, sizeof(name), "SubPlan %u", reading->left_out[i]);
        if (strcmp(string_of(node, "Subplan Name"), name) == 0)
            return true;
    }
    return false;
}

static void add_init_plans(struct reading *reading, const cJSON *node)
{
    const cJSON *child, *inputs = children(node);

    cJSON_ArrayForEach(child, inputs)
    {
        if (is_init_plan(child))
            add_node(reading, child);
    }
}

/* From 18 on a SetOp has its inputs itself, before they stand in an Append. */
static void add_inputs(struct reading *reading, const cJSON *node)
{
    const cJSON *child, *inputs = children(node);
    size_t count = 0;
    bool is_split;

    cJSON_ArrayForEach(child, inputs) count += !is_subplan(child);
    /* up to 13 each table of an inherited UPDATE has an input of its own: an Append behind it */
    is_split = is_type(node, "ModifyTable") && count > 1;
    add_init_plans(reading, node);
    if (is_split) {
        struct plan_label append = {.kind = LABEL_OTHER, .text = memory_copy("Append")};

        text_add(&reading->form, "(%s", keep_label(reading, &append)->text);
    }
    cJSON_ArrayForEach(child, inputs)
    {
        if (is_init_plan(child) || is_left_out(reading, child))
            continue;
        if (is_type(node, "SetOp") && count == 1 && is_type(child, "Append"))
            add_inputs(reading, child);
        else
            add_node(reading, child);
    }
    if (is_split)
        text_add_string(&reading->form, ")");
}

/* Names of subplans are numbers, and written otherwise from 17 on; a CTE's is its own. */
static void add_relationship(struct reading *reading, const cJSON *node)
{
    const char *name = string_of(node, "Subplan Name");

    if (strncmp(name, "CTE ", 4) == 0)
        text_add(&reading->form, "%s: ", name);
    else if (is_subplan(node))
        text_add(&reading->form, "%s: ", string_of(node, "Parent Relationship"));
}

static void add_node(struct reading *reading, const cJSON *node)
{
    const cJSON *outer = node, *next;

    text_add_string(&reading->form, "(");
    add_relationship(reading, node);
    while ((next = behind(node)))
        node = next;
    text_add_string(&reading->form, add_label(reading, node)->text);
    for (; outer != node; outer = behind(outer))
        add_init_plans(reading, outer);
    add_inputs(reading, node);
    text_add_string(&reading->form, ")");
}

static struct alternatives alternatives_in(const char *json)
{
    static const char sign[] = "(alternatives: SubPlan ";
    struct alternatives found = {0};
    unsigned a, b;
    size_t i;

    for (; (json = strstr(json, sign)) && found.count < ALTERNATIVES_MAX; json++) {
        if (sscanf(json, "(alternatives: SubPlan %u or hashed SubPlan %u)", &a, &b) != 2)
            continue;
        for (i = 0; i < found.count && found.subplans[i][0] != a; i++)
            continue; /* nodes above it tell the expression again */
        found.subplans[i][0] = a;
        found.subplans[i][1] = b;
        found.count += i == found.count;
    }
    return found;
}

/* Rules make several plans of one statement. Bit n of `choice`: which of the n-th alternatives is
   left out. */
static bool read_as(const cJSON *root, const struct alternatives *alternatives, unsigned choice,
                    struct plan_shape *ret_shape)
{
    struct plan_shape shape = {0};
    struct reading reading = {.shape = &shape, .left_out_count = alternatives->count};
    const cJSON *each;
    bool good = cJSON_IsArray(root) && root->child;
    size_t i;

    for (i = 0; i < alternatives->count; i++)
        reading.left_out[i] = alternatives->subplans[i][!(choice >> i & 1)];
    cJSON_ArrayForEach(each, root)
    {
        const cJSON *plan = cJSON_GetObjectItemCaseSensitive(each, "Plan");
        const cJSON *cost = cJSON_GetObjectItemCaseSensitive(plan, "Total Cost");

        good = good && cJSON_IsNumber(cost) && *string_of(plan, "Node Type");
        if (!good)
            break;
        add_node(&reading, plan);
        shape.cost += cost->valuedouble;
    }
    shape.form = text_take(&reading.form);
    shape.is_catalog = reading.own && !reading.foreign;
    if (good)
        *ret_shape = shape;
    else
        plan_shape_free(&shape);
    return good;
}

bool plan_shape_read(const char *json, struct plan_shape *ret_shape)
{
    cJSON *root = cJSON_Parse(json);
    struct alternatives alternatives = alternatives_in(json);
    struct plan_shape shape = {0};
    size_t count = ((size_t) 1 << alternatives.count) - 1;
    bool good = read_as(root, &alternatives, 0, &shape);

    if (good && count)
        shape.others = memory_new(count * sizeof(*shape.others));
    while (good && shape.other_count < count) {
        good = read_as(root, &alternatives, (unsigned) shape.other_count + 1,
                       &shape.others[shape.other_count]);
        shape.other_count += good;
    }
    if (good)
        shape.settings = cJSON_DetachItemFromObjectCaseSensitive(root->child, "Settings");
    cJSON_Delete(root);
    if (good)
        *ret_shape = shape;
    else
        plan_shape_free(&shape);
    return good;
}

void plan_shape_forget_disabled(struct plan_shape *shape)
{
    bool is_disabled = !shape->settings; /* releases before 12 do not tell them */
    const cJSON *item;

    cJSON_ArrayForEach(item, shape->settings)
    {
        const char *value = cJSON_GetStringValue(item);

        is_disabled = is_disabled || (strncmp(item->string, "enable_", 7) == 0 &&
                                      strcmp(item->string, "enable_partition_pruning") != 0 &&
                                      value && strcmp(value, "off") == 0);
    }
    if (is_disabled && shape->cost / DISABLED_COST < (double) INT32_MAX)
        shape->cost -= DISABLED_COST * (double) (int64_t) (shape->cost / DISABLED_COST);
}

void plan_shape_free(struct plan_shape *shape)
{
    size_t i;

    if (!shape)
        return;
    for (i = 0; i < shape->label_count; i++) {
        free(shape->labels[i].text);
        free(shape->labels[i].relation);
    }
    for (i = 0; i < shape->other_count; i++)
        plan_shape_free(&shape->others[i]);
    free(shape->others);
    free(shape->labels);
    free(shape->form);
    cJSON_Delete(shape->settings);
    memset(shape, 0, sizeof(*shape));
}

bool plan_time_read(const char *json, double *ret_ms)
{
    cJSON *root = cJSON_Parse(json);
    const cJSON *each;
    bool good = cJSON_IsArray(root) && root->child;
    double ms = 0;

    cJSON_ArrayForEach(each, root)
    {
        const cJSON *time = cJSON_GetObjectItemCaseSensitive(each, "Execution Time");

        good = good && cJSON_IsNumber(time);
        ms += good ? time->valuedouble : 0;
    }
    if (good)
        *ret_ms = ms;
    cJSON_Delete(root);
    return good;
}
