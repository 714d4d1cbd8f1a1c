/* Where statements of a file end, what chooses their database, and what is refused. */
#include "checks/plans_file.h"
#include "checks/plans_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct plans_file parsed(const char *text)
{
    struct plans_file file = {0};
    struct fault fault = {0};

    if (!plans_file_parse("file.sql", text, strlen(text), &file, &fault))
        fail_msg("%s: %s", text, fault.cause);
    return file;
}

/* `text` stands behind a line that chooses a database. */
static void splits(const char *text, const char *const *expected)
{
    char buffer[2048];
    struct plans_file file;
    size_t i;

    snprintf(buffer, sizeof(buffer), "-- database: shop\n%s", text);
    file = parsed(buffer);
    for (i = 0; expected[i]; i++) {
        assert_true(i < file.count);
        assert_string_equal(file.statements[i].text, expected[i]);
        assert_string_equal(file.statements[i].database, "shop");
    }
    assert_int_equal(file.count, i);
    plans_file_free(&file);
}

#define SPLITS(text, ...) splits(text, (const char *const[]){__VA_ARGS__, NULL})

static void refuses(const char *text, long line, const char *words)
{
    struct plans_file file = {0};
    struct fault fault = {0};
    char start[32];

    assert_false(plans_file_parse("file.sql", text, strlen(text), &file, &fault));
    snprintf(start, sizeof(start), "line %ld: ", line);
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    assert_string_equal(fault.where, "file.sql");
    if (strncmp(fault.cause, start, strlen(start)) != 0 || !strstr(fault.cause, words))
        fail_msg("%s: %s", text, fault.cause);
    assert_true(*fault.hint);
    assert_null(file.statements);
}

static void semicolons_end_statements(void **state)
{
    (void) state;
    SPLITS("SELECT 1;SELECT 2", "SELECT 1", "SELECT 2");
    SPLITS("\n;; ;\r\nSELECT 1\r\n ;\n", "SELECT 1");
    SPLITS("\xEF\xBB\xBFSELECT 1", "\xEF\xBB\xBFSELECT 1"); /* only at the beginning of a file */
}

static void quotes_hide_semicolons(void **state)
{
    (void) state;
    SPLITS("SELECT ';', 'it''s;'; SELECT 2", "SELECT ';', 'it''s;'", "SELECT 2");
    SPLITS("SELECT '\\'; SELECT 2", "SELECT '\\'", "SELECT 2");
    SPLITS("SELECT E'\\';'; SELECT 2", "SELECT E'\\';'", "SELECT 2");
    SPLITS("SELECT e'\\\\'; SELECT 2", "SELECT e'\\\\'", "SELECT 2");
    SPLITS("SELECT E'a' -- ;\n 'b\\';'; SELECT 2", "SELECT E'a' -- ;\n 'b\\';'", "SELECT 2");
    SPLITS("SELECT E'a' 'b\\'; SELECT 2", "SELECT E'a' 'b\\'", "SELECT 2");
    SPLITS("SELECT B'1', x'F', N';', U&'\\0041;', U&\";\"; SELECT 2",
           "SELECT B'1', x'F', N';', U&'\\0041;', U&\";\"", "SELECT 2");
    SPLITS("SELECT \"a;\"\"b;\" FROM \"c--\"; SELECT 2", "SELECT \"a;\"\"b;\" FROM \"c--\"",
           "SELECT 2");
    SPLITS("SELECT names'; SELECT 2 -- '; SELECT 3", "SELECT names'; SELECT 2 -- '", "SELECT 3");
}

static void dollars_quote(void **state)
{
    (void) state;
    SPLITS("SELECT $$;'$$; SELECT 2", "SELECT $$;'$$", "SELECT 2");
    SPLITS("SELECT $a$;$b$;$$;$a$; SELECT 2", "SELECT $a$;$b$;$$;$a$", "SELECT 2");
    SPLITS("SELECT $\xC3\xA4_1$;$\xC3\xA4_1$; SELECT 2", "SELECT $\xC3\xA4_1$;$\xC3\xA4_1$",
           "SELECT 2");
    SPLITS("SELECT a$$; SELECT 2 b$$", "SELECT a$$", "SELECT 2 b$$");
    SPLITS("SELECT $1$2; SELECT $1", "SELECT $1$2", "SELECT $1");
}

static void comments_hide_semicolons(void **state)
{
    (void) state;
    SPLITS("SELECT 1 -- ; '\n+ 1; SELECT 2", "SELECT 1 -- ; '\n+ 1", "SELECT 2");
    SPLITS("/* ; /* ' ; */ ; */ SELECT 1 /* \" */; SELECT 2", "SELECT 1 /* \" */", "SELECT 2");
    SPLITS("SELECT 1 - -1; SELECT 3 /2; -- the end", "SELECT 1 - -1", "SELECT 3 /2");
}

static void bodies_have_semicolons_of_their_own(void **state)
{
    static const char function[] = "CREATE or REPLACE FUNCTION f(int) RETURNS int BEGIN ATOMIC "
                                   "SELECT CASE WHEN $1 > 0 THEN 1 END; SELECT 2; END";
    char text[256];

    (void) state;
    snprintf(text, sizeof(text), "%s; SELECT 3", function);
    SPLITS(text, function, "SELECT 3");
    SPLITS("CREATE RULE r AS ON UPDATE TO t DO (SELECT 1; SELECT 2); SELECT 3",
           "CREATE RULE r AS ON UPDATE TO t DO (SELECT 1; SELECT 2)", "SELECT 3");
    SPLITS("BEGIN; SELECT 1; END", "BEGIN", "SELECT 1", "END");
}

static void lines_choose_database_and_user(void **state)
{
    struct plans_file file = parsed(
        "\xEF\xBB\xBF--database:  Billing  \r\nSELECT 1;\n\n"
        "\\connect \"Odd \"\"one\"\"\" app\nSELECT\n 2;\n\\c - 'x y'\nSELECT 3;\n"
        "/* -- database: no */ -- database: no\n \t-- Database: shop\nSELECT 4; -- database: no\n"
        "\\c - app;\nSELECT 5; \n\\connect Billing -;;\nSELECT 6;\n\\c \"a;\" \"b\";\nSELECT 7;\n"
        "\\connect shop ;\nSELECT 8\n");

    (void) state;
    assert_int_equal(file.count, 8);
    assert_string_equal(file.statements[0].database, "Billing");
    assert_null(file.statements[0].user);
    assert_int_equal(file.statements[0].line, 2);
    assert_string_equal(file.statements[1].database, "Odd \"one\"");
    assert_string_equal(file.statements[1].user, "app");
    assert_int_equal(file.statements[1].line, 5);
    assert_string_equal(file.statements[2].database, "Odd \"one\"");
    assert_string_equal(file.statements[2].user, "x y");
    assert_string_equal(file.statements[3].database, "shop");
    assert_null(file.statements[3].user);
    assert_int_equal(file.statements[3].line, 11);
    assert_string_equal(file.statements[4].database, "shop");
    assert_string_equal(file.statements[4].user, "app");
    assert_string_equal(file.statements[5].database, "Billing");
    assert_string_equal(file.statements[5].user, "app");
    assert_string_equal(file.statements[6].database, "a;");
    assert_string_equal(file.statements[6].user, "b");
    assert_string_equal(file.statements[7].database, "shop");
    assert_null(file.statements[7].user);
    plans_file_free(&file);
}

static void what_is_wrong_is_told_with_its_line(void **state)
{
    (void) state;
    refuses("\nSELECT 1", 2, "no database");
    refuses("", 1, "no statement");
    refuses("-- database: shop\n-- nothing\n;", 3, "no statement");
    refuses("-- database:\n", 1, "no name");
    refuses("-- database: shop\nSELECT\n-- database: other\n1", 3, "in the middle");
    refuses("-- database: shop\nSELECT 1;\n\\i other.sql\n", 3, "\"\\i\" is not known");
    refuses("\\connect shop\nSELECT 1 \\gx\n", 2, "backslash in the middle");
    refuses("\\connect\nSELECT 1", 1, "takes a database");
    refuses("\\connect shop app host 5432\nSELECT 1", 1, "takes a database");
    refuses("\\connect 'shop\nSELECT 1", 1, "takes a database");
    refuses("\\connect shop\n\nSELECT 1;\nSELECT 'a\n\n;", 4, "quote begins here");
    refuses("\\connect shop\nSELECT \"a\n", 2, "quote begins here");
    refuses("\\connect shop\nSELECT $a$;\n$b$", 2, "quote begins here");
    refuses("\\connect shop\n/* /* */\nSELECT 1", 2, "comment begins here");
    refuses("\\connect shop\nSELECT 1;\nSELECT '\xFF'", 3, "not in UTF-8");
}

static void sizes_are_limited(void **state)
{
    struct plans_file file = {0};
    struct fault fault = {0};
    size_t size = PLANS_TEXT_BYTES + 100, i;
    char *text = malloc(size);

    (void) state;
    assert_non_null(text);
    memset(text, ' ', size);
    memcpy(text, "\\connect x\nSELECT 1", 18);
    text[size - 1] = '1';
    assert_false(plans_file_parse("f", text, size, &file, &fault));
    assert_non_null(strstr(fault.cause, "line 2: "));
    assert_non_null(strstr(fault.cause, "are the limit"));
    for (i = 0; i <= PLANS_FILE_STATEMENTS; i++)
        memcpy(text + 11 + 3 * i, "a;\n", 3);
    assert_false(plans_file_parse("f", text, 11 + 3 * i, &file, &fault));
    assert_non_null(strstr(fault.cause, "line 1002: there are more than 1000"));
    assert_true(plans_file_parse("f", text, 11 + 3 * (i - 1), &file, &fault));
    assert_int_equal(file.count, PLANS_FILE_STATEMENTS);
    plans_file_free(&file);
    text[5] = '\0';
    assert_false(plans_file_parse("f", text, 100, &file, &fault));
    assert_non_null(strstr(fault.cause, "zero"));
    free(text);
}

static void statements_are_looked_at(void **state)
{
    static const struct {
        const char *text;
        struct statement_look look;
    } cases[] = {
        {"SELECT 1", {true, false, 0}},
        {"select $2 || $10 || '$11' /* $12 */ || \"$13\" || $$ $14 $$ || a$15", {true, false, 10}},
        {"/* x */ -- y\n ((SELECT 1) UNION SELECT 2)", {true, false, 0}},
        {"WITH x AS (DELETE FROM t) SELECT $1", {true, false, 1}},
        {"values (1)", {true, false, 0}},
        {"TABLE t", {true, false, 0}},
        {"SELECT * INTO t FROM u", {true, true, 0}},
        {"insert into t values ($1)", {true, true, 1}},
        {"UPDATE t SET a = $1", {true, true, 1}},
        {"MERGE INTO t USING u ON a", {true, true, 0}},
        {"DELETE FROM t", {true, true, 0}},
        {"CREATE ROLE x PASSWORD 'y'", {false, false, 0}},
        {"\"select\" 1", {false, false, 0}},
        {"1 SELECT", {false, false, 0}},
        {"EXPLAIN SELECT 1", {false, false, 0}},
        {"DECLARE c CURSOR FOR SELECT 1", {false, false, 0}},
        {"", {false, false, 0}},
        {"SELECT $99999999999999999999", {true, false, 0}},
    };
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct statement_look look = statement_look(cases[i].text);

        if (look.is_planned != cases[i].look.is_planned || look.writes != cases[i].look.writes ||
            look.parameters != cases[i].look.parameters)
            fail_msg("%s: %d %d %u", cases[i].text, look.is_planned, look.writes, look.parameters);
    }
}

static void typed_literals_become_casts(void **state)
{
    static const char *const cases[][2] = {
        {"SELECT now() - interval $1", "SELECT now() - CAST($1 AS interval)"},
        {"SELECT DATE $1, timestamptz\n$12 FROM t", "SELECT CAST($1 AS DATE), CAST($12 AS "
                                                    "timestamptz) FROM t"},
        {"SELECT $1 - interval $2 -- interval $3",
         "SELECT $1 - CAST($2 AS interval) -- interval $3"},
        {"SELECT interval $1 day", NULL},
        {"SELECT 'date $1', x.date, date(x), \"date\" < $1 LIMIT $2", NULL},
        {"SELECT interval '1 day'", NULL},
        {"", NULL},
    };
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = statement_with_casts(cases[i][0]);

        if (cases[i][1])
            assert_string_equal(text, cases[i][1]);
        else
            assert_null(text);
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(semicolons_end_statements),
        cmocka_unit_test(quotes_hide_semicolons),
        cmocka_unit_test(dollars_quote),
        cmocka_unit_test(comments_hide_semicolons),
        cmocka_unit_test(bodies_have_semicolons_of_their_own),
        cmocka_unit_test(lines_choose_database_and_user),
        cmocka_unit_test(what_is_wrong_is_told_with_its_line),
        cmocka_unit_test(sizes_are_limited),
        cmocka_unit_test(statements_are_looked_at),
        cmocka_unit_test(typed_literals_become_casts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
