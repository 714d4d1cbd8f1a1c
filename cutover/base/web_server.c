/*
 * How evhttp is used here.
 *
 * evhttp knows no limit of connections, and tells of none before its first request. So the
 * bufferevent of each is made here and one more reference to it is kept: evhttp takes its callbacks
 * away when it is done with one, which is how the sweep knows. When there are too many, nothing is
 * accepted until one is closed; they wait in the kernel. The socket is closed with the last
 * reference, never before what libevent has registered for it is gone: its number may be another's
 * by then.
 */
#include "web_internal.h"

#include "loop.h"
#include "text.h"
#include "web_address.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SWEEP_MS 200

static const struct web_limits usual = {
    .idle_ms = 30000, .stalled_ms = 30000, .heartbeat_ms = 5000, .connections = 128, .streams = 32};

/* --- connections ------------------------------------------------------------------------------ */

static bool is_done(struct bufferevent *connection)
{
    bufferevent_data_cb read = NULL, write = NULL;
    bufferevent_event_cb event = NULL;
    void *context = NULL;

    bufferevent_getcb(connection, &read, &write, &event, &context);
    return !read && !write && !event;
}

static void sweep(struct web_server *server)
{
    size_t kept = 0, i;

    for (i = 0; i < server->connection_count; i++)
        if (is_done(server->connections[i]))
            bufferevent_decref(server->connections[i]);
        else
            server->connections[kept++] = server->connections[i];
    server->connection_count = kept;
}

static void sweep_soon(struct web_server *server)
{
    struct timeval soon = web_timeval_of(SWEEP_MS);

    if (!evtimer_pending(server->sweep, NULL))
        event_add(server->sweep, &soon);
}

/* Nothing is accepted until the sweep finds room. */
static void wait_for_room(struct web_server *server)
{
    evconnlistener_disable(server->listener);
    sweep_soon(server);
}

static void on_sweep(evutil_socket_t socket, short what, void *context)
{
    struct web_server *server = context;

    (void) socket, (void) what;
    sweep(server);
    if (server->connection_count < server->limits.connections)
        evconnlistener_enable(server->listener);
    if (server->connection_count > 0)
        sweep_soon(server);
}

static struct bufferevent *on_connection(struct event_base *base, void *context)
{
    struct web_server *server = context;
    struct bufferevent *connection = bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE);

    if (!connection)
        abort(); /* out of memory */
    sweep(server);
    bufferevent_incref(connection);
    server->connections = memory_grow(server->connections, (server->connection_count + 1) *
                                                               sizeof(*server->connections));
    server->connections[server->connection_count++] = connection;
    sweep_soon(server);
    if (server->connection_count >= server->limits.connections)
        evconnlistener_disable(server->listener);
    return connection;
}

/* No descriptor is left: to ask again at once would be to ask for ever. */
static void on_accept_failed(struct evconnlistener *listener, void *context)
{
    (void) listener;
    wait_for_room(context);
}

/* --- requests --------------------------------------------------------------------------------- */

const char *web_request_header(const struct web_request *request, const char *name)
{
    return evhttp_find_header(evhttp_request_get_input_headers(request->http), name);
}

const char *web_request_parameter(struct web_request *request, const char *name)
{
    const char *query = evhttp_uri_get_query(evhttp_request_get_evhttp_uri(request->http));

    if (!request->is_parsed && evhttp_parse_query_str(query ? query : "", &request->parameters))
        TAILQ_INIT(&request->parameters);
    request->is_parsed = true;
    return evhttp_find_header(&request->parameters, name);
}

static const struct route *find_route(const struct web_server *server, const char *path)
{
    size_t i;

    for (i = 0; path && i < server->route_count; i++)
        if (strcmp(server->routes[i].path, path) == 0)
            return &server->routes[i];
    return NULL;
}

/* A page of somebody else in the same browser may not even ask: it could use up the streams. */
static bool is_foreign(const struct web_request *request)
{
    const char *site = web_request_header(request, "Sec-Fetch-Site");
    const char *mode = web_request_header(request, "Sec-Fetch-Mode");

    return string_equal(site, "cross-site") && !string_equal(mode, "navigate");
}

static void dispatch(struct web_request *request)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request->http);
    enum evhttp_cmd_type method = evhttp_request_get_command(request->http);
    const struct route *route = find_route(request->server, evhttp_uri_get_path(uri));

    request->is_head = method == EVHTTP_REQ_HEAD;
    if (evhttp_uri_get_host(uri) ||
        !web_host_is_ours(web_request_header(request, "Host"), request->server->anywhere)) {
        web_answer_text(request, 421,
                        "This is not the server of that name: ask for it by address, "
                        "such as 127.0.0.1, or as localhost.\n");
    } else if (is_foreign(request)) {
        web_answer_text(request, 403, "Pages of other sites get nothing here.\n");
    } else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
        evhttp_add_header(evhttp_request_get_output_headers(request->http), "Allow", "GET, HEAD");
        web_answer_text(request, 405, "Nothing can be changed here: GET and HEAD only.\n");
    } else if (!route) {
        web_answer_text(request, 404, "There is nothing of that name here.\n");
    } else {
        route->handler(request, route->context);
        if (!request->is_answered)
            web_answer_text(request, 500, "The handler did not answer.\n");
    }
}

static void on_request(struct evhttp_request *http, void *context)
{
    struct web_request request = {.server = context, .http = http};

    TAILQ_INIT(&request.parameters);
    dispatch(&request);
    evhttp_clear_headers(&request.parameters);
}

/* --- answers ---------------------------------------------------------------------------------- */

const char *web_reason_of(int status)
{
    switch (status) {
    case 200:
        return "OK";
    case 304:
        return "Not Modified";
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 421:
        return "Misdirected Request";
    case 503:
        return "Service Unavailable";
    default:
        return "Internal Server Error";
    }
}

void web_add_headers(const struct web_request *request, const char *type, const char *etag)
{
    static const char *const each[][2] = {
        {"Content-Security-Policy",
         "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
         "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
        {"X-Content-Type-Options", "nosniff"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
        {"Cross-Origin-Opener-Policy", "same-origin"},
    };
    struct evkeyvalq *headers = evhttp_request_get_output_headers(request->http);
    char quoted[160];
    size_t i;

    for (i = 0; i < sizeof(each) / sizeof(each[0]); i++)
        evhttp_add_header(headers, each[i][0], each[i][1]);
    evhttp_add_header(headers, "Content-Type", type);
    evhttp_add_header(headers, "Cache-Control", etag ? "no-cache" : "no-store");
    if (etag) {
        snprintf(quoted, sizeof(quoted), "\"%s\"", etag);
        evhttp_add_header(headers, "ETag", quoted);
    }
}

/* Has the client the very thing? "W/" and lists of several are fine; "*" is of no use to anybody.
 */
static bool is_kept(const struct web_request *request, const char *etag)
{
    const char *have = etag ? web_request_header(request, "If-None-Match") : NULL;
    char quoted[160];

    snprintf(quoted, sizeof(quoted), "\"%s\"", etag ? etag : "");
    return have && strstr(have, quoted) != NULL;
}

void web_answer(struct web_request *request, const struct web_answer *answer)
{
    int status = answer->status ? answer->status : 200;
    struct evbuffer *body = NULL;
    char length[32];

    web_add_headers(request, answer->type, answer->etag);
    request->is_answered = true;
    if (status == 200 && is_kept(request, answer->etag)) {
        evhttp_send_reply(request->http, 304, web_reason_of(304), NULL);
        return;
    }
    if (request->is_head) { /* evhttp would send the body */
        snprintf(length, sizeof(length), "%zu", answer->length);
        evhttp_add_header(evhttp_request_get_output_headers(request->http), "Content-Length",
                          length);
    } else {
        body = evbuffer_new();
        if (!body || evbuffer_add(body, answer->body, answer->length) != 0)
            abort(); /* out of memory */
    }
    evhttp_send_reply(request->http, status, web_reason_of(status), body);
    if (body)
        evbuffer_free(body);
}

void web_answer_text(struct web_request *request, int status, const char *text)
{
    struct web_answer answer = {.status = status,
                                .type = "text/plain; charset=utf-8",
                                .body = text,
                                .length = strlen(text)};

    web_answer(request, &answer);
}

static void answer_asset(struct web_request *request, void *context)
{
    const struct web_asset *asset = context;
    struct web_answer answer = {
        .type = asset->type, .etag = asset->etag, .body = asset->body, .length = asset->length};

    web_answer(request, &answer);
}

static void on_heartbeat(evutil_socket_t socket, short what, void *context)
{
    (void) socket, (void) what;
    web_streams_beat(context);
}

/* --- the server ------------------------------------------------------------------------------- */

static bool fail_to_listen(const char *address, int number, struct fault *fault)
{
    fault_set(fault, "listening for the web page", address, strerrorname_np(number), "%s",
              strerror(number));
    if (number == EADDRINUSE)
        fault_hint(fault, "Another program listens there, perhaps another watch: end it, or give "
                          "another port; port 0 is any that is free.");
    else if (number == EADDRNOTAVAIL)
        fault_hint(fault, "This machine has no such address.");
    else if (number == EACCES)
        fault_hint(fault, "Ports below 1024 are for root; give a higher one.");
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool begin_to_listen(struct web_server *server, const struct sockaddr *address,
                            socklen_t length)
{
    struct sockaddr_storage chosen = {0};
    socklen_t chosen_length = sizeof(chosen);

    server->listener = evconnlistener_new_bind(
        server->base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE,
        64, address, (int) length);
    if (!server->listener)
        return false;
    getsockname(evconnlistener_get_fd(server->listener), (struct sockaddr *) &chosen,
                &chosen_length);
    web_address_print((struct sockaddr *) &chosen, server->address, sizeof(server->address));
    return true;
}

static void begin_to_serve(struct web_server *server)
{
    struct timeval idle = web_timeval_of(server->limits.idle_ms);
    struct timeval heartbeat = web_timeval_of(server->limits.heartbeat_ms);

    server->http = evhttp_new(server->base);
    if (!server->http || !evhttp_bind_listener(server->http, server->listener))
        abort(); /* out of memory */
    evconnlistener_set_error_cb(server->listener, on_accept_failed);
    evhttp_set_timeout_tv(server->http, &idle);
    evhttp_set_max_headers_size(server->http, 16384);
    evhttp_set_max_body_size(server->http, 1024);
    evhttp_set_allowed_methods(server->http, (ev_uint16_t) ~0); /* we say 405, in our words */
    evhttp_set_bevcb(server->http, on_connection, server);
    evhttp_set_gencb(server->http, on_request, server);
    server->sweep = event_new(server->base, -1, 0, on_sweep, server);
    server->heartbeat = event_new(server->base, -1, EV_PERSIST, on_heartbeat, server);
    event_add(server->heartbeat, &heartbeat);
}

bool web_server_new(struct loop *loop, const char *address, bool anywhere,
                    const struct web_limits *limits, struct web_server **ret_server,
                    struct fault *fault)
{
    struct sockaddr_storage parsed;
    socklen_t length;
    struct web_server *server;

    if (!web_address_read(address, anywhere, &parsed, &length, fault))
        return false;
    server = memory_new(sizeof(*server));
    server->base = loop_base(loop);
    server->limits = limits ? *limits : usual;
    server->anywhere = anywhere;
    if (!begin_to_listen(server, (struct sockaddr *) &parsed, length)) {
        int number = errno;

        free(server);
        return fail_to_listen(address, number, fault);
    }
    begin_to_serve(server);
    *ret_server = server;
    return true;
}

void web_server_free(struct web_server *server)
{
    size_t i;

    if (!server)
        return;
    event_free(server->sweep);
    event_free(server->heartbeat);
    evhttp_free(server->http);
    for (i = 0; i < server->connection_count; i++)
        bufferevent_decref(server->connections[i]);
    free(server->connections);
    free(server);
}

const char *web_server_address(const struct web_server *server)
{
    return server->address;
}

void web_server_route(struct web_server *server, const char *path, web_handler *handler,
                      void *context)
{
    if (server->route_count == ROUTES)
        abort(); /* a mistake in the program */
    server->routes[server->route_count++] =
        (struct route){.path = path, .handler = handler, .context = context};
}

void web_server_route_asset(struct web_server *server, const struct web_asset *asset)
{
    web_server_route(server, asset->path, answer_asset, (void *) (uintptr_t) asset);
}
