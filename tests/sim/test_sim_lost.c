/*
 * A pooler that is lost when clients are on green: how long it is waited for, and what is done all
 * the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/plans/plans.h"
#include "explore.h"

#include <stdio.h>
#include <string.h>

static void test_a_pooler_that_drops_packets_is_waited_for_ten_seconds_and_named(void **state)
{
    (void) state;
    explore_begin();
    assert_true(explore_lost("pooler p2", "pooler p2", "When it runs again") > 4);
    explore_end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_pooler_that_drops_packets_is_waited_for_ten_seconds_and_named),
    };

    return cmocka_run_group_tests(tests, explore_set_up, explore_tear_down);
}
