/* Subscriptions, pools and events, as tables. */
#include "watch_say.h"
#include "watch_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MOST 20

/* The worst first, else as they are; the last row that there is room for says how many are left. */
static int by_style(const void *a, const void *b)
{
    const struct table_row *one = a, *other = b;

    return (int) other->style - (int) one->style;
}

static void draw_sorted(struct canvas *canvas, int top, int lines,
                        const struct table_column *columns, int column_count,
                        struct table_row *rows, int count, const char *what)
{
    int shown = count < lines - 1 ? count : lines - 1;

    if (shown < count && shown > 1)
        shown--;
    canvas_table(canvas, top, columns, column_count, rows, shown);
    if (shown < count && shown < lines - 1) {
        canvas_go_to(canvas, top + 1 + shown, 3);
        canvas_add(canvas, top + 1 + shown, STYLE_FAINT, "and %d more %s, none worse",
                   count - shown, what);
    }
}

/* --- subscriptions ---------------------------------------------------------------------------- */

enum {
    SUB_NAME,
    SUB_SERVER,
    SUB_DATABASE,
    SUB_STATE,
    SUB_ERRORS,
    SUB_CONFLICTS,
    SUB_HEARD,
    SUB_WAITS,
    SUB_COLUMNS
};

static const struct table_column sub_columns[SUB_COLUMNS] = {
    {"SUBSCRIPTION", 15, 20, 40, 1, false}, {"ON", 5, 5, 12, 7, false},
    {"DATABASE", 8, 16, 30, 5, false},      {"STATE", 9, 9, 9, 2, false},
    {"ERRORS", 11, 11, 22, 3, false},       {"CONFLICTS", 11, 11, 11, 8, false},
    {"HEARD", 11, 11, 11, 6, true},         {"WAITS FOR", 9, 9, 80, 4, false},
};

static void fill_errors(const struct watch_subscription_values *now, struct table_cell *cell)
{
    enum style style = STYLE_WARNING;

    if (now->apply_errors == WATCH_UNKNOWN)
        cell_set(cell, STYLE_FAINT, "not counted");
    else if (now->sync_errors > 0)
        cell_set(cell, style, "%" PRId64 " apply, %" PRId64 " copy", now->apply_errors,
                 now->sync_errors);
    else
        cell_set(cell, now->apply_errors ? style : STYLE_PLAIN, "%s",
                 now->apply_errors ? said_number(now->apply_errors).text : "none");
    if (now->apply_errors != WATCH_UNKNOWN && now->sync_errors > 0)
        snprintf(cell->brief, sizeof(cell->brief), "%" PRId64,
                 now->apply_errors + now->sync_errors);
}

static void fill_subscription(const struct watch_server *server,
                              const struct watch_subscription *subscription, struct table_row *row)
{
    const struct watch_subscription_values *now = &subscription->now;

    row->style = watch_subscription_style(subscription);
    cell_set(&row->cells[SUB_SERVER], STYLE_PLAIN, "%s", server->name);
    cell_set(&row->cells[SUB_DATABASE], STYLE_PLAIN, "%s", now->database);
    cell_set(&row->cells[SUB_STATE], now->is_enabled && now->has_worker ? STYLE_PLAIN : STYLE_BAD,
             "%s",
             !now->is_enabled  ? "disabled"
             : now->has_worker ? "applies"
                               : "no worker");
    fill_errors(now, &row->cells[SUB_ERRORS]);
    if (now->conflicts == WATCH_UNKNOWN)
        cell_set(&row->cells[SUB_CONFLICTS], STYLE_FAINT, "not counted");
    else
        cell_set(&row->cells[SUB_CONFLICTS], now->conflicts ? STYLE_WARNING : STYLE_PLAIN, "%s",
                 now->conflicts ? said_number(now->conflicts).text : "none");
    if (now->message_age_us == WATCH_UNKNOWN)
        cell_set(&row->cells[SUB_HEARD], STYLE_FAINT, "unknown");
    else
        cell_set(&row->cells[SUB_HEARD], STYLE_PLAIN, "%s ago",
                 said_duration(now->message_age_us).text);
    cell_set(&row->cells[SUB_WAITS], row->style, "%s",
             *now->waits_for ? now->waits_for : "nothing");
}

static int subscription_rows(const struct watch_view *view, struct table_row *rows)
{
    const struct watch_cluster *cluster = watch_view_cluster(view);
    int count = 0;
    size_t i, j;

    for (i = 0; i < cluster->server_count; i++) {
        const struct watch_server *server = &cluster->servers[i];

        for (j = 0; j < server->subscription_count; j++, count++) {
            struct table_row *row = rows ? &rows[count] : NULL;

            if (!row)
                continue;
            cell_set(&row->cells[SUB_NAME], STYLE_PLAIN, "%s", server->subscriptions[j].name);
            if (watch_server_is_measured(view->watch, server)) {
                fill_subscription(server, &server->subscriptions[j], row);
                continue;
            }
            row->style = STYLE_WARNING;
            row->span = SUB_SERVER;
            cell_set(&row->cells[SUB_SERVER], STYLE_WARNING, "unmeasured, as %s is", server->name);
        }
    }
    return count;
}

static int subscriptions_wanted(const struct watch_view *view)
{
    int count = subscription_rows(view, NULL);

    return count ? 1 + count : 0;
}

static void draw_subscriptions(struct watch_view *view, struct canvas *canvas, int top, int lines)
{
    int count = subscription_rows(view, NULL);
    struct table_row *rows = memory_new(((size_t) count + 1) * sizeof(*rows));

    subscription_rows(view, rows);
    qsort(rows, (size_t) count, sizeof(*rows), by_style);
    draw_sorted(canvas, top, lines, sub_columns, SUB_COLUMNS, rows, count, "subscriptions");
    free(rows);
}

const struct watch_part watch_part_subscriptions = {subscriptions_wanted, draw_subscriptions, 2};

/* --- pools ------------------------------------------------------------------------------------ */

enum {
    POOL_NAME,
    POOL_MEASURED,
    POOL_ACTIVE,
    POOL_WAITING,
    POOL_MAXWAIT,
    POOL_SERVERS,
    POOL_IDLE,
    POOL_PAUSED,
    POOL_COLUMNS
};

static const struct table_column pool_columns[POOL_COLUMNS] = {
    {"POOLER", 15, 30, 60, 1, false}, {"CONSOLES", 8, 8, 8, 6, true},
    {"ACTIVE", 6, 6, 7, 2, true},     {"WAITING", 7, 7, 7, 3, true},
    {"MAXWAIT", 7, 7, 7, 4, true},    {"SERVERS", 7, 7, 7, 7, true},
    {"IDLE", 6, 6, 7, 8, true},       {"PAUSED", 10, 10, 16, 5, false},
};

struct pool_sum {
    int64_t active, waiting, servers, idle, maxwait_us;
    int pools, paused, consoles, measured;
};

static void add_number(int64_t *sum, int64_t number)
{
    if (number == WATCH_UNKNOWN || *sum == WATCH_UNKNOWN)
        *sum = WATCH_UNKNOWN;
    else
        *sum += number;
}

static void add_pool(struct pool_sum *sum, const struct watch_pool *pool)
{
    add_number(&sum->active, pool->active);
    add_number(&sum->waiting, pool->waiting);
    add_number(&sum->servers, pool->servers);
    add_number(&sum->idle, pool->idle);
    if (pool->maxwait_us == WATCH_UNKNOWN || sum->maxwait_us == WATCH_UNKNOWN)
        sum->maxwait_us = WATCH_UNKNOWN;
    else if (pool->maxwait_us > sum->maxwait_us)
        sum->maxwait_us = pool->maxwait_us;
    sum->paused += pool->is_paused;
    sum->pools++;
}

static void fill_sum(const struct pool_sum *sum, struct table_row *row)
{
    cell_set(&row->cells[POOL_ACTIVE], STYLE_PLAIN, "%s", said_number(sum->active).text);
    cell_set(&row->cells[POOL_WAITING], row->style, "%s", said_number(sum->waiting).text);
    cell_set(&row->cells[POOL_MAXWAIT], row->style, "%s", said_duration(sum->maxwait_us).text);
    cell_set(&row->cells[POOL_SERVERS], STYLE_PLAIN, "%s", said_number(sum->servers).text);
    cell_set(&row->cells[POOL_IDLE], STYLE_PLAIN, "%s", said_number(sum->idle).text);
}

static void fill_console(const struct watch_view *view, const struct watch_console *console,
                         struct table_row *row)
{
    struct text text = {0};

    watch_say_unmeasured(view->watch, console->state, console->measured_us,
                         watch_brief_why(console->why), &text);
    row->style = STYLE_WARNING;
    row->span = POOL_MEASURED;
    cell_set(&row->cells[POOL_NAME], STYLE_PLAIN, "%s", console->name);
    cell_set(&row->cells[POOL_MEASURED], STYLE_WARNING, "%s", text_string(&text));
    text_free(&text);
}

/* A pooler: the sum of its consoles. */
static void fill_pooler(const struct watch_view *view, const char *name, struct table_row *row)
{
    const struct watch_cluster *cluster = watch_view_cluster(view);
    const struct watch_console *unmeasured = NULL;
    struct pool_sum sum = {0};
    size_t i, j;

    for (i = 0; i < cluster->console_count; i++) {
        const struct watch_console *console = &cluster->consoles[i];

        if (strcmp(console->pooler, name) != 0)
            continue;
        sum.consoles++;
        if (!watch_console_is_measured(view->watch, console)) {
            unmeasured = console;
            continue;
        }
        sum.measured++;
        for (j = 0; j < console->pool_count; j++) {
            enum style style = watch_pool_style(&console->pools[j]);

            add_pool(&sum, &console->pools[j]);
            row->style = style > row->style ? style : row->style;
        }
    }
    if (!sum.measured && unmeasured) {
        fill_console(view, unmeasured, row);
        cell_set(&row->cells[POOL_NAME], STYLE_PLAIN, "%s", name);
        return;
    }
    cell_set(&row->cells[POOL_NAME], STYLE_PLAIN, "%s", name);
    cell_set(&row->cells[POOL_MEASURED], unmeasured ? STYLE_WARNING : STYLE_PLAIN, "%d of %d",
             sum.measured, sum.consoles);
    fill_sum(&sum, row);
    cell_set(&row->cells[POOL_PAUSED], sum.paused ? STYLE_WARNING : STYLE_PLAIN,
             sum.paused ? "%d of %d" : "none", sum.paused, sum.pools);
}

static void fill_pool(const struct watch_console *console, const struct watch_pool *pool,
                      struct table_row *row)
{
    struct pool_sum sum = {0};

    row->style = watch_pool_style(pool);
    cell_set(&row->cells[POOL_NAME], STYLE_PLAIN, "%s %s/%s", console->name, pool->database,
             pool->user);
    add_pool(&sum, pool);
    fill_sum(&sum, row);
    cell_set(&row->cells[POOL_PAUSED], STYLE_WARNING, "%s", pool->is_paused ? "paused" : "");
}

static bool is_first_of_pooler(const struct watch_cluster *cluster, size_t index)
{
    size_t i;

    for (i = 0; i < index; i++)
        if (strcmp(cluster->consoles[i].pooler, cluster->consoles[index].pooler) == 0)
            return false;
    return true;
}

/* Else the pooler's own row says why it is not. */
static bool is_other_measured(const struct watch_view *view, const struct watch_console *console)
{
    const struct watch_cluster *cluster = watch_view_cluster(view);
    size_t i;

    for (i = 0; i < cluster->console_count; i++)
        if (strcmp(cluster->consoles[i].pooler, console->pooler) == 0 &&
            watch_console_is_measured(view->watch, &cluster->consoles[i]))
            return true;
    return false;
}

/* Consoles that do not answer and entries where clients wait. */
static int troubled_rows(const struct watch_view *view, struct table_row *rows)
{
    const struct watch_cluster *cluster = watch_view_cluster(view);
    int count = 0;
    size_t i, j;

    for (i = 0; i < cluster->console_count; i++) {
        const struct watch_console *console = &cluster->consoles[i];
        bool is_measured = watch_console_is_measured(view->watch, console);

        if (!is_measured && is_other_measured(view, console)) {
            if (rows)
                fill_console(view, console, &rows[count]);
            count++;
        }
        for (j = 0; is_measured && j < console->pool_count; j++) {
            if (watch_pool_style(&console->pools[j]) == STYLE_PLAIN)
                continue;
            if (rows)
                fill_pool(console, &console->pools[j], &rows[count]);
            count++;
        }
    }
    return count;
}

static int pooler_rows(const struct watch_view *view, struct table_row *rows)
{
    const struct watch_cluster *cluster = watch_view_cluster(view);
    int count = 0;
    size_t i;

    for (i = 0; i < cluster->console_count; i++)
        if (is_first_of_pooler(cluster, i)) {
            if (rows)
                fill_pooler(view, cluster->consoles[i].pooler, &rows[count]);
            count++;
        }
    return count;
}

static int pools_wanted(const struct watch_view *view)
{
    int count = pooler_rows(view, NULL);

    return count ? 1 + count + troubled_rows(view, NULL) : 0;
}

static void draw_pools(struct watch_view *view, struct canvas *canvas, int top, int lines)
{
    int poolers = pooler_rows(view, NULL), troubled = troubled_rows(view, NULL);
    struct table_row *rows = memory_new(((size_t) (poolers + troubled) + 1) * sizeof(*rows));

    pooler_rows(view, rows);
    troubled_rows(view, rows + poolers);
    qsort(rows, (size_t) poolers, sizeof(*rows), by_style);
    qsort(rows + poolers, (size_t) troubled, sizeof(*rows), by_style);
    draw_sorted(canvas, top, lines, pool_columns, POOL_COLUMNS, rows, poolers + troubled,
                "entries");
    free(rows);
}

const struct watch_part watch_part_pools = {pools_wanted, draw_pools, 2};

/* --- events ----------------------------------------------------------------------------------- */

static bool is_of(const struct watch_view *view, const struct watch_event *event)
{
    const struct watch_cluster *cluster = watch_view_cluster(view);

    return view->is_overview || !cluster || !*event->cluster ||
           strcmp(event->cluster, cluster->name) == 0;
}

static int events_wanted(const struct watch_view *view)
{
    int count = 0;
    size_t i;

    for (i = 0; i < view->watch->event_count && count < EVENTS_MOST; i++)
        count += is_of(view, watch_event_at(view->watch, i));
    return count ? 1 + count : 0;
}

/* The newest first. */
static void draw_events(struct watch_view *view, struct canvas *canvas, int top, int lines)
{
    size_t i = view->watch->event_count;
    int row = top + 1;

    canvas_go_to(canvas, top, 3);
    canvas_put(canvas, top, STYLE_TITLE, "EVENTS");
    while (i-- > 0 && row < top + lines) {
        const struct watch_event *event = watch_event_at(view->watch, i);

        if (!is_of(view, event))
            continue;
        canvas_go_to(canvas, row, 3);
        canvas_add(canvas, row, STYLE_FAINT, "%s ", said_clock(event->at_us).text);
        if (view->is_overview && *event->cluster)
            canvas_add(canvas, row, STYLE_TITLE, "%s: ", event->cluster);
        canvas_put(canvas, row++, STYLE_PLAIN, event->text);
    }
}

const struct watch_part watch_part_events = {events_wanted, draw_events, 2};
