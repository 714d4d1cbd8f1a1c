/*
 * conninfo.h: connection strings, taken apart and put together by libpq's own rules.
 *
 * A connection string is what libpq takes: keyword/value ("host=a port=1 dbname=x") or a URI
 * (postgresql://…). Nothing here connects, reads service or password files, or looks at PG*
 * variables: `service=x` stays `service=x`, and what it stands for is libpq's business when it
 * connects. Never blocks. Results are malloc'd keyword/value strings that the caller frees.
 *
 * A connection string may hold a password, so faults hold neither the string nor libpq's message
 * about it (which quotes parts of it): `where` tells the user which one is meant, for example
 * "[blue] conninfo". Only conninfo_without_password() may be shown or written anywhere.
 */
#ifndef PGCUTOVER_REPLICATION_CONNINFO_H
#define PGCUTOVER_REPLICATION_CONNINFO_H

#include "../cutover/base/fault.h"

#include <stdbool.h>
#include <stddef.h>

/* One option of a connection string. A NULL value leaves the option out (libpq's default). */
struct conninfo_value {
    const char *key;
    const char *value;
};

/*
 * `base` with the options of `override` in place of its own (NULL: none), then `dbname` (NULL: as
 * there), then `extra`. An address is replaced as a whole: where `override` names a host or
 * hostaddr, host, hostaddr and port all come from it, and none of them from base, from base's
 * service or from PGHOSTADDR and PGPORT. So the port that `override` does not name is 5432.
 * Fails when base or override is no connection string or `extra` has a key libpq does not know:
 * a fault with EXIT_USAGE.
 */
bool conninfo_merge(const char *where, const char *base, const char *override, const char *dbname,
                    const struct conninfo_value *extra, size_t extra_count, char **ret_conninfo,
                    struct fault *fault) __attribute__((warn_unused_result));

/* Is it one? The fault is the one conninfo_merge() would give. */
bool conninfo_check(const char *where, const char *conninfo, struct fault *fault)
    __attribute__((warn_unused_result));

/* For people, logs and the run directory: without password, sslpassword and any other secret.
   What libpq cannot read becomes a fixed text that holds nothing of it. Never NULL. */
char *conninfo_without_password(const char *conninfo);

/* A line of a password file (libpq's .pgpass) for that user, anywhere; caller frees. It is a
 * secret. */
char *conninfo_password_line(const char *user, const char *password);

/* The value of one option; NULL: not given, or not a connection string. */
char *conninfo_get(const char *conninfo, const char *key);

#endif
