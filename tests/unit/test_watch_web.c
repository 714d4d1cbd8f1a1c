/* The page's server: what it tells, once and again, of a model that changes. */
#include "cutover/report/watch_json.h"
#include "cutover/report/watch_web.h"
#include "web_client.h"

#include <cjson/cJSON.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOST "Host: localhost\r\n"

static struct watch *watch;
static struct watch_web *web;
static struct watch_server *blue;

static void set_slot(const char *name, int64_t behind)
{
    struct watch_slot_values values = {.behind = behind,
                                       .lag_us = 1000000,
                                       .retained = WATCH_UNKNOWN,
                                       .safe = WATCH_UNKNOWN,
                                       .lost_in_us = WATCH_UNKNOWN,
                                       .apply_rate = WATCH_UNKNOWN,
                                       .eta_us = WATCH_UNKNOWN,
                                       .spilled = WATCH_UNKNOWN,
                                       .is_there = 1};

    watch_set_slot(watch, watch_slot(blue, name, 0), &values);
}

static int begin(void **state)
{
    struct watch_server_values values;
    struct fault fault = {0};

    (void) state;
    web_loop = loop_new();
    watch = watch_new(1000);
    watch->now_us = 1000000;
    blue = watch_server(watch_cluster(watch, "orders"), "blue");
    values = blue->now;
    values.state = WATCH_MEASURED;
    watch_set_server(watch, blue, &values);
    set_slot("pgcutover_1", 11);
    set_slot("a b&c", 22);
    watch_tick(blue, 1000000);
    return watch_web_new(web_loop, watch, "127.0.0.1:0", false, &web, &fault) ? 0 : -1;
}

static int end(void **state)
{
    (void) state;
    watch_web_free(web);
    watch_free(watch);
    loop_free(web_loop);
    return 0;
}

static struct web_client listen_to(const char *headers, const char *query)
{
    struct web_client client = web_connect(watch_web_address(web), 0);
    char request[512];

    snprintf(request, sizeof(request), "GET /api/events%s HTTP/1.1\r\n" HOST "%s\r\n", query,
             headers);
    web_say(&client, request);
    return client;
}

/* The id of its last message. */
static void last_id(struct web_client *client, char ret_id[64])
{
    const char *at = text_string(&client->got), *found = NULL;

    while ((at = strstr(at, "id: ")))
        found = at += strlen("id: ");
    assert_non_null(found);
    snprintf(ret_id, 64, "%.*s", (int) strcspn(found, "\n"), found);
}

static void test_tells_all_and_then_what_changed(void **state)
{
    struct web_client client = listen_to("", ""), other = listen_to("", "");

    (void) state;
    assert_true(web_expect(&client, "\n\n\r\n"));
    assert_true(web_expect(&other, "\n\n\r\n"));
    assert_non_null(strstr(client.got.data, "retry: "));
    assert_non_null(strstr(client.got.data, "\"whole\":true"));
    assert_non_null(strstr(client.got.data, "\"behind\":11"));
    assert_non_null(strstr(client.got.data, "\"behind\":22"));
    text_free(&client.got);
    set_slot("a b&c", 33);
    watch_web_changed(web);
    assert_true(web_expect(&client, "\"behind\":33"));
    assert_non_null(strstr(client.got.data, "\"whole\":false"));
    assert_null(strstr(client.got.data, "pgcutover_1"));
    assert_true(web_expect(&other, "\"behind\":33"));
    web_close(&client);
    web_close(&other);
}

static void test_who_comes_back_is_told_what_it_missed(void **state)
{
    struct web_client client = listen_to("", "");
    char id[64], header[128];

    (void) state;
    assert_true(web_expect(&client, "\n\n\r\n"));
    last_id(&client, id);
    web_close(&client);
    set_slot("pgcutover_1", 44);
    watch_web_changed(web);
    snprintf(header, sizeof(header), "Last-Event-ID: %s\r\n", id);
    client = listen_to(header, "");
    assert_true(web_expect(&client, "\"behind\":44"));
    assert_non_null(strstr(client.got.data, "\"whole\":false"));
    assert_null(strstr(client.got.data, "a b&c"));
    last_id(&client, id);
    web_close(&client);
    /* nothing was missed: nothing is told until something changes */
    snprintf(header, sizeof(header), "?since=%s", id);
    client = listen_to("", header);
    assert_true(web_expect(&client, "retry: "));
    assert_null(strstr(client.got.data, "data: "));
    set_slot("a b&c", 55);
    watch_web_changed(web);
    assert_true(web_expect(&client, "\"behind\":55"));
    assert_null(strstr(client.got.data, "\"whole\":true"));
    web_close(&client);
}

/* The numbers of another watch, and what is no number, mean nothing here. */
static void test_who_comes_from_another_watch_is_told_everything(void **state)
{
    static const char *const ids[] = {"0123456789abcdef-1", "1", "-", "x-1", "0", "é"};
    struct web_client client;
    char header[128];
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        snprintf(header, sizeof(header), "Last-Event-ID: %s\r\n", ids[i]);
        client = listen_to(header, "");
        assert_true(web_expect(&client, "\"whole\":true"));
        web_close(&client);
    }
}

/* 10 MB of slots: more than the kernel takes. */
static void set_many(int64_t behind)
{
    struct watch_server *first = blue;
    char name[64];
    int i;

    for (i = 0; i < 24000; i++) {
        snprintf(name, sizeof(name), "server_%02d", i / 600);
        if (i % 600 == 0)
            blue = watch_server(watch_cluster(watch, "many"), name);
        snprintf(name, sizeof(name), "slot_%05d_%040d", i, i);
        set_slot(name, behind);
    }
    blue = first;
}

/* A client that takes nothing misses nothing: it is told all of it at once, later. */
static void test_a_slow_client_is_told_later_and_once(void **state)
{
    struct web_client client = listen_to("", "");

    (void) state;
    assert_true(web_expect(&client, "\n\n\r\n"));
    text_free(&client.got);
    set_many(1);
    watch_web_changed(web); /* the client does not read now */
    set_slot("pgcutover_1", 777771);
    watch_web_changed(web);
    set_slot("pgcutover_1", 777772);
    watch_web_changed(web);
    assert_true(web_expect(&client, "\"behind\":777772")); /* though nothing changes any more */
    assert_null(strstr(client.got.data, "\"behind\":777771"));
    web_close(&client);
}

static void expect(const char *path, const char *text)
{
    char *got = web_ask(watch_web_address(web), "GET", path, HOST);

    if (!strstr(got, text))
        fail_msg("GET %s: \"%s\" is not in: %s", path, text, got);
    free(got);
}

static void test_answers_what_is_asked_for(void **state)
{
    (void) state;
    expect("/", "<!doctype html>");
    expect("/uPlot.iife.min.js", "leeoniya/uPlot");
    expect("/uPlot.LICENSE.txt", "The MIT License");
    expect("/healthz", "\r\n\r\nok\n");
    expect("/api/state", "\"whole\":true");
    expect("/api/state", "Cache-Control: no-store");
    expect("/api/history?cluster=orders&server=blue&slot=a+b%26c",
           "{\"at_us\":[1000000],\"behind\":[22],\"lag_s\":[1]}");
    expect("/api/history?cluster=orders&server=blue&slot=nothing", "HTTP/1.1 404");
    expect("/api/history?cluster=orders&server=green&slot=a+b%26c", "HTTP/1.1 404");
    expect("/api/history?cluster=x", "HTTP/1.1 404");
    expect("/api/history", "HTTP/1.1 404");
}

static void test_metrics_are_in_the_format_that_is_accepted(void **state)
{
    char *text = web_ask(watch_web_address(web), "GET", "/metrics", HOST "Accept: */*\r\n");
    char *open = web_ask(watch_web_address(web), "GET", "/metrics",
                         HOST "Accept: application/openmetrics-text;version=1.0.0,text/plain\r\n");

    (void) state;
    assert_non_null(strstr(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
    assert_non_null(strstr(text, "slot_name=\"pgcutover_1\""));
    assert_null(strstr(text, "# EOF"));
    assert_non_null(strstr(open, "Content-Type: application/openmetrics-text; version=1.0.0"));
    assert_string_equal(open + strlen(open) - 6, "# EOF\n");
    free(text);
    free(open);
}

static void test_an_address_that_others_reach_is_refused(void **state)
{
    struct watch_web *other = NULL;
    struct fault fault = {0};

    (void) state;
    assert_false(watch_web_new(web_loop, watch, "0.0.0.0:0", false, &other, &fault));
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    assert_true(watch_web_new(web_loop, watch, "0.0.0.0:0", true, &other, &fault));
    watch_web_free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_tells_all_and_then_what_changed),
        TEST(test_who_comes_back_is_told_what_it_missed),
        TEST(test_who_comes_from_another_watch_is_told_everything),
        TEST(test_a_slow_client_is_told_later_and_once),
        TEST(test_answers_what_is_asked_for),
        TEST(test_metrics_are_in_the_format_that_is_accepted),
        TEST(test_an_address_that_others_reach_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
