#include "session.h"

#include "../cutover/base/text.h"
#include "lsn.h"

#include <errno.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

void session_ask(struct session *session, const struct sql *sql,
                 const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply)
{
    reply_clear(reply);
    session->ops->ask(session, sql, arguments, timeout_ms, reply);
}

const char *session_password(struct session *session)
{
    return session->ops->password(session);
}

void session_close(struct session *session)
{
    if (session)
        session->ops->close(session);
}

void reply_clear(struct reply *reply)
{
    PQclear(reply->table);
    free(reply->output);
    memset(reply, 0, sizeof(*reply));
}

int reply_rows(const struct reply *reply)
{
    return reply->state == REPLY_OK && reply->table ? PQntuples(reply->table) : 0;
}

const char *reply_value(const struct reply *reply, int row, const char *column)
{
    int number;

    if (row < 0 || row >= reply_rows(reply))
        return NULL;
    number = PQfnumber(reply->table, column);
    if (number < 0 || PQgetisnull(reply->table, row, number))
        return NULL;
    return PQgetvalue(reply->table, row, number);
}

bool reply_is_true(const struct reply *reply)
{
    enum { BOOLEAN = 16 }; /* pg_type.h: BOOLOID */

    if (reply_rows(reply) == 0 || PQnfields(reply->table) == 0 || PQgetisnull(reply->table, 0, 0))
        return false;
    return PQftype(reply->table, 0) != BOOLEAN || *PQgetvalue(reply->table, 0, 0) == 't';
}

bool reply_number(const struct reply *reply, int row, const char *column, int64_t *ret_number)
{
    const char *value = reply_value(reply, row, column);
    char *end;
    long long number;

    if (!value || !*value)
        return false;
    errno = 0;
    number = strtoll(value, &end, 10);
    if (*end || errno)
        return false;
    *ret_number = number;
    return true;
}

bool reply_lsn(const struct reply *reply, int row, const char *column, uint64_t *ret_lsn)
{
    return lsn_parse(reply_value(reply, row, column), ret_lsn);
}

bool reply_bool(const struct reply *reply, int row, const char *column, bool *ret_bool)
{
    const char *value = reply_value(reply, row, column);

    if (!value || (strcmp(value, "t") != 0 && strcmp(value, "f") != 0))
        return false;
    *ret_bool = *value == 't';
    return true;
}
