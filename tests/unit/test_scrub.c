/* What is kept of foreign texts, and what is not; and who has written a text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/digest.h"
#include "../../cutover/base/scrub.h"

#include <string.h>

static void assert_scrubbed(const char *from, const char *to)
{
    static const char *const secrets[] = {"sw0rdfish", "sw0rd", NULL};
    struct text text = {0};

    text_add_scrubbed(&text, from, secrets);
    assert_string_equal(text_string(&text), to);
    text_free(&text);
}

static void what_looks_like_a_secret_is_taken_out(void **state)
{
    (void) state;
    assert_scrubbed("all is well", "all is well");
    assert_scrubbed("host=a password=x y", "host=a password=*** y");
    assert_scrubbed("password = 'a b' c", "password = '***' c");
    assert_scrubbed("PGPASSWORD=x", "PGPASSWORD=***");
    assert_scrubbed("{\"token\": \"x\", \"a\": 1}", "{\"token\": \"***\", \"a\": 1}");
    assert_scrubbed("Authorization: Bearer x", "Authorization: Bearer ***");
    assert_scrubbed("postgresql://u:p@ss@h/db?x", "postgresql://u:***@h/db?x");
    assert_scrubbed("http://h:80/x@y", "http://h:80/x@y");
    assert_scrubbed("the passwords differ: no", "the passwords differ: no");
    assert_scrubbed("it is sw0rdfish.", "it is ***.");
    assert_scrubbed("password", "password");
    assert_scrubbed("password=", "password=");
    assert_scrubbed("password='it\\'s x' a=b", "password='***' a=b");
    assert_scrubbed("password=a\\ b c", "password=*** c");
    assert_scrubbed("{\"secret\":\"a\\\"b\",\"c\":1}", "{\"secret\":\"***\",\"c\":1}");
    assert_scrubbed("{\"secret\":\"\",\"c\":1}", "{\"secret\":\"\",\"c\":1}");
    assert_scrubbed("ALTER ROLE a PASSWORD 'it''s' x", "ALTER ROLE a PASSWORD '***' x");
    assert_scrubbed("password 'never closed", "password '***");
    assert_scrubbed("password authentication failed for user \"a\"",
                    "password authentication failed for user \"a\"");
}

/* RFC 4231, test case 2. */
static void a_signature_is_that_of_the_standard(void **state)
{
    char hex[65];

    (void) state;
    digest_hmac_sha256("Jefe", "what do ya want for nothing?", 28, hex);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_looks_like_a_secret_is_taken_out),
        cmocka_unit_test(a_signature_is_that_of_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
