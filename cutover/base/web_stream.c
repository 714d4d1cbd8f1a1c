/*
 * A stream is an answer in chunks that is never ended. When its client goes, evhttp calls back and
 * hands the request over if it failed by itself, or frees it if the connection was freed by us.
 */
#include "web_internal.h"

#include "text.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdlib.h>

struct web_stream {
    struct web_stream *next;
    struct web_server *server;
    struct evhttp_request *http;
    web_drained *drained;
    web_closed *closed;
    void *context;
};

static void on_drained(struct evhttp_connection *connection, void *context)
{
    struct web_stream *stream = context;

    (void) connection;
    stream->drained(stream, stream->context);
}

static void on_stream_closed(struct evhttp_connection *connection, void *context)
{
    struct web_stream *stream = context, **at = &stream->server->streams;

    (void) connection;
    while (*at && *at != stream)
        at = &(*at)->next;
    if (*at)
        *at = stream->next;
    stream->server->stream_count--;
    stream->closed(stream, stream->context);
    if (!evhttp_request_get_connection(stream->http))
        evhttp_send_reply_end(stream->http); /* it failed by itself: this frees the request */
    free(stream);
}

struct web_stream *web_answer_stream(struct web_request *request, web_drained *drained,
                                     web_closed *closed, void *context)
{
    struct web_server *server = request->server;
    struct evhttp_connection *connection = evhttp_request_get_connection(request->http);
    struct timeval stalled = web_timeval_of(server->limits.stalled_ms);
    struct web_stream *stream;

    if (server->stream_count >= server->limits.streams) {
        web_answer_text(request, 503, "Too many are watching already.\n");
        return NULL;
    }
    if (request->is_head) {
        web_answer(request, &(struct web_answer){.type = "text/event-stream", .body = ""});
        return NULL;
    }
    web_add_headers(request, "text/event-stream", NULL);
    request->is_answered = true;
    stream = memory_new(sizeof(*stream));
    *stream = (struct web_stream){.next = server->streams,
                                  .server = server,
                                  .http = request->http,
                                  .drained = drained,
                                  .closed = closed,
                                  .context = context};
    server->streams = stream;
    server->stream_count++;
    evhttp_connection_set_closecb(connection, on_stream_closed, stream);
    evhttp_send_reply_start(request->http, 200, web_reason_of(200));
    /* it says nothing more, and whatever it says is not kept */
    bufferevent_set_timeouts(evhttp_connection_get_bufferevent(connection), NULL, &stalled);
    bufferevent_setwatermark(evhttp_connection_get_bufferevent(connection), EV_READ, 0, 1024);
    return stream;
}

/* Is there nothing of before that the client has yet to take? */
static bool is_drained(const struct web_stream *stream)
{
    struct evhttp_connection *connection = evhttp_request_get_connection(stream->http);
    struct bufferevent *buffer = evhttp_connection_get_bufferevent(connection);

    return evbuffer_get_length(bufferevent_get_output(buffer)) < 4096; /* the head, heartbeats */
}

bool web_stream_send(struct web_stream *stream, const char *bytes, size_t length)
{
    struct evbuffer *buffer;

    if (!is_drained(stream))
        return false;
    buffer = evbuffer_new();
    if (!buffer || evbuffer_add(buffer, bytes, length) != 0)
        abort(); /* out of memory */
    evhttp_send_reply_chunk_with_cb(stream->http, buffer, on_drained, stream);
    evbuffer_free(buffer);
    return true;
}

void web_streams_beat(struct web_server *server)
{
    static const char beat[] = "event: beat\ndata:\n\n"; /* scripts do not hear of a comment */
    struct web_stream *stream;

    for (stream = server->streams; stream; stream = stream->next)
        if (!web_stream_send(stream, beat, sizeof(beat) - 1))
            continue; /* it has enough to take */
}
