#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/text.h"
#include "asking.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *address(const struct stage *stage, const char *fake, const char *variable)
{
    const char *real = getenv(variable);

    if (stage->is_fake)
        return fake;
    if (!real)
        fail_msg("%s is not set: with_servers.py sets it", variable);
    return real;
}

struct endpoint server_of(const struct stage *stage, const char *database)
{
    struct endpoint endpoint = {.kind = ENDPOINT_POSTGRES,
                                .name = "blue",
                                .dbname = database,
                                .application_name = "contract"};

    endpoint.conninfo = address(stage, "host=blue", "PGCUTOVER_CONTRACT_SERVER");
    return endpoint;
}

struct endpoint console_of(const struct stage *stage)
{
    struct endpoint endpoint = {.kind = ENDPOINT_CONSOLE, .name = "console"};

    endpoint.conninfo = address(stage, "host=process0 port=6432", "PGCUTOVER_CONTRACT_CONSOLE");
    return endpoint;
}

struct session *open_session(struct stage *stage, const struct endpoint *endpoint)
{
    struct reply reply = {0};
    struct session *session = stage->sessions->open(stage->sessions, endpoint, TIMEOUT_MS, &reply);

    assert_int_equal(reply.state, REPLY_PENDING);
    stage_finish(stage, &reply);
    if (reply.state != REPLY_OK)
        fail_msg("opening: %s", reply.fault.cause);
    assert_false(session->is_broken);
    reply_clear(&reply);
    return session;
}

struct session *open_server(struct stage *stage)
{
    struct endpoint endpoint = server_of(stage, "shop");

    return open_session(stage, &endpoint);
}

struct session *open_console(struct stage *stage)
{
    struct endpoint endpoint = console_of(stage);

    return open_session(stage, &endpoint);
}

void ask(struct stage *stage, struct session *session, const struct sql *sql,
         const struct sql_arguments *arguments, struct reply *reply)
{
    session_ask(session, sql, arguments, TIMEOUT_MS, reply);
    assert_int_equal(reply->state, REPLY_PENDING); /* never inside the call */
    stage_finish(stage, reply);
}

void expect_code(struct stage *stage, struct session *session, const struct sql *sql,
                 const struct sql_arguments *arguments, const char *code)
{
    struct reply reply = {0};

    ask(stage, session, sql, arguments, &reply);
    assert_int_equal(reply.state, REPLY_FAILED);
    assert_string_equal(reply.fault.code, code);
    assert_string_equal(reply.fault.doing, sql->doing);
    assert_true(*reply.fault.where);
    assert_true(*reply.fault.cause);
    assert_false(session->is_broken);
    reply_clear(&reply);
}

void expect_ok(struct stage *stage, struct session *session, const struct sql *sql,
               const struct sql_arguments *arguments)
{
    struct reply reply = {0};

    ask(stage, session, sql, arguments, &reply);
    if (reply.state != REPLY_OK)
        fail_msg("%s: %s %s", sql->id, reply.fault.code, reply.fault.cause);
    reply_clear(&reply);
}

const char *setting_of(struct stage *stage, struct session *console, const char *name, char *buffer)
{
    struct reply reply = {0};
    int row;

    ask(stage, console, &sql_pooler_config, NULL, &reply);
    for (row = 0; !string_equal(reply_value(&reply, row, "key"), name); row++)
        assert_true(row < reply_rows(&reply));
    snprintf(buffer, 64, "%s", reply_value(&reply, row, "value"));
    reply_clear(&reply);
    return buffer;
}
