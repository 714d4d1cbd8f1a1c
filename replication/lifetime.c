#include "lifetime.h"

#include "../cutover/base/loop.h"
#include "../cutover/base/text.h"

#include <event2/dns.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct lifetimes {
    struct event_base *events;
    struct evdns_base *base; /* NULL: no name servers */
    const char *hosts;
};

struct lifetimes *lifetimes_new(struct loop *loop, const char *servers, const char *hosts)
{
    static const int parts = DNS_OPTION_SEARCH | DNS_OPTION_NAMESERVERS | DNS_OPTION_MISC;
    struct lifetimes *lifetimes = memory_new(sizeof(*lifetimes));

    lifetimes->events = loop_base(loop);
    lifetimes->hosts = hosts;
    lifetimes->base = evdns_base_new(lifetimes->events, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
    if (lifetimes->base && evdns_base_resolv_conf_parse(lifetimes->base, parts, servers) != 0) {
        evdns_base_free(lifetimes->base, 0);
        lifetimes->base = NULL;
    }
    if (lifetimes->base) {
        evdns_base_set_option(lifetimes->base, "timeout:", "2");
        evdns_base_set_option(lifetimes->base, "attempts:", "2");
    }
    return lifetimes;
}

void lifetimes_free(struct lifetimes *lifetimes)
{
    if (!lifetimes)
        return;
    if (lifetimes->base)
        evdns_base_free(lifetimes->base, 1);
    event_base_loop(lifetimes->events, EVLOOP_NONBLOCK); /* the last word of what was asked */
    free(lifetimes);
}

/* A line of the hosts file: an address, then names. */
static bool line_has(char *line, const char *name)
{
    char *rest = NULL, *word;

    line[strcspn(line, "#\n")] = '\0';
    word = strtok_r(line, " \t", &rest);
    while (word && (word = strtok_r(NULL, " \t", &rest)))
        if (strcasecmp(word, name) == 0)
            return true;
    return false;
}

static bool is_of_hosts(const char *path, const char *name)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t size = 0;
    bool found = strcasecmp(name, "localhost") == 0;

    while (file && !found && getline(&line, &size, file) >= 0)
        found = line_has(line, name);
    free(line);
    if (file)
        fclose(file);
    return found;
}

static void on_second(int result, char type, int count, int ttl, void *addresses, void *context)
{
    struct lifetime *lifetime = context;

    (void) type, (void) addresses;
    lifetime->state =
        result == DNS_ERR_NONE && count > 0 && ttl >= 0 ? LIFETIME_KNOWN : LIFETIME_UNKNOWN;
    lifetime->seconds = ttl;
}

/* A name may have addresses of the newer kind only. */
static void on_first(int result, char type, int count, int ttl, void *addresses, void *context)
{
    struct lifetime *lifetime = context;

    if (result == DNS_ERR_SHUTDOWN || (result == DNS_ERR_NONE && count > 0) ||
        !evdns_base_resolve_ipv6(lifetime->lifetimes->base, lifetime->name, 0, on_second, lifetime))
        on_second(result, type, count, ttl, addresses, context);
}

void lifetimes_ask(struct lifetimes *lifetimes, const char *name, struct lifetime *lifetime)
{
    *lifetime = (struct lifetime){LIFETIME_ASKED, 0, lifetimes, name};
    if (is_of_hosts(lifetimes->hosts, name))
        lifetime->state = LIFETIME_NONE;
    else if (!lifetimes->base ||
             !evdns_base_resolve_ipv4(lifetimes->base, name, 0, on_first, lifetime))
        lifetime->state = LIFETIME_UNKNOWN;
}
