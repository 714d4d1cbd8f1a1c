/*
 * resolve.h: host names to addresses before libpq sees them, because PQconnectStart() blocks on DNS
 * (src/interfaces/libpq/fe-connect.c, PQconnectPoll calls getaddrinfo).
 *
 * By libevent's evdns: /etc/hosts and the name servers of /etc/resolv.conf, read again when they
 * have changed, for some processes live for weeks. Names that only another service of the system
 * knows (LDAP, mDNS), and names inside a service file, are left to libpq.
 */
#ifndef PGCUTOVER_REPLICATION_RESOLVE_H
#define PGCUTOVER_REPLICATION_RESOLVE_H

#include <stdbool.h>

struct loop;
struct resolver;
struct resolution;

struct resolver *resolver_new(struct loop *loop);
/* With other files, for tests. Both paths must live as long. */
struct resolver *resolver_new_with(struct loop *loop, const char *servers, const char *hosts);
void resolver_free(struct resolver *resolver); /* NULL-safe */

/* The one host name in a connection string that has to be looked up; NULL: none (a socket, an
   address, a list, a service). Caller frees. */
char *resolve_needed(const char *conninfo);

/*
 * Looks `host` up; never blocks. `done` is called once, from the loop, with the addresses as
 * libpq's hostaddr takes them ("10.0.0.7,::1") and the host repeated as often ("a,a"); both NULL:
 * not found.
 */
struct resolution *
resolve_start(struct resolver *resolver, const char *host,
              void (*done)(void *context, const char *hosts, const char *addresses), void *context);
void resolve_cancel(struct resolution *resolution); /* NULL-safe; `done` is not called any more */

#endif
