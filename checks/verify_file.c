/*
 * DIRECTORY/verify.json: what is done, so that the next verification goes on, and what the last one
 * that came to its end found. Written beside and renamed, so it is whole or the one before.
 */
#include "verify_internal.h"

#include "../cutover/base/text.h"
#include "json_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct json_file verify_json = {
    .name = "verify",
    .hint = "verify keeps its progress in the run directory: it must be writable",
    .busy = "another verify is at work",
    .busy_hint = "wait for it to end",
    .schema_version = 1,
    .size_max = 256 * 1024 * 1024,
};

bool verify_file_lock(struct verify *verify, struct fault *fault)
{
    return json_file_lock(&verify_json, verify->options.directory, "beginning to verify",
                          &verify->lock, fault);
}

/* --- writing ---------------------------------------------------------------------------------- */

static void add_number(cJSON *object, const char *name, int64_t value)
{
    cJSON_AddNumberToObject(object, name, (double) value);
}

static void add_finding(cJSON *list, const struct verify_finding *finding)
{
    cJSON *item = cJSON_CreateObject();

    cJSON_AddStringToObject(item, "weight", verify_weight_name(finding->weight));
    cJSON_AddStringToObject(item, "database", finding->database);
    cJSON_AddStringToObject(item, "object", finding->object);
    if (finding->key)
        cJSON_AddStringToObject(item, "key", finding->key);
    cJSON_AddStringToObject(item, "what", finding->what);
    cJSON_AddItemToArray(list, item);
}

static void add_table(cJSON *list, const struct verify_table *table)
{
    cJSON *item;
    char *key;

    if (!table->is_done && !table->finished && !table->finished_upto)
        return;
    item = cJSON_CreateObject();
    key = verify_key_columns(&table->keys);
    cJSON_AddStringToObject(item, "database", table->database->name);
    cJSON_AddStringToObject(item, "schema", table->schema);
    cJSON_AddStringToObject(item, "table", table->name);
    cJSON_AddStringToObject(item, "key", key);
    cJSON_AddBoolToObject(item, "is_done", table->is_done);
    add_number(item, "rows", table->finished_rows);
    add_number(item, "listed", (int64_t) table->listed);
    add_number(item, "differing", (int64_t) table->differing);
    add_number(item, "unlisted", (int64_t) table->unlisted);
    if (table->finished_upto)
        cJSON_AddStringToObject(item, "upto", table->finished_upto);
    cJSON_AddItemToArray(list, item);
    free(key);
}

/* What an interrupted one must have in common with the next to be gone on with. */
static char *purpose(const struct verify *verify)
{
    const struct verify_options *options = &verify->options;
    struct text text = {0};
    size_t i;

    text_add(&text, "%s to %s%s", options->publisher.name, options->subscriber.name,
             options->show_rows ? ", rows shown" : "");
    for (i = 0; options->is_part && i < options->database_count; i++)
        text_add(&text, ", database %s", options->databases[i].name);
    for (i = 0; i < options->table_count; i++)
        text_add(&text, ", table %s", options->tables[i]);
    return text_take(&text);
}

static cJSON *result_of(const struct verify *verify, const struct verify_progress *progress)
{
    cJSON *last = cJSON_CreateObject();

    add_number(last, "started_us", verify->started_us);
    add_number(last, "ended_us", verify->ended_us);
    cJSON_AddBoolToObject(last, "is_equal", !progress->different && !progress->undecided);
    cJSON_AddBoolToObject(last, "is_part", verify->options.is_part);
    add_number(last, "tables", (int64_t) progress->tables_done);
    add_number(last, "rows", progress->rows);
    add_number(last, "different", (int64_t) progress->different);
    add_number(last, "undecided", (int64_t) progress->undecided);
    cJSON_AddStringToObject(last, "publisher", verify->options.publisher.name);
    cJSON_AddStringToObject(last, "subscriber", verify->options.subscriber.name);
    return last;
}

static cJSON *content(struct verify *verify, bool has_ended)
{
    cJSON *root = cJSON_CreateObject(),
          *before = json_file_read(&verify_json, verify->options.directory), *list;
    char *about = purpose(verify);
    struct verify_progress progress;
    size_t i;

    verify_progress(verify, &progress);
    add_number(root, "schema_version", verify_json.schema_version);
    /* of one that is not at its end the result before stays */
    if (has_ended)
        cJSON_AddItemToObject(root, "last", result_of(verify, &progress));
    else if (cJSON_GetObjectItem(before, "last"))
        cJSON_AddItemToObject(root, "last", cJSON_DetachItemFromObject(before, "last"));
    if (!has_ended) {
        cJSON_AddStringToObject(root, "purpose", about);
        add_number(root, "started_us", verify->started_us);
        list = cJSON_AddArrayToObject(root, "tables");
        for (i = 0; i < verify->table_count; i++)
            add_table(list, &verify->tables[i]);
    }
    list = cJSON_AddArrayToObject(root, "findings");
    for (i = 0; i < verify->finding_count; i++)
        add_finding(list, &verify->findings[i]);
    cJSON_Delete(before);
    free(about);
    return root;
}

bool verify_file_write(struct verify *verify, bool has_ended, struct fault *fault)
{
    cJSON *root = content(verify, has_ended);
    bool good = json_file_write(&verify_json, verify->options.directory,
                                "keeping what was verified", root, fault);

    cJSON_Delete(root);
    return good;
}

/* --- going on --------------------------------------------------------------------------------- */

static const char *string_of(const cJSON *object, const char *name)
{
    const char *value = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    return value ? value : "";
}

static int64_t number_of(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItem(object, name);

    return cJSON_IsNumber(item) ? (int64_t) item->valuedouble : 0;
}

void verify_file_read(struct verify *verify)
{
    cJSON *root =
        verify->options.restart ? NULL : json_file_read(&verify_json, verify->options.directory);
    char *about = purpose(verify);

    if (root && cJSON_GetObjectItem(root, "tables") &&
        strcmp(string_of(root, "purpose"), about) == 0) {
        verify->done_before = root;
        verify->started_us = number_of(root, "started_us");
    } else {
        cJSON_Delete(root);
    }
    free(about);
}

/* What its rows showed; what catalogs show is asked anew. */
static void resume_findings(struct verify *verify, const struct verify_table *table)
{
    struct text object = {0};
    const cJSON *item;

    text_add(&object, "table %s.%s", table->schema, table->name);
    cJSON_ArrayForEach(item, cJSON_GetObjectItem(verify->done_before, "findings"))
    {
        const char *weight = string_of(item, "weight"), *name = string_of(item, "object");
        bool is_mine = table->kind == TABLE_LARGE_OBJECTS ? strncmp(name, "large object ", 13) == 0
                                                          : strcmp(name, text_string(&object)) == 0;

        if (is_mine && strcmp(string_of(item, "database"), table->database->name) == 0)
            verify_find(verify,
                        strcmp(weight, "different") == 0   ? VERIFY_DIFFERENT
                        : strcmp(weight, "undecided") == 0 ? VERIFY_UNDECIDED
                                                           : VERIFY_ADVICE,
                        table->database->name, name,
                        cJSON_GetStringValue(cJSON_GetObjectItem(item, "key")),
                        string_of(item, "what"));
    }
    verify->known_findings = verify->finding_count;
    text_free(&object);
}

void verify_file_resume(struct verify *verify, struct verify_table *table)
{
    char *key = verify_key_columns(&table->keys);
    const cJSON *item;

    cJSON_ArrayForEach(item, cJSON_GetObjectItem(verify->done_before, "tables"))
    {
        if (table->kind == TABLE_MATVIEW ||
            strcmp(string_of(item, "database"), table->database->name) != 0 ||
            strcmp(string_of(item, "schema"), table->schema) != 0 ||
            strcmp(string_of(item, "table"), table->name) != 0 ||
            strcmp(string_of(item, "key"), key ? key : "") != 0)
            continue;
        table->is_done = table->is_skipped = cJSON_IsTrue(cJSON_GetObjectItem(item, "is_done"));
        table->finished_rows = number_of(item, "rows");
        table->listed = (size_t) number_of(item, "listed");
        table->differing = (size_t) number_of(item, "differing");
        table->unlisted = (size_t) number_of(item, "unlisted");
        if (cJSON_GetObjectItem(item, "upto")) {
            table->walked = memory_copy(string_of(item, "upto"));
            table->finished_upto = memory_copy(string_of(item, "upto"));
        }
        resume_findings(verify, table);
        break;
    }
    free(key);
}

/* --- the last result -------------------------------------------------------------------------- */

bool verify_last(const char *directory, struct verify_result *ret_result)
{
    cJSON *root = json_file_read(&verify_json, directory);
    const cJSON *last = cJSON_GetObjectItem(root, "last");
    struct verify_result result = {.started_us = number_of(last, "started_us"),
                                   .ended_us = number_of(last, "ended_us"),
                                   .is_equal = cJSON_IsTrue(cJSON_GetObjectItem(last, "is_equal")),
                                   .is_part = !cJSON_IsFalse(cJSON_GetObjectItem(last, "is_part")),
                                   .tables = number_of(last, "tables"),
                                   .rows = number_of(last, "rows"),
                                   .different = number_of(last, "different"),
                                   .undecided = number_of(last, "undecided")};
    bool found = result.started_us > 0 && result.ended_us > 0;

    snprintf(result.publisher, sizeof(result.publisher), "%s", string_of(last, "publisher"));
    snprintf(result.subscriber, sizeof(result.subscriber), "%s", string_of(last, "subscriber"));
    cJSON_Delete(root);
    if (found)
        *ret_result = result;
    return found;
}
