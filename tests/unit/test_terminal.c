/* What people are told while a plan runs: nothing of it may keep the plan waiting. */
#include "cutover/report/terminal.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static const struct step_type step = {.id = "quiet", .title = "Wait", .undo_note = "nothing"};
static const struct plan_row rows[] = {{&step, SIDE_BLUE, 0, NULL},
                                       {&step, SIDE_GREEN, ROW_PAUSE, NULL}};
static const struct plan plan = {"cutover", "test", rows, 2, true, SIDE_BLUE, SIDE_GREEN};

struct reader {
    int end;
    FILE *out;
    struct terminal *terminal;
    char read[65536];
};

static void reader_open(struct reader *reader)
{
    int ends[2];

    memset(reader, 0, sizeof(*reader));
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_true(fcntl(ends[1], F_SETPIPE_SZ, 4096) > 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    reader->end = ends[0];
    reader->out = fdopen(ends[1], "w");
    assert_non_null(reader->out);
    reader->terminal = terminal_new(reader->out);
}

static void reader_close(struct reader *reader)
{
    terminal_free(reader->terminal);
    fclose(reader->out);
    close(reader->end);
}

/* What there is to read now. */
static const char *reader_read(struct reader *reader)
{
    ssize_t length = read(reader->end, reader->read, sizeof(reader->read) - 1);

    reader->read[length > 0 ? length : 0] = '\0';
    return reader->read;
}

static void tell(struct reader *reader, enum event_kind kind, size_t index, const char *text)
{
    struct fault fault;
    struct event event = {.kind = kind, .plan = &plan, .row = &rows[index], .index = index};

    fault_set(&fault, "trying", NULL, NULL, "%s", text);
    event.fault = &fault;
    event.text = text;
    terminal_event(reader->terminal, &event);
}

/* A test that blocks here is ended by its time-out. */
static void who_does_not_read_keeps_nobody_waiting(void **state)
{
    struct reader reader;
    int i;

    (void) state;
    reader_open(&reader);
    terminal_must_not_block(reader.terminal, true);
    for (i = 0; i < 100; i++) {
        tell(&reader, EVENT_ROW_DONE, 0, NULL);
        tell(&reader, EVENT_SAID, 0, "a sentence about it");
        tell(&reader, EVENT_WAITING, 0, "the end of it");
    }
    terminal_line(reader.terminal, "the last line");
    assert_non_null(strstr(reader_read(&reader), "quiet"));
    assert_null(strstr(reader.read, "the last line"));
    for (i = 0; i < 1000 && !strstr(reader.read, "the last line"); i++) {
        terminal_flush(reader.terminal);
        reader_read(&reader);
    }
    assert_non_null(strstr(reader.read, "the last line"));
    reader_close(&reader);
}

/* The shell, a pager: they have the same pipe, and would not know what to do. */
static void nobody_else_gets_a_file_that_does_not_block(void **state)
{
    struct reader reader;

    (void) state;
    reader_open(&reader);
    terminal_must_not_block(reader.terminal, true);
    tell(&reader, EVENT_ROW_DONE, 0, NULL);
    assert_non_null(strstr(reader_read(&reader), "quiet"));
    assert_int_equal(fcntl(fileno(reader.out), F_GETFL) & O_NONBLOCK, 0);
    reader_close(&reader);
}

static void lines_of_the_pause_come_behind_it_and_failures_at_once(void **state)
{
    struct reader reader;

    (void) state;
    reader_open(&reader);
    tell(&reader, EVENT_SAID, 1, "while clients wait");
    assert_string_equal(reader_read(&reader), "");
    tell(&reader, EVENT_UNDO_FAILED, 1, "no answer");
    assert_non_null(strstr(reader_read(&reader), "while clients wait"));
    assert_non_null(strstr(reader.read, "not undone yet: no answer"));
    reader_close(&reader);
}

/* Clients wait behind the switch: whoever looks has to see why. */
static void the_cause_of_a_failure_is_told_when_it_is_new(void **state)
{
    struct reader reader;

    (void) state;
    reader_open(&reader);
    tell(&reader, EVENT_ROW_FAILED, 1, "could not connect\n\tIs it running?");
    assert_non_null(strstr(reader_read(&reader), "failed: Wait: could not connect\n"));
    assert_null(strstr(reader.read, "Is it running?"));
    tell(&reader, EVENT_ROW_FAILED, 1, "could not connect\n\tIs it running?");
    assert_string_equal(reader_read(&reader), "");
    tell(&reader, EVENT_ROW_FAILED, 1, "it is starting up");
    assert_non_null(strstr(reader_read(&reader), "failed: Wait: it is starting up\n"));
    reader_close(&reader);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_does_not_read_keeps_nobody_waiting),
        cmocka_unit_test(nobody_else_gets_a_file_that_does_not_block),
        cmocka_unit_test(lines_of_the_pause_come_behind_it_and_failures_at_once),
        cmocka_unit_test(the_cause_of_a_failure_is_told_when_it_is_new),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
