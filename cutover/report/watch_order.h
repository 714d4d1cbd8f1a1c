/*
 * watch_order.h: the slots of a cluster in an order, and the one that is worst off. Never blocks.
 */
#ifndef PGCUTOVER_REPORT_WATCH_ORDER_H
#define PGCUTOVER_REPORT_WATCH_ORDER_H

#include "watch_model.h"

enum watch_order {
    WATCH_ORDER_WORST, /* ours first; not measured, lost, unknown, then by lag */
    WATCH_ORDER_LAG,
    WATCH_ORDER_BEHIND,
    WATCH_ORDER_RETAINED,
    WATCH_ORDER_NAME,
    WATCH_ORDERS,
};

struct watch_place {
    const struct watch_server *server;
    const struct watch_slot *slot;
    bool is_measured;
};

extern const char *const watch_order_names[WATCH_ORDERS];

/* Others' that are gone are left out. The caller frees. */
struct watch_place *watch_order_slots(const struct watch *watch,
                                      const struct watch_cluster *cluster, enum watch_order order,
                                      size_t *ret_count);
/* The first by WATCH_ORDER_WORST; false: there is none. */
bool watch_order_worst(const struct watch *watch, const struct watch_cluster *cluster,
                       struct watch_place *ret_place);

#endif
