/* Hooks of the operator: what their names mean, what they see, and how they may end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/config.h"
#include "../../cutover/base/loop.h"
#include "../../cutover/base/text.h"
#include "../../cutover/commands/step_hooks.h"
#include "../../cutover/plans/plans.h"
#include "../../cutover/report/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A directory of hooks, and what was told. */
static struct {
    char directory[64], hooks[96], said[128];
    struct config config;
    struct loop *loop;
    struct terminal *terminal;
    struct journal *journal;
    FILE *out;
} scene;

static int set_up(void **state)
{
    (void) state;
    memset(&scene, 0, sizeof(scene));
    snprintf(scene.directory, sizeof(scene.directory), "/tmp/pgc-hooks-XXXXXX");
    assert_non_null(mkdtemp(scene.directory));
    snprintf(scene.hooks, sizeof(scene.hooks), "%s/hooks", scene.directory);
    snprintf(scene.said, sizeof(scene.said), "%s/said", scene.directory);
    assert_int_equal(mkdir(scene.hooks, 0700), 0);
    scene.out = fopen(scene.said, "w+");
    scene.terminal = terminal_new(scene.out);
    scene.loop = loop_new();
    scene.journal = journal_scratch();
    scene.config.cluster_name = (char *) (uintptr_t) "orders";
    scene.config.blue.conninfo = (char *) (uintptr_t) "host=b password=sw0rdfish";
    scene.config.hooks.directory = scene.hooks;
    scene.config.hooks.timeout_ms = 20000;
    return 0;
}

static int tear_down(void **state)
{
    char command[160];

    (void) state;
    terminal_free(scene.terminal);
    fclose(scene.out);
    journal_close(scene.journal);
    loop_free(scene.loop);
    snprintf(command, sizeof(command), "rm -rf %s", scene.directory);
    return system(command);
}

static void path_of(char path[256], const char *name)
{
    snprintf(path, 256, "%s/%s", scene.hooks, name);
}

static void put(const char *name, const char *script, mode_t mode)
{
    char path[256];
    FILE *file;

    path_of(path, name);
    file = fopen(path, "w");
    assert_non_null(file);
    fprintf(file, "#!/bin/sh\n%s\n", script);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static void drop(const char *name)
{
    char path[256];

    path_of(path, name);
    assert_int_equal(unlink(path), 0);
}

static bool open_hooks(struct step_hooks **ret_hooks, struct fault *fault)
{
    struct step_hooks_with with = {.config = &scene.config,
                                   .driver = loop_driver(scene.loop),
                                   .host = host_new(scene.loop, "this host", NULL),
                                   .journal = &scene.journal,
                                   .terminal = scene.terminal,
                                   .directory = "/run/of/it"};

    memset(fault, 0, sizeof(*fault));
    return step_hooks_new(&with, ret_hooks, fault);
}

static struct step_hooks *opened(void)
{
    struct step_hooks *hooks = NULL;
    struct fault fault;

    if (!open_hooks(&hooks, &fault))
        fail_msg("%s", fault.cause);
    return hooks;
}

/* What a hook has left beside its directory. */
static const char *left(const char *name)
{
    static char text[8192];
    char path[256];
    size_t length;
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", scene.directory, name);
    file = fopen(path, "r");
    if (!file)
        return "";
    length = fread(text, 1, sizeof(text) - 1, file);
    text[length] = '\0';
    fclose(file);
    return text;
}

static size_t row_of(const struct plan *plan, const char *id)
{
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (string_equal(plan->rows[i].step->id, id))
            return i;
    fail_msg("no row %s", id);
    return 0;
}

static enum step_verdict run_at(struct step_hooks *hooks, const struct plan *plan, const char *row,
                                bool is_after, bool may_stop, struct fault *fault)
{
    struct driver *driver = loop_driver(scene.loop);
    struct hook_moment moment = {.plan = plan,
                                 .index = row_of(plan, row),
                                 .is_after = is_after,
                                 .may_stop = may_stop,
                                 .side = SIDE_BLUE};
    int64_t until_ns = driver->now_ns(driver) + 60 * NS_PER_S;
    enum step_verdict verdict;

    memset(fault, 0, sizeof(*fault));
    while ((verdict = step_hooks_poll(hooks, &moment, fault)) == STEP_WAIT &&
           driver->now_ns(driver) < until_ns)
        driver->wait(driver, driver->now_ns(driver) + NS_PER_S);
    return verdict;
}

/* --- names ------------------------------------------------------------------------------------ */

static void assert_means(const char *name, const char *plan, const char *row, bool is_after)
{
    struct step_hook hook = {0};
    struct fault fault;

    if (!step_hook_parse(name, &hook, &fault))
        fail_msg("%s: %s", name, fault.cause);
    assert_string_equal(hook.plan, plan);
    assert_int_equal(hook.is_after, is_after);
    if (row)
        assert_string_equal(hook.row->step->id, row);
    else
        assert_null(hook.row);
}

static void assert_meaningless(const char *name, const char *cause, const char *hint)
{
    struct step_hook hook = {0};
    struct fault fault = {0};

    if (step_hook_parse(name, &hook, &fault))
        fail_msg("%s means something", name);
    if (!strstr(fault.cause, cause) || !strstr(fault.hint, hint))
        fail_msg("\"%s\" (%s) is not \"%s\" (%s)", fault.cause, fault.hint, cause, hint);
}

static void names_mean_rows_and_commands(void **state)
{
    (void) state;
    assert_means("before-cutover", "cutover", NULL, false);
    assert_means("after-cutover.sh", "cutover", NULL, true);
    assert_means("before-prepare-clone", "prepare", "clone", false);
    assert_means("after-prepare-start_green.10-page", "prepare", "start_green", true);
    assert_means("before-cutover-quiet", "cutover", "quiet", false);
    assert_means("before-cutover-hold.a.b", "cutover", "hold", false);
    assert_means("after-cutover-release", "cutover", "release", true);
    assert_means("before-rollback-hold", "rollback", "hold", false);
    assert_means("before-rollback-give_up", "rollback", "give_up", false);
    assert_means("after-finish-drop_slots", "finish", "drop_slots", true);
}

static void no_hook_is_in_the_pause(void **state)
{
    static const char *const names[] = {
        "after-cutover-quiet", "after-cutover-hold",     "before-cutover-fence",
        "after-cutover-fence", "before-cutover-commit",  "after-cutover-commit",
        "after-rollback-calm", "before-cutover-release", "after-rollback-prove"};
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_meaningless(names[i], "clients wait then", "-hold is the last before the pause");
    assert_meaningless("before-cutover-open", "clients wait then", "after-cutover-release");
}

static void what_means_nothing_is_refused(void **state)
{
    (void) state;
    assert_meaningless("before-cutover-hlod", "named so", "\"before-cutover-hold\"");
    assert_meaningless("after-cutover-releas", "named so", "\"after-cutover-release\"");
    assert_meaningless("before-prepare-hold", "named so", "");
    assert_meaningless("README", "README", "before-PLAN-STEP");
    assert_meaningless("before-cutover-hold~", "named so", "before-PLAN-STEP");
    assert_meaningless("before-cutover-hold \n", "named so", "");
    assert_meaningless("before-recover", "named so", "");
    assert_meaningless("", "", "");
}

/* --- the directory ---------------------------------------------------------------------------- */

static void assert_refused(const char *cause)
{
    struct step_hooks *hooks = NULL;
    struct fault fault;

    if (open_hooks(&hooks, &fault))
        fail_msg("accepted; not: %s", cause);
    assert_null(hooks);
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    if (!strstr(fault.cause, cause))
        fail_msg("\"%s\" is not \"%s\"", fault.cause, cause);
}

static void a_directory_that_cannot_be_used(void **state)
{
    struct step_hooks *hooks;

    (void) state;
    step_hooks_free(opened()); /* an empty one is no error */
    put(".hidden", "exit 1", 0600);
    step_hooks_free(opened());
    put("before-cutover-hold", "", 0600);
    assert_refused("not executable");
    put("before-cutover-hold", "", 0722);
    assert_refused("others may change it");
    put("before-cutover-hold", "", 0702);
    assert_refused("others may change it");
    put("before-cutover-hold", "", 0755);
    step_hooks_free(opened());
    put("before-cutover-fence", "", 0755);
    assert_refused("clients wait then");
    drop("before-cutover-fence");
    put("notes.txt", "", 0644);
    assert_refused("notes.txt");
    drop("notes.txt");
    assert_int_equal(chmod(scene.hooks, 0777), 0);
    assert_refused("others may change it");
    assert_int_equal(chmod(scene.hooks, 0700), 0);
    scene.config.hooks.directory = (char *) (uintptr_t) "/nonexistent/hooks";
    assert_refused("No such file");
    scene.config.hooks.directory = NULL;
    hooks = opened();
    assert_null(hooks);
    step_hooks_free(hooks);
}

/* --- running ---------------------------------------------------------------------------------- */

/* LINE is written behind what is there already. */
#define TELLS(line) "echo " line " >>../told"
#define IN_DIRECTORY "cd \"$(dirname \"$0\")\" || exit 9\n"

static void they_run_in_order_and_see_their_environment(void **state)
{
    struct step_hooks *hooks;
    struct fault fault;

    (void) state;
    setenv("PGPASSWORD", "sw0rdfish", 1);
    setenv("PGCUTOVER_NOTIFY_X_URL", "https://sw0rdfish/", 1);
    setenv("OTHER", "sw0rdfish", 1);
    put("before-cutover-quiet.2", IN_DIRECTORY "env >../env\npwd\n" TELLS("q2"), 0700);
    put("before-cutover-quiet.1", IN_DIRECTORY TELLS("q1"), 0700);
    put("before-cutover-hold", IN_DIRECTORY TELLS("hold"), 0700);
    put("before-cutover-arm", IN_DIRECTORY TELLS("arm"), 0700);
    hooks = opened();
    assert_int_equal(run_at(hooks, &plan_cutover, "quiet", false, true, &fault), STEP_DONE);
    assert_string_equal(left("told"), "q1\nq2\nhold\n");
    assert_null(strstr(left("env"), "sw0rdfish"));
    assert_non_null(strstr(left("env"), "PGCUTOVER_CLUSTER=orders\n"));
    assert_non_null(strstr(left("env"), "PGCUTOVER_HOOK=before-cutover-quiet.2\n"));
    assert_non_null(strstr(left("env"), "PGCUTOVER_PLAN=cutover\n"));
    assert_non_null(strstr(left("env"), "PGCUTOVER_STEP=quiet\n"));
    assert_non_null(strstr(left("env"), "PGCUTOVER_WHEN=before\n"));
    assert_non_null(strstr(left("env"), "PGCUTOVER_SIDE=blue\n"));
    assert_non_null(strstr(left("env"), "PGCUTOVER_OUTCOME=\n"));
    assert_non_null(strstr(left("env"), "PGCUTOVER_RUN=/run/of/it\n"));
    assert_int_equal(run_at(hooks, &plan_prepare, "clone", false, true, &fault), STEP_DONE);
    assert_string_equal(left("told"), "q1\nq2\nhold\n");
    step_hooks_free(hooks);
    unsetenv("PGPASSWORD");
    unsetenv("PGCUTOVER_NOTIFY_X_URL");
    unsetenv("OTHER");
}

static void around_a_command_they_are_told_its_outcome(void **state)
{
    struct step_hooks *hooks;
    struct fault fault = {0};

    (void) state;
    put("before-rollback", IN_DIRECTORY TELLS("$PGCUTOVER_WHEN-$PGCUTOVER_OUTCOME"), 0700);
    put("after-rollback", IN_DIRECTORY TELLS("$PGCUTOVER_WHEN-$PGCUTOVER_OUTCOME") "\nexit 4",
        0700);
    hooks = opened();
    assert_true(step_hooks_around(hooks, &plan_rollback_lossy, SIDE_GREEN, NULL, &fault));
    assert_true(step_hooks_around(hooks, &plan_rollback, SIDE_BLUE, "undone", &fault));
    assert_string_equal(left("told"), "before-\nafter-undone\n");
    step_hooks_free(hooks);
    put("before-rollback", "exit 4", 0700);
    hooks = opened();
    assert_false(step_hooks_around(hooks, &plan_rollback, SIDE_GREEN, NULL, &fault));
    assert_int_equal(fault.exit_code, EXIT_CHECKS_FAILED);
    step_hooks_free(hooks);
    assert_true(step_hooks_around(NULL, &plan_rollback, SIDE_GREEN, NULL, &fault));
}

static void one_that_fails_stops_those_behind_it(void **state)
{
    struct step_hooks *hooks;
    struct fault fault;

    (void) state;
    put("before-cutover-arm.1",
        "echo 'first line'; echo 'password=hunter2 and sw0rdfish' >&2; exit 3", 0700);
    put("before-cutover-arm.2", IN_DIRECTORY TELLS("second"), 0700);
    hooks = opened();
    assert_int_equal(run_at(hooks, &plan_cutover, "arm", false, true, &fault), STEP_FAILED);
    assert_string_equal(fault.doing, "running the hook before-cutover-arm.1");
    assert_string_equal(fault.code, "exit 3");
    assert_int_equal(fault.exit_code, EXIT_CHECKS_FAILED);
    assert_non_null(strstr(fault.cause, "exit code 3"));
    assert_non_null(strstr(fault.cause, "password=*** and ***"));
    assert_string_equal(left("told"), "");
    /* behind the switch it is only told, and the next one runs */
    assert_int_equal(run_at(hooks, &plan_cutover, "arm", false, false, &fault), STEP_DONE);
    assert_string_equal(left("told"), "second\n");
    terminal_flush(scene.terminal);
    fflush(scene.out);
    assert_non_null(strstr(left("said"), "warning: hook before-cutover-arm.1: it ended with exit"));
    assert_null(strstr(left("said"), "sw0rdfish"));
    assert_null(strstr(left("said"), "hunter2"));
    step_hooks_free(hooks);
}

static bool is_alive(const char *name)
{
    int pid = atoi(left(name));
    char path[64], text[512] = "";
    FILE *file;

    assert_true(pid > 1);
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    file = fopen(path, "r");
    if (!file)
        return false;
    text[fread(text, 1, sizeof(text) - 1, file)] = '\0';
    fclose(file);
    return strrchr(text, ')') && !strstr(strrchr(text, ')'), ") Z"); /* nobody has waited for it */
}

/* With everything that it has started. */
static void one_that_hangs_is_ended(void **state)
{
    struct driver *driver = loop_driver(scene.loop);
    struct step_hooks *hooks;
    struct fault fault;
    int64_t begun_ns = driver->now_ns(driver);

    (void) state;
    scene.config.hooks.timeout_ms = 300;
    put("before-cutover-arm",
        IN_DIRECTORY "tail -f /dev/null &\necho $! >../child\necho $$ >../pid\necho hanging\nwait",
        0700);
    hooks = opened();
    assert_int_equal(run_at(hooks, &plan_cutover, "arm", false, true, &fault), STEP_FAILED);
    assert_true(driver->now_ns(driver) - begun_ns < 10 * NS_PER_S);
    assert_string_equal(fault.cause, "not done within 300 ms: hanging");
    assert_false(is_alive("pid"));
    assert_false(is_alive("child"));
    step_hooks_free(hooks);
}

/* Deaf to SIGTERM. */
static void one_that_does_not_want_to_end_is_ended(void **state)
{
    struct step_hooks *hooks;
    struct fault fault;

    (void) state;
    scene.config.hooks.timeout_ms = 300;
    put("before-cutover-arm",
        IN_DIRECTORY "trap '' TERM\necho $$ >../pid\nwhile :; do tail -f /dev/null; done", 0700);
    hooks = opened();
    assert_int_equal(run_at(hooks, &plan_cutover, "arm", false, true, &fault), STEP_FAILED);
    assert_non_null(strstr(fault.cause, "not done within 300 ms"));
    assert_false(is_alive("pid"));
    step_hooks_free(hooks);
}

/* An interrupt: nobody waits any more. */
static void one_that_nobody_waits_for_is_ended(void **state)
{
    struct driver *driver = loop_driver(scene.loop);
    struct hook_moment moment = {
        .plan = &plan_cutover, .index = row_of(&plan_cutover, "arm"), .may_stop = true};
    int64_t until_ns = driver->now_ns(driver) + 20 * NS_PER_S;
    struct step_hooks *hooks;
    struct fault fault;

    (void) state;
    put("before-cutover-arm", IN_DIRECTORY "echo $$ >../pid\nexec tail -f /dev/null", 0700);
    hooks = opened();
    while (!*left("pid") && driver->now_ns(driver) < until_ns) {
        assert_int_equal(step_hooks_poll(hooks, &moment, &fault), STEP_WAIT);
        driver->wait(driver, driver->now_ns(driver) + 20 * NS_PER_MS);
    }
    assert_int_equal(step_hooks_poll(hooks, NULL, NULL), STEP_DONE);
    while (is_alive("pid") && driver->now_ns(driver) < until_ns)
        driver->wait(driver, driver->now_ns(driver) + 20 * NS_PER_MS);
    assert_false(is_alive("pid"));
    step_hooks_free(hooks);
}

static void a_dry_run_lists_them(void **state)
{
    struct step_hooks *hooks;
    struct text out = {0};
    const char *at;

    (void) state;
    put("before-cutover-hold", "exit 1", 0700);
    put("after-cutover-release", "exit 1", 0700);
    put("before-cutover", "exit 1", 0700);
    hooks = opened();
    step_hooks_explain(hooks, &plan_cutover, &out);
    at = text_string(&out);
    assert_non_null(at = strstr(at, "before everything: "));
    assert_non_null(at = strstr(at, "before quiet: "));
    assert_non_null(at = strstr(at, "/before-cutover-hold\n"));
    assert_non_null(at = strstr(at, "after release: "));
    assert_null(strstr(text_string(&out), "before hold:"));
    text_free(&out);
    step_hooks_explain(hooks, &plan_prepare, &out);
    assert_string_equal(text_string(&out), "");
    step_hooks_explain(NULL, &plan_cutover, &out);
    assert_string_equal(text_string(&out), "");
    step_hooks_free(hooks);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_mean_rows_and_commands),
        cmocka_unit_test(no_hook_is_in_the_pause),
        cmocka_unit_test(what_means_nothing_is_refused),
        cmocka_unit_test_setup_teardown(a_directory_that_cannot_be_used, set_up, tear_down),
        cmocka_unit_test_setup_teardown(they_run_in_order_and_see_their_environment, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(around_a_command_they_are_told_its_outcome, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(one_that_fails_stops_those_behind_it, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_hangs_is_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_does_not_want_to_end_is_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_nobody_waits_for_is_ended, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dry_run_lists_them, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
