/*
 * web_server.h: a small HTTP server: libevent's evhttp on the loop, for what people and Prometheus
 * read. Never blocks.
 *
 * It answers GET and HEAD of paths that it was told of, and nothing else. It listens on a loopback
 * address only, unless the caller says otherwise, and answers to the names of loopback only: a page
 * of somebody else that has its own name resolve to 127.0.0.1 reads nothing. Every answer forbids
 * the browser to load anything from elsewhere, and to be framed.
 *
 * Connections, and streams among them, are limited; a client that asks nothing, or takes nothing of
 * what it asked for, is closed.
 */
#ifndef PGCUTOVER_BASE_WEB_SERVER_H
#define PGCUTOVER_BASE_WEB_SERVER_H

#include "fault.h"

#include <stddef.h>
#include <stdint.h>

struct loop;
struct web_server;
struct web_request;
struct web_stream;

struct web_limits {
    int64_t idle_ms;      /* a client that asks nothing */
    int64_t stalled_ms;   /* one of a stream that takes nothing */
    int64_t heartbeat_ms; /* between events "beat" on a stream: who is gone is noticed, by both */
    size_t connections;   /* more wait until one is closed */
    size_t streams;       /* more are answered 503 */
};

struct web_answer {
    int status;       /* 0: 200 */
    const char *type; /* Content-Type */
    const char *etag; /* without quotes; NULL: it must not be kept */
    const void *body; /* copied */
    size_t length;
};

/* A file that was embedded at build (scripts/embed asset). */
struct web_asset {
    const char *path, *type, *etag;
    const unsigned char *body;
    size_t length;
};

/* Answers, by one of web_answer*(), before it returns. */
typedef void web_handler(struct web_request *request, void *context);
/* The client is gone, or was dropped; the stream must not be used any more. */
typedef void web_closed(struct web_stream *stream, void *context);
/* The client has taken all that it was sent: there is room for more. */
typedef void web_drained(struct web_stream *stream, void *context);

/* `address`: "127.0.0.1:9187", "[::1]:9187", "localhost:9187" or "9187"; port 0 is any that is
   free. `anywhere`: it need not be a loopback address. `limits`: NULL is what suits a page that
   some people look at. */
bool web_server_new(struct loop *loop, const char *address, bool anywhere,
                    const struct web_limits *limits, struct web_server **ret_server,
                    struct fault *fault) __attribute__((warn_unused_result));
void web_server_free(struct web_server *server); /* NULL-safe; closes every connection */
/* What it listens on: an address and the port that it has. */
const char *web_server_address(const struct web_server *server);
/* `path`, which must outlive it, exactly; several may have one handler. */
void web_server_route(struct web_server *server, const char *path, web_handler *handler,
                      void *context);
void web_server_route_asset(struct web_server *server, const struct web_asset *asset);

/* NULL: there is none. Both live as long as the request. */
const char *web_request_parameter(struct web_request *request, const char *name);
const char *web_request_header(const struct web_request *request, const char *name);

void web_answer(struct web_request *request, const struct web_answer *answer);
void web_answer_text(struct web_request *request, int status, const char *text);
/* An answer of server-sent events that has no end. NULL: there is none (too many, or only its head
   was asked for), and it is answered. `closed` is called once, by web_server_free() at the latest.
 */
struct web_stream *web_answer_stream(struct web_request *request, web_drained *drained,
                                     web_closed *closed, void *context);
/* True: all of it is under way. False: the client has not taken what it was sent before, and
   nothing was done; whoever tells what has changed since tells it later, at once. */
bool web_stream_send(struct web_stream *stream, const char *bytes, size_t length)
    __attribute__((warn_unused_result));

#endif
