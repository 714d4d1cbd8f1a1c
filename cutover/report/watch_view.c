/* The screen of `watch`: which part gets how many lines; head, run, worst slot, help. */
#include "watch_view.h"
#include "watch_say.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct watch_cluster *watch_view_cluster(const struct watch_view *view)
{
    return view->chosen < view->watch->cluster_count ? &view->watch->clusters[view->chosen] : NULL;
}

void cell_set(struct table_cell *cell, enum style style, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(cell->text, sizeof(cell->text), format, arguments);
    va_end(arguments);
    cell->style = style;
}

/* --- histories -------------------------------------------------------------------------------- */

int watch_view_bars(const struct canvas *canvas)
{
    return canvas->width < 100 ? 7 : canvas->width < 132 ? 10 : canvas->width < 180 ? 16 : 24;
}

/* Each bar is the worst of the same number of points, which stay together as time passes; the last
   is the present one. */
static void gather(const struct watch_server *server, const float *points, size_t count,
                   size_t width, float *ret_bars)
{
    size_t stretch = (WATCH_RECENT + width - 1) / width, i;
    uint64_t ticks = (uint64_t) server->now.ticks, last = (ticks ? ticks - 1 : 0) / stretch;

    for (i = 0; i < width; i++)
        ret_bars[i] = NAN;
    for (i = 0; i < count; i++) {
        uint64_t back = last - (ticks - count + i) / stretch;
        float *bar = back < width ? &ret_bars[width - 1 - back] : NULL;

        if (bar && (isnan(*bar) || points[i] > *bar))
            *bar = points[i];
    }
}

void watch_view_history(const struct canvas *canvas, const struct watch_server *server,
                        const struct watch_slot *slot, int width, struct text *ret_bars,
                        struct text *ret_highest)
{
    float lag[WATCH_RECENT], behind[WATCH_RECENT], bars[WATCH_RECENT], highest;
    size_t count = watch_recent(server, slot, WATCH_RECENT, NULL, behind, lag), i;
    bool has_lag = false;

    for (i = 0; i < count; i++)
        has_lag = has_lag || !isnan(lag[i]);
    width = width > WATCH_RECENT ? WATCH_RECENT : width < 2 ? 2 : width;
    gather(server, has_lag ? lag : behind, count, (size_t) width, bars);
    canvas_sparkline(canvas, ret_bars, bars, (size_t) width, &highest);
    if (isnan(highest))
        return;
    text_add_string(ret_highest, has_lag ? said_duration((int64_t) ((double) highest * 1e6)).text
                                         : said_size((int64_t) highest).text);
}

/* --- head and foot ---------------------------------------------------------------------------- */

static void draw_head(const struct watch_view *view, struct canvas *canvas)
{
    const struct watch *watch = view->watch;
    const struct watch_cluster *cluster = watch_view_cluster(view);
    bool is_wide = canvas->width >= 60;
    struct text left = {0}, right = {0};

    if (view->is_paused) {
        text_add(&right, is_wide ? "PAUSED at %s UTC, space goes on" : "PAUSED %s",
                 said_clock(watch->now_us).text);
    } else {
        text_add_string(&right, is_wide ? "every " : "");
        if (is_wide)
            text_add_duration(&right, watch->interval_ms);
        text_add(&right, is_wide ? "  %s UTC" : "%s", said_clock(watch->now_us).text);
    }
    text_add(&left, "%s", is_wide ? "pgcutover watch  " : "");
    if (view->is_overview || !cluster)
        text_add(&left, "%zu clusters", watch->cluster_count);
    else if (watch->cluster_count > 1)
        text_add(&left, "%zu/%zu %s", view->chosen + 1, watch->cluster_count, cluster->name);
    else
        text_add_string(&left, cluster->name);
    canvas_cell(canvas, 0, STYLE_TITLE, text_string(&left), canvas->width - (int) right.length - 2,
                false);
    canvas_go_to(canvas, 0, canvas->width - (int) right.length);
    canvas_put(canvas, 0, view->is_paused ? STYLE_WARNING : STYLE_FAINT, text_string(&right));
    text_free(&left);
    text_free(&right);
}

static void draw_foot(const struct watch_view *view, struct canvas *canvas)
{
    bool is_wide = canvas->width >= 70, has_several = view->watch->cluster_count > 1;

    canvas_put(canvas, canvas->height - 1, STYLE_FAINT,
               !is_wide ? "q quit  space pause  ? help"
               : has_several
                   ? "q quit  space pause  s sort  Tab cluster  0 all of them  arrows  ? help"
                   : "q quit  space pause  s sort  arrows scroll  ? help");
}

/* --- run -------------------------------------------------------------------------------------- */

static void label(struct canvas *canvas, int row, const char *text)
{
    canvas_cell(canvas, row, STYLE_FAINT, text, 7, false);
}

static void add_since(const struct watch_view *view, struct canvas *canvas, int row, int64_t since)
{
    if (since != WATCH_UNKNOWN)
        canvas_add(canvas, row, STYLE_FAINT, ", since %s (%s)", said_clock(since).text,
                   said_duration(view->watch->now_us - since).text);
}

static void draw_run_state(const struct watch_view *view, struct canvas *canvas, int row)
{
    const struct watch_run_values *run = &watch_view_cluster(view)->run;

    label(canvas, row, "run");
    if (*run->why) {
        canvas_add(canvas, row, STYLE_WARNING, "! unknown: %s", run->why);
        return;
    }
    canvas_put(canvas, row, STYLE_TITLE, *run->id ? run->phase : "no run is under way");
    canvas_put(canvas, row, STYLE_PLAIN, "; ");
    canvas_add(canvas, row, strcmp(run->may_write, "nobody") == 0 ? STYLE_BAD : STYLE_PLAIN,
               "%s may write", *run->may_write ? run->may_write : "not known who");
    if (*run->last_step)
        canvas_add(canvas, row, STYLE_FAINT, "; last: %s %s", run->last_step, run->last_state);
    if (!*run->waits_for)
        add_since(view, canvas, row, run->since_us);
}

static int run_wanted(const struct watch_view *view)
{
    const struct watch_run_values *run = &watch_view_cluster(view)->run;

    return *run->why ? 1 : 1 + (*run->waits_for != '\0') + (*run->next != '\0');
}

static void draw_run(struct watch_view *view, struct canvas *canvas, int top, int lines)
{
    const struct watch_run_values *run = &watch_view_cluster(view)->run;
    int row = top + 1;

    draw_run_state(view, canvas, top);
    if (*run->why)
        return;
    if (*run->waits_for && row < top + lines) {
        label(canvas, row, "waits");
        canvas_add(canvas, row, STYLE_WARNING, "for %s", run->waits_for);
        add_since(view, canvas, row++, run->since_us);
    }
    if (*run->next && row < top + lines) {
        label(canvas, row, "next");
        canvas_put(canvas, row, STYLE_PLAIN, run->next);
    }
}

/* --- the worst slot --------------------------------------------------------------------------- */

static int worst_wanted(const struct watch_view *view)
{
    struct watch_place worst;

    if (!watch_order_worst(view->watch, watch_view_cluster(view), &worst))
        return watch_first_unmeasured(view->watch, watch_view_cluster(view)) ? 2 : 1;
    if (!worst.is_measured)
        return 2;
    return watch_slot_is_lost(worst.slot) ? 1 : 3;
}

static void draw_worst_history(const struct watch_place *worst, struct canvas *canvas, int row)
{
    int width = canvas->width - 40;
    struct text bars = {0}, highest = {0};

    label(canvas, row, "");
    watch_view_history(canvas, worst->server, worst->slot, width > 64 ? 64 : width, &bars,
                       &highest);
    if (highest.length) {
        canvas_add(canvas, row, STYLE_PLAIN, "%s  ", text_string(&bars));
        canvas_add(canvas, row, STYLE_FAINT, "up to %s lately", text_string(&highest));
    } else {
        canvas_put(canvas, row, STYLE_FAINT, "nothing was measured lately");
    }
    text_free(&bars);
    text_free(&highest);
}

static void draw_worst_rates(const struct watch_place *worst, struct canvas *canvas, int row)
{
    const struct watch_slot_values *now = &worst->slot->now;

    label(canvas, row, "");
    canvas_add(canvas, row, STYLE_PLAIN, "applies %s of %s WAL; keeps %s",
               said_rate(now->apply_rate).text, said_rate(worst->server->now.wal_rate).text,
               said_size(now->retained).text);
    if (now->safe == WATCH_UNKNOWN)
        canvas_put(canvas, row, STYLE_PLAIN, ", no limit known");
    else
        canvas_add(canvas, row, STYLE_PLAIN, ", lost after %s more", said_size(now->safe).text);
    if (now->lost_in_us != WATCH_UNKNOWN)
        canvas_add(canvas, row, STYLE_WARNING, ", in %s at this rate",
                   said_duration(now->lost_in_us).text);
}

/* False: the reason did not fit, and is not said. */
static bool draw_worst_slot(const struct watch_view *view, const struct watch_place *worst,
                            struct canvas *canvas, int row, bool is_cut)
{
    const struct watch_slot_values *now = &worst->slot->now;
    enum style style = watch_slot_style(watch_view_cluster(view), worst->slot);
    struct text text = {0};
    struct said brief;
    bool fits;

    canvas_add(canvas, row, STYLE_PLAIN, "%s%s", style == STYLE_BAD ? "!! " : "",
               *now->database ? now->database : worst->slot->name);
    if (canvas->width >= 100)
        canvas_add(canvas, row, STYLE_FAINT, " (%s on %s)", worst->slot->name, worst->server->name);
    watch_say_lag(worst->slot, &text);
    canvas_add(canvas, row, style, ": %s", text_string(&text));
    canvas_add(canvas, row, STYLE_PLAIN, ", %s behind; ", said_size(now->behind).text);
    text_free(&text);
    watch_say_trend(worst->slot, &text, &brief);
    fits =
        canvas_columns_of(canvas, text_string(&text)) <= canvas->width - canvas->rows[row].columns;
    if (!fits && !is_cut && now->trend == WATCH_NEVER)
        canvas_put(canvas, row, style, "will not catch up");
    else
        canvas_put(canvas, row, now->trend == WATCH_CAUGHT_UP ? STYLE_GOOD : style,
                   text_string(&text));
    text_free(&text);
    return fits || is_cut || now->trend != WATCH_NEVER;
}

/* What there is to say of it in two lines: bars, or why it will not catch up. */
static void draw_worst_measured(const struct watch_view *view, const struct watch_place *worst,
                                struct canvas *canvas, int row, int lines)
{
    if (watch_slot_is_lost(worst->slot))
        canvas_add(canvas, row, STYLE_BAD,
                   "!! %s %s: what it kept is gone; whoever follows it has to be made anew",
                   worst->slot->name, watch_slot_health(worst->slot));
    else if (!draw_worst_slot(view, worst, canvas, row, lines < 2)) {
        label(canvas, row + 1, "");
        canvas_put(canvas, row + 1, STYLE_BAD, worst->slot->now.why);
    }
    if (lines > 1 && !canvas->rows[row + 1].columns)
        draw_worst_history(worst, canvas, row + 1);
    if (lines > 2)
        draw_worst_rates(worst, canvas, row + 2);
}

/* Since when, and why in full: what matters often stands at its end. */
static void draw_worst_unmeasured(const struct watch_view *view, const struct watch_server *server,
                                  struct canvas *canvas, int row, int lines)
{
    const struct watch_server_values *now = &server->now;
    struct text text = {0};

    watch_say_unmeasured(view->watch, now->state, now->measured_us, lines > 1 ? "" : now->why,
                         &text);
    canvas_add(canvas, row, now->state == WATCH_CONNECTING ? STYLE_WARNING : STYLE_BAD, "%s %s: %s",
               now->state == WATCH_CONNECTING ? "!" : "!!", server->name, text_string(&text));
    text_free(&text);
    if (lines > 1) {
        label(canvas, row + 1, "");
        canvas_put(canvas, row + 1, STYLE_PLAIN, now->why);
    }
}

static void draw_worst(struct watch_view *view, struct canvas *canvas, int top, int lines)
{
    const struct watch_cluster *cluster = watch_view_cluster(view);
    const struct watch_server *unmeasured = watch_first_unmeasured(view->watch, cluster);
    struct watch_place worst;
    bool any = watch_order_worst(view->watch, cluster, &worst);

    label(canvas, top, "worst");
    if (any && worst.is_measured)
        draw_worst_measured(view, &worst, canvas, top, lines);
    else if (any)
        draw_worst_unmeasured(view, worst.server, canvas, top, lines);
    else if (unmeasured)
        draw_worst_unmeasured(view, unmeasured, canvas, top, lines);
    else
        canvas_put(canvas, top, STYLE_FAINT, "there is no slot");
}

/* --- help ------------------------------------------------------------------------------------- */

static void draw_help(struct canvas *canvas)
{
    static const char *const lines[] = {
        "q          quit",
        "space      stand still; measuring and recording go on",
        "s          sort the slots: worst first, lag, bytes, WAL kept, name",
        "up down    scroll the slots; also j k, PgUp PgDn, Home End",
        "Tab        the next cluster; Shift-Tab the one before; 1 to 9",
        "0          all clusters",
        "?          this, and back",
        "",
        "!  look at it     !!  act now",
        "LAG      age of the oldest change that is not confirmed;",
        "         \u2265 : at least that, it was behind when the watch began",
        "BEHIND   bytes of WAL that are not confirmed",
        "HISTORY  lag of the last points, the worst of each bar; a blank:",
        "         not measured; behind it the highest",
        "KEEPS    WAL that the slot holds; SAFE: what may still be written",
        "         before it is lost",
        "",
        "What is not measured is a word, never a number.",
    };
    int i;

    for (i = 0; i < (int) (sizeof(lines) / sizeof(lines[0])) && i + 2 < canvas->height; i++) {
        canvas_go_to(canvas, i + 1, 2);
        canvas_put(canvas, i + 1, STYLE_PLAIN, lines[i]);
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

#define PARTS 8

static const struct watch_part part_run = {run_wanted, draw_run, 2};
static const struct watch_part part_worst = {worst_wanted, draw_worst, 1};

/* In the order that they get their least in; `places`: where each stands on the screen. */
struct layout {
    const struct watch_part *parts[PARTS];
    int places[PARTS];
    int shares[PARTS]; /* of what is left, a round */
    int count;
};

static const struct layout of_cluster = {{&part_run, &part_worst, &watch_part_slots,
                                          &watch_part_servers, &watch_part_pools,
                                          &watch_part_subscriptions, &watch_part_events},
                                         {0, 1, 3, 2, 5, 4, 6},
                                         {2, 1, 2, 1, 1, 1, 1},
                                         7};
static const struct layout of_several = {
    {&part_run, &part_worst, &watch_part_slots, &watch_part_overview, &watch_part_servers,
     &watch_part_pools, &watch_part_subscriptions, &watch_part_events},
    {1, 2, 4, 0, 3, 6, 5, 7},
    {2, 1, 2, 1, 1, 1, 1, 1},
    8};
static const struct layout of_all = {{&watch_part_overview, &watch_part_events}, {0, 1}, {3, 1}, 2};

static void share(const struct watch_view *view, const struct layout *layout, int left, int *lines)
{
    int wanted[PARTS], i, j;
    bool any = true;

    for (i = 0; i < layout->count; i++) {
        const struct watch_part *part = layout->parts[i];

        wanted[i] = part->wanted(view);
        lines[i] = wanted[i] < part->least ? wanted[i] : part->least;
        if (lines[i] > left)
            lines[i] = wanted[i] = 0;
        left -= lines[i];
    }
    while (left > 0 && any) {
        any = false;
        for (i = 0; i < layout->count; i++)
            for (j = 0; j < layout->shares[i] && left > 0 && lines[i] < wanted[i]; j++) {
                lines[i]++;
                left--;
                any = true;
            }
    }
}

static void draw_parts(struct watch_view *view, struct canvas *canvas, const struct layout *layout)
{
    int lines[PARTS], place, i, top = 1;

    share(view, layout, canvas->height - 2, lines);
    for (place = 0; place < layout->count; place++)
        for (i = 0; i < layout->count; i++)
            if (layout->places[i] == place && lines[i]) {
                layout->parts[i]->draw(view, canvas, top, lines[i]);
                top += lines[i];
            }
}

void watch_view_draw(struct watch_view *view, struct canvas *canvas)
{
    draw_head(view, canvas);
    if (view->is_help)
        draw_help(canvas);
    else if (view->is_overview || !watch_view_cluster(view))
        draw_parts(view, canvas, &of_all);
    else
        draw_parts(view, canvas, view->watch->cluster_count > 1 ? &of_several : &of_cluster);
    draw_foot(view, canvas);
}
