/* What the guard tells, and to whom, by the journal of a run and a clock that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/text.h"
#include "../../cutover/commands/guarding.h"
#include "../../cutover/engine/journal.h"

#include <cjson/cJSON.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MINUTE_NS (60 * NS_PER_S)

/* A guard, what it has said, and the last call for help. */
static struct {
    char directory[64], run[96];
    struct journal *journal;
    struct config config;
    struct options options;
    struct config_probe probe;
    struct watched watched;
    struct guarding guarding;
    int64_t now_ns;
    int reader;
    FILE *pipe;
    char said[65536], alert[64], alerted[1024];
    int alerts;
} scene;

static int64_t fake_now(struct driver *driver)
{
    (void) driver;
    return scene.now_ns;
}

static void fake_wait(struct driver *driver, int64_t until_ns)
{
    (void) driver;
    scene.now_ns = until_ns;
}

static bool fake_interrupted(struct driver *driver)
{
    (void) driver;
    return false;
}

static struct driver driver = {
    .now_ns = fake_now, .wall_us = fake_now, .wait = fake_wait, .is_interrupted = fake_interrupted};

static void fake_run(struct host *host, const struct script *script, const char *const *arguments,
                     const char *input, int64_t timeout_ms, struct reply *reply)
{
    (void) host, (void) script, (void) input, (void) timeout_ms;
    snprintf(scene.alert, sizeof(scene.alert), "%s", arguments[0]);
    snprintf(scene.alerted, sizeof(scene.alerted), "%s", arguments[1]);
    scene.alerts++;
    reply->state = REPLY_OK;
}

static const struct host_ops fake_ops = {.run = fake_run};
static struct host host = {.ops = &fake_ops};

static void know(const char *key, const char *value)
{
    struct fault fault;

    journal_set(scene.journal, key, value);
    assert_true(journal_sync(scene.journal, &fault));
}

static int set_up(void **state)
{
    struct fault fault;
    int ends[2];

    (void) state;
    memset(&scene, 0, sizeof(scene));
    snprintf(scene.directory, sizeof(scene.directory), "/tmp/pgc-guarding-XXXXXX");
    assert_non_null(mkdtemp(scene.directory));
    snprintf(scene.run, sizeof(scene.run), "%s/run", scene.directory);
    assert_true(journal_open(scene.run, JOURNAL_CREATE, &scene.journal, &fault));
    know("side", "blue");
    scene.now_ns = 1000 * NS_PER_S;
    scene.probe.name = (char *) (uintptr_t) "app";
    scene.config.cluster_name = (char *) (uintptr_t) "lab";
    scene.config.quiet_wait_ms = 600000;
    scene.config.pause_budget_ms = 5000;
    scene.config.guard.alert = (char *) (uintptr_t) "page";
    scene.config.guard.on_trip = scene.config.guard.on_lag = (char *) (uintptr_t) "alert";
    scene.watched.config = &scene.probe;
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
    scene.reader = ends[0];
    scene.pipe = fdopen(ends[1], "w");
    assert_non_null(scene.pipe);
    scene.guarding = (struct guarding){
        .procedure = {.options = &scene.options,
                      .config = &scene.config,
                      .driver = &driver,
                      .terminal = terminal_new(scene.pipe),
                      .directory = scene.run},
        .said = terminal_new(scene.pipe),
        .limits = {.errors = 5, .errors_for_ns = 5 * MINUTE_NS},
        .doors = {.driver = &driver, .host = &host},
        .watched = &scene.watched,
    };
    scene.guarding.reverse = guard_reverse_new(&scene.guarding.doors, "host=g", "test");
    terminal_must_not_block(scene.guarding.said, true);
    terminal_must_not_block(scene.guarding.procedure.terminal, true);
    return 0;
}

static int tear_down(void **state)
{
    char command[128];

    (void) state;
    guard_alerts_poll(&scene.guarding);
    terminal_give_up(scene.guarding.said);
    terminal_free(scene.guarding.said);
    terminal_give_up(scene.guarding.procedure.terminal);
    terminal_free(scene.guarding.procedure.terminal);
    guard_reverse_free(scene.guarding.reverse);
    fclose(scene.pipe);
    close(scene.reader);
    journal_close(scene.journal);
    snprintf(command, sizeof(command), "rm -r %s", scene.directory);
    return system(command); // NOLINT(cert-env33-c): a directory of our own
}

/* What was said since it was asked last. */
static const char *said(void)
{
    ssize_t length = read(scene.reader, scene.said, sizeof(scene.said) - 1);

    scene.said[length > 0 ? length : 0] = '\0';
    return scene.said;
}

static void look_for(int64_t ns)
{
    int64_t until_ns = scene.now_ns + ns;

    for (; scene.now_ns < until_ns && !scene.guarding.has_ended; scene.now_ns += NS_PER_S)
        guard_look(&scene.guarding);
}

static void go_to_green(void)
{
    know("leg", "cutover");
    know("side", "green");
    know("cutover.state", "done");
    know("way_back", "0/1");
    look_for(NS_PER_S);
    assert_int_equal(scene.guarding.place, GUARD_ON_GREEN);
}

/* --- a move that does not end ------------------------------------------------------------------
 */

static void a_move_that_switched_and_does_not_end_is_alerted_once(void **state)
{
    (void) state;
    know("leg", "cutover");
    know("cutover.state", "running");
    look_for(10 * MINUTE_NS);
    know("side", "green");
    know("cutover.state", "switched");
    look_for(5 * MINUTE_NS - 2 * NS_PER_S);
    assert_int_equal(scene.alerts, 0);
    look_for(3 * NS_PER_S);
    assert_int_equal(scene.alerts, 1);
    look_for(20 * MINUTE_NS);
    assert_int_equal(scene.alerts, 1);
    assert_string_equal(scene.alert, "blind");
    assert_non_null(strstr(scene.alerted, "clients are on green, but what moved them has not "
                                          "ended: nothing is judged"));
    assert_non_null(strstr(scene.alerted, "pgcutover recover --execute"));
    assert_false(scene.guarding.has_ended);
    know("cutover.state", "done");
    look_for(NS_PER_S);
    know("leg", "rollback");
    know("rollback.state", "running");
    look_for(20 * MINUTE_NS); /* the next one is another */
    assert_int_equal(scene.alerts, 2);
}

static void a_move_that_only_waits_for_its_quiet_moment_is_waited_for(void **state)
{
    (void) state;
    know("leg", "cutover");
    know("cutover.state", "running");
    look_for(15 * MINUTE_NS);
    assert_int_equal(scene.alerts, 0);
    look_for(MINUTE_NS);
    assert_int_equal(scene.alerts, 1);
    assert_non_null(strstr(scene.alerted, "clients are on blue, but what was to move them"));
}

/* --- the end -----------------------------------------------------------------------------------
 */

static void a_finish_that_has_only_begun_has_not_closed_anything(void **state)
{
    (void) state;
    go_to_green();
    said();
    know("finish.state", "running");
    look_for(NS_PER_S);
    assert_true(scene.guarding.has_ended && scene.guarding.code == EXIT_DONE);
    assert_non_null(strstr(said(), "ended: finish has begun"));
    assert_string_equal(scene.alert, "ended");
}

static void a_finish_that_is_done_is_no_alert(void **state)
{
    (void) state;
    know("finish.state", "done");
    look_for(NS_PER_S);
    assert_true(scene.guarding.has_ended && scene.guarding.code == EXIT_DONE);
    assert_non_null(strstr(said(), "ended: finish has closed the way back"));
    assert_int_equal(scene.alerts, 0);
}

static void a_guard_that_could_not_roll_back_calls_before_it_leaves(void **state)
{
    (void) state;
    scene.options.execute = true;
    scene.config.guard.on_trip = (char *) (uintptr_t) "rollback";
    know("leg", "cutover");
    know("side", "green");
    know("cutover.state", "done");
    look_for(NS_PER_S);
    assert_true(scene.guarding.has_ended && scene.guarding.code == EXIT_CHECKS_FAILED);
    assert_string_equal(scene.alert, "blind");
    assert_non_null(strstr(said(), " ended: there is no way back"));
}

static void a_baseline_that_cannot_be_kept_ends_a_guard_on_blue_only(void **state)
{
    struct fault fault;

    (void) state;
    fault_set(&fault, "keeping the baseline in", "guard.json", "ENOSPC", "No space left on device");
    go_to_green();
    said();
    guard_cannot_keep(&scene.guarding, &fault);
    guard_cannot_keep(&scene.guarding, &fault);
    assert_false(scene.guarding.has_ended);
    assert_non_null(strstr(said(), "not_kept: "));
    assert_null(strstr(strstr(scene.said, "not_kept: ") + 1, "not_kept: "));
    assert_int_equal(scene.alerts, 0);
    scene.guarding.place = GUARD_ON_BLUE;
    guard_cannot_keep(&scene.guarding, &fault);
    assert_true(scene.guarding.has_ended && scene.guarding.code == EXIT_FAILED);
    assert_string_equal(scene.alert, "blind");
    assert_non_null(strstr(scene.alerted, "No space left"));
    assert_non_null(strstr(said(), " ended: the baseline cannot be kept"));
}

/* --- a trip ------------------------------------------------------------------------------------
 */

static void a_trip_that_cannot_be_acted_on_is_not_spent(void **state)
{
    (void) state;
    go_to_green();
    scene.options.execute = true;
    scene.config.guard.on_trip = scene.config.guard.on_lag = (char *) (uintptr_t) "rollback";
    scene.watched.evidence.is_measured = true;
    scene.watched.errors.has_succeeded = true;
    scene.watched.errors.is_tripped = scene.guarding.lag.is_tripped = true;
    know("leg", "rollback"); /* somebody moves clients at that moment */
    know("rollback.state", "running");
    guard_change(&scene.guarding, &scene.watched, GUARD_TRIPPED);
    assert_int_equal(scene.guarding.place, GUARD_MOVING);
    assert_null(scene.guarding.rollback);
    assert_false(scene.guarding.has_ended);
    assert_false(scene.watched.errors.is_tripped);
    assert_true(scene.guarding.lag.is_tripped);
    guard_change(&scene.guarding, NULL, GUARD_TRIPPED);
    assert_false(scene.guarding.lag.is_tripped);
}

static void without_a_baseline_a_trip_is_only_told(void **state)
{
    (void) state;
    go_to_green();
    scene.options.execute = true;
    scene.config.guard.on_trip = (char *) (uintptr_t) "rollback";
    scene.watched.errors.has_succeeded = scene.watched.errors.is_tripped = true;
    guard_change(&scene.guarding, &scene.watched, GUARD_TRIPPED);
    assert_null(scene.guarding.rollback);
    assert_true(scene.watched.errors.is_tripped);
    assert_non_null(strstr(scene.alerted, "there is no baseline"));
}

/* --- the rollback: this very program, by main() -------------------------------------------------
 */

static void roll_back(const char *how)
{
    struct guarding *guarding = &scene.guarding;
    int64_t until_ns;

    go_to_green();
    scene.options.execute = true;
    scene.options.program = how;
    scene.config.file = (char *) (uintptr_t) "/dev/null";
    scene.config.guard.on_trip = (char *) (uintptr_t) "rollback";
    scene.watched.evidence.is_measured = scene.watched.errors.has_succeeded = true;
    guarding->procedure.loop = loop_new();
    guarding->procedure.driver = loop_driver(guarding->procedure.loop);
    guard_change(guarding, &scene.watched, GUARD_TRIPPED);
    assert_non_null(guarding->rollback);
    know("leg", "rollback");
    know("rollback.state", "running");
    until_ns = guard_now(guarding) + 60 * NS_PER_S;
    while (!guarding->has_ended && guard_now(guarding) < until_ns) {
        guarding->procedure.driver->wait(guarding->procedure.driver, until_ns);
        guard_rollback_poll(guarding);
    }
    assert_true(guarding->has_ended);
    guarding->procedure.driver = &driver;
    loop_free(guarding->procedure.loop);
}

static void what_the_rollback_says_is_passed_on(void **state)
{
    (void) state;
    roll_back("speaks");
    assert_int_equal(scene.guarding.code, EXIT_ROLLED_BACK);
    assert_string_equal(scene.alert, "rolled_back");
    assert_non_null(strstr(said(), "rolling_back"));
    assert_non_null(strstr(scene.said, "on its standard output"));
    assert_non_null(strstr(scene.said, "on its standard error"));
    assert_non_null(strstr(strstr(scene.said, "on its standard"), "rolled_back"));
}

/* It says more than a pipe holds, and nobody reads ours. */
static void who_does_not_read_keeps_no_rollback_back(void **state)
{
    (void) state;
    roll_back("speaks without end");
    assert_int_equal(scene.guarding.code, EXIT_ROLLED_BACK);
    assert_string_equal(scene.alert, "rolled_back");
}

/* Clients may be held: nobody may be told that they are well on green. */
static void a_rollback_that_is_killed_before_its_switch_leaves_clients_to_recover(void **state)
{
    (void) state;
    roll_back("dies");
    assert_int_equal(scene.guarding.code, EXIT_FAILED);
    assert_string_equal(scene.alert, "rollback_failed");
    assert_non_null(strstr(scene.alerted, "was killed; clients are to stay on green: \"pgcutover "
                                          "recover --execute\", if the watchdog does not"));
}

/* --- words -------------------------------------------------------------------------------------
 */

static void causes_of_others_make_one_line_of_valid_json(void **state)
{
    cJSON *root;

    (void) state;
    scene.options.json = true;
    scene.watched.evidence.window = (struct guard_tally){5, 5};
    fault_set(&scene.watched.last, "asking", "app", NULL, "no M\374ller\n\tcut M\303");
    guard_change(&scene.guarding, &scene.watched, GUARD_TRIPPED);
    root = cJSON_Parse(said());
    assert_non_null(root);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(root, "last_error")),
                        "no M?ller  cut M?");
    assert_non_null(
        strstr(cJSON_GetStringValue(cJSON_GetObjectItem(root, "text")), "no M?ller  cut M?"));
    cJSON_Delete(root);
    assert_non_null(strstr(scene.alerted, "no M?ller  cut M?"));
    scene.options.json = false;
    guard_change(&scene.guarding, &scene.watched, GUARD_TRIPPED);
    assert_non_null(strstr(said(), "no M?ller  cut M?"));
    assert_string_equal(strchr(scene.said, '\n'), "\n");
}

/* A test that blocks here is ended by its time-out. */
static void who_does_not_read_keeps_no_alert_back(void **state)
{
    struct fault fault;
    int i;

    (void) state;
    fault_set(&fault, "asking", "app", NULL, "no answer");
    go_to_green();
    for (i = 0; i < 5000; i++) {
        guard_change(&scene.guarding, &scene.watched, GUARD_TRIPPED);
        guard_fault(&scene.guarding, &fault);
        guard_pass_on(&scene.guarding, true, "what the rollback says\n", 23);
        guard_say_poll(&scene.guarding);
    }
    assert_int_equal(scene.alerts, 5000);
    assert_true(terminal_held(scene.guarding.said) < 70000);
    assert_true(terminal_held(scene.guarding.procedure.terminal) < 70000);
    assert_true(scene.guarding.unsaid > 0);
    for (i = 0; i < 1000 && !strstr(said(), "lines that nobody read"); i++)
        guard_say_poll(&scene.guarding);
    assert_true(i < 1000);
    assert_int_equal(scene.guarding.unsaid, 0);
}

static int be_rollback(const char *how)
{
    int i;

    puts("on its standard output");
    fputs("on its standard error\n", stderr);
    fflush(stdout);
    for (i = 0; strstr(how, "without end") && i < 100000; i++)
        fputs("and more, and more\n", stderr);
    if (strcmp(how, "dies") == 0)
        raise(SIGKILL);
    return EXIT_DONE;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
        TEST(a_move_that_switched_and_does_not_end_is_alerted_once),
        TEST(a_move_that_only_waits_for_its_quiet_moment_is_waited_for),
        TEST(a_finish_that_has_only_begun_has_not_closed_anything),
        TEST(a_finish_that_is_done_is_no_alert),
        TEST(a_guard_that_could_not_roll_back_calls_before_it_leaves),
        TEST(a_baseline_that_cannot_be_kept_ends_a_guard_on_blue_only),
        TEST(a_trip_that_cannot_be_acted_on_is_not_spent),
        TEST(without_a_baseline_a_trip_is_only_told),
        TEST(what_the_rollback_says_is_passed_on),
        TEST(who_does_not_read_keeps_no_rollback_back),
        TEST(a_rollback_that_is_killed_before_its_switch_leaves_clients_to_recover),
        TEST(causes_of_others_make_one_line_of_valid_json),
        TEST(who_does_not_read_keeps_no_alert_back),
    };

    if (argc > 1 && strcmp(argv[1], "rollback") == 0)
        return be_rollback(argv[0]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
