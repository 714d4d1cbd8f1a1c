/*
 * The host door: commands on a host, before the simulator's fake and before /bin/sh here. The
 * scripts are those of the program: what they print is a part of the contract.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/text.h"
#include "script_files.h"
#include "stage.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define TIMEOUT_MS 20000
#define BLUE_COPY "pgcutover-before"
#define GREEN_COPY "pgcutover-after"

static void ask(struct stage *stage, struct host *host, const struct script *script,
                const char *second, const char *third, const char *input, struct reply *reply)
{
    const char *first = host == stage->files ? stage->file : stage->work;
    const char *arguments[] = {first, second, third, NULL};

    reply_clear(reply);
    host->ops->run(host, script, arguments, input, TIMEOUT_MS, reply);
    assert_int_equal(reply->state, REPLY_PENDING); /* never inside the call */
    stage_finish(stage, reply);
}

static void expect_output(struct stage *stage, const struct script *script, const char *second,
                          const char *third, const char *input, const char *begins)
{
    struct reply reply = {0};

    ask(stage, stage->files, script, second, third, input, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    if (begins)
        assert_memory_equal(reply.output ? reply.output : "", begins, strlen(begins));
    reply_clear(&reply);
}

static void expect_content(struct stage *stage, int which)
{
    struct reply reply = {0};
    const char *second, *third;

    ask(stage, stage->files, &script_file_read, NULL, NULL, NULL, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_true(string_starts(reply.output, stage->file));
    second = strchr(reply.output, '\n');
    assert_non_null(second);
    third = strchr(second + 1, '\n');
    assert_non_null(third); /* path, mode and owner, content */
    assert_string_equal(third + 1, stage->content[which]);
    reply_clear(&reply);
}

static void stage_copy(struct stage *stage, int which)
{
    expect_output(stage, &script_file_stage, which == BLUE ? BLUE_COPY : GREEN_COPY, NULL,
                  stage->content[which], NULL);
}

static void test_the_answer_comes_from_the_loop(void **state)
{
    expect_content(*state, BLUE);
}

static void test_a_staged_file_takes_the_place_of_the_file(void **state)
{
    struct stage *stage = *state;

    stage_copy(stage, BLUE);
    stage_copy(stage, GREEN);
    expect_content(stage, BLUE); /* beside it, so far */
    expect_output(stage, &script_file_switch, GREEN_COPY, NULL, NULL, "");
    expect_content(stage, GREEN);
}

static void expect_no_switch(struct stage *stage)
{
    struct reply reply = {0};

    ask(stage, stage->files, &script_file_switch, GREEN_COPY, NULL, NULL, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_string_equal(reply.fault.code, "exit 1");
    assert_string_equal(reply.fault.doing, script_file_switch.doing);
    assert_string_equal(reply.fault.where, stage->files->name);
    assert_true(*reply.fault.cause);
    reply_clear(&reply);
}

static void test_a_switch_to_what_is_not_staged_fails(void **state)
{
    expect_no_switch(*state);
    expect_content(*state, BLUE);
}

static void test_a_file_to_try_takes_the_place_of_what_was_copied(void **state)
{
    struct stage *stage = *state;

    stage_copy(stage, BLUE);
    stage_copy(stage, GREEN);
    expect_output(stage, &script_file_try, GREEN_COPY, BLUE_COPY, NULL, "");
    expect_content(stage, GREEN);
}

/* Somebody's edit is not thrown away. */
static void test_a_file_that_is_not_as_it_was_copied_is_not_tried(void **state)
{
    struct stage *stage = *state;
    struct reply reply = {0};

    stage_copy(stage, BLUE);
    stage_copy(stage, GREEN);
    expect_output(stage, &script_file_switch, GREEN_COPY, NULL, NULL, "");
    stage_copy(stage, BLUE);
    ask(stage, stage->files, &script_file_try, GREEN_COPY, BLUE_COPY, NULL, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_non_null(strstr(reply.fault.cause, "changed since it was read"));
    reply_clear(&reply);
    expect_content(stage, GREEN);
}

static void test_a_file_is_put_back_as_often_as_asked(void **state)
{
    struct stage *stage = *state;

    expect_output(stage, &script_file_restore, BLUE_COPY, GREEN_COPY, NULL, "no copy\n");
    stage_copy(stage, BLUE);
    stage_copy(stage, GREEN);
    expect_output(stage, &script_file_switch, GREEN_COPY, NULL, NULL, "");
    expect_output(stage, &script_file_restore, BLUE_COPY, GREEN_COPY, NULL, "restored\n");
    expect_content(stage, BLUE);
    expect_output(stage, &script_file_restore, BLUE_COPY, GREEN_COPY, NULL, "as it was\n");
    expect_content(stage, BLUE);
}

/* What was not put in place is not taken away: somebody's edit, here GREEN, stays. */
static void test_an_edit_is_not_put_back(void **state)
{
    struct stage *stage = *state;
    struct reply reply = {0};

    stage_copy(stage, GREEN);
    expect_output(stage, &script_file_switch, GREEN_COPY, NULL, NULL, "");
    stage_copy(stage, BLUE); /* of what stood there before the edit */
    stage_copy(stage, GREEN);
    ask(stage, stage->files, &script_file_unchanged, BLUE_COPY, NULL, NULL, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_non_null(strstr(reply.fault.cause, "changed since it was read"));
    reply_clear(&reply);
    expect_output(stage, &script_file_restore, BLUE_COPY, GREEN_COPY, NULL, "as it was\n");
    expect_output(stage, &script_file_restore, BLUE_COPY, GREEN_COPY, NULL, "as it was\n");
    expect_content(stage, GREEN);
    stage_copy(stage, GREEN); /* of the next attempt */
    expect_output(stage, &script_file_switch, GREEN_COPY, NULL, NULL, "");
    expect_output(stage, &script_file_restore, BLUE_COPY, GREEN_COPY, NULL, "restored\n");
    expect_content(stage, BLUE);
}

/* A switch that nobody waits for any more finds nothing to switch to. */
static void test_putting_back_removes_what_was_staged(void **state)
{
    struct stage *stage = *state;

    stage_copy(stage, BLUE);
    stage_copy(stage, GREEN);
    expect_output(stage, &script_file_restore, BLUE_COPY, GREEN_COPY, NULL, "as it was\n");
    expect_no_switch(stage);
}

static void remove_copies(struct stage *stage)
{
    char first[256], second[256];
    const char *arguments[] = {first, second, NULL};
    struct reply reply = {0};

    snprintf(first, sizeof(first), "%s." GREEN_COPY, stage->file);
    snprintf(second, sizeof(second), "%s." BLUE_COPY, stage->file);
    stage->files->ops->run(stage->files, &script_file_remove, arguments, NULL, TIMEOUT_MS, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    reply_clear(&reply);
}

static void test_removing_copies_may_be_repeated(void **state)
{
    struct stage *stage = *state;

    stage_copy(stage, BLUE);
    stage_copy(stage, GREEN);
    remove_copies(stage);
    remove_copies(stage);
    expect_no_switch(stage);
    expect_output(stage, &script_file_restore, BLUE_COPY, GREEN_COPY, NULL, "no copy\n");
}

/* --- the warm shell -------------------------------------------------------------------------- */

static void warm(struct stage *stage)
{
    struct reply reply = {0};

    stage->files->ops->warm(stage->files, &reply);
    assert_int_equal(reply.state, REPLY_PENDING);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    reply_clear(&reply);
}

static void test_a_warm_shell_answers_as_a_cold_one(void **state)
{
    struct stage *stage = *state;

    warm(stage);
    expect_content(stage, BLUE);
    expect_no_switch(stage);
    stage_copy(stage, GREEN); /* with input */
    expect_output(stage, &script_file_switch, GREEN_COPY, NULL, NULL, "");
    expect_content(stage, GREEN);
}

static void test_a_shell_may_be_warmed_again(void **state)
{
    warm(*state);
    warm(*state);
    expect_content(*state, BLUE);
}

/* --- deadlines, abandoning -------------------------------------------------------------------- */

static const struct script hangs = {
    .id = "file_read", .doing = "hanging", .text = "echo $$ >\"$1.pid\"\nexec tail -f /dev/null\n"};

static void ask_what_hangs(struct stage *stage, int64_t timeout_ms, struct reply *reply)
{
    const char *arguments[] = {stage->file, NULL};

    stage_next_hangs(stage);
    stage->files->ops->run(stage->files, &hangs, arguments, NULL, timeout_ms, reply);
    assert_int_equal(reply->state, REPLY_PENDING);
}

static void expect_missed_deadline(struct stage *stage)
{
    struct reply reply = {0};

    ask_what_hangs(stage, 300, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_string_equal(reply.fault.code, "timeout");
    assert_true(reply.answered_ns - reply.asked_ns >= 300 * NS_PER_MS);
    reply_clear(&reply);
}

static void test_a_missed_deadline_fails_the_request_only(void **state)
{
    expect_missed_deadline(*state);
    expect_content(*state, BLUE);
}

static void test_a_missed_deadline_of_a_warm_shell_fails_the_request_only(void **state)
{
    warm(*state);
    expect_missed_deadline(*state);
    expect_content(*state, BLUE);
}

/* A command that leaves something behind which holds its output open. */
static void ask_what_stays(struct stage *stage, const char *line, struct reply *reply)
{
    const struct script stays = {.id = "stays", .doing = "leaving it", .text = line};
    const char *arguments[] = {NULL};
    int pid;

    stage->files->ops->run(stage->files, &stays, arguments, NULL, TIMEOUT_MS, reply);
    stage_finish(stage, reply);
    assert_true(reply->answered_ns - reply->asked_ns < 5 * NS_PER_S);
    pid = atoi(reply->output);
    assert_true(pid > 1);
    assert_int_equal(kill(pid, SIGKILL), 0); /* it was there all the while */
}

static void test_a_command_has_ended_when_its_process_has(void **state)
{
    struct reply reply = {0};

    ask_what_stays(*state, "tail -f /dev/null & echo $!; exit 0", &reply);
    assert_int_equal(reply.state, REPLY_OK);
    reply_clear(&reply);
    ask_what_stays(*state, "tail -f /dev/null & echo $!; echo why >&2; exit 3", &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_string_equal(reply.fault.code, "exit 3");
    assert_string_equal(reply.fault.cause, "why");
    reply_clear(&reply);
}

static void test_all_output_of_a_command_that_has_ended_is_there(void **state)
{
    static const struct script writes = {
        .id = "writes", .doing = "writing", .text = "head -c 3000000 /dev/zero | tr '\\0' x"};
    const char *arguments[] = {NULL};
    struct stage *stage = *state;
    struct reply reply = {0};

    stage->files->ops->run(stage->files, &writes, arguments, NULL, TIMEOUT_MS, &reply);
    stage_finish(stage, &reply);
    assert_int_equal(reply.state, REPLY_OK);
    assert_int_equal(strlen(reply.output), 3000000);
    reply_clear(&reply);
}

static void test_a_command_that_cannot_be_started_has_failed(void **state)
{
    const char *arguments[] = {NULL};
    struct stage *stage = *state;
    struct reply reply = {0};
    struct rlimit before, none;
    int next = dup(0);

    close(next);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    for (none.rlim_cur = (rlim_t) next; none.rlim_cur < (rlim_t) next + 7; none.rlim_cur++) {
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
        stage->files->ops->run(stage->files, &hangs, arguments, NULL, TIMEOUT_MS, &reply);
        assert_int_equal(reply.state, REPLY_PENDING); /* never inside the call */
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
        stage_finish(stage, &reply);
        assert_int_equal(reply.state, REPLY_FAILED);
        assert_string_equal(reply.fault.code, "EMFILE");
        reply_clear(&reply);
    }
    assert_int_equal(dup(0), next); /* nothing was left open */
    close(next);
    expect_content(stage, BLUE);
}

static void test_an_abandoned_reply_is_never_touched_again(void **state)
{
    struct stage *stage = *state;
    struct reply reply = {0};

    ask_what_hangs(stage, 30, &reply);
    stage->files->ops->abandon(stage->files, &reply);
    assert_int_equal(reply.state, REPLY_IDLE);
    stage_turn(stage);
    assert_int_equal(reply.state, REPLY_IDLE);
    assert_null(reply.output);
    expect_content(stage, BLUE);
}

static bool read_pid(const struct stage *stage, int *ret_pid)
{
    char path[256];
    FILE *file;
    bool good;

    snprintf(path, sizeof(path), "%s.pid", stage->file);
    file = fopen(path, "r");
    good = file && fscanf(file, "%d", ret_pid) == 1;
    if (file)
        fclose(file);
    return good;
}

/* What hangs is ended with its request: nothing of ours stays behind. */
static void test_an_abandoned_command_is_ended(void **state)
{
    struct stage *stage = *state;
    struct reply reply = {0};
    int pid = 0, turns;

    ask_what_hangs(stage, TIMEOUT_MS, &reply);
    for (turns = 0; !read_pid(stage, &pid) && turns < 500; turns++)
        stage_turn(stage);
    assert_true(pid > 0);
    assert_int_equal(kill(pid, 0), 0);
    stage->files->ops->abandon(stage->files, &reply);
    for (turns = 0; kill(pid, 0) == 0 && turns < 500; turns++)
        stage_turn(stage);
    assert_int_equal(kill(pid, 0), -1);
    assert_int_equal(errno, ESRCH);
}

/* --- jobs ------------------------------------------------------------------------------------- */

static void job(struct stage *stage, const struct script *script, const char *name,
                const char *program, struct reply *reply)
{
    ask(stage, stage->jobs, script, name, NULL, program, reply);
    assert_int_equal(reply->state, REPLY_OK);
    assert_non_null(reply->output);
}

static void poll_until_ended(struct stage *stage, const char *name, struct reply *reply)
{
    int polls;

    for (polls = 0; polls < 2000; polls++) {
        job(stage, &script_job_poll, name, NULL, reply);
        if (!string_starts(reply->output, "running"))
            return;
        stage_turn(stage);
    }
    fail_msg("job %s does not end", name);
}

static void test_a_job_is_started_once_and_found_by_its_name(void **state)
{
    struct stage *stage = *state;
    struct reply reply = {0};

    job(stage, &script_job_poll, "close-1", NULL, &reply);
    assert_string_equal(reply.output, "missing\n");
    job(stage, &script_job_start, "close-1", "set -- 'a'\necho log\n", &reply);
    assert_true(string_starts(reply.output, "running"));
    poll_until_ended(stage, "close-1", &reply);
    assert_string_equal(reply.output, "done 0\nlog\n");
    job(stage, &script_job_start, "close-1", "set -- 'a'\necho again\n", &reply);
    assert_string_equal(reply.output, "done 0\n");
    job(stage, &script_job_poll, "close-1", NULL, &reply);
    assert_string_equal(reply.output, "done 0\nlog\n");
    reply_clear(&reply);
}

static void test_a_job_that_failed_says_so_and_starts_anew(void **state)
{
    struct stage *stage = *state;
    struct reply reply = {0};
    static const char program[] = "set -- 'a'\necho it did not work\nexit 3\n";

    job(stage, &script_job_start, "analyze-1", program, &reply);
    poll_until_ended(stage, "analyze-1", &reply);
    assert_string_equal(reply.output, "failed 3\nit did not work\n");
    job(stage, &script_job_start, "analyze-1", program, &reply);
    assert_true(string_starts(reply.output, "running"));
    poll_until_ended(stage, "analyze-1", &reply);
    assert_string_equal(reply.output, "failed 3\nit did not work\n");
    reply_clear(&reply);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ON_BOTH_STAGES(test_the_answer_comes_from_the_loop),
        ON_BOTH_STAGES(test_a_staged_file_takes_the_place_of_the_file),
        ON_BOTH_STAGES(test_a_switch_to_what_is_not_staged_fails),
        ON_BOTH_STAGES(test_a_file_to_try_takes_the_place_of_what_was_copied),
        ON_BOTH_STAGES(test_a_file_that_is_not_as_it_was_copied_is_not_tried),
        ON_BOTH_STAGES(test_a_file_is_put_back_as_often_as_asked),
        ON_BOTH_STAGES(test_an_edit_is_not_put_back),
        ON_BOTH_STAGES(test_putting_back_removes_what_was_staged),
        ON_BOTH_STAGES(test_removing_copies_may_be_repeated),
        ON_BOTH_STAGES(test_a_warm_shell_answers_as_a_cold_one),
        ON_BOTH_STAGES(test_a_shell_may_be_warmed_again),
        ON_BOTH_STAGES(test_a_missed_deadline_fails_the_request_only),
        ON_BOTH_STAGES(test_a_missed_deadline_of_a_warm_shell_fails_the_request_only),
        ON_BOTH_STAGES(test_an_abandoned_reply_is_never_touched_again),
        ON_REAL_STAGE(test_a_command_has_ended_when_its_process_has),
        ON_REAL_STAGE(test_all_output_of_a_command_that_has_ended_is_there),
        ON_REAL_STAGE(test_a_command_that_cannot_be_started_has_failed),
        ON_REAL_STAGE(test_an_abandoned_command_is_ended),
        ON_BOTH_STAGES(test_a_job_is_started_once_and_found_by_its_name),
        ON_BOTH_STAGES(test_a_job_that_failed_says_so_and_starts_anew),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
