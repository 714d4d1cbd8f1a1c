/*
 * Requests: how they are made, filled with an answer, and freed.
 */
#include "sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct request *request_new(struct sim *sim, struct reply *reply)
{
    struct request *request = memory_new(sizeof(*request));

    request->sim = sim;
    request->reply = reply;
    request->outcome = REPLY_OK;
    request->pooler = request->process = -1;
    memset(reply, 0, sizeof(*reply));
    reply->state = REPLY_PENDING;
    reply->asked_ns = sim->now_ns;
    return request;
}

void request_free(struct request *request)
{
    size_t i;

    for (i = 0; i < sizeof(request->words) / sizeof(request->words[0]); i++)
        free(request->words[i]);
    for (i = 0; i < (size_t) request->arguments.count; i++)
        free((char *) request->arguments.list[i].value);
    free(request->input);
    PQclear(request->table);
    free(request->output);
    free(request);
}

void request_unlink(struct request *request)
{
    struct request **at = &request->sim->requests;

    while (*at && *at != request)
        at = &(*at)->next;
    if (*at)
        *at = request->next;
    if (request->session && request->session->request == request)
        request->session->request = NULL;
}

void request_fail(struct request *request, const char *code, const char *format, ...)
{
    va_list arguments;

    request->outcome = REPLY_FAILED;
    snprintf(request->code, sizeof(request->code), "%s", code);
    va_start(arguments, format);
    vsnprintf(request->cause, sizeof(request->cause), format, arguments);
    va_end(arguments);
}

static void add_columns(struct request *request, va_list arguments)
{
    PGresAttDesc columns[16];
    const char *name;
    int count = 0;

    memset(columns, 0, sizeof(columns));
    while ((name = va_arg(arguments, const char *)) && count < 16) {
        columns[count].name = (char *) name;
        columns[count++].typid = 25;
        (void) va_arg(arguments, const char *);
    }
    request->table = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK);
    PQsetResultAttrs(request->table, count, columns);
}

void request_row(struct request *request, ...)
{
    va_list arguments;
    int row, column;

    if (!request->table) {
        va_start(arguments, request);
        add_columns(request, arguments);
        va_end(arguments);
    }
    row = PQntuples(request->table);
    va_start(arguments, request);
    for (column = 0; va_arg(arguments, const char *); column++) {
        char *value = (char *) va_arg(arguments, const char *);

        PQsetvalue(request->table, row, column, value, value ? (int) strlen(value) : -1);
    }
    va_end(arguments);
}

const char *request_argument(const struct request *request, const char *name)
{
    int i;

    for (i = 0; i < request->arguments.count; i++)
        if (strcmp(request->arguments.list[i].name, name) == 0)
            return request->arguments.list[i].value;
    model_violate(&request->sim->model, "%s was asked without its value %s", request->sql->id,
                  name);
    return "";
}
