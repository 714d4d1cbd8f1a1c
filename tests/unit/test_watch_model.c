/* What `watch` knows: numbered changes, histories, and JSON both ways. */
#include "cutover/base/text.h"
#include "cutover/report/watch_json.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define S INT64_C(1000000)

static struct watch *watch;
static struct watch_cluster *cluster;
static struct watch_server *blue;

static int begin(void **state)
{
    (void) state;
    watch = watch_new(1000);
    watch->now_us = 0;
    cluster = watch_cluster(watch, "orders");
    blue = watch_server(cluster, "blue");
    return 0;
}

static int end(void **state)
{
    (void) state;
    watch_free(watch);
    return 0;
}

static void measure(struct watch *into, struct watch_server *server, int64_t second)
{
    struct watch_server_values values = server->now;

    values.state = WATCH_MEASURED;
    values.measured_us = second * S;
    values.ticks++;
    values.end_lsn = 0x100000000 + (uint64_t) second;
    watch_set_server(into, server, &values);
}

static struct watch_slot *slot_at(const char *name, int64_t behind, int64_t lag_us)
{
    struct watch_slot *slot = watch_slot(blue, name, 0);
    struct watch_slot_values values = {.behind = behind,
                                       .lag_us = lag_us,
                                       .retained = WATCH_UNKNOWN,
                                       .safe = WATCH_UNKNOWN,
                                       .lost_in_us = WATCH_UNKNOWN,
                                       .apply_rate = 5,
                                       .eta_us = WATCH_UNKNOWN,
                                       .spilled = 0,
                                       .trend = WATCH_CATCHING_UP,
                                       .is_there = 1,
                                       .wal_status = "reserved"};

    watch_set_slot(watch, slot, &values);
    return watch_slot(blue, name, 0);
}

static void test_what_did_not_change_gets_no_number(void **state)
{
    uint64_t before;

    (void) state;
    slot_at("pgcutover_1", 10, 20);
    before = watch->changes;
    slot_at("pgcutover_1", 10, 20);
    assert_int_equal(watch->changes, before);
    assert_false(watch_has_news(watch, before));
    slot_at("pgcutover_1", 11, 20);
    assert_true(watch_has_news(watch, before));
}

static void test_slots_are_found_in_any_order(void **state)
{
    static const char *const names[] = {"m", "z", "a", "pgcutover_2", "pgcutover_10", "b"};
    size_t i;

    (void) state;
    for (i = 0; i < 6; i++)
        slot_at(names[i], (int64_t) i, 0);
    assert_int_equal(blue->slot_count, 6);
    for (i = 0; i < 6; i++)
        assert_int_equal(watch_slot(blue, names[i], i * 7 % 6)->now.behind, (int64_t) i);
    for (i = 1; i < 6; i++)
        assert_true(strcmp(blue->slots[i - 1].name, blue->slots[i].name) < 0);
}

/* As many as there are, however they are spelt. */
static void test_odd_names_are_found_again(void **state)
{
    static const char *const names[] = {"two\nlines", "\xff\xfe",
                                        "wide \xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
                                        "\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"};
    size_t i;

    (void) state;
    for (i = 0; i < 6; i++)
        watch_subscription(blue, names[i % 3], names[i % 3]);
    assert_int_equal(blue->subscription_count, 3);
    assert_string_equal(blue->subscriptions[0].name, "two lines");
    assert_int_equal(strlen(blue->subscriptions[2].name), 5 + 19 * 3); /* no half character */
}

static void test_a_tick_that_was_not_measured_is_a_gap(void **state)
{
    struct watch_slot *slot = slot_at("pgcutover_1", 1000, 2 * S);
    int64_t at[4];
    float behind[4], lag[4];
    struct watch_server_values lost;

    (void) state;
    measure(watch, blue, 1);
    watch_tick(blue, 1 * S);
    lost = blue->now;
    lost.state = WATCH_UNMEASURED;
    watch_set_server(watch, blue, &lost);
    watch_tick(blue, 2 * S);
    measure(watch, blue, 3);
    slot = slot_at("pgcutover_1", 3000, WATCH_UNKNOWN);
    watch_tick(blue, 3 * S);
    assert_int_equal(watch_recent(blue, slot, 4, at, behind, lag), 3);
    assert_int_equal(at[2], 3 * S);
    assert_true(behind[0] == 1000 && isnan(behind[1]) && behind[2] == 3000);
    assert_true(lag[0] == 2 && isnan(lag[1]) && isnan(lag[2]));
    assert_int_equal(watch_recent(blue, slot, 1, at, behind, NULL), 1);
    assert_int_equal(at[0], 3 * S);
}

/* However long it is watched, all of it is kept, and the worst is not smoothed away. */
static void test_a_long_history_keeps_the_worst(void **state)
{
    struct watch_slot *slot = slot_at("pgcutover_1", 0, 0);
    int64_t second;
    size_t i;
    float most = 0;

    (void) state;
    for (second = 0; second < 5 * WATCH_LONG; second++) {
        measure(watch, blue, second);
        slot = slot_at("pgcutover_1", second == 100 ? 777 : 5, 0);
        watch_tick(blue, second * S);
    }
    assert_true(blue->long_count <= WATCH_LONG && blue->long_count > WATCH_LONG / 4);
    assert_int_equal(blue->long_at[0], 0);
    for (i = 1; i < blue->long_count; i++)
        assert_true(blue->long_at[i] - blue->long_at[i - 1] == (int64_t) blue->long_stretch * S);
    for (i = 0; i < blue->long_count; i++)
        if (slot->series->long_behind[i] > most)
            most = slot->series->long_behind[i];
    assert_true(most == 777);
}

static void fill(void)
{
    static const struct watch_pool pools[] = {
        {.database = "shop", .user = "app", .active = 3, .waiting = 1, .maxwait_us = 5}};
    struct watch_run_values run = {
        .since_us = 7, .id = "r1", .phase = "ready", .next = "type \"x\""};
    struct watch_subscription_values subscription = {.apply_errors = 2, .has_worker = 1};

    measure(watch, blue, 1);
    slot_at("pgcutover_1", 5, WATCH_UNKNOWN);
    slot_at("their\"s", 5, 6);
    watch_set_run(watch, cluster, &run);
    watch_set_subscription(watch, watch_subscription(blue, "s", ""), &subscription);
    watch_set_console(watch, watch_console(cluster, "p1", "a"), WATCH_MEASURED, NULL, 9, pools, 1);
    watch_add_event(watch, "orders", "run", 11, "it began");
}

static char *printed(const struct watch *of)
{
    cJSON *json = watch_json(of, 0);
    char *text;

    cJSON_DeleteItemFromObject(json, "change");
    text = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    return text;
}

/* As it goes into a file and comes from it. */
static cJSON *read_back(uint64_t since)
{
    cJSON *json = watch_json(watch, since);
    char *text = cJSON_PrintUnformatted(json);

    cJSON_Delete(json);
    json = cJSON_Parse(text);
    assert_non_null(json);
    free(text);
    return json;
}

static void take(struct watch *into, uint64_t since)
{
    cJSON *json = read_back(since);
    struct fault fault;

    assert_true(watch_apply(into, json, &fault));
    cJSON_Delete(json);
}

static void assert_same(const struct watch *copy)
{
    char *one = printed(watch), *other = printed(copy);

    assert_string_equal(one, other);
    free(one);
    free(other);
}

static void test_whole_and_changes_make_the_same_elsewhere(void **state)
{
    struct watch *copy = watch_new(1);
    uint64_t seen;

    (void) state;
    fill();
    take(copy, 0);
    assert_same(copy);
    seen = watch->changes;
    measure(watch, blue, 2);
    slot_at("pgcutover_1", 6, 7);
    watch_add_event(watch, "orders", "server", 12, "green is gone");
    watch->now_us = 2 * S;
    take(copy, seen);
    assert_same(copy);
    watch_free(copy);
}

static void test_changes_tell_of_nothing_else(void **state)
{
    cJSON *json, *server;
    uint64_t seen;

    (void) state;
    fill();
    seen = watch->changes;
    slot_at("pgcutover_1", 6, 7);
    json = watch_json(watch, seen);
    assert_true(cJSON_IsFalse(cJSON_GetObjectItem(json, "whole")));
    assert_null(cJSON_GetObjectItem(json, "events"));
    server = cJSON_GetArrayItem(
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(json, "clusters"), 0),
                            "servers"),
        0);
    assert_int_equal(cJSON_GetArraySize(cJSON_GetObjectItem(server, "slots")), 1);
    assert_null(cJSON_GetObjectItem(server, "subscriptions"));
    cJSON_Delete(json);
}

static void is_whole(uint64_t since, bool whole)
{
    cJSON *json = watch_json(watch, since);

    assert_int_equal(cJSON_IsTrue(cJSON_GetObjectItem(json, "whole")), whole);
    cJSON_Delete(json);
}

static void test_who_knows_what_is_forgotten_is_told_everything(void **state)
{
    char name[16];
    uint64_t seen;
    int i;

    (void) state;
    fill();
    for (i = 0; i < 100; i++) {
        struct watch_slot *slot;
        struct watch_slot_values values;

        snprintf(name, sizeof(name), "t%d", i);
        slot = slot_at(name, 1, 1);
        values = slot->now;
        values.is_there = 0;
        watch_set_slot(watch, slot, &values);
    }
    seen = watch->changes;
    is_whole(seen, false);
    watch_forget_gone(watch, blue);
    assert_int_equal(blue->slot_count, 2);
    is_whole(seen, true);
    is_whole(watch->changes, false);
    is_whole(watch->changes + 5, true); /* it saw another watch */
}

/* Of ours: it is missed, until nobody follows it any more. */
static void test_what_is_over_is_forgotten_here_and_elsewhere(void **state)
{
    struct watch *other = watch_new(1000);
    struct watch_slot_values values;

    (void) state;
    values = slot_at("pgcutover_1", 1, 1)->now;
    slot_at("pgcutover_2", 1, 1);
    take(other, 0);
    assert_int_equal(other->clusters[0].servers[0].slot_count, 2);
    values.is_there = 0;
    watch_set_slot(watch, watch_find_slot(blue, "pgcutover_1"), &values);
    watch_forget_gone(watch, blue);
    assert_int_equal(blue->slot_count, 2);
    watch_find_slot(blue, "pgcutover_1")->is_over = true;
    watch_forget_gone(watch, blue);
    assert_int_equal(blue->slot_count, 1);
    take(other, 1);
    assert_int_equal(other->clusters[0].servers[0].slot_count, 1);
    assert_string_equal(other->clusters[0].servers[0].slots[0].name, "pgcutover_2");
    watch_free(other);
}

static void test_what_is_no_state_is_a_fault(void **state)
{
    static const char *const texts[] = {
        "{}", "[]", "{\"schema_version\":2,\"now_us\":1,\"interval_ms\":1,\"clusters\":[]}",
        "{\"schema_version\":1,\"now_us\":1,\"interval_ms\":0,\"clusters\":[]}",
        "{\"schema_version\":1,\"now_us\":1,\"interval_ms\":1,\"clusters\":[{\"name\":\"x\","
        "\"hold_behind\":null,\"abort_lag_us\":null,\"servers\":[{\"name\":\"blue\"}]}]}"};
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        cJSON *json = cJSON_Parse(texts[i]);
        struct fault fault = {0};

        assert_non_null(json);
        assert_false(watch_apply(watch, json, &fault));
        assert_true(*fault.cause);
        cJSON_Delete(json);
    }
}

static void test_the_worst_is_lost_then_unknown_then_late(void **state)
{
    const struct watch_server *server = NULL;
    struct watch_slot *slot;
    struct watch_slot_values values;

    (void) state;
    assert_null(watch_worst_slot(cluster, NULL));
    slot_at("a", 900, 10);
    slot_at("b", 10, 900);
    assert_null(watch_worst_slot(cluster, NULL)); /* the server was not measured */
    measure(watch, blue, 1);
    assert_string_equal(watch_worst_slot(cluster, &server)->name, "b");
    assert_ptr_equal(server, blue);
    slot_at("c", 0, WATCH_UNKNOWN);
    assert_string_equal(watch_worst_slot(cluster, NULL)->name, "c");
    slot_at("pgcutover_8", 0, 0); /* others do not keep a cutover waiting */
    assert_string_equal(watch_worst_slot(cluster, NULL)->name, "pgcutover_8");
    slot_at("pgcutover_7", 0, 1);
    assert_string_equal(watch_worst_slot(cluster, NULL)->name, "pgcutover_7");
    slot = slot_at("pgcutover_9", 0, 0);
    values = slot->now;
    values.is_there = 0;
    watch_set_slot(watch, slot, &values);
    assert_string_equal(watch_worst_slot(cluster, NULL)->name, "pgcutover_9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_did_not_change_gets_no_number, begin, end),
        cmocka_unit_test_setup_teardown(test_slots_are_found_in_any_order, begin, end),
        cmocka_unit_test_setup_teardown(test_odd_names_are_found_again, begin, end),
        cmocka_unit_test_setup_teardown(test_a_tick_that_was_not_measured_is_a_gap, begin, end),
        cmocka_unit_test_setup_teardown(test_a_long_history_keeps_the_worst, begin, end),
        cmocka_unit_test_setup_teardown(test_whole_and_changes_make_the_same_elsewhere, begin, end),
        cmocka_unit_test_setup_teardown(test_changes_tell_of_nothing_else, begin, end),
        cmocka_unit_test_setup_teardown(test_who_knows_what_is_forgotten_is_told_everything, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_what_is_over_is_forgotten_here_and_elsewhere, begin,
                                        end),
        cmocka_unit_test_setup_teardown(test_what_is_no_state_is_a_fault, begin, end),
        cmocka_unit_test_setup_teardown(test_the_worst_is_lost_then_unknown_then_late, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
