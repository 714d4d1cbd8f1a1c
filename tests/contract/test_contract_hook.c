/*
 * hook.sh on a host: before the simulator's fake and before /bin/sh here, cold and in a warm shell.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/text.h"
#include "../../cutover/poolers/hook.h"
#include "script_files.h"
#include "stage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TIMEOUT_MS 20000

/* Keeps what is held, and the port of what it was pointed to, in two files. */
static const char program[] =
    "cd '%s' || exit\n"
    "asked=$(cat)\n"
    "case $1 in\n"
    "hold) : >held ;;\n"
    "release) rm -f held ;;\n"
    "point) asked=${asked#*\\\"to\\\":*\\\"port\\\":}; echo \"${asked%%%%\\}*}\" >port ;;\n"
    "describe)\n"
    "    [ -e held ] && held=true || held=false\n"
    "    port=$(cat port 2>/dev/null || echo 5432)\n"
    "    [ \"$port\" = 5432 ] && host=10.0.0.7 || host=10.0.0.8\n"
    "    echo 'a warning' >&2\n"
    "    echo "
    "\"{\\\"schema_version\\\":1,\\\"held\\\":$held,\\\"at\\\":{\\\"host\\\":\\\"$host\\\",\"\n"
    "    echo \"  \\\"port\\\":5432},\\\"clients\\\":null,\\\"waiting\\\":null}\"; exit ;;\n"
    "esac\n"
    "echo '{\"schema_version\":1}'\n";

struct line {
    char path[200];
    char text[400];
};

static void write_program(struct stage *stage, struct line *line)
{
    FILE *file;

    snprintf(line->path, sizeof(line->path), "%s/hook", stage->directory);
    snprintf(line->text, sizeof(line->text), "sh %.190s", line->path);
    if (stage->is_fake)
        return;
    file = fopen(line->path, "w");
    assert_non_null(file);
    assert_true(fprintf(file, program, stage->directory) > 0);
    assert_int_equal(fclose(file), 0);
}

static void warm(struct stage *stage)
{
    struct reply reply = {0};

    stage->files->ops->warm(stage->files, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    reply_clear(&reply);
}

static void begin_of(struct stage *stage, const char *pooler, const char *command,
                     const char *action, bool to_green, int64_t ms, bool sweep, struct reply *reply)
{
    static const char *const databases[] = {"postgres", "it's"};
    /* by its port, which is all that the program above looks at */
    const struct pooler_address blue = {"10.0.0.7", "5432"};
    const struct pooler_address green = {"10.0.0.8", stage->is_fake ? "5432" : "5433"};
    const struct hook_call call = {.action = action,
                                   .run = "r1",
                                   .pooler = pooler,
                                   .budget_ms = ms,
                                   .from = to_green ? blue : green,
                                   .to = to_green ? green : blue,
                                   .databases = databases,
                                   .database_count = 2};
    struct hook_arguments arguments;
    char *json = hook_request(&call);

    hook_arguments(&arguments, command, &call, json, sweep);
    reply_clear(reply);
    stage->files->ops->run(stage->files, &script_hook, arguments.list, NULL, TIMEOUT_MS, reply);
    assert_int_equal(reply->state, REPLY_PENDING);
    free(json);
}

static void begin(struct stage *stage, const char *command, const char *action, bool to_green,
                  int64_t ms, bool sweep, struct reply *reply)
{
    begin_of(stage, "p 1", command, action, to_green, ms, sweep, reply);
}

static void act(struct stage *stage, const struct line *line, const char *action, bool to_green)
{
    struct reply reply = {0};
    char cause[HOOK_CAUSE];

    begin(stage, line->text, action, to_green, 10000, false, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_true(hook_answered(reply.output, cause));
    reply_clear(&reply);
}

static void expect_state(struct stage *stage, const struct line *line, bool held, bool at_green)
{
    const struct pooler_address green = {"10.0.0.8", "5432"};
    struct reply reply = {0};
    struct hook_state told;
    char cause[HOOK_CAUSE] = "";

    begin(stage, line->text, "describe", true, 10000, false, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    if (!hook_described(reply.output, &told, cause))
        fail_msg("%s: %s", cause, reply.output);
    assert_int_equal(told.held, held);
    assert_int_equal(hook_is_at(&told, &green, 1), at_green);
    reply_clear(&reply);
}

static void arm(struct stage *stage)
{
    struct journal *journal;
    struct fault fault;

    if (!stage->is_fake)
        return;
    journal = journal_over(stage->sim.database, NULL, NULL);
    journal_set(journal, "cutover.state", "armed");
    assert_true(journal_sync(journal, &fault));
    journal_close(journal);
}

static void go_through(struct stage *stage)
{
    struct line line;
    int again;

    write_program(stage, &line);
    arm(stage);
    expect_state(stage, &line, false, false);
    for (again = 0; again < 2; again++)
        act(stage, &line, "hold", true);
    expect_state(stage, &line, true, false);
    for (again = 0; again < 2; again++)
        act(stage, &line, "point", true);
    expect_state(stage, &line, true, true);
    act(stage, &line, "point", false);
    expect_state(stage, &line, true, false);
    for (again = 0; again < 2; again++)
        act(stage, &line, "release", true);
    expect_state(stage, &line, false, false);
    if (stage->is_fake)
        assert_string_equal(stage->sim.model.violation, "");
}

static void test_every_action_may_be_repeated_and_describe_sees_it(void **state)
{
    go_through(*state);
}

static void test_the_same_in_a_warm_shell(void **state)
{
    warm(*state);
    go_through(*state);
}

/* --- real hooks that fail --------------------------------------------------------------------- */

static void expect_failure(struct stage *stage, const char *command, int64_t ms, const char *code,
                           const char *cause)
{
    struct reply reply = {0};

    begin(stage, command, "hold", true, ms, false, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_string_equal(reply.fault.code, code);
    assert_string_equal(reply.fault.cause, cause);
    assert_string_equal(reply.fault.where, stage->files->name);
    reply_clear(&reply);
}

static void expect_failures(struct stage *stage)
{
    struct line line;

    expect_failure(stage, "echo out; echo first >&2; echo why >&2; exit 3;", 10000, "exit 1",
                   "hold: why");
    expect_failure(stage, "exit 7;", 10000, "exit 1",
                   "hold: it said nothing; its exit status is 7");
    expect_failure(stage, "tail -f /dev/null;", 200, "exit 137",
                   "hold: it was killed: it had 0.200 s to answer");
    expect_failure(stage, "printf '\\001pgcutover-end 0\\n'; exit;", 10000, "exit 1",
                   "hold: its answer is not an answer");
    /* and the shell is still good for the next one */
    write_program(stage, &line);
    expect_state(stage, &line, false, false);
}

static void test_failures_carry_their_last_line(void **state)
{
    expect_failures(*state);
}

static void test_failures_in_a_warm_shell(void **state)
{
    warm(*state);
    expect_failures(*state);
}

static int read_pid(const char *path)
{
    FILE *file = fopen(path, "r");
    int pid = 0;

    if (file && fscanf(file, "%d", &pid) != 1)
        pid = 0;
    if (file)
        fclose(file);
    return pid;
}

/* One that was killed can be signalled until somebody asks for its end. */
static bool is_running(int pid)
{
    char path[64], state = 'X';
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "r");
    if (file && fscanf(file, "%*d (tail) %c", &state) != 1)
        state = 'X';
    if (file)
        fclose(file);
    return state != 'X' && state != 'Z';
}

static void expect_gone(struct stage *stage, int pid)
{
    int turns;

    for (turns = 0; kill(pid, 0) == 0 && turns < 500; turns++)
        stage_turn(stage);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* Begins a hook that starts another process and hangs; its pid. */
static int hang(struct stage *stage, int64_t ms, struct reply *reply)
{
    char path[200], command[400];
    int pid = 0, turns;

    snprintf(path, sizeof(path), "%s/pid", stage->directory);
    snprintf(command, sizeof(command), "tail -f /dev/null >/dev/null & echo $! >'%s'; wait;", path);
    begin(stage, command, "hold", true, ms, false, reply);
    for (turns = 0; !(pid = read_pid(path)) && turns < 500; turns++)
        stage_turn(stage);
    assert_true(pid > 0);
    assert_int_equal(kill(pid, 0), 0);
    return pid;
}

static void test_what_a_hook_started_is_killed_with_it(void **state)
{
    struct stage *stage = *state;
    struct reply reply = {0};
    int pid = hang(stage, 1000, &reply);

    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    expect_gone(stage, pid);
    reply_clear(&reply);
}

/* Nobody waits for it any more, it has a minute left, and it must not come true. */
static void test_a_call_that_sweeps_ends_an_earlier_one_that_was_abandoned(void **state)
{
    struct stage *stage = *state;
    struct reply reply = {0};
    struct line line;
    int pid = hang(stage, 60000, &reply);

    stage->files->ops->abandon(stage->files, &reply);
    write_program(stage, &line);
    begin(stage, line.text, "describe", true, 10000, false, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_int_equal(kill(pid, 0), 0); /* without sweep it is left alone */
    begin(stage, line.text, "release", true, 10000, true, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_OK); /* it has not ended itself */
    expect_gone(stage, pid);
    reply_clear(&reply);
}

/* In an undo all of them are called at once, and those of one host must leave each other alone. */
static void test_a_call_that_sweeps_leaves_those_of_other_poolers_alone(void **state)
{
    static const char *const sweepers[] = {"p", "p ", " 1", "1"};
    struct stage *stage = *state;
    struct reply hangs = {0}, reply = {0};
    struct line line;
    int pid = hang(stage, 60000, &hangs);
    size_t i;

    stage->files->ops->abandon(stage->files, &hangs);
    write_program(stage, &line);
    for (i = 0; i < sizeof(sweepers) / sizeof(sweepers[0]); i++) {
        begin_of(stage, sweepers[i], line.text, "release", true, 10000, true, &reply);
        stage_finish(stage, &reply);
        assert_int_equal(reply.state, REPLY_OK);
        assert_true(is_running(pid));
    }
    begin(stage, line.text, "release", true, 10000, true, &reply);
    stage_finish(stage, &reply);
    expect_gone(stage, pid);
    reply_clear(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH_STAGES(test_every_action_may_be_repeated_and_describe_sees_it),
        ON_BOTH_STAGES(test_the_same_in_a_warm_shell),
        ON_REAL_STAGE(test_failures_carry_their_last_line),
        ON_REAL_STAGE(test_failures_in_a_warm_shell),
        ON_REAL_STAGE(test_what_a_hook_started_is_killed_with_it),
        ON_REAL_STAGE(test_a_call_that_sweeps_ends_an_earlier_one_that_was_abandoned),
        ON_REAL_STAGE(test_a_call_that_sweeps_leaves_those_of_other_poolers_alone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
