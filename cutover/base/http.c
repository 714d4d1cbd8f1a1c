/*
 * The real HTTP door.
 *
 * Happy path:  get -> libcurl says which sockets and timer it wants watched -> the loop tells it
 *              what happened -> its message that a transfer is done finishes the reply.
 * Failures:    whatever libcurl says, and its own time-out.
 * On abandon:  the transfer is removed, the reply never touched again.
 */
#include "http.h"

#include "driver.h"
#include "loop.h"
#include "text.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

struct transfer {
    struct transfer *next;
    CURL *easy;
    struct curl_slist *headers;
    const char *name;
    char error[CURL_ERROR_SIZE];
    struct reply *reply;
};

struct http {
    struct loop *loop;
    CURLM *multi;
    struct event *timer;
    struct transfer *transfers;
};

static void transfer_end(struct http *http, struct transfer *transfer)
{
    struct transfer **at = &http->transfers;

    while (*at && *at != transfer)
        at = &(*at)->next;
    if (*at)
        *at = transfer->next;
    curl_multi_remove_handle(http->multi, transfer->easy);
    curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    free(transfer);
}

static struct transfer *find(struct http *http, const CURL *easy)
{
    struct transfer *transfer = http->transfers;

    while (transfer && transfer->easy != easy)
        transfer = transfer->next;
    return transfer;
}

static void finish(struct http *http, struct transfer *transfer, CURLcode code)
{
    struct driver *driver = loop_driver(http->loop);
    struct reply *reply = transfer->reply;
    long status = 0;

    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    reply->answered_ns = driver->now_ns(driver);
    reply->status = (int) status;
    if (code == CURLE_OK && status > 0) {
        reply->state = REPLY_OK;
    } else {
        fault_set(&reply->fault, "asking", transfer->name,
                  code == CURLE_OPERATION_TIMEDOUT ? "timeout" : "HTTP", "%s",
                  *transfer->error ? transfer->error : curl_easy_strerror(code));
        reply->fault.exit_code = EXIT_TRANSIENT;
        reply->state = REPLY_FAILED;
    }
    transfer_end(http, transfer);
}

static void take_messages(struct http *http)
{
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(http->multi, &left))) {
        CURLcode code = message->data.result;
        struct transfer *transfer = find(http, message->easy_handle);

        if (message->msg == CURLMSG_DONE && transfer)
            finish(http, transfer, code); /* the message is gone with its transfer */
    }
}

static void on_timer(evutil_socket_t socket, short what, void *context)
{
    struct http *http = context;
    int running;

    (void) socket, (void) what;
    curl_multi_socket_action(http->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    take_messages(http);
}

static void on_socket(evutil_socket_t socket, short what, void *context)
{
    struct http *http = context;
    int running,
        action = (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);

    curl_multi_socket_action(http->multi, socket, action, &running);
    take_messages(http);
}

static int want_timer(CURLM *multi, long timeout_ms, void *context)
{
    struct http *http = context;
    struct timeval timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000};

    (void) multi;
    if (timeout_ms < 0)
        event_del(http->timer);
    else
        event_add(http->timer, &timeout);
    return 0;
}

static int want_socket(CURL *easy, curl_socket_t socket, int what, void *context, void *of_socket)
{
    struct http *http = context;
    struct event *event = of_socket;

    (void) easy;
    if (event)
        event_free(event);
    event = NULL;
    if (what != CURL_POLL_REMOVE) {
        event = event_new(loop_base(http->loop), socket,
                          (short) ((what & CURL_POLL_IN ? EV_READ : 0) |
                                   (what & CURL_POLL_OUT ? EV_WRITE : 0) | EV_PERSIST),
                          on_socket, http);
        event_add(event, NULL);
    }
    curl_multi_assign(http->multi, socket, event);
    return 0;
}

bool http_new(struct loop *loop, struct http **ret_http, struct fault *fault)
{
    struct http *http = memory_new(sizeof(*http));

    http->loop = loop;
    if (curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK)
        http->multi = curl_multi_init();
    if (!http->multi) {
        fault_set(fault, "beginning to use libcurl", NULL, NULL, "it could not be initialized");
        free(http);
        return false;
    }
    http->timer = event_new(loop_base(loop), -1, 0, on_timer, http);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(http->multi, CURLMOPT_SOCKETDATA, http);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(http->multi, CURLMOPT_TIMERDATA, http);
    *ret_http = http;
    return true;
}

void http_free(struct http *http)
{
    if (!http)
        return;
    while (http->transfers)
        transfer_end(http, http->transfers);
    curl_multi_cleanup(http->multi);
    event_free(http->timer);
    free(http);
    curl_global_cleanup();
}

static size_t throw_away(char *bytes, size_t size, size_t count, void *context)
{
    (void) bytes, (void) context;
    return size * count;
}

static struct transfer *transfer_new(struct http *http, const char *name, const char *url,
                                     int64_t timeout_ms, struct reply *reply)
{
    struct driver *driver = loop_driver(http->loop);
    struct transfer *transfer = memory_new(sizeof(*transfer));

    free(reply->output);
    memset(reply, 0, sizeof(*reply));
    reply->state = REPLY_PENDING;
    reply->asked_ns = driver->now_ns(driver);
    transfer->name = name;
    transfer->reply = reply;
    transfer->easy = curl_easy_init();
    if (!transfer->easy)
        abort(); /* out of memory */
    curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
    curl_easy_setopt(transfer->easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(transfer->easy, CURLOPT_TIMEOUT_MS, (long) timeout_ms);
    curl_easy_setopt(transfer->easy, CURLOPT_CONNECTTIMEOUT_MS, (long) timeout_ms);
    curl_easy_setopt(transfer->easy, CURLOPT_ERRORBUFFER, transfer->error);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, throw_away);
    curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(transfer->easy, CURLOPT_FRESH_CONNECT, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_FORBID_REUSE, 1L);
    /* a name that is not resolved in time must not be waited for */
    curl_easy_setopt(transfer->easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_USERAGENT, "pgcutover/" PGCUTOVER_VERSION);
    transfer->next = http->transfers;
    http->transfers = transfer;
    return transfer;
}

/* It only sets a timer: the transfer begins, and may fail, from the loop. */
static void transfer_begin(struct http *http, struct transfer *transfer)
{
    curl_multi_add_handle(http->multi, transfer->easy);
}

void http_get(struct http *http, const char *name, const char *url, int64_t timeout_ms,
              struct reply *reply)
{
    transfer_begin(http, transfer_new(http, name, url, timeout_ms, reply));
}

static void add_header(struct transfer *transfer, const char *line)
{
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);

    if (!longer)
        abort(); /* out of memory */
    transfer->headers = longer;
}

void http_post(struct http *http, const struct http_post *post, int64_t timeout_ms,
               struct reply *reply)
{
    struct transfer *transfer = transfer_new(http, post->name, post->url, timeout_ms, reply);
    size_t i;

    curl_easy_setopt(transfer->easy, CURLOPT_POST, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE, (long) strlen(post->body));
    curl_easy_setopt(transfer->easy, CURLOPT_COPYPOSTFIELDS, post->body);
    add_header(transfer, "Expect:"); /* a server that does not know it would be waited for */
    for (i = 0; post->headers && post->headers[i]; i++)
        add_header(transfer, post->headers[i]);
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers);
    transfer_begin(http, transfer);
}

void http_abandon(struct http *http, struct reply *reply)
{
    struct transfer *transfer = http->transfers;

    while (transfer && transfer->reply != reply)
        transfer = transfer->next;
    if (transfer)
        transfer_end(http, transfer);
    if (reply->state == REPLY_PENDING)
        reply->state = REPLY_IDLE;
}
