/* The web server: what it answers, to whom, and how much it bears. */
#include "cutover/base/web_address.h"
#include "cutover/base/web_server.h"
#include "web_client.h"

#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOST "Host: 127.0.0.1:1\r\n"

static const struct web_limits limits = {
    .idle_ms = 1500, .stalled_ms = 200, .heartbeat_ms = 20, .connections = 4, .streams = 2};
static const struct web_asset asset = {"/", "text/html", "e1", (const unsigned char *) "<p>", 3};
static struct web_server *server;
static struct web_stream *last;
static size_t closed, drains, warnings;

/* libevent's own: of a socket that was closed under it. */
static void on_warning(int severity, const char *message)
{
    (void) severity;
    printf("libevent: %s\n", message);
    warnings++;
}

static void say_name(struct web_request *request, void *context)
{
    const char *name = web_request_parameter(request, "name");

    (void) context;
    web_answer_text(request, 200, name ? name : "nobody");
}

static void on_closed(struct web_stream *stream, void *context)
{
    (void) stream, (void) context;
    closed++;
    last = NULL;
}

static void on_drained(struct web_stream *drained, void *context)
{
    (void) drained, (void) context;
    drains++;
}

static void stream(struct web_request *request, void *context)
{
    struct web_stream *begun = web_answer_stream(request, on_drained, on_closed, context);

    if (begun) {
        last = begun;
        assert_true(web_stream_send(begun, "data: 1\n\n", 9));
    }
}

static void forget(struct web_request *request, void *context)
{
    (void) request, (void) context;
}

static int begin(void **state)
{
    struct fault fault = {0};

    (void) state;
    closed = drains = warnings = 0;
    last = NULL;
    event_set_log_callback(on_warning);
    web_loop = loop_new();
    if (!web_server_new(web_loop, "127.0.0.1:0", false, &limits, &server, &fault))
        return -1;
    web_server_route_asset(server, &asset);
    web_server_route(server, "/name", say_name, NULL);
    web_server_route(server, "/stream", stream, NULL);
    web_server_route(server, "/forgets", forget, NULL);
    return 0;
}

static int end(void **state)
{
    (void) state;
    web_server_free(server);
    loop_free(web_loop);
    return warnings ? -1 : 0;
}

static void expect(const char *method, const char *path, const char *headers, const char *text)
{
    char *got = web_ask(web_server_address(server), method, path, headers);

    if (!strstr(got, text))
        fail_msg("%s %s (%s): \"%s\" is not in: %s", method, path, headers, text, got);
    free(got);
}

static void test_answers_paths_it_knows(void **state)
{
    (void) state;
    expect("GET", "/", HOST, "HTTP/1.1 200 OK\r\n");
    expect("GET", "/", HOST, "\r\n\r\n<p>");
    expect("GET", "/name?x=1&name=a%26b+%3Cc%3E", HOST, "\r\n\r\na&b <c>");
    expect("GET", "/name", HOST, "\r\n\r\nnobody");
    expect("GET", "/name?name", HOST, "HTTP/1.1 200");
    expect("GET", "/nowhere", HOST, "HTTP/1.1 404 Not Found\r\n");
    expect("GET", "/name/", HOST, "HTTP/1.1 404");
    expect("GET", "/../name", HOST, "HTTP/1.1 404");
    expect("GET", "/forgets", HOST, "HTTP/1.1 500");
}

static void test_nothing_but_get_and_head(void **state)
{
    static const char *const methods[] = {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"};
    char *got = web_ask(web_server_address(server), "HEAD", "/", HOST);
    size_t i;

    (void) state;
    assert_non_null(strstr(got, "HTTP/1.1 200"));
    assert_non_null(strstr(got, "Content-Length: 3\r\n"));
    assert_string_equal(got + strlen(got) - 4, "\r\n\r\n");
    free(got);
    expect("HEAD", "/stream", HOST, "Content-Type: text/event-stream\r\n");
    assert_null(last);
    for (i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        expect(methods[i], "/name", HOST, "HTTP/1.1 405 Method Not Allowed\r\n");
        expect(methods[i], "/name", HOST, "Allow: GET, HEAD\r\n");
    }
    expect("POST", "/name", HOST "Content-Length: 2000000\r\n", "HTTP/1.1 413");
}

static void test_every_answer_bears_the_headers(void **state)
{
    static const char *const paths[] = {"/", "/name", "/nowhere", "/forgets"};
    size_t i;

    (void) state;
    for (i = 0; i < 4; i++) {
        expect("GET", paths[i], HOST,
               "Content-Security-Policy: default-src 'none'; script-src "
               "'self'; style-src 'self'; img-src 'self'; connect-src "
               "'self'; base-uri 'none'; form-action 'none'; "
               "frame-ancestors 'none'\r\n");
        expect("GET", paths[i], HOST, "X-Content-Type-Options: nosniff\r\n");
        expect("GET", paths[i], HOST, "Referrer-Policy: no-referrer\r\n");
        expect("GET", paths[i], HOST, i ? "Cache-Control: no-store\r\n" : "ETag: \"e1\"\r\n");
    }
    expect("POST", "/", HOST, "nosniff");
    expect("GET", "/", "Host: elsewhere\r\n", "nosniff");
}

static void test_what_the_browser_has_is_not_sent_again(void **state)
{
    char *got = web_ask(web_server_address(server), "GET", "/", HOST "If-None-Match: \"e1\"\r\n");

    (void) state;
    assert_non_null(strstr(got, "HTTP/1.1 304 Not Modified\r\n"));
    assert_null(strstr(got, "<p>"));
    free(got);
    expect("GET", "/", HOST "If-None-Match: \"e0\", W/\"e1\"\r\n", "HTTP/1.1 304");
    expect("GET", "/", HOST "If-None-Match: \"e11\"\r\n", "HTTP/1.1 200");
    expect("GET", "/", HOST "If-None-Match: e1\r\n", "HTTP/1.1 200");
}

/* A name of somebody else that resolves to us, and pages of others. */
static void test_answers_to_its_own_names_only(void **state)
{
    static const char *const good[] = {"localhost",   "LOCALHOST:80", "127.0.0.1",
                                       "127.9.9.9:1", "[::1]",        "[::1]:99"};
    static const char *const bad[] = {
        "evil.example", "127.0.0.1.evil.example", "localhost.evil", "10.0.0.1", "[::2]", "",
        "[::1",         "localhost:8x",           "0.0.0.0"};
    char header[128];
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        snprintf(header, sizeof(header), "Host: %s\r\n", good[i]);
        expect("GET", "/", header, "HTTP/1.1 200");
    }
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        snprintf(header, sizeof(header), "Host: %s\r\n", bad[i]);
        expect("GET", "/", header, "HTTP/1.1 421 Misdirected Request\r\n");
    }
    expect("GET", "/", "", "HTTP/1.1 421");
    expect("GET", "http://evil.example/", HOST, "HTTP/1.1 421");
    expect("GET", "/", HOST "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n",
           "HTTP/1.1 403");
    expect("GET", "/", HOST "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n",
           "HTTP/1.1 200");
    assert_true(web_host_is_ours("10.0.0.1:9187", true));
    assert_false(web_host_is_ours("evil.example", true));
}

static void test_where_it_may_listen(void **state)
{
    static const char *const good[] = {"127.0.0.1:0", "localhost:65535", "9187", "[::1]:0",
                                       "127.1.2.3:1"};
    static const char *const odd[] = {"",       "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                                      "::1",    "[::1]",     "::1:80",     "127.0.0.1:65536",
                                      "db1:80", "[::1:80",   "127.1:80",   "127.0.0.1:-1",
                                      "[x]:1",  ":80",       "99999",      "[127.0.0.1]:80"};
    static const char *const far[] = {"0.0.0.0:80", "10.0.0.1:80", "[::]:80",
                                      "[::ffff:127.0.0.1]:80"};
    struct sockaddr_storage address;
    socklen_t length;
    struct fault fault;
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(web_address_read(good[i], false, &address, &length, &fault));
    for (i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
        assert_false(web_address_read(odd[i], true, &address, &length, &fault));
        assert_string_equal(fault.cause, "it is not an address and a port");
        assert_int_equal(fault.exit_code, EXIT_USAGE);
    }
    for (i = 0; i < sizeof(far) / sizeof(far[0]); i++) {
        assert_true(web_address_read(far[i], true, &address, &length, &fault));
        assert_false(web_address_read(far[i], false, &address, &length, &fault));
        assert_non_null(strstr(fault.cause, "other machines could reach it"));
        assert_non_null(strstr(fault.hint, "ssh -L"));
    }
}

static void test_a_port_in_use_is_a_fault(void **state)
{
    struct web_server *second = NULL;
    struct fault fault = {0};

    (void) state;
    assert_false(
        web_server_new(web_loop, web_server_address(server), false, NULL, &second, &fault));
    assert_null(second);
    assert_string_equal(fault.code, "EADDRINUSE");
    assert_string_equal(fault.where, web_server_address(server));
    assert_non_null(strstr(fault.hint, "another port"));
}

static struct web_client open_stream(int receive_buffer)
{
    struct web_client client = web_connect(web_server_address(server), receive_buffer);

    web_say(&client, "GET /stream HTTP/1.1\r\n" HOST "\r\n");
    return client;
}

static bool wait_for_closed(size_t count)
{
    struct driver *driver = loop_driver(web_loop);
    int64_t end_ns = driver->now_ns(driver) + 10 * NS_PER_S;

    while (closed < count && driver->now_ns(driver) < end_ns)
        web_turn();
    return closed == count;
}

static void test_a_stream_is_sent_as_it_comes_and_beats(void **state)
{
    struct web_client client = open_stream(0);

    (void) state;
    assert_true(web_expect(&client, "data: 1\n\n"));
    assert_true(web_stream_send(last, "data: 2\n\n", 9));
    assert_true(web_expect(&client, "data: 2\n\n"));
    assert_true(web_expect(&client, "event: beat\ndata:\n\n"));
    assert_non_null(strstr(text_string(&client.got), "Content-Type: text/event-stream\r\n"));
    assert_int_equal(closed, 0);
    web_close(&client);
    assert_true(wait_for_closed(1));
}

static void test_too_many_streams_are_refused(void **state)
{
    struct web_client first = open_stream(0), second = open_stream(0);

    (void) state;
    assert_true(web_expect(&first, "data: 1"));
    assert_true(web_expect(&second, "data: 1"));
    expect("GET", "/stream", HOST, "HTTP/1.1 503 Service Unavailable\r\n");
    web_close(&first);
    assert_true(wait_for_closed(1));
    first = open_stream(0);
    assert_true(web_expect(&first, "data: 1"));
    web_close(&first);
    web_close(&second);
    assert_true(wait_for_closed(3));
}

/* What it does not take is not heaped up, and it is dropped in the end. */
static void test_a_slow_client_is_not_waited_for(void **state)
{
    struct web_client client = open_stream(4096);
    size_t length = 16 << 20; /* more than the kernel takes */
    char *much = memory_new(length);

    (void) state;
    memset(much, 'x', length);
    assert_true(web_expect(&client, "data: 1"));
    assert_true(web_stream_send(last, much, length));
    web_turn();
    assert_non_null(last);
    assert_false(web_stream_send(last, "data: 3\n\n", 9));
    assert_int_equal(drains, 1); /* of the first line */
    assert_true(wait_for_closed(1));
    expect("GET", "/", HOST, "HTTP/1.1 200");
    web_close(&client);
    free(much);
}

static void test_an_idle_client_is_closed(void **state)
{
    struct web_client client = web_connect(web_server_address(server), 0);

    (void) state;
    web_say(&client, "GET / HTTP/1.1\r\n");
    assert_true(web_expect(&client, NULL));
    web_close(&client);
}

/* Those that are too many wait until one goes. */
static void test_connections_are_limited(void **state)
{
    struct web_client clients[6];
    size_t i, answered = 0;

    (void) state;
    for (i = 0; i < 6; i++) {
        clients[i] = web_connect(web_server_address(server), 0);
        web_say(&clients[i], "GET /name HTTP/1.1\r\n" HOST "\r\n");
    }
    for (i = 0; i < 4; i++)
        assert_true(web_expect(&clients[i], "nobody"));
    for (i = 4; i < 6; i++) {
        web_take(&clients[i]);
        answered += clients[i].got.length > 0;
    }
    assert_int_equal(answered, 0);
    web_close(&clients[0]);
    web_close(&clients[1]);
    assert_true(web_expect(&clients[4], "nobody"));
    assert_true(web_expect(&clients[5], "nobody"));
    for (i = 2; i < 6; i++)
        web_close(&clients[i]);
}

static void test_a_head_without_end_is_refused(void **state)
{
    char *much = memory_new(40000);
    struct web_client client = web_connect(web_server_address(server), 0);

    (void) state;
    memset(much, 'x', 39999);
    web_say(&client, "GET / HTTP/1.1\r\nX: ");
    web_say(&client, much);
    assert_true(web_expect(&client, NULL));
    assert_null(strstr(text_string(&client.got), "200 OK"));
    web_close(&client);
    free(much);
}

static void test_ends_with_streams_open(void **state)
{
    struct web_client client = open_stream(0), slow;
    size_t length = 16 << 20;
    char *much = memory_new(length);

    (void) state;
    memset(much, 'x', length);
    assert_true(web_expect(&client, "data: 1"));
    slow = open_stream(4096);
    assert_true(web_expect(&slow, "data: 1"));
    assert_true(web_stream_send(last, much, length));
    web_turn();
    assert_int_equal(end(NULL), 0);
    assert_int_equal(closed, 2);
    web_close(&client);
    web_close(&slow);
    free(much);
    assert_int_equal(begin(NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_answers_paths_it_knows),
        TEST(test_nothing_but_get_and_head),
        TEST(test_every_answer_bears_the_headers),
        TEST(test_what_the_browser_has_is_not_sent_again),
        TEST(test_answers_to_its_own_names_only),
        TEST(test_where_it_may_listen),
        TEST(test_a_port_in_use_is_a_fault),
        TEST(test_a_stream_is_sent_as_it_comes_and_beats),
        TEST(test_too_many_streams_are_refused),
        TEST(test_a_slow_client_is_not_waited_for),
        TEST(test_an_idle_client_is_closed),
        TEST(test_connections_are_limited),
        TEST(test_a_head_without_end_is_refused),
        TEST(test_ends_with_streams_open),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
