/*
 * Is there room for the WAL that the slots keep? What was not measured is never enough.
 */
#include "checks/wal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static struct finding_list list;

static int tear_down(void **state)
{
    (void) state;
    finding_list_free(&list);
    return 0;
}

/* 1 MB a second for an hour: 3600 MB, and 10800 MB with three times the time. */
static const struct wal busy = {.rate = 1e6,
                                .rate_seconds = 600,
                                .expected_ms = 3600000,
                                .segment_bytes = 16777216,
                                .slot_limit_mb = -1};

static void assert_one(const char *id)
{
    assert_int_equal(list.count, id ? 1 : 0);
    if (id)
        assert_string_equal(list.findings[0].check->id, id);
    finding_list_free(&list);
}

static void judge_limit(int64_t limit_mb, const char *id)
{
    struct wal wal = busy;

    wal.slot_limit_mb = limit_mb;
    wal_judge_limit(&list, &wal);
    assert_one(id);
}

static void judge_disk(double free_bytes, int64_t limit_mb, const char *id)
{
    struct wal wal = busy;

    wal.slot_limit_mb = limit_mb;
    wal_judge_disk(&list, &wal, "/pg_wal", free_bytes);
    assert_one(id);
}

static void test_what_is_kept_says_how_much_is_written(void **state)
{
    struct wal wal = {0};

    (void) state;
    wal_measure(&wal, 600000000, 600, 500, 0.5);
    assert_true(wal.rate > 999999 && wal.rate < 1000001);
    assert_int_equal(wal.rate_seconds, 600);
    wal_measure(&wal, 600000000, 59, 2000, 2); /* too short */
    assert_true(wal.rate > 999 && wal.rate < 1001);
    wal_measure(&wal, 0, 0, 500, 0.005); /* one record within two looks is no load */
    assert_true(wal.rate > 499 && wal.rate < 501);
    assert_int_equal(wal.rate_seconds, 1);
    wal_measure(&wal, 0, 0, 0, 2);
    assert_true(wal.rate >= 0 && wal.rate < 1);
    wal_measure(&wal, 0, 0, 0, 0);
    assert_true(wal.rate < 0);
    wal_measure(&wal, -1, 600, -1, 1);
    assert_true(wal.rate < 0);
}

static void test_the_estimate_grows_with_size_and_relations(void **state)
{
    (void) state;
    assert_int_equal(wal_estimate_ms(0, 0), 600000);
    assert_int_equal(wal_estimate_ms(INT64_C(1000) * 1000000000, 0), 2 * (20000000 + 60000));
    assert_int_equal(wal_estimate_ms(0, 100000), 2 * (1000000 + 60000));
}

static void test_a_limit_is_told_where_it_is_too_small(void **state)
{
    (void) state;
    judge_limit(-1, NULL);
    judge_limit(10300, NULL);
    judge_limit(10299, "max_slot_wal_keep_size");
    judge_limit(0, "max_slot_wal_keep_size");
}

static void test_a_disk_is_told_where_it_is_too_small(void **state)
{
    (void) state;
    judge_disk(10800e6, -1, NULL);
    judge_disk(10799e6, -1, "wal_disk_tight");
    judge_disk(3600e6, -1, "wal_disk_tight");
    judge_disk(3599e6, -1, "wal_disk");
    judge_disk(3599e6, 1000, NULL); /* the slots would be given up before */
    judge_disk(100e6, 1000, "wal_disk");
}

static void test_a_full_disk_is_told_however_little_is_written(void **state)
{
    struct wal idle = busy;

    (void) state;
    idle.rate = 0;
    wal_judge_disk(&list, &idle, "/pg_wal", 0);
    assert_one("wal_disk");
    wal_judge_disk(&list, &idle, "/pg_wal", 4 * 16777216 - 1);
    assert_one("wal_disk");
    wal_judge_disk(&list, &idle, "/pg_wal", 4 * 16777216);
    assert_one(NULL);
    judge_disk(0, 0, "wal_disk"); /* a limit of 0 keeps what is written, too */
}

static void test_the_evidence_has_the_numbers(void **state)
{
    (void) state;
    wal_judge_disk(&list, &busy, "/pg_wal", 1e9);
    assert_string_equal(list.findings[0].evidence,
                        "1000 MB are free; blue writes 1.0 MB/s (seen over 10 min), and 1 h are "
                        "estimated from the slots to the end of catching up, which makes 3600 MB, "
                        "and with 3 times the time 11 GB; 4 segments in any case, 67 MB");
    assert_string_equal(list.findings[0].what, "/pg_wal");
}

static void test_what_was_not_measured_has_not_passed(void **state)
{
    struct wal wal = {.rate = -1, .expected_ms = 1, .slot_limit_mb = 1};

    (void) state;
    wal_judge_limit(&list, &wal);
    assert_one("not_measured");
    wal_judge_disk(&list, &wal, "/pg_wal", 1e15);
    assert_one("not_measured");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_what_is_kept_says_how_much_is_written, tear_down),
        cmocka_unit_test_teardown(test_the_estimate_grows_with_size_and_relations, tear_down),
        cmocka_unit_test_teardown(test_a_limit_is_told_where_it_is_too_small, tear_down),
        cmocka_unit_test_teardown(test_a_disk_is_told_where_it_is_too_small, tear_down),
        cmocka_unit_test_teardown(test_a_full_disk_is_told_however_little_is_written, tear_down),
        cmocka_unit_test_teardown(test_the_evidence_has_the_numbers, tear_down),
        cmocka_unit_test_teardown(test_what_was_not_measured_has_not_passed, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
