#include "report_html_timeline.h"

#include <math.h>
#include <string.h>

#define MOST_PLANS 8
#define MOST_ROWS 4   /* of steps at the same time */
#define ROW_HEIGHT 20 /* pixels */
#define PROBE_HEIGHT 40

static double x_of(const void *scale, int64_t at_us)
{
    return axis_x(scale, at_us);
}

/* --- the axis --------------------------------------------------------------------------------- */

static void build_axis(struct drawing *drawing, struct axis *axis)
{
    struct report *report = drawing->report;
    struct axis_span *busy =
        arena_take(report->arena, (report->step_count + 1) * sizeof(struct axis_span));
    size_t i, count = 0;

    for (i = 0; i < report->step_count; i++) {
        const struct report_step *step = &report->steps[i];

        if (step->began_us != REPORT_UNKNOWN)
            busy[count++] = (struct axis_span){step->began_us, step_end(report, step), step->plan};
    }
    axis_build(axis, busy, count, drawing->left, drawing->right);
}

/* --- steps ------------------------------------------------------------------------------------ */

struct placed {
    const struct report_step *step;
    double left, right;
    size_t row;
};

/* Those of a plan that began; steps at the same time are in different rows. */
static size_t place(struct drawing *drawing, const struct axis *axis, const char *plan,
                    struct placed *list, size_t *ret_rows)
{
    const struct report *report = drawing->report;
    int64_t ends[MOST_ROWS] = {0};
    size_t i, count = 0;

    *ret_rows = 1;
    for (i = 0; i < report->step_count; i++) {
        const struct report_step *step = &report->steps[i];
        size_t row = 0;

        if (step->began_us == REPORT_UNKNOWN || !string_equal(step->plan, plan))
            continue;
        while (row + 1 < MOST_ROWS && ends[row] > step->began_us)
            row++;
        ends[row] = step_end(report, step);
        if (row + 1 > *ret_rows)
            *ret_rows = row + 1;
        list[count++] = (struct placed){step, axis_x(axis, step->began_us),
                                        axis_x(axis, step_end(report, step)), row};
    }
    return count;
}

static const char *kind_of(const struct report_step *step)
{
    if (string_equal(step->state, "failed") || string_equal(step->state, "undo_failed"))
        return "step failed";
    if (string_equal(step->state, "undone"))
        return "step undone";
    if (string_equal(step->state, "begun"))
        return "step begun";
    return step->is_pause ? "step held" : "step";
}

static const char *title_of(struct report *report, const struct report_step *step)
{
    return arena_print(
        report->arena, "%s: %s, %s%s%s", html_or(step->step, "?"), html_or(step->state, "unknown"),
        step->ended_us == REPORT_UNKNOWN ? "no end known"
                                         : report_length(report, step->ended_us - step->began_us),
        step->what ? "\n" : "", html_or(step->what, ""));
}

static double next_left(const struct placed *list, size_t count, size_t i, double otherwise)
{
    size_t j;

    for (j = i + 1; j < count; j++)
        if (list[j].row == list[i].row && list[j].left > list[i].left)
            return list[j].left;
    return otherwise;
}

static double end_of_part(const struct axis *axis, double x)
{
    size_t i;

    for (i = 0; i < axis->count; i++)
        if (x <= axis->parts[i].right + 1)
            return axis->parts[i].right;
    return axis->right;
}

static double begin_of_part(const struct axis *axis, double x)
{
    double left = axis->left;
    size_t i;

    for (i = 0; i < axis->count && axis->parts[i].left <= x; i++)
        left = axis->parts[i].left;
    return left;
}

static void name_step(struct drawing *drawing, const struct axis *axis, const struct placed *list,
                      size_t count, size_t i, double top)
{
    const struct placed *placed = &list[i];
    double middle = top + (double) placed->row * ROW_HEIGHT + (ROW_HEIGHT - 3) / 2.0;
    double end = end_of_part(axis, placed->left);
    double room = next_left(list, count, i, end);
    const char *mark = strstr(kind_of(placed->step), "failed") ? "✖ " : "";
    const char *name =
        arena_print(drawing->report->arena, "%s%s", mark, html_or(placed->step->step, "?"));

    if (room > end)
        room = end;
    if (svg_inside(drawing, placed->left, placed->right, middle, name))
        return;
    if (placed->right + 4 + html_text_width(name, 11.5) < room - 2)
        svg_label(drawing, placed->right + 4, middle, "beside", name);
}

static void draw_plan(struct drawing *drawing, const struct axis *axis, const char *plan)
{
    struct report *report = drawing->report;
    struct placed *list = arena_take(report->arena, (report->step_count + 1) * sizeof(*list));
    double ends[MOST_ROWS] = {0}, top;
    size_t rows, count = place(drawing, axis, plan, list, &rows), i;
    const char *last[MOST_ROWS] = {0};

    if (count == 0)
        return;
    top = svg_lane(drawing, plan, "steps");
    for (i = 0; i < count; i++) {
        struct placed *placed = &list[i];
        const char *kind = kind_of(placed->step);

        if (placed->right < ends[placed->row] + 0.4 && last[placed->row] == kind)
            continue; /* it would be drawn on the one before */
        svg_bar(drawing, kind, placed->left, placed->right, top + (double) placed->row * ROW_HEIGHT,
                ROW_HEIGHT - 3, title_of(report, placed->step));
        ends[placed->row] = placed->right < placed->left + 1.5 ? placed->left + 1.5 : placed->right;
        last[placed->row] = kind;
        name_step(drawing, axis, list, count, i, top);
    }
    svg_lane_end(drawing, (double) rows * ROW_HEIGHT - 2);
}

static size_t list_plans(const struct report *report, const char *plans[MOST_PLANS])
{
    size_t i, j, count = 0;

    for (i = 0; i < report->step_count; i++) {
        if (report->steps[i].began_us == REPORT_UNKNOWN || !report->steps[i].plan)
            continue;
        for (j = 0; j < count; j++)
            if (string_equal(plans[j], report->steps[i].plan))
                break;
        if (j == count && count < MOST_PLANS)
            plans[count++] = report->steps[i].plan;
    }
    return count;
}

/* --- poolers, probes, events ------------------------------------------------------------------ */

static void label_on_line(struct drawing *drawing, double x, double top, double width,
                          const char *label)
{
    html_add(drawing->text,
             "<rect class=\"cover\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"16\"/>", x - 2,
             top + 1, width + 2);
    svg_label(drawing, x, top + 9, "beside", label);
}

static void draw_poolers(struct drawing *drawing, const struct axis *axis)
{
    struct report *report = drawing->report;
    double top = svg_lane(drawing, "poolers", "clients held"), end = 0;
    size_t i;

    html_add(drawing->text, "<path class=\"served\" d=\"M%.1f %.1fH%.1f\"/>", drawing->left,
             top + 9, drawing->right);
    for (i = 0; i < report->move_count; i++) {
        const struct report_move *move = &report->moves[i];
        const char *label;
        double left, right, width;

        if (move->held_us == REPORT_UNKNOWN)
            continue;
        left = axis_x(axis, move->held_us);
        right = move->released_us == REPORT_UNKNOWN ? left : axis_x(axis, move->released_us);
        label = arena_print(report->arena, "‖ %s",
                            move->released_us == REPORT_UNKNOWN
                                ? "held"
                                : report_length(report, move->released_us - move->held_us));
        svg_bar(drawing, "held", left, right < left + 3 ? left + 3 : right, top, 18,
                arena_print(report->arena, "%s: clients held", html_or(move->plan, "move")));
        width = html_text_width(label, 11.5);
        if (right + 6 + width < end_of_part(axis, right))
            label_on_line(drawing, right + 6, top, width, label);
        else if (left - 6 - width > begin_of_part(axis, left) && left - 6 - width > end)
            label_on_line(drawing, left - 6 - width, top, width, label);
        end = right + 6 + width;
    }
    svg_lane_end(drawing, 18);
}

struct column {
    int64_t worst_us;
    bool has_failed;
};

static size_t take_probes(const struct drawing *drawing, const struct axis *axis,
                          struct column *columns, size_t count, int64_t *ret_worst_us)
{
    const struct report *report = drawing->report;
    size_t i, j, k, probes = 0;

    *ret_worst_us = 0;
    for (i = 0; i < report->move_count; i++)
        for (j = 0; j < report->moves[i].pooler_count; j++) {
            const struct report_pooler *pooler = &report->moves[i].poolers[j];

            for (k = 0; k < pooler->count; k++) {
                const struct report_probe *probe = &pooler->list[k];
                size_t at = (size_t) ((axis_x(axis, probe->at_us) - drawing->left) / 2);
                struct column *column = &columns[at < count ? at : count - 1];

                if (probe->at_us == REPORT_UNKNOWN)
                    continue;
                probes++;
                column->has_failed |= !string_equal(probe->outcome, "acknowledged");
                if (probe->latency_us > column->worst_us)
                    column->worst_us = probe->latency_us;
                if (probe->latency_us > *ret_worst_us)
                    *ret_worst_us = probe->latency_us;
            }
        }
    return probes;
}

/* A bar of two pixels: the worst of the writes that began there. */
static void draw_probes(struct drawing *drawing, const struct axis *axis)
{
    struct report *report = drawing->report;
    size_t i, count = (size_t) ((drawing->right - drawing->left) / 2) + 1, probes;
    struct column *columns = arena_take(report->arena, count * sizeof(*columns));
    int64_t worst_us;
    double top = svg_lane(drawing, "client probe", "the slowest write of each moment");

    probes = take_probes(drawing, axis, columns, count, &worst_us);
    for (i = 0; i < count && probes; i++) {
        double x = drawing->left + (double) i * 2;
        double height = columns[i].worst_us > 0
                            ? fmax(2, log1p((double) columns[i].worst_us / 1000) /
                                          log1p((double) worst_us / 1000 + 1) * PROBE_HEIGHT)
                            : 0;

        if (height > 0)
            html_add(drawing->text, "<path class=\"write\" d=\"M%.1f %.1fv-%.1f\"/>", x,
                     top + PROBE_HEIGHT, height);
        if (columns[i].has_failed)
            html_add(drawing->text, "<path class=\"failed\" d=\"M%.1f %.1fl6 6m0 -6l-6 6\"/>",
                     x - 3, top + 2);
    }
    if (!probes)
        svg_label(drawing, drawing->left, top + 9, "beside", "not measured");
    svg_lane_end(drawing, probes ? PROBE_HEIGHT : 18);
}

static void draw_events(struct drawing *drawing, const struct axis *axis)
{
    struct report *report = drawing->report;
    double top = svg_lane(drawing, "events", NULL), last = -100;
    size_t i;

    for (i = 0; i < report->event_count; i++) {
        const struct report_event *event = &report->events[i];
        double x = axis_x(axis, event->at_us);

        if (event->at_us == REPORT_UNKNOWN || x - last < 3)
            continue;
        html_add(drawing->text,
                 "<path class=\"event\" d=\"M%.1f %.1fh8l-4 8z\"><title>%s: %s</title></path>",
                 x - 4, top + 4, event->kind, event->text);
        last = x;
    }
    svg_lane_end(drawing, 16);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void draw_server(struct drawing *drawing, const struct axis *axis, const char *side,
                        const char *other)
{
    const struct svg_lane_of of = {x_of, axis, INT64_MIN, INT64_MAX, axis};
    struct states states;
    double top = svg_lane(drawing, side, "who may write");

    states_of(drawing->report, side, &states);
    svg_states(drawing, &states, other, &of, top);
    svg_lane_end(drawing, 20);
}

static void shade_pauses(struct drawing *drawing, const struct axis *axis, double bottom)
{
    size_t i;

    for (i = 0; i < drawing->report->move_count; i++) {
        const struct report_move *move = &drawing->report->moves[i];
        double left, right;

        if (move->held_us == REPORT_UNKNOWN || move->released_us == REPORT_UNKNOWN)
            continue;
        left = axis_x(axis, move->held_us);
        right = axis_x(axis, move->released_us);
        html_add(drawing->text,
                 "<rect class=\"pause\" x=\"%.1f\" y=\"0\" width=\"%.1f\" height=\"%.1f\"/>", left,
                 fmax(right - left, 2), bottom);
    }
}

static void draw_lanes(struct drawing *drawing, const struct axis *axis)
{
    const char *plans[MOST_PLANS];
    size_t i, count = list_plans(drawing->report, plans);

    for (i = 0; i < count; i++)
        draw_plan(drawing, axis, plans[i]);
    draw_poolers(drawing, axis);
    draw_server(drawing, axis, "blue", "green");
    draw_server(drawing, axis, "green", "blue");
    draw_probes(drawing, axis);
    if (drawing->report->event_count)
        draw_events(drawing, axis);
}

static void draw(struct drawing *drawing, const void *what)
{
    struct text lanes = {0}, *whole = drawing->text;
    struct axis axis;
    double bottom;

    (void) what;
    build_axis(drawing, &axis);
    drawing->text = &lanes;
    drawing->y = 4;
    draw_lanes(drawing, &axis);
    bottom = drawing->y;
    drawing->text = whole;
    axis_draw(&axis, whole, 0, bottom);
    shade_pauses(drawing, &axis, bottom);
    text_add_string(whole, text_string(&lanes));
    axis_draw_breaks(&axis, whole, 0, bottom);
    text_free(&lanes);
    drawing->y = bottom + 36;
}

void html_timeline(struct text *text, struct report *report)
{
    svg_widths(text, report, "The whole run", draw, NULL);
}
