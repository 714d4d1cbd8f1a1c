#include "resolve.h"

#include "../cutover/base/loop.h"
#include "../cutover/base/text.h"
#include "conninfo.h"

#include <arpa/inet.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <event2/util.h>
#include <stdlib.h>
#include <string.h>

#define ADDRESSES_MAX 8

struct resolver {
    struct evdns_base *base; /* NULL: no name servers; then nothing is found */
    struct event_base *events;
};

struct resolution {
    struct evdns_getaddrinfo_request *request; /* under way */
    struct event *deliver;
    struct text hosts, addresses;
    char *host;
    void (*done)(void *context, const char *hosts, const char *addresses);
    void *context;
    bool is_cancelled;
};

struct resolver *resolver_new(struct loop *loop)
{
    struct resolver *resolver = memory_new(sizeof(*resolver));

    resolver->events = loop_base(loop);
    return resolver;
}

void resolver_free(struct resolver *resolver)
{
    if (!resolver)
        return;
    if (resolver->base)
        evdns_base_free(resolver->base, 1);
    event_base_loop(resolver->events, EVLOOP_NONBLOCK); /* cancelled look-ups free themselves */
    free(resolver);
}

static bool is_address(const char *host)
{
    unsigned char buffer[sizeof(struct in6_addr)];

    return inet_pton(AF_INET, host, buffer) == 1 || inet_pton(AF_INET6, host, buffer) == 1;
}

char *resolve_needed(const char *conninfo)
{
    char *host = conninfo_get(conninfo, "host");
    char *address = conninfo_get(conninfo, "hostaddr");
    char *service = conninfo_get(conninfo, "service");
    bool needed = host && *host && !(address && *address) && !service && *host != '/' &&
                  *host != '@' && !strchr(host, ',') && !is_address(host);

    free(address);
    free(service);
    if (needed)
        return host;
    free(host);
    return NULL;
}

static void finish(struct resolution *resolution, const char *hosts, const char *addresses)
{
    if (!resolution->is_cancelled)
        resolution->done(resolution->context, hosts, addresses);
    event_free(resolution->deliver);
    text_free(&resolution->hosts);
    text_free(&resolution->addresses);
    free(resolution->host);
    free(resolution);
}

/* evdns may answer at once, from /etc/hosts; what it found is told from the loop all the same. */
static void on_deliver(evutil_socket_t socket, short what, void *context)
{
    struct resolution *resolution = context;
    bool found = resolution->addresses.length > 0;

    (void) socket, (void) what;
    finish(resolution, found ? text_string(&resolution->hosts) : NULL,
           found ? text_string(&resolution->addresses) : NULL);
}

static void add_address(struct resolution *resolution, const struct evutil_addrinfo *at)
{
    char buffer[INET6_ADDRSTRLEN];
    const char *comma = resolution->addresses.length ? "," : "";
    const void *address = &((const struct sockaddr_in6 *) (const void *) at->ai_addr)->sin6_addr;

    if (at->ai_family == AF_INET)
        address = &((const struct sockaddr_in *) (const void *) at->ai_addr)->sin_addr;
    if (!inet_ntop(at->ai_family, address, buffer, sizeof(buffer)))
        return;
    text_add(&resolution->hosts, "%s%s", comma, resolution->host);
    text_add(&resolution->addresses, "%s%s", comma, buffer);
}

static void on_answer(int error, struct evutil_addrinfo *found, void *context)
{
    struct resolution *resolution = context;
    struct evutil_addrinfo *at;
    int count = 0;

    resolution->request = NULL;
    for (at = error ? NULL : found; at && count++ < ADDRESSES_MAX; at = at->ai_next)
        add_address(resolution, at);
    if (found)
        evutil_freeaddrinfo(found);
    event_active(resolution->deliver, EV_TIMEOUT, 0);
}

struct resolution *
resolve_start(struct resolver *resolver, const char *host,
              void (*done)(void *context, const char *hosts, const char *addresses), void *context)
{
    struct resolution *resolution = memory_new(sizeof(*resolution));
    struct evutil_addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

    resolution->host = memory_copy(host);
    resolution->done = done;
    resolution->context = context;
    resolution->deliver = event_new(resolver->events, -1, 0, on_deliver, resolution);
    if (!resolver->base)
        resolver->base = evdns_base_new(resolver->events, EVDNS_BASE_INITIALIZE_NAMESERVERS |
                                                              EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (resolver->base)
        resolution->request =
            evdns_getaddrinfo(resolver->base, host, NULL, &hints, on_answer, resolution);
    else
        event_active(resolution->deliver, EV_TIMEOUT, 0); /* no name servers: libpq looks it up */
    return resolution;
}

void resolve_cancel(struct resolution *resolution)
{
    if (!resolution)
        return;
    resolution->is_cancelled = true; /* freed by the loop, with evdns's last word */
    if (resolution->request)
        evdns_getaddrinfo_cancel(resolution->request);
}
