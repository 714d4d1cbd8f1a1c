/* Does green's host sort as blue does? What nobody knows is said, where it matters. */
#include "checks/collations.h"
#include "cutover/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void judge(char *provider, char *version, const char *blue, const char *green,
                  const char *id, const char *evidence)
{
    struct collation_use use = {(char *) (uintptr_t) "shop", provider,
                                (char *) (uintptr_t) "1 index: a", (char *) (uintptr_t) "",
                                version};
    struct collation_uses uses = {&use, 1, 1};
    struct finding_list list = {0};

    collations_judge(&list, &uses, blue, green);
    assert_int_equal(list.count, id ? 1 : 0);
    if (id) {
        assert_string_equal(list.findings[0].check->id, id);
        assert_string_equal(list.findings[0].where, "blue shop");
        assert_string_equal(list.findings[0].evidence, evidence);
    }
    finding_list_free(&list);
}

static char libc[] = "c", icu[] = "i", told[] = "2.36";

static void test_the_same_version_is_no_finding(void **state)
{
    (void) state;
    judge(libc, told, NULL, "files=known\nlibc=2.36\nicu=72\n", NULL, NULL);
    judge(libc, NULL, "libc=2.36\nicu=72\n", "libc=2.36\nicu=76\n", NULL, NULL);
    judge(icu, NULL, "libc=2.31\nicu=76\n", "libc=2.36\nicu=76\n", NULL, NULL);
}

static void test_another_version_is_told(void **state)
{
    (void) state;
    judge(libc, told, "libc=2.41\n", "libc=2.41\n", "collation_indexes",
          "version 2.36 on blue, 2.41 on green's host; 1 index: a");
    judge(icu, NULL, "icu=7\n", "icu=76\n", "collation_indexes",
          "version 7 on blue, 76 on green's host; 1 index: a");
}

/* Indexes can be built anew; where rows stand cannot. */
static void test_what_is_no_index_is_told_apart(void **state)
{
    struct collation_use use = {(char *) (uintptr_t) "shop", icu, (char *) (uintptr_t) "1 index: a",
                                (char *) (uintptr_t) "1 partitioned table: p", NULL};
    struct collation_uses uses = {&use, 1, 1};
    struct finding_list list = {0};

    (void) state;
    collations_judge(&list, &uses, "icu=7\n", "icu=76\n");
    assert_int_equal(list.count, 2);
    assert_string_equal(list.findings[0].check->id, "collation_versions");
    assert_string_equal(list.findings[0].evidence,
                        "version 7 on blue, 76 on green's host; 1 partitioned table: p");
    assert_string_equal(list.findings[1].check->id, "collation_indexes");
    finding_list_free(&list);
    collations_judge(&list, &uses, NULL, "icu=76\n");
    assert_int_equal(list.count, 1);
    assert_string_equal(
        list.findings[0].evidence,
        "version not known on blue, 76 on green's host; 1 partitioned table: p; 1 index: a");
    finding_list_free(&list);
}

static void test_what_nobody_knows_is_told(void **state)
{
    (void) state;
    judge(icu, NULL, NULL, "icu=76\n", "collation_unknown",
          "version not known on blue, 76 on green's host; 1 index: a");
    judge(libc, NULL, "libc=\nicu=\n", "libc=\n", "collation_unknown",
          "version not known on blue, not known on green's host; 1 index: a");
    judge(libc, told, NULL, NULL, "collation_unknown",
          "version 2.36 on blue, not known on green's host; 1 index: a");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_same_version_is_no_finding),
        cmocka_unit_test(test_another_version_is_told),
        cmocka_unit_test(test_what_is_no_index_is_told_apart),
        cmocka_unit_test(test_what_nobody_knows_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
