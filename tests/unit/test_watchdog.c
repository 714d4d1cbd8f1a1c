/* The watchdog: takes over from an engine that dies or hangs, in time, and from no other. */
#include "cutover/base/driver.h"
#include "cutover/engine/watchdog.h"

#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define BUDGET_MS 3000
#define LATE_MS 1000 /* a busy machine */

static int64_t now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What an engine does once its watchdog watches; it ends by itself, hangs, or is killed. */
static void die(struct watchdog *watchdog)
{
    (void) watchdog;
    raise(SIGKILL);
}

static void hang(struct watchdog *watchdog)
{
    (void) watchdog;
    raise(SIGSTOP);
}

static void beat_for(struct watchdog *watchdog, int64_t ms)
{
    int64_t end = now_ms() + ms;

    while (now_ms() < end) {
        watchdog_beat(watchdog, now_ms() * NS_PER_MS);
        poll(NULL, 0, 10);
    }
}

static void hang_late_in_the_pause(struct watchdog *watchdog)
{
    watchdog_pause(watchdog, true);
    beat_for(watchdog, BUDGET_MS * 3 / 5);
    raise(SIGSTOP);
}

static void hang_behind_the_pause(struct watchdog *watchdog)
{
    watchdog_pause(watchdog, true);
    watchdog_pause(watchdog, false);
    beat_for(watchdog, BUDGET_MS);
    raise(SIGSTOP);
}

static void beat_long_and_say_good_bye(struct watchdog *watchdog)
{
    watchdog_pause(watchdog, true);
    beat_for(watchdog, 2 * BUDGET_MS);
    watchdog_stop(watchdog);
}

static void wait_ready(struct watchdog *watchdog)
{
    int64_t end = now_ms() + 10000;

    while (!watchdog_is_ready(watchdog)) {
        if (now_ms() > end)
            _exit(3);
        poll(NULL, 0, 1);
    }
}

static void call_twice(struct watchdog *watchdog)
{
    watchdog_call(watchdog);
    wait_ready(watchdog);
    watchdog_call(watchdog);
    if (watchdog_is_ready(watchdog))
        poll(NULL, 0, 1); /* it was quick */
    wait_ready(watchdog);
    watchdog_stop(watchdog);
}

struct outcome {
    bool took_over;
    int64_t after_ms; /* since the engine began to watch */
    int status;       /* of the engine */
};

/* Runs an engine in a process of its own. The watchdog becomes this program with the argument
   "recover", which writes a byte to the descriptor named behind it. */
static struct outcome play(void (*engine)(struct watchdog *))
{
    struct outcome outcome = {0};
    char number[16], byte;
    int tell[2];
    int64_t begun = now_ms();
    pid_t pid;

    assert_int_equal(pipe(tell), 0);
    /* the watchdog closes what it does not know: a path outlives that */
    snprintf(number, sizeof(number), "%d", (int) getpid());
    pid = fork();
    if (pid == 0) {
        char path[64];
        char *recover[] = {(char *) "test", (char *) "recover", path, NULL};
        struct watchdog *watchdog;
        struct fault fault;

        snprintf(path, sizeof(path), "/proc/%s/fd/%d", number, tell[1]);
        signal(SIGPIPE, SIG_IGN);
        if (!watchdog_start(recover, "/dev/null", BUDGET_MS, &watchdog, &fault))
            _exit(2);
        wait_ready(watchdog);
        engine(watchdog);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &outcome.status, 0), pid);
    fcntl(tell[0], F_SETFL, O_NONBLOCK);
    if (WIFSIGNALED(outcome.status)) {
        struct pollfd told = {.fd = tell[0], .events = POLLIN};

        outcome.took_over = poll(&told, 1, 10000) == 1 && read(tell[0], &byte, 1) == 1;
    } else {
        outcome.took_over = read(tell[0], &byte, 1) == 1;
    }
    outcome.after_ms = now_ms() - begun;
    close(tell[0]);
    close(tell[1]);
    return outcome;
}

static void takes_over_from_one_that_died(void **state)
{
    struct outcome outcome = play(die);

    (void) state;
    assert_true(outcome.took_over);
    assert_true(outcome.after_ms < LATE_MS);
}

static void kills_one_that_hangs(void **state)
{
    struct outcome outcome = play(hang);

    (void) state;
    assert_true(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL);
    assert_true(outcome.took_over);
    assert_true(outcome.after_ms >= BUDGET_MS * 2 / 5);
    assert_true(outcome.after_ms < BUDGET_MS * 2 / 5 + LATE_MS);
}

/* The rest of the budget has to suffice for recover: only the grace is given, not two fifths. */
static void kills_sooner_one_that_hangs_late_in_the_pause(void **state)
{
    struct outcome outcome = play(hang_late_in_the_pause);

    (void) state;
    assert_true(WIFSIGNALED(outcome.status) && WTERMSIG(outcome.status) == SIGKILL);
    assert_true(outcome.took_over);
    assert_true(outcome.after_ms >= BUDGET_MS * 3 / 5 + BUDGET_MS / 10);
    assert_true(outcome.after_ms < BUDGET_MS * 3 / 5 + BUDGET_MS * 2 / 5);
}

static void gives_the_usual_time_when_the_pause_is_over(void **state)
{
    struct outcome outcome = play(hang_behind_the_pause);

    (void) state;
    assert_true(outcome.took_over);
    assert_true(outcome.after_ms >= BUDGET_MS + BUDGET_MS * 2 / 5 - 50);
}

static void lets_one_be_that_beats(void **state)
{
    struct outcome outcome = play(beat_long_and_say_good_bye);

    (void) state;
    assert_true(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 0);
    assert_false(outcome.took_over);
}

static void answers_each_call(void **state)
{
    struct outcome outcome = play(call_twice);

    (void) state;
    assert_true(WIFEXITED(outcome.status) && WEXITSTATUS(outcome.status) == 0);
    assert_false(outcome.took_over);
}

static void wait_frozen(int pid)
{
    int64_t end = now_ms() + 10000;
    char path[64], state = '?';

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    while (state != 'T') {
        FILE *stat = fopen(path, "r");

        assert_non_null(stat);
        assert_int_equal(fscanf(stat, "%*d %*s %c", &state), 1);
        fclose(stat);
        assert_true(now_ms() < end);
        poll(NULL, 0, 1);
    }
}

/* A watchdog that was ended answers no call; one that is frozen does not keep the engine either. */
static void a_gone_one_does_not_answer(void **state)
{
    char *recover[] = {(char *) "test", (char *) "recover", (char *) "/dev/null", NULL};
    struct watchdog *watchdog;
    struct fault fault;
    char children[64];
    FILE *list;
    int pid = 0;

    (void) state;
    signal(SIGPIPE, SIG_IGN);
    assert_true(watchdog_start(recover, "/dev/null", BUDGET_MS, &watchdog, &fault));
    wait_ready(watchdog);
    snprintf(children, sizeof(children), "/proc/self/task/%d/children", (int) getpid());
    list = fopen(children, "r");
    assert_non_null(list);
    assert_int_equal(fscanf(list, "%d", &pid), 1);
    fclose(list);
    kill(pid, SIGSTOP);
    wait_frozen(pid);
    watchdog_call(watchdog);
    assert_false(watchdog_is_ready(watchdog));
    watchdog_stop(watchdog);
    assert_int_equal(kill(pid, 0), -1);
}

/* One pipe can be made, two cannot. */
static void one_that_cannot_be_started_leaves_nothing_open(void **state)
{
    char *arguments[] = {(char *) "pgcutover", NULL};
    struct watchdog *watchdog = NULL;
    struct rlimit before, few;
    struct fault fault;
    int lowest = dup(0), again;

    (void) state;
    close(lowest);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    few = before;
    few.rlim_cur = (rlim_t) lowest + 3;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    assert_false(watchdog_start(arguments, "/dev/null", BUDGET_MS, &watchdog, &fault));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    assert_string_equal(fault.code, "EMFILE");
    again = dup(0);
    close(again);
    assert_int_equal(again, lowest);
}

static int recover(const char *path)
{
    int out = open(path, O_WRONLY);

    return out >= 0 && write(out, "r", 1) == 1 ? 0 : 1;
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_over_from_one_that_died),
        cmocka_unit_test(kills_one_that_hangs),
        cmocka_unit_test(kills_sooner_one_that_hangs_late_in_the_pause),
        cmocka_unit_test(gives_the_usual_time_when_the_pause_is_over),
        cmocka_unit_test(lets_one_be_that_beats),
        cmocka_unit_test(answers_each_call),
        cmocka_unit_test(a_gone_one_does_not_answer),
        cmocka_unit_test(one_that_cannot_be_started_leaves_nothing_open),
    };

    if (count == 3 && strcmp(arguments[1], "recover") == 0)
        return recover(arguments[2]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
