/*
 * Sessions: which server or console they go to, and one request at a time.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PASSWORD "pw:s3cret"

static int number_behind(const char *text, const char *key)
{
    const char *at = text ? strstr(text, key) : NULL;

    return at ? atoi(at + strlen(key)) : -1;
}

static void address(struct fake_session *session, const struct endpoint *endpoint)
{
    const char *dbname = endpoint->dbname ? endpoint->dbname : "postgres";
    int i;

    session->is_trial = string_starts(dbname, "pgcutover_probe_");
    session->process = number_behind(endpoint->conninfo, "host=process");
    session->database = -1;
    for (i = 0; i < DATABASES; i++)
        if (strcmp(dbname, database_names[i]) == 0)
            session->database = i;
    if (session->process >= 0) {
        session->place = PLACE_CONSOLE;
        return;
    }
    session->server = strstr(endpoint->conninfo, "host=green") ? GREEN : BLUE;
    session->place = session->server == GREEN ? PLACE_GREEN : PLACE_BLUE;
}

static struct request *request_of(struct fake_session *session, struct reply *reply)
{
    struct request *request = request_new(session->sim, reply);

    request->session = session;
    request->session_number = session->number;
    request->place = session->place;
    request->server = session->server;
    request->database = session->database;
    request->process = session->process;
    request->is_trial = session->is_trial;
    memcpy(request->application_name, session->application_name, sizeof(request->application_name));
    if (session->request)
        model_violate(&session->sim->model, "%s was asked while a request is in flight",
                      session->name);
    session->request = request;
    return request;
}

static void copy_arguments(struct sql_arguments *into, const struct sql_arguments *from)
{
    int i;

    *into = *from;
    for (i = 0; i < into->count; i++)
        into->list[i].value = memory_copy(from->list[i].value);
}

static struct prepared *find_prepared(struct fake_session *session, const struct sql *sql)
{
    struct prepared *prepared = session->prepared;

    while (prepared && prepared->sql != sql)
        prepared = prepared->next;
    return prepared;
}

/* Right when it is asked: what an engine that dies then has kept, nobody sees. */
static void keep_prepared(struct fake_session *session, const struct sql *sql,
                          const struct sql_arguments *arguments)
{
    struct prepared *prepared;

    if (find_prepared(session, sql))
        model_violate(&session->sim->model, "%s was prepared twice on %s", sql->id, session->name);
    prepared = memory_new(sizeof(*prepared));
    prepared->sql = sql;
    copy_arguments(&prepared->arguments, arguments);
    prepared->next = session->prepared;
    session->prepared = prepared;
}

static void take_arguments(struct request *request, const struct sql *sql,
                           const struct sql_arguments *arguments)
{
    struct prepared *prepared = find_prepared(request->session, sql);

    request->form = arguments->form;
    if (arguments->form == SQL_PREPARE)
        keep_prepared(request->session, sql, arguments);
    request->is_unprepared = arguments->form == SQL_EXECUTE && !prepared;
    copy_arguments(&request->arguments,
                   arguments->form == SQL_EXECUTE && prepared ? &prepared->arguments : arguments);
}

/* Aborts when a value is missing. Of a statement without values once is enough. */
static void render(struct fake_session *session, const struct sql *sql,
                   const struct sql_arguments *arguments)
{
    static const struct sql *known[256];
    const struct sql **slot = &known[((uintptr_t) sql / sizeof(*sql)) % 256];
    struct text rendered = {0};

    if (*slot == sql && (!arguments || arguments->count == 0))
        return;
    *slot = sql;
    sql_render(&rendered, sql, arguments);
    if (strstr(text_string(&rendered), PASSWORD))
        model_violate(&session->sim->model, "%s: a password is a part of the statement", sql->id);
    text_free(&rendered);
}

static void fake_ask(struct session *base, const struct sql *sql,
                     const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply)
{
    struct fake_session *session = (struct fake_session *) base;
    struct sim *sim = session->sim;
    struct request *request = request_of(session, reply);
    int epoch;

    request->sql = sql;
    if (arguments)
        take_arguments(request, sql, arguments);
    render(session, sql, arguments);
    /* a server's own statement_timeout comes first, a console has none */
    request_send(request, print_some("%s: %s", session->name, sql->id),
                 session->kind == ENDPOINT_POSTGRES ? timeout_ms + 2000 : timeout_ms);
    epoch = *sim_epoch(sim, session->place, session->server, session->process);
    if (sim->is_dead)
        return;
    if (base->is_broken || epoch != session->epoch ||
        (session->place != PLACE_CONSOLE && session->number < sim->evicted[session->server]))
        request_lose(request);
}

static void forget_prepared(struct fake_session *session)
{
    struct prepared *prepared;
    int i;

    while ((prepared = session->prepared)) {
        session->prepared = prepared->next;
        for (i = 0; i < prepared->arguments.count; i++)
            free((char *) prepared->arguments.list[i].value);
        free(prepared);
    }
}

/* What was asked happens all the same. */
static void fake_close(struct session *base)
{
    struct fake_session *session = (struct fake_session *) base;
    struct model_server *server = &session->sim->model.servers[session->server];

    forget_prepared(session);

    if (session->request) {
        session->request->session = NULL;
        session->request->reply = NULL;
    }
    if (session->place != PLACE_CONSOLE && server->lock == session->number)
        server->lock = 0;
    free(session->name);
    free(session);
}

static const char *fake_password(struct session *base)
{
    return ((struct fake_session *) base)->kind == ENDPOINT_POSTGRES ? PASSWORD : NULL;
}

static const struct session_ops fake_ops = {
    .ask = fake_ask, .close = fake_close, .password = fake_password};

static struct session *fake_open(struct session_door *door, const struct endpoint *endpoint,
                                 int64_t timeout_ms, struct reply *reply)
{
    struct sim *sim = (struct sim *) ((char *) door - offsetof(struct sim, door));
    struct fake_session *session = memory_new(sizeof(*session));
    const char *application_name = endpoint->application_name ? endpoint->application_name : "";

    session->base.ops = &fake_ops;
    session->sim = sim;
    session->number = ++sim->sessions;
    session->kind = endpoint->kind;
    session->name = memory_copy(endpoint->name);
    snprintf(session->application_name, sizeof(session->application_name), "%s", application_name);
    /* the pooler gives the name to a connection that others use as well */
    if (endpoint->kind == ENDPOINT_CLIENT && strcmp(application_name, "pgcutover r1") == 0)
        model_violate(&sim->model, "%s wears the name that the fence spares", session->name);
    address(session, endpoint);
    session->epoch = *sim_epoch(sim, session->place, session->server, session->process);
    request_send(request_of(session, reply), print_some("%s: open", session->name), timeout_ms);
    return &session->base;
}

static void fake_door_free(struct session_door *door)
{
    (void) door; /* a part of struct sim */
}

void session_door_fake(struct sim *sim)
{
    sim->door.open = fake_open;
    sim->door.free = fake_door_free;
}
