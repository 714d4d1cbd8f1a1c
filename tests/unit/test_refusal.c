/* What libpq says of a connection that was refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../replication/refusal.h"

static void assert_refused(const char *message, const char *code, const char *words)
{
    char found[REFUSAL_CODE_SIZE], said[100];

    assert_true(refusal_parse(message, found, said, sizeof(said)));
    assert_string_equal(found, code);
    assert_string_equal(said, words);
}

static void test_the_servers_words_and_code(void **state)
{
    (void) state;
    assert_refused("connection to server at \"127.0.0.1\", port 6432 failed: FATAL:  42501: "
                   "permission denied for database \"shop\"\n",
                   "42501", "permission denied for database \"shop\"");
    assert_refused("FATAL:  08P01: no such user", "08P01", "no such user");
    /* in another language; what follows in lines of its own is left out */
    assert_refused("FATAL:  42501: keine Berechtigung: Datenbank\nDETAIL:  Benutzer hat das "
                   "CONNECT-Privileg nicht.\nLOCATION:  InitPostgres, postinit.c:1\n",
                   "42501", "keine Berechtigung: Datenbank");
}

static void test_of_two_attempts_the_last_one_counts(void **state)
{
    (void) state;
    assert_refused("connection to server at \"h\", port 1 failed: FATAL:  28000: with SSL\n"
                   "connection to server at \"h\", port 1 failed: FATAL:  28P01: without\n",
                   "28P01", "without");
}

static void test_what_no_server_said(void **state)
{
    static const char *const messages[] = {
        "",
        "connection to server at \"h\", port 1 failed: Connection refused\n\tIs the server up?\n",
        "FATAL:  it has no code", "ERROR:  42501"};
    char code[REFUSAL_CODE_SIZE] = "same", words[8] = "same";
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
        assert_false(refusal_parse(messages[i], code, words, sizeof(words)));
    assert_string_equal(code, "same");
    assert_string_equal(words, "same");
    assert_true(refusal_parse("FATAL:  42501: too long for it", code, words, sizeof(words)));
    assert_string_equal(words, "too lon");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_servers_words_and_code),
        cmocka_unit_test(test_of_two_attempts_the_last_one_counts),
        cmocka_unit_test(test_what_no_server_said),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
