/* `watch` on a terminal: what stands on it at any size, keys, and a terminal that does not read. */
#include "cutover/base/loop.h"
#include "cutover/report/watch_screen.h"

#include "ansi.h"
#include "watch_story.h"

#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static struct loop *loop;
static struct watch_screen *screen;
static struct ansi ansi;
static int master, slave;
static struct termios before;

/* --- a terminal ------------------------------------------------------------------------------- */

static void turn(void)
{
    struct driver *driver = loop_driver(loop);

    driver->wait(driver, driver->now_ns(driver));
}

/* What the program writes arrives, a little later. */
static void pump(void)
{
    struct pollfd polled = {.fd = master, .events = POLLIN};
    char bytes[4096];
    ssize_t length;
    int quiet = 0;

    while (quiet < 3) {
        turn();
        length = poll(&polled, 1, 10) == 1 ? read(master, bytes, sizeof(bytes)) : 0;
        if (length > 0)
            ansi_write(&ansi, bytes, (size_t) length);
        quiet = length > 0 ? 0 : quiet + 1;
    }
}

static void resize(int width, int height)
{
    struct winsize size = {.ws_col = (unsigned short) width, .ws_row = (unsigned short) height};

    assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
    ansi.width = width;
    ansi.height = height;
}

static void open_screen(int width, int height)
{
    assert_int_equal(openpty(&master, &slave, NULL, NULL, NULL), 0);
    assert_int_equal(fcntl(master, F_SETFL, O_NONBLOCK), 0);
    ansi_begin(&ansi, width, height);
    resize(width, height);
    assert_int_equal(tcgetattr(slave, &before), 0);
    screen = watch_screen_new(loop, slave, slave);
}

static void close_screen(void)
{
    watch_screen_free(screen);
    screen = NULL;
    pump();
    close(master);
    close(slave);
}

static void draw(void)
{
    watch_screen_draw(screen, watch);
    pump();
}

static void type(const char *keys)
{
    int waiting = 0;

    assert_int_equal(write(master, keys, strlen(keys)), (ssize_t) strlen(keys));
    while (!waiting)
        assert_int_equal(ioctl(slave, FIONREAD, &waiting), 0);
    pump();
}

static int begin(void **state)
{
    (void) state;
    loop = loop_new();
    watch = watch_new(1000);
    watch->now_us = BEGIN;
    return 0;
}

static int end(void **state)
{
    (void) state;
    watch_free(watch);
    loop_free(loop);
    return 0;
}

/* --- tests ------------------------------------------------------------------------------------ */

static void everything_has_its_place_at_any_size(void **state)
{
    static const int sizes[][2] = {{80, 24}, {200, 50}, {40, 10}, {132, 43},
                                   {20, 3},  {1, 1},    {3, 50}};
    size_t i;

    (void) state;
    fill(40);
    for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        open_screen(sizes[i][0], sizes[i][1]);
        draw();
        assert_true(ansi.is_alternate && !ansi.has_cursor);
        if (sizes[i][0] >= 40)
            ansi_find(&ansi, "tenant0");
        if (sizes[i][0] >= 80) {
            ansi_find(&ansi, "ready; blue may write");
            ansi_find(&ansi, "pgcutover cutover --execute");
            ansi_find(&ansi, "42 s: pid 4711, app@shop");
            ansi_find(&ansi, "something happened");
            ansi_find(&ansi, "pgcutover_101");
            ansi_find(&ansi, "pgb");
            ansi_find(&ansi, "of 40, worst first");
        }
        close_screen();
        assert_false(ansi.is_alternate);
        assert_true(ansi.has_cursor);
    }
}

static void what_changed_is_drawn_as_the_whole_would_be(void **state)
{
    struct ansi changed;
    int i;

    (void) state;
    fill(5);
    open_screen(80, 24);
    draw();
    for (i = 1; i < 5; i++) {
        slot(server("orders", "blue"), "pgcutover_103", "tenant3", i * 77 * S);
        measure(server("orders", "blue"), i);
        measure(server("orders", "green"), i);
        draw();
    }
    changed = ansi;
    resize(81, 24);
    draw();
    resize(80, 24);
    draw();
    for (i = 0; i < 24; i++) {
        char line[sizeof(ansi.line)];

        snprintf(line, sizeof(line), "%s", ansi_line(&changed, i));
        assert_string_equal(line, ansi_line(&ansi, i));
    }
    close_screen();
}

static void names_cannot_write_to_the_terminal(void **state)
{
    (void) state;
    fill(1);
    slot(server("orders", "blue"), "pgcutover_1", "a\033[31m\033]0;x\007\r\nb\x9b", 900 * S);
    slot(server("orders", "blue"), "pgcutover_2", "日本語日本語日本語\xe2\x80\xae", 800 * S);
    slot(server("orders", "blue"), "pgcutover_3", "\xff\xfe\xc3", 700 * S);
    lose(server("orders", "green"), "line 1\nline 2\033[2J");
    open_screen(132, 40);
    draw(); /* the terminal fails where it is told anything strange */
    ansi_find(&ansi, "pgcutover_2");
    ansi_find(&ansi, "日本語");
    ansi_find(&ansi, "line 1 line 2 [2J");
    close_screen();
}

static void columns_stand_below_each_other_whatever_the_names(void **state)
{
    char one[sizeof(ansi.line)], *lag;

    (void) state;
    fill(0);
    slot(server("orders", "blue"), "pgcutover_1", "日本語", 9 * S);
    slot(server("orders", "blue"), "pgcutover_2", "abc", 8 * S);
    open_screen(132, 40);
    draw();
    ansi_find(&ansi, "   pgcutover_1");
    snprintf(one, sizeof(one), "%s", ansi.line);
    ansi_find(&ansi, "   pgcutover_2");
    lag = strstr(ansi.line, "1.2 MB");
    /* three wide characters are nine bytes and six columns */
    assert_int_equal(strstr(one, "1.2 MB") - one, lag - ansi.line + 3);
    close_screen();
}

static void what_is_not_measured_is_no_number(void **state)
{
    (void) state;
    fill(3);
    lose(server("orders", "blue"),
         "connection to server at \"10.0.0.7\", port 5432 failed: Connection refused");
    watch->now_us = BEGIN + 75 * S;
    open_screen(80, 24);
    draw();
    ansi_find(&ansi, "!! blue: unmeasured since 03:27:04 (75 s)");
    ansi_find(&ansi, "!! pgcutover_100   unmeasured since 03:27:04");
    /* why, in full and in short */
    ansi_find(&ansi,
              "       connection to server at \"10.0.0.7\", port 5432 failed: Connection refused");
    ansi_find(&ansi, "unmeasured since 03:27:04 (75 s): Connection refused");
    assert_null(ansi_seen(&ansi, "100 s"));
    assert_null(ansi_seen(&ansi, "1.2 MB"));
    close_screen();
}

/* Its state says measured, but nothing has come for long. */
static void an_old_number_does_not_look_fresh(void **state)
{
    (void) state;
    fill(1);
    watch->now_us = BEGIN + 60 * S;
    open_screen(80, 24);
    draw();
    assert_null(ansi_seen(&ansi, "100 s,"));
    ansi_find(&ansi, "no answer has come");
    close_screen();
}

static void a_lost_slot_is_told_first(void **state)
{
    struct watch_slot_values values;
    struct watch_slot *lost;

    (void) state;
    fill(30);
    lost = watch_slot(server("orders", "blue"), "pgcutover_129", 0);
    values = lost->now;
    values.is_there = 0;
    watch_set_slot(watch, lost, &values);
    open_screen(80, 24);
    draw();
    ansi_find(&ansi, "worst  !! pgcutover_129 GONE");
    close_screen();
}

static void oldest(int64_t us, int64_t pid, const char *who)
{
    struct watch_server *blue = server("orders", "blue");
    struct watch_server_values values = blue->now;

    values.oldest_us = us;
    values.oldest_pid = pid;
    watch_put(values.oldest_who, sizeof(values.oldest_who), who);
    watch_set_server(watch, blue, &values);
    draw();
}

static void a_prepared_transaction_is_open_and_none_is_none(void **state)
{
    (void) state;
    fill(1);
    open_screen(200, 40);
    oldest(90 * S, 0, "app@shop, prepared: left");
    ansi_find(&ansi, "90 s: app@shop, prepared: left");
    oldest(0, WATCH_UNKNOWN, NULL);
    ansi_find(&ansi, "none is open");
    oldest(WATCH_UNKNOWN, WATCH_UNKNOWN, NULL);
    assert_null(ansi_seen(&ansi, "none is open"));
    close_screen();
}

static void keys_do_what_help_says(void **state)
{
    (void) state;
    fill(40);
    run("billing", "preparing");
    open_screen(80, 24);
    draw();
    type("xyzXYZ\033[99~\033[1;5A\033OP\x80");
    assert_false(watch_screen_is_due(screen));
    type("?");
    assert_true(watch_screen_is_due(screen));
    draw();
    ansi_find(&ansi, "stand still");
    type("\033");
    draw();
    assert_null(ansi_seen(&ansi, "stand still"));
    type("sssss"); /* all orders, and back */
    draw();
    ansi_find(&ansi, "worst first");
    type("j\033");
    type("[B"); /* a sequence that comes in two pieces */
    draw();
    ansi_find(&ansi, "slots 3 to");
    type("\033[F");
    draw();
    ansi_find(&ansi, "40 of 40");
    type("\t");
    draw();
    ansi_find(&ansi, "2/2 billing");
    type("0");
    draw();
    ansi_find(&ansi, "2 clusters");
    type("1");
    draw();
    ansi_find(&ansi, "1/2 orders");
    type("q");
    assert_true(watch_screen_has_ended(screen));
    close_screen();
}

static void a_pause_stands_still(void **state)
{
    (void) state;
    fill(1);
    server("orders", "blue")->slots[0].memory = calloc(1, 1); /* the sampler's own, freed once */
    open_screen(80, 24);
    draw();
    type(" ");
    draw();
    ansi_find(&ansi, "PAUSED at 03:27:04");
    slot(server("orders", "blue"), "pgcutover_100", "tenant0", 777 * S);
    measure(server("orders", "blue"), 5);
    draw();
    resize(100, 30); /* what is frozen can be drawn at any size */
    draw();
    ansi_find(&ansi, "100 s");
    assert_null(ansi_seen(&ansi, "13 min"));
    type(" ");
    draw();
    assert_null(ansi_seen(&ansi, "PAUSED at"));
    ansi_find(&ansi, "13 min");
    close_screen();
}

/* Ctrl-S, or a connection that is dead: a test that blocks here is ended by its time-out. */
static void a_terminal_that_does_not_read_keeps_nobody_waiting(void **state)
{
    int i;

    (void) state;
    fill(60);
    open_screen(200, 50);
    for (i = 1; i < 200; i++) {
        resize(200 - i % 2, 50); /* all of it again and again */
        slot(server("orders", "blue"), "pgcutover_103", "tenant3", i * S);
        measure(server("orders", "blue"), i);
        measure(server("orders", "green"), i);
        watch_screen_draw(screen, watch);
        turn();
    }
    resize(200, 50);
    pump(); /* whole frames: the terminal fails where a sequence was cut */
    assert_true(watch_screen_is_due(screen));
    draw();
    assert_int_equal(ansi.rest_length, 0);
    ansi_find(&ansi, "03:30:23 UTC");
    close_screen();
}

static void the_modes_are_put_back(void **state)
{
    struct termios now;

    (void) state;
    fill(1);
    open_screen(80, 24);
    draw();
    assert_int_equal(tcgetattr(slave, &now), 0);
    assert_false(now.c_lflag & (ICANON | ECHO));
    assert_true(now.c_lflag & ISIG);
    watch_screen_free(screen);
    assert_int_equal(tcgetattr(slave, &now), 0);
    assert_int_equal(now.c_lflag, before.c_lflag);
    assert_memory_equal(now.c_cc, before.c_cc, sizeof(now.c_cc));
    screen = watch_screen_new(loop, slave, slave);
    close_screen();
}

static void no_colour_where_none_is_wanted(void **state)
{
    (void) state;
    fill(3);
    setenv("NO_COLOR", "1", 1);
    open_screen(80, 24);
    draw();
    assert_int_equal(ansi.colours, 0);
    ansi_find(&ansi, "!! pgb");
    close_screen();
    unsetenv("NO_COLOR");
    open_screen(80, 24);
    draw();
    assert_true(ansi.colours > 0);
    close_screen();
}

static void ascii_where_the_locale_has_no_more(void **state)
{
    int row;
    size_t i;

    (void) state;
    fill(3);
    slot(server("orders", "blue"), "pgcutover_1", "日本", 300 * S);
    watch_slot(server("orders", "blue"), "pgcutover_1", 0)->now.lag_is_least = 1;
    setenv("LC_ALL", "C", 1);
    open_screen(80, 24);
    draw();
    for (row = 0; row < 24; row++)
        for (i = 0; ansi_line(&ansi, row)[i]; i++)
            assert_true(ansi.line[i] > 0);
    ansi_find(&ansi, "??: >5.0 min, 1.2 MB behind");
    close_screen();
    setenv("LC_ALL", "C.UTF-8", 1);
}

static void a_gap_is_a_gap(void **state)
{
    int second;

    (void) state;
    fill(1);
    for (second = 1; second < 128; second++)
        if (second / 16 % 2)
            lose(server("orders", "blue"), "gone");
        else
            measure(server("orders", "blue"), second);
    measure(server("orders", "blue"), 128);
    measure(server("orders", "green"), 128);
    open_screen(200, 50);
    draw();
    ansi_find(&ansi, "██  ███  ████  ███  █ 100 s");
    close_screen();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_has_its_place_at_any_size, begin, end),
        cmocka_unit_test_setup_teardown(what_changed_is_drawn_as_the_whole_would_be, begin, end),
        cmocka_unit_test_setup_teardown(names_cannot_write_to_the_terminal, begin, end),
        cmocka_unit_test_setup_teardown(columns_stand_below_each_other_whatever_the_names, begin,
                                        end),
        cmocka_unit_test_setup_teardown(what_is_not_measured_is_no_number, begin, end),
        cmocka_unit_test_setup_teardown(an_old_number_does_not_look_fresh, begin, end),
        cmocka_unit_test_setup_teardown(a_lost_slot_is_told_first, begin, end),
        cmocka_unit_test_setup_teardown(a_prepared_transaction_is_open_and_none_is_none, begin,
                                        end),
        cmocka_unit_test_setup_teardown(keys_do_what_help_says, begin, end),
        cmocka_unit_test_setup_teardown(a_pause_stands_still, begin, end),
        cmocka_unit_test_setup_teardown(a_terminal_that_does_not_read_keeps_nobody_waiting, begin,
                                        end),
        cmocka_unit_test_setup_teardown(the_modes_are_put_back, begin, end),
        cmocka_unit_test_setup_teardown(no_colour_where_none_is_wanted, begin, end),
        cmocka_unit_test_setup_teardown(ascii_where_the_locale_has_no_more, begin, end),
        cmocka_unit_test_setup_teardown(a_gap_is_a_gap, begin, end),
    };

    setlocale(LC_CTYPE, "C.UTF-8"); /* of the terminal */
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    unsetenv("PG_COLOR");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
