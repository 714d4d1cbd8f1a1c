/*
 * The session door: connections to PostgreSQL and to PgBouncer's console, before the simulator's
 * fake and before real servers. The statements are those of the program: their columns and error
 * codes are a part of the contract. Run it through with_servers.py.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/text.h"
#include "asking.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTINGS_OF_TEXT                                                                           \
    "SELECT current_setting('TimeZone') AS timezone, current_setting('DateStyle') AS datestyle,"   \
    " current_setting('IntervalStyle') AS intervalstyle,"                                          \
    " current_setting('bytea_output') AS bytea_output"

static void test_values_are_read_by_the_name_of_their_column(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct reply reply = {0};
    int64_t number = 0;
    bool is_in_recovery = true;

    ask(stage, session, &sql_server_identity, NULL, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_int_equal(reply_rows(&reply), 1);
    assert_true(reply_number(&reply, 0, "version_num", &number));
    assert_true(number >= 100000);
    assert_true(reply_bool(&reply, 0, "is_in_recovery", &is_in_recovery));
    assert_false(is_in_recovery);
    assert_null(reply_value(&reply, 0, "no_such_column"));
    assert_null(reply_value(&reply, 1, "version_num"));
    assert_null(reply_value(&reply, -1, "version_num"));
    reply_clear(&reply);
    assert_int_equal(reply.state, REPLY_IDLE);
    session_close(session);
}

static void test_an_error_has_the_servers_code_and_the_session_goes_on(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "id", "1");
    sql_set(&arguments, "value", "x");
    expect_code(stage, session, &sql_marker_write, &arguments, "42P01");
    expect_ok(stage, session, &sql_server_identity, NULL);
    session_close(session);
}

/* The server's own settings are others: with_servers.py. */
static void test_text_looks_the_same_whatever_the_server_prefers(void **state)
{
    static const char *const settings[][2] = {{"timezone", "UTC"},
                                              {"datestyle", "ISO, MDY"},
                                              {"intervalstyle", "postgres"},
                                              {"bytea_output", "hex"}};
    static const struct sql show = {
        .id = "show", .doing = "reading settings", .text = SETTINGS_OF_TEXT, .reads = true};
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct reply reply = {0};
    size_t i;

    ask(stage, session, &show, NULL, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
        assert_true(string_equal(reply_value(&reply, 0, settings[i][0]), settings[i][1]));
    reply_clear(&reply);
    session_close(session);
}

static void test_what_is_prepared_belongs_to_its_session(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage), *other = open_server(stage);
    struct sql_arguments prepare = {.form = SQL_PREPARE}, execute = {.form = SQL_EXECUTE};
    struct reply reply = {0};

    expect_code(stage, session, &sql_server_identity, &execute, "26000");
    expect_ok(stage, session, &sql_server_identity, &prepare);
    expect_code(stage, other, &sql_server_identity, &execute, "26000");
    ask(stage, session, &sql_server_identity, &execute, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_non_null(reply_value(&reply, 0, "version_num"));
    reply_clear(&reply);
    session_close(session);
    session_close(other);
}

static void test_what_exists_is_not_made_twice(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct sql_arguments slot = {0};

    sql_set(&slot, "slot", "pgcutover_16384");
    expect_ok(stage, session, &sql_publication_create, NULL);
    expect_code(stage, session, &sql_publication_create, NULL, "42710");
    expect_ok(stage, session, &sql_slot_create, &slot);
    expect_code(stage, session, &sql_slot_create, &slot, "42710");
    expect_ok(stage, session, &sql_slot_drop, &slot);
    expect_ok(stage, session, &sql_slot_drop, &slot); /* nothing there: nothing to do */
    expect_ok(stage, session, &sql_publication_drop, NULL);
    expect_ok(stage, session, &sql_publication_drop, NULL);
    session_close(session);
}

static bool takes_lock(struct stage *stage, struct session *session)
{
    struct sql_arguments arguments = {0};
    struct reply reply = {0};
    bool is_ours = false;

    sql_set(&arguments, "key", LOCK_KEY);
    ask(stage, session, &sql_operator_lock, &arguments, &reply);
    assert_true(reply_bool(&reply, 0, "is_ours", &is_ours));
    reply_clear(&reply);
    return is_ours;
}

static void test_the_lock_belongs_to_its_session(void **state)
{
    struct stage *stage = *state;
    struct session *first = open_server(stage), *second = open_server(stage);
    int tries = 0;

    assert_true(takes_lock(stage, first));
    assert_true(takes_lock(stage, first));
    assert_false(takes_lock(stage, second));
    session_close(first);
    while (!takes_lock(stage, second)) /* the server notices when it has read the end */
        assert_true(tries++ < 1000);
    session_close(second);
}

/* --- what goes wrong ------------------------------------------------------------------------- */

/* The server does not end it: statement_timeout is taken back inside the same query. */
static const struct sql hangs = {.id = "snapshot_look",
                                 .doing = "hanging",
                                 .text = "SET statement_timeout = 0; SELECT pg_sleep(3600)",
                                 .reads = true};

static void test_a_missed_deadline_breaks_the_session(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct reply reply = {0};

    stage_next_hangs(stage);
    session_ask(session, &hangs, NULL, 200, &reply);
    assert_int_equal(reply.state, REPLY_PENDING);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_string_equal(reply.fault.code, "timeout");
    assert_true(reply.answered_ns - reply.asked_ns >= 200 * NS_PER_MS);
    assert_true(session->is_broken);
    session_ask(session, &sql_server_identity, NULL, TIMEOUT_MS, &reply);
    assert_int_equal(reply.state, REPLY_PENDING);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_FAILED); /* nothing is ever asked on it again */
    assert_true(session->is_broken);
    reply_clear(&reply);
    session_close(session);
}

static void test_a_session_that_is_closed_never_touches_its_reply(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage);
    struct reply reply = {0};

    session_ask(session, &sql_server_identity, NULL, TIMEOUT_MS, &reply);
    session_close(session);
    stage_turn(stage);
    assert_int_equal(reply.state, REPLY_PENDING);
    assert_null(reply.table);
}

static void test_a_session_may_be_closed_while_it_opens(void **state)
{
    struct stage *stage = *state;
    struct endpoint endpoint = server_of(stage, "shop");
    struct reply reply = {0};
    struct session *session = stage->sessions->open(stage->sessions, &endpoint, TIMEOUT_MS, &reply);

    session_close(session);
    stage_turn(stage);
    assert_int_equal(reply.state, REPLY_PENDING);
}

static void test_a_server_that_is_not_there_is_told_from_the_loop(void **state)
{
    struct stage *stage = *state;
    struct endpoint endpoint = server_of(stage, "shop");
    struct reply reply = {0};
    struct session *session;

    stage->sim.model.servers[BLUE].runs = false;
    if (!stage->is_fake)
        endpoint.conninfo = "host=/nonexistent port=1 user=postgres";
    session = stage->sessions->open(stage->sessions, &endpoint, TIMEOUT_MS, &reply);
    assert_int_equal(reply.state, REPLY_PENDING);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_string_equal(reply.fault.code, "08006");
    assert_true(session->is_broken);
    reply_clear(&reply);
    session_close(session);
}

/* Another session ends this one while it waits. */
static void test_a_session_that_is_ended_is_broken(void **state)
{
    struct stage *stage = *state;
    struct session *session = open_server(stage), *other = open_server(stage);
    struct sql_arguments arguments = {0};
    struct reply reply = {0};
    int tries = 0;

    sql_set(&arguments, "application_name", "contract");
    sql_set(&arguments, "all", "false");
    session_ask(session, &hangs, NULL, TIMEOUT_MS, &reply);
    while (!reply_is_finished(&reply) && tries++ < 1000)
        expect_ok(stage, other, &sql_terminate_ours, &arguments);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_true(session->is_broken);
    assert_false(other->is_broken);
    reply_clear(&reply);
    session_close(session);
    session_close(other);
}

/* Nobody is there to take the rows, or to give some: it must not be waited for either. */
static void test_a_copy_is_refused_and_breaks_the_session(void **state)
{
    static const char *const texts[] = {
        "COPY (SELECT 1) TO STDOUT", "CREATE TEMP TABLE t (i int); COPY t FROM STDIN",
        "DO $$BEGIN PERFORM 1; END$$; COPY (SELECT 1) TO STDOUT; SELECT 1 AS one"};
    struct stage *stage = *state;
    size_t i;

    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct sql copies = {.id = "copies", .doing = "copying", .text = texts[i], .reads = true};
        struct session *session = open_server(stage);
        struct reply reply = {0};

        ask(stage, session, &copies, NULL, &reply);
        assert_int_equal(reply.state, REPLY_FAILED);
        assert_non_null(strstr(reply.fault.cause, "COPY"));
        assert_true(session->is_broken);
        reply_clear(&reply);
        session_close(session);
    }
}

/* --- the console ----------------------------------------------------------------------------- */

static const char *entry_column(struct stage *stage, struct session *console, const char *entry,
                                const char *column, char *buffer, size_t size)
{
    struct reply reply = {0};
    int row;

    ask(stage, console, &sql_pooler_databases, NULL, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    for (row = 0; !string_equal(reply_value(&reply, row, "name"), entry); row++)
        assert_true(row < reply_rows(&reply));
    assert_non_null(reply_value(&reply, row, column));
    snprintf(buffer, size, "%s", reply_value(&reply, row, column));
    reply_clear(&reply);
    return buffer;
}

static void test_an_entry_is_held_and_released(void **state)
{
    struct stage *stage = *state;
    struct session *console = open_console(stage);
    struct sql_arguments shop = {0}, unknown = {0};
    char value[64];

    sql_set(&shop, "entry", "shop");
    sql_set(&unknown, "entry", "no such entry");
    expect_code(stage, console, &sql_pooler_resume, &shop, "08P01"); /* not held */
    expect_ok(stage, console, &sql_pooler_pause, &shop);
    assert_string_equal(entry_column(stage, console, "shop", "paused", value, sizeof(value)), "1");
    assert_string_equal(
        entry_column(stage, console, "shop", "current_connections", value, sizeof(value)), "0");
    assert_string_equal(entry_column(stage, console, "postgres", "paused", value, sizeof(value)),
                        "0");
    expect_ok(stage, console, &sql_pooler_pause, &shop); /* held already */
    expect_ok(stage, console, &sql_pooler_resume, &shop);
    assert_string_equal(entry_column(stage, console, "shop", "paused", value, sizeof(value)), "0");
    expect_code(stage, console, &sql_pooler_resume, &unknown, "08P01");
    session_close(console);
}

static void test_a_setting_of_the_console_lasts_until_reload(void **state)
{
    static const struct {
        const char *name, *argument;
        const struct sql *sql;
    } settings[] = {{"server_login_retry", "seconds", &sql_pooler_login_retry},
                    {"min_pool_size", "count", &sql_pooler_min_pool_size},
                    {"max_db_connections", "count", &sql_pooler_max_db_connections}};
    struct stage *stage = *state;
    struct session *console = open_console(stage);
    char was[64], value[64];
    size_t i;

    for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        struct sql_arguments arguments = {0};

        setting_of(stage, console, settings[i].name, was);
        sql_set(&arguments, settings[i].argument, "1");
        expect_ok(stage, console, settings[i].sql, &arguments);
        assert_string_equal(setting_of(stage, console, settings[i].name, value), "1");
        expect_ok(stage, console, &sql_pooler_reload, NULL);
        assert_string_equal(setting_of(stage, console, settings[i].name, value), was);
        assert_string_not_equal(was, "1");
    }
    session_close(console);
}

/* --- columns --------------------------------------------------------------------------------- */

#define GREEN_OLDEST 150000

static const struct question {
    const struct sql *sql;
    const char *arguments[8]; /* name, value, ... */
} questions[] = {
    {&sql_server_identity, {NULL}},
    {&sql_databases, {NULL}},
    {&sql_operator_lock, {"key", LOCK_KEY}},
    {&sql_fence_statements, {"keep", "{}"}},
    {&sql_barrier_look, {"application_name", "contract"}},
    {&sql_open_look, {NULL}},
    {&sql_terminate_clients, {"application_name", "contract", "keep", "{}"}},
    {&sql_terminate_ours, {"application_name", "nobody", "all", "false"}},
    {&sql_prepared_count, {NULL}},
    {&sql_commit_look, {"application_name", "contract", "key", LOCK_KEY, "keep", "{}"}},
    {&sql_quiet_look, {"application_name", "contract"}},
    {&sql_stragglers_look, {"application_name", "nobody"}},
    {&sql_sessions_look, {"application_name", "nobody", "keep", "{}"}},
    {&sql_keep_roles_look, {"keep", "{}"}},
    {&sql_catalog_since, {NULL}},
    {&sql_catalog_total, {NULL}},
    {&sql_catalog_look, {NULL}},
    {&sql_shared_look, {NULL}},
    {&sql_snapshot_look, {NULL}},
    {&sql_wal_flush_lsn, {NULL}},
    {&sql_wal_insert_lsn, {NULL}},
    {&sql_marker_create, {NULL}},
    {&sql_marker_write, {"id", "1", "value", "x"}},
    {&sql_marker_look, {"id", "1"}},
    {&sql_client_probe_who, {NULL}},
    {&sql_client_probe_create, {"roles", "CURRENT_USER"}},
    {&sql_client_probe_write, {"pooler", "p1"}},
    {&sql_client_probe_look, {"pooler", "p1"}},
    {&sql_commit_look_subscriber, {"key", LOCK_KEY}},
    {&sql_state_undo, {"attempt", "7"}},
    {&sql_identities_needed, {NULL}},
    {&sql_publication_create, {NULL}},
    {&sql_publication_look, {NULL}},
    {&sql_publication_tables, {NULL}},
    {&sql_slot_create, {"slot", "pgcutover_16384"}},
    {&sql_slot_look, {"slot", "pgcutover_16384"}},
    {&sql_slots_progress, {NULL}},
    {&sql_slots_kept, {NULL}},
    {&sql_subscription_look,
     {"subscription", "pgcutover_16384", "statistics", "(SELECT NULL::oid AS subid LIMIT 0)"}},
    {&sql_subscription_tables, {"subscription", "pgcutover_16384"}},
    {&sql_settle_look, {"xmax", "700"}},
    {&sql_sequences_list, {NULL}},
    {&sql_slot_drop, {"slot", "pgcutover_16384"}},
    {&sql_publication_drop, {NULL}},
    {&sql_marker_drop, {NULL}},
    {&sql_compare_roles, {NULL}},
    {&sql_compare_memberships, {NULL}},
    {&sql_compare_settings, {NULL}},
    {&sql_compare_database_acl, {NULL}},
    {&sql_compare_columns, {NULL}},
    {&sql_compare_grants, {NULL}},
    {&sql_recovery_settings, {NULL}},
    {&sql_carried_settings, {NULL}},
    {&sql_server_files, {NULL}},
    {&sql_role_all_settings, {NULL}},
    {&sql_extensions_outdated, {NULL}},
    {&sql_probe_look, {NULL}},
};
/* Asked on green only, which is 15 or newer. */
static const struct question green_questions[] = {
    {&sql_subscription_look,
     {"subscription", "pgcutover_16384", "statistics", "pg_stat_subscription_stats"}},
    {&sql_subscription_forgive, {"subscription", "pgcutover_16384"}},
};
static const struct question console_questions[] = {
    {&sql_pooler_version, {NULL}}, {&sql_pooler_databases, {NULL}}, {&sql_pooler_pools, {NULL}},
    {&sql_pooler_config, {NULL}},  {&sql_pooler_servers, {NULL}},
};

static void answer(struct stage *stage, struct session *session, const struct question *question,
                   struct reply *reply)
{
    struct sql_arguments arguments = {0};
    int i;

    for (i = 0; question->arguments[i]; i += 2)
        sql_set(&arguments, question->arguments[i], question->arguments[i + 1]);
    ask(stage, session, question->sql, &arguments, reply);
    if (reply->state != REPLY_OK)
        fail_msg("%s: %s: %s", stage->is_fake ? "fake" : "real", question->sql->id,
                 reply->fault.cause);
}

/* Every column that the fake gives, the real server gives as well. */
static void compare(struct stage *fake, struct session *fake_session, struct stage *real,
                    struct session *real_session, const struct question *list, size_t count)
{
    struct reply ours = {0}, theirs = {0};
    size_t i;
    int column;

    for (i = 0; i < count; i++) {
        answer(fake, fake_session, &list[i], &ours);
        answer(real, real_session, &list[i], &theirs);
        for (column = 0; ours.table && column < PQnfields(ours.table); column++)
            if (!theirs.table || PQfnumber(theirs.table, PQfname(ours.table, column)) < 0)
                fail_msg("%s: only the fake has a column %s", list[i].sql->id,
                         PQfname(ours.table, column));
        reply_clear(&ours);
        reply_clear(&theirs);
    }
    session_close(fake_session);
    session_close(real_session);
}

static int64_t version_of(struct stage *stage)
{
    struct session *session = open_server(stage);
    struct reply reply = {0};
    int64_t version = 0;

    ask(stage, session, &sql_server_identity, NULL, &reply);
    assert_true(reply_number(&reply, 0, "version_num", &version));
    reply_clear(&reply);
    session_close(session);
    return version;
}

static void test_the_fake_has_no_column_that_the_server_lacks(void **state)
{
    struct stage *fake, *real = *state;

    assert_int_equal(stage_fake((void **) &fake), 0);
    compare(fake, open_server(fake), real, open_server(real), questions,
            sizeof(questions) / sizeof(questions[0]));
    if (version_of(real) >= GREEN_OLDEST)
        compare(fake, open_server(fake), real, open_server(real), green_questions,
                sizeof(green_questions) / sizeof(green_questions[0]));
    compare(fake, open_console(fake), real, open_console(real), console_questions,
            sizeof(console_questions) / sizeof(console_questions[0]));
    assert_int_equal(stage_close((void **) &fake), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH_STAGES(test_values_are_read_by_the_name_of_their_column),
        ON_BOTH_STAGES(test_an_error_has_the_servers_code_and_the_session_goes_on),
        ON_REAL_STAGE(test_text_looks_the_same_whatever_the_server_prefers),
        ON_BOTH_STAGES(test_what_is_prepared_belongs_to_its_session),
        ON_BOTH_STAGES(test_what_exists_is_not_made_twice),
        ON_BOTH_STAGES(test_the_lock_belongs_to_its_session),
        ON_BOTH_STAGES(test_a_missed_deadline_breaks_the_session),
        ON_BOTH_STAGES(test_a_session_that_is_closed_never_touches_its_reply),
        ON_BOTH_STAGES(test_a_session_may_be_closed_while_it_opens),
        ON_BOTH_STAGES(test_a_server_that_is_not_there_is_told_from_the_loop),
        ON_REAL_STAGE(test_a_session_that_is_ended_is_broken),
        ON_REAL_STAGE(test_a_copy_is_refused_and_breaks_the_session),
        ON_BOTH_STAGES(test_an_entry_is_held_and_released),
        ON_BOTH_STAGES(test_a_setting_of_the_console_lasts_until_reload),
        ON_REAL_STAGE(test_the_fake_has_no_column_that_the_server_lacks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
