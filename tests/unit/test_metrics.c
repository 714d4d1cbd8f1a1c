/* A watch as metrics: both formats, hostile names, and no sample for what is not measured. */
#include "cutover/report/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "watch_story.h"

static struct text out;

static int begin(void **state)
{
    (void) state;
    watch = watch_new(1000);
    watch->now_us = BEGIN;
    return 0;
}

static int end(void **state)
{
    (void) state;
    text_free(&out);
    watch_free(watch);
    return 0;
}

static void print(bool is_open)
{
    text_free(&out);
    metrics_print(&out, watch, is_open);
}

static void has(const char *line)
{
    const char *at = strstr(text_string(&out), line);

    if (!at)
        fail_msg("no \"%s\" in:\n%s", line, text_string(&out));
}

static void has_not(const char *part)
{
    if (strstr(text_string(&out), part))
        fail_msg("\"%s\" in:\n%s", part, text_string(&out));
}

static void names_labels_and_values(void **state)
{
    (void) state;
    fill(1);
    print(false);
    has("pgcutover_build_info{version=\"" PGCUTOVER_VERSION "\"} 1\n");
    has("pgcutover_run_info{cluster=\"orders\",run_id=\"r1\"} 1\n");
    has("pgcutover_run_state{cluster=\"orders\",state=\"ready\"} 1\n");
    has("pgcutover_run_state{cluster=\"orders\",state=\"preparing\"} 0\n");
    has("pgcutover_run_may_write{cluster=\"orders\",side=\"blue\"} 1\n");
    has("pgcutover_server_measured{cluster=\"orders\",server=\"blue\"} 1\n");
    has("pgcutover_lag_sample_timestamp_seconds{cluster=\"orders\",server=\"blue\"} "
        "1795404424.000000\n");
    has("pgcutover_replication_lag_seconds{cluster=\"orders\",server=\"blue\",slot_name="
        "\"pgcutover_100\",database=\"tenant0\"} 100.000000\n");
    has("pgcutover_replication_lag_bytes{cluster=\"orders\",server=\"blue\",slot_name="
        "\"pgcutover_100\",database=\"tenant0\"} 1234567\n");
    has("database=\"tenant0\",wal_status=\"reserved\"} 1\n");
    has("database=\"tenant0\",wal_status=\"lost\"} 0\n");
    has("database=\"tenant0\",trend=\"catching_up\"} 1\n");
    has("pgcutover_pool_client_waiting_connections{cluster=\"orders\",pooler=\"pgb\",console="
        "\"pgb\",database=\"shop\",user=\"app\"} 3\n");
    has("# TYPE pgcutover_build_info gauge\n");
    has("# TYPE pgcutover_wal_written_bytes_total counter\n");
    has_not("# EOF");
}

static void openmetrics_names_families_otherwise(void **state)
{
    (void) state;
    fill(1);
    print(true);
    has("# TYPE pgcutover_build info\n");
    has("pgcutover_build_info{version=");
    has("# TYPE pgcutover_wal_written_bytes counter\n");
    assert_string_equal(out.data + out.length - strlen("\n# EOF\n"), "\n# EOF\n");
}

static void what_is_not_measured_has_no_sample(void **state)
{
    (void) state;
    fill(1);
    slot(server("orders", "blue"), "pgcutover_100", "tenant0", WATCH_UNKNOWN);
    print(false);
    has_not("pgcutover_replication_lag_seconds{");
    has_not("pgcutover_replication_slot_safe_bytes{"); /* there is no limit */
    has("pgcutover_replication_lag_bytes{");
    lose(server("orders", "blue"), "gone");
    print(false);
    has("pgcutover_server_measured{cluster=\"orders\",server=\"blue\"} 0\n");
    has("pgcutover_lag_sample_timestamp_seconds{cluster=\"orders\",server=\"blue\"}");
    has_not("slot_name=");
    has_not("pgcutover_wal_bytes_per_second{cluster=\"orders\",server=\"blue\"}");
    watch->now_us = BEGIN + 60 * S; /* says that it is measured, and nothing has come */
    print(false);
    has("pgcutover_server_measured{cluster=\"orders\",server=\"green\"} 0\n");
    has("pgcutover_pooler_measured{cluster=\"orders\",pooler=\"pgb\",console=\"pgb\"} 0\n");
    has_not("pgcutover_pool_client_waiting_connections{");
}

static void a_run_that_is_not_known_has_no_state(void **state)
{
    struct watch_run_values values = {.since_us = WATCH_UNKNOWN, .why = "it cannot be read"};

    (void) state;
    watch_set_run(watch, watch_cluster(watch, "orders"), &values);
    print(false);
    has_not("pgcutover_run_state{");
    has_not("pgcutover_run_may_write{");
    has_not("pgcutover_run_info{");
}

static void our_slot_that_is_gone_exists_with_zero(void **state)
{
    struct watch_slot_values values = {.is_there = 0};

    (void) state;
    fill(0);
    watch_set_slot(watch, watch_slot(server("orders", "blue"), "pgcutover_7", 0), &values);
    watch_set_slot(watch, watch_slot(server("orders", "blue"), "theirs", 0), &values);
    print(false);
    has("pgcutover_replication_slot_exists{cluster=\"orders\",server=\"blue\",slot_name="
        "\"pgcutover_7\",database=\"\"} 0\n");
    has_not("theirs");
    has_not("pgcutover_replication_lag_bytes{");
}

static void names_cannot_break_a_line(void **state)
{
    (void) state;
    fill(0);
    slot(server("orders", "blue"), "pgcutover_1", "a\"} 1\nb\\ 日 \xff\x1b\xe6", 1);
    slot(server("orders", "blue"), "pgcutover_2", "a?", 1);
    slot(server("orders", "blue"), "pgcutover_3", "a\xfe", 1);
    print(false);
    has("database=\"a\\\"} 1\\\\x0ab\\\\ 日 \\\\xff\\\\x1b\\\\xe6\"}");
    has("database=\"a?\"}");
    has("database=\"a\\\\xfe\"}");
}

static void the_file_is_whole_and_for_everybody(void **state)
{
    char directory[] = "/tmp/pgcutover-test-XXXXXX", path[64], line[256];
    struct metrics_file *file;
    struct stat about;
    struct fault fault;
    FILE *stream;

    (void) state;
    fill(1);
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof(path), "%s/x.prom", directory);
    file = metrics_file_new(path);
    umask(0077);
    assert_true(metrics_file_write(file, watch, &fault));
    assert_true(metrics_file_write(file, watch, &fault));
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 0777, 0644);
    stream = fopen(path, "r");
    assert_non_null(fgets(line, sizeof(line), stream));
    assert_string_equal(line, "# HELP pgcutover_build_info The version that runs.\n");
    fclose(stream);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0); /* nothing is left beside it */
    assert_false(metrics_file_write(file, watch, &fault));
    assert_string_equal(fault.cause, "No such file or directory");
    assert_true(metrics_file_write(file, watch, &fault)); /* said once */
    assert_int_equal(mkdir(directory, 0700), 0);
    assert_true(metrics_file_write(file, watch, &fault));
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0);
    assert_false(metrics_file_write(file, watch, &fault));
    metrics_file_free(file);
}

/* For promtool: tests/e2e/test_metrics.py. */
static int show(const char *format)
{
    begin(NULL);
    fill(2);
    slot(server("orders", "blue"), "pgcutover_1", "a\"} 1\nb\\ 日 \xff\x1b\xe6", 1);
    print(strcmp(format, "openmetrics") == 0);
    fputs(text_string(&out), stdout);
    return end(NULL);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(names_labels_and_values, begin, end),
        cmocka_unit_test_setup_teardown(openmetrics_names_families_otherwise, begin, end),
        cmocka_unit_test_setup_teardown(what_is_not_measured_has_no_sample, begin, end),
        cmocka_unit_test_setup_teardown(a_run_that_is_not_known_has_no_state, begin, end),
        cmocka_unit_test_setup_teardown(our_slot_that_is_gone_exists_with_zero, begin, end),
        cmocka_unit_test_setup_teardown(names_cannot_break_a_line, begin, end),
        cmocka_unit_test_setup_teardown(the_file_is_whole_and_for_everybody, begin, end),
    };

    if (count == 2)
        return show(arguments[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
