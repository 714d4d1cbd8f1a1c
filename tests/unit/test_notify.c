/* Notifications: what is sent to whom, in order, never while clients are held, and for how long the
   end of a command waits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/digest.h"
#include "../../cutover/base/loop.h"
#include "../../cutover/base/text.h"
#include "../../cutover/commands/notify.h"

#include <cjson/cJSON.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct notify_message message = {.event = "switched",
                                        .cluster = "orders",
                                        .run = "20261123T0100",
                                        .command = "cutover",
                                        .step = "commit",
                                        .may_write = "green",
                                        .text = "it \"went\" <well> & fast",
                                        .next = "pgcutover finish --execute",
                                        .wall_us = INT64_C(1767225600123456),
                                        .number = 7};

/* A server on the loop of the program itself, and what it was sent. */
static struct {
    struct loop *loop;
    struct evhttp *server;
    char url[64], directory[64], file[96];
    char bodies[64][1024], signature[128];
    int count, status;
    bool is_silent;
    struct config config;
    struct config_notify list[2];
    struct notify *notify;
} scene;

static void on_request(struct evhttp_request *request, void *context)
{
    struct evbuffer *buffer = evhttp_request_get_input_buffer(request);
    const char *signature =
        evhttp_find_header(evhttp_request_get_input_headers(request), "X-Pgcutover-Signature");

    (void) context;
    assert_int_equal(evhttp_request_get_command(request), EVHTTP_REQ_POST);
    if (scene.count < 64)
        evbuffer_copyout(buffer, scene.bodies[scene.count], sizeof(scene.bodies[0]) - 1);
    snprintf(scene.signature, sizeof(scene.signature), "%s", signature ? signature : "");
    scene.count++;
    if (!scene.is_silent)
        evhttp_send_reply(request, scene.status, "said", NULL);
}

static int set_up(void **state)
{
    struct evhttp_bound_socket *bound;
    struct sockaddr_in address;
    socklen_t length = sizeof(address);

    (void) state;
    memset(&scene, 0, sizeof(scene));
    scene.loop = loop_new();
    scene.status = 200;
    scene.server = evhttp_new(loop_base(scene.loop));
    evhttp_set_gencb(scene.server, on_request, NULL);
    bound = evhttp_bind_socket_with_handle(scene.server, "127.0.0.1", 0);
    assert_non_null(bound);
    assert_int_equal(
        getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr *) &address, &length), 0);
    snprintf(scene.url, sizeof(scene.url), "http://127.0.0.1:%d/s3cret", ntohs(address.sin_port));
    snprintf(scene.directory, sizeof(scene.directory), "/tmp/pgc-notify-XXXXXX");
    assert_non_null(mkdtemp(scene.directory));
    snprintf(scene.file, sizeof(scene.file), "%s/key", scene.directory);
    scene.list[0].name = (char *) (uintptr_t) "ops";
    scene.list[0].kind = (char *) (uintptr_t) "webhook";
    scene.list[0].url = scene.url;
    scene.config.notifies = scene.list;
    scene.config.notify_count = 1;
    return 0;
}

static int tear_down(void **state)
{
    (void) state;
    notify_free(scene.notify);
    evhttp_free(scene.server);
    loop_free(scene.loop);
    unlink(scene.file);
    return rmdir(scene.directory);
}

static void open_it(void)
{
    struct fault fault;

    if (!notify_new(&scene.config, scene.loop, false, &scene.notify, &fault))
        fail_msg("%s", fault.cause);
}

static void write_key(const char *text, mode_t mode)
{
    int file = open(scene.file, O_WRONLY | O_CREAT | O_TRUNC, 0600);

    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t) strlen(text));
    assert_int_equal(fchmod(file, mode), 0);
    close(file);
}

static int64_t now(void)
{
    return loop_driver(scene.loop)->now_ns(loop_driver(scene.loop));
}

/* Turns of the loop until the server has been asked so often, at most for so long. */
static void turn_until(int count, int64_t ms)
{
    int64_t until_ns = now() + ms * NS_PER_MS;

    while (scene.count < count && now() < until_ns) {
        notify_poll(scene.notify);
        loop_driver(scene.loop)->wait(loop_driver(scene.loop), now() + 10 * NS_PER_MS);
    }
}

static void say(const char *text)
{
    struct notify_message said = message;

    said.text = text;
    notify_say(scene.notify, &said);
}

/* What it says when the command ends; the caller frees it. */
static char *end_it(void)
{
    struct text text = {0};

    notify_end(scene.notify, &text);
    return text_take(&text);
}

/* --- what is sent ----------------------------------------------------------------------------- */

static const char *word(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(cJSON_GetObjectItem(object, name));
}

static cJSON *body_of(const struct config_notify *config, const char *key)
{
    char *text = notify_body(config, key, &message);
    cJSON *object = cJSON_Parse(text);

    assert_non_null(object);
    free(text);
    return object;
}

static void a_webhook_gets_everything(void **state)
{
    struct config_notify config = {.kind = (char *) (uintptr_t) "webhook"};
    cJSON *object = body_of(&config, NULL);
    struct notify_message bare = {.event = "began", .cluster = "c", .text = "a\xff\nb"};
    char *text = notify_body(&config, NULL, &bare);

    (void) state;
    assert_int_equal(cJSON_GetNumberValue(cJSON_GetObjectItem(object, "schema_version")), 1);
    assert_string_equal(word(object, "id"), "1767225600123456-7");
    assert_string_equal(word(object, "event"), "switched");
    assert_string_equal(word(object, "cluster"), "orders");
    assert_string_equal(word(object, "run"), "20261123T0100");
    assert_string_equal(word(object, "command"), "cutover");
    assert_string_equal(word(object, "step"), "commit");
    assert_string_equal(word(object, "may_write"), "green");
    assert_string_equal(word(object, "text"), "it \"went\" <well> & fast");
    assert_string_equal(word(object, "next"), "pgcutover finish --execute");
    assert_string_equal(word(object, "time"), "2026-01-01T00:00:00.123Z");
    cJSON_Delete(object);
    object = cJSON_Parse(text);
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(object, "run")));
    assert_true(cJSON_IsNull(cJSON_GetObjectItem(object, "may_write")));
    assert_string_equal(word(object, "text"), "a?\nb");
    cJSON_Delete(object);
    free(text);
}

static void slack_gets_a_text(void **state)
{
    struct config_notify config = {.kind = (char *) (uintptr_t) "slack"};
    cJSON *object = body_of(&config, NULL);

    (void) state;
    assert_string_equal(word(object, "text"), "orders: it \"went\" &lt;well&gt; &amp; fast\nNext: "
                                              "pgcutover finish --execute");
    assert_int_equal(cJSON_GetArraySize(object), 1);
    cJSON_Delete(object);
}

static void pagerduty_is_called_and_called_off(void **state)
{
    struct config_notify config = {.kind = (char *) (uintptr_t) "pagerduty"};
    const cJSON *payload;
    cJSON *object;
    char *text;

    (void) state;
    assert_null(notify_body(&config, "k", &message));
    message.event = "needs_human";
    object = body_of(&config, "k");
    assert_string_equal(word(object, "routing_key"), "k");
    assert_string_equal(word(object, "event_action"), "trigger");
    assert_string_equal(word(object, "dedup_key"), "pgcutover/orders/20261123T0100");
    payload = cJSON_GetObjectItem(object, "payload");
    assert_string_equal(word(payload, "severity"), "critical");
    assert_string_equal(word(payload, "source"), "orders");
    assert_string_equal(word(payload, "summary"), "orders: it \"went\" <well> & fast");
    assert_string_equal(word(payload, "timestamp"), "2026-01-01T00:00:00.123Z");
    assert_string_equal(word(cJSON_GetObjectItem(payload, "custom_details"), "next"),
                        "pgcutover finish --execute");
    cJSON_Delete(object);
    message.event = "done";
    text = notify_body(&config, "k", &message);
    assert_string_equal(text, "{\"routing_key\":\"k\",\"event_action\":\"resolve\",\"dedup_key\":"
                              "\"pgcutover/orders/20261123T0100\"}");
    free(text);
    message.event = "switched";
}

/* 1024 characters are its limit; none is cut in two. */
static void a_summary_is_not_too_long(void **state)
{
    struct config_notify config = {.kind = (char *) (uintptr_t) "pagerduty"};
    struct notify_message said = message;
    const char *summary;
    struct text text = {0};
    cJSON *object;
    char *body;
    int i;

    (void) state;
    for (i = 0; i < 1000; i++)
        text_add_string(&text, "\xc3\xa4");
    said.event = "needs_human";
    said.text = text_string(&text);
    body = notify_body(&config, "k", &said);
    object = cJSON_Parse(body);
    summary = word(cJSON_GetObjectItem(object, "payload"), "summary");
    assert_in_range(strlen(summary), 1020, 1024);
    assert_int_equal(summary[strlen(summary) - 1], (char) 0xa4);
    cJSON_Delete(object);
    free(body);
    text_free(&text);
}

/* --- sending ---------------------------------------------------------------------------------- */

static void they_come_in_order_and_signed(void **state)
{
    char expected[160], hex[65], *left;
    int i;

    (void) state;
    write_key("s3cret-key\n", 0600);
    scene.list[0].key_file = scene.file;
    open_it();
    for (i = 0; i < 9; i++) {
        char text[2] = {(char) ('a' + i), '\0'};

        say(text);
    }
    turn_until(9, 20000);
    left = end_it();
    assert_string_equal(left, "");
    free(left);
    assert_int_equal(scene.count, 9);
    for (i = 0; i < 9; i++) {
        char text[16];

        snprintf(text, sizeof(text), "\"text\":\"%c\"", 'a' + i);
        assert_non_null(strstr(scene.bodies[i], text));
    }
    digest_hmac_sha256("s3cret-key", scene.bodies[8], strlen(scene.bodies[8]), hex);
    snprintf(expected, sizeof(expected), "sha256=%s", hex);
    assert_string_equal(scene.signature, expected);
}

/* The last one is sent, too, though nobody answers; nothing waits longer than was said. */
static void who_does_not_answer_costs_two_seconds(void **state)
{
    int64_t begun_ns;
    char *left;

    (void) state;
    scene.is_silent = true;
    open_it();
    say("first");
    say("second");
    say("third");
    turn_until(1, 20000);
    begun_ns = now();
    left = end_it();
    assert_in_range(now() - begun_ns, 900 * NS_PER_MS, 2500 * NS_PER_MS);
    assert_non_null(strstr(left, "[notify ops]: 3 of 3 messages were not delivered"));
    assert_null(strstr(left, "s3cret"));
    free(left);
    assert_int_equal(scene.count, 3);
    assert_non_null(strstr(scene.bodies[2], "third"));
}

static void nothing_is_sent_while_clients_are_held(void **state)
{
    char *left;

    (void) state;
    scene.is_silent = true;
    open_it();
    say("under way");
    turn_until(1, 20000);
    notify_hold(scene.notify, true);
    say("switched");
    scene.is_silent = false;
    turn_until(2, 300);
    assert_int_equal(scene.count, 1);
    notify_hold(scene.notify, false);
    turn_until(3, 20000);
    left = end_it();
    assert_string_equal(left, "");
    free(left);
    /* what was taken back came again, and before what was said later */
    assert_int_equal(scene.count, 3);
    assert_non_null(strstr(scene.bodies[1], "under way"));
    assert_non_null(strstr(scene.bodies[2], "switched"));
}

static void what_is_refused_is_told_once(void **state)
{
    char *left;

    (void) state;
    scene.status = 404;
    open_it();
    say("a");
    say("b");
    turn_until(2, 20000);
    scene.status = 200;
    say("c");
    left = end_it();
    assert_string_equal(left,
                        "[notify ops]: 2 of 3 messages were not delivered: it answered with 404\n");
    free(left);
}

/* The newest matter. */
static void a_queue_that_is_full_drops_its_oldest(void **state)
{
    char *left, text[32];
    int i;

    (void) state;
    open_it();
    notify_hold(scene.notify, true);
    for (i = 0; i < 50; i++) {
        snprintf(text, sizeof(text), "number %d.", i);
        say(text);
    }
    left = end_it();
    assert_non_null(strstr(left, "18 of 50 messages were not delivered: too many"));
    free(left);
    assert_int_equal(scene.count, 32);
    assert_non_null(strstr(scene.bodies[31], "number 49."));
}

static void one_that_nobody_can_reach_does_not_matter_to_the_other(void **state)
{
    char *left;

    (void) state;
    scene.list[1] = scene.list[0];
    scene.list[0].name = (char *) (uintptr_t) "far";
    scene.list[0].url = (char *) (uintptr_t) "http://s3cret:s3cret@127.0.0.1:1/";
    scene.config.notify_count = 2;
    open_it();
    say("a");
    left = end_it();
    assert_non_null(strstr(left, "[notify far]: 1 of 1 messages"));
    assert_null(strstr(left, "[notify ops]"));
    assert_null(strstr(left, "s3cret"));
    free(left);
    assert_int_equal(scene.count, 1);
}

/* --- secrets ---------------------------------------------------------------------------------- */

static void assert_refused(const char *cause)
{
    struct fault fault = {0};

    if (notify_new(&scene.config, scene.loop, false, &scene.notify, &fault))
        fail_msg("accepted: %s", cause);
    assert_int_equal(fault.exit_code, EXIT_USAGE);
    assert_null(strstr(fault.cause, "s3cret"));
    assert_null(strstr(fault.hint, "s3cret"));
    if (!strstr(fault.cause, cause))
        fail_msg("\"%s\" is not \"%s\"", fault.cause, cause);
}

static void files_with_secrets(void **state)
{
    char *left;
    struct fault fault;

    (void) state;
    scene.list[0].kind = (char *) (uintptr_t) "slack";
    scene.list[0].url = NULL;
    scene.list[0].url_file = scene.file;
    assert_refused("No such file");
    write_key("https://hooks.example/s3cret\n", 0640);
    assert_refused("others may read it");
    write_key("https://hooks.example/s3cret\n", 0604);
    assert_refused("others may read it");
    write_key("\n", 0600);
    assert_refused("it is empty");
    write_key("https://hooks.example/s3cret\nmore\n", 0600);
    assert_refused("one word");
    write_key("s3cret", 0600);
    assert_refused("no URL, or one that is not https");
    write_key("http://hooks.example/s3cret", 0600);
    assert_refused("no URL, or one that is not https");
    /* for recover it is no reason to stop */
    assert_true(notify_new(&scene.config, scene.loop, true, &scene.notify, &fault));
    say("a");
    left = end_it();
    assert_non_null(strstr(left, "1 of 1 messages were not delivered: it holds no URL"));
    free(left);
}

static void nobody_to_tell_is_no_trouble(void **state)
{
    struct text text = {0};

    (void) state;
    scene.config.notify_count = 0;
    open_it();
    assert_null(scene.notify);
    say("a");
    notify_hold(NULL, true);
    notify_poll(NULL);
    notify_end(NULL, &text);
    notify_explain(NULL, &text);
    assert_string_equal(text_string(&text), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_webhook_gets_everything),
        cmocka_unit_test(slack_gets_a_text),
        cmocka_unit_test(pagerduty_is_called_and_called_off),
        cmocka_unit_test(a_summary_is_not_too_long),
        cmocka_unit_test_setup_teardown(they_come_in_order_and_signed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(who_does_not_answer_costs_two_seconds, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nothing_is_sent_while_clients_are_held, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_refused_is_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_queue_that_is_full_drops_its_oldest, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_nobody_can_reach_does_not_matter_to_the_other,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(files_with_secrets, set_up, tear_down),
        cmocka_unit_test_setup_teardown(nobody_to_tell_is_no_trouble, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
