#include "watch_web.h"

#include "asset_files.h"
#include "metrics.h"
#include "watch_json.h"

#include "../base/text.h"
#include "../base/web_server.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct client {
    struct client *next;
    struct watch_web *web;
    struct web_stream *stream;
    uint64_t seen; /* the last change that it was told of */
};

struct watch_web {
    const struct watch *watch;
    struct web_server *server;
    struct client *clients;
    uint64_t due;  /* up to this change everybody is to be told */
    char name[17]; /* of this watch: the numbers of another one mean something else */
};

/* --- messages --------------------------------------------------------------------------------- */

static void add_message(const struct watch_web *web, uint64_t since, struct text *message)
{
    cJSON *json = watch_json(web->watch, since);
    char *line = cJSON_PrintUnformatted(json); /* it escapes line ends */

    text_add(message, "id: %s-%" PRIu64 "\ndata: ", web->name, web->watch->changes);
    text_add_string(message, line);
    text_add_string(message, "\n\n");
    free(line);
    cJSON_Delete(json);
}

/* The change that it has seen, when it was told so by us; else 0. */
static uint64_t seen_by(struct watch_web *web, struct web_request *request)
{
    const char *id = web_request_header(request, "Last-Event-ID");
    size_t length = strlen(web->name);

    if (!id)
        id = web_request_parameter(request, "since");
    if (!id || strncmp(id, web->name, length) != 0 || id[length] != '-')
        return 0;
    return strtoull(id + length + 1, NULL, 10);
}

static void on_closed(struct web_stream *stream, void *context)
{
    struct client *client = context, **at = &client->web->clients;

    (void) stream;
    while (*at && *at != client)
        at = &(*at)->next;
    if (*at)
        *at = client->next;
    free(client);
}

/* What it was to be told while it had enough to take. */
static void on_drained(struct web_stream *stream, void *context)
{
    struct client *client = context;
    struct text message = {0};

    if (client->seen >= client->web->due)
        return;
    add_message(client->web, client->seen, &message);
    if (web_stream_send(stream, message.data, message.length))
        client->seen = client->web->watch->changes;
    text_free(&message);
}

static void answer_events(struct web_request *request, void *context)
{
    struct watch_web *web = context;
    struct client *client = memory_new(sizeof(*client));
    struct text message = {0};

    client->web = web;
    client->seen = seen_by(web, request);
    client->stream = web_answer_stream(request, on_drained, on_closed, client);
    if (!client->stream) {
        free(client);
        return;
    }
    client->next = web->clients;
    web->clients = client;
    text_add_string(&message, "retry: 2000\n\n");
    if (client->seen == 0 || watch_has_news(web->watch, client->seen) ||
        client->seen > web->watch->changes)
        add_message(web, client->seen, &message);
    if (web_stream_send(client->stream, message.data, message.length))
        client->seen = web->watch->changes;
    text_free(&message);
}

/* To all who have seen the same: it is made once for them. */
static void tell(struct watch_web *web, uint64_t seen)
{
    struct text message = {0};
    struct client *client;

    add_message(web, seen, &message);
    for (client = web->clients; client; client = client->next)
        if (client->seen == seen && web_stream_send(client->stream, message.data, message.length))
            client->seen = web->watch->changes;
    text_free(&message);
}

void watch_web_changed(struct watch_web *web)
{
    uint64_t told[64];
    size_t count = 0, i;
    struct client *client;

    web->due = web->watch->changes;
    for (client = web->clients; client; client = client->next) {
        for (i = 0; i < count && told[i] != client->seen; i++)
            continue;
        if (i < count || count == sizeof(told) / sizeof(told[0]) ||
            !watch_has_news(web->watch, client->seen))
            continue;
        told[count++] = client->seen;
        tell(web, client->seen);
    }
}

/* --- answers ---------------------------------------------------------------------------------- */

static void answer_json(struct web_request *request, cJSON *json)
{
    char *body = cJSON_PrintUnformatted(json);

    web_answer(request, &(struct web_answer){
                            .type = "application/json", .body = body, .length = strlen(body)});
    free(body);
    cJSON_Delete(json);
}

static void answer_state(struct web_request *request, void *context)
{
    const struct watch_web *web = context;

    answer_json(request, watch_json(web->watch, 0));
}

static const struct watch_cluster *find_cluster(const struct watch *watch, const char *name)
{
    size_t i;

    for (i = 0; name && i < watch->cluster_count; i++)
        if (strcmp(watch->clusters[i].name, name) == 0)
            return &watch->clusters[i];
    return NULL;
}

static const struct watch_server *find_server(const struct watch_cluster *cluster, const char *name)
{
    size_t i;

    for (i = 0; cluster && name && i < cluster->server_count; i++)
        if (strcmp(cluster->servers[i].name, name) == 0)
            return &cluster->servers[i];
    return NULL;
}

static void answer_history(struct web_request *request, void *context)
{
    const struct watch_web *web = context;
    const struct watch_server *server =
        find_server(find_cluster(web->watch, web_request_parameter(request, "cluster")),
                    web_request_parameter(request, "server"));
    const char *name = web_request_parameter(request, "slot");
    const struct watch_slot *slot = server && name ? watch_find_slot(server, name) : NULL;

    if (slot)
        answer_json(request, watch_history_json(server, slot));
    else
        web_answer_text(request, 404, "No such slot is known: give cluster, server and slot.\n");
}

static void answer_metrics(struct web_request *request, void *context)
{
    const struct watch_web *web = context;
    const char *accepted = web_request_header(request, "Accept");
    bool is_open = accepted && strstr(accepted, "application/openmetrics-text");
    struct text body = {0};

    metrics_print(&body, web->watch, is_open);
    web_answer(request, &(struct web_answer){.type = is_open ? METRICS_TYPE_OPEN : METRICS_TYPE,
                                             .body = text_string(&body),
                                             .length = body.length});
    text_free(&body);
}

static void answer_health(struct web_request *request, void *context)
{
    (void) context;
    web_answer_text(request, 200, "ok\n");
}

/* --- beginning and end ------------------------------------------------------------------------ */

static void name_it(struct watch_web *web)
{
    uint64_t number = 0;

    if (getrandom(&number, sizeof(number), 0) != (ssize_t) sizeof(number))
        abort(); /* it cannot fail so late after the start of the system */
    snprintf(web->name, sizeof(web->name), "%016" PRIx64, number);
}

bool watch_web_new(struct loop *loop, const struct watch *watch, const char *address, bool anywhere,
                   struct watch_web **ret_web, struct fault *fault)
{
    struct web_server *server;
    struct watch_web *web;
    size_t i;

    if (!web_server_new(loop, address, anywhere, NULL, &server, fault))
        return false;
    web = memory_new(sizeof(*web));
    web->watch = watch;
    web->server = server;
    name_it(web);
    for (i = 0; asset_files[i]; i++)
        web_server_route_asset(server, asset_files[i]);
    web_server_route(server, "/api/state", answer_state, web);
    web_server_route(server, "/api/events", answer_events, web);
    web_server_route(server, "/api/history", answer_history, web);
    web_server_route(server, "/metrics", answer_metrics, web);
    web_server_route(server, "/healthz", answer_health, web);
    *ret_web = web;
    return true;
}

void watch_web_free(struct watch_web *web)
{
    if (!web)
        return;
    web_server_free(web->server); /* closes the streams of all clients */
    free(web);
}

const char *watch_web_address(const struct watch_web *web)
{
    return web_server_address(web->server);
}
