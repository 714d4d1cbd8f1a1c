/* A watch as it could have been seen, for the tests of what shows it. */
#ifndef PGCUTOVER_TESTS_WATCH_STORY_H
#define PGCUTOVER_TESTS_WATCH_STORY_H

#include "cutover/report/watch_model.h"

#include <stdio.h>

#define S INT64_C(1000000)
#define BEGIN (INT64_C(1795404424) * S) /* 03:27:04 UTC */

static struct watch *watch;

static struct watch_server *server(const char *cluster, const char *name)
{
    return watch_server(watch_cluster(watch, cluster), name);
}

static void measure(struct watch_server *of, int64_t second)
{
    struct watch_server_values values = of->now;

    values.state = WATCH_MEASURED;
    values.measured_us = BEGIN + second * S;
    values.version_num = 150020;
    values.wal_rate = 5 << 20;
    values.oldest_us = 42 * S;
    values.oldest_pid = 4711;
    values.ticks++;
    watch_put(values.oldest_who, sizeof(values.oldest_who), "app@shop, idle in transaction");
    watch_set_server(watch, of, &values);
    watch->now_us = BEGIN + second * S;
    watch_tick(of, watch->now_us);
}

static void lose(struct watch_server *of, const char *why)
{
    struct watch_server_values values = of->now;

    values.state = WATCH_UNMEASURED;
    values.ticks++;
    watch_put(values.why, sizeof(values.why), why);
    watch_set_server(watch, of, &values);
    watch_tick(of, watch->now_us);
}

static void slot(struct watch_server *of, const char *name, const char *database, int64_t lag_us)
{
    struct watch_slot_values values = {.behind = 1234567,
                                       .lag_us = lag_us,
                                       .retained = 16 << 20,
                                       .safe = WATCH_UNKNOWN,
                                       .lost_in_us = WATCH_UNKNOWN,
                                       .apply_rate = 3 << 20,
                                       .eta_us = 7 * S,
                                       .spilled = WATCH_UNKNOWN,
                                       .trend = WATCH_CATCHING_UP,
                                       .is_there = 1,
                                       .is_active = 1,
                                       .wal_status = "reserved"};

    snprintf(values.database, sizeof(values.database), "%s", database);
    watch_set_slot(watch, watch_slot(of, name, 0), &values);
}

static void run(const char *cluster, const char *phase)
{
    struct watch_run_values values = {.since_us = BEGIN - 90 * S, .id = "r1", .may_write = "blue"};

    snprintf(values.phase, sizeof(values.phase), "%s", phase);
    snprintf(values.next, sizeof(values.next), "pgcutover cutover --execute");
    watch_set_run(watch, watch_cluster(watch, cluster), &values);
}

static void fill(int slots)
{
    static const struct watch_pool pools[] = {
        {.database = "shop", .user = "app", .active = 12, .waiting = 3, .maxwait_us = 2 * S}};
    struct watch_server *blue;
    char name[32], database[32];
    int i;

    run("orders", "ready");
    watch_set_console(watch, watch_console(watch_cluster(watch, "orders"), "pgb", "pgb"),
                      WATCH_MEASURED, NULL, BEGIN, pools, 1);
    server("orders", "green");
    blue = server("orders", "blue");
    for (i = 0; i < slots; i++) {
        snprintf(name, sizeof(name), "pgcutover_%d", 100 + i);
        snprintf(database, sizeof(database), "tenant%d", i);
        slot(blue, name, database, (100 - i) * S);
    }
    measure(server("orders", "green"), 0);
    measure(server("orders", "blue"), 0);
    watch_add_event(watch, "orders", "run", BEGIN, "something happened");
}

#endif
