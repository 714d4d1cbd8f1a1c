/* The leaf types everything stands on: text, strings, faults, arenas. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/arena.h"
#include "../../cutover/base/fault.h"
#include "../../cutover/base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void test_text_grows(void **state)
{
    struct text text = {0};
    char *taken;

    (void) state;
    assert_string_equal(text_string(&text), "");
    for (int i = 0; i < 1000; i++)
        text_add(&text, "%04d", i);
    assert_int_equal(text.length, 4000);
    assert_memory_equal(text.data + 3996, "0999", 5);
    text_add_bytes(&text, "a\0b", 3);
    assert_int_equal(text.length, 4003);
    assert_memory_equal(text.data + 4000, "a\0b", 4);
    taken = text_take(&text);
    assert_null(text.data);
    assert_int_equal(text.length, 0);
    free(taken);
    taken = text_take(&text); /* never NULL */
    assert_string_equal(taken, "");
    free(taken);
    text_free(&text);
    text_free(NULL);
}

/* What the shell makes of the word is what was put in. */
static void assert_shell_word(const char *word)
{
    struct text line = {0};
    char answer[64] = "";
    FILE *shell;
    size_t length;

    text_add_string(&line, "printf %s ");
    text_add_shell_word(&line, word);
    shell = popen(text_string(&line), "r");
    assert_non_null(shell);
    length = fread(answer, 1, sizeof(answer) - 1, shell);
    assert_int_equal(pclose(shell), 0);
    assert_int_equal(length, strlen(word));
    assert_string_equal(answer, word);
    text_free(&line);
}

static void test_shell_word(void **state)
{
    (void) state;
    assert_shell_word("");
    assert_shell_word("it's $HOME `id` \"x\" \\ ; & '' *\n-n");
}

static void test_strings(void **state)
{
    (void) state;
    assert_true(string_equal(NULL, NULL));
    assert_false(string_equal(NULL, ""));
    assert_false(string_equal("a", NULL));
    assert_true(string_equal("a", "a"));
    assert_true(string_starts("abc", "ab"));
    assert_false(string_starts("ab", "abc"));
    assert_false(string_starts(NULL, "a"));
    assert_null(memory_copy(NULL));
}

static void test_fault(void **state)
{
    struct fault fault = {0};
    char long_cause[4000];

    (void) state;
    assert_false(fault_is_set(&fault));
    fault_set(&fault, "creating the slot", NULL, "42710", "ERROR: %s\n \n", "it is there");
    assert_true(fault_is_set(&fault));
    assert_string_equal(fault.cause, "ERROR: it is there");
    assert_string_equal(fault.where, "");
    assert_string_equal(fault.code, "42710");
    fault_hint(&fault, "drop %s", "it");
    assert_string_equal(fault.hint, "drop it");
    /* a fault may be wrapped into itself; the old hint and exit code are not the new one's */
    fault.exit_code = EXIT_TRANSIENT;
    fault_set(&fault, fault.doing, "blue", fault.code, "twice: %s", fault.cause);
    assert_string_equal(fault.cause, "twice: ERROR: it is there");
    assert_string_equal(fault.doing, "creating the slot");
    assert_string_equal(fault.hint, "");
    assert_int_equal(fault.exit_code, EXIT_DONE);
    memset(long_cause, 'x', sizeof(long_cause) - 1);
    long_cause[sizeof(long_cause) - 1] = '\0';
    fault_set(&fault, long_cause, long_cause, long_cause, "%s", long_cause);
    assert_int_equal(strlen(fault.cause), sizeof(fault.cause) - 1);
    assert_int_equal(strlen(fault.where), sizeof(fault.where) - 1);
    fault_hint(&fault, "%s", long_cause);
    assert_int_equal(strlen(fault.hint), sizeof(fault.hint) - 1);
}

static char order[8];

static void note(void *object)
{
    strncat(order, object, 1);
}

static void test_arena(void **state)
{
    struct arena *arena = arena_new();
    char *zeroed = arena_take(arena, 64);
    char first[] = "1", second[] = "2";

    (void) state;
    for (int i = 0; i < 64; i++)
        assert_int_equal(zeroed[i], 0);
    assert_string_equal(arena_copy(arena, "abc"), "abc");
    assert_null(arena_copy(arena, NULL));
    assert_string_equal(arena_print(arena, "%d-%s", 7, "x"), "7-x");
    arena_defer(arena, note, first);
    arena_defer(arena, note, second);
    assert_string_equal(order, "");
    arena_free(arena);
    assert_string_equal(order, "21"); /* last one first */
    arena_free(NULL);
}

static void durations_have_the_largest_whole_unit(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {{0, "0 ms"},     {250, "250 ms"},    {1500, "1500 ms"}, {30000, "30 s"},
                 {90000, "90 s"}, {600000, "10 min"}, {3600000, "1 h"},  {604800000, "7 d"}};
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text = {0};

        text_add_duration(&text, cases[i].ms);
        assert_string_equal(text_string(&text), cases[i].text);
        text_free(&text);
    }
}

static void what_others_say_becomes_one_line_of_valid_utf_8(void **state)
{
    static const struct {
        const char *said, *plain;
    } cases[] = {{"", ""},
                 {"no such host", "no such host"},
                 {"refused\n\tIs it running?\033[K", "refused  Is it running? [K"},
                 {"M\303\274ller \342\202\254 \360\237\220\230",
                  "M\303\274ller \342\202\254 \360\237\220\230"},
                 {"cut M\303", "cut M?"},
                 {"cut \342\202", "cut ??"},
                 {"cut \360\237\220", "cut ???"},
                 {"latin M\374ller", "latin M?ller"},
                 {"overlong \300\257 \340\200\257", "overlong ?? ???"},
                 {"surrogate \355\240\200", "surrogate ???"},
                 {"too far \364\220\200\200", "too far ????"},
                 {"c1 \302\205 \302\240", "c1   \302\240"}};
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct text text = {0};

        text_add_plain(&text, cases[i].said);
        assert_string_equal(text_string(&text), cases[i].plain);
        text_free(&text);
    }
}

static void a_setting_is_one_line_of_postgresql_conf(void **state)
{
    struct text text = {0};

    (void) state;
    text_add_setting(&text, "log_line_prefix", "it's \\ %m\n%p");
    text_add_setting(&text, "a.b", "");
    assert_string_equal(text_string(&text), "log_line_prefix = 'it''s \\\\ %m\\n%p'\na.b = ''\n");
    text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_the_largest_whole_unit),
        cmocka_unit_test(what_others_say_becomes_one_line_of_valid_utf_8),
        cmocka_unit_test(test_text_grows),
        cmocka_unit_test(test_shell_word),
        cmocka_unit_test(a_setting_is_one_line_of_postgresql_conf),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_arena),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
