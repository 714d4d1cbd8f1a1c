/* What a pooler's hook is asked, and which of its answers are taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/poolers/hook.h"

#include "../../cutover/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GOOD                                                                                       \
    "\"held\":true,\"at\":{\"host\":\"10.0.0.7\",\"port\":5432},\"clients\":3,\"waiting\":2"

static struct hook_state describe(const char *output)
{
    struct hook_state state = {0};
    char cause[HOOK_CAUSE] = "";

    if (!hook_described(output, &state, cause))
        fail_msg("%s: %s", output, cause);
    return state;
}

static void assert_refused(const char *output, const char *expected)
{
    struct hook_state state = {.held = true, .clients = 77};
    char cause[HOOK_CAUSE] = "";

    if (hook_described(output, &state, cause))
        fail_msg("accepted: %s", output);
    if (!strstr(cause, expected))
        fail_msg("%s: \"%s\" is not \"%s\"", output, cause, expected);
    assert_true(state.held); /* written on success only */
    assert_int_equal(state.clients, 77);
}

static void test_what_it_is_asked(void **state)
{
    const char *const databases[] = {"postgres", "a \"b\""};
    const struct pooler_address blue[] = {{"10.0.0.7", "5432"}, {"b", NULL}};
    const struct hook_call call = {.action = "point",
                                   .run = "20260101T000000Z",
                                   .pooler = "p 2",
                                   .budget_ms = 3999,
                                   .from = {"10.0.0.7", "5432"},
                                   .to = {"/run/pg", "6000"},
                                   .blue = blue,
                                   .blue_count = 2,
                                   .databases = databases,
                                   .database_count = 2};
    struct hook_arguments arguments;
    char *json = hook_request(&call);

    (void) state;
    assert_string_equal(json, "{\"schema_version\":1,\"action\":\"point\",\"run\":"
                              "\"20260101T000000Z\",\"pooler\":\"p 2\",\"budget_ms\":3999,\"from\":"
                              "{\"host\":\"10.0.0.7\",\"port\":5432},\"to\":{\"host\":\"/run/pg\","
                              "\"port\":6000},\"blue\":[{\"host\":\"10.0.0.7\",\"port\":5432},"
                              "{\"host\":\"b\",\"port\":5432}],\"green\":[],\"databases\":["
                              "\"postgres\",\"a \\\"b\\\"\"]}");
    hook_arguments(&arguments, "/opt/hook x", &call, json, false);
    assert_string_equal(arguments.list[0], "/opt/hook x");
    assert_string_equal(arguments.list[1], "point");
    assert_ptr_equal(arguments.list[2], json);
    assert_string_equal(arguments.list[3], "3.999");
    assert_string_equal(arguments.list[4], "20260101T000000Z/p 2");
    assert_null(arguments.list[5]);
    hook_arguments(&arguments, "/opt/hook x", &call, json, true);
    assert_string_equal(arguments.list[5], "sweep");
    assert_null(arguments.list[6]);
    free(json);
}

/* For `timeout`, 0 is no limit at all. */
static void test_a_call_without_time_left_is_killed_at_once(void **state)
{
    struct hook_call call = {.action = "hold", .run = "r", .pooler = "p"};
    struct hook_arguments arguments;

    (void) state;
    hook_arguments(&arguments, "x", &call, "{}", false);
    assert_string_equal(arguments.list[3], "0.001");
    call.budget_ms = -5000;
    hook_arguments(&arguments, "x", &call, "{}", false);
    assert_string_equal(arguments.list[3], "0.001");
}

static void test_a_description(void **state)
{
    struct hook_state told = describe("{\"schema_version\":1," GOOD "}\n");

    (void) state;
    assert_true(told.held);
    assert_string_equal(told.host, "10.0.0.7");
    assert_string_equal(told.port, "5432");
    assert_int_equal(told.clients, 3);
    assert_int_equal(told.waiting, 2);
    told = describe(" {\"more\":[{}], \"waiting\":null,\"clients\":null, \"at\":null,\n"
                    "\"held\":false,\"schema_version\":1.0} ");
    assert_false(told.held);
    assert_string_equal(told.host, "");
    assert_int_equal(told.clients, -1);
    assert_int_equal(told.waiting, -1);
}

static void test_what_is_no_answer(void **state)
{
    static const char *const outputs[][2] = {
        {NULL, "nothing"},
        {"", "nothing"},
        {" \n\t", "nothing"},
        {"held", "not JSON"},
        {"{\"schema_version\":1," GOOD, "not JSON"},
        {"{\"schema_version\":1," GOOD "} and more", "not JSON"},
        {"{\"schema_version\":1," GOOD "}{}", "not JSON"},
        {"[]", "not a JSON object"},
        {"1", "not a JSON object"},
        {"\"{}\"", "not a JSON object"},
        {"{" GOOD "}", "no schema_version"},
        {"{\"schema_version\":\"1\"," GOOD "}", "no schema_version"},
        {"{\"schema_version\":null," GOOD "}", "no schema_version"},
        {"{\"schema_version\":1,\"schema_version\":1," GOOD "}", "no schema_version"},
        {"{\"schema_version\":2," GOOD "}", "another schema_version"},
        {"{\"schema_version\":1.5," GOOD "}", "no schema_version"},
        {"{\"Schema_Version\":1," GOOD "}", "no schema_version"},
    };
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
        char cause[HOOK_CAUSE] = "";

        assert_refused(outputs[i][0], outputs[i][1]);
        assert_false(hook_answered(outputs[i][0], cause));
        assert_non_null(strstr(cause, outputs[i][1]));
    }
}

/* Any answer to hold, point and release is good; what became of it is seen by describe. */
static void test_an_answer(void **state)
{
    char cause[HOOK_CAUSE] = "";

    (void) state;
    assert_true(hook_answered("{\"schema_version\":1}", cause));
    assert_true(hook_answered("{\"schema_version\":1,\"held\":\"of course\"}\n", cause));
}

static const char *const wrong_values[][2] = {
    {"held", "null"},
    {"held", "1"},
    {"held", "\"true\""},
    {"held", "true,\"held\":true"},
    {"at", "\"h:1\""},
    {"at", "1"},
    {"at", "false"},
    {"at", "[]"},
    {"at", "[null]"},
    {"at", "[1,2]"},
    {"at", "[\"x\"]"},
    {"at", "[\"10.0.0.7:5432\",\"10.0.0.8:5432\"]"},
    {"at", "[[\"host\",\"h\"],[\"port\",1]]"},
    {"at", "[{\"host\":\"h\",\"port\":1}]"},
    {"at", "{}"},
    {"at", "{\"host\":[\"h\"],\"port\":1}"},
    {"at", "{\"host\":\"h\",\"port\":[1]}"},
    {"at", "{\"host\":\"h\"}"},
    {"at", "{\"port\":1}"},
    {"at", "{\"host\":\"\",\"port\":1}"},
    {"at", "{\"host\":\"h,i\",\"port\":1}"},
    {"at", "{\"host\":\"h\",\"port\":\"1\"}"},
    {"at", "{\"host\":\"h\",\"port\":0}"},
    {"at", "{\"host\":\"h\",\"port\":65536}"},
    {"at", "{\"host\":\"h\",\"port\":1,\"port\":2}"},
    {"clients", "-1"},
    {"clients", "0.5"},
    {"clients", "1e300"},
    {"clients", "\"3\""},
    {"waiting", "false"},
    {"waiting", "[]"},
};

static void test_fields_that_are_missing_doubled_or_of_another_type(void **state)
{
    static const char *const fields[][2] = {
        {"held", "\"held\":true"},
        {"at", "\"at\":{\"host\":\"h\",\"port\":1}"},
        {"clients", "\"clients\":0"},
        {"waiting", "\"waiting\":0"},
    };
    char output[400];
    size_t i, j;

    (void) state;
    for (i = 0; i < 4; i++) {
        struct text text = {0};

        text_add_string(&text, "{\"schema_version\":1");
        for (j = 0; j < 4; j++)
            if (j != i)
                text_add(&text, ",%s", fields[j][1]);
        text_add_string(&text, "}");
        assert_refused(text_string(&text), fields[i][0]);
        text_free(&text);
    }
    for (i = 0; i < sizeof(wrong_values) / sizeof(wrong_values[0]); i++) {
        struct text text = {0};

        for (j = 0; j < 4; j++)
            if (strcmp(fields[j][0], wrong_values[i][0]) != 0)
                text_add(&text, ",%s", fields[j][1]);
        snprintf(output, sizeof(output), "{\"schema_version\":1,\"%s\":%s%s}", wrong_values[i][0],
                 wrong_values[i][1], text_string(&text));
        assert_refused(output, wrong_values[i][0]);
        text_free(&text);
    }
}

static void test_where_it_is(void **state)
{
    static const struct pooler_address blue[] = {{"Localhost", "5432"}, {"/run/pg", "5433"}};
    struct hook_state told = {.host = "localhost", .port = "5432"};
    char text[HOOK_CAUSE];

    (void) state;
    assert_true(hook_is_at(&told, blue, 2));
    hook_print_address(&told, text);
    assert_string_equal(text, "localhost:5432");
    snprintf(told.port, sizeof(told.port), "5433");
    assert_false(hook_is_at(&told, blue, 2));
    snprintf(told.host, sizeof(told.host), "/run/pg/");
    assert_true(hook_is_at(&told, blue, 2));
    *told.host = '\0';
    assert_false(hook_is_at(&told, blue, 2));
    hook_print_address(&told, text);
    assert_string_equal(text, "more than one address");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_is_asked),
        cmocka_unit_test(test_a_call_without_time_left_is_killed_at_once),
        cmocka_unit_test(test_a_description),
        cmocka_unit_test(test_what_is_no_answer),
        cmocka_unit_test(test_an_answer),
        cmocka_unit_test(test_fields_that_are_missing_doubled_or_of_another_type),
        cmocka_unit_test(test_where_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
