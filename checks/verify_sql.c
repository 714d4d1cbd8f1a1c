#include "verify_sql.h"

#include "../cutover/base/text.h"
#include "../replication/session.h"
#include "../replication/sql.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Of a row's text, for people. */
#define SAMPLE_LENGTH 200

/* Where ranges end is estimated from so many blocks of each. */
#define SAMPLED_BLOCKS 16
#define SAMPLED_MIN 200         /* rows in them, or it is no estimate */
#define SAMPLED_ROWS_MIN 200000 /* of a range */
#define SAMPLES_MAX 200         /* of a table: each reads the blocks of all ranges */
#define BLOCK_BYTES 8192

enum verify_form verify_form(int64_t version, int64_t other_version)
{
    int64_t older = version < other_version ? version : other_version;

    return older >= 110000 ? VERIFY_FORM_HASH : VERIFY_FORM_MD5;
}

const char *verify_float_digits(int64_t version, int64_t other_version)
{
    return version >= 120000 && other_version >= 120000 ? "1" : "0";
}

static const char *part(const cJSON *item, int number)
{
    const char *value = cJSON_GetStringValue(cJSON_GetArrayItem(item, number));

    return value ? value : "";
}

char *verify_sample(const char *columns, bool wanted)
{
    cJSON *list = wanted ? cJSON_Parse(columns) : NULL;
    const cJSON *column;
    struct text text = {0};
    size_t count = 0;

    if (!cJSON_GetArraySize(list)) {
        cJSON_Delete(list);
        return memory_copy("NULL::text");
    }
    text_add_string(&text, "left(ROW(");
    cJSON_ArrayForEach(column, list)
    {
        text_add_string(&text, count++ ? ", " : "");
        sql_quote_identifier(&text, part(column, 0));
    }
    text_add(&text, ")::text, %d)", SAMPLE_LENGTH);
    cJSON_Delete(list);
    return text_take(&text);
}

char *verify_shown(const char *identity)
{
    cJSON *list = cJSON_Parse(identity);
    int count = cJSON_GetArraySize(list), i;
    struct text text = {0};

    for (i = 0; i < count; i++) {
        text_add_string(&text, i ? ", " : count > 1 ? "ROW(" : "");
        sql_quote_identifier(&text, part(cJSON_GetArrayItem(list, i), 0));
    }
    text_add_string(&text, count > 1 ? ")::text" : count ? "::text" : "NULL::text");
    cJSON_Delete(list);
    return text_take(&text);
}

bool verify_same_columns(const char *one, const char *other)
{
    cJSON *first = cJSON_Parse(one), *second = cJSON_Parse(other);
    bool same = first && second && cJSON_Compare(first, second, true);

    cJSON_Delete(first);
    cJSON_Delete(second);
    return same;
}

/* Types whose literals we write: the names are ours, never a server's. */
static const char *known_type(const char *name)
{
    static const char *const known[] = {
        "bool", "int2",      "int4",        "int8", "oid",   "numeric", "date",   "time",
        "uuid", "timestamp", "timestamptz", "text", "bytea", "varchar", "bpchar", "macaddr"};
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(known[i], name) == 0)
            return known[i];
    return NULL;
}

static bool take_key(const cJSON *key, struct verify_keys *keys)
{
    const cJSON *column;

    if (!cJSON_GetArraySize(key) || cJSON_GetArraySize(key) > VERIFY_KEY_MAX)
        return false;
    cJSON_ArrayForEach(column, key)
    {
        /* a collation that is not known is null */
        if (!known_type(part(column, 1)) || !cJSON_IsString(cJSON_GetArrayItem(column, 2)))
            return false;
    }
    cJSON_ArrayForEach(column, key)
    {
        keys->list[keys->count].name = memory_copy(part(column, 0));
        keys->list[keys->count++].type = known_type(part(column, 1));
    }
    return true;
}

void verify_choose_key(const char *publisher, const char *subscriber, struct verify_keys *ret_keys)
{
    cJSON *ours = cJSON_Parse(publisher), *theirs = cJSON_Parse(subscriber);
    const cJSON *one, *other;

    memset(ret_keys, 0, sizeof(*ret_keys));
    cJSON_ArrayForEach(one, ours)
    {
        cJSON_ArrayForEach(other, theirs)
        {
            if (!ret_keys->count && cJSON_Compare(one, other, true))
                take_key(one, ret_keys);
        }
    }
    cJSON_Delete(ours);
    cJSON_Delete(theirs);
}

void verify_keys_free(struct verify_keys *keys)
{
    size_t i;

    for (i = 0; i < keys->count; i++)
        free(keys->list[i].name);
    keys->count = 0;
}

char *verify_key_columns(const struct verify_keys *keys)
{
    struct text text = {0};
    size_t i;

    for (i = 0; i < keys->count; i++) {
        text_add_string(&text, i ? ", " : "");
        sql_quote_identifier(&text, keys->list[i].name);
    }
    return text_take(&text);
}

char *verify_key_values(const struct verify_keys *keys)
{
    struct text text = {0};
    size_t i;

    for (i = 0; i < keys->count; i++) {
        text_add_string(&text, i ? ", " : "");
        sql_quote_identifier(&text, keys->list[i].name);
        text_add(&text, "::text AS key%zu", i + 1);
    }
    return text_take(&text);
}

static const char *key_value(const struct reply *reply, int row, size_t number)
{
    char name[32];

    snprintf(name, sizeof(name), "key%zu", number + 1);
    return reply_value(reply, row, name);
}

char *verify_key_literals(const struct verify_keys *keys, const struct reply *reply, int row)
{
    struct text text = {0};
    size_t i;

    for (i = 0; i < keys->count; i++) {
        const char *value = key_value(reply, row, i);

        if (!value) {
            text_free(&text);
            return NULL;
        }
        text_add_string(&text, i ? ", CAST(" : "CAST(");
        sql_quote_literal(&text, value);
        text_add(&text, " AS %s)", keys->list[i].type);
    }
    return text_take(&text);
}

char *verify_key_shown(const struct verify_keys *keys, const struct reply *reply, int row)
{
    struct text text = {0};
    size_t i;

    for (i = 0; i < keys->count; i++) {
        const char *value = key_value(reply, row, i);

        text_add(&text, "%s%s", i ? ", " : keys->count > 1 ? "(" : "", value ? value : "");
    }
    text_add_string(&text, keys->count > 1 ? ")" : "");
    return text_take(&text);
}

static void add_limit(struct text *text, const char *columns, const char *order, const char *key)
{
    if (!key)
        return;
    text_add(text, "%s(%s) %s (%s)", text->length ? " AND " : "", columns, order, key);
}

char *verify_range(const struct verify_keys *keys, const char *after, const char *upto)
{
    char *columns = verify_key_columns(keys);
    struct text text = {0};

    add_limit(&text, columns, ">", after);
    add_limit(&text, columns, "<=", upto);
    if (!text.length)
        text_add_string(&text, "true");
    free(columns);
    return text_take(&text);
}

char *verify_sampled(int64_t estimate, int64_t bytes, int64_t *rows)
{
    int64_t blocks = bytes / BLOCK_BYTES, range_blocks, sampled;
    struct text text = {0};

    /* counting is cheap, or as cheap as so many samples would be */
    if (*rows < SAMPLED_ROWS_MIN || estimate < *rows || estimate / *rows > SAMPLES_MAX)
        return memory_copy("");
    range_blocks = (int64_t) ((double) blocks * (double) *rows / (double) estimate);
    if (range_blocks <= SAMPLED_BLOCKS)
        return memory_copy("");
    sampled = *rows / (range_blocks / SAMPLED_BLOCKS);
    if (sampled < SAMPLED_MIN)
        return memory_copy("");
    *rows = sampled;
    text_add(&text, "TABLESAMPLE SYSTEM (100.0 / %lld)",
             (long long) (range_blocks / SAMPLED_BLOCKS));
    return text_take(&text);
}

char *verify_among(const struct verify_keys *keys, const char *const *literals, size_t count)
{
    char *columns = verify_key_columns(keys);
    struct text text = {0};
    size_t i;

    text_add(&text, "(%s) IN (VALUES ", columns);
    for (i = 0; i < count; i++)
        text_add(&text, "%s(%s)", i ? ", " : "", literals[i]);
    text_add_string(&text, ")");
    free(columns);
    return text_take(&text);
}
