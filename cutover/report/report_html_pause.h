/*
 * report_html_pause.h: the stretch of time around a pause, which one drawing shows. Never blocks.
 * Inside the report's page only.
 */
#ifndef PGCUTOVER_REPORT_REPORT_HTML_PAUSE_H
#define PGCUTOVER_REPORT_REPORT_HTML_PAUSE_H

#include "report_html_svg.h"

struct window {
    struct drawing *drawing;
    const struct report_move *move;
    int64_t from_us, to_us; /* what is drawn */
    int64_t held_us, released_us;
    bool is_released; /* else released_us is what is known of it */
    const bool
        *shown; /* which poolers have lanes: all of a few, else those that clients felt most */
    size_t shown_count;
};

/* What is beyond it is at its edge. */
double window_x(const struct window *window, int64_t at_us);

/* When a write was answered; when it was sent, where that is not known. */
int64_t window_answered(const struct report_probe *probe);
bool window_has_probes(const struct window *window);
/* The writes of the client probe, a lane a pooler. */
void window_draw_probes(const struct window *window);

#endif
