/*
 * report_html_scale.h: from times and amounts to pixels. Never blocks. Inside the report's page
 * only.
 *
 * A run lasts hours or days, and what matters of it a fraction of a second: a time axis has parts,
 * each with a scale of its own, and between them a mark instead of the time in which nothing was at
 * work.
 */
#ifndef PGCUTOVER_REPORT_REPORT_HTML_SCALE_H
#define PGCUTOVER_REPORT_REPORT_HTML_SCALE_H

#include "report_html_write.h"

#define AXIS_PARTS 8
#define AXIS_BREAK 30 /* pixels */

struct axis_span {
    int64_t from_us, to_us;
    const char *key; /* spans of different keys are different parts, where that helps; NULL */
};
struct axis_part {
    int64_t from_us, to_us;
    double left, right;
};
struct axis {
    struct axis_part parts[AXIS_PARTS];
    size_t count; /* 0: there is nothing */
    double left, right;
};

/* Sorts `busy`. */
void axis_build(struct axis *axis, struct axis_span *busy, size_t count, double left, double right);
/* What lies between two parts is in the middle of their mark. */
double axis_x(const struct axis *axis, int64_t at_us);
/* Grid lines from top to bottom, and times below, which need 34 pixels: before what they measure.
 */
void axis_draw(const struct axis *axis, struct text *text, double top, double bottom);
/* The marks between the parts: behind everything else. */
void axis_draw_breaks(const struct axis *axis, struct text *text, double top, double bottom);

enum scale_unit { SCALE_BYTES, SCALE_TIME };

struct scale {
    enum scale_unit unit;
    double top, bottom;
    int64_t high, step; /* of a linear one */
    int64_t low;        /* of a logarithmic one: what is below stands at the bottom, as 0 */
    bool is_log;
};

/* `least`: of those above 0; `most`: of all. */
void scale_build(struct scale *scale, enum scale_unit unit, int64_t least, int64_t most, double top,
                 double bottom);
double scale_y(const struct scale *scale, int64_t amount);
/* Lines from left to right, and amounts left of them. */
void scale_draw(const struct scale *scale, struct text *text, double left, double right);

#endif
