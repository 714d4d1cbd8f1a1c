/*
 * The hash of a row, as an expression that every major from 11 on computes alike.
 *
 * Each column has a hash of 64 bits of its own, seeded with its number; they are put together by
 * XOR, and hashed once more, or sums over rows could not see values that two rows exchanged. Types
 * whose equality is identity are hashed by their own functions, which spares their text: several
 * times as fast. Everything else is hashed as its output function writes it.
 */
#include "verify_sql.h"

#include "../cutover/base/text.h"
#include "../replication/sql.h"

#include <cjson/cJSON.h>
#include <string.h>

/* $ is the column, ? its number. All are NULL for NULL, or what no value gives.
   hashint8extended() folds both halves into one (-1 is 4294967295): the upper one is added.
   A timestamptz is taken as the timestamp that it is inside; -0 is not 0, and one NaN is another.
 */
static const struct {
    const char *class, *hash;
} natives[] = {
    {"int2", "hashint2extended($, ?)"},
    {"int4", "hashint4extended($, ?)"},
    {"int8", "hashint8extended($, ?) # hashint8extended($ >> 32, -?)"},
    {"oid", "hashoidextended($, ?)"},
    {"bool", "hashint4extended($::int4, ?)"},
    {"date", "hashint4extended(CASE WHEN isfinite($) THEN $ - date '2000-01-01' WHEN $ > date "
             "'2000-01-01' THEN 2147483647 WHEN $ < date '2000-01-01' THEN -2147483647 END, ?)"},
    {"time", "time_hash_extended($, ?)"},
    {"timestamp", "timestamp_hash_extended($, ?)"},
    {"timestamptz", "timestamp_hash_extended(timezone(interval '0', $), ?)"},
    {"uuid", "uuid_hash_extended($, ?)"},
    {"bytea", "hash_array_extended(ARRAY[$], ?)"},
    {"float4", "CASE WHEN $ = 'NaN' THEN hashint4extended(0, ?) WHEN $ = 0 THEN "
               "hash_array_extended(ARRAY[float4send($)], ?) ELSE hashfloat4extended($, ?) END"},
    {"float8", "CASE WHEN $ = 'NaN' THEN hashint4extended(0, ?) WHEN $ = 0 THEN "
               "hash_array_extended(ARRAY[float8send($)], ?) ELSE hashfloat8extended($, ?) END"},
    {"text", "hashtextextended($ COLLATE \"C\", ?)"},
    {"varchar", "hashtextextended($ COLLATE \"C\", ?)"},
};

/* Binary forms of what is made of floats; their text is rounded by servers older than 12. */
static const char *sender(const char *class)
{
    static const char *const known[][2] = {
        {"point", "point_send"},   {"lseg", "lseg_send"},     {"path", "path_send"},
        {"box", "box_send"},       {"polygon", "poly_send"},  {"line", "line_send"},
        {"circle", "circle_send"}, {"_float4", "array_send"}, {"_float8", "array_send"},
    };
    size_t i;

    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(class, known[i][0]) == 0)
            return known[i][1];
    return NULL;
}

/* Of a column: its name, the name of its type where that is the server's own, its type for people,
   the server's own function that writes it. */
enum part { PART_NAME, PART_CLASS, PART_TYPE, PART_OUTPUT };

static const char *part(const cJSON *column, enum part number)
{
    const char *value = cJSON_GetStringValue(cJSON_GetArrayItem(column, (int) number));

    return value ? value : "";
}

static const char *native(const char *class)
{
    size_t i;

    for (i = 0; i < sizeof(natives) / sizeof(natives[0]); i++)
        if (strcmp(class, natives[i].class) == 0)
            return natives[i].hash;
    return NULL;
}

static void fill_in(struct text *text, const char *form, const char *column, int number)
{
    for (; *form; form++) {
        if (*form == '$')
            text_add_string(text, column);
        else if (*form == '?')
            text_add(text, "%d", number);
        else
            text_add_bytes(text, form, 1);
    }
}

/* False: its type has neither a hash nor a text that is known to be all of it. */
static bool add_column(struct text *text, const cJSON *column, bool is_old, int number)
{
    const char *hash = native(part(column, PART_CLASS)), *send = sender(part(column, PART_CLASS));
    const char *output = part(column, PART_OUTPUT);
    struct text quoted = {0};

    if (!hash && !(is_old && send) && !*output)
        return false;
    sql_quote_identifier(&quoted, part(column, PART_NAME));
    text_add_string(text, text->length ? " # coalesce(" : "coalesce(");
    if (hash)
        fill_in(text, hash, text_string(&quoted), number);
    else if (is_old && send)
        text_add(text, "hash_array_extended(ARRAY[%s(%s)], %d)", send, text_string(&quoted),
                 number);
    else
        text_add(text, "hashtextextended(textin(%s(%s)) COLLATE \"C\", %d)", output,
                 text_string(&quoted), number);
    text_add(text, ", %d)", number);
    text_free(&quoted);
    return true;
}

static void add_hash(struct text *text, const cJSON *columns, bool is_old)
{
    struct text hashes = {0}, others = {0};
    const cJSON *column;
    int number = 0;

    cJSON_ArrayForEach(column, columns)
    {
        if (add_column(&hashes, column, is_old, ++number))
            continue;
        text_add_string(&others, others.length ? ", " : "ROW(");
        sql_quote_identifier(&others, part(column, PART_NAME));
    }
    if (others.length)
        text_add(&hashes, "%shashtextextended(%s)::text COLLATE \"C\", 0)",
                 hashes.length ? " # " : "", text_string(&others));
    text_add(text, "hashint4extended(0, %s)", text_string(&hashes));
    text_free(&hashes);
    text_free(&others);
}

/* For servers that have no hash of 64 bits. What the wire carries of a NaN's sign and payload is
   nothing. */
static void add_md5(struct text *text, const cJSON *columns, bool is_old)
{
    const cJSON *column;

    cJSON_ArrayForEach(column, columns)
    {
        const char *class = part(column, PART_CLASS), *send = is_old ? sender(class) : NULL;
        struct text quoted = {0};

        sql_quote_identifier(&quoted, part(column, PART_NAME));
        text_add_string(text, text->length ? ", " : "('x' || substr(md5(ROW(");
        if (strcmp(class, "float4") == 0 || strcmp(class, "float8") == 0)
            text_add(text, "CASE WHEN %s = 'NaN' THEN '\\x' ELSE %ssend(%s) END",
                     text_string(&quoted), class, text_string(&quoted));
        else if (send)
            text_add(text, "%s(%s)", send, text_string(&quoted));
        else
            text_add_string(text, text_string(&quoted));
        text_free(&quoted);
    }
    text_add_string(text, ")::text), 1, 16))::bit(64)::bigint");
}

char *verify_hash(const char *columns, enum verify_form form, bool is_old)
{
    cJSON *list = cJSON_Parse(columns);
    struct text text = {0};

    if (!cJSON_GetArraySize(list))
        text_add_string(&text, "0::bigint");
    else if (form == VERIFY_FORM_MD5)
        add_md5(&text, list, is_old);
    else
        add_hash(&text, list, is_old);
    cJSON_Delete(list);
    return text_take(&text);
}
