/*
 * watch_view.h: what of a watch is looked at, and its drawing on a canvas. Never blocks.
 */
#ifndef PGCUTOVER_REPORT_WATCH_VIEW_H
#define PGCUTOVER_REPORT_WATCH_VIEW_H

#include "canvas.h"
#include "watch_order.h"

struct watch_view {
    const struct watch *watch;
    size_t chosen;    /* the cluster */
    bool is_overview; /* all of them instead */
    bool is_help;
    bool is_paused;
    enum watch_order order;
    size_t first; /* the first slot that is shown; drawing keeps it in its bounds */
    size_t page;  /* from drawing: how many are */
};

void watch_view_draw(struct watch_view *view, struct canvas *canvas);

/* --- parts, inside report only ---------------------------------------------------------------- */

/* A part of the screen: how many lines it would like, and drawing it in fewer. */
struct watch_part {
    int (*wanted)(const struct watch_view *view);
    void (*draw)(struct watch_view *view, struct canvas *canvas, int top, int lines);
    int least; /* with fewer lines it is left out */
};

extern const struct watch_part watch_part_overview, watch_part_servers, watch_part_slots,
    watch_part_subscriptions, watch_part_pools, watch_part_events;

const struct watch_cluster *watch_view_cluster(const struct watch_view *view);
/* The history of a slot in at most `width` bars, and "4.2 min", the highest of them. */
void watch_view_history(const struct canvas *canvas, const struct watch_server *server,
                        const struct watch_slot *slot, int width, struct text *ret_bars,
                        struct text *ret_highest);
/* How many bars there is room for in a column of it. */
int watch_view_bars(const struct canvas *canvas);
void cell_set(struct table_cell *cell, enum style style, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
