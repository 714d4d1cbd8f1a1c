/*
 * report_html_svg.h: the parts of the report's drawings. Never blocks. Inside the report's page
 * only.
 *
 * A drawing is made at three widths, and the style sheet shows the one that fits: its letters keep
 * their size, and everything is placed for that width.
 */
#ifndef PGCUTOVER_REPORT_REPORT_HTML_SVG_H
#define PGCUTOVER_REPORT_REPORT_HTML_SVG_H

#include "report_html_scale.h"
#include "report_html_states.h"

struct drawing {
    struct text *text;
    struct report *report;
    double width, left, right; /* lanes are drawn from left to right */
    double y;                  /* where the next lane begins */
    bool is_narrow;            /* names of lanes stand above them, not beside */
};

/* Makes `draw` do it at each width. It sets `y` to the height. */
typedef void draw_function(struct drawing *drawing, const void *what);
void svg_widths(struct text *text, struct report *report, const char *label, draw_function *draw,
                const void *what);

/* A lane's name; returns where the lane itself begins. Ends with </g> by svg_lane_end(). */
double svg_lane(struct drawing *drawing, const char *name, const char *note);
/* The name above it in any case: what stands beside it are amounts. */
double svg_lane_above(struct drawing *drawing, const char *name, const char *note);
void svg_lane_end(struct drawing *drawing, double height);

/* With a text that people see when they point at it; NULL: none. */
void svg_bar(struct drawing *drawing, const char *kind, double left, double right, double y,
             double height, const char *title);
/* The longest beginning of it that has room, with an ellipsis; "": none has. Of the arena. */
const char *svg_fit(struct drawing *drawing, const char *label, double room);
/* In a bar, where it fits there; returns whether it did. */
bool svg_inside(struct drawing *drawing, double left, double right, double middle,
                const char *label);
/* Behind it, at x. */
void svg_label(struct drawing *drawing, double x, double middle, const char *kind,
               const char *label);

/* The states of a server as bars with their words, between two x. */
struct svg_lane_of {
    double (*x)(const void *scale, int64_t at_us);
    const void *scale;
    int64_t from_us, to_us;
    const struct axis *axis; /* no word stands in one of its breaks; NULL: it has none */
};
void svg_states(struct drawing *drawing, const struct states *states, const char *other,
                const struct svg_lane_of *of, double top);

#endif
