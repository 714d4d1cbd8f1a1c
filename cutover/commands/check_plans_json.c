/* What check --plans found, as docs/schemas/check-plans.json says. */
#include "check_plans.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

/* NULL where there is nothing: never left out. */
static void add_string(cJSON *object, const char *key, const char *value)
{
    struct text text = {0};

    if (!value) {
        cJSON_AddNullToObject(object, key);
        return;
    }
    text_add_valid(&text, value); /* of a database in SQL_ASCII it may be anything */
    cJSON_AddStringToObject(object, key, text_string(&text));
    text_free(&text);
}

/* Below 0: not known. */
static void add_number(cJSON *object, const char *key, double value)
{
    if (value < 0)
        cJSON_AddNullToObject(object, key);
    else
        cJSON_AddNumberToObject(object, key, value);
}

static void add_pair(cJSON *object, const char *key, double blue, double green)
{
    cJSON *pair;

    if (blue < 0 || green < 0) {
        cJSON_AddNullToObject(object, key);
        return;
    }
    pair = cJSON_AddObjectToObject(object, key);
    cJSON_AddNumberToObject(pair, "blue", blue);
    cJSON_AddNumberToObject(pair, "green", green);
}

/* Which statement it is. */
static cJSON *item_json(const struct plan_item *item)
{
    cJSON *object = cJSON_CreateObject();

    add_string(object, "database", item->database);
    add_string(object, "user", item->user);
    add_string(object, "queryid", item->queryid);
    if (item->line)
        cJSON_AddNumberToObject(object, "line", (double) item->line);
    else
        cJSON_AddNullToObject(object, "line");
    add_string(object, "statement", item->text);
    add_number(object, "calls", item->calls);
    add_number(object, "total_ms", item->total_ms);
    add_number(object, "mean_ms", item->calls > 0 ? item->total_ms / item->calls : -1);
    add_number(object, "share", item->share);
    return object;
}

static void add_difference(cJSON *object, const struct plan_difference *difference)
{
    cJSON *array = cJSON_AddArrayToObject(object, "changes"), *entry;
    size_t i;

    for (i = 0; i < difference->change_count; i++) {
        cJSON_AddItemToArray(array, entry = cJSON_CreateObject());
        add_string(entry, "blue", difference->changes[i].blue);
        add_string(entry, "green", difference->changes[i].green);
    }
    cJSON_AddNumberToObject(object, "more_changes", (double) difference->more_changes);
    array = cJSON_AddArrayToObject(object, "settings");
    for (i = 0; i < difference->setting_count; i++) {
        cJSON_AddItemToArray(array, entry = cJSON_CreateObject());
        add_string(entry, "name", difference->settings[i].name);
        add_string(entry, "blue", difference->settings[i].blue);
        add_string(entry, "green", difference->settings[i].green);
    }
}

static cJSON *compared_json(const struct plan_item *item)
{
    const struct plan_difference *difference = &item->difference;
    cJSON *object = item_json(item), *array;
    size_t i;

    cJSON_AddBoolToObject(object, "shape_changed", difference->shape_changed);
    cJSON_AddBoolToObject(object, "cost_grew", difference->cost_grew);
    cJSON_AddBoolToObject(object, "time_grew", difference->time_grew);
    cJSON_AddBoolToObject(object, "worse", plan_is_worse(difference));
    cJSON_AddNumberToObject(object, "factor", difference->factor);
    cJSON_AddStringToObject(object, "factor_of", difference->is_of_time ? "time" : "cost");
    cJSON_AddNumberToObject(object, "weight", item->weight);
    add_pair(object, "cost", difference->blue_cost, difference->green_cost);
    add_pair(object, "time_ms", difference->blue_ms, difference->green_ms);
    cJSON_AddBoolToObject(object, "green_timed_out", item->green_timed_out);
    add_string(object, "not_run", item->not_run);
    add_difference(object, difference);
    array = cJSON_AddArrayToObject(object, "never_analyzed");
    for (i = 0; i < item->unanalyzed_count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(item->unanalyzed[i]));
    return object;
}

static cJSON *not_compared_json(const struct plan_item *item)
{
    cJSON *object = item_json(item);

    add_string(object, "reason", item->reason);
    cJSON_AddBoolToObject(object, "fails_on_green", item->fails_on_green);
    return object;
}

static void add_items(cJSON *root, const struct plans *plans)
{
    cJSON *flips = cJSON_AddArrayToObject(root, "flips");
    cJSON *others = cJSON_AddArrayToObject(root, "unchanged");
    cJSON *not_compared = cJSON_AddArrayToObject(root, "not_compared");
    size_t i;

    for (i = 0; i < plans->count; i++) {
        const struct plan_item *item = &plans->items[i];

        if (item->result == PLAN_COMPARED)
            cJSON_AddItemToArray(plans_is_flip(item) ? flips : others, compared_json(item));
        else if (item->result == PLAN_NOT_COMPARED)
            cJSON_AddItemToArray(not_compared, not_compared_json(item));
    }
}

static void add_counts(cJSON *root, const struct plans *plans)
{
    struct plans_counts counts = plans_count(plans);
    cJSON *object = cJSON_AddObjectToObject(root, "counts");

    cJSON_AddNumberToObject(object, "statements", (double) plans->count);
    cJSON_AddNumberToObject(object, "databases", (double) counts.databases);
    cJSON_AddNumberToObject(object, "compared", (double) counts.compared);
    cJSON_AddNumberToObject(object, "flips", (double) counts.flips);
    cJSON_AddNumberToObject(object, "worse", (double) counts.worse);
    cJSON_AddNumberToObject(object, "not_compared", (double) counts.not_compared);
    cJSON_AddNumberToObject(object, "fail_on_green", (double) counts.fail_on_green);
    cJSON_AddNumberToObject(object, "left_out", (double) counts.left_out);
    cJSON_AddNumberToObject(object, "run", (double) counts.run);
    cJSON_AddNumberToObject(object, "not_run", (double) counts.not_run);
}

void plans_print_json(const struct plans *plans)
{
    cJSON *root = cJSON_CreateObject();
    char *text;

    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "command", "check --plans");
    add_string(root, "program_version", PGCUTOVER_VERSION);
    add_string(root, "cluster", plans->procedure.config->cluster_name);
    cJSON_AddNumberToObject(root, "blue_version_num", (double) plans->blue_version);
    cJSON_AddNumberToObject(root, "green_version_num", (double) plans->green_version);
    cJSON_AddNumberToObject(root, "exit_code", EXIT_DONE);
    cJSON_AddStringToObject(root, "source", plans->read_in ? "pg_stat_statements" : "file");
    add_string(root, "read_in", plans->read_in);
    cJSON_AddBoolToObject(root, "green_analyzed", plans->is_analyzed);
    cJSON_AddBoolToObject(root, "run", plans->runs);
    cJSON_AddNumberToObject(root, "limit_factor", PLANS_FACTOR);
    add_counts(root, plans);
    add_items(root, plans);
    text = cJSON_Print(root);
    puts(text);
    free(text);
    cJSON_Delete(root);
}
