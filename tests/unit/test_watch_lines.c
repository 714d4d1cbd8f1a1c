/* A watch as lines: one for each change, a beat, nothing that controls a terminal, no waiting. */
#include "cutover/base/text.h"
#include "cutover/report/watch_lines.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "watch_story.h"

static struct watch_lines *lines;
static FILE *out;
static int reader;
static char said[1 << 20];

static int begin(void **state)
{
    int ends[2];

    (void) state;
    if (pipe2(ends, O_CLOEXEC) < 0 || fcntl(ends[0], F_SETFL, O_NONBLOCK) < 0)
        return -1;
    reader = ends[0];
    out = fdopen(ends[1], "w");
    lines = watch_lines_new(out);
    watch = watch_new(1000);
    watch->now_us = BEGIN;
    return 0;
}

static int end(void **state)
{
    (void) state;
    watch_lines_free(lines);
    watch_free(watch);
    fclose(out);
    close(reader);
    return 0;
}

/* What is said now. */
static const char *say(void)
{
    ssize_t length;

    watch_lines_say(lines, watch);
    length = read(reader, said, sizeof(said) - 1);
    said[length > 0 ? length : 0] = '\0';
    return said;
}

static void has(const char *text)
{
    if (!strstr(said, text))
        fail_msg("no \"%s\" in:\n%s", text, said);
}

static void set_trend(enum watch_trend trend)
{
    struct watch_slot *of = watch_slot(server("orders", "blue"), "pgcutover_100", 0);
    struct watch_slot_values values = of->now;

    values.trend = (int32_t) trend;
    snprintf(values.why, sizeof(values.why), "%s", trend == WATCH_NEVER ? "nobody reads it" : "");
    watch_set_slot(watch, of, &values);
}

static void pass(int64_t second)
{
    measure(server("orders", "blue"), second);
    measure(server("orders", "green"), second);
}

static void it_begins_with_where_it_stands(void **state)
{
    (void) state;
    server("orders", "blue");
    assert_string_equal(say(), ""); /* nothing is known yet */
    fill(2);
    say();
    has("2026-11-23 03:27:04Z orders: something happened\n");
    has("2026-11-23 03:27:04Z orders: stands: run=ready may_write=blue worst=pgcutover_100 on=blue "
        "database=tenant0 lag_s=100.000 behind_bytes=1234567 trend=catching_up eta_s=7.000\n");
    assert_string_equal(say(), "");
    pass(29);
    assert_string_equal(say(), "");
    pass(30);
    say();
    has("2026-11-23 03:27:34Z orders: stands:");
}

static void what_is_not_measured_is_a_word(void **state)
{
    (void) state;
    fill(1);
    lose(server("orders", "blue"), "gone");
    say();
    has("unmeasured=blue worst=pgcutover_100 on=blue database=tenant0 lag_s=unmeasured\n");
    slot(server("orders", "blue"), "pgcutover_100", "tenant0", WATCH_UNKNOWN);
    pass(30);
    say();
    has("lag_s=unknown behind_bytes=1234567");
}

/* Not each time that it comes and goes. */
static void a_trend_is_said_when_it_stays(void **state)
{
    int64_t second;

    (void) state;
    fill(1);
    say();
    for (second = 1; second < 20; second++) {
        pass(second);
        set_trend(second % 4 ? WATCH_NEVER : WATCH_CATCHING_UP);
        assert_string_equal(say(), "");
    }
    set_trend(WATCH_NEVER);
    say();
    pass(26);
    say();
    has("03:27:30Z orders: slot pgcutover_100 (tenant0) on blue: will not catch up: nobody reads "
        "it\n");
    set_trend(WATCH_CATCHING_UP);
    assert_string_equal(say(), "");
    pass(31);
    say();
    has("is all right again: catching up, 7.0 s left\n");
}

static void names_cannot_make_lines(void **state)
{
    size_t i;

    (void) state;
    fill(0);
    slot(server("orders", "blue"), "pgcutover_1", "a\nb\033[31m\"c d\\", 1);
    watch_add_event(watch, "orders", "server", BEGIN, "gone:\r\n\tconnection\033]0;x\007 lost");
    say();
    has("database=\"a b [31m\\\"c d\\\\\"");
    has("orders: gone: ");
    for (i = 0; said[i]; i++)
        assert_true(said[i] == '\n' || (unsigned char) said[i] >= 0x20);
}

/* A test that blocks here is ended by its time-out. */
static void who_does_not_read_keeps_nobody_waiting(void **state)
{
    char text[200];
    int i;

    (void) state;
    fill(1);
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    for (i = 0; i < 5000; i++) {
        watch_add_event(watch, "orders", "server", BEGIN, text);
        watch_lines_say(lines, watch);
    }
    for (i = 0; i < 1000; i++) {
        watch_add_event(watch, "orders", "server", BEGIN, "the last one");
        if (strstr(say(), "lines were dropped: nobody read them"))
            break;
    }
    assert_true(i < 1000);
}

static void a_pipe_that_is_closed_is_known(void **state)
{
    (void) state;
    fill(1);
    say();
    assert_false(watch_lines_are_lost(lines));
    close(reader);
    watch_lines_say(lines, watch);
    assert_true(watch_lines_are_lost(lines));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(it_begins_with_where_it_stands, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_measured_is_a_word, begin, end),
        cmocka_unit_test_setup_teardown(a_trend_is_said_when_it_stays, begin, end),
        cmocka_unit_test_setup_teardown(names_cannot_make_lines, begin, end),
        cmocka_unit_test_setup_teardown(who_does_not_read_keeps_nobody_waiting, begin, end),
        cmocka_unit_test_setup_teardown(a_pipe_that_is_closed_is_known, begin, end),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
