#include "report_html_pause.h"

#include <string.h>

#define PROBE_HEIGHT 90

int64_t window_answered(const struct report_probe *probe)
{
    return probe->latency_us < 0 ? probe->at_us : probe->at_us + probe->latency_us;
}

static bool was_held(const struct window *window, const struct report_probe *probe)
{
    return probe->at_us <= window->released_us && window_answered(probe) >= window->held_us;
}

static void draw_write(const struct window *window, const struct scale *scale,
                       const struct report_probe *probe)
{
    double x = window_x(window, probe->at_us), y = scale_y(scale, probe->latency_us);
    double end = window_x(window, window_answered(probe));
    bool is_held = was_held(window, probe);
    char took[32];

    html_duration(took, probe->latency_us);
    if (string_equal(probe->outcome, "acknowledged"))
        html_add(window->drawing->text,
                 "<g class=\"write%s\"><title>%s</title><path d=\"M%.1f %.1fH%.1f\"/><circle "
                 "cx=\"%.1f\" cy=\"%.1f\" r=\"%d\"/></g>",
                 is_held ? " held" : "", took, x, y, end, x, y, is_held ? 4 : 2);
    else
        html_add(window->drawing->text,
                 "<path class=\"failed\" d=\"M%.1f %.1fl8 8m0 -8l-8 8\"><title>%s after %s: "
                 "%s</title></path>",
                 x - 4, y - 4, probe->outcome, took, html_or(probe->code, "no code"));
}

/* The one that is told by a label: the slowest, or the first that failed. */
static void draw_worst(const struct window *window, const struct scale *scale,
                       const struct report_probe *probe)
{
    struct report *report = window->drawing->report;
    bool has_failed = !string_equal(probe->outcome, "acknowledged");
    char buffer[32];
    const char *took = arena_copy(report->arena, html_duration(buffer, probe->latency_us));
    const char *label =
        has_failed ? arena_print(report->arena, "%s %s", html_or(probe->outcome, "no outcome"),
                                 html_or(probe->code, ""))
                   : took;
    double end = window_x(window, has_failed ? probe->at_us : window_answered(probe));
    double begin = window_x(window, probe->at_us), width = html_text_width(label, 11.5);

    if (end + 8 + width < window->drawing->width)
        svg_label(window->drawing, end + 8, scale_y(scale, probe->latency_us), "beside boxed",
                  label);
    else if (begin - 8 - width > window->drawing->left)
        svg_label(window->drawing, begin - 8, scale_y(scale, probe->latency_us),
                  "beside boxed before", label);
}

static bool is_worse(const struct report_probe *one, const struct report_probe *other)
{
    bool failed = !string_equal(one->outcome, "acknowledged");

    if (!other)
        return true;
    if (failed != !string_equal(other->outcome, "acknowledged"))
        return failed;
    return one->latency_us > other->latency_us;
}

static bool is_inside(const struct window *window, const struct report_probe *probe)
{
    return probe->at_us >= window->from_us && probe->at_us <= window->to_us;
}

/* One for all poolers, so that they can be compared. */
static void build_scale(const struct window *window, double top, struct scale *scale)
{
    const struct report_move *move = window->move;
    int64_t least_us = INT64_MAX, most_us = 0;
    size_t i, j;

    for (i = 0; i < move->pooler_count; i++)
        for (j = 0; window->shown[i] && j < move->poolers[i].count; j++) {
            const struct report_probe *probe = &move->poolers[i].list[j];

            if (!is_inside(window, probe))
                continue;
            if (probe->latency_us > 0 && probe->latency_us < least_us)
                least_us = probe->latency_us;
            if (probe->latency_us > most_us)
                most_us = probe->latency_us;
        }
    if (least_us > most_us / 100) /* always of the same kind: logarithmic */
        least_us = most_us / 100;
    scale_build(scale, SCALE_TIME, least_us, most_us, top + 8, top + PROBE_HEIGHT);
}

/* The worst of each pixel. */
static void draw_writes(const struct window *window, const struct report_pooler *pooler,
                        const struct scale *scale)
{
    struct drawing *drawing = window->drawing;
    size_t count = (size_t) (drawing->right - drawing->left) + 2, i;
    const struct report_probe **columns =
        arena_take(drawing->report->arena, count * sizeof(*columns));
    const struct report_probe *worst = NULL;

    for (i = 0; i < pooler->count; i++) {
        const struct report_probe *probe = &pooler->list[i];
        size_t at = (size_t) (window_x(window, probe->at_us) - drawing->left);

        if (!is_inside(window, probe))
            continue;
        if (is_worse(probe, columns[at]))
            columns[at] = probe;
        if (is_worse(probe, worst))
            worst = probe;
    }
    scale_draw(scale, drawing->text, drawing->left, drawing->right);
    for (i = 0; i < count; i++)
        if (columns[i])
            draw_write(window, scale, columns[i]);
    if (worst)
        draw_worst(window, scale, worst);
    else
        svg_label(drawing, drawing->left + 6, (scale->top + scale->bottom) / 2, "beside boxed",
                  "no write in this time");
}

void window_draw_probes(const struct window *window)
{
    struct drawing *drawing = window->drawing;
    const struct report_move *move = window->move;
    size_t i;

    for (i = 0; i < move->pooler_count; i++) {
        const struct report_pooler *pooler = &move->poolers[i];
        struct scale scale;
        double top;

        if (!window->shown[i] || pooler->count == 0)
            continue;
        drawing->y += 4;
        top = svg_lane_above(
            drawing,
            arena_print(drawing->report->arena,
                        drawing->is_narrow ? "writes through %s"
                                           : "client probe: writes through %s, how long each took",
                        html_or(pooler->name, "a pooler")),
            NULL);
        build_scale(window, top, &scale);
        draw_writes(window, pooler, &scale);
        svg_lane_end(drawing, PROBE_HEIGHT);
    }
}

bool window_has_probes(const struct window *window)
{
    size_t i;

    for (i = 0; i < window->move->pooler_count; i++)
        if (window->shown[i] && window->move->poolers[i].count)
            return true;
    return false;
}
