#include "collations.h"

#include "../cutover/base/text.h"
#include "../replication/session.h"
#include "target.h"

#include <stdlib.h>

static void add_names(struct text *text, const char *what, int64_t count, const char *names)
{
    if (count > 0)
        text_add(text, "%s%lld %s: %s", text->length ? "; " : "", (long long) count, what,
                 names ? names : "");
}

bool collations_read(struct collation_uses *uses, const struct reply *reply, const char *database)
{
    int row;

    for (row = 0; row < reply_rows(reply); row++) {
        const char *provider = reply_value(reply, row, "provider");
        struct text sorted = {0}, rows = {0};
        int64_t indexes, tables, constraints;

        if (!provider || !reply_number(reply, row, "indexes", &indexes) ||
            !reply_number(reply, row, "tables", &tables) ||
            !reply_number(reply, row, "constraints", &constraints))
            return false;
        add_names(&rows, tables == 1 ? "partitioned table" : "partitioned tables", tables,
                  reply_value(reply, row, "table_names"));
        add_names(&sorted, indexes == 1 ? "index" : "indexes", indexes,
                  reply_value(reply, row, "index_names"));
        add_names(&rows, constraints == 1 ? "CHECK constraint" : "CHECK constraints", constraints,
                  reply_value(reply, row, "constraint_names"));
        if (uses->count == uses->capacity) {
            uses->capacity = uses->capacity ? uses->capacity * 2 : 8;
            uses->list = memory_grow(uses->list, uses->capacity * sizeof *uses->list);
        }
        uses->list[uses->count++] =
            (struct collation_use){.database = memory_copy(database),
                                   .provider = memory_copy(provider),
                                   .indexes = text_take(&sorted),
                                   .rows = text_take(&rows),
                                   .version = memory_copy(reply_value(reply, row, "version"))};
    }
    return true;
}

void collations_free(struct collation_uses *uses)
{
    size_t i;

    if (!uses)
        return;
    for (i = 0; i < uses->count; i++) {
        free(uses->list[i].database);
        free(uses->list[i].provider);
        free(uses->list[i].indexes);
        free(uses->list[i].rows);
        free(uses->list[i].version);
    }
    free(uses->list);
    *uses = (struct collation_uses){0};
}

/* NULL: nobody knows. */
static const char *version_of(const char *host, const char *key, char *buffer, size_t size)
{
    const char *version = target_value(host, key, buffer, size);

    return version && *version ? version : NULL;
}

static void find(struct finding_list *list, const struct collation_use *use, const char *id,
                 const char *blue, const char *green, const char *names)
{
    struct text where = {0}, evidence = {0};

    text_add(&where, "blue %s", use->database);
    text_add(&evidence, "version %s on blue, %s on green's host; %s", blue ? blue : "not known",
             green ? green : "not known", names);
    finding_add(list, check_find(id), text_string(&where),
                string_equal(use->provider, "i") ? "ICU" : "libc", text_string(&evidence), NULL);
    text_free(&where);
    text_free(&evidence);
}

static void judge(struct finding_list *list, const struct collation_use *use, const char *blue_host,
                  const char *green_host)
{
    const char *key = string_equal(use->provider, "i") ? "icu" : "libc";
    char blue_buffer[64], green_buffer[64];
    const char *blue = use->version && *use->version
                           ? use->version
                           : version_of(blue_host, key, blue_buffer, sizeof(blue_buffer));
    const char *green = version_of(green_host, key, green_buffer, sizeof(green_buffer));
    struct text all = {0};

    if (!blue || !green) {
        text_add(&all, "%s%s%s", use->rows, *use->rows && *use->indexes ? "; " : "", use->indexes);
        find(list, use, "collation_unknown", blue, green, text_string(&all));
        text_free(&all);
        return;
    }
    if (string_equal(blue, green))
        return;
    if (*use->rows)
        find(list, use, "collation_versions", blue, green, use->rows);
    if (*use->indexes)
        find(list, use, "collation_indexes", blue, green, use->indexes);
}

void collations_judge(struct finding_list *list, const struct collation_uses *uses,
                      const char *blue_host, const char *green_host)
{
    size_t i;

    for (i = 0; i < uses->count; i++)
        judge(list, &uses->list[i], blue_host, green_host);
}
