/*
 * lifetime.h: for how long those who have looked a name up keep its address: the TTL of its record.
 *
 * By libevent's evdns, from the name servers of /etc/resolv.conf; of a name server that answers
 * from its own memory it is what is left there, so it may be more, never less. Names of /etc/hosts
 * have none. Of a name that is a CNAME it is the TTL of the addresses it leads to: evdns passes the
 * CNAME's own over (reply_parse in its evdns.c), which may be longer. Nothing blocks; answers come
 * from the loop.
 */
#ifndef PGCUTOVER_REPLICATION_LIFETIME_H
#define PGCUTOVER_REPLICATION_LIFETIME_H

#include <stdbool.h>

struct loop;
struct lifetimes;

enum lifetime_state { LIFETIME_ASKED, LIFETIME_KNOWN, LIFETIME_NONE, LIFETIME_UNKNOWN };

struct lifetime {
    enum lifetime_state state;
    int seconds;                 /* when it is known */
    struct lifetimes *lifetimes; /* its own business */
    const char *name;
};

/* The files are /etc/resolv.conf and /etc/hosts, but in tests. */
struct lifetimes *lifetimes_new(struct loop *loop, const char *servers, const char *hosts);
/* `name` and `lifetime` must live until it is not LIFETIME_ASKED any more, or until the end. */
void lifetimes_ask(struct lifetimes *lifetimes, const char *name, struct lifetime *lifetime);
void lifetimes_free(struct lifetimes *lifetimes); /* NULL-safe */

#endif
