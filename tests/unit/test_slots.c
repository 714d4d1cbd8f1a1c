/* What is said of slots: what could not be measured is unknown, and never zero. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/commands/slots.h"

#include "../../cutover/base/text.h"

#include <cjson/cJSON.h>
#include <string.h>

static struct slot_state list[2];
static struct slots slots;

/* Two slots that follow closely. */
static int fill(void **state)
{
    int i;

    (void) state;
    memset(list, 0, sizeof(list));
    for (i = 0; i < 2; i++) {
        snprintf(list[i].name, sizeof(list[i].name), "pgcutover_%d", i + 1);
        list[i].is_there = list[i].is_active = true;
        strcpy(list[i].wal_status, "reserved");
        list[i].behind = 4096 * i;
        list[i].lag_us = 12000 * (i + 1);
        list[i].retained = 16777216;
        list[i].limit = SLOT_UNKNOWN;
    }
    slots = (struct slots){.server = "green", .list = list, .count = 2, .is_known = true};
    return 0;
}

static void assert_said(const struct slot_state *slot, const char *expected)
{
    struct text text = {0};

    slots_say(&slots, slot, &text);
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
}

static void a_slot_is_told_with_its_lag_and_what_it_keeps(void **state)
{
    (void) state;
    assert_said(&list[0], "slot pgcutover_1 on green: 0 bytes behind, 12 ms; keeps 16 MB of WAL, "
                          "no limit");
    list[1].limit = INT64_C(1) << 30;
    strcpy(list[1].wal_status, "unreserved");
    list[1].is_active = false;
    assert_said(&list[1], "slot pgcutover_2 on green: 4.0 kB behind, 24 ms; keeps 16 MB of WAL, "
                          "limit 1.0 GB (unreserved); not in use");
}

static void what_was_not_measured_is_unknown(void **state)
{
    (void) state;
    list[0].behind = list[0].lag_us = list[0].retained = SLOT_UNKNOWN;
    assert_said(&list[0], "slot pgcutover_1 on green: unknown how far behind, seconds unknown; "
                          "keeps nobody knows how much of WAL, no limit");
    assert_int_equal(slots_behind(&slots), SLOT_UNKNOWN);
    assert_int_equal(slots_lag_us(&slots), SLOT_UNKNOWN);
}

static void the_one_that_is_furthest_behind_counts(void **state)
{
    (void) state;
    assert_int_equal(slots_behind(&slots), 4096);
    assert_int_equal(slots_lag_us(&slots), 24000);
    slots.is_known = false;
    assert_int_equal(slots_behind(&slots), SLOT_UNKNOWN);
    slots.is_known = true;
    slots.count = 0;
    assert_int_equal(slots_lag_us(&slots), SLOT_UNKNOWN);
}

static void one_that_is_lost_or_gone_is_found_and_told(void **state)
{
    (void) state;
    assert_null(slots_find_lost(&slots));
    strcpy(list[1].wal_status, "unreserved");
    assert_null(slots_find_lost(&slots));
    strcpy(list[1].wal_status, "lost");
    assert_ptr_equal(slots_find_lost(&slots), &list[1]);
    assert_said(&list[1], "slot pgcutover_2 on green: lost: the WAL that it needs was removed");
    list[0].is_there = false;
    assert_ptr_equal(slots_find_lost(&slots), &list[0]);
    assert_said(&list[0], "slot pgcutover_1 on green: gone");
    slots.is_known = false;
    assert_null(slots_find_lost(&slots));
}

static void in_json_unknown_is_null(void **state)
{
    cJSON *array, *first;

    (void) state;
    list[0].behind = list[0].lag_us = SLOT_UNKNOWN;
    *list[0].wal_status = '\0';
    array = slots_json(&slots);
    first = cJSON_GetArrayItem(array, 0);
    assert_int_equal(cJSON_GetArraySize(array), 2);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(first, "behind_bytes")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(first, "lag_seconds")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(first, "limit_bytes")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(first, "wal_status")));
    assert_true(cJSON_GetNumberValue(cJSON_GetObjectItem(first, "retained_bytes")) == 16777216.0);
    cJSON_Delete(array);
    slots.is_known = false;
    assert_null(slots_json(&slots));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_slot_is_told_with_its_lag_and_what_it_keeps, fill),
        cmocka_unit_test_setup(what_was_not_measured_is_unknown, fill),
        cmocka_unit_test_setup(the_one_that_is_furthest_behind_counts, fill),
        cmocka_unit_test_setup(one_that_is_lost_or_gone_is_found_and_told, fill),
        cmocka_unit_test_setup(in_json_unknown_is_null, fill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
