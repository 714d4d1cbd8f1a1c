#include "report_html_pause.h"
#include "report_html_timeline.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MS 1000LL
#define MOST_POOLERS 6 /* lanes; the table has all of them */
#define MOST_STEPS 40

double window_x(const struct window *window, int64_t at_us)
{
    double room = window->drawing->right - window->drawing->left;

    if (at_us < window->from_us)
        at_us = window->from_us;
    if (at_us > window->to_us)
        at_us = window->to_us;
    return window->drawing->left +
           (double) (at_us - window->from_us) / (double) (window->to_us - window->from_us) * room;
}

static double x_of(const void *window, int64_t at_us)
{
    return window_x(window, at_us);
}

static const char *length(const struct window *window, int64_t us)
{
    char buffer[32];

    return arena_copy(window->drawing->report->arena, html_duration(buffer, us));
}

/* Of a pause without a known end: what was still done in it. */
static int64_t last_end(const struct report *report, const struct report_move *move)
{
    int64_t last_us = move->held_us + 100 * MS;
    size_t i;

    for (i = 0; i < report->step_count; i++) {
        const struct report_step *step = &report->steps[i];

        if (string_equal(step->plan, move->plan) && step->ended_us != REPORT_UNKNOWN &&
            step->began_us >= move->held_us && step->ended_us > last_us)
            last_us = step->ended_us;
    }
    return last_us;
}

/* The pause and as much again beside it; more, where a write that was held began before. */
static struct window window_of(struct drawing *drawing, const struct report_move *move)
{
    struct window window = {.drawing = drawing, .move = move, .held_us = move->held_us};
    int64_t pause, pad;
    size_t i, j;

    window.released_us = move->released_us;
    window.is_released = move->released_us != REPORT_UNKNOWN && move->released_us >= move->held_us;
    if (!window.is_released)
        window.released_us = last_end(drawing->report, move);
    pause = window.released_us - window.held_us;
    pad = pause * 6 / 10 > 20 * MS ? pause * 6 / 10 : 20 * MS;
    window.from_us = window.held_us - pad;
    window.to_us = window.released_us + pad;
    for (i = 0; i < move->pooler_count; i++)
        for (j = 0; j < move->poolers[i].count; j++) {
            const struct report_probe *probe = &move->poolers[i].list[j];
            int64_t answered_us = window_answered(probe);

            if (probe->at_us > window.released_us || answered_us < window.held_us)
                continue;
            if (probe->at_us < window.from_us && probe->at_us > window.held_us - 3 * pad)
                window.from_us = probe->at_us;
            if (answered_us > window.to_us && answered_us < window.released_us + 3 * pad)
                window.to_us = answered_us + pad / 4; /* and room for how long it took */
        }
    return window;
}

static bool is_felt_more(const struct report_pooler *one, const struct report_pooler *other)
{
    if (one->held.failed != other->held.failed)
        return one->held.failed > other->held.failed;
    return one->held.longest_gap_us > other->held.longest_gap_us;
}

static void choose_poolers(struct window *window)
{
    const struct report_move *move = window->move;
    bool *shown = arena_take(window->drawing->report->arena, move->pooler_count + 1);
    size_t i, n;

    for (n = 0; n < MOST_POOLERS && n < move->pooler_count; n++) {
        size_t best = move->pooler_count;

        for (i = 0; i < move->pooler_count; i++)
            if (!shown[i] && (best == move->pooler_count ||
                              is_felt_more(&move->poolers[i], &move->poolers[best])))
                best = i;
        shown[best] = true;
    }
    window->shown = shown;
    window->shown_count = n;
}

/* --- the axis: relative to the hold ----------------------------------------------------------- */

static int64_t tick_us(const struct window *window)
{
    int64_t step = 1;
    double room = window->drawing->right - window->drawing->left;
    double whole = (double) (window->to_us - window->from_us);

    for (;;) {
        static const int64_t times[] = {1, 2, 5};
        size_t i;

        for (i = 0; i < 3; i++)
            if ((double) (times[i] * step) / whole * room >= 64)
                return times[i] * step;
        step *= 10;
    }
}

static void draw_axis(const struct window *window, struct text *text, double bottom)
{
    int64_t step = tick_us(window), first = (window->from_us - window->held_us) / step * step, at;
    double last = -100;

    for (at = first; window->held_us + at <= window->to_us; at += step) {
        double x = window_x(window, window->held_us + at), half;
        char buffer[32], label[40];

        snprintf(label, sizeof(label), "%s%s", at < 0 ? "−" : "",
                 at ? html_duration(buffer, at < 0 ? -at : at) : "0 ms");
        half = html_text_width(label, 11) / 2;
        if (x - half < last + 6 || x + half > window->drawing->width ||
            window->held_us + at < window->from_us)
            continue;
        html_add(text,
                 "<path class=\"grid\" d=\"M%.1f 22V%.1f\"/><text class=\"tick\" x=\"%.1f\" "
                 "y=\"%.1f\">%s</text>",
                 x, bottom + 4, x, bottom + 16, label);
        last = x + half;
    }
    html_add(text, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>", window->drawing->left, bottom,
             window->drawing->right);
}

/* The shade, and above it what it is. */
static void draw_pause(const struct window *window, struct text *text, double bottom)
{
    bool is_known = window->is_released;
    double left = window_x(window, window->held_us);
    double right = window_x(window, is_known ? window->released_us : window->to_us);
    double middle = (left + right) / 2, half;
    const char *label = arena_print(
        window->drawing->report->arena,
        is_known ? "‖ clients held %s" : "‖ clients held, no end known%s",
        is_known ? report_length(window->drawing->report, window->released_us - window->held_us)
                 : "");

    half = html_text_width(label, 12.5) / 2;
    if (middle - half < 0)
        middle = half;
    if (middle + half > window->drawing->width)
        middle = window->drawing->width - half;
    html_add(text,
             "<rect class=\"pause\" x=\"%.1f\" y=\"20\" width=\"%.1f\" height=\"%.1f\"/>"
             "<path class=\"pause-edge\" d=\"M%.1f 20V%.1f\"/>"
             "<text class=\"pause-name\" x=\"%.1f\" y=\"13\">%s</text>",
             left, fmax(right - left, 2), bottom - 20, left, bottom, middle, label);
    if (is_known)
        html_add(text, "<path class=\"pause-edge\" d=\"M%.1f 20V%.1f\"/>", right, bottom);
}

/* --- poolers and servers ---------------------------------------------------------------------- */

static void draw_hold(const struct window *window, const struct report_pooler *pooler, double top)
{
    struct drawing *drawing = window->drawing;
    bool is_known = pooler->released_us != REPORT_UNKNOWN && window->is_released;
    double left = window_x(window, pooler->held_us);
    double right = window_x(window, is_known ? pooler->released_us : window->to_us);
    const char *label =
        arena_print(drawing->report->arena, "‖ held %s",
                    is_known ? length(window, pooler->released_us - pooler->held_us) : "");

    svg_bar(drawing, "held", left, right, top, 18, label);
    if (svg_inside(drawing, left, right, top + 9, label))
        return;
    if (right + 5 + html_text_width(label, 11.5) < drawing->right)
        svg_label(drawing, right + 5, top + 9, "beside boxed", label);
    else
        svg_label(drawing, left - 5, top + 9, "beside boxed before", label);
}

static void draw_poolers(const struct window *window)
{
    struct drawing *drawing = window->drawing;
    const struct report_move *move = window->move;
    size_t i;

    for (i = 0; i < move->pooler_count; i++) {
        const struct report_pooler *pooler = &move->poolers[i];
        double top;

        if (!window->shown[i])
            continue;
        top = svg_lane(drawing, pooler->name, "pooler");
        html_add(drawing->text, "<path class=\"served\" d=\"M%.1f %.1fH%.1f\"/>", drawing->left,
                 top + 9, drawing->right);
        if (pooler->held_us != REPORT_UNKNOWN)
            draw_hold(window, pooler, top);
        else
            svg_label(drawing, drawing->left + 4, top + 9, "beside boxed", "not known");
        svg_lane_end(drawing, 18);
    }
    if (window->shown_count == move->pooler_count)
        return;
    svg_label(drawing, drawing->left, drawing->y + 8, "beside",
              arena_print(drawing->report->arena, "and %zu more%s",
                          move->pooler_count - window->shown_count,
                          drawing->is_narrow
                              ? " (see the table)"
                              : " poolers, where clients felt no more (see the table)"));
    drawing->y += 24;
}

static void draw_server(const struct window *window, const char *side, const char *other)
{
    const struct svg_lane_of of = {x_of, window, window->from_us, window->to_us, NULL};
    struct states states;
    double top = svg_lane(window->drawing, side, "who may write");

    states_of(window->drawing->report, side, &states);
    svg_states(window->drawing, &states, other, &of, top);
    svg_lane_end(window->drawing, 20);
}

/* --- steps ------------------------------------------------------------------------------------ */

static void draw_step(const struct window *window, const struct report_step *step)
{
    struct drawing *drawing = window->drawing;
    struct report *report = drawing->report;
    int64_t end_us = step_end(report, step);
    double left = window_x(window, step->began_us), right = window_x(window, end_us), width, top;
    bool has_failed = strstr(html_or(step->state, ""), "failed");
    bool is_undone = string_equal(step->state, "undone");
    const char *took = step->ended_us == REPORT_UNKNOWN ? html_or(step->state, "")
                                                        : length(window, end_us - step->began_us);
    const char *name =
        arena_print(report->arena, "%s%s", is_undone ? "undo " : "", html_or(step->step, "?"));
    const char *label =
        arena_print(report->arena, "%s%s%s%s", has_failed ? "✖ " : "",
                    drawing->is_narrow ? name : "", drawing->is_narrow ? " " : "", took);

    if (drawing->is_narrow) {
        html_add(drawing->text, "<g class=\"lane\" role=\"group\" aria-label=\"step: %s\">", name);
        top = drawing->y;
    } else {
        top = svg_lane(drawing, name, "step");
    }
    svg_bar(drawing,
            has_failed       ? "step failed"
            : is_undone      ? "step undone"
            : step->is_pause ? "step held"
                             : "step",
            left, right, top + 2, 14,
            arena_print(report->arena, "%s: %s, %s", name, html_or(step->state, "unknown"), took));
    width = html_text_width(label, 11.5);
    if (right + 5 + width < drawing->width)
        svg_label(drawing, right + 5, top + 9, "beside boxed", label);
    else if (left - 5 - width > 0)
        svg_label(drawing, left - 5, top + 9, "beside boxed before", label);
    else
        svg_inside(drawing, left, right, top + 9, label);
    svg_lane_end(drawing, 11);
}

static void draw_steps(const struct window *window)
{
    const struct report *report = window->drawing->report;
    size_t i, count = 0, more = 0;

    for (i = 0; i < report->step_count; i++) {
        const struct report_step *step = &report->steps[i];

        if (step->began_us == REPORT_UNKNOWN || step->began_us > window->to_us ||
            step_end(report, step) < window->from_us ||
            !string_equal(step->plan, window->move->plan))
            continue;
        if (count++ < MOST_STEPS)
            draw_step(window, step);
        else
            more++;
    }
    if (more) {
        svg_label(window->drawing, window->drawing->left, window->drawing->y + 8, "beside",
                  arena_print(report->arena, "and %zu more, in the table of steps", more));
        window->drawing->y += 20;
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

static void draw(struct drawing *drawing, const void *what)
{
    struct text lanes = {0}, *whole = drawing->text;
    struct window window;
    double bottom;

    if (drawing->is_narrow)
        drawing->left = 52;
    window = window_of(drawing, what);
    choose_poolers(&window);
    drawing->text = &lanes;
    drawing->y = 26;
    draw_poolers(&window);
    draw_server(&window, "blue", "green");
    draw_server(&window, "green", "blue");
    draw_steps(&window);
    window_draw_probes(&window);
    bottom = window_has_probes(&window) ? drawing->y - 7 : drawing->y + 2;
    drawing->text = whole;
    draw_axis(&window, whole, bottom);
    draw_pause(&window, whole, bottom);
    text_add_string(whole, text_string(&lanes));
    text_free(&lanes);
    drawing->y = bottom + 22;
}

void html_pause(struct text *text, struct report *report, const struct report_move *move)
{
    svg_widths(
        text, report,
        arena_print(report->arena, "%s: while clients were held", html_or(move->plan, "move")),
        draw, move);
}
