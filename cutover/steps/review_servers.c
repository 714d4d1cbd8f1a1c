/*
 * What the review sees of servers: rows that become lines, none of which holds a secret.
 */
#include "review_internal.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <string.h>

const char review_looking[] = "looking at what a plan depends on";

static struct seen_group *group_of(struct step_io *io, const struct target *target,
                                   const char *part)
{
    return seen_group(io_world(io)->review->now, target->name, part);
}

enum act_verdict review_server_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char *const columns[] = {"system_identifier", "version_num", "timeline",
                                          "is_in_recovery",    "encoding",    "data_checksums"};
    struct seen_group *group = group_of(io, target, "server");
    const struct seen *planned = io_world(io)->review->planned;
    const char *system = reply_value(reply, 0, "system_identifier");
    char hash[65];
    size_t i;

    for (i = 0; i < ACTS_COUNT(columns); i++) {
        const char *value = reply_value(reply, 0, columns[i]);

        if (!value)
            return act_fail(io, target, review_looking, "no value for %s", columns[i]);
        seen_add(group, arena_print(io->arena, "%s %s", columns[i], value));
    }
    if (target->on != ON_BLUE)
        return ACT_DONE;
    config_hash(io_world(io)->config, hash);
    seen_add(seen_group(io_world(io)->review->now, "pgcutover", "configuration"),
             arena_print(io->arena, "fingerprint %s", hash));
    world_keep(&io_world(io)->review->now->system_identifier, system);
    if (!planned || string_equal(planned->system_identifier, system))
        return ACT_DONE;
    act_fail(io, target, "comparing blue with the plan that was reviewed",
             "the plan is another cluster's: its blue has the system identifier %s, this one %s",
             planned->system_identifier, system);
    fault_hint(&io->fault, "\"pgcutover plan --save=FILE\" writes one of this cluster");
    io->fault.exit_code = EXIT_USAGE;
    return ACT_FAILED;
}

enum act_verdict review_databases_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    struct seen_group *group = group_of(io, target, "databases");
    int i;

    if (reply_rows(reply) == 0)
        return act_fail(io, target, review_looking, "the server named no database");
    for (i = 0; i < reply_rows(reply); i++) {
        const char *name = reply_value(reply, i, "datname"), *oid = reply_value(reply, i, "oid");

        if (!name || !oid)
            return act_fail(io, target, review_looking, "a database without name or oid");
        seen_add(group, arena_print(io->arena, "database %s, oid %s", name, oid));
    }
    return ACT_DONE;
}

/* `tables` is a JSON array of [schema, table]. */
static enum act_verdict tables_judge(struct step_io *io, struct target *target, struct reply *reply,
                                     const char *part)
{
    const char *tables = reply_value(reply, 0, "tables");
    cJSON *list = tables ? cJSON_Parse(tables) : NULL, *pair;
    struct seen_group *group = group_of(io, target, part);
    bool good = cJSON_IsArray(list);

    cJSON_ArrayForEach(pair, list)
    {
        const char *schema = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 0));
        const char *table = cJSON_GetStringValue(cJSON_GetArrayItem(pair, 1));

        good = good && schema && table;
        if (good)
            seen_add(group, arena_print(io->arena, "table %s.%s", schema, table));
    }
    cJSON_Delete(list);
    return good ? ACT_DONE : act_fail(io, target, review_looking, "no list of the %s tables", part);
}

enum act_verdict review_published_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    return tables_judge(io, target, reply, "published");
}

enum act_verdict review_subscribed_judge(struct step_io *io, struct target *target,
                                         struct reply *reply)
{
    return tables_judge(io, target, reply, "subscribed");
}

/* Rows of one column: `item`, or `told` where that must not be kept. */
static enum act_verdict items_judge(struct step_io *io, struct target *target, struct reply *reply,
                                    const char *part, const char *column)
{
    struct seen_group *group = group_of(io, target, part);
    int i;

    for (i = 0; i < reply_rows(reply); i++) {
        const char *item = reply_value(reply, i, column);

        if (!item)
            return act_fail(io, target, review_looking, "a row without a value among the %s", part);
        seen_add(group, item);
    }
    return ACT_DONE;
}

#define ITEMS_JUDGE(part, column)                                                                  \
    enum act_verdict review_##part##_judge(struct step_io *io, struct target *target,              \
                                           struct reply *reply)                                    \
    {                                                                                              \
        return items_judge(io, target, reply, #part, column);                                      \
    }

ITEMS_JUDGE(roles, "told")
ITEMS_JUDGE(memberships, "item")
ITEMS_JUDGE(settings, "told")
ITEMS_JUDGE(privileges, "item")
ITEMS_JUDGE(columns, "item")
ITEMS_JUDGE(indexes, "item")
ITEMS_JUDGE(sequences, "item")
ITEMS_JUDGE(objects, "item")
ITEMS_JUDGE(grants, "item")
