/* A recording, or another watch, taken over: the way back of watch_json(). */
#include "watch_fields.h"
#include "watch_json.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static bool wrong(struct fault *fault, const char *where, const char *key)
{
    fault_set(fault, "reading a state of watch", where, NULL,
              "\"%s\" is missing, or of another type", key);
    return false;
}

static const char *name_of(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsString(item) ? item->valuestring : NULL;
}

static bool number_of(const cJSON *object, const char *key, int64_t *ret_number)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    *ret_number = cJSON_IsNumber(item) ? (int64_t) item->valuedouble : WATCH_UNKNOWN;
    return cJSON_IsNumber(item) || cJSON_IsNull(item);
}

static bool apply_slots(struct watch *watch, struct watch_server *server, const cJSON *list,
                        struct fault *fault)
{
    const cJSON *item;
    size_t hint = 0;

    cJSON_ArrayForEach(item, list)
    {
        struct watch_slot_values values = {0};
        struct watch_slot *slot;
        const char *name = name_of(item, "name");
        const char *bad = name ? watch_fields_read(item, &watch_slot_fields, &values) : "name";

        if (bad)
            return wrong(fault, "a slot", bad);
        slot = watch_slot(server, name, hint++);
        slot->is_over = false;
        watch_set_slot(watch, slot, &values);
    }
    return true;
}

/* What is told of behind this stays. */
static void slots_are_over(struct watch_server *server)
{
    size_t i;

    for (i = 0; i < server->slot_count; i++)
        server->slots[i].is_over = true;
}

static void forget_slots(struct watch *watch, struct watch_server *server)
{
    size_t i;

    for (i = 0; i < server->slot_count; i++)
        server->slots[i].now.is_there = server->slots[i].now.is_there && !server->slots[i].is_over;
    watch_forget_gone(watch, server);
}

static bool apply_subscriptions(struct watch *watch, struct watch_server *server, const cJSON *list,
                                struct fault *fault)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        struct watch_subscription_values values = {0};
        struct watch_subscription *subscription;
        const char *name = name_of(item, "name");
        const char *bad =
            name ? watch_fields_read(item, &watch_subscription_fields, &values) : "name";

        if (bad)
            return wrong(fault, "a subscription", bad);
        subscription = watch_subscription(server, name, values.database);
        subscription->is_there = true;
        watch_set_subscription(watch, subscription, &values);
    }
    return true;
}

static bool apply_server(struct watch *watch, struct watch_cluster *cluster, const cJSON *item,
                         bool is_whole, struct fault *fault)
{
    struct watch_server_values values = {0};
    const char *name = name_of(item, "name");
    const char *bad = name ? watch_fields_read(item, &watch_server_fields, &values) : "name";
    struct watch_server *server;
    bool ticked;

    if (bad)
        return wrong(fault, "a server", bad);
    server = watch_server(cluster, name);
    if (is_whole) {
        server->subscription_count = 0;
        slots_are_over(server);
    }
    ticked = values.ticks != server->now.ticks;
    watch_set_server(watch, server, &values);
    if (!apply_slots(watch, server, cJSON_GetObjectItemCaseSensitive(item, "slots"), fault) ||
        !apply_subscriptions(watch, server, cJSON_GetObjectItemCaseSensitive(item, "subscriptions"),
                             fault))
        return false;
    if (is_whole)
        forget_slots(watch, server);
    if (ticked)
        watch_tick(server, watch->now_us);
    return true;
}

static bool apply_console(struct watch *watch, struct watch_cluster *cluster, const cJSON *item,
                          struct fault *fault)
{
    const cJSON *pools = cJSON_GetObjectItemCaseSensitive(item, "pools"), *pool;
    const char *pooler = name_of(item, "pooler"), *name = name_of(item, "name");
    const char *state = name_of(item, "state"), *bad = NULL;
    struct watch_pool *list;
    int64_t at_us;
    size_t count = 0;
    int i;

    if (!pooler || !name || !state || !number_of(item, "measured_us", &at_us) ||
        !cJSON_IsArray(pools))
        return wrong(fault, "a pooler", "pooler, name, state, measured_us or pools");
    for (i = 0; watch_state_names[i] && strcmp(watch_state_names[i], state) != 0; i++)
        continue;
    if (!watch_state_names[i])
        return wrong(fault, "a pooler", "state");
    list = memory_new(((size_t) cJSON_GetArraySize(pools) + 1) * sizeof(*list));
    cJSON_ArrayForEach(pool, pools)
    {
        bad = watch_fields_read(pool, &watch_pool_fields, &list[count++]);
        if (bad)
            break;
    }
    if (!bad)
        watch_set_console(watch, watch_console(cluster, pooler, name), (enum watch_state) i,
                          name_of(item, "why"), at_us, list, count);
    free(list);
    return !bad || wrong(fault, "a pool", bad);
}

static bool apply_run(struct watch *watch, struct watch_cluster *cluster, const cJSON *item,
                      struct fault *fault)
{
    struct watch_run_values values = {0};
    const char *bad = watch_fields_read(item, &watch_run_fields, &values);

    if (bad)
        return wrong(fault, "a run", bad);
    watch_set_run(watch, cluster, &values);
    return true;
}

static bool apply_cluster(struct watch *watch, const cJSON *item, bool is_whole,
                          struct fault *fault)
{
    const cJSON *run = cJSON_GetObjectItemCaseSensitive(item, "run"), *each;
    const char *name = name_of(item, "name");
    struct watch_cluster *cluster;

    if (!name)
        return wrong(fault, "a cluster", "name");
    cluster = watch_cluster(watch, name);
    if (!number_of(item, "hold_behind", &cluster->hold_behind) ||
        !number_of(item, "abort_lag_us", &cluster->abort_lag_us))
        return wrong(fault, name, "hold_behind or abort_lag_us");
    if (run && !apply_run(watch, cluster, run, fault))
        return false;
    cJSON_ArrayForEach(each, cJSON_GetObjectItemCaseSensitive(item, "servers"))
    {
        if (!apply_server(watch, cluster, each, is_whole, fault))
            return false;
    }
    cJSON_ArrayForEach(each, cJSON_GetObjectItemCaseSensitive(item, "consoles"))
    {
        if (!apply_console(watch, cluster, each, fault))
            return false;
    }
    return true;
}

static bool apply_event(struct watch *watch, const cJSON *item, struct fault *fault)
{
    const char *cluster = name_of(item, "cluster"), *kind = name_of(item, "kind");
    const char *text = name_of(item, "text");
    int64_t at_us;

    if (!cluster || !kind || !text || !number_of(item, "at_us", &at_us))
        return wrong(fault, "an event", "cluster, kind, text or at_us");
    watch_add_event(watch, cluster, kind, at_us, text);
    return true;
}

bool watch_apply(struct watch *watch, const cJSON *json, struct fault *fault)
{
    const cJSON *clusters = cJSON_GetObjectItemCaseSensitive(json, "clusters"), *item;
    bool is_whole = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "whole"));
    int64_t version;

    if (!number_of(json, "schema_version", &version) || version != 1)
        return wrong(fault, "its first key", "schema_version (1)");
    if (!number_of(json, "now_us", &watch->now_us) ||
        !number_of(json, "interval_ms", &watch->interval_ms) || watch->interval_ms <= 0 ||
        !cJSON_IsArray(clusters))
        return wrong(fault, "the whole", "now_us, interval_ms or clusters");
    if (is_whole) /* what it does not tell of is forgotten */
        watch->event_count = watch->event_next = 0;
    cJSON_ArrayForEach(item, clusters)
    {
        if (!apply_cluster(watch, item, is_whole, fault))
            return false;
    }
    cJSON_ArrayForEach(item, cJSON_GetObjectItemCaseSensitive(json, "events"))
    {
        if (!apply_event(watch, item, fault))
            return false;
    }
    return true;
}
