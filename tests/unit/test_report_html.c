/* The page and the JSON of the report: what others wrote stays text, what nobody knows is not 0. */
#include "cutover/base/text.h"
#include "cutover/report/report_html.h"
#include "cutover/report/report_html_scale.h"
#include "cutover/report/report_html_states.h"
#include "cutover/report/report_html_write.h"
#include "cutover/report/report_json.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SECOND (1000 * 1000LL)
#define BEGAN 1795417244085240LL
#define UNKNOWN REPORT_UNKNOWN

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" is not in it", part);
}

static void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part))
        fail_msg("\"%s\" is in it", part);
}

static size_t count_of(const char *text, const char *part)
{
    size_t count = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

/* --- writing ---------------------------------------------------------------------------------- */

static void assert_escaped(const char *from, const char *to)
{
    struct text text = {0};

    html_add(&text, "%s", html_or(from, ""));
    assert_string_equal(text_string(&text), to);
    text_free(&text);
}

static void test_all_text_is_escaped(void **state)
{
    struct text text = {0};

    (void) state;
    assert_escaped("<b a=\"1\" c='2'>&amp;", "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;");
    assert_escaped("a\x01"
                   "b\nc\td\x7f",
                   "a\xef\xbf\xbd"
                   "b\nc\td\xef\xbf\xbd");
    assert_escaped("a\xff z", "a? z");
    assert_escaped("a\xe2\x80\xae z\xe2\x81\xa7", "a\xef\xbf\xbd z\xef\xbf\xbd");
    assert_escaped("ü € \xf0\x9f\x98\x80", "ü € \xf0\x9f\x98\x80");
    assert_escaped("", "");
    html_add(&text, "<i x=\"%d\" y=\"%zu\" z=\"%lld\">%.1f%% %s</i>", -3, (size_t) 4, 5LL, 6.25,
             "<");
    assert_string_equal(text_string(&text), "<i x=\"-3\" y=\"4\" z=\"5\">6.2% &lt;</i>");
    text_free(&text);
}

static void test_numbers_read_as_on_the_page_of_watch(void **state)
{
    char buffer[32];

    (void) state;
    assert_string_equal(html_duration(buffer, UNKNOWN), "not measured");
    assert_string_equal(html_duration(buffer, 0), "0 s");
    assert_string_equal(html_duration(buffer, 310), "0.31 ms");
    assert_string_equal(html_duration(buffer, 9710), "9.71 ms");
    assert_string_equal(html_duration(buffer, 97032), "97 ms");
    assert_string_equal(html_duration(buffer, 999600), "1 s");
    assert_string_equal(html_duration(buffer, 59999999), "1 min");
    assert_string_equal(html_duration(buffer, 250 * SECOND), "4 min 10 s");
    assert_string_equal(html_duration(buffer, 51 * 3600 * SECOND), "2 d 3 h");
    assert_string_equal(html_size(buffer, UNKNOWN), "not measured");
    assert_string_equal(html_size(buffer, 0), "0 bytes");
    assert_string_equal(html_size(buffer, 1536), "1.5 kB");
    assert_string_equal(html_size(buffer, 32LL << 40), "32 TB");
    assert_string_equal(html_count(buffer, UNKNOWN), "not measured");
    assert_string_equal(html_count(buffer, 0), "0");
    assert_string_equal(html_count(buffer, 1234567), "1,234,567");
    assert_string_equal(html_clock(buffer, BEGAN, 60 * SECOND), "07:00");
    assert_string_equal(html_clock(buffer, BEGAN, SECOND), "07:00:44");
    assert_string_equal(html_clock(buffer, BEGAN, 1000), "07:00:44.085");
    assert_string_equal(html_moment(buffer, BEGAN), "2026-11-23 07:00:44.085");
}

/* --- axes ------------------------------------------------------------------------------------- */

static void test_idle_days_are_cut_out_of_the_axis(void **state)
{
    struct axis_span busy[] = {{BEGAN + 500000 * SECOND, BEGAN + 500010 * SECOND, "cutover"},
                               {BEGAN, BEGAN + 100 * SECOND, "prepare"},
                               {BEGAN + 99 * SECOND, BEGAN + 18000 * SECOND, "prepare"}};
    struct axis axis;

    (void) state;
    axis_build(&axis, busy, 3, 0, 1000);
    assert_int_equal(axis.count, 2);
    assert_true(axis.parts[1].right - axis.parts[1].left > 250); /* ten seconds of six days */
    assert_true(axis_x(&axis, BEGAN) == 0);
    assert_true(axis_x(&axis, BEGAN + 500010 * SECOND) == 1000);
    assert_true(axis_x(&axis, BEGAN + 200000 * SECOND) == axis.parts[0].right + AXIS_BREAK / 2.0);
    assert_true(axis_x(&axis, BEGAN + 900000 * SECOND) == 1000);
}

static void test_what_can_be_seen_at_one_scale_has_one(void **state)
{
    struct axis_span busy[] = {{BEGAN, BEGAN + 11 * SECOND, "prepare"},
                               {BEGAN + 14 * SECOND, BEGAN + 21 * SECOND, "cutover"}};
    struct axis axis;

    (void) state;
    axis_build(&axis, busy, 2, 0, 1000);
    assert_int_equal(axis.count, 1);
    axis_build(&axis, busy, 0, 0, 1000);
    assert_int_equal(axis.count, 0);
    assert_true(axis_x(&axis, BEGAN) == 1000);
}

static void test_a_moment_without_length_is_no_division_by_zero(void **state)
{
    struct axis_span busy[] = {{BEGAN, BEGAN, NULL}};
    struct text text = {0};
    struct axis axis;
    struct scale scale;

    (void) state;
    axis_build(&axis, busy, 1, 0, 100);
    assert_true(axis_x(&axis, BEGAN) == 0);
    axis_draw(&axis, &text, 0, 10);
    scale_build(&scale, SCALE_TIME, INT64_MAX, 0, 0, 100);
    scale_draw(&scale, &text, 0, 100);
    assert_lacks(text_string(&text), "nan");
    assert_lacks(text_string(&text), "inf");
    assert_true(scale_y(&scale, 0) == 100);
    text_free(&text);
}

static void test_amounts_far_apart_are_logarithmic(void **state)
{
    struct scale scale;

    (void) state;
    scale_build(&scale, SCALE_TIME, 3000, 9 * SECOND, 0, 100);
    assert_true(scale.is_log);
    assert_true(scale_y(&scale, 0) == 100 && scale_y(&scale, 3000) < 84);
    assert_true(scale_y(&scale, 9 * SECOND) >= 0);
    assert_true(scale_y(&scale, 100 * SECOND) >= 0);
    scale_build(&scale, SCALE_BYTES, 3000, 9000, 0, 100);
    assert_false(scale.is_log);
    assert_true(scale_y(&scale, 9000) < scale_y(&scale, 3000));
}

/* --- reports ---------------------------------------------------------------------------------- */

static struct report *cut_over(void)
{
    struct report *report = report_new();
    static const struct {
        const char *plan, *step, *state, *side;
        int64_t began_ms, ended_ms;
    } steps[] = {
        {"prepare", "clone", "done", "blue", 0, 1000},
        {"prepare", "enable", "done", "blue", 1000, 1100},
        {"cutover", "hold", "done", "blue", 5000, 5010},
        {"cutover", "fence", "done", "nobody", 5010, 5020},
        {"cutover", "commit", "done", "green", 5020, 5030},
        {"cutover", "release", "done", "green", 5030, 5060},
        {"cutover", "turn", "done", "green", 5100, 6000},
    };
    size_t i, count = sizeof(steps) / sizeof(*steps);

    report->steps = arena_take(report->arena, count * sizeof(*report->steps));
    for (i = 0; i < count; i++)
        report->steps[report->step_count++] =
            (struct report_step){.plan = steps[i].plan,
                                 .step = steps[i].step,
                                 .state = steps[i].state,
                                 .side = steps[i].side,
                                 .began_us = BEGAN + steps[i].began_ms * 1000,
                                 .ended_us = BEGAN + steps[i].ended_ms * 1000};
    report->moves = arena_take(report->arena, sizeof(*report->moves));
    report->move_count = 1;
    report->moves[0] = (struct report_move){.plan = "cutover",
                                            .from = "blue",
                                            .to = "green",
                                            .outcome = "done",
                                            .began_us = BEGAN,
                                            .ended_us = BEGAN + 6 * SECOND,
                                            .held_us = BEGAN + 5 * SECOND,
                                            .released_us = BEGAN + 5060000,
                                            .budget_us = UNKNOWN};
    report->outcome = REPORT_ON_GREEN;
    report->side = "green";
    report->began_us = BEGAN;
    report->ended_us = BEGAN + 6 * SECOND;
    return report;
}

static void add_pooler(struct report *report, const char *name, bool is_measured)
{
    struct report_move *move = &report->moves[0];
    struct report_felt none = {UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN};
    struct report_felt felt = {10, 0, 97000, 74000, 4000, 1};

    move->poolers = arena_take(report->arena, sizeof(*move->poolers));
    move->pooler_count = 1;
    move->poolers[0] =
        (struct report_pooler){.name = name,
                               .held_us = move->held_us,
                               .released_us = move->released_us,
                               .state = is_measured ? "measured" : "it could not log in",
                               .before = is_measured ? felt : none,
                               .held = is_measured ? felt : none,
                               .after = is_measured ? felt : none,
                               .probes = is_measured ? 30 : UNKNOWN,
                               .failed = is_measured ? 2 : UNKNOWN};
}

static void test_who_may_write_follows_the_steps(void **state)
{
    struct report *report = cut_over();
    struct states blue, green;

    (void) state;
    states_of(report, "blue", &blue);
    states_of(report, "green", &green);
    assert_int_equal(blue.count, 2);
    assert_int_equal(blue.list[0].state, SERVER_WRITES);
    assert_int_equal(blue.list[0].to_us, BEGAN + 5020000);
    assert_int_equal(blue.list[1].state, SERVER_CLOSED);
    assert_int_equal(green.count, 3);
    assert_int_equal(green.list[0].state, SERVER_MADE);
    assert_int_equal(green.list[1].state, SERVER_FOLLOWS);
    assert_int_equal(green.list[2].state, SERVER_WRITES);
    assert_int_equal(green.list[2].from_us, BEGAN + 5030000);
    report_free(report);
}

static void test_an_empty_report_says_why(void **state)
{
    struct report *report = report_new();
    char *html = report_html(report), *json = report_json(report);
    cJSON *parsed = cJSON_Parse(json);

    (void) state;
    assert_has(html, "Nothing was executed.");
    assert_has(html, "No client probe: no clients were moved.");
    assert_has(html, "Clients were not held.");
    assert_lacks(html, "<svg role");
    assert_lacks(html, "(null)");
    assert_lacks(html, "-9223372036854775808");
    assert_non_null(parsed);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(parsed, "made_us")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(parsed, "cluster")));
    cJSON_Delete(parsed);
    free(html);
    free(json);
    report_free(report);
}

static void test_what_was_not_measured_is_never_zero(void **state)
{
    struct report *report = cut_over();
    char *html;

    (void) state;
    add_pooler(report, "p1", false);
    html = report_html(report);
    assert_has(html, "No client probe: it could not log in.");
    assert_has(html, "Longest gap clients felt</h4><p class=\"value\">not measured</p>");
    assert_has(html, "Writes of the probe that failed</h4><p class=\"value\">not measured</p>");
    assert_has(html, "Lag before the hold</h4><p class=\"value\">not measured</p>");
    assert_has(html, "Accounting</h4><p class=\"value\">not measured</p>");
    assert_has(html, "Poolers held clients</h4><p class=\"value\">60 ms</p>");
    assert_lacks(html, "-9223372036854775808");
    free(html);
    report_free(report);
}

/* What should not be, and must not end it all the same: nothing has a name, clocks went back. */
static void test_a_report_full_of_holes_is_written(void **state)
{
    struct report *report = cut_over();
    struct report_move *move = &report->moves[0];
    struct report_probe probes[] = {{BEGAN, UNKNOWN, NULL, NULL}, {UNKNOWN, 5, "failed", NULL}};
    struct report_lag_point point = {BEGAN, UNKNOWN, UNKNOWN};
    struct report_lag lag = {.points = &point, .count = 1};
    struct report_event event = {.at_us = UNKNOWN};
    struct report_finding finding = {.id = NULL};
    struct report_parameter parameter = {.differs = true};
    struct report_show show = {.at_us = UNKNOWN};
    struct report_value value = {NULL, NULL};
    const char *none = NULL;
    char *html, *json;
    size_t i;

    (void) state;
    add_pooler(report, NULL, true);
    move->poolers[0].list = probes;
    move->poolers[0].count = 2;
    move->plan = move->from = move->to = move->outcome = NULL;
    move->released_us = move->held_us - 50 * SECOND;
    for (i = 0; i < report->step_count; i++)
        report->steps[i] = (struct report_step){.began_us = BEGAN, .ended_us = BEGAN - 1};
    report->lags = &lag;
    report->events = &event;
    report->findings = &finding;
    report->parameters = &parameter;
    report->shows = &show;
    report->values = report->account = &value;
    report->anomalies = report->references = &none;
    report->lag_count = report->event_count = report->finding_count = report->parameter_count = 1;
    report->show_count = report->value_count = report->account_count = 1;
    report->anomaly_count = report->reference_count = 1;
    html = report_html(report);
    json = report_json(report);
    assert_lacks(html, "(null)");
    assert_lacks(html, "nan");
    assert_lacks(html, "-9223372036854775808");
    assert_lacks(json, "(null)");
    free(html);
    free(json);
    report_free(report);
}

static void test_the_figures_are_those_of_the_data(void **state)
{
    struct report *report = cut_over();
    char *html;

    (void) state;
    add_pooler(report, "p1", true);
    report->moves[0].poolers[0].account = "1 write is missing";
    html = report_html(report);
    assert_has(html, "Longest gap clients felt</h4><p class=\"value\">97 ms</p>");
    assert_has(html, "<p class=\"value\">✖ 2 of 30</p>");
    assert_has(html, "✖ not proven");
    assert_has(html, "p1: 1 write is missing");
    free(html);
    report_free(report);
}

static void test_markup_of_others_stays_text(void **state)
{
    static const char hostile[] = "</script><img src=x onerror=alert(1)><!--";
    struct report *report = cut_over();
    char *html;

    (void) state;
    add_pooler(report, hostile, true);
    report->cluster = report->cause = report->next = report->operator_name = hostile;
    report->steps[0].step = report->steps[0].plan = report->steps[0].what = hostile;
    report->anomalies = (const char *[]){hostile};
    report->anomaly_count = 1;
    html = report_html(report);
    assert_lacks(html, "<img");
    assert_lacks(html, "<!--");
    assert_int_equal(count_of(html, "</script>"), 1); /* ours */
    assert_has(html, "\\u003c/script\\u003e");
    free(html);
    report_free(report);
}

/* --- many samples ----------------------------------------------------------------------------- */

static void add_lag(struct report *report, size_t slots, size_t points)
{
    size_t i, j;

    report->lags = arena_take(report->arena, slots * sizeof(*report->lags));
    report->lag_count = slots;
    for (i = 0; i < slots; i++) {
        struct report_lag *lag = &report->lags[i];

        *lag = (struct report_lag){.side = "blue", .slot = "pgcutover_1", .database = "shop"};
        lag->points = arena_take(report->arena, points * sizeof(*lag->points));
        for (j = 0; j < points; j++)
            lag->points[lag->count++] = (struct report_lag_point){
                BEGAN + (int64_t) j * SECOND, 1000, j == points / 3 ? 777777777 : 20000};
    }
}

static void test_many_samples_are_thinned_and_the_worst_stays(void **state)
{
    struct report *report = cut_over();
    char *html, *thin, *whole;

    (void) state;
    add_pooler(report, "p1", true);
    add_lag(report, 50, 2000);
    html = report_html(report);
    thin = report_json_thinned(report, 100);
    whole = report_json(report);
    assert_true(strlen(html) < 2000000);
    assert_true(strlen(thin) < strlen(whole) / 10);
    assert_has(thin, "\"thinned\":true");
    assert_has(whole, "\"thinned\":false");
    assert_int_equal(count_of(thin, "777777777"), 50);
    assert_has(thin, "\"points\":2000");
    assert_has(html, "the worst of the 45 others");
    free(html);
    free(thin);
    free(whole);
    report_free(report);
}

static void test_a_write_that_failed_is_kept(void **state)
{
    struct report *report = cut_over();
    struct report_pooler *pooler;
    char *thin;
    size_t i;

    (void) state;
    add_pooler(report, "p1", true);
    pooler = &report->moves[0].poolers[0];
    pooler->list = arena_take(report->arena, 5000 * sizeof(*pooler->list));
    for (i = 0; i < 5000; i++)
        pooler->list[pooler->count++] =
            (struct report_probe){BEGAN + (int64_t) i * 1000, 900,
                                  i == 1234 ? "failed" : "acknowledged", i == 1234 ? "57P01" : ""};
    thin = report_json_thinned(report, 50);
    assert_int_equal(count_of(thin, "57P01"), 1);
    assert_has(thin, "\"count\":5000");
    free(thin);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_text_is_escaped),
        cmocka_unit_test(test_numbers_read_as_on_the_page_of_watch),
        cmocka_unit_test(test_idle_days_are_cut_out_of_the_axis),
        cmocka_unit_test(test_what_can_be_seen_at_one_scale_has_one),
        cmocka_unit_test(test_a_moment_without_length_is_no_division_by_zero),
        cmocka_unit_test(test_amounts_far_apart_are_logarithmic),
        cmocka_unit_test(test_who_may_write_follows_the_steps),
        cmocka_unit_test(test_an_empty_report_says_why),
        cmocka_unit_test(test_what_was_not_measured_is_never_zero),
        cmocka_unit_test(test_a_report_full_of_holes_is_written),
        cmocka_unit_test(test_the_figures_are_those_of_the_data),
        cmocka_unit_test(test_markup_of_others_stays_text),
        cmocka_unit_test(test_many_samples_are_thinned_and_the_worst_stays),
        cmocka_unit_test(test_a_write_that_failed_is_kept),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
