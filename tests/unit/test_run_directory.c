/* Which run is meant: the newest that has ended, the only one that is under way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/commands/run_directory.h"

#include "../../cutover/base/text.h"
#include "../../cutover/engine/journal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static char state_directory[64];
static struct config config;

static int make_state(void **state)
{
    (void) state;
    strcpy(state_directory, "/tmp/pgc-unit-XXXXXX");
    config.cluster_name = "shop";
    config.state_directory = state_directory;
    return mkdtemp(state_directory) ? 0 : -1;
}

static int remove_state(void **state)
{
    char command[96];

    (void) state;
    snprintf(command, sizeof(command), "rm -rf '%s'", state_directory);
    return system(command);
}

static void make_pointer(const char *system, const char *name, const char *run)
{
    char path[256];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", state_directory, system);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/%s/%s", state_directory, system, name);
    file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "%s\n", run);
    fclose(file);
}

static void make_run(const char *system, const char *name, const char *run, const char *cluster)
{
    struct journal *journal = NULL;
    struct fault fault;
    char path[256];

    make_pointer(system, name, run);
    snprintf(path, sizeof(path), "%s/%s/%s", state_directory, system, run);
    assert_true(journal_open(path, JOURNAL_CREATE, &journal, &fault));
    journal_set(journal, "cluster", cluster);
    assert_true(journal_sync(journal, &fault));
    journal_close(journal);
}

static void assert_found(const char *name, const char *expected)
{
    struct fault fault = {0};
    char *found = NULL;

    if (!run_find(&config, name, &found, &fault))
        fail_msg("%s: %s", fault.where, fault.cause);
    if (!expected)
        assert_null(found);
    else
        assert_string_equal(found + strlen(state_directory) + 1, expected);
    free(found);
}

/* Whichever order the directory has them in. */
static void the_newest_of_those_that_have_ended_is_meant(void **state)
{
    char system[8], newest[64] = "";
    int i;

    (void) state;
    assert_found("last", NULL);
    for (i = 0; i < 12; i++) {
        int day = 1 + i * 5 % 12;
        char run[32];

        snprintf(system, sizeof(system), "70%02d", i);
        snprintf(run, sizeof(run), "202611%02dT100000Z", day);
        make_run(system, "last", run, "shop");
        if (day == 12)
            snprintf(newest, sizeof(newest), "%s/%s", system, run);
    }
    make_run("7100", "last", "20261130T100000Z", "another");
    assert_found("last", newest);
}

static void a_run_that_has_ended_and_is_removed_is_none(void **state)
{
    (void) state;
    make_pointer("7001", "last", "20261101T100000Z");
    assert_found("last", NULL);
    make_run("7002", "last", "20261001T100000Z", "shop");
    assert_found("last", "7002/20261001T100000Z");
}

static void one_under_way_that_cannot_be_read_is_never_none(void **state)
{
    struct fault fault = {0};
    char *found = NULL;

    (void) state;
    make_run("7001", "current", "20261001T100000Z", "shop");
    assert_found("current", "7001/20261001T100000Z");
    make_pointer("7002", "current", "20261101T100000Z");
    assert_false(run_find(&config, "current", &found, &fault));
    assert_null(found);
    assert_non_null(strstr(fault.hint, "/7002/current"));
}

static void two_under_way_are_not_chosen_from(void **state)
{
    struct fault fault = {0};
    char *found = NULL;

    (void) state;
    make_run("7001", "current", "20261001T100000Z", "shop");
    make_run("7002", "current", "20261101T100000Z", "shop");
    make_run("7003", "current", "20261201T100000Z", "another");
    assert_false(run_find(&config, "current", &found, &fault));
    assert_null(found);
    assert_non_null(strstr(fault.cause, "/7001/20261001T100000Z"));
    assert_non_null(strstr(fault.cause, "/7002/20261101T100000Z"));
    assert_non_null(strstr(fault.hint, "--run"));
    assert_int_equal(fault.exit_code, EXIT_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_newest_of_those_that_have_ended_is_meant, make_state,
                                        remove_state),
        cmocka_unit_test_setup_teardown(a_run_that_has_ended_and_is_removed_is_none, make_state,
                                        remove_state),
        cmocka_unit_test_setup_teardown(one_under_way_that_cannot_be_read_is_never_none, make_state,
                                        remove_state),
        cmocka_unit_test_setup_teardown(two_under_way_are_not_chosen_from, make_state,
                                        remove_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
