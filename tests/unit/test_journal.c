/* The journal: what was synced survives, what was not is lost, a refused sync loses nothing. */
#include "cutover/engine/journal.h"

#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static bool refuse(void *context)
{
    return !*(bool *) context;
}

static void only_synced_facts_survive(void **state)
{
    struct sqlite3 *database;
    struct journal *journal;
    struct fault fault;

    (void) state;
    sqlite3_open(":memory:", &database);
    journal = journal_over(database, NULL, NULL);
    journal_set(journal, "kept", "1");
    assert_true(journal_sync(journal, &fault));
    journal_set(journal, "kept", "2");
    journal_set(journal, "lost", "1");
    journal_close(journal);

    journal = journal_over(database, NULL, NULL);
    assert_string_equal(journal_get(journal, "kept"), "1");
    assert_null(journal_get(journal, "lost"));
    journal_set(journal, "kept", NULL);
    assert_true(journal_sync(journal, &fault));
    journal_close(journal);

    journal = journal_over(database, NULL, NULL);
    assert_null(journal_get(journal, "kept"));
    journal_close(journal);
    sqlite3_close(database);
}

struct count {
    int rows, events;
    char last[32];
};

static bool count_line(void *context, const struct journal_line *line)
{
    struct count *count = context;

    if (line->plan)
        count->rows++;
    else
        count->events++;
    strncpy(count->last, line->step, sizeof(count->last) - 1);
    return true;
}

static void a_refused_sync_is_repeated_whole(void **state)
{
    bool refusing = true;
    struct sqlite3 *database;
    struct journal *journal;
    struct count count = {0};
    struct fault fault;

    (void) state;
    sqlite3_open(":memory:", &database);
    journal = journal_over(database, refuse, &refusing);
    journal_row(journal, "cutover", "hold", "intent", "blue", 1, 1);
    journal_event(journal, "terminated", "pid=1", 2);
    assert_false(journal_sync(journal, &fault));
    assert_true(fault_is_set(&fault));
    refusing = false;
    assert_true(journal_sync(journal, &fault));
    assert_true(journal_sync(journal, &fault)); /* nothing left: nothing twice */
    assert_true(journal_each_row(journal, count_line, &count, &fault));
    assert_int_equal(count.rows, 1);
    assert_int_equal(count.events, 1);
    assert_string_equal(count.last, "terminated");
    journal_close(journal);
    sqlite3_close(database);
}

static void a_directory_that_cannot_be_made_is_told(void **state)
{
    struct journal *journal;
    struct fault fault;

    (void) state;
    assert_false(journal_open("/proc/nowhere/run", JOURNAL_CREATE, &journal, &fault));
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    assert_true(strlen(fault.hint) > 0);
}

static bool keep_text(void *context, const struct journal_line *line)
{
    snprintf(context, 256, "%s|%s", line->step, line->state);
    return true;
}

static void a_failure_is_told_in_one_line_and_without_a_secret(void **state)
{
    struct sqlite3 *database;
    struct journal *journal;
    struct fault fault;
    char said[256] = "";

    (void) state;
    sqlite3_open(":memory:", &database);
    journal = journal_over(database, NULL, NULL);
    fault_set(&fault, "creating the subscription", "green shop", "08006",
              "no\nconnection: password=s3cret host=h");
    journal_failure(journal, "prepare", "subscriptions", &fault, 1);
    assert_true(journal_sync(journal, &fault));
    assert_true(journal_each_row(journal, keep_text, said, &fault));
    assert_string_equal(said, "failed|prepare subscriptions: creating the subscription, green "
                              "shop: no connection: password=*** host=h (08006)");
    journal_close(journal);
    sqlite3_close(database);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_synced_facts_survive),
        cmocka_unit_test(a_refused_sync_is_repeated_whole),
        cmocka_unit_test(a_directory_that_cannot_be_made_is_told),
        cmocka_unit_test(a_failure_is_told_in_one_line_and_without_a_secret),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
