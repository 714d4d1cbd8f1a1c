/* Plans as both servers tell them: what of them is compared, and what makes one worse. */
#include "checks/plans_compare.h"
#include "checks/plans_shape.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#define NODE(type, more) "{\"Node Type\": \"" type "\", \"Total Cost\": 10.0" more "}"
#define INPUTS(list) ", \"Plans\": [" list "]"
#define ON(name) ", \"Schema\": \"s\", \"Relation Name\": \"" name "\", \"Alias\": \"x\""
#define SEQ(name) NODE("Seq Scan", ON(name))
#define INDEX(name, index) NODE("Index Scan", ON(name) ", \"Index Name\": \"" index "\"")

static struct plan_shape shape_of(const char *plan, const char *more)
{
    char json[4096];
    struct plan_shape shape = {0};

    snprintf(json, sizeof(json), "[{\"Plan\": %s%s}]", plan, more);
    if (!plan_shape_read(json, &shape))
        fail_msg("%s", json);
    return shape;
}

static void has_form(const char *plan, const char *form)
{
    struct plan_shape shape = shape_of(plan, "");

    assert_string_equal(shape.form, form);
    plan_shape_free(&shape);
}

static struct plan_difference difference_of(const char *blue, const char *green)
{
    struct plan_shape was = shape_of(blue, ""), is = shape_of(green, "");
    struct plan_difference difference;

    plan_compare(&was, &is, -1, -1, &difference);
    plan_shape_free(&was);
    plan_shape_free(&is);
    return difference;
}

static void same(const char *blue, const char *green)
{
    struct plan_difference difference = difference_of(blue, green);

    assert_false(difference.shape_changed);
    assert_int_equal(difference.change_count, 0);
    assert_false(plan_is_flip(&difference));
    plan_difference_free(&difference);
}

/* The first change; NULL: nothing on that side. */
static void changed(const char *blue, const char *green, const char *was, const char *is)
{
    struct plan_difference difference = difference_of(blue, green);

    assert_true(difference.shape_changed);
    assert_true(plan_is_flip(&difference));
    assert_true(difference.change_count > 0);
    if (was)
        assert_string_equal(difference.changes[0].blue, was);
    else
        assert_null(difference.changes[0].blue);
    if (is)
        assert_string_equal(difference.changes[0].green, is);
    else
        assert_null(difference.changes[0].green);
    plan_difference_free(&difference);
}

static void a_form_is_the_tree_without_numbers(void **state)
{
    (void) state;
    has_form(INDEX("a", "i"), "(Index Scan using i on s.a)");
    has_form(NODE("Hash Join",
                  ", \"Join Type\": \"Left\"" INPUTS(SEQ("a") ", " NODE("Hash", INPUTS(SEQ("b"))))),
             "(Hash Left Join(Seq Scan on s.a)(Hash(Seq Scan on s.b)))");
    has_form(NODE("Nested Loop", ", \"Join Type\": \"Inner\"" INPUTS(SEQ("a") ", " SEQ("b"))),
             "(Nested Loop(Seq Scan on s.a)(Seq Scan on s.b))");
    has_form(
        NODE("Aggregate",
             ", \"Strategy\": \"Plain\", \"Partial Mode\": \"Finalize\"" INPUTS(NODE(
                 "Gather", INPUTS(NODE("Aggregate",
                                       ", \"Strategy\": \"Hashed\", \"Partial Mode\": "
                                       "\"Partial\"" INPUTS(NODE(
                                           "Seq Scan", ", \"Parallel Aware\": true" ON("a")))))))),
        "(Finalize Aggregate(Gather(Partial HashAggregate(Parallel Seq Scan on s.a))))");
    has_form(NODE("ModifyTable", ", \"Operation\": \"Update\"" ON("a") INPUTS(SEQ("a"))),
             "(Update on s.a(Seq Scan on s.a))");
    has_form(NODE("Function Scan", ", \"Function Name\": \"f\", \"Schema\": \"s\""),
             "(Function Scan on f)");
}

static void names_of_subplans_are_not_compared(void **state)
{
    (void) state;
    same(NODE("Result", INPUTS(NODE("Seq Scan", ON("a") ", \"Parent Relationship\": \"InitPlan\", "
                                                        "\"Subplan Name\": \"InitPlan 1 "
                                                        "(returns $0)\""))),
         NODE("Result", INPUTS(NODE("Seq Scan", ON("a") ", \"Parent Relationship\": \"InitPlan\", "
                                                        "\"Subplan Name\": \"InitPlan 1\""))));
    changed(NODE("Result", INPUTS(NODE("Seq Scan", ON("a") ", \"Parent Relationship\": "
                                                           "\"InitPlan\""))),
            NODE("Result", INPUTS(NODE("Seq Scan", ON("a") ", \"Parent Relationship\": "
                                                           "\"SubPlan\""))),
            "the same nodes", "put together otherwise");
}

static void what_only_some_releases_write_is_left_out(void **state)
{
    (void) state;
    same(NODE("Append", INPUTS(SEQ("a"))), SEQ("a"));
    same(NODE("Merge Append", INPUTS(SEQ("a"))), SEQ("a"));
    same(NODE("Subquery Scan", ", \"Alias\": \"x\"" INPUTS(SEQ("a"))), SEQ("a"));
    same(NODE("Result", INPUTS(SEQ("a"))), SEQ("a"));
    same(NODE("SetOp", ", \"Strategy\": \"Hashed\", \"Command\": \"Except\"" INPUTS(
                           NODE("Append", INPUTS(NODE("Subquery Scan", INPUTS(SEQ("a"))) ", " NODE(
                                              "Subquery Scan", INPUTS(SEQ("b"))))))),
         NODE("SetOp", ", \"Strategy\": \"Hashed\", \"Command\": \"Except\"" INPUTS(
                           SEQ("a") ", " SEQ("b"))));
    same(NODE("ModifyTable", ", \"Operation\": \"Delete\"" ON("p") INPUTS(SEQ("a") ", " SEQ("b"))),
         NODE("ModifyTable", ", \"Operation\": \"Delete\"" ON("p")
                                 INPUTS(NODE("Append", INPUTS(SEQ("a") ", " SEQ("b"))))));
    changed(
        NODE("ModifyTable", ", \"Operation\": \"Delete\"" ON("p") INPUTS(SEQ("a") ", " SEQ("b"))),
        NODE("ModifyTable",
             ", \"Operation\": \"Delete\"" ON("p") INPUTS(NODE("Append", INPUTS(SEQ("a"))))),
        "Seq Scan on s.b", NULL);
    changed(NODE("Result", ", \"One-Time Filter\": \"x\"" INPUTS(SEQ("a"))), SEQ("a"), "Result",
            NULL);
    changed(NODE("Append", ", \"Subplans Removed\": 2" INPUTS(SEQ("a"))), SEQ("a"), "Append", NULL);
}

static void what_changed_is_told(void **state)
{
    (void) state;
    changed(INDEX("a", "i"), SEQ("a"), "Index Scan using i on s.a", "Seq Scan on s.a");
    changed(INDEX("a", "i"), INDEX("a", "j"), "Index Scan using i on s.a",
            "Index Scan using j on s.a");
    changed(NODE("Bitmap Heap Scan",
                 ON("a") INPUTS(NODE("Bitmap Index Scan", ", \"Index Name\": \"i\""))),
            SEQ("a"), "Bitmap Heap Scan on s.a", "Seq Scan on s.a");
    changed(NODE("Bitmap Heap Scan",
                 ON("a") INPUTS(NODE("Bitmap Index Scan", ", \"Index Name\": \"i\""))),
            NODE("Bitmap Heap Scan",
                 ON("a") INPUTS(NODE("Bitmap Index Scan", ", \"Index Name\": \"j\""))),
            "Bitmap Index Scan on i", "Bitmap Index Scan on j");
    changed(NODE("Nested Loop", INPUTS(SEQ("a") ", " SEQ("b"))),
            NODE("Hash Join", INPUTS(SEQ("a") ", " NODE("Hash", INPUTS(SEQ("b"))))), "Nested Loop",
            "Hash Join");
    changed(SEQ("a"), NODE("Gather", INPUTS(SEQ("a"))), NULL, "Gather");
    changed(NODE("Nested Loop", INPUTS(SEQ("a") ", " SEQ("b"))),
            NODE("Nested Loop", INPUTS(SEQ("b") ", " SEQ("a"))), "in the order s.a, s.b",
            "in the order s.b, s.a");
    changed(NODE("Sort", INPUTS(NODE("Limit", ""))), NODE("Limit", INPUTS(NODE("Sort", ""))),
            "the same nodes", "put together otherwise");
}

static void many_changes_are_counted(void **state)
{
    struct plan_difference difference =
        difference_of(NODE("Append", INPUTS(INDEX("a", "i") ", " INDEX("b", "i") ", " INDEX(
                                         "c", "i") ", " INDEX("d", "i") ", " INDEX("e", "i"))),
                      NODE("Append", INPUTS(INDEX("a", "m") ", " INDEX("b", "l") ", " INDEX(
                                         "c", "k") ", " SEQ("d") ", " SEQ("e"))));
    size_t i;

    (void) state;
    assert_int_equal(difference.change_count, 4);
    assert_int_equal(difference.more_changes, 1);
    for (i = 0; i < 4; i++) /* each with that of the same table */
        assert_string_equal(strrchr(difference.changes[i].blue, '.'),
                            strrchr(difference.changes[i].green, '.'));
    plan_difference_free(&difference);
}

/* --- costs, times ------------------------------------------------------------------------------
 */

static struct plan_difference with_costs(double blue, double green, double blue_ms, double green_ms)
{
    struct plan_shape was = shape_of(SEQ("a"), ""), is = shape_of(SEQ("a"), "");
    struct plan_difference difference;

    was.cost = blue;
    is.cost = green;
    plan_compare(&was, &is, blue_ms, green_ms, &difference);
    plan_shape_free(&was);
    plan_shape_free(&is);
    return difference;
}

static void more_than_half_as_much_again_is_worse(void **state)
{
    struct plan_difference difference = with_costs(100, 150, -1, -1);

    (void) state;
    assert_false(plan_is_flip(&difference));
    difference = with_costs(100, 151, -1, -1);
    assert_true(difference.cost_grew);
    assert_false(difference.is_of_time);
    assert_true(plan_is_flip(&difference));
    difference = with_costs(0, 0, -1, -1);
    assert_false(plan_is_flip(&difference));
    difference = with_costs(0, 1.1, -1, -1);
    assert_true(plan_is_flip(&difference));
    difference = with_costs(0.01, 0.02, -1, -1); /* rounded */
    assert_false(plan_is_flip(&difference));
    difference = with_costs(151, 100, -1, -1);
    assert_false(plan_is_flip(&difference));
}

static void a_millisecond_is_noise(void **state)
{
    struct plan_difference difference = with_costs(100, 100, 0.5, 1.4);

    (void) state;
    assert_true(difference.is_of_time);
    assert_false(plan_is_flip(&difference));
    difference = with_costs(100, 100, 0.5, 1.6);
    assert_true(difference.time_grew);
    difference = with_costs(100, 100, 100, 149);
    assert_false(plan_is_flip(&difference));
    difference = with_costs(100, 500, 100, 149); /* an estimate, and it was measured */
    assert_true(difference.cost_grew);
    assert_false(plan_is_flip(&difference));
    difference = with_costs(100, 100, 100, -1); /* one side alone is no measurement */
    assert_false(difference.is_of_time);
}

static void the_worst_costs_most_in_all(void **state)
{
    struct plan_difference twice = with_costs(100, 200, -1, -1);
    struct plan_difference tenfold = with_costs(1, 10, -1, -1);
    struct plan_difference measured = with_costs(100, 200, 10, 50);

    (void) state;
    assert_true(plan_weight(&twice, 1000) > plan_weight(&tenfold, 100));
    assert_true(plan_weight(&twice, -1) > plan_weight(&tenfold, -1)); /* costs stand for times */
    assert_float_equal(plan_weight(&measured, 1000), 4000, 0.001);
    measured = with_costs(100, 50, -1, -1);
    assert_true(plan_weight(&measured, 1000) < 0);
}

static void the_median_is_the_middle_one(void **state)
{
    static const double orders[][PLANS_RUNS] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3},
                                                {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    size_t i;

    (void) state;
    for (i = 0; i < 6; i++)
        assert_true(plans_median(orders[i]) == 2);
}

/* Of releases before 18. */
static double cost_of(double cost, const char *settings)
{
    struct plan_shape shape = shape_of(SEQ("a"), settings);

    shape.cost = cost;
    plan_shape_forget_disabled(&shape);
    cost = shape.cost;
    plan_shape_free(&shape);
    return cost;
}

static void what_is_forbidden_costs_nothing_more(void **state)
{
    (void) state;
    assert_float_equal(cost_of(2e10 + 431, ", \"Settings\": {\"enable_seqscan\": \"off\"}"), 431,
                       0.01);
    assert_float_equal(cost_of(2e10 + 431, ""), 431, 0.01); /* before 12 */
    assert_float_equal(cost_of(2e10 + 431, ", \"Settings\": {\"work_mem\": \"1MB\"}"), 2e10 + 431,
                       0.01);
    assert_float_equal(
        cost_of(2e10 + 431, ", \"Settings\": {\"enable_partition_pruning\": \"off\"}"), 2e10 + 431,
        0.01);
    assert_float_equal(cost_of(431, ", \"Settings\": {\"enable_seqscan\": \"off\"}"), 431, 0.01);
}

/* --- several plans, and choices of the executor ----------------------------------------------- */

static void all_plans_of_a_statement_are_one(void **state)
{
    struct plan_shape shape = {0};
    double ms = 0;

    (void) state;
    assert_true(plan_shape_read("[{\"Plan\": " SEQ("a") "}, {\"Plan\": " NODE(
                                    "ModifyTable", ", \"Operation\": \"Insert\"" ON("b")) "}]",
                                &shape));
    assert_string_equal(shape.form, "(Seq Scan on s.a)(Insert on s.b)");
    assert_true(shape.cost > 19.9 && shape.writes && shape.label_count == 2);
    plan_shape_free(&shape);
    assert_false(plan_shape_read("[{\"Plan\": " SEQ("a") "}, \"Notify\"]", &shape));
    assert_true(plan_time_read("[{\"Execution Time\": 1.5}, {\"Execution Time\": 2}]", &ms));
    assert_true(ms > 3.4 && ms < 3.6);
    assert_false(plan_time_read("[{\"Execution Time\": 1.5}, {}]", &ms));
}

#define SUBPLAN(node, number)                                                                      \
    NODE(node,                                                                                     \
         ON("b") ", \"Parent Relationship\": \"SubPlan\", \"Subplan Name\": \"SubPlan " number     \
                 "\"")
#define EITHER ", \"Filter\": \"((alternatives: SubPlan 1 or hashed SubPlan 2) OR (a = 1))\""
#define BOTH                                                                                       \
    NODE("Seq Scan",                                                                               \
         ON("a") EITHER INPUTS(SUBPLAN("Index Scan", "1") ", " SUBPLAN("Seq Scan", "2")))

static void what_the_executor_chooses_is_no_change(void **state)
{
    (void) state;
    same(BOTH, NODE("Seq Scan", ON("a") INPUTS(SUBPLAN("Index Scan", "1"))));
    same(BOTH, NODE("Seq Scan", ON("a") INPUTS(SUBPLAN("Seq Scan", "1"))));
    same(NODE("Hash", EITHER INPUTS(BOTH)),
         NODE("Hash", INPUTS(NODE("Seq Scan", ON("a") INPUTS(SUBPLAN("Seq Scan", "1"))))));
    changed(BOTH, NODE("Seq Scan", ON("a") INPUTS(SUBPLAN("Bitmap Heap Scan", "1"))),
            "Index Scan on s.b", "Bitmap Heap Scan on s.b");
    changed(BOTH, NODE("Seq Scan", ON("a")), "Index Scan on s.b", NULL);
}

#define INIT_PLAN                                                                                  \
    NODE("Seq Scan", ON("b") ", \"Parent Relationship\": \"InitPlan\", \"Subplan Name\": "         \
                             "\"InitPlan 1 (returns $0)\"")

static void an_append_of_one_input_hands_its_init_plans_on(void **state)
{
    (void) state;
    same(NODE("Append", INPUTS(INIT_PLAN ", " SEQ("a"))),
         NODE("Seq Scan", ON("a") INPUTS(INIT_PLAN)));
    changed(NODE("Append", INPUTS(INIT_PLAN ", " SEQ("a"))), SEQ("a"), "Seq Scan on s.b", NULL);
    same(NODE("ModifyTable",
              ", \"Operation\": \"Update\"" ON("a") INPUTS(INIT_PLAN ", " SEQ("a") ", " SEQ("c"))),
         NODE("ModifyTable", ", \"Operation\": \"Update\"" ON("a") INPUTS(
                                 INIT_PLAN ", " NODE("Append", INPUTS(SEQ("a") ", " SEQ("c"))))));
}

static void settings_that_differ_are_told(void **state)
{
    struct plan_shape was = shape_of(SEQ("a"), ", \"Settings\": {\"work_mem\": \"6MB\", "
                                               "\"random_page_cost\": \"1.25\", \"jit\": \"off\"}");
    struct plan_shape is =
        shape_of(SEQ("a"), ", \"Settings\": {\"work_mem\": \"6MB\", \"random_page_cost\": \"2\", "
                           "\"enable_sort\": \"off\"}");
    struct plan_shape silent = shape_of(SEQ("a"), "");
    struct plan_difference difference;

    (void) state;
    plan_compare(&was, &is, -1, -1, &difference);
    assert_false(plan_is_flip(&difference));
    assert_int_equal(difference.setting_count, 3);
    assert_string_equal(difference.settings[0].name, "random_page_cost");
    assert_string_equal(difference.settings[0].blue, "1.25");
    assert_string_equal(difference.settings[0].green, "2");
    assert_string_equal(difference.settings[1].name, "jit");
    assert_null(difference.settings[1].green);
    assert_string_equal(difference.settings[2].name, "enable_sort");
    assert_null(difference.settings[2].blue);
    plan_difference_free(&difference);
    plan_compare(&silent, &is, -1, -1, &difference); /* not told is not built in */
    assert_int_equal(difference.setting_count, 0);
    plan_difference_free(&difference);
    plan_shape_free(&was);
    plan_shape_free(&is);
    plan_shape_free(&silent);
}

/* --- what is known of a plan --------------------------------------------------------------------
 */

static void plans_of_catalogs_and_writers_are_known(void **state)
{
    static const char catalog[] =
        NODE("Seq Scan", ", \"Schema\": \"pg_catalog\", \"Relation Name\": \"pg_class\"");
    struct plan_shape shape = shape_of(catalog, "");

    (void) state;
    assert_true(shape.is_catalog);
    assert_false(shape.writes);
    plan_shape_free(&shape);
    shape = shape_of(NODE("Result", ""), "");
    assert_false(shape.is_catalog);
    plan_shape_free(&shape);
    shape = shape_of(NODE("LockRows", INPUTS(SEQ("a"))), "");
    assert_true(shape.writes);
    assert_false(shape.is_catalog);
    plan_shape_free(&shape);
}

static void what_is_no_plan_is_refused(void **state)
{
    static const char *const texts[] = {
        "",
        "{}",
        "[]",
        "[{}]",
        "[{\"Plan\": {}}]",
        "[{\"Plan\": {\"Node Type\": \"Result\"}}]",
        "[{\"Plan\": {\"Total Cost\": 1}}]",
        "[{\"Plan\": {\"Node Type\": 1, \"Total Cost\": 1}}]",
        "[{\"Plan\": {\"Node Type\": \"Result\", \"Total Cost\": 1}"};
    struct plan_shape shape = {0};
    double ms = 0;
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_false(plan_shape_read(texts[i], &shape));
        assert_false(plan_time_read(texts[i], &ms));
    }
    assert_true(plan_time_read("[{\"Plan\": {}, \"Execution Time\": 1.5}]", &ms));
    assert_true(ms == 1.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_form_is_the_tree_without_numbers),
        cmocka_unit_test(names_of_subplans_are_not_compared),
        cmocka_unit_test(what_only_some_releases_write_is_left_out),
        cmocka_unit_test(what_changed_is_told),
        cmocka_unit_test(many_changes_are_counted),
        cmocka_unit_test(more_than_half_as_much_again_is_worse),
        cmocka_unit_test(a_millisecond_is_noise),
        cmocka_unit_test(the_worst_costs_most_in_all),
        cmocka_unit_test(the_median_is_the_middle_one),
        cmocka_unit_test(what_is_forbidden_costs_nothing_more),
        cmocka_unit_test(all_plans_of_a_statement_are_one),
        cmocka_unit_test(what_the_executor_chooses_is_no_change),
        cmocka_unit_test(an_append_of_one_input_hands_its_init_plans_on),
        cmocka_unit_test(settings_that_differ_are_told),
        cmocka_unit_test(plans_of_catalogs_and_writers_are_known),
        cmocka_unit_test(what_is_no_plan_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
