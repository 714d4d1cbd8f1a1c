/*
 * reply.h: the answer to one request that went through a door (a statement, a host command).
 *
 * The asker owns the reply and keeps it in place until it is finished or abandoned; the door
 * fills it from the loop only, never inside the call that asked. Clearing is NULL-safe and may be
 * repeated. A reply that is REPLY_FAILED always carries a fault.
 */
#ifndef PGCUTOVER_BASE_REPLY_H
#define PGCUTOVER_BASE_REPLY_H

#include "fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum reply_state { REPLY_IDLE, REPLY_PENDING, REPLY_OK, REPLY_FAILED };

struct pg_result; /* libpq's PGresult */

struct reply {
    enum reply_state state;
    struct fault fault;
    struct pg_result *table; /* statements: the last result with rows, or NULL */
    char *output;            /* host commands: stdout, terminated */
    int status;              /* host commands: exit status */
    int64_t asked_ns, answered_ns;
};

/* Frees what a host command left; replication/session.h frees tables too (reply_clear). */
bool reply_is_finished(const struct reply *reply);

#endif
