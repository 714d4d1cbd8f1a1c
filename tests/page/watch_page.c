/*
 * watch_page ADDRESS: the page of `watch` without anything to watch: it knows what it is told on
 * standard input, a line of JSON a state (docs/schemas/watch.json), until that ends. Prints where
 * it listens. For tests that want states which no server can be brought into at will.
 */
#include "cutover/base/loop.h"
#include "cutover/base/text.h"
#include "cutover/report/watch_json.h"
#include "cutover/report/watch_web.h"

#include <cjson/cJSON.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static struct watch *watch;
static struct watch_web *web;
static bool ended;

static void take(const char *line)
{
    struct fault fault = {0};
    cJSON *json = cJSON_Parse(line);

    if (json && !watch_apply(watch, json, &fault))
        fprintf(stderr, "watch_page: %s: %s\n", fault.where, fault.cause);
    else if (!json)
        fprintf(stderr, "watch_page: this is no JSON: %.200s\n", line);
    cJSON_Delete(json);
    watch_web_changed(web);
}

static void on_input(struct bufferevent *input, void *context)
{
    char *line;

    (void) context;
    while ((line = evbuffer_readln(bufferevent_get_input(input), NULL, EVBUFFER_EOL_LF))) {
        take(line);
        free(line);
    }
}

static void on_end(struct bufferevent *input, short what, void *context)
{
    (void) input, (void) what, (void) context;
    ended = true;
}

int main(int argc, char **argv)
{
    struct fault fault = {0};
    struct loop *loop = loop_new();
    struct driver *driver = loop_driver(loop);
    struct bufferevent *input = bufferevent_socket_new(loop_base(loop), STDIN_FILENO, 0);

    watch = watch_new(1000);
    if (argc != 2 || !watch_web_new(loop, watch, argv[1], false, &web, &fault)) {
        fprintf(stderr, "watch_page: %s\n%s\n", fault.cause, fault.hint);
        return 2;
    }
    printf("%s\n", watch_web_address(web));
    fflush(stdout);
    evutil_make_socket_nonblocking(STDIN_FILENO);
    bufferevent_setcb(input, on_input, NULL, on_end, NULL);
    bufferevent_enable(input, EV_READ);
    while (!ended && !driver->is_interrupted(driver))
        driver->wait(driver, driver->now_ns(driver) + 10 * NS_PER_S);
    bufferevent_free(input);
    watch_web_free(web);
    watch_free(watch);
    loop_free(loop);
    return 0;
}
