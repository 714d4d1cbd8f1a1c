/*
 * session.h: one connection to PostgreSQL or to a PgBouncer console, without blocking.
 *
 * At most one request is in flight; its reply is always delivered from the loop. No statement is
 * ever sent twice: a missed deadline or a lost connection leaves its outcome unknown, the session
 * is closed, and whoever needs to know asks the server on a new one.
 * Source of the loop: libpq's asynchronous interface (src/interfaces/libpq/fe-connect.c,
 * PQconnectPoll).
 */
#ifndef PGCUTOVER_REPLICATION_SESSION_H
#define PGCUTOVER_REPLICATION_SESSION_H

#include "../cutover/base/reply.h"
#include "sql.h"

struct loop;
struct session;

enum endpoint_kind { ENDPOINT_POSTGRES, ENDPOINT_CONSOLE, ENDPOINT_CLIENT };

/* Where a session goes. ENDPOINT_CONSOLE: PgBouncer's admin console (simple queries, no settings).
   ENDPOINT_CLIENT: through a pooler as a client, nothing is set. */
struct endpoint {
    enum endpoint_kind kind;
    const char *name;     /* "blue shop": for `where` and for fakes */
    const char *conninfo; /* libpq keyword/value string or URI; may hold a password */
    const char *dbname;   /* overrides the conninfo's, NULL: as there */
    const char *application_name;
};

struct session_ops {
    void (*ask)(struct session *session, const struct sql *sql,
                const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply);
    void (*close)(struct session *session); /* abandons what is in flight; frees the session */
    const char *(*password)(struct session *session);
};

struct session {
    const struct session_ops *ops;
    bool is_broken; /* the connection is gone or its state unknown: close it */
};

/* The door: opens sessions. */
struct session_door {
    /* Starts connecting and setting up; `reply` finishes when the session can be asked.
       Returns a session in any case; the caller closes it. */
    struct session *(*open)(struct session_door *door, const struct endpoint *endpoint,
                            int64_t timeout_ms, struct reply *reply);
    void (*free)(struct session_door *door);
};

struct session_door *session_door_new(struct loop *loop); /* the real one */

/* `timeout_ms` bounds the statement on the server (statement_timeout) and, a little later, here.
   `arguments` may be NULL. */
void session_ask(struct session *session, const struct sql *sql,
                 const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply);
void session_close(struct session *session); /* NULL-safe */

/* The password that libpq used for this session (from .pgpass, service or conninfo); NULL: none.
   Owned by the session. */
const char *session_password(struct session *session);

/* Frees what the reply holds and makes it REPLY_IDLE. A pending reply must be abandoned first. */
void reply_clear(struct reply *reply);
int reply_rows(const struct reply *reply); /* 0 when there is no table */
/* NULL for SQL NULL, for a row that is not there and for a column that is not there: never "0". */
const char *reply_value(const struct reply *reply, int row, const char *column);
/* Is there a row, and does the first one begin with anything but NULL and false? */
bool reply_is_true(const struct reply *reply);
/* False unless there is a row whose column holds a valid number / LSN / boolean. */
bool reply_number(const struct reply *reply, int row, const char *column, int64_t *ret_number);
bool reply_lsn(const struct reply *reply, int row, const char *column, uint64_t *ret_lsn);
bool reply_bool(const struct reply *reply, int row, const char *column, bool *ret_bool);

#endif
