#include "client.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CONNECT_DEADLINE (30 * NS_PER_S)
#define STOP_GRACE (5 * NS_PER_S)
#define RETRY_PAUSE (10 * NS_PER_MS)

const char *const kind_names[] = {"pooled", "direct", "holding"};
struct shared shared = {.lock = PTHREAD_MUTEX_INITIALIZER};

int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * NS_PER_S + now.tv_nsec;
}

_Noreturn void die(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    fputs("load: error: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

/* When work in flight is given up: a while after the stop, never before. */
static bool must_give_up(void)
{
    pthread_mutex_lock(&shared.lock);
    bool late = shared.stop && now_ns() > shared.stopped + STOP_GRACE;
    pthread_mutex_unlock(&shared.lock);
    return late;
}

/* Waits for the moment; false when the stop came first. */
static bool sleep_until(int64_t moment)
{
    struct timespec until = {.tv_sec = (time_t) (moment / NS_PER_S),
                             .tv_nsec = (long) (moment % NS_PER_S)};

    pthread_mutex_lock(&shared.lock);
    int result = 0;
    while (!shared.stop && result != ETIMEDOUT && now_ns() < moment) {
        result = pthread_cond_timedwait(&shared.stopping, &shared.lock, &until);
    }
    bool go_on = !shared.stop;
    pthread_mutex_unlock(&shared.lock);
    return go_on;
}

void note_gap(struct gap *gap, int64_t moment)
{
    if (gap->last != 0 && moment - gap->last > gap->longest) {
        gap->longest = moment - gap->last;
        gap->from = gap->last;
    }
    if (moment > gap->last) {
        gap->last = moment;
    }
}

static void remember_failure(struct client *client, const char *sqlstate, const char *message)
{
    snprintf(client->sqlstate, sizeof client->sqlstate, "%s", sqlstate != NULL ? sqlstate : "");
    if (client->sqlstate[0] == '\0') {
        memcpy(client->sqlstate, "-----", sizeof client->sqlstate);
    }
    snprintf(client->failure, sizeof client->failure, "%s", message);
    for (char *character = client->failure; *character != '\0'; character++) {
        if (*character == '\n' || *character == '\t') {
            *character = ' ';
        }
    }
}

static void report_failure(struct client *client, const char *stage, bool unknown)
{
    client->errors++;
    client->unknown += unknown ? 1 : 0;
    pthread_mutex_lock(&shared.lock);
    fprintf(shared.errors, "%" PRId64 "\t%d\t%" PRId64 "\t%s\t%s\t%s\t%s\n", now_ns(),
            client->number, client->seq, client->sqlstate, unknown ? "unknown" : "failed", stage,
            client->failure);
    fflush(shared.errors);
    pthread_mutex_unlock(&shared.lock);
}

/* Waits until the socket is ready, at most a tenth of a second. */
static void wait_for_socket(PGconn *connection, short events)
{
    struct pollfd descriptor = {.fd = PQsocket(connection), .events = events};

    (void) poll(&descriptor, 1, 100);
}

/* The first result of what was sent; NULL when the connection broke or the stop came. */
static PGresult *await_result(struct client *client)
{
    PGconn *connection = client->connection;
    int unsent = PQflush(connection);

    while (unsent > 0 || PQisBusy(connection)) {
        if (unsent < 0 || must_give_up()) {
            remember_failure(client, NULL, "given up at the end of the run");
            return NULL;
        }
        wait_for_socket(connection, (short) (POLLIN | (unsent > 0 ? POLLOUT : 0)));
        if (!PQconsumeInput(connection)) {
            remember_failure(client, NULL, PQerrorMessage(connection));
            return NULL;
        }
        unsent = PQflush(connection);
    }
    return PQgetResult(connection);
}

/* Reads until the statement is over, so that another can be sent. */
static void finish_statement(struct client *client)
{
    PGresult *rest;

    while (PQstatus(client->connection) == CONNECTION_OK && (rest = await_result(client)) != NULL) {
        PQclear(rest);
    }
}

/* The result of what was sent, or NULL after remembering the failure. */
static PGresult *take_result(struct client *client, int sent)
{
    if (!sent) {
        remember_failure(client, NULL, PQerrorMessage(client->connection));
        return NULL;
    }
    PGresult *result = await_result(client);
    if (result == NULL) {
        if (PQstatus(client->connection) != CONNECTION_OK) {
            remember_failure(client, NULL, PQerrorMessage(client->connection));
        }
        return NULL;
    }
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
        remember_failure(client, PQresultErrorField(result, PG_DIAG_SQLSTATE),
                         PQresultErrorMessage(result));
        PQclear(result);
        return NULL;
    }
    finish_statement(client);
    return result;
}

static PGresult *execute(struct client *client, const char *sql, int count,
                         const char *const *values)
{
    return take_result(
        client, PQsendQueryParams(client->connection, sql, count, NULL, values, NULL, NULL, 0));
}

static void disconnect(struct client *client)
{
    PQfinish(client->connection);
    client->connection = NULL;
    client->prepared = false;
}

static bool establish(struct client *client)
{
    const char *const keywords[] = {"fallback_application_name", "dbname", NULL};
    const char *const values[] = {"load", client->conninfo, NULL};
    int64_t deadline = now_ns() + CONNECT_DEADLINE;
    PostgresPollingStatusType state = PGRES_POLLING_WRITING;

    client->connection = PQconnectStartParams(keywords, values, 1);
    if (client->connection == NULL) {
        die("out of memory");
    }
    while (PQstatus(client->connection) != CONNECTION_BAD && state != PGRES_POLLING_OK) {
        if (state == PGRES_POLLING_FAILED || now_ns() > deadline || must_give_up()) {
            break;
        }
        wait_for_socket(client->connection, state == PGRES_POLLING_READING ? POLLIN : POLLOUT);
        state = PQconnectPoll(client->connection);
    }
    if (state != PGRES_POLLING_OK) {
        const char *message = PQerrorMessage(client->connection);
        remember_failure(client, NULL, message[0] != '\0' ? message : "no answer in time");
        return false;
    }
    return true;
}

/* Says once which database the client writes to. */
static bool introduce(struct client *client)
{
    PGresult *result = execute(client, "SELECT current_database()", 0, NULL);

    if (result == NULL) {
        return false;
    }
    snprintf(client->database, sizeof client->database, "%s", PQgetvalue(result, 0, 0));
    PQclear(result);
    pthread_mutex_lock(&shared.lock);
    fprintf(shared.clients, "%d\t%s\t%s\t%s\n", client->number, kind_names[client->kind],
            client->database, PQport(client->connection));
    fflush(shared.clients);
    pthread_mutex_unlock(&shared.lock);
    return true;
}

static bool ensure_connection(struct client *client)
{
    if (client->connection != NULL) {
        return true;
    }
    if (establish(client) && (client->database[0] != '\0' || introduce(client))) {
        return true;
    }
    report_failure(client, "connect", false);
    disconnect(client);
    return false;
}

static void acknowledge(struct client *client, int64_t started, const char *counter)
{
    int64_t moment = now_ns();

    client->commits++;
    fprintf(client->log, "%d %" PRId64 " %" PRId64 " %" PRId64 " %s\n", client->number, client->seq,
            started, moment, counter);
    note_gap(&client->gap, moment);
    if (client->kind == POOLED) {
        pthread_mutex_lock(&shared.lock);
        note_gap(&shared.gap, moment);
        pthread_mutex_unlock(&shared.lock);
    }
    if (moment - client->flushed > NS_PER_S) {
        fflush(client->log);
        client->flushed = moment;
    }
}

/* What stands before COMMIT. */
static const struct statement {
    const char *name, *sql;
    int parameters;
} statements[] = {
    {"begin", "BEGIN", 0},
    {"ledger",
     "INSERT INTO load.ledger (client, seq, counter) "
     "VALUES ($1::integer, $2::bigint, nextval('load.counter')) RETURNING counter",
     2},
    {"keyless",
     "INSERT INTO load.keyless (client, seq, note) VALUES ($1::integer, $2::bigint, 'n')", 2},
    {"account",
     "UPDATE load.account SET balance = balance + 1 WHERE id = $1::integer % 128 "
     "AND $2::bigint > 0",
     2},
};
#define STATEMENTS (sizeof statements / sizeof statements[0])

/* Once a connection, so that a pooler that forgets one on the way is found out. */
static bool prepare_statements(struct client *client)
{
    for (size_t i = 0; i < STATEMENTS && !client->prepared; i++) {
        PGresult *result = take_result(client, PQsendPrepare(client->connection, statements[i].name,
                                                             statements[i].sql, 0, NULL));
        if (result == NULL) {
            return false;
        }
        PQclear(result);
    }
    client->prepared = true;
    return true;
}

static PGresult *run_statement(struct client *client, const struct statement *statement,
                               const char *const *values)
{
    if (!client->prepared) {
        return execute(client, statement->sql, statement->parameters, values);
    }
    return take_result(client, PQsendQueryPrepared(client->connection, statement->name,
                                                   statement->parameters, values, NULL, NULL, 0));
}

/* The statements before COMMIT; false, with the stage, when one failed. */
static bool write_rows(struct client *client, char *counter, size_t size, const char **stage)
{
    char number[16], seq[24];
    const char *const values[] = {number, seq};

    *stage = "prepare";
    if (shared.prepare && client->kind == POOLED && !prepare_statements(client)) {
        return false;
    }
    snprintf(number, sizeof number, "%d", client->number);
    snprintf(seq, sizeof seq, "%" PRId64, client->seq);
    for (size_t i = 0; i < STATEMENTS; i++) {
        *stage = statements[i].name;
        PGresult *result = run_statement(client, &statements[i], values);
        if (result == NULL) {
            return false;
        }
        if (PQntuples(result) == 1) {
            snprintf(counter, size, "%s", PQgetvalue(result, 0, 0));
        }
        PQclear(result);
    }
    return true;
}

static bool commit(struct client *client)
{
    PGresult *result = execute(client, "COMMIT", 0, NULL);

    if (result == NULL) {
        return false;
    }
    bool committed = strcmp(PQcmdStatus(result), "COMMIT") == 0;
    if (!committed) {
        remember_failure(client, NULL, PQcmdStatus(result));
    }
    PQclear(result);
    return committed;
}

/* One transaction under a number of its own, whatever becomes of it. */
static bool transact(struct client *client)
{
    char counter[24] = "";
    const char *stage = "connect";
    int64_t started = now_ns();

    client->seq++;
    if (!ensure_connection(client)) {
        return false;
    }
    if (!write_rows(client, counter, sizeof counter, &stage)) {
        report_failure(client, stage, false);
        disconnect(client);
        return false;
    }
    if (client->hold > 0) {
        (void) sleep_until(now_ns() + client->hold);
    }
    if (!commit(client)) {
        report_failure(client, "commit", true);
        disconnect(client);
        return false;
    }
    acknowledge(client, started, counter);
    if (PQstatus(client->connection) != CONNECTION_OK) {
        disconnect(client);
    }
    return true;
}

/* The next moment of the schedule; moments that have passed are left out, not made up for. */
static int64_t next_moment(const struct client *client, int64_t previous)
{
    int64_t now = now_ns();
    int64_t next = previous + client->period;

    if (next < now) {
        next += (now - next + client->period - 1) / client->period * client->period;
    }
    return next;
}

void *run_client(void *argument)
{
    struct client *client = argument;
    int64_t moment = shared.begun + client->offset;

    while (sleep_until(moment)) {
        bool done = transact(client);
        moment = next_moment(client, moment);
        if (!done && moment < now_ns() + RETRY_PAUSE) {
            moment = now_ns() + RETRY_PAUSE;
        }
    }
    PQfinish(client->connection);
    client->connection = NULL;
    fclose(client->log);
    return NULL;
}
