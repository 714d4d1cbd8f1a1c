/* Servers, slots and clusters, as tables. */
#include "watch_say.h"
#include "watch_view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPAN_ALL 1
#define LONG_OPEN_US INT64_C(3600000000)

static struct table_row *rows_new(int count)
{
    return memory_new(((size_t) count + 1) * sizeof(struct table_row));
}

static void span_unmeasured(const struct watch_view *view, const struct watch_server *server,
                            struct table_row *row)
{
    struct text text = {0};

    watch_say_unmeasured(view->watch, server->now.state, server->now.measured_us,
                         watch_brief_why(server->now.why), &text);
    row->span = SPAN_ALL;
    row->style = server->now.state == WATCH_CONNECTING ? STYLE_WARNING : STYLE_BAD;
    cell_set(&row->cells[SPAN_ALL], row->style, "%s", text_string(&text));
    text_free(&text);
}

/* --- servers ---------------------------------------------------------------------------------- */

enum {
    SERVER_NAME,
    SERVER_AGE,
    SERVER_VERSION,
    SERVER_RATE,
    SERVER_TRIP,
    SERVER_LSN,
    SERVER_OLDEST
};

static const struct table_column server_columns[] = {{"SERVER", 6, 6, 20, 1, false},
                                                     {"MEASURED", 10, 10, 10, 2, true},
                                                     {"VERSION", 7, 7, 7, 5, true},
                                                     {"WAL RATE", 9, 9, 10, 3, true},
                                                     {"ANSWERS IN", 10, 10, 10, 6, true},
                                                     {"WAL POSITION", 12, 12, 17, 7, true},
                                                     {"OLDEST TRANSACTION", 9, 38, 120, 4, false}};
#define SERVER_COLUMNS ((int) (sizeof(server_columns) / sizeof(server_columns[0])))

static void fill_oldest(const struct watch_server_values *now, struct table_cell *cell)
{
    bool is_long = now->oldest_us != WATCH_UNKNOWN && now->oldest_us > LONG_OPEN_US;

    if (now->oldest_us == WATCH_UNKNOWN)
        cell_set(cell, STYLE_FAINT, "unknown");
    else if (!*now->oldest_who)
        cell_set(cell, STYLE_PLAIN, "none is open");
    else if (now->oldest_pid <= 0) /* a prepared one: no process has it */
        cell_set(cell, is_long ? STYLE_WARNING : STYLE_PLAIN, "%s: %s",
                 said_duration(now->oldest_us).text, now->oldest_who);
    else
        cell_set(cell, is_long ? STYLE_WARNING : STYLE_PLAIN, "%s: pid %" PRId64 ", %s",
                 said_duration(now->oldest_us).text, now->oldest_pid, now->oldest_who);
}

static void fill_server(const struct watch_view *view, const struct watch_server *server,
                        struct table_row *row)
{
    const struct watch_server_values *now = &server->now;

    cell_set(&row->cells[SERVER_NAME], STYLE_PLAIN, "%s", server->name);
    if (!watch_server_is_measured(view->watch, server)) {
        span_unmeasured(view, server, row);
        return;
    }
    cell_set(&row->cells[SERVER_AGE], STYLE_PLAIN, "%s ago",
             said_duration(view->watch->now_us - now->measured_us).text);
    cell_set(&row->cells[SERVER_VERSION], STYLE_PLAIN, "%s", said_version(now->version_num).text);
    cell_set(&row->cells[SERVER_RATE], STYLE_PLAIN, "%s", said_rate(now->wal_rate).text);
    cell_set(&row->cells[SERVER_TRIP], STYLE_PLAIN, "%s", said_duration(now->round_trip_us).text);
    if (now->end_lsn)
        cell_set(&row->cells[SERVER_LSN], STYLE_PLAIN, "%" PRIX32 "/%" PRIX32,
                 (uint32_t) (now->end_lsn >> 32), (uint32_t) now->end_lsn);
    else
        cell_set(&row->cells[SERVER_LSN], STYLE_FAINT, "unknown");
    fill_oldest(now, &row->cells[SERVER_OLDEST]);
    row->style = row->cells[SERVER_OLDEST].style == STYLE_WARNING ? STYLE_WARNING : STYLE_PLAIN;
}

static int servers_wanted(const struct watch_view *view)
{
    return 1 + (int) watch_view_cluster(view)->server_count;
}

static void draw_servers(struct watch_view *view, struct canvas *canvas, int top, int lines)
{
    const struct watch_cluster *cluster = watch_view_cluster(view);
    struct table_row *rows = rows_new(lines);
    int count = 0;

    for (; count < lines - 1 && count < (int) cluster->server_count; count++)
        fill_server(view, &cluster->servers[count], &rows[count]);
    canvas_table(canvas, top, server_columns, SERVER_COLUMNS, rows, count);
    free(rows);
}

const struct watch_part watch_part_servers = {servers_wanted, draw_servers, 3};

/* --- slots ------------------------------------------------------------------------------------ */

enum {
    SLOT_NAME,
    SLOT_SERVER,
    SLOT_DATABASE,
    SLOT_LAG,
    SLOT_HISTORY,
    SLOT_BEHIND,
    SLOT_APPLIES,
    SLOT_KEEPS,
    SLOT_SAFE,
    SLOT_LOST_IN,
    SLOT_SPILLED,
    SLOT_STATUS,
    SLOT_TREND,
    SLOT_COLUMNS
};

static const struct table_column slot_columns[SLOT_COLUMNS] = {
    {"SLOT", 15, 20, 40, 1, false},    {"SERVER", 6, 6, 12, 12, false},
    {"DATABASE", 8, 16, 30, 8, false}, {"LAG", 7, 7, 8, 2, true},
    {"HISTORY", 15, 15, 15, 7, false}, {"BEHIND", 7, 7, 7, 4, true},
    {"APPLIES", 9, 9, 9, 9, true},     {"KEEPS", 7, 7, 7, 6, true},
    {"SAFE", 8, 8, 8, 11, true},       {"LOST IN", 7, 7, 7, 10, true},
    {"SPILLED", 7, 7, 7, 13, true},    {"STATUS", 10, 10, 10, 5, false},
    {"TREND", 10, 10, 120, 3, false},
};

static void fill_history(const struct canvas *canvas, const struct watch_place *place,
                         struct table_cell *cell)
{
    struct text bars = {0}, highest = {0};

    watch_view_history(canvas, place->server, place->slot, watch_view_bars(canvas), &bars,
                       &highest);
    cell_set(cell, STYLE_PLAIN, "%s%s%s", text_string(&bars), highest.length ? " " : "",
             text_string(&highest));
    text_free(&bars);
    text_free(&highest);
}

/* The bars have their number from the width of the screen. */
static void draw_with_history(struct canvas *canvas, int top, const struct table_column *columns,
                              int count, int history, const struct table_row *rows, int row_count)
{
    struct table_column own[TABLE_COLUMNS];

    memcpy(own, columns, (size_t) count * sizeof(*own));
    own[history].least = own[history].enough = own[history].most = watch_view_bars(canvas) + 8;
    canvas_table(canvas, top, own, count, rows, row_count);
}

static void fill_trend(const struct watch_slot *slot, struct table_cell *cell, enum style style)
{
    struct text text = {0};
    struct said brief;

    if (watch_slot_is_lost(slot)) {
        cell_set(cell, STYLE_BAD, "what it kept is gone: make whoever follows it anew");
        snprintf(cell->brief, sizeof(cell->brief), "lost");
        return;
    }
    watch_say_trend(slot, &text, &brief);
    cell_set(cell, slot->now.trend == WATCH_CAUGHT_UP ? STYLE_GOOD : style, "%s",
             text_string(&text));
    snprintf(cell->brief, sizeof(cell->brief), "%.20s", brief.text);
    text_free(&text);
}

static void fill_measured(const struct canvas *canvas, const struct watch_place *place,
                          struct table_row *row)
{
    const struct watch_slot_values *now = &place->slot->now;
    struct text lag = {0};

    watch_say_lag(place->slot, &lag);
    cell_set(&row->cells[SLOT_LAG], row->style, "%s", text_string(&lag));
    text_free(&lag);
    fill_history(canvas, place, &row->cells[SLOT_HISTORY]);
    cell_set(&row->cells[SLOT_BEHIND], STYLE_PLAIN, "%s", said_size(now->behind).text);
    cell_set(&row->cells[SLOT_APPLIES], STYLE_PLAIN, "%s", said_rate(now->apply_rate).text);
    cell_set(&row->cells[SLOT_KEEPS], STYLE_PLAIN, "%s", said_size(now->retained).text);
    cell_set(&row->cells[SLOT_SAFE], STYLE_PLAIN, "%s",
             now->safe == WATCH_UNKNOWN ? "no limit" : said_size(now->safe).text);
    cell_set(&row->cells[SLOT_LOST_IN], row->style, "%s",
             now->lost_in_us == WATCH_UNKNOWN ? "-" : said_duration(now->lost_in_us).text);
    cell_set(&row->cells[SLOT_SPILLED], STYLE_PLAIN, "%s", said_size(now->spilled).text);
    cell_set(&row->cells[SLOT_STATUS], row->style, "%s", watch_slot_health(place->slot));
    fill_trend(place->slot, &row->cells[SLOT_TREND], row->style);
}

static void fill_slot(const struct watch_view *view, const struct canvas *canvas,
                      const struct watch_place *place, struct table_row *row)
{
    cell_set(&row->cells[SLOT_NAME], STYLE_PLAIN, "%s", place->slot->name);
    if (!place->is_measured) {
        span_unmeasured(view, place->server, row);
        return;
    }
    row->style = watch_slot_style(watch_view_cluster(view), place->slot);
    cell_set(&row->cells[SLOT_SERVER], STYLE_PLAIN, "%s", place->server->name);
    cell_set(&row->cells[SLOT_DATABASE], STYLE_PLAIN, "%s", place->slot->now.database);
    fill_measured(canvas, place, row);
}

static int slots_wanted(const struct watch_view *view)
{
    size_t count;
    struct watch_place *places =
        watch_order_slots(view->watch, watch_view_cluster(view), view->order, &count);

    free(places);
    return count ? 1 + (int) count : 0;
}

static void draw_position(const struct watch_view *view, struct canvas *canvas, int row,
                          size_t count)
{
    canvas_go_to(canvas, row, 3);
    canvas_add(canvas, row, STYLE_FAINT, "slots %zu to %zu of %zu, %s", view->first + 1,
               view->first + view->page, count, watch_order_names[view->order]);
}

static void draw_slots(struct watch_view *view, struct canvas *canvas, int top, int lines)
{
    size_t count, i, room = (size_t) lines - 1;
    struct watch_place *places =
        watch_order_slots(view->watch, watch_view_cluster(view), view->order, &count);
    struct table_row *rows = rows_new(lines);

    if (count > room && room > 2)
        room--;
    if (view->first + room > count)
        view->first = count > room ? count - room : 0;
    view->page = count - view->first < room ? count - view->first : room;
    for (i = 0; i < view->page; i++)
        fill_slot(view, canvas, &places[view->first + i], &rows[i]);
    draw_with_history(canvas, top, slot_columns, SLOT_COLUMNS, SLOT_HISTORY, rows,
                      (int) view->page);
    if (count > view->page && (int) view->page < lines - 1)
        draw_position(view, canvas, top + lines - 1, count);
    free(rows);
    free(places);
}

const struct watch_part watch_part_slots = {slots_wanted, draw_slots, 3};

/* --- clusters --------------------------------------------------------------------------------- */

enum {
    ALL_NUMBER,
    ALL_NAME,
    ALL_PHASE,
    ALL_WRITES,
    ALL_LAG,
    ALL_HISTORY,
    ALL_BEHIND,
    ALL_SERVERS,
    ALL_CLIENTS,
    ALL_TREND,
    ALL_WAITS,
    ALL_COLUMNS
};

static const struct table_column all_columns[ALL_COLUMNS] = {
    {"", 3, 3, 4, 1, false},
    {"CLUSTER", 8, 24, 40, 2, false},
    {"STATE", 10, 14, 30, 4, false},
    {"WRITES", 6, 6, 6, 6, false},
    {"LAG", 8, 8, 8, 3, true},
    {"HISTORY", 15, 15, 15, 9, false},
    {"BEHIND", 7, 7, 7, 8, true},
    {"MEASURED", 8, 8, 8, 7, true},
    {"CLIENTS WAIT", 12, 12, 12, 10, true},
    {"TREND", 10, 10, 60, 5, false},
    {"WAITS FOR", 10, 10, 90, 11, false},
};

static void fill_clients(const struct watch_view *view, const struct watch_cluster *cluster,
                         struct table_cell *cell)
{
    int64_t waiting = 0;
    bool is_whole = true;
    size_t i, j;

    for (i = 0; i < cluster->console_count; i++) {
        const struct watch_console *console = &cluster->consoles[i];

        is_whole = is_whole && watch_console_is_measured(view->watch, console);
        for (j = 0; is_whole && j < console->pool_count; j++)
            waiting += console->pools[j].waiting > 0 ? console->pools[j].waiting : 0;
    }
    if (!cluster->console_count)
        cell_set(cell, STYLE_FAINT, "no pooler");
    else if (!is_whole)
        cell_set(cell, STYLE_WARNING, "unmeasured");
    else
        cell_set(cell, waiting ? STYLE_WARNING : STYLE_PLAIN, "%" PRId64, waiting);
}

static void fill_worst(const struct watch_view *view, const struct canvas *canvas,
                       const struct watch_cluster *cluster, struct table_row *row)
{
    struct watch_place worst;
    struct text lag = {0};

    if (!watch_order_worst(view->watch, cluster, &worst)) {
        bool any = watch_first_unmeasured(view->watch, cluster) != NULL;

        cell_set(&row->cells[ALL_LAG], any ? STYLE_WARNING : STYLE_FAINT, "%s",
                 any ? "unknown" : "no slot");
        cell_set(&row->cells[ALL_TREND], any ? STYLE_WARNING : STYLE_FAINT, "%s",
                 any ? "unmeasured" : "");
        return;
    }
    fill_history(canvas, &worst, &row->cells[ALL_HISTORY]);
    if (!worst.is_measured) {
        cell_set(&row->cells[ALL_LAG], STYLE_BAD, "unmeasured");
        snprintf(row->cells[ALL_LAG].brief, sizeof(row->cells[ALL_LAG].brief), "unknown");
        cell_set(&row->cells[ALL_TREND], STYLE_BAD, "%s is unmeasured", worst.server->name);
        snprintf(row->cells[ALL_TREND].brief, sizeof(row->cells[ALL_TREND].brief), "unmeasured");
        return;
    }
    watch_say_lag(worst.slot, &lag);
    cell_set(&row->cells[ALL_LAG], STYLE_PLAIN, "%s", text_string(&lag));
    text_free(&lag);
    cell_set(&row->cells[ALL_BEHIND], STYLE_PLAIN, "%s", said_size(worst.slot->now.behind).text);
    fill_trend(worst.slot, &row->cells[ALL_TREND], watch_slot_style(cluster, worst.slot));
}

static void fill_cluster(const struct watch_view *view, const struct canvas *canvas, size_t index,
                         struct table_row *row)
{
    const struct watch_cluster *cluster = &view->watch->clusters[index];
    const struct watch_run_values *run = &cluster->run;
    bool is_chosen = index == view->chosen;
    size_t measured = 0, i;

    for (i = 0; i < cluster->server_count; i++)
        measured += watch_server_is_measured(view->watch, &cluster->servers[i]);
    row->style = watch_cluster_style(view->watch, cluster);
    cell_set(&row->cells[ALL_NUMBER], STYLE_PLAIN, "%s%zu", is_chosen ? ">" : " ", index + 1);
    cell_set(&row->cells[ALL_NAME], is_chosen ? STYLE_TITLE : STYLE_PLAIN, "%s", cluster->name);
    cell_set(&row->cells[ALL_PHASE], *run->why ? STYLE_WARNING : STYLE_PLAIN, "%s",
             *run->why  ? "unknown"
             : *run->id ? run->phase
                        : "no run");
    cell_set(&row->cells[ALL_WRITES], STYLE_PLAIN, "%s",
             *run->why || !*run->may_write ? "unknown" : run->may_write);
    snprintf(row->cells[ALL_WRITES].brief, sizeof(row->cells[ALL_WRITES].brief), "?");
    cell_set(&row->cells[ALL_SERVERS], measured < cluster->server_count ? STYLE_BAD : STYLE_PLAIN,
             "%zu of %zu", measured, cluster->server_count);
    fill_clients(view, cluster, &row->cells[ALL_CLIENTS]);
    fill_worst(view, canvas, cluster, row);
    cell_set(&row->cells[ALL_WAITS], STYLE_PLAIN, "%s", run->waits_for);
}

static int overview_wanted(const struct watch_view *view)
{
    int count = (int) view->watch->cluster_count;

    return 1 + (view->is_overview || count < 8 ? count : 8);
}

/* Those around the chosen one. */
static void draw_overview(struct watch_view *view, struct canvas *canvas, int top, int lines)
{
    size_t count = view->watch->cluster_count, room = (size_t) lines - 1, first = 0, i;
    struct table_row *rows = rows_new(lines);

    if (view->chosen >= room / 2 && count > room)
        first = view->chosen - room / 2;
    if (first + room > count)
        first = count > room ? count - room : 0;
    for (i = 0; i < room && first + i < count; i++)
        fill_cluster(view, canvas, first + i, &rows[i]);
    draw_with_history(canvas, top, all_columns, ALL_COLUMNS, ALL_HISTORY, rows, (int) i);
    free(rows);
}

const struct watch_part watch_part_overview = {overview_wanted, draw_overview, 3};
