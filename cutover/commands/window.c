#include "window.h"

#include "../base/text.h"
#include "../plans/plans.h"
#include "duration.h"
#include "leg.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

static const char *const not_carried[] = {"DDL",
                                          "large objects",
                                          "roles, privileges and settings",
                                          "materialized views",
                                          "unlogged tables",
                                          "what only the new version can do"};
static const char *const closed_by[] = {
    "pgcutover finish --execute", "a slot on green that is lost (max_slot_wal_keep_size)",
    "DDL on green that blue lacks: blue stops following", "a blue that is gone"};
#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int64_t open_us(const struct procedure *procedure)
{
    const char *since = journal_get(procedure->journal, "way_back");
    int64_t now = procedure->driver->wall_us(procedure->driver);

    return since && atoll(since) <= now ? now - atoll(since) : SLOT_UNKNOWN;
}

bool window_age(const struct procedure *procedure, struct text *out)
{
    int64_t age = open_us(procedure);

    if (leg_side(procedure) != SIDE_GREEN || !journal_get(procedure->journal, "way_back"))
        return false;
    if (age == SLOT_UNKNOWN)
        text_add_string(out, "an unknown time (a clock was set)");
    else
        duration_add(out, age);
    return true;
}

enum window_state window_judge(const struct procedure *procedure, const struct slots *slots)
{
    if (leg_side(procedure) != SIDE_GREEN || leg_phase(procedure) != LEG_IDLE)
        return WINDOW_ABSENT;
    if (journal_has(procedure->journal, "finish.state", "done"))
        return WINDOW_CLOSED;
    if (!journal_get(procedure->journal, "way_back"))
        return WINDOW_NONE;
    if (!slots->is_known || slots->count == 0)
        return WINDOW_UNKNOWN;
    if (slots_find_lost(slots))
        return WINDOW_LOST;
    return WINDOW_OPEN;
}

/* In a journal that is thrown away: looking leaves nothing in the run. */
static void compare(struct procedure *procedure, struct window *window)
{
    struct journal *scratch = journal_scratch();
    struct runner runner = procedure_runner(procedure, &plan_differ);
    enum run_result result;

    runner.journal = scratch;
    runner.report = NULL;
    result = runner_run(&runner, 0);
    journal_close(scratch);
    window->difference = result == RUN_DONE                          ? WINDOW_SAME
                         : runner.fault.exit_code == EXIT_PLAN_STALE ? WINDOW_DIFFERENT
                                                                     : WINDOW_NOT_LOOKED;
    if (result != RUN_DONE)
        snprintf(window->different, sizeof(window->different), "%s%s%s", runner.fault.where,
                 *runner.fault.where ? ": " : "", runner.fault.cause);
}

void window_look(struct procedure *procedure, const struct slots *slots, struct window *ret_window)
{
    struct window window = {.state = window_judge(procedure, slots), .open_us = open_us(procedure)};
    const struct slot_state *lost = slots_find_lost(slots);

    if (window.state == WINDOW_LOST)
        snprintf(window.why, sizeof(window.why), "slot %s on green is %s", lost->name,
                 lost->is_there ? "lost" : "gone");
    if (window.state == WINDOW_UNKNOWN)
        snprintf(window.why, sizeof(window.why), "green's slots cannot be seen: %s",
                 slots->is_known ? "no database is known" : slots->fault.cause);
    if (window.state == WINDOW_OPEN)
        compare(procedure, &window);
    *ret_window = window;
}

/* --- saying ----------------------------------------------------------------------------------- */

static void print_list(const char *head, const char *const *list, size_t count)
{
    size_t i;

    printf("           %s", head);
    for (i = 0; i < count; i++)
        printf("%s%s", i ? ", " : "", list[i]);
}

static void print_age(const struct window *window)
{
    struct text age = {0};

    if (window->open_us == SLOT_UNKNOWN)
        text_add_string(&age, "an unknown time (a clock was set)");
    else
        duration_add(&age, window->open_us);
    printf("way back:  open for %s: pgcutover rollback --execute loses nothing\n",
           text_string(&age));
    text_free(&age);
}

static void print_open(const struct window *window, const struct slots *slots)
{
    struct text lag = {0};
    size_t i;

    print_age(window);
    if (slots_behind(slots) == SLOT_UNKNOWN)
        text_add_string(&lag, "unknown how far");
    else
        size_add(&lag, slots_behind(slots));
    text_add_string(&lag, ", ");
    if (slots_lag_us(slots) == SLOT_UNKNOWN)
        text_add_string(&lag, "seconds unknown");
    else
        duration_add(&lag, slots_lag_us(slots));
    printf("           blue is behind: %s\n", text_string(&lag));
    text_free(&lag);
    for (i = 0; i < slots->count; i++)
        if (!slots->list[i].is_active)
            printf("           %s: blue does not follow now; its server log says why\n",
                   slots->list[i].database);
    print_list("not carried: ", not_carried, COUNT(not_carried));
    switch (window->difference) {
    case WINDOW_SAME:
        puts("; of what can be compared, nothing is different now");
        break;
    case WINDOW_DIFFERENT:
        printf(";\n           different now: %s\n", window->different);
        break;
    case WINDOW_NOT_LOOKED:
        printf(";\n           unknown whether anything is different now: %s\n", window->different);
        break;
    }
    print_list("closed by: ", closed_by, COUNT(closed_by));
    puts("");
}

void window_print(const struct window *window, const struct slots *slots)
{
    switch (window->state) {
    case WINDOW_ABSENT:
        break;
    case WINDOW_OPEN:
        print_open(window, slots);
        break;
    case WINDOW_NONE:
        puts("way back:  none: a rollback would lose what was written since the cutover; "
             "pgcutover rollback --accept-data-loss lists it");
        break;
    case WINDOW_LOST:
        printf(
            "way back:  not open any more: %s. Blue lacks what green has written since, for good: "
            "go forward (pgcutover finish --execute), or lose it (pgcutover rollback "
            "--accept-data-loss --rollback-reverse=no lists it)\n",
            window->why);
        break;
    case WINDOW_UNKNOWN:
        printf("way back:  unknown whether it is open: %s\n", window->why);
        break;
    case WINDOW_CLOSED:
        puts("way back:  closed by finish");
        break;
    }
}

static void add_list(cJSON *object, const char *name, const char *const *list, size_t count)
{
    cJSON *array = cJSON_AddArrayToObject(object, name);
    size_t i;

    for (i = 0; i < count; i++)
        cJSON_AddItemToArray(array, cJSON_CreateString(list[i]));
}

static void add_number(cJSON *object, const char *name, int64_t value, double unit)
{
    cJSON_AddItemToObject(object, name,
                          value == SLOT_UNKNOWN ? cJSON_CreateNull()
                                                : cJSON_CreateNumber((double) value / unit));
}

cJSON *window_json(const struct window *window, const struct slots *slots)
{
    static const char *const states[] = {NULL, "open", "none", "lost", "unknown", "closed"};
    static const char *const differences[] = {"unknown", "none", "found"};
    bool is_open = window->state == WINDOW_OPEN;
    cJSON *root;

    if (window->state == WINDOW_ABSENT)
        return NULL;
    root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "state", states[window->state]);
    cJSON_AddItemToObject(root, "why",
                          *window->why ? cJSON_CreateString(window->why) : cJSON_CreateNull());
    add_number(root, "open_seconds", is_open ? window->open_us : SLOT_UNKNOWN, 1e6);
    add_number(root, "behind_bytes", is_open ? slots_behind(slots) : SLOT_UNKNOWN, 1);
    add_number(root, "lag_seconds", is_open ? slots_lag_us(slots) : SLOT_UNKNOWN, 1e6);
    if (is_open) {
        add_list(root, "not_carried", not_carried, COUNT(not_carried));
        cJSON_AddStringToObject(root, "difference", differences[window->difference]);
        cJSON_AddStringToObject(root, "different", window->different);
        add_list(root, "closed_by", closed_by, COUNT(closed_by));
    }
    return root;
}
