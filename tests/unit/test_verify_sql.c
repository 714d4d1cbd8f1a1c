/* The parts of statements that compare rows: hashes, keys, ranges; and who hashes how. */
#include "checks/verify_sql.h"
#include "cutover/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

static void is(char *made, const char *expected)
{
    assert_string_equal(made, expected);
    free(made);
}

static void both_servers_hash_as_the_older_one_can(void **state)
{
    (void) state;
    assert_int_equal(verify_form(150000, 170000), VERIFY_FORM_HASH);
    assert_int_equal(verify_form(110000, 180000), VERIFY_FORM_HASH);
    assert_int_equal(verify_form(100023, 180000), VERIFY_FORM_MD5);
    assert_string_equal(verify_float_digits(120000, 180000), "1");
    assert_string_equal(verify_float_digits(110000, 180000), "0");
}

static void a_row_is_hashed_by_its_columns(void **state)
{
    const char *columns = "[[\"a\", \"int4\", \"integer\", \"int4out\"],"
                          " [\"b \\\"x\", \"text\", \"text\", \"textout\"],"
                          " [\"c\", \"\", \"public.citext\", null],"
                          " [\"d\", \"\", \"public.hstore\", null],"
                          " [\"e\", \"numeric\", \"numeric\", \"numeric_out\"],"
                          " [\"f\", \"int8\", \"bigint\", \"int8out\"]]";

    (void) state;
    is(verify_hash(columns, VERIFY_FORM_HASH, false),
       "hashint4extended(0, coalesce(hashint4extended(\"a\", 1), 1)"
       " # coalesce(hashtextextended(\"b \"\"x\" COLLATE \"C\", 2), 2)"
       " # coalesce(hashtextextended(textin(numeric_out(\"e\")) COLLATE \"C\", 5), 5)"
       " # coalesce(hashint8extended(\"f\", 6) # hashint8extended(\"f\" >> 32, -6), 6)"
       " # hashtextextended(ROW(\"c\", \"d\")::text COLLATE \"C\", 0))");
    is(verify_hash("[[\"c\", \"\", \"public.citext\", null]]", VERIFY_FORM_HASH, false),
       "hashint4extended(0, hashtextextended(ROW(\"c\")::text COLLATE \"C\", 0))");
    is(verify_hash(columns, VERIFY_FORM_MD5, true),
       "('x' || substr(md5(ROW(\"a\", \"b \"\"x\", \"c\", \"d\", \"e\", \"f\")::text), 1, 16))"
       "::bit(64)::bigint");
    is(verify_hash("[]", VERIFY_FORM_HASH, false), "0::bigint");
}

static void what_is_made_of_floats_is_hashed_as_it_is_sent_where_text_rounds(void **state)
{
    const char *point = "[[\"p\", \"point\", \"point\", \"point_out\"]]";

    (void) state;
    is(verify_hash("[[\"f\", \"float8\", \"double precision\", \"float8out\"]]", VERIFY_FORM_MD5,
                   false),
       "('x' || substr(md5(ROW(CASE WHEN \"f\" = 'NaN' THEN '\\x' ELSE float8send(\"f\") END)"
       "::text), 1, 16))::bit(64)::bigint");
    /* their text is exact from 12 on */
    is(verify_hash(point, VERIFY_FORM_HASH, false),
       "hashint4extended(0, coalesce(hashtextextended(textin(point_out(\"p\")) COLLATE \"C\", 1), "
       "1))");
    is(verify_hash(point, VERIFY_FORM_HASH, true),
       "hashint4extended(0, coalesce(hash_array_extended(ARRAY[point_send(\"p\")], 1), 1))");
}

static void rows_are_shown_only_when_wanted(void **state)
{
    (void) state;
    is(verify_sample("[[\"a\", \"native\", \"integer\"]]", false), "NULL::text");
    is(verify_sample("[[\"a\", \"native\", \"integer\"]]", true), "left(ROW(\"a\")::text, 200)");
    is(verify_shown("[[\"a\", \"int4\", \"\"], [\"b\", \"text\", null]]"),
       "ROW(\"a\", \"b\")::text");
    is(verify_shown("[[\"a\", \"int4\", \"\"]]"), "\"a\"::text");
    is(verify_shown("[]"), "NULL::text");
}

static void a_key_must_be_ordered_alike_on_both_sides(void **state)
{
    static const char *const refused[][2] = {
        {"[]", "[]"},
        {"[[[\"a\", \"int8\", \"\"]]]", "[]"},
        {"[[[\"a\", \"int8\", \"\"]]]", "[[[\"b\", \"int8\", \"\"]]]"},
        {"[[[\"a\", \"int8\", \"\"]]]", "[[[\"a\", \"int4\", \"\"]]]"},
        /* another version of the collation, one that is not known */
        {"[[[\"a\", \"text\", \"c x 2.31\"]]]", "[[[\"a\", \"text\", \"c x 2.36\"]]]"},
        {"[[[\"a\", \"text\", null]]]", "[[[\"a\", \"text\", null]]]"},
        /* a type that is none of ours */
        {"[[[\"a\", \"x; y\", \"\"]]]", "[[[\"a\", \"x; y\", \"\"]]]"},
        {"no JSON", "no JSON"},
    };
    struct verify_keys keys;
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        verify_choose_key(refused[i][0], refused[i][1], &keys);
        assert_int_equal(keys.count, 0);
    }
    verify_choose_key(
        "[[[\"a\", \"text\", null]], [[\"b\", \"int4\", \"\"], [\"c\", \"text\", \"C\"]]]",
        "[[[\"b\",\"int4\",\"\"],[\"c\",\"text\",\"C\"]]]", &keys);
    assert_int_equal(keys.count, 2);
    is(verify_key_columns(&keys), "\"b\", \"c\"");
    is(verify_key_values(&keys), "\"b\"::text AS key1, \"c\"::text AS key2");
    verify_keys_free(&keys);
}

static void ranges_follow_each_other_without_gap_or_overlap(void **state)
{
    struct verify_keys keys;

    (void) state;
    verify_choose_key("[[[\"a\", \"int8\", \"\"]]]", "[[[\"a\", \"int8\", \"\"]]]", &keys);
    is(verify_range(&keys, NULL, NULL), "true");
    is(verify_range(&keys, NULL, "CAST('5' AS int8)"), "(\"a\") <= (CAST('5' AS int8))");
    is(verify_range(&keys, "CAST('5' AS int8)", "CAST('9' AS int8)"),
       "(\"a\") > (CAST('5' AS int8)) AND (\"a\") <= (CAST('9' AS int8))");
    is(verify_range(&keys, "CAST('9' AS int8)", NULL), "(\"a\") > (CAST('9' AS int8))");
    is(verify_among(&keys, (const char *const[]){"1", "2"}, 2), "(\"a\") IN (VALUES (1), (2))");
    verify_keys_free(&keys);
}

static void only_the_ends_of_long_ranges_are_estimated(void **state)
{
    static const struct {
        int64_t estimate, bytes, rows, offset;
        const char *sample;
    } known[] = {
        /* 100 rows in a block: 16 of 10000 blocks */
        {10000000, 819200000, 1000000, 1600, "TABLESAMPLE SYSTEM (100.0 / 625)"},
        {10000000, 819200000, 100000, 100000, ""},         /* quick to count */
        {10000000000, 819200000000, 1000000, 1000000, ""}, /* as long to sample */
        {1000000, 819200000000, 500000, 500000, ""},       /* hardly a row in a block: elsewhere */
        {10000000, 8192000, 1000000, 166666, "TABLESAMPLE SYSTEM (100.0 / 6)"},
        {10000000, 0, 1000000, 1000000, ""},
        {0, 819200000, 1000000, 1000000, ""},
        {900000, 819200000, 1000000, 1000000, ""},
    };
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        int64_t rows = known[i].rows;

        is(verify_sampled(known[i].estimate, known[i].bytes, &rows), known[i].sample);
        assert_int_equal(rows, known[i].offset);
    }
}

static void columns_are_compared_whatever_the_blanks(void **state)
{
    (void) state;
    assert_true(verify_same_columns("[[\"a\", \"native\", \"integer\"]]",
                                    "[[\"a\",\"native\",\"integer\"]]"));
    assert_false(
        verify_same_columns("[[\"a\",\"native\",\"integer\"]]", "[[\"a\",\"native\",\"bigint\"]]"));
    assert_false(verify_same_columns("", ""));
    assert_false(verify_same_columns("[[\"a\",\"native\",\"integer\"]]", "[]"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_servers_hash_as_the_older_one_can),
        cmocka_unit_test(a_row_is_hashed_by_its_columns),
        cmocka_unit_test(what_is_made_of_floats_is_hashed_as_it_is_sent_where_text_rounds),
        cmocka_unit_test(rows_are_shown_only_when_wanted),
        cmocka_unit_test(a_key_must_be_ordered_alike_on_both_sides),
        cmocka_unit_test(ranges_follow_each_other_without_gap_or_overlap),
        cmocka_unit_test(only_the_ends_of_long_ranges_are_estimated),
        cmocka_unit_test(columns_are_compared_whatever_the_blanks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
