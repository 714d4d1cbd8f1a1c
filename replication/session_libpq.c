/*
 * The real session: libpq's asynchronous interface on libevent.
 *
 * Happy path:  open -> RESOLVING -> CONNECTING -> SETTING_UP -> READY; ask -> (SET
 *              statement_timeout) -> BUSY -> READY, the reply finished from the loop.
 * Failures:    any error of the connection, and a missed deadline, make it BROKEN: the outcome is
 *              unknown, nothing is sent again, the owner closes the session.
 * On close:    the reply in flight, if any, is never touched again.
 */
#include "../cutover/base/driver.h"
#include "../cutover/base/loop.h"
#include "../cutover/base/text.h"
#include "refusal.h"
#include "resolve.h"
#include "session.h"
#include "sql_files.h"

#include <event2/event.h>
#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The server enforces statement_timeout; this much later we stop believing that it answers. */
#define GRACE_MS 2000

enum session_at { RESOLVING, CONNECTING, SETTING_UP, READY, BUSY, BROKEN };

struct real_session {
    struct session base;
    struct loop *loop;
    PGconn *connection;
    struct event *socket_event;
    struct event *timer;
    enum session_at at;
    enum endpoint_kind kind;
    char *name, *conninfo, *dbname, *application_name;
    struct resolution *resolution; /* while RESOLVING */
    struct reply *reply;           /* in flight; NULL: none */
    const char *doing;             /* what the request in flight is about */
    char *next;                    /* text to send once SET statement_timeout has answered */
    bool is_one;                   /* the request in flight may be one statement only */
    int64_t timeout_ms;            /* statement_timeout as the server has it; -1: as it came */
    int64_t allowed_ms;            /* for the request in flight */
    struct fault fault;            /* why it is broken, delivered with the next turn of the loop */
};

struct real_door {
    struct session_door base;
    struct loop *loop;
    struct resolver *resolver;
};

static int64_t now_ns(struct real_session *session)
{
    struct driver *driver = loop_driver(session->loop);

    return driver->now_ns(driver);
}

static void set_timer(struct real_session *session, int64_t timeout_ms)
{
    struct timeval timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000};

    event_add(session->timer, &timeout);
}

static void unwatch(struct real_session *session)
{
    if (session->socket_event) {
        event_free(session->socket_event);
        session->socket_event = NULL;
    }
}

static void on_socket(evutil_socket_t socket, short what, void *context);

static void watch(struct real_session *session, short what)
{
    unwatch(session);
    session->socket_event = event_new(loop_base(session->loop), PQsocket(session->connection),
                                      (short) (what | EV_PERSIST), on_socket, session);
    event_add(session->socket_event, NULL);
}

/* Finishes the request in flight; from here on the session belongs to whoever looks at it. */
static void finish(struct real_session *session, enum reply_state state)
{
    struct reply *reply = session->reply;

    session->reply = NULL;
    event_del(session->timer);
    if (!reply)
        return;
    reply->answered_ns = now_ns(session);
    reply->state = state;
}

static void break_session(struct real_session *session)
{
    session->at = BROKEN;
    session->base.is_broken = true;
    unwatch(session);
    free(session->next);
    session->next = NULL;
    if (session->reply)
        session->reply->fault = session->fault;
    finish(session, REPLY_FAILED);
}

/* A connection that fails for a reason which a repeat does not cure. */
static bool is_permanent(const char *message)
{
    static const char *const signs[] = {"password",
                                        "authentication",
                                        "pg_hba.conf",
                                        "does not exist",
                                        "certificate",
                                        "does not support SSL",
                                        "invalid connection option",
                                        "invalid port number",
                                        "invalid sslmode",
                                        "definition of service"};
    size_t i;

    for (i = 0; i < sizeof(signs) / sizeof(signs[0]); i++)
        if (strstr(message, signs[i]))
            return true;
    return false;
}

static void lose_connection(struct real_session *session)
{
    const char *message = PQerrorMessage(session->connection);
    bool connecting = session->at <= SETTING_UP;
    char code[REFUSAL_CODE_SIZE] = "08006", words[sizeof(session->fault.cause)];

    if (session->kind == ENDPOINT_CLIENT && refusal_parse(message, code, words, sizeof(words)))
        message = words;
    fault_set(&session->fault, connecting ? "connecting to" : session->doing, session->name, code,
              "%s", *message ? message : "the server closed the connection");
    session->fault.exit_code = EXIT_TRANSIENT;
    if (connecting && is_permanent(message)) {
        session->fault.exit_code = EXIT_USAGE;
        fault_hint(&session->fault,
                   "check the connection string, the role, its password (~/.pgpass "
                   "or passfile=) and the server's pg_hba.conf; nothing was changed");
    } else if (connecting) {
        fault_hint(&session->fault,
                   "check host, port and that the server runs; a repeat goes on from here");
    } else {
        fault_hint(&session->fault, "the outcome is unknown; the next command asks the server");
    }
    break_session(session);
}

/* Breaks the session with the next turn of the loop: never inside a call of the owner. */
static void lose_connection_later(struct real_session *session)
{
    unwatch(session);
    event_active(session->timer, EV_WRITE, 0);
}

static void on_timer(evutil_socket_t socket, short what, void *context)
{
    struct real_session *session = context;
    bool connecting = session->at <= SETTING_UP;

    (void) socket;
    if (!(what & EV_TIMEOUT)) {
        lose_connection(session);
        return;
    }
    fault_set(&session->fault, connecting ? "connecting to" : session->doing, session->name,
              "timeout", "no answer within %lld ms; the outcome is unknown",
              (long long) session->allowed_ms);
    session->fault.exit_code = EXIT_TRANSIENT;
    fault_hint(&session->fault,
               connecting ? "check host, port and what lies between; a repeat goes on from here"
                          : "the outcome is unknown; the next command asks the server");
    break_session(session);
}

static void flush_output(struct real_session *session)
{
    int left = PQflush(session->connection);

    if (left < 0)
        lose_connection_later(session);
    else
        watch(session, left ? EV_READ | EV_WRITE : EV_READ);
}

/* The extended protocol takes one statement: src/backend/tcop/postgres.c, exec_parse_message. */
static void send_text(struct real_session *session, const char *text, bool is_one)
{
    PGconn *to = session->connection;

    if (is_one ? !PQsendQueryParams(to, text, 0, NULL, NULL, NULL, NULL, 0)
               : !PQsendQuery(to, text))
        lose_connection_later(session);
    else
        flush_output(session);
}

static void note_error(struct real_session *session, PGresult *result)
{
    const char *cause = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    const char *detail = PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL);
    const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
    const char *code = PQresultErrorField(result, PG_DIAG_SQLSTATE);

    if (fault_is_set(&session->fault))
        return; /* the first error is the cause; the rest follows from it */
    fault_set(&session->fault, session->doing, session->name, code, "%s%s%s",
              cause ? cause : PQresultErrorMessage(result), detail ? "; " : "",
              detail ? detail : "");
    if (hint)
        fault_hint(&session->fault, "%s", hint);
}

static void take_result(struct real_session *session, PGresult *result)
{
    struct reply *reply = session->reply;

    switch (PQresultStatus(result)) {
    case PGRES_TUPLES_OK:
        if (reply && !session->next) {
            PQclear(reply->table);
            reply->table = result;
            return;
        }
        break;
    case PGRES_COMMAND_OK:
    case PGRES_EMPTY_QUERY:
        break;
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_COPY_BOTH: /* nobody takes its rows or gives some: it would be told forever */
        fault_set(&session->fault, session->doing, session->name, NULL,
                  "COPY is not possible here");
        break_session(session);
        break;
    default:
        note_error(session, result);
    }
    PQclear(result);
}

/* All results of one query have come. */
static void query_ended(struct real_session *session)
{
    char *next = session->next;

    if (PQstatus(session->connection) == CONNECTION_BAD) {
        /* FATAL from the server (terminated, not allowed): its words are the cause */
        if (!fault_is_set(&session->fault)) {
            lose_connection(session);
            return;
        }
        session->fault.exit_code = EXIT_TRANSIENT;
        break_session(session);
        return;
    }
    if (fault_is_set(&session->fault)) {
        session->at = READY;
        free(next);
        session->next = NULL;
        if (session->reply)
            session->reply->fault = session->fault;
        memset(&session->fault, 0, sizeof(session->fault));
        finish(session, REPLY_FAILED);
        return;
    }
    if (next) {
        session->next = NULL;
        session->timeout_ms = session->allowed_ms;
        send_text(session, next, session->is_one);
        free(next);
        return;
    }
    session->at = READY;
    finish(session, REPLY_OK);
}

static void read_results(struct real_session *session)
{
    PGresult *result;

    if (!PQconsumeInput(session->connection)) {
        lose_connection(session);
        return;
    }
    while (session->at != BROKEN && !PQisBusy(session->connection)) {
        result = PQgetResult(session->connection);
        if (!result) {
            if (session->at == BUSY || session->at == SETTING_UP)
                query_ended(session);
            return;
        }
        take_result(session, result);
    }
}

static void connected(struct real_session *session)
{
    PQsetnonblocking(session->connection, 1);
    if (session->kind != ENDPOINT_POSTGRES) {
        session->at = READY;
        watch(session, EV_READ);
        finish(session, REPLY_OK);
        return;
    }
    session->at = SETTING_UP;
    session->doing = sql_session_setup.doing;
    send_text(session, sql_session_setup.text, false);
}

static void poll_connect(struct real_session *session)
{
    switch (PQconnectPoll(session->connection)) {
    case PGRES_POLLING_READING:
        watch(session, EV_READ);
        break;
    case PGRES_POLLING_WRITING:
        watch(session, EV_WRITE);
        break;
    case PGRES_POLLING_OK:
        connected(session);
        break;
    default:
        lose_connection(session);
    }
}

static void on_socket(evutil_socket_t socket, short what, void *context)
{
    struct real_session *session = context;

    (void) socket;
    if (session->at == CONNECTING) {
        poll_connect(session);
        return;
    }
    if ((what & EV_WRITE) && session->at != READY)
        flush_output(session);
    if (what & EV_READ)
        read_results(session);
}

static void real_ask(struct session *base, const struct sql *sql,
                     const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply)
{
    struct real_session *session = (struct real_session *) base;
    struct text text = {0};

    reply->state = REPLY_PENDING;
    reply->asked_ns = now_ns(session);
    session->reply = reply;
    session->doing = sql->doing;
    session->allowed_ms = timeout_ms;
    session->is_one = arguments && arguments->form == SQL_ONE;
    if (session->at != READY) {
        lose_connection_later(session);
        return;
    }
    memset(&session->fault, 0, sizeof(session->fault));
    session->at = BUSY;
    set_timer(session, session->kind == ENDPOINT_POSTGRES ? timeout_ms + GRACE_MS : timeout_ms);
    sql_render(&text, sql, arguments);
    if (session->kind == ENDPOINT_POSTGRES && session->timeout_ms != timeout_ms) {
        char set[64];

        snprintf(set, sizeof(set), "SET statement_timeout = %lld", (long long) timeout_ms);
        session->next = text_take(&text);
        send_text(session, set, false);
        return;
    }
    send_text(session, text_string(&text), session->is_one);
    text_free(&text);
}

static void real_close(struct session *base)
{
    struct real_session *session = (struct real_session *) base;

    resolve_cancel(session->resolution);
    unwatch(session);
    event_free(session->timer);
    PQfinish(session->connection);
    free(session->next);
    free(session->name);
    free(session->conninfo);
    free(session->dbname);
    free(session->application_name);
    free(session);
}

static const char *real_password(struct session *base)
{
    const char *password = PQpass(((struct real_session *) base)->connection);

    return password && *password ? password : NULL;
}

static const struct session_ops real_ops = {
    .ask = real_ask, .close = real_close, .password = real_password};

static void ignore_notice(void *context, const PGresult *result)
{
    (void) context, (void) result;
}

/* `hosts` and `addresses`: what was looked up, NULL: libpq's business. */
static void start_connecting(struct real_session *session, const char *hosts, const char *addresses)
{
    bool console = session->kind == ENDPOINT_CONSOLE;
    const char *keywords[] = {"dbname",           "dbname",
                              "application_name", "keepalives",
                              "keepalives_idle",  "tcp_user_timeout",
                              "client_encoding",  "host",
                              "hostaddr",         NULL};
    const char *values[] = {session->conninfo,
                            console ? "pgbouncer" : session->dbname,
                            session->application_name,
                            "1",
                            "10",
                            "20000",
                            session->kind == ENDPOINT_POSTGRES ? "UTF8" : NULL,
                            hosts,
                            addresses,
                            NULL};

    session->at = CONNECTING;
    session->connection = PQconnectStartParams(keywords, values, 1);
    if (!session->connection)
        abort();
    PQsetNoticeReceiver(session->connection, ignore_notice, NULL);
    if (session->kind == ENDPOINT_CLIENT) /* why a pooler's server refuses: by its code */
        PQsetErrorVerbosity(session->connection, PQERRORS_VERBOSE);
    if (PQstatus(session->connection) == CONNECTION_BAD)
        lose_connection_later(session);
    else
        watch(session, EV_WRITE);
}

static void on_resolved(void *context, const char *hosts, const char *addresses)
{
    struct real_session *session = context;

    session->resolution = NULL;
    start_connecting(session, hosts, addresses);
}

static struct session *real_open(struct session_door *base, const struct endpoint *endpoint,
                                 int64_t timeout_ms, struct reply *reply)
{
    struct real_door *door = (struct real_door *) base;
    struct real_session *session = memory_new(sizeof(*session));
    char *host = resolve_needed(endpoint->conninfo);

    session->base.ops = &real_ops;
    session->loop = door->loop;
    session->kind = endpoint->kind;
    session->name = memory_copy(endpoint->name);
    session->conninfo = memory_copy(endpoint->conninfo);
    session->dbname = memory_copy(endpoint->dbname);
    session->application_name = memory_copy(endpoint->application_name);
    session->timeout_ms = -1;
    session->allowed_ms = timeout_ms;
    session->timer = event_new(loop_base(session->loop), -1, 0, on_timer, session);
    session->reply = reply;
    reply_clear(reply);
    reply->state = REPLY_PENDING;
    reply->asked_ns = now_ns(session);
    set_timer(session, timeout_ms);
    if (host)
        session->resolution = resolve_start(door->resolver, host, on_resolved, session);
    else
        start_connecting(session, NULL, NULL);
    free(host);
    return &session->base;
}

static void real_free(struct session_door *base)
{
    resolver_free(((struct real_door *) base)->resolver);
    free(base);
}

struct session_door *session_door_new(struct loop *loop)
{
    struct real_door *door = memory_new(sizeof(*door));

    door->base.open = real_open;
    door->base.free = real_free;
    door->loop = loop;
    door->resolver = resolver_new(loop);
    return &door->base;
}
