#include "watch_json.h"
#include "watch_fields.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- out -------------------------------------------------------------------------------------- */

static void add_number(cJSON *object, const char *key, int64_t number)
{
    cJSON_AddItemToObject(object, key, watch_number_json(number));
}

/* Without a member that tells of something it is not worth its place. */
static bool add_if_any(cJSON *parent, const char *key, cJSON *list)
{
    bool any = cJSON_GetArraySize(list) > 0;

    if (any)
        cJSON_AddItemToObject(parent, key, list);
    else
        cJSON_Delete(list);
    return any;
}

static cJSON *named(const char *name, const struct watch_fields *fields, const void *values)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddStringToObject(object, "name", name);
    watch_fields_add(object, fields, values);
    return object;
}

static cJSON *slots_json(const struct watch_server *server, uint64_t since)
{
    cJSON *list = cJSON_CreateArray();
    size_t i;

    for (i = 0; i < server->slot_count; i++)
        if (server->slots[i].changed > since)
            cJSON_AddItemToArray(
                list, named(server->slots[i].name, &watch_slot_fields, &server->slots[i].now));
    return list;
}

static cJSON *subscriptions_json(const struct watch_server *server, uint64_t since)
{
    cJSON *list = cJSON_CreateArray();
    size_t i;

    for (i = 0; i < server->subscription_count; i++) {
        const struct watch_subscription *subscription = &server->subscriptions[i];

        if (subscription->changed > since)
            cJSON_AddItemToArray(
                list, named(subscription->name, &watch_subscription_fields, &subscription->now));
    }
    return list;
}

static cJSON *servers_json(const struct watch_cluster *cluster, uint64_t since)
{
    cJSON *list = cJSON_CreateArray();
    size_t i;

    for (i = 0; i < cluster->server_count; i++) {
        const struct watch_server *server = &cluster->servers[i];
        cJSON *object = named(server->name, &watch_server_fields, &server->now);
        bool any = add_if_any(object, "slots", slots_json(server, since));

        any = add_if_any(object, "subscriptions", subscriptions_json(server, since)) || any;
        if (any || server->changed > since || since == 0)
            cJSON_AddItemToArray(list, object);
        else
            cJSON_Delete(object);
    }
    return list;
}

static cJSON *console_json(const struct watch_console *console)
{
    cJSON *object = cJSON_CreateObject();
    cJSON *pools = cJSON_AddArrayToObject(object, "pools");
    size_t i;

    cJSON_AddStringToObject(object, "pooler", console->pooler);
    cJSON_AddStringToObject(object, "name", console->name);
    cJSON_AddStringToObject(object, "state", watch_state_names[console->state]);
    cJSON_AddItemToObject(object, "why",
                          *console->why ? cJSON_CreateString(console->why) : cJSON_CreateNull());
    add_number(object, "measured_us", console->measured_us);
    for (i = 0; i < console->pool_count; i++) {
        cJSON *pool = cJSON_CreateObject();

        watch_fields_add(pool, &watch_pool_fields, &console->pools[i]);
        cJSON_AddItemToArray(pools, pool);
    }
    return object;
}

static cJSON *consoles_json(const struct watch_cluster *cluster, uint64_t since)
{
    cJSON *list = cJSON_CreateArray();
    size_t i;

    for (i = 0; i < cluster->console_count; i++)
        if (cluster->consoles[i].changed > since)
            cJSON_AddItemToArray(list, console_json(&cluster->consoles[i]));
    return list;
}

static cJSON *clusters_json(const struct watch *watch, uint64_t since)
{
    cJSON *list = cJSON_CreateArray();
    size_t i;

    for (i = 0; i < watch->cluster_count; i++) {
        const struct watch_cluster *cluster = &watch->clusters[i];
        cJSON *object = cJSON_CreateObject();
        bool any = since == 0;

        cJSON_AddStringToObject(object, "name", cluster->name);
        add_number(object, "hold_behind", cluster->hold_behind);
        add_number(object, "abort_lag_us", cluster->abort_lag_us);
        if (cluster->run_changed > since) {
            cJSON *run = cJSON_AddObjectToObject(object, "run");

            watch_fields_add(run, &watch_run_fields, &cluster->run);
            any = true;
        }
        any = add_if_any(object, "servers", servers_json(cluster, since)) || any;
        any = add_if_any(object, "consoles", consoles_json(cluster, since)) || any;
        if (any)
            cJSON_AddItemToArray(list, object);
        else
            cJSON_Delete(object);
    }
    return list;
}

static cJSON *events_json(const struct watch *watch, uint64_t since)
{
    cJSON *list = cJSON_CreateArray();
    size_t i;

    for (i = 0; i < watch->event_count; i++) {
        const struct watch_event *event = watch_event_at(watch, i);
        cJSON *object;

        if (event->changed <= since)
            continue;
        object = cJSON_CreateObject();
        add_number(object, "at_us", event->at_us);
        cJSON_AddStringToObject(object, "cluster", event->cluster);
        cJSON_AddStringToObject(object, "kind", event->kind);
        cJSON_AddStringToObject(object, "text", event->text);
        cJSON_AddItemToArray(list, object);
    }
    return list;
}

bool watch_has_news(const struct watch *watch, uint64_t since)
{
    return watch->changes > since;
}

cJSON *watch_json(const struct watch *watch, uint64_t since)
{
    cJSON *root = cJSON_CreateObject();

    if (since < watch->whole_from || since > watch->changes)
        since = 0; /* something that it knows is forgotten, or it knew another watch */
    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "version", PGCUTOVER_VERSION);
    cJSON_AddNumberToObject(root, "change", (double) watch->changes);
    cJSON_AddBoolToObject(root, "whole", since == 0);
    add_number(root, "now_us", watch->now_us);
    cJSON_AddNumberToObject(root, "interval_ms", (double) watch->interval_ms);
    cJSON_AddItemToObject(root, "clusters", clusters_json(watch, since));
    add_if_any(root, "events", events_json(watch, since));
    return root;
}

static cJSON *floats_json(const float *list, size_t count)
{
    cJSON *array = cJSON_CreateArray();
    size_t i;

    for (i = 0; i < count; i++)
        cJSON_AddItemToArray(array, isnan(list[i]) ? cJSON_CreateNull()
                                                   : cJSON_CreateNumber((double) list[i]));
    return array;
}

/* The coarse points up to where the fine ones begin, then those. */
cJSON *watch_history_json(const struct watch_server *server, const struct watch_slot *slot)
{
    int64_t at[WATCH_LONG + WATCH_RECENT];
    float behind[WATCH_LONG + WATCH_RECENT], lag[WATCH_LONG + WATCH_RECENT];
    int64_t fine[WATCH_RECENT];
    size_t fine_count = watch_recent(server, slot, WATCH_RECENT, fine, NULL, NULL);
    size_t count = 0;
    cJSON *root = cJSON_CreateObject(), *times = cJSON_AddArrayToObject(root, "at_us");

    while (count < server->long_count && fine_count && server->long_at[count] < fine[0]) {
        at[count] = server->long_at[count];
        behind[count] = slot->series->long_behind[count];
        lag[count] = slot->series->long_lag[count];
        count++;
    }
    count += watch_recent(server, slot, WATCH_RECENT, at + count, behind + count, lag + count);
    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(times, watch_number_json(at[i]));
    cJSON_AddItemToObject(root, "behind", floats_json(behind, count));
    cJSON_AddItemToObject(root, "lag_s", floats_json(lag, count));
    return root;
}
