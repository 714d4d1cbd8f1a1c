#include "verify_internal.h"

#include "../cutover/base/text.h"
#include "check_files.h"

#include <stdlib.h>
#include <string.h>

#define OPEN_MS 20000

void verify_link_open(struct verify *verify, struct verify_link *link, int side,
                      const char *database)
{
    const struct verify_side *place = verify_side(verify, side);
    struct endpoint endpoint = {.kind = ENDPOINT_POSTGRES,
                                .conninfo = place->conninfo,
                                .dbname = database,
                                .application_name = verify->options.application_name};
    struct text name = {0};

    verify_link_close(link);
    text_add(&name, "%s %s", place->name, database);
    link->name = text_take(&name);
    endpoint.name = link->name;
    link->at = LINK_OPENING;
    link->session =
        verify->options.sessions->open(verify->options.sessions, &endpoint, OPEN_MS, &link->reply);
}

void verify_link_ask(struct verify_link *link, const struct sql *sql,
                     const struct sql_arguments *arguments, int64_t timeout_ms)
{
    reply_clear(&link->reply);
    link->at = LINK_ASKED;
    session_ask(link->session, sql, arguments, timeout_ms, &link->reply);
}

static void set_up(struct verify *verify, struct verify_link *link)
{
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "float_digits",
            verify_float_digits(verify->version[0], verify->version[1]));
    verify_link_ask(link, &check_verify_session, &arguments, VERIFY_ASK_MS);
    link->at = LINK_SETTING_UP;
}

enum link_state verify_link_poll(struct verify *verify, struct verify_link *link)
{
    if (link->at == LINK_OPEN)
        return LINK_READY;
    if (link->at == LINK_CLOSED || !reply_is_finished(&link->reply))
        return LINK_WAITING;
    if (link->reply.state == REPLY_FAILED)
        return LINK_FAILED;
    if (link->at == LINK_OPENING) {
        set_up(verify, link);
        return LINK_WAITING;
    }
    link->at = LINK_OPEN;
    return LINK_READY;
}

/* A lock, a deadlock or a row that moved: the next try may do. */
bool verify_link_may_retry(const struct verify_link *link)
{
    const char *code = link->reply.fault.code;

    return link->reply.state == REPLY_FAILED && !link->session->is_broken &&
           (strcmp(code, "55P03") == 0 || strcmp(code, "40P01") == 0 || strcmp(code, "40001") == 0);
}

void verify_link_close(struct verify_link *link)
{
    session_close(link->session);
    link->session = NULL;
    reply_clear(&link->reply);
    free(link->name);
    link->name = NULL;
    link->at = LINK_CLOSED;
}
