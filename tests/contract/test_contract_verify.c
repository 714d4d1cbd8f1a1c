/*
 * The statements of verify on this server: what they return, that they hash alike on every major
 * (the sums below are the same for all), and that their sessions cannot write. Before real servers
 * only. Run it through with_servers.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../checks/verify_suspects.h"
#include "../../cutover/base/text.h"
#include "asking.h"
#include "check_files.h"

#include <stdlib.h>
#include <string.h>

/* Each type that is hashed in a way of its own, its NULL and its ends; some that are by their text.
 */
static const char set_up[] =
    "DROP TABLE IF EXISTS public.compared; DROP TYPE IF EXISTS public.compared_pair;"
    "CREATE TYPE public.compared_pair AS (a integer, b text);"
    "CREATE TABLE public.compared (id bigint, \"a b\" text, n numeric, f double precision, b "
    "boolean,"
    " at timestamptz, raw bytea, j jsonb, day date, made integer, two smallint, o oid, clock time,"
    " local timestamp, u uuid, r real, v varchar(9), fixed char(4), list integer[], net inet,"
    " whole interval, x int4range, row public.compared_pair, PRIMARY KEY (id));"
    "INSERT INTO public.compared VALUES (1, 'x', 1.0, 0.1, true, '2024-02-29 12:00:00.5+00', "
    "'\\x00ff', '{\"b\": 1.00, \"a\": [null]}', '0044-03-15 BC', 7, -1, 4294967295, '24:00',"
    " '4713-11-24 BC', '00000000-0000-0000-0000-00000000ffff', 0.1, 'Ä', 'a', '{1,NULL}',"
    " '10.0.0.1/8', '1 mon', '[1,5)', ROW(1, 'a')),"
    "(2, '', NULL, '-0', false, 'infinity', '', 'null', NULL, 0, 0, 0, '00:00', '-infinity',"
    " '00000000-0000-0000-0000-000000000000', '-0', '', '', '{}', '::1', '30 days', 'empty', NULL),"
    "(-3, NULL, 'NaN', 'NaN', NULL, NULL, NULL, NULL, '-infinity', NULL, NULL, NULL, NULL, NULL, "
    "NULL,"
    " 'NaN', NULL, NULL, NULL, NULL, NULL, NULL, ROW(NULL, NULL)),"
    "(4294967296, 'a', 12345678.90, 1e-320, true, '294276-12-31 23:59:59.999999+00', '\\x00', '[]',"
    " 'infinity', -1, 32767, 1, '12:34:56.789', '294276-12-31 23:59:59.999999',"
    " 'ffffffff-ffff-ffff-ffff-ffffffffffff', 3.4028235e38, 'v', 'abcd', '{{1},{2}}', '::/0',"
    " '-1 year 00:00:01', '(,1)', ROW(2, NULL)),"
    "(5, 'b', -12345678.9, 'Infinity', false, '4713-11-24 00:00:00+00 BC', '\\xff', '1', "
    "'5874897-12-31', -2147483648, -32768, 2, '00:00:00.000001', 'infinity',"
    " '00000000-0000-0000-0000-000000000001', '-Infinity', 'w', 'a b', '{-1}', '10.0.0.1',"
    " '00:00:01', NULL, ROW(0, ''))";
static const struct sql make_table = {.id = "make", .doing = "making a table", .text = set_up};
static const struct sql drop_table = {
    .id = "drop",
    .doing = "dropping a table",
    .text = "DROP TABLE public.compared; DROP TYPE public.compared_pair"};

/* What verify_tables.sql says of it, beside the sums of its three rows in each form. */
static const char known_columns[] =
    "[[\"a b\", \"text\", \"text\", \"textout\"],"
    " [\"at\", \"timestamptz\", \"timestamp with time zone\", \"timestamptz_out\"],"
    " [\"b\", \"bool\", \"boolean\", \"boolout\"],"
    " [\"clock\", \"time\", \"time without time zone\", \"time_out\"],"
    " [\"day\", \"date\", \"date\", \"date_out\"],"
    " [\"f\", \"float8\", \"double precision\", \"float8out\"],"
    " [\"fixed\", \"bpchar\", \"character(4)\", \"bpcharout\"],"
    " [\"id\", \"int8\", \"bigint\", \"int8out\"],"
    " [\"j\", \"jsonb\", \"jsonb\", \"jsonb_out\"],"
    " [\"list\", \"_int4\", \"integer[]\", \"array_out\"],"
    " [\"local\", \"timestamp\", \"timestamp without time zone\", \"timestamp_out\"],"
    " [\"made\", \"int4\", \"integer\", \"int4out\"],"
    " [\"n\", \"numeric\", \"numeric\", \"numeric_out\"],"
    " [\"net\", \"inet\", \"inet\", \"inet_out\"],"
    " [\"o\", \"oid\", \"oid\", \"oidout\"],"
    " [\"r\", \"float4\", \"real\", \"float4out\"],"
    " [\"raw\", \"bytea\", \"bytea\", \"byteaout\"],"
    " [\"row\", \"\", \"public.compared_pair -1\", \"record_out\"],"
    " [\"two\", \"int2\", \"smallint\", \"int2out\"],"
    " [\"u\", \"uuid\", \"uuid\", \"uuid_out\"],"
    " [\"v\", \"varchar\", \"character varying(9)\", \"varcharout\"],"
    " [\"whole\", \"interval\", \"interval\", \"interval_out\"],"
    " [\"x\", \"int4range\", \"int4range\", \"range_out\"]]";
static const char hash_sum[] = "-8210833023183949048";
static const char md5_sum[] = "7730114422364260884";

static struct session *open_reader(struct stage *stage)
{
    struct session *session = open_server(stage);
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "float_digits", "1");
    expect_ok(stage, session, &make_table, NULL);
    expect_ok(stage, session, &check_verify_session, &arguments);
    return session;
}

static void close_reader(struct stage *stage, struct session *session)
{
    session_close(session);
    session = open_server(stage); /* one that may write */
    expect_ok(stage, session, &drop_table, NULL);
    session_close(session);
}

static enum verify_form form_of(struct stage *stage, struct session *session)
{
    struct reply reply = {0};
    int64_t version = 0;

    ask(stage, session, &check_verify_server, NULL, &reply);
    assert_true(reply_number(&reply, 0, "version_num", &version));
    reply_clear(&reply);
    return verify_form(version, version);
}

static void test_tables_are_listed_with_columns_and_keys(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_reader(stage);
    struct reply reply = {0};
    int row, found = -1, large = -1;

    ask(stage, session, &check_verify_tables, NULL, &reply);
    for (row = 0; row < reply_rows(&reply); row++) {
        if (string_equal(reply_value(&reply, row, "table_name"), "compared"))
            found = row;
        if (string_equal(reply_value(&reply, row, "kind"), "large objects"))
            large = row;
    }
    assert_true(found >= 0 && large >= 0);
    assert_true(verify_same_columns(reply_value(&reply, found, "columns"), known_columns));
    assert_string_equal(reply_value(&reply, found, "keys"), "[[[\"id\", \"int8\", \"\"]]]");
    assert_string_equal(reply_value(&reply, found, "kind"), "table");
    assert_string_equal(reply_value(&reply, found, "is_subscribed"), "f");
    assert_true(verify_same_columns(reply_value(&reply, large, "keys"),
                                    "[[[\"loid\", \"oid\", \"\"], [\"pageno\", \"int4\", \"\"]]]"));
    reply_clear(&reply);
    expect_ok(stage, session, &check_verify_definitions, NULL);
    close_reader(stage, session);
}

static void set_table(struct sql_arguments *arguments, const char *hash)
{
    sql_set(arguments, "schema", "public");
    sql_set(arguments, "table", "compared");
    sql_set(arguments, "hash", hash);
}

static void expect_sum(struct stage *stage, struct session *session, enum verify_form form,
                       const char *sum)
{
    struct sql_arguments arguments = {0};
    struct reply reply = {0};
    char *hash = verify_hash(known_columns, form, false);

    set_table(&arguments, hash);
    sql_set(&arguments, "range", "true");
    ask(stage, session, &check_verify_chunk, &arguments, &reply);
    assert_string_equal(reply_value(&reply, 0, "rows"), "5");
    assert_string_equal(reply_value(&reply, 0, "sum"), sum);
    reply_clear(&reply);
    free(hash);
}

static void test_every_major_gives_the_same_hashes(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_reader(stage);

    if (form_of(stage, session) == VERIFY_FORM_HASH)
        expect_sum(stage, session, VERIFY_FORM_HASH, hash_sum);
    expect_sum(stage, session, VERIFY_FORM_MD5, md5_sum);
    close_reader(stage, session);
}

static void test_rows_are_found_by_range_by_key_and_by_bucket(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_reader(stage);
    struct sql_arguments boundary = {0}, rows = {0}, buckets = {0}, bucket_rows = {0};
    struct verify_rows found = {0};
    struct verify_keys keys;
    struct reply reply = {0};
    enum verify_form form = form_of(stage, session);
    char *hash = verify_hash(known_columns, form, false), *after, *values, *range;

    verify_choose_key("[[[\"id\", \"int8\", \"\"]]]", "[[[\"id\", \"int8\", \"\"]]]", &keys);
    values = verify_key_values(&keys);
    set_table(&boundary, hash);
    sql_set(&boundary, "keys", values);
    sql_set(&boundary, "range", "true");
    sql_set(&boundary, "order", "\"id\"");
    sql_set(&boundary, "offset", "3");
    sql_set(&boundary, "sample", "TABLESAMPLE SYSTEM (100.0 / 1)");
    ask(stage, session, &check_verify_boundary, &boundary, &reply);
    after = verify_key_literals(&keys, &reply, 0);
    assert_string_equal(after, "CAST('5' AS int8)");

    range = verify_range(&keys, after, NULL);
    set_table(&rows, hash);
    sql_set(&rows, "keys", values);
    sql_set(&rows, "range", range);
    sql_set(&rows, "sample", "NULL");
    sql_set(&rows, "limit", "10");
    reply_clear(&reply);
    ask(stage, session, &check_verify_rows, &rows, &reply);
    assert_true(verify_rows_read(&reply, &keys, &found));
    assert_int_equal(found.count, 1);
    assert_string_equal(found.list[0].shown, "4294967296");
    verify_rows_free(&found);

    set_table(&buckets, hash);
    sql_set(&buckets, "mask", "0");
    reply_clear(&reply);
    ask(stage, session, &check_verify_buckets, &buckets, &reply);
    assert_int_equal(reply_rows(&reply), 1);
    assert_string_equal(reply_value(&reply, 0, "rows"), "5");
    assert_string_equal(reply_value(&reply, 0, "sum"),
                        form == VERIFY_FORM_HASH ? hash_sum : md5_sum);

    set_table(&bucket_rows, hash);
    sql_set(&bucket_rows, "shown", "\"id\"::text");
    sql_set(&bucket_rows, "sample", "NULL::text");
    sql_set(&bucket_rows, "chosen", "(hash & 0) IN (0)");
    sql_set(&bucket_rows, "limit", "10");
    reply_clear(&reply);
    ask(stage, session, &check_verify_bucket_rows, &bucket_rows, &reply);
    assert_true(verify_rows_read(&reply, NULL, &found));
    assert_int_equal(found.count, 5);
    verify_rows_free(&found);
    reply_clear(&reply);
    free(range);
    free(after);
    free(values);
    free(hash);
    verify_keys_free(&keys);
    close_reader(stage, session);
}

static void test_a_slot_that_is_not_there_has_no_position(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_reader(stage);
    struct sql_arguments arguments = {0};
    struct reply reply = {0};
    uint64_t lsn = 0;
    bool is_active;

    sql_set(&arguments, "slot", "pgcutover_1");
    ask(stage, session, &check_verify_position, &arguments, &reply);
    assert_true(reply_lsn(&reply, 0, "insert_lsn", &lsn));
    assert_true(reply_lsn(&reply, 0, "flush_lsn", &lsn));
    assert_false(reply_lsn(&reply, 0, "confirmed_flush_lsn", &lsn));
    assert_false(reply_bool(&reply, 0, "is_active", &is_active));
    assert_string_equal(reply_value(&reply, 0, "waiting"), "0");
    reply_clear(&reply);
    close_reader(stage, session);
}

static const struct sql insert_row = {
    .id = "insert", .doing = "writing", .text = "INSERT INTO public.compared (id) VALUES (9)"};

static void test_the_session_cannot_write(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_reader(stage);

    expect_code(stage, session, &insert_row, NULL, "25006");
    close_reader(stage, session);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_REAL_STAGE(test_tables_are_listed_with_columns_and_keys),
        ON_REAL_STAGE(test_every_major_gives_the_same_hashes),
        ON_REAL_STAGE(test_rows_are_found_by_range_by_key_and_by_bucket),
        ON_REAL_STAGE(test_a_slot_that_is_not_there_has_no_position),
        ON_REAL_STAGE(test_the_session_cannot_write),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
