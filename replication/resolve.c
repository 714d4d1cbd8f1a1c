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
#include <sys/stat.h>

#define ADDRESSES_MAX 8

/* A base that was replaced is kept until nothing of it can be under way any more. */
#define RETIRE_NS (60 * NS_PER_S)

/* What a file was when it was read. */
struct seen {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec changed;
};

/* What both files said at a time. */
struct names {
    struct names *next; /* older */
    struct evdns_base *base;
    size_t requests; /* under way */
    int64_t retired_ns;
};

struct resolver {
    struct names *names; /* the newest first; NULL: no name servers; then nothing is found */
    struct event_base *events;
    struct driver *driver;
    const char *files[2]; /* resolv.conf, hosts */
    struct seen seen[2];
};

struct resolution {
    struct evdns_getaddrinfo_request *request; /* under way */
    struct names *names;
    struct event *deliver;
    struct text hosts, addresses;
    char *host;
    void (*done)(void *context, const char *hosts, const char *addresses);
    void *context;
    bool is_cancelled;
};

struct resolver *resolver_new(struct loop *loop)
{
    return resolver_new_with(loop, "/etc/resolv.conf", "/etc/hosts");
}

struct resolver *resolver_new_with(struct loop *loop, const char *servers, const char *hosts)
{
    struct resolver *resolver = memory_new(sizeof(*resolver));

    resolver->events = loop_base(loop);
    resolver->driver = loop_driver(loop);
    resolver->files[0] = servers;
    resolver->files[1] = hosts;
    return resolver;
}

static void names_free(struct names *names)
{
    evdns_base_free(names->base, 1);
    free(names);
}

void resolver_free(struct resolver *resolver)
{
    struct names *names;

    if (!resolver)
        return;
    for (names = resolver->names; names; names = names->next)
        evdns_base_free(names->base, 1);
    event_base_loop(resolver->events, EVLOOP_NONBLOCK); /* cancelled look-ups free themselves */
    while ((names = resolver->names)) {
        resolver->names = names->next;
        free(names);
    }
    free(resolver);
}

static bool has_changed(const char *file, struct seen *seen)
{
    struct seen now;
    struct stat about;

    memset(&now, 0, sizeof(now)); /* a file that is not there */
    if (stat(file, &about) == 0) {
        now.device = about.st_dev;
        now.number = about.st_ino;
        now.size = about.st_size;
        now.changed = about.st_mtim;
    }
    if (memcmp(&now, seen, sizeof(now)) == 0)
        return false;
    *seen = now;
    return true;
}

static struct names *names_new(const struct resolver *resolver)
{
    static const int parts = DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS | DNS_OPTION_MISC;
    struct evdns_base *base = evdns_base_new(resolver->events, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    struct names *names;

    if (!base)
        return NULL;
    if (evdns_base_resolv_conf_parse(base, parts, resolver->files[0]) != 0) {
        evdns_base_free(base, 0);
        return NULL;
    }
    (void) evdns_base_load_hosts(base, resolver->files[1]); /* none: the name servers know */
    names = memory_new(sizeof(*names));
    names->base = base;
    return names;
}

static void forget_old_names(struct resolver *resolver)
{
    int64_t now_ns = resolver->driver->now_ns(resolver->driver);
    struct names **at = resolver->names ? &resolver->names->next : NULL, *names;

    while (at && (names = *at)) {
        if (names->requests || now_ns - names->retired_ns < RETIRE_NS) {
            at = &names->next;
            continue;
        }
        *at = names->next;
        names_free(names);
    }
}

/* A name server that was replaced would be asked for ever, and answer nothing. */
static struct names *names_of(struct resolver *resolver)
{
    bool servers = has_changed(resolver->files[0], &resolver->seen[0]);
    bool hosts = has_changed(resolver->files[1], &resolver->seen[1]);
    struct names *made;

    forget_old_names(resolver);
    if (resolver->names && !servers && !hosts)
        return resolver->names;
    made = names_new(resolver);
    if (!made) /* half written, or gone: what was known is better than nothing */
        return resolver->names;
    if (resolver->names)
        resolver->names->retired_ns = resolver->driver->now_ns(resolver->driver);
    made->next = resolver->names;
    resolver->names = made;
    return made;
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
    resolution->names->requests--;
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
    resolution->names = names_of(resolver);
    if (!resolution->names) {
        event_active(resolution->deliver, EV_TIMEOUT, 0); /* no name servers: libpq looks it up */
        return resolution;
    }
    resolution->names->requests++;
    resolution->request =
        evdns_getaddrinfo(resolution->names->base, host, NULL, &hints, on_answer, resolution);
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
