/*
 * What the guard makes of the answers of servers that are made up: only what was really said is
 * good, or a lag. Nothing, NULL, false, a slot that is not there and silence never are.
 */
#include "checks/guard_lag.h"
#include "cutover/base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 6

/* What the next statement is answered; rows of NULL-terminated lists, "" is SQL NULL. */
static struct {
    const char *columns[COLUMNS_MAX + 1];
    const char *rows[3][COLUMNS_MAX + 1];
    int row_count;
    unsigned type; /* of the first column */
    bool has_table, fails, refuses_connections, is_silent;
    char asked[200];
    int64_t now_ns;
} world;

struct fake {
    struct session base;
};

static PGresult *make_table(void)
{
    PGresult *table = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PGresAttDesc columns[COLUMNS_MAX] = {0};
    int count = 0, row, column;

    for (; world.columns[count]; count++)
        columns[count] = (PGresAttDesc){.name = (char *) (uintptr_t) world.columns[count],
                                        .typid = count ? 25 : world.type};
    assert_true(PQsetResultAttrs(table, count, columns));
    for (row = 0; row < world.row_count; row++)
        for (column = 0; column < count; column++) {
            const char *value = world.rows[row][column];

            assert_true(PQsetvalue(table, row, column, *value ? (char *) (uintptr_t) value : NULL,
                                   *value ? (int) strlen(value) : -1));
        }
    return table;
}

static void answer(struct reply *reply, bool fails)
{
    reply_clear(reply);
    reply->state = world.is_silent ? REPLY_PENDING : fails ? REPLY_FAILED : REPLY_OK;
    reply->asked_ns = world.now_ns;
    if (fails)
        fault_set(&reply->fault, "asking", "somebody", NULL, "it does not answer");
}

static void fake_ask(struct session *session, const struct sql *sql,
                     const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply)
{
    struct text text = {0};

    (void) session, (void) timeout_ms;
    sql_render(&text, sql, arguments);
    snprintf(world.asked, sizeof(world.asked), "%s", text_string(&text));
    text_free(&text);
    answer(reply, world.fails);
    if (reply->state == REPLY_OK && world.has_table)
        reply->table = make_table();
}

static void fake_close(struct session *session)
{
    free(session);
}

static const struct session_ops fake_ops = {.ask = fake_ask, .close = fake_close};

static struct session *fake_open(struct session_door *door, const struct endpoint *endpoint,
                                 int64_t timeout_ms, struct reply *reply)
{
    struct fake *fake = memory_new(sizeof(*fake));

    (void) door, (void) endpoint, (void) timeout_ms;
    fake->base.ops = &fake_ops;
    answer(reply, world.refuses_connections);
    return &fake->base;
}

static int64_t fake_now(struct driver *driver)
{
    (void) driver;
    return world.now_ns;
}

static struct session_door door = {.open = fake_open};
static struct driver driver = {.now_ns = fake_now};
static const struct guard_doors doors = {.driver = &driver, .sessions = &door};

static int begin(void **state)
{
    (void) state;
    memset(&world, 0, sizeof(world));
    world.has_table = true;
    world.now_ns = 1000 * NS_PER_S;
    return 0;
}

/* --- a probe ------------------------------------------------------------------------------------
 */

static bool run_probe(const char *sql, struct fault *fault)
{
    struct config_probe config = {.name = (char *) (uintptr_t) "app",
                                  .sql = (char *) (uintptr_t) sql,
                                  .conninfo = (char *) (uintptr_t) "host=p",
                                  .timeout_ms = 5000};
    struct guard_probe *probe = guard_probe_new(&config, &doors);
    bool good = false, has_ended = false;

    guard_probe_start(probe);
    for (int i = 0; i < 5 && !has_ended; i++)
        has_ended = guard_probe_poll(probe, &good, fault);
    assert_true(has_ended);
    assert_false(guard_probe_poll(probe, &good, fault)); /* told once */
    guard_probe_free(probe);
    return good;
}

static bool answered(const char *value, unsigned type)
{
    struct fault fault = {0};
    bool good;

    world.columns[0] = "x";
    world.rows[0][0] = value;
    world.row_count = value != NULL;
    world.type = type;
    good = run_probe("SELECT 1", &fault);
    assert_int_equal(good, !fault_is_set(&fault));
    return good;
}

enum { BOOLEAN = 16, TEXT = 25 };

static void test_a_probe_is_good_when_a_row_begins_with_neither_null_nor_false(void **state)
{
    (void) state;
    assert_true(answered("t", BOOLEAN));
    assert_true(answered("f", TEXT)); /* a word like any other */
    assert_true(answered("0", TEXT));
    assert_false(answered("f", BOOLEAN));
    assert_false(answered("", BOOLEAN));
    assert_false(answered("", TEXT));
    assert_false(answered(NULL, TEXT));
}

static void test_a_statement_without_an_answer_is_not_good(void **state)
{
    struct fault fault = {0};

    (void) state;
    world.has_table = false;
    assert_false(run_probe("SET x = 1", &fault));
    assert_string_equal(fault.cause, "it gave no row");
    world.fails = true;
    assert_false(run_probe("SELECT 1", &fault));
    assert_string_equal(fault.cause, "it does not answer");
    world.refuses_connections = true;
    assert_false(run_probe("SELECT 1", &fault));
}

/* Ours are written in statements as colons; the user's are his. */
static void test_a_statement_is_sent_as_it_was_written(void **state)
{
    static const char sql[] = "SELECT a::\"char\", '12:''30', x[1:\"n\"] FROM t WHERE :{y} = ':'";
    struct fault fault = {0};

    (void) state;
    run_probe(sql, &fault);
    assert_string_equal(world.asked, sql);
}

/* --- the lag ------------------------------------------------------------------------------------
 */

static struct guard_reverse *make_reverse(void)
{
    struct guard_reverse *reverse = guard_reverse_new(&doors, "host=g", "pgcutover run");
    static const char *const columns[] = {"slot_name",           "active", "wal_status",
                                          "confirmed_flush_lsn", "behind", "now_lsn"};

    guard_reverse_add(reverse, "pgcutover_1");
    guard_reverse_add(reverse, "pgcutover_2");
    for (int i = 0; i < COLUMNS_MAX; i++)
        world.columns[i] = columns[i];
    return reverse;
}

static void slot(int row, const char *name, const char *status, const char *confirmed,
                 const char *behind, const char *now)
{
    const char *const values[] = {name, "t", status, confirmed, behind, now};

    memcpy(world.rows[row], values, sizeof(values));
    world.row_count = row + 1;
}

static struct guard_sample look(struct guard_reverse *reverse, int64_t at_s)
{
    struct guard_sample sample = {0};
    bool has_sample = false;

    world.now_ns = at_s * NS_PER_S;
    for (int i = 0; i < 5 && !has_sample; i++)
        has_sample = guard_reverse_poll(reverse, &sample);
    assert_true(has_sample);
    assert_int_equal(sample.is_known, !fault_is_set(&sample.fault));
    return sample;
}

static void test_the_slot_that_is_furthest_behind_counts(void **state)
{
    struct guard_reverse *reverse = make_reverse();
    struct guard_sample sample;

    (void) state;
    slot(0, "pgcutover_1", "reserved", "0/1000", "0", "0/1000");
    slot(1, "pgcutover_2", "extended", "0/1000", "0", "0/1000");
    sample = look(reverse, 2000);
    assert_true(sample.is_known && sample.lag_ns == 0 && sample.behind == 0);
    slot(0, "pgcutover_1", "reserved", "0/2000", "0", "0/2000");
    slot(1, "pgcutover_2", "reserved", "0/1800", "2048", "0/2000");
    look(reverse, 2010);
    sample = look(reverse, 2075);
    assert_true(sample.is_known && sample.lag_ns == 65 * NS_PER_S);
    assert_string_equal(sample.slot, "pgcutover_2");
    assert_int_equal(sample.behind, 2048);
    assert_true(sample.in_use);
    guard_reverse_free(reverse);
}

static void test_what_cannot_be_measured_is_unknown(void **state)
{
    static const struct {
        const char *name, *status, *confirmed, *behind, *now;
    } wrong[] = {{"pgcutover_3", "reserved", "0/1000", "0", "0/1000"},
                 {"pgcutover_2", "lost", "0/1000", "0", "0/1000"},
                 {"pgcutover_2", "reserved", "", "0", "0/1000"},
                 {"pgcutover_2", "reserved", "0/1000", "", "0/1000"},
                 {"pgcutover_2", "reserved", "0/0", "0", "0/1000"},
                 {"", "", "", "", ""}};
    struct guard_reverse *reverse = make_reverse();
    int64_t at_s = 2000;

    (void) state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        slot(0, "pgcutover_1", "reserved", "0/1000", "0", "0/1000");
        slot(1, wrong[i].name, wrong[i].status, wrong[i].confirmed, wrong[i].behind, wrong[i].now);
        assert_false(look(reverse, at_s += 10).is_known);
    }
    world.row_count = 1; /* one slot of two */
    assert_false(look(reverse, at_s += 10).is_known);
    world.row_count = 0;
    assert_false(look(reverse, at_s += 10).is_known);
    world.has_table = false;
    assert_false(look(reverse, at_s += 10).is_known);
    world.fails = true;
    assert_false(look(reverse, at_s += 10).is_known);
    world.refuses_connections = true;
    assert_false(look(reverse, at_s += 10).is_known);
    /* and when all is well again it is known again, on a session of its own */
    world.has_table = true;
    world.fails = world.refuses_connections = false;
    slot(0, "pgcutover_1", "reserved", "0/1000", "0", "0/1000");
    slot(1, "pgcutover_2", "reserved", "0/1000", "0", "0/1000");
    assert_true(look(reverse, at_s += 10).is_known);
    guard_reverse_free(reverse);
}

static void test_without_slots_there_is_no_lag_that_could_be_known(void **state)
{
    struct guard_reverse *reverse = guard_reverse_new(&doors, "host=g", "pgcutover run");

    (void) state;
    assert_false(look(reverse, 2000).is_known);
    guard_reverse_free(reverse);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_a_probe_is_good_when_a_row_begins_with_neither_null_nor_false,
                               begin),
        cmocka_unit_test_setup(test_a_statement_without_an_answer_is_not_good, begin),
        cmocka_unit_test_setup(test_a_statement_is_sent_as_it_was_written, begin),
        cmocka_unit_test_setup(test_the_slot_that_is_furthest_behind_counts, begin),
        cmocka_unit_test_setup(test_what_cannot_be_measured_is_unknown, begin),
        cmocka_unit_test_setup(test_without_slots_there_is_no_lag_that_could_be_known, begin),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
