#include "report_html_scale.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MS 1000LL
#define SECOND (1000 * MS)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* --- parts ------------------------------------------------------------------------------------ */

static int compare(const void *a, const void *b)
{
    const struct axis_span *one = a, *other = b;

    return (one->from_us > other->from_us) - (one->from_us < other->from_us);
}

static int64_t length_of(const struct axis_span *span)
{
    return span->to_us > span->from_us ? span->to_us - span->from_us : 1;
}

/* Those between which hardly anything lies become one; returns how many are left. */
static size_t join_close(struct axis_span *spans, size_t count, int64_t close_us)
{
    size_t i, last = 0;

    for (i = 1; i < count; i++) {
        struct axis_span *before = &spans[last];

        if (spans[i].from_us <= before->to_us || (spans[i].from_us - before->to_us <= close_us &&
                                                  string_equal(spans[i].key, before->key))) {
            if (spans[i].to_us > before->to_us)
                before->to_us = spans[i].to_us;
        } else {
            spans[++last] = spans[i];
        }
    }
    return count ? last + 1 : 0;
}

/* The two that are closest to each other, for what is between them. */
static size_t join_closest(struct axis_span *spans, size_t count)
{
    int64_t least = INT64_MAX;
    size_t i, best = 0;

    for (i = 0; i + 1 < count; i++) {
        int64_t gap = spans[i + 1].from_us - spans[i].to_us;

        if (gap < least) {
            least = gap;
            best = i;
        }
    }
    spans[best].to_us = spans[best + 1].to_us;
    memmove(&spans[best + 1], &spans[best + 2], (count - best - 2) * sizeof(*spans));
    return count - 1;
}

/* With one scale for all of it, could everything still be seen? */
static bool is_plain(const struct axis_span *spans, size_t count, double width)
{
    double whole = (double) (spans[count - 1].to_us - spans[0].from_us);
    size_t i;

    for (i = 0; i < count; i++) {
        if ((double) length_of(&spans[i]) / whole * width < 80)
            return false;
        if (i && (double) (spans[i].from_us - spans[i - 1].to_us) > 0.25 * whole)
            return false;
    }
    return true;
}

/* A part has at least half of an equal share. */
static void lay_out(struct axis *axis, const struct axis_span *spans, size_t count)
{
    double room = axis->right - axis->left - (double) (count - 1) * AXIS_BREAK, x = axis->left;
    double least = room / (double) count * 0.6, all = 0;
    size_t i;

    for (i = 0; i < count; i++)
        all += (double) length_of(&spans[i]);
    for (i = 0; i < count; i++) {
        double share = (double) length_of(&spans[i]) / all * (room - least * (double) count);

        axis->parts[i] = (struct axis_part){.from_us = spans[i].from_us,
                                            .to_us = spans[i].from_us + length_of(&spans[i]),
                                            .left = x,
                                            .right = x + least + share};
        x = axis->parts[i].right + AXIS_BREAK;
    }
    axis->count = count;
}

void axis_build(struct axis *axis, struct axis_span *busy, size_t count, double left, double right)
{
    size_t most = (size_t) ((right - left) / 125);
    int64_t whole;

    *axis = (struct axis){.left = left, .right = right};
    if (count == 0)
        return;
    qsort(busy, count, sizeof(*busy), compare);
    count = join_close(busy, count, 0);
    whole = busy[count - 1].to_us - busy[0].from_us;
    count = join_close(busy, count, whole / 50);
    if (most > AXIS_PARTS)
        most = AXIS_PARTS;
    while (count > (most ? most : 1))
        count = join_closest(busy, count);
    if (count > 1 && is_plain(busy, count, right - left)) {
        busy[0].to_us = busy[count - 1].to_us;
        count = 1;
    }
    lay_out(axis, busy, count);
}

double axis_x(const struct axis *axis, int64_t at_us)
{
    size_t i;

    for (i = 0; i < axis->count; i++) {
        const struct axis_part *part = &axis->parts[i];

        if (at_us < part->from_us)
            return i ? part->left - AXIS_BREAK / 2.0 : axis->left;
        if (at_us <= part->to_us)
            return part->left + (double) (at_us - part->from_us) /
                                    (double) (part->to_us - part->from_us) *
                                    (part->right - part->left);
    }
    return axis->right;
}

/* --- times below ------------------------------------------------------------------------------ */

/* The shortest of these whose ticks have that much room. */
static int64_t tick_us(const struct axis_part *part)
{
    static const int64_t steps[] = {
        MS,          2 * MS,   5 * MS,     10 * MS,    20 * MS,     50 * MS,     100 * MS,
        200 * MS,    500 * MS, SECOND,     2 * SECOND, 5 * SECOND,  10 * SECOND, 15 * SECOND,
        30 * SECOND, MINUTE,   2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
        HOUR,        2 * HOUR, 3 * HOUR,   6 * HOUR,   12 * HOUR,   DAY,         2 * DAY,
        5 * DAY,     10 * DAY, 30 * DAY,   90 * DAY,   365 * DAY,
    };
    double room = part->right - part->left, length = (double) (part->to_us - part->from_us);
    size_t i;

    for (i = 0; i + 1 < sizeof(steps) / sizeof(*steps); i++)
        if ((double) steps[i] / length * room >= (steps[i] < SECOND ? 96 : 72))
            break;
    return steps[i];
}

struct ticks {
    struct text *text;
    double top, bottom, end; /* end: of the label that was written last */
    char day[32];            /* that was said last */
    double day_end;
};

static void tick(struct ticks *ticks, double x, double right, int64_t at_us, int64_t step_us)
{
    char label[32], day[32];
    double half, middle = x;

    if (step_us >= DAY)
        snprintf(label, sizeof(label), "%s", html_day(day, at_us));
    else
        html_clock(label, at_us, step_us);
    half = html_text_width(label, 11) / 2;
    html_add(ticks->text, "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>", x, ticks->top,
             ticks->bottom + 4);
    if (middle + half > right)
        middle = right - half;
    if (middle - half < ticks->end + 6)
        middle = ticks->end + 6 + half;
    if (middle - half > x || middle + half > right)
        return; /* no room beside the one before */
    html_add(ticks->text, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>", middle,
             ticks->bottom + 16, label);
    ticks->end = middle + half;
    html_day(day, at_us);
    half = html_text_width(day, 11) / 2;
    if (middle - half < ticks->day_end + 6)
        middle = ticks->day_end + 6 + half;
    if (step_us >= DAY || strcmp(day, ticks->day) == 0 || middle - half > x)
        return;
    html_add(ticks->text, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%s</text>", middle,
             ticks->bottom + 30, day);
    ticks->day_end = middle + half;
    memcpy(ticks->day, day, sizeof(day));
}

static void draw_part(const struct axis *axis, size_t i, struct ticks *ticks)
{
    const struct axis_part *part = &axis->parts[i];
    int64_t step_us = tick_us(part);
    int64_t at_us = (part->from_us + step_us - 1) / step_us * step_us;
    double right = i + 1 < axis->count ? part->right + AXIS_BREAK / 2.0 : axis->right;

    if (at_us > part->to_us) { /* none falls into it: when it began */
        step_us = part->to_us - part->from_us < 5 * SECOND ? MS : SECOND;
        tick(ticks, part->left, right, part->from_us, step_us);
        return;
    }
    for (; at_us <= part->to_us; at_us += step_us)
        tick(ticks, axis_x(axis, at_us), right, at_us, step_us);
}

/* Two slanted strokes through the whole height, and how long nothing was at work. */
static void draw_break(const struct axis *axis, size_t i, const struct ticks *ticks)
{
    const struct axis_part *before = &axis->parts[i], *behind = &axis->parts[i + 1];
    double x = (before->right + behind->left) / 2;
    char length[32];

    html_duration(length, behind->from_us - before->to_us);
    html_add(ticks->text,
             "<g class=\"break\"><title>%s left out here; the scale is another behind it</title>"
             "<rect x=\"%.1f\" y=\"%.1f\" width=\"%d\" height=\"%.1f\"/>"
             "<path d=\"M%.1f %.1fV%.1fM%.1f %.1fV%.1f\"/>"
             "<text class=\"gap\" x=\"%.1f\" y=\"%.1f\" transform=\"rotate(-90 %.1f "
             "%.1f)\">%s</text></g>",
             length, before->right, ticks->top, AXIS_BREAK, ticks->bottom - ticks->top,
             before->right, ticks->top, ticks->bottom, behind->left, ticks->top, ticks->bottom,
             x + 4, (ticks->top + ticks->bottom) / 2, x + 4, (ticks->top + ticks->bottom) / 2,
             length);
}

void axis_draw(const struct axis *axis, struct text *text, double top, double bottom)
{
    struct ticks ticks = {.text = text, .top = top, .bottom = bottom, .end = -6, .day_end = -6};
    size_t i;

    for (i = 0; i < axis->count; i++) {
        draw_part(axis, i, &ticks);
        html_add(text, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>", axis->parts[i].left, bottom,
                 axis->parts[i].right);
    }
}

void axis_draw_breaks(const struct axis *axis, struct text *text, double top, double bottom)
{
    struct ticks ticks = {.text = text, .top = top, .bottom = bottom};
    size_t i;

    for (i = 0; i + 1 < axis->count; i++)
        draw_break(axis, i, &ticks);
}

/* --- amounts ---------------------------------------------------------------------------------- */

#define KB 1024LL

static const int64_t log_bytes[] = {1,
                                    32,
                                    KB,
                                    32 * KB,
                                    KB *KB,
                                    32 * KB *KB,
                                    KB *KB *KB,
                                    32 * KB *KB *KB,
                                    KB *KB *KB *KB,
                                    32 * KB *KB *KB *KB,
                                    KB *KB *KB *KB *KB};
static const int64_t log_time[] = {1,        10,        100,         MS,      10 * MS,
                                   100 * MS, SECOND,    10 * SECOND, MINUTE,  10 * MINUTE,
                                   HOUR,     10 * HOUR, 4 * DAY,     40 * DAY};
#define ZERO_ROOM 16 /* pixels between what is nothing and the least that is something */

static const int64_t *log_ticks(enum scale_unit unit, size_t *ret_count)
{
    *ret_count = unit == SCALE_BYTES ? sizeof(log_bytes) / sizeof(*log_bytes)
                                     : sizeof(log_time) / sizeof(*log_time);
    return unit == SCALE_BYTES ? log_bytes : log_time;
}

/* 1, 2 or 5 of something, so that there are at most `most` of them. */
static int64_t linear_step(enum scale_unit unit, int64_t high, int64_t most)
{
    static const int64_t times[] = {1, 2, 5, 10, 20, 50, 100, 200, 500};
    static const int64_t time_units[] = {1, MS, SECOND, MINUTE, HOUR, DAY};
    static const int64_t byte_units[] = {1, KB, KB * KB, KB * KB * KB, KB * KB * KB * KB};
    const int64_t *units = unit == SCALE_BYTES ? byte_units : time_units;
    size_t count = unit == SCALE_BYTES ? 5 : 6, i, j;

    for (i = 0; i < count; i++)
        for (j = 0; j < sizeof(times) / sizeof(*times); j++) {
            if (i + 1 < count && times[j] * units[i] >= units[i + 1])
                break;
            if (high / (times[j] * units[i]) < most)
                return times[j] * units[i];
        }
    return high;
}

void scale_build(struct scale *scale, enum scale_unit unit, int64_t least, int64_t most, double top,
                 double bottom)
{
    size_t count, i;
    const int64_t *ticks = log_ticks(unit, &count);

    *scale = (struct scale){.unit = unit, .top = top, .bottom = bottom};
    if (most < 1)
        most = unit == SCALE_BYTES ? KB : MS;
    if (least < 1 || least > most)
        least = most;
    scale->is_log = most / least > 50;
    if (!scale->is_log) {
        scale->step = linear_step(unit, most, (int64_t) ((bottom - top) / 24));
        scale->high = (most + scale->step - 1) / scale->step * scale->step;
        return;
    }
    scale->low = ticks[0];
    for (i = 0; i < count && ticks[i] <= least; i++)
        scale->low = ticks[i];
    for (i = 0; i + 1 < count && ticks[i] < most; i++)
        ;
    scale->high = ticks[i] > most ? ticks[i] : most;
}

double scale_y(const struct scale *scale, int64_t amount)
{
    double height = scale->bottom - scale->top;

    if (amount > scale->high)
        amount = scale->high;
    if (!scale->is_log)
        return scale->bottom - (amount > 0 ? (double) amount / (double) scale->high * height : 0);
    if (amount < scale->low)
        return scale->bottom;
    return scale->bottom - ZERO_ROOM -
           log((double) amount / (double) scale->low) /
               log((double) scale->high / (double) scale->low) * (height - ZERO_ROOM);
}

static void draw_amount(const struct scale *scale, struct text *text, double left, double right,
                        int64_t amount)
{
    char label[32];
    double y = scale_y(scale, amount);

    if (amount == 0)
        snprintf(label, sizeof(label), "0");
    else if (scale->unit == SCALE_BYTES)
        html_size(label, amount);
    else
        html_duration(label, amount);
    html_add(text,
             "<path class=\"%s\" d=\"M%.1f %.1fH%.1f\"/>"
             "<text class=\"amount\" x=\"%.1f\" y=\"%.1f\">%s</text>",
             amount == 0 ? "axis" : "grid", left, y, right, left - 6, y + 4, label);
}

void scale_draw(const struct scale *scale, struct text *text, double left, double right)
{
    size_t count, i;
    const int64_t *ticks = log_ticks(scale->unit, &count);
    double last = scale->bottom;
    int64_t at;

    draw_amount(scale, text, left, right, 0);
    if (scale->is_log) {
        for (i = 0; i < count; i++) {
            double y = scale_y(scale, ticks[i]);

            if (ticks[i] < scale->low || ticks[i] > scale->high || last - y < 15)
                continue;
            draw_amount(scale, text, left, right, ticks[i]);
            last = y;
        }
        return;
    }
    for (at = scale->step; at <= scale->high; at += scale->step)
        draw_amount(scale, text, left, right, at);
}
