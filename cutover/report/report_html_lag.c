#include "report_html_timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SECOND (1000 * 1000LL)
#define GAP_US (3 * SECOND)
#define MOST_LINES 6 /* of slots; of the others only the worst at each time */
#define HEIGHT 132

struct chart {
    size_t order[MOST_LINES]; /* the worst first */
    size_t lines;
    size_t *rest;
    size_t rest_count;
};

static int64_t amount(const struct report_lag_point *point, enum scale_unit unit)
{
    return unit == SCALE_BYTES ? point->behind : point->lag_us;
}

static int64_t worst_of(const struct report_lag *lag)
{
    int64_t worst = REPORT_UNKNOWN;
    size_t i;

    for (i = 0; i < lag->count; i++)
        if (lag->points[i].lag_us > worst)
            worst = lag->points[i].lag_us;
    return worst;
}

/* The slots that were farthest behind have lines of their own. */
static void choose(struct report *report, struct chart *chart)
{
    bool *taken = arena_take(report->arena, report->lag_count * sizeof(*taken) + 1);
    size_t i, n, most = report->lag_count <= MOST_LINES ? report->lag_count : MOST_LINES - 1;

    *chart = (struct chart){.lines = most};
    for (n = 0; n < most; n++) {
        size_t best = report->lag_count;

        for (i = 0; i < report->lag_count; i++)
            if (!taken[i] && (best == report->lag_count ||
                              worst_of(&report->lags[i]) > worst_of(&report->lags[best])))
                best = i;
        taken[best] = true;
        chart->order[n] = best;
    }
    chart->rest = arena_take(report->arena, report->lag_count * sizeof(size_t) + 1);
    for (i = 0; i < report->lag_count; i++)
        if (!taken[i])
            chart->rest[chart->rest_count++] = i;
}

/* --- the axis --------------------------------------------------------------------------------- */

/* Stretches in which somebody measured, or clients were moved. */
static void build_axis(struct drawing *drawing, struct axis *axis)
{
    const struct report *report = drawing->report;
    size_t i, j, all = 1, count = 0;
    struct axis_span *busy;

    for (i = 0; i < report->lag_count; i++)
        all += report->lags[i].count;
    all += report->move_count;
    busy = memory_new(all * sizeof(*busy));
    for (i = 0; i < report->lag_count; i++) {
        size_t first = count;

        for (j = 0; j < report->lags[i].count; j++) {
            int64_t at_us = report->lags[i].points[j].at_us;

            if (at_us == REPORT_UNKNOWN)
                continue;
            if (count > first && at_us - busy[count - 1].to_us <= GAP_US)
                busy[count - 1].to_us = at_us;
            else
                busy[count++] = (struct axis_span){at_us, at_us, NULL};
        }
    }
    for (i = 0; i < report->move_count; i++) {
        const struct report_move *move = &report->moves[i];

        if (move->held_us != REPORT_UNKNOWN)
            busy[count++] =
                (struct axis_span){move->held_us - SECOND, move->held_us + SECOND, NULL};
    }
    axis_build(axis, busy, count, drawing->left, drawing->right);
    free(busy);
}

static void build_scale(const struct report *report, enum scale_unit unit, double top,
                        struct scale *scale)
{
    int64_t least = INT64_MAX, most = 0;
    size_t i, j;

    for (i = 0; i < report->lag_count; i++)
        for (j = 0; j < report->lags[i].count; j++) {
            int64_t each = amount(&report->lags[i].points[j], unit);

            if (each > 0 && each < least)
                least = each;
            if (each > most)
                most = each;
        }
    if (unit == SCALE_TIME && least < 1000)
        least = 1000; /* what is below a millisecond is none */
    if (unit == SCALE_BYTES && least < 1024)
        least = 1024;
    scale_build(scale, unit, least, most, top, top + HEIGHT);
}

/* --- lines ------------------------------------------------------------------------------------ */

struct pixel {
    int64_t worst;
    int64_t first_us, last_us;
    bool is_any, is_known;
};

/* The worst of each two pixels. */
static void take_points(const struct drawing *drawing, const struct axis *axis,
                        const struct report_lag *lag, enum scale_unit unit, struct pixel *pixels,
                        size_t count)
{
    size_t i;

    for (i = 0; i < lag->count; i++) {
        size_t at = (size_t) ((axis_x(axis, lag->points[i].at_us) - drawing->left) / 2);
        struct pixel *pixel = &pixels[at < count ? at : count - 1];
        int64_t each = amount(&lag->points[i], unit);

        if (lag->points[i].at_us == REPORT_UNKNOWN)
            continue;
        if (!pixel->is_any || lag->points[i].at_us < pixel->first_us)
            pixel->first_us = lag->points[i].at_us;
        if (!pixel->is_any || lag->points[i].at_us > pixel->last_us)
            pixel->last_us = lag->points[i].at_us;
        pixel->is_any = true;
        if (each != REPORT_UNKNOWN && (!pixel->is_known || each > pixel->worst)) {
            pixel->worst = each;
            pixel->is_known = true;
        }
    }
}

static void draw_line(struct drawing *drawing, const struct scale *scale,
                      const struct pixel *pixels, size_t count, size_t number)
{
    int64_t last_us = INT64_MIN / 2;
    bool is_down = false;
    size_t i;

    html_add(drawing->text, "<path class=\"slot slot-%zu\" d=\"", number);
    for (i = 0; i < count; i++) {
        if (!pixels[i].is_any)
            continue;
        if (!pixels[i].is_known) {
            is_down = false;
            continue;
        }
        if (pixels[i].first_us - last_us > GAP_US)
            is_down = false;
        html_add(drawing->text, "%s%zu %.1f", is_down ? "L" : "M", (size_t) drawing->left + i * 2,
                 scale_y(scale, pixels[i].worst));
        if (!is_down) /* one alone is a dot */
            text_add_string(drawing->text, "h.5");
        is_down = true;
        last_us = pixels[i].last_us;
    }
    text_add_string(drawing->text, "\"/>");
}

static void draw_lines(struct drawing *drawing, const struct chart *chart, const struct axis *axis,
                       const struct scale *scale)
{
    size_t count = (size_t) ((drawing->right - drawing->left) / 2) + 1, i;
    struct pixel *pixels;

    if (chart->rest_count) {
        pixels = memory_new(count * sizeof(*pixels));
        for (i = 0; i < chart->rest_count; i++)
            take_points(drawing, axis, &drawing->report->lags[chart->rest[i]], scale->unit, pixels,
                        count);
        draw_line(drawing, scale, pixels, count, MOST_LINES);
        free(pixels);
    }
    for (i = chart->lines; i-- > 0;) {
        pixels = memory_new(count * sizeof(*pixels));
        take_points(drawing, axis, &drawing->report->lags[chart->order[i]], scale->unit, pixels,
                    count);
        draw_line(drawing, scale, pixels, count, i + 1);
        free(pixels);
    }
}

/* Where clients were moved. */
static void mark_moves(struct drawing *drawing, const struct axis *axis, double top, double bottom,
                       bool has_names)
{
    struct report *report = drawing->report;
    double end = -100;
    size_t i;

    for (i = 0; i < report->move_count; i++) {
        int64_t at_us = report->moves[i].held_us;
        double x, half = html_text_width(html_or(report->moves[i].plan, ""), 11.5) / 2 + 8, middle;

        if (at_us == REPORT_UNKNOWN)
            continue;
        middle = x = axis_x(axis, at_us);
        html_add(
            drawing->text,
            "<path class=\"move\" d=\"M%.1f %.1fV%.1f\"><title>%s: clients held</title></path>", x,
            top, bottom, report->moves[i].plan);
        if (middle + half > drawing->width)
            middle = drawing->width - half;
        if (!has_names || middle - half < end)
            continue;
        html_add(drawing->text, "<text class=\"move-name\" x=\"%.1f\" y=\"%.1f\">‖ %s</text>",
                 middle, top - 5, report->moves[i].plan);
        end = middle + half + 6;
    }
}

static void draw_chart(struct drawing *drawing, const struct chart *chart, const struct axis *axis,
                       enum scale_unit unit, bool has_names)
{
    struct scale scale;
    double top;

    top = svg_lane_above(drawing, unit == SCALE_BYTES ? "bytes behind" : "seconds behind", NULL);
    top += has_names ? 18 : 8;
    build_scale(drawing->report, unit, top, &scale);
    scale_draw(&scale, drawing->text, drawing->left, drawing->right);
    mark_moves(drawing, axis, top, scale.bottom, has_names);
    draw_lines(drawing, chart, axis, &scale);
    svg_lane_end(drawing, HEIGHT + (has_names ? 22 : 12));
}

static void draw(struct drawing *drawing, const void *what)
{
    struct text lanes = {0}, *whole = drawing->text;
    struct axis axis;
    double bottom;

    drawing->left = drawing->is_narrow ? 56 : 66;
    build_axis(drawing, &axis);
    drawing->text = &lanes;
    drawing->y = 0;
    draw_chart(drawing, what, &axis, SCALE_TIME, true);
    draw_chart(drawing, what, &axis, SCALE_BYTES, false);
    bottom = drawing->y - 11;
    drawing->text = whole;
    axis_draw(&axis, whole, 32, bottom);
    text_add_string(whole, text_string(&lanes));
    axis_draw_breaks(&axis, whole, 32, bottom);
    text_free(&lanes);
    drawing->y = bottom + 36;
}

static void add_legend(struct text *text, const struct report *report, const struct chart *chart)
{
    char most[32];
    size_t i;

    text_add_string(text, "<ul class=\"legend\">");
    for (i = 0; i < chart->lines; i++) {
        const struct report_lag *lag = &report->lags[chart->order[i]];

        html_add(text,
                 "<li><svg class=\"swatch\" width=\"30\" height=\"10\" aria-hidden=\"true\"><path "
                 "class=\"slot slot-%zu\" d=\"M1 5H29\"/></svg>%s <span class=\"dim\">on %s, "
                 "database %s; at most %s</span></li>",
                 i + 1, lag->slot, html_or(lag->side, "a server"),
                 html_or(lag->database, "unknown"), html_duration(most, worst_of(lag)));
    }
    if (chart->rest_count)
        html_add(text,
                 "<li><svg class=\"swatch\" width=\"30\" height=\"10\" aria-hidden=\"true\"><path "
                 "class=\"slot slot-%d\" d=\"M1 5H29\"/></svg>the worst of the %zu others</li>",
                 MOST_LINES, chart->rest_count);
    text_add_string(text, "</ul>\n");
}

void html_lag(struct text *text, struct report *report)
{
    struct chart chart;

    choose(report, &chart);
    svg_widths(text, report, "Lag of replication", draw, &chart);
    add_legend(text, report, &chart);
}
