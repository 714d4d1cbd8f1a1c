/* Positions in the log: parsing, rule B2 (docs/lsn.md), timeline history files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../replication/lsn.h"

static void test_parse(void **state)
{
    uint64_t lsn = 7;

    (void) state;
    assert_true(lsn_parse("16/B374D848", &lsn));
    assert_true(lsn == UINT64_C(0x16B374D848));
    assert_true(lsn_parse("0/1", &lsn));
    assert_true(lsn == 1);
    assert_true(lsn_parse("ffffffff/ffffffff", &lsn));
    assert_true(lsn == UINT64_MAX);
    assert_true(lsn_parse("1/0", &lsn));
    assert_true(lsn == UINT64_C(1) << 32);
}

static void test_parse_refuses(void **state)
{
    static const char *const wrong[] = {"",     "0/0",         "00000000/00000000", "/",    "1/",
                                        "/1",   "16B374D848",  "16/B374D848 ",      " 1/1", "1/1/1",
                                        "g/1",  "123456789/1", "1/123456789",       "-1/1", "1/+1",
                                        "0x1/1"};

    (void) state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint64_t lsn = 7;

        assert_false(lsn_parse(wrong[i], &lsn));
        assert_true(lsn == 7);
    }
    assert_false(lsn_parse(NULL, &(uint64_t){0}));
}

static void test_print(void **state)
{
    char buffer[LSN_TEXT];
    uint64_t lsn = 0;

    (void) state;
    assert_string_equal(lsn_print(UINT64_C(0x16B374D848), buffer), "16/B374D848");
    assert_string_equal(lsn_print(UINT64_MAX, buffer), "FFFFFFFF/FFFFFFFF");
    assert_string_equal(lsn_print(0, buffer), "0/0");
    assert_true(lsn_parse(lsn_print(UINT64_C(0x100000028), buffer), &lsn));
    assert_true(lsn == UINT64_C(0x100000028));
}

static bool is_reached(const char *target, const char *switch_point)
{
    uint64_t a = 0, b = 0;

    assert_true(lsn_parse(target, &a));
    assert_true(lsn_parse(switch_point, &b));
    return lsn_target_reached(a, b);
}

static void test_target_reached(void **state)
{
    (void) state;
    /* the case measured in correctness.md: exclusive stops at the target, inclusive behind it */
    assert_true(is_reached("0/3000468", "0/3000468"));
    assert_false(is_reached("0/3000468", "0/3000498"));
    assert_false(is_reached("0/3000498", "0/3000468"));
    /* behind a short page header */
    assert_true(is_reached("0/3002018", "0/3002000"));
    /* behind a long one, which stands only where a segment can begin */
    assert_true(is_reached("0/4000028", "0/4000000"));
    assert_true(is_reached("0/4100028", "0/4100000"));
    assert_false(is_reached("0/3002028", "0/3002000"));
    /* with segments that are longer than the smallest, a short one may stand there */
    assert_true(is_reached("0/4100018", "0/4100000"));
    /* no header holds more, and none is anywhere else */
    assert_false(is_reached("0/4000030", "0/4000000"));
    assert_false(is_reached("0/4000008", "0/4000000"));
    assert_false(is_reached("0/3000480", "0/3000468"));
    assert_false(is_reached("0/3001018", "0/3001000"));
    assert_false(is_reached("0/3002000", "0/3002018"));
}

static void test_target_unknown(void **state)
{
    (void) state;
    assert_false(lsn_target_reached(0, 0));
    assert_false(lsn_target_reached(24, 0));
    assert_false(lsn_target_reached(0, 24));
}

static void test_history(void **state)
{
    uint64_t lsn = 0;
    uint32_t parent = 0;

    (void) state;
    assert_true(lsn_parse_history("1\t0/3000468\tbefore LSN 0/3000468\n\n", &lsn, &parent));
    assert_true(lsn == 0x3000468 && parent == 1);
    assert_true(lsn_parse_history("1\t0/1000028\tno recovery target specified\n\n"
                                  "# a comment\n"
                                  "2\t5/3000498\tafter LSN 5/3000498\n\n# the end\n",
                                  &lsn, &parent));
    assert_true(lsn == UINT64_C(0x503000498) && parent == 2);
    assert_true(lsn_parse_history("  4294967295 \t A/B", &lsn, &parent));
    assert_true(lsn == UINT64_C(0xA0000000B) && parent == UINT32_MAX);
    assert_true(lsn_parse_history("3\t0/A0\tx\r\n\r\n", &lsn, &parent));
    assert_true(lsn == 0xA0 && parent == 3);
}

static void test_history_refuses(void **state)
{
    static const char *const wrong[] = {"", "\n\n", "# 1\t0/1\tx\n", "1\n", "1\t\n", "x\t0/1\tx\n",
                                        "1\t0/0\tx\n", "0\t0/1\tx\n", "4294967296\t0/1\tx\n",
                                        /* the last line counts, readable or not */
                                        "1\t0/1\tx\n2\tnonsense\tx\n"};

    (void) state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint64_t lsn = 7;
        uint32_t parent = 7;

        assert_false(lsn_parse_history(wrong[i], &lsn, &parent));
        assert_true(lsn == 7 && parent == 7);
    }
    assert_false(lsn_parse_history(NULL, &(uint64_t){0}, &(uint32_t){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parse),           cmocka_unit_test(test_parse_refuses),
        cmocka_unit_test(test_print),           cmocka_unit_test(test_target_reached),
        cmocka_unit_test(test_target_unknown),  cmocka_unit_test(test_history),
        cmocka_unit_test(test_history_refuses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
