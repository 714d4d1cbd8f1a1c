/* Which rows really differ: rounds of reads on both sides, with whatever may move between them. */
#include "checks/verify_internal.h"
#include "cutover/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

/* Rows as a server would answer: id, value, version; id NULL ends them. */
struct line {
    const char *id, *value, *version;
};

static struct verify_rows rows_of(const struct line *lines)
{
    struct verify_rows rows = {0};

    for (; lines->id; lines++) {
        rows.list = memory_grow(rows.list, (rows.count + 1) * sizeof(*rows.list));
        rows.list[rows.count++] = (struct verify_row){.id = memory_copy(lines->id),
                                                      .value = memory_copy(lines->value),
                                                      .version = memory_copy(lines->version)};
    }
    return rows;
}

#define LINES(...) ((const struct line[]){__VA_ARGS__, {NULL, NULL, NULL}})
#define NONE ((const struct line[]){{NULL, NULL, NULL}})

static size_t find(struct verify_suspects *suspects, bool counted, const struct line *published,
                   const struct line *subscribed)
{
    struct verify_rows ours = rows_of(published), theirs = rows_of(subscribed);
    size_t found = verify_suspects_find(suspects, counted, &ours, &theirs, 10);

    verify_rows_free(&ours);
    verify_rows_free(&theirs);
    return found;
}

static void publish(struct verify_suspects *suspects, const struct line *lines)
{
    struct verify_rows rows = rows_of(lines);

    verify_round_published(suspects, &rows);
    verify_rows_free(&rows);
}

static void subscribe(struct verify_suspects *suspects, const struct line *lines)
{
    struct verify_rows rows = rows_of(lines);

    verify_round_subscribed(suspects, &rows);
    verify_rows_free(&rows);
}

/* The publisher before, the subscriber, the publisher after. */
static void round_of(struct verify_suspects *suspects, const struct line *before,
                     const struct line *subscribed, const struct line *after)
{
    verify_round_begin(suspects);
    publish(suspects, before);
    subscribe(suspects, subscribed);
    publish(suspects, after);
    verify_round_end(suspects, true);
}

static enum verify_verdict after_rounds(const struct line *published, const struct line *subscribed,
                                        int rounds)
{
    struct verify_suspects suspects = {0};
    enum verify_verdict verdict;

    assert_int_equal(find(&suspects, false, published, subscribed), 1);
    while (rounds--)
        round_of(&suspects, published, subscribed, published);
    verdict = suspects.list[0].verdict;
    verify_suspects_free(&suspects);
    return verdict;
}

static void a_difference_is_believed_after_enough_rounds_in_a_row(void **state)
{
    const struct line *one = LINES({"1", "a", "5 (0,1)"}), *other = LINES({"1", "b", "9 (0,1)"});

    (void) state;
    assert_int_equal(after_rounds(one, other, VERIFY_ROUNDS - 1), VERIFY_OPEN);
    assert_int_equal(after_rounds(one, other, VERIFY_ROUNDS), VERIFY_CHANGED);
    assert_int_equal(after_rounds(one, NONE, VERIFY_ROUNDS), VERIFY_MISSING);
    assert_int_equal(after_rounds(NONE, other, VERIFY_ROUNDS), VERIFY_ADDITIONAL);
}

static void only_what_differs_is_suspected(void **state)
{
    struct verify_suspects suspects = {0};

    (void) state;
    assert_int_equal(find(&suspects, false,
                          LINES({"1", "a", "v"}, {"2", "b", "v"}, {"4", "d", "v"}),
                          LINES({"1", "a", "w"}, {"2", "x", "w"}, {"3", "c", "w"})),
                     3);
    assert_string_equal(suspects.list[0].id, "2");
    assert_string_equal(suspects.list[1].id, "3");
    assert_string_equal(suspects.list[2].id, "4");
    assert_int_equal(suspects.open, 3);
    verify_suspects_free(&suspects);
    assert_int_equal(find(&suspects, false, NONE, NONE), 0);
    verify_suspects_free(&suspects);
}

static void what_the_publisher_held_at_any_read_is_equal(void **state)
{
    struct verify_suspects suspects = {0};

    (void) state;
    find(&suspects, false, LINES({"1", "a", "v1"}), LINES({"1", "b", "w"}));
    verify_round_begin(&suspects);
    publish(&suspects, LINES({"1", "a", "v1"}));
    publish(&suspects, LINES({"1", "b", "v2"}));
    subscribe(&suspects, LINES({"1", "b", "w"}));
    publish(&suspects, LINES({"1", "c", "v3"}));
    verify_round_end(&suspects, true);
    assert_int_equal(suspects.list[0].verdict, VERIFY_EQUAL);
    assert_int_equal(suspects.open, 0);
    verify_suspects_free(&suspects);
}

static void a_row_that_comes_and_goes_is_equal_to_one_that_is_not_there(void **state)
{
    struct verify_suspects suspects = {0};

    (void) state;
    find(&suspects, false, NONE, LINES({"1", "a", "w"}));
    round_of(&suspects, LINES({"1", "a", "v"}), NONE, NONE);
    assert_int_equal(suspects.list[0].verdict, VERIFY_EQUAL);
    verify_suspects_free(&suspects);
}

/* The same content in another version of the row: it was something else between. */
static void a_value_that_came_back_is_no_difference(void **state)
{
    struct verify_suspects suspects = {0};
    int i;

    (void) state;
    find(&suspects, false, LINES({"1", "a", "v1"}), LINES({"1", "b", "w"}));
    for (i = 0; i < 3 * VERIFY_ROUNDS; i++)
        round_of(&suspects, LINES({"1", "a", "v1"}), LINES({"1", "b", "w"}),
                 LINES({"1", "a", "v2"}));
    assert_int_equal(suspects.list[0].verdict, VERIFY_OPEN);
    verify_suspects_free(&suspects);
}

static void rounds_count_only_in_a_row_and_with_the_same_versions(void **state)
{
    const struct line *ours = LINES({"1", "a", "v"}), *theirs = LINES({"1", "b", "w"});
    const struct line *rewritten = LINES({"1", "b", "w2"}), *moved = LINES({"1", "c", "v2"});
    struct verify_suspects suspects = {0};

    (void) state;
    find(&suspects, false, ours, theirs);
    round_of(&suspects, ours, theirs, ours);
    round_of(&suspects, ours, theirs, ours);
    round_of(&suspects, ours, theirs, moved); /* moved: begin anew */
    round_of(&suspects, ours, theirs, ours);
    round_of(&suspects, ours, theirs, ours);
    assert_int_equal(suspects.list[0].verdict, VERIFY_OPEN);
    round_of(&suspects, ours, rewritten, ours); /* the other side's row was written again */
    round_of(&suspects, ours, rewritten, ours);
    assert_int_equal(suspects.list[0].verdict, VERIFY_OPEN);
    round_of(&suspects, ours, rewritten, ours);
    assert_int_equal(suspects.list[0].verdict, VERIFY_CHANGED);
    verify_suspects_free(&suspects);
}

/* A commit that waits for a standby is on the subscriber before the publisher shows it. */
static void a_round_that_cannot_be_believed_shows_no_difference(void **state)
{
    const struct line *ours = LINES({"1", "a", "v"}), *theirs = LINES({"1", "b", "w"});
    struct verify_suspects suspects = {0};
    int i;

    (void) state;
    find(&suspects, false, ours, theirs);
    for (i = 0; i < 3 * VERIFY_ROUNDS; i++) {
        verify_round_begin(&suspects);
        publish(&suspects, ours);
        subscribe(&suspects, theirs);
        publish(&suspects, ours);
        verify_round_end(&suspects, i % VERIFY_ROUNDS != 0);
    }
    assert_int_equal(suspects.list[0].verdict, VERIFY_OPEN);
    verify_suspects_free(&suspects);
}

static void a_round_without_an_answer_decides_nothing(void **state)
{
    struct verify_suspects suspects = {0};
    int i;

    (void) state;
    find(&suspects, false, LINES({"1", "a", "v"}), NONE);
    for (i = 0; i < 2 * VERIFY_ROUNDS; i++) {
        verify_round_begin(&suspects);
        publish(&suspects, NONE); /* nothing there, and nobody asked the subscriber */
        publish(&suspects, NONE);
        verify_round_end(&suspects, true);
    }
    assert_int_equal(suspects.list[0].verdict, VERIFY_OPEN);
    for (i = 0; i < 2 * VERIFY_ROUNDS; i++) {
        verify_round_begin(&suspects);
        publish(&suspects, NONE); /* not read again behind the subscriber */
        subscribe(&suspects, NONE);
        verify_round_end(&suspects, true);
    }
    assert_int_equal(suspects.list[0].verdict, VERIFY_OPEN);
    verify_suspects_free(&suspects);
}

static enum verify_verdict counted(const char *before, const char *subscribed, const char *after,
                                   int64_t *ret_more)
{
    struct verify_suspects suspects = {0};
    enum verify_verdict verdict;
    int i;

    find(&suspects, true, before ? LINES({"77", before, "v"}) : NONE,
         subscribed ? LINES({"77", subscribed, "w"}) : NONE);
    for (i = 0; i < VERIFY_ROUNDS; i++)
        round_of(&suspects, before ? LINES({"77", before, "v"}) : NONE,
                 subscribed ? LINES({"77", subscribed, "w"}) : NONE,
                 after ? LINES({"77", after, strcmp(after, before ? before : "") ? "v2" : "v"})
                       : NONE);
    verdict = suspects.list[0].verdict;
    *ret_more = suspects.list[0].more;
    verify_suspects_free(&suspects);
    return verdict;
}

static void rows_without_key_are_counted(void **state)
{
    int64_t more = 0;

    (void) state;
    assert_int_equal(counted("1", "2", "1", &more), VERIFY_ADDITIONAL);
    assert_int_equal(more, 1);
    assert_int_equal(counted("5", "2", "5", &more), VERIFY_MISSING);
    assert_int_equal(more, -3);
    assert_int_equal(counted(NULL, "2", NULL, &more), VERIFY_ADDITIONAL);
    assert_int_equal(more, 2);
    assert_int_equal(counted("2", NULL, "2", &more), VERIFY_MISSING);
    assert_int_equal(more, -2);
    /* between what it was and what it became */
    assert_int_equal(counted("5", "7", "9", &more), VERIFY_EQUAL);
    assert_int_equal(counted("1", NULL, NULL, &more), VERIFY_EQUAL);
    assert_int_equal(counted("10", "9", "11", &more), VERIFY_OPEN);
}

/* What it says of a table with so many rows listed, so many of them different, and ranges left. */
static bool says(size_t listed, size_t differing, size_t unlisted, enum verify_weight *ret_weight)
{
    static const struct verify_database database = {.name = "shop"};
    struct verify verify = {0};
    struct verify_table table = {.database = &database,
                                 .schema = (char *) "public",
                                 .name = (char *) "queue",
                                 .listed = listed,
                                 .differing = differing,
                                 .unlisted = unlisted};
    struct verify_finding *finding;
    bool any;

    verify_finish_table(&verify, &table, 7);
    any = verify.finding_count == 1;
    finding = verify.findings;
    if (any) {
        *ret_weight = finding->weight;
        free(finding->database);
        free(finding->object);
        free(finding->key);
        free(finding->what);
    }
    free(verify.findings);
    return any;
}

static void what_only_moves_is_never_called_different(void **state)
{
    enum verify_weight weight = VERIFY_ADVICE;

    (void) state;
    assert_false(says(0, 0, 0, &weight));
    assert_false(says(VERIFY_LISTED_MAX, 1, 0, &weight)); /* each has been named */
    assert_true(says(0, 0, 1, &weight));
    assert_int_equal(weight, VERIFY_UNDECIDED);
    assert_true(says(VERIFY_LISTED_MAX + 1, 0, 0, &weight));
    assert_int_equal(weight, VERIFY_UNDECIDED);
    assert_true(says(VERIFY_LISTED_MAX + 1, 1, 0, &weight));
    assert_int_equal(weight, VERIFY_DIFFERENT);
    assert_true(says(1, 1, 1, &weight));
    assert_int_equal(weight, VERIFY_DIFFERENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_difference_is_believed_after_enough_rounds_in_a_row),
        cmocka_unit_test(only_what_differs_is_suspected),
        cmocka_unit_test(what_the_publisher_held_at_any_read_is_equal),
        cmocka_unit_test(a_row_that_comes_and_goes_is_equal_to_one_that_is_not_there),
        cmocka_unit_test(a_value_that_came_back_is_no_difference),
        cmocka_unit_test(rounds_count_only_in_a_row_and_with_the_same_versions),
        cmocka_unit_test(a_round_that_cannot_be_believed_shows_no_difference),
        cmocka_unit_test(a_round_without_an_answer_decides_nothing),
        cmocka_unit_test(rows_without_key_are_counted),
        cmocka_unit_test(what_only_moves_is_never_called_different),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
