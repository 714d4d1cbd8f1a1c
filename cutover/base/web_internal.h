/*
 * web_internal.h: what the parts of the web server share. Inside base only.
 */
#ifndef PGCUTOVER_BASE_WEB_INTERNAL_H
#define PGCUTOVER_BASE_WEB_INTERNAL_H

#include "web_server.h"

#include <event2/keyvalq_struct.h>
#include <sys/queue.h>
#include <sys/time.h>

#define ROUTES 32

struct route {
    const char *path;
    web_handler *handler;
    void *context;
};

struct web_server {
    struct web_limits limits;
    bool anywhere;
    char address[64];
    struct event_base *base;
    struct evhttp *http;
    struct evconnlistener *listener;
    struct event *sweep, *heartbeat;
    struct bufferevent **connections; /* a reference each */
    size_t connection_count;
    struct route routes[ROUTES];
    size_t route_count;
    struct web_stream *streams;
    size_t stream_count;
};

struct web_request {
    struct web_server *server;
    struct evhttp_request *http;
    struct evkeyvalq parameters;
    bool is_head, is_parsed, is_answered;
};

static inline struct timeval web_timeval_of(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

const char *web_reason_of(int status);
/* Those that every answer has. `etag`: NULL: it must not be kept. */
void web_add_headers(const struct web_request *request, const char *type, const char *etag);
/* An event "beat" on each stream. */
void web_streams_beat(struct web_server *server);

#endif
