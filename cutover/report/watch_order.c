#include "watch_order.h"
#include "watch_say.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

const char *const watch_order_names[WATCH_ORDERS] = {"worst first", "by lag", "by bytes behind",
                                                     "by WAL kept", "by name"};

/* What is not known is more than any number. */
static int more_first(int64_t one, int64_t other)
{
    if ((one == WATCH_UNKNOWN) != (other == WATCH_UNKNOWN))
        return one == WATCH_UNKNOWN ? -1 : 1;
    return one > other ? -1 : one < other;
}

static int by_name(const struct watch_place *one, const struct watch_place *other)
{
    int order = strcmp(one->slot->name, other->slot->name);

    return order ? order : strcmp(one->server->name, other->server->name);
}

static int by_worst(const struct watch_place *one, const struct watch_place *other)
{
    bool ours = watch_slot_is_ours(one->slot), others = watch_slot_is_ours(other->slot);
    bool lost = watch_slot_is_lost(one->slot), other_lost = watch_slot_is_lost(other->slot);

    if (ours != others)
        return ours ? -1 : 1;
    if (one->is_measured != other->is_measured)
        return one->is_measured ? 1 : -1;
    if (!one->is_measured)
        return 0;
    if (lost != other_lost)
        return lost ? -1 : 1;
    if (one->slot->now.lag_us != other->slot->now.lag_us)
        return more_first(one->slot->now.lag_us, other->slot->now.lag_us);
    return more_first(one->slot->now.behind, other->slot->now.behind);
}

static int compare(const void *a, const void *b, void *context)
{
    const struct watch_place *one = a, *other = b;
    int order = 0;

    switch (*(enum watch_order *) context) {
    case WATCH_ORDER_WORST:
        order = by_worst(one, other);
        break;
    case WATCH_ORDER_LAG:
        order = more_first(one->slot->now.lag_us, other->slot->now.lag_us);
        break;
    case WATCH_ORDER_BEHIND:
        order = more_first(one->slot->now.behind, other->slot->now.behind);
        break;
    case WATCH_ORDER_RETAINED:
        order = more_first(one->slot->now.retained, other->slot->now.retained);
        break;
    default:
        break;
    }
    return order ? order : by_name(one, other);
}

static bool is_shown(const struct watch_slot *slot)
{
    return slot->now.is_there || watch_slot_is_ours(slot);
}

struct watch_place *watch_order_slots(const struct watch *watch,
                                      const struct watch_cluster *cluster, enum watch_order order,
                                      size_t *ret_count)
{
    struct watch_place *places;
    size_t count = 0, i, j;

    for (i = 0; i < cluster->server_count; i++)
        count += cluster->servers[i].slot_count;
    places = memory_new((count + 1) * sizeof(*places));
    for (count = i = 0; i < cluster->server_count; i++) {
        const struct watch_server *server = &cluster->servers[i];
        bool is_measured = watch_server_is_measured(watch, server);

        for (j = 0; j < server->slot_count; j++)
            if (is_shown(&server->slots[j]))
                places[count++] = (struct watch_place){server, &server->slots[j], is_measured};
    }
    qsort_r(places, count, sizeof(*places), compare, &order);
    *ret_count = count;
    return places;
}

bool watch_order_worst(const struct watch *watch, const struct watch_cluster *cluster,
                       struct watch_place *ret_place)
{
    enum watch_order order = WATCH_ORDER_WORST;
    bool any = false;
    size_t i, j;

    for (i = 0; i < cluster->server_count; i++) {
        const struct watch_server *server = &cluster->servers[i];
        bool is_measured = watch_server_is_measured(watch, server);

        for (j = 0; j < server->slot_count; j++) {
            struct watch_place place = {server, &server->slots[j], is_measured};

            if (!is_shown(place.slot) || (any && compare(&place, ret_place, &order) >= 0))
                continue;
            *ret_place = place;
            any = true;
        }
    }
    return any;
}
