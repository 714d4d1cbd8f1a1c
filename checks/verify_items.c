/*
 * What both sides' catalogs say, compared: items that are equal or not, expressions, tables.
 */
#include "verify_internal.h"

#include "../cutover/base/text.h"

#include <cjson/cJSON.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_A_ROW 100

/* --- items ------------------------------------------------------------------------------------ */

struct item {
    const char *compared, *told;
};

static int by_bytes(const void *a, const void *b)
{
    return strcmp(((const struct item *) a)->compared, ((const struct item *) b)->compared);
}

/* They point into the reply. NULL: a row without a value, or no table at all. */
static struct item *sorted(const struct reply *reply, size_t *ret_count)
{
    size_t count = (size_t) reply_rows(reply), i;
    struct item *items = memory_new((count + 1) * sizeof(*items));
    bool good = reply->table != NULL;

    for (i = 0; i < count; i++) {
        const char *told = reply_value(reply, (int) i, "told");

        items[i].compared = reply_value(reply, (int) i, "item");
        items[i].told = told ? told : items[i].compared;
        good = good && items[i].compared;
    }
    if (!good) {
        free(items);
        return NULL;
    }
    qsort(items, count, sizeof(*items), by_bytes);
    *ret_count = count;
    return items;
}

static void only_on(struct verify *verify, const char *database, const char *told, int side)
{
    struct text what = {0};

    text_add(&what, "only on %s", verify_side(verify, side)->name);
    verify_find(verify, VERIFY_DIFFERENT, database, told, NULL, text_string(&what));
    text_free(&what);
}

static void no_answer(struct verify *verify, const char *database)
{
    struct fault fault = {0};

    fault_set(&fault, "comparing catalogs", database, NULL, "a row without a value");
    verify_fail(verify, &fault);
}

/* True: they are equal. */
bool verify_compare_items(struct verify *verify, const char *database,
                          const struct reply *published, const struct reply *subscribed,
                          bool report)
{
    size_t ones = 0, others = 0, p = 0, s = 0;
    struct item *one = sorted(published, &ones), *other = sorted(subscribed, &others);
    bool equal = true;

    if (!one || !other) {
        no_answer(verify, database);
        ones = others = 0;
    }
    while (p < ones || s < others) {
        int order = s == others ? -1 : p == ones ? 1 : strcmp(one[p].compared, other[s].compared);

        if (order && report)
            only_on(verify, database, order < 0 ? one[p].told : other[s].told,
                    order < 0 ? PUBLISHER : SUBSCRIBER);
        equal = equal && !order;
        p += order <= 0;
        s += order >= 0;
    }
    free(one);
    free(other);
    return equal;
}

/* --- expressions ------------------------------------------------------------------------------ */

/* Constants and the like, which every major words alike. */
static bool is_simple(const char *expression)
{
    static const char pattern[] =
        "^\\(?(-?[0-9.]+|'([^']|'')*'|true|false|NULL|now\\(\\)|gen_random_uuid\\(\\)"
        "|CURRENT_[A-Z]+|nextval\\('([^']|'')*'::regclass\\))\\)?(::[^':]+)*$";
    regex_t compiled;
    bool matches;

    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB))
        abort(); /* a bug of ours */
    matches = regexec(&compiled, expression, 0, NULL, 0) == 0;
    regfree(&compiled);
    return matches;
}

/* Equal but for quotes of names, parentheses and blanks, which majors set differently; not so
   inside a literal. */
static bool are_alike(const char *one, const char *other)
{
    static const char ignored[] = "\"() \n\t";
    bool in_literal = false;

    for (;;) {
        if (!in_literal) {
            one += strspn(one, ignored);
            other += strspn(other, ignored);
        }
        if (*one != *other)
            return false;
        if (!*one)
            return true;
        if (*one == '\'')
            in_literal = !in_literal;
        one++;
        other++;
    }
}

struct definition {
    const char *kind, *name, *words;
};

static int by_name(const void *a, const void *b)
{
    const struct definition *one = a, *other = b;
    int order = strcmp(one->kind, other->kind);

    return order ? order : strcmp(one->name, other->name);
}

static const char *or_empty(const char *value)
{
    return value ? value : "";
}

/* NULL: a row without a value, or no table at all. */
static struct definition *definitions(const struct reply *reply, size_t *ret_count)
{
    size_t count = (size_t) reply_rows(reply), i;
    struct definition *list = memory_new((count + 1) * sizeof(*list));
    bool good = reply->table != NULL;

    for (i = 0; i < count; i++) {
        list[i] = (struct definition){reply_value(reply, (int) i, "kind"),
                                      reply_value(reply, (int) i, "name"),
                                      reply_value(reply, (int) i, "definition")};
        good = good && list[i].kind && list[i].name && list[i].words;
    }
    if (!good) {
        free(list);
        return NULL;
    }
    qsort(list, count, sizeof(*list), by_name);
    *ret_count = count;
    return list;
}

static void report_definition(struct verify *verify, const char *database,
                              const struct definition *one, const struct definition *other)
{
    struct text object = {0}, what = {0};

    text_add(&object, "%s %s%s", one->kind, strcmp(one->kind, "default") ? "" : "of ", one->name);
    text_add(&what, "%s on %s, %s on %s", one->words, verify_side(verify, PUBLISHER)->name,
             other->words, verify_side(verify, SUBSCRIBER)->name);
    verify_find(verify, VERIFY_DIFFERENT, database, text_string(&object), NULL, text_string(&what));
    text_free(&object);
    text_free(&what);
}

static void advise(struct verify *verify, const char *database, struct text *names)
{
    if (names->length)
        verify_find(verify, VERIFY_ADVICE, database, "expressions", NULL, text_string(names));
    text_free(names);
}

/* What only one side has, unless the items tell it as well. */
static void report_lone(struct verify *verify, const char *database, const struct definition *lone,
                        int side)
{
    struct text object = {0};

    text_add(&object, "%s %s", lone->kind, lone->name);
    if (string_starts(lone->kind, "domain"))
        only_on(verify, database, text_string(&object), side);
    text_free(&object);
}

void verify_compare_definitions(struct verify *verify, const char *database,
                                const struct reply *published, const struct reply *subscribed)
{
    size_t ones = 0, others = 0, p = 0, s = 0;
    struct definition *one = definitions(published, &ones);
    struct definition *other = definitions(subscribed, &others);
    bool same_major = verify->version[0] / 10000 == verify->version[1] / 10000;
    struct text worded = {0};

    if (!one || !other) {
        no_answer(verify, database);
        ones = others = 0;
    }
    while (p < ones || s < others) {
        int order = s == others ? -1 : p == ones ? 1 : by_name(&one[p], &other[s]);

        if (order)
            report_lone(verify, database, order < 0 ? &one[p] : &other[s],
                        order < 0 ? PUBLISHER : SUBSCRIBER);
        else if (are_alike(one[p].words, other[s].words))
            ;
        else if (same_major || is_simple(one[p].words) || is_simple(other[s].words))
            report_definition(verify, database, &one[p], &other[s]);
        else
            text_add(&worded, "%s %s %s",
                     worded.length ? "," : "worded differently by the majors:", one[p].kind,
                     one[p].name);
        p += order <= 0;
        s += order >= 0;
    }
    advise(verify, database, &worded);
    free(one);
    free(other);
}

/* --- tables ----------------------------------------------------------------------------------- */

static bool is_chosen(const struct verify *verify, const char *schema, const char *name)
{
    const struct verify_options *options = &verify->options;
    size_t i;

    for (i = 0; i < options->table_count; i++) {
        size_t length = strlen(schema);

        if (strcmp(options->tables[i], name) == 0 ||
            (strncmp(options->tables[i], schema, length) == 0 &&
             options->tables[i][length] == '.' &&
             strcmp(options->tables[i] + length + 1, name) == 0))
            return true;
    }
    return options->table_count == 0;
}

/* Where each table is in a reply. */
struct place {
    const char *schema, *name;
    int row;
};

struct places {
    struct place *list;
    size_t count;
};

static int by_place(const void *a, const void *b)
{
    const struct place *one = a, *other = b;
    int order = strcmp(one->schema, other->schema);

    return order ? order : strcmp(one->name, other->name);
}

static struct places places_of(const struct reply *reply)
{
    struct places places = {.count = (size_t) reply_rows(reply)};
    size_t i;

    places.list = memory_new((places.count + 1) * sizeof(*places.list));
    for (i = 0; i < places.count; i++)
        places.list[i] =
            (struct place){or_empty(reply_value(reply, (int) i, "schema_name")),
                           or_empty(reply_value(reply, (int) i, "table_name")), (int) i};
    qsort(places.list, places.count, sizeof(*places.list), by_place);
    return places;
}

/* -1: it is not there. */
static int find_table(const struct places *places, const char *schema, const char *name)
{
    struct place wanted = {.schema = schema, .name = name}, *found;

    found = bsearch(&wanted, places->list, places->count, sizeof(wanted), by_place);
    return found ? found->row : -1;
}

static void find_in_table(struct verify *verify, enum verify_weight weight, const char *database,
                          const char *kind, const char *schema, const char *name, const char *what)
{
    struct text object = {0};

    text_add(&object, "%s %s.%s", kind, schema, name);
    verify_find(verify, weight, database, text_string(&object), NULL, what);
    text_free(&object);
}

static void add_table(struct verify *verify, const struct verify_database *database,
                      const struct reply *published, int row, const struct reply *subscribed,
                      int other, enum table_kind kind)
{
    struct verify_table *table = verify_add_table(verify);
    const char *columns = reply_value(published, row, "columns");
    bool is_old = verify->version[0] < 120000 || verify->version[1] < 120000;
    bool is_large_object = kind == TABLE_LARGE_OBJECTS;

    table->database = database;
    table->schema = memory_copy(reply_value(published, row, "schema_name"));
    table->name = memory_copy(reply_value(published, row, "table_name"));
    table->kind = kind;
    table->hash = verify_hash(columns, verify->form, is_old);
    table->sample = verify_sample(columns, verify->options.show_rows && !is_large_object);
    table->shown = verify_shown(or_empty(reply_value(published, row, "identity")));
    if (kind != TABLE_MATVIEW)
        verify_choose_key(or_empty(reply_value(published, row, "keys")),
                          or_empty(reply_value(subscribed, other, "keys")), &table->keys);
    if (!reply_number(published, row, "estimate", &table->estimate) ||
        !reply_number(published, row, "bytes", &table->bytes))
        table->bytes = 0;
    if (!table->estimate)
        table->estimate = table->bytes / BYTES_A_ROW; /* never analyzed */
    verify_file_resume(verify, table);
}

/* Both have it. */
static void take_table(struct verify *verify, const struct verify_database *database,
                       const struct reply *published, int row, const struct reply *subscribed,
                       int other)
{
    const char *schema = or_empty(reply_value(published, row, "schema_name"));
    const char *name = or_empty(reply_value(published, row, "table_name"));
    const char *kind = or_empty(reply_value(published, row, "kind"));
    bool is_full = false, is_other_full = false, is_subscribed = false;
    bool is_matview = strcmp(kind, "matview") == 0;
    bool is_table = strcmp(kind, "table") == 0;

    if (strcmp(kind, "unlogged") == 0) {
        find_in_table(verify, VERIFY_ADVICE, database->name, "table", schema, name,
                      "unlogged: not replicated, not compared");
        return;
    }
    if (!verify_same_columns(or_empty(reply_value(published, row, "columns")),
                             or_empty(reply_value(subscribed, other, "columns"))) ||
        !string_equal(kind, reply_value(subscribed, other, "kind"))) {
        find_in_table(verify, VERIFY_DIFFERENT, database->name, kind, schema, name,
                      "other columns, so its rows were not compared");
        return;
    }
    reply_bool(published, row, "is_populated", &is_full);
    reply_bool(subscribed, other, "is_populated", &is_other_full);
    if (is_matview && is_full != is_other_full)
        find_in_table(verify, VERIFY_ADVICE, database->name, kind, schema, name,
                      is_full ? "not populated on the other side: refresh it there"
                              : "populated on one side only");
    if (is_matview && (!is_full || !is_other_full))
        return;
    if (is_table && !verify->options.stands_still &&
        (!reply_bool(subscribed, other, "is_subscribed", &is_subscribed) || !is_subscribed))
        find_in_table(verify, VERIFY_DIFFERENT, database->name, kind, schema, name,
                      "not in the subscription: what is written to it does not arrive");
    add_table(verify, database, published, row, subscribed, other,
              is_matview ? TABLE_MATVIEW
              : is_table ? TABLE_ROWS
                         : TABLE_LARGE_OBJECTS);
}

static void take_missing(struct verify *verify, const struct verify_database *database,
                         const struct reply *from, const struct places *other, int side)
{
    int row;

    for (row = 0; row < reply_rows(from); row++) {
        const char *schema = or_empty(reply_value(from, row, "schema_name"));
        const char *name = or_empty(reply_value(from, row, "table_name"));
        struct text object = {0};

        if (is_chosen(verify, schema, name) && find_table(other, schema, name) < 0) {
            text_add(&object, "%s %s.%s", or_empty(reply_value(from, row, "kind")), schema, name);
            only_on(verify, database->name, text_string(&object), side);
        }
        text_free(&object);
    }
}

void verify_take_tables(struct verify *verify, const struct verify_database *database,
                        const struct reply *published, const struct reply *subscribed)
{
    struct places ours = places_of(published), theirs = places_of(subscribed);
    int row, other;

    if (!ours.count || !theirs.count)
        no_answer(verify, database->name); /* pg_largeobject is always there */
    take_missing(verify, database, published, &theirs, PUBLISHER);
    take_missing(verify, database, subscribed, &ours, SUBSCRIBER);
    for (row = 0; row < reply_rows(published); row++) {
        const char *schema = or_empty(reply_value(published, row, "schema_name"));
        const char *name = or_empty(reply_value(published, row, "table_name"));

        other = find_table(&theirs, schema, name);
        if (other >= 0 && is_chosen(verify, schema, name))
            take_table(verify, database, published, row, subscribed, other);
    }
    free(ours.list);
    free(theirs.list);
}
