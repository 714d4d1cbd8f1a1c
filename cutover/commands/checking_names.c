/* Names by which blue is known: for how long they lead there after they were changed. */
#include "checking_places.h"

#include "../../replication/lifetime.h"
#include "../../replication/resolve.h"
#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define NAMES_MAX 16
#define LONG_S 30
#define PATIENCE_NS (15 * NS_PER_S)

struct asked {
    char *names[NAMES_MAX];
    struct lifetime lifetimes[NAMES_MAX];
    size_t count;
};

/* Takes ownership. */
static void ask_for(struct asked *asked, char *name)
{
    size_t i;

    for (i = 0; name && i < asked->count && strcasecmp(asked->names[i], name) != 0; i++)
        ;
    if (name && i == asked->count && i < NAMES_MAX)
        asked->names[asked->count++] = name;
    else
        free(name);
}

static void ask_for_host(struct asked *asked, const char *host)
{
    struct text text = {0};

    if (!host)
        return;
    text_add(&text, "host=%s", host);
    ask_for(asked, resolve_needed(text_string(&text)));
    text_free(&text);
}

static bool is_complete(const struct asked *asked)
{
    size_t i;

    for (i = 0; i < asked->count; i++)
        if (asked->lifetimes[i].state == LIFETIME_ASKED)
            return false;
    return true;
}

static void judge(struct finding_list *list, const char *name, const struct lifetime *lifetime)
{
    const struct check *check = check_find("dns_ttl");
    struct text text = {0};

    if (lifetime->state == LIFETIME_KNOWN && lifetime->seconds > LONG_S) {
        text_add(&text, "its TTL is %d s", lifetime->seconds);
        finding_add(list, check, "[blue]", name, text_string(&text), NULL);
    } else if (lifetime->state == LIFETIME_ASKED || lifetime->state == LIFETIME_UNKNOWN) {
        text_add(&text, "no name server tells the TTL of %s", name);
        finding_not_asked(list, check, text_string(&text));
    }
    text_free(&text);
}

void checking_names(struct procedure *procedure, struct finding_list *list)
{
    const struct config *config = procedure->config;
    struct driver *driver = procedure->driver;
    int64_t end_ns = driver->now_ns(driver) + PATIENCE_NS;
    struct asked asked = {.count = 0};
    struct lifetimes *lifetimes;
    size_t i;

    ask_for(&asked, resolve_needed(config->blue.conninfo));
    for (i = 0; i < config->blue.from_poolers_count; i++)
        ask_for_host(&asked, config->blue.from_poolers[i].host);
    if (!asked.count)
        return;
    lifetimes = lifetimes_new(procedure->loop, "/etc/resolv.conf", "/etc/hosts");
    for (i = 0; i < asked.count; i++)
        lifetimes_ask(lifetimes, asked.names[i], &asked.lifetimes[i]);
    while (!is_complete(&asked) && !procedure_is_interrupted(procedure) &&
           driver->now_ns(driver) < end_ns)
        driver->wait(driver, driver->now_ns(driver) + NS_PER_S);
    for (i = 0; i < asked.count; i++)
        judge(list, asked.names[i], &asked.lifetimes[i]);
    lifetimes_free(lifetimes);
    for (i = 0; i < asked.count; i++)
        free(asked.names[i]);
}
