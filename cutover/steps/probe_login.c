/*
 * What a login to the subscriber through a pooler came to: the closed door is the right answer.
 */
#include "sql_files.h"

#include "../base/text.h"
#include "arm_poolers.h"
#include "probe.h"

#include <string.h>

/* A first one may be late because of what is done once: names looked up, TLS set up. */
#define LOGIN_TRIES 2

static enum act_verdict barred(struct step_io *io, const struct target *target, const char *cause,
                               const char *hint)
{
    act_fail(io, target, sql_probe_try.doing, "%s", cause);
    fault_hint(&io->fault, "%s; nobody was held", hint);
    io->fault.exit_code = EXIT_CHECKS_FAILED;
    return ACT_FAILED;
}

/* PgBouncer keeps its client waiting when it cannot connect, and says nothing. */
static enum act_verdict unanswered(struct step_io *io, const struct target *target)
{
    size_t count;
    struct pooler_address *subscriber = pooler_subscriber(io, &count);
    const char *where =
        arena_print(io->arena, "%s port %s", subscriber->host ? subscriber->host : "a socket",
                    subscriber->port ? subscriber->port : "5432");

    return barred(io, target,
                  arena_print(io->arena,
                              "no answer within %d s: the pooler gets no connection to %s",
                              PROBE_LOGIN_MS * LOGIN_TRIES / 1000, where),
                  "does [{subscriber}] from_poolers lead to {subscriber} from the pooler's host "
                  "(address, port, "
                  "firewall, TLS)? The pooler's log may tell");
}

static enum act_verdict refused(struct step_io *io, const struct target *target,
                                const struct fault *fault)
{
    /* up to 1.18 the code is not passed on, only the words */
    if (string_equal(fault->code, "42501") ||
        strstr(fault->cause, "permission denied for database"))
        return ACT_DONE;
    if (string_equal(fault->code, "timeout"))
        return unanswered(io, target);
    if (strstr(fault->cause, "login has been failing, try again"))
        return barred(io, target, fault->cause,
                      "this PgBouncer keeps the cause to itself when it looks passwords up "
                      "(auth_query): give probe a user of its auth_file, or leave probe out");
    return barred(io, target, fault->cause,
                  "what the pooler logs in to {publisher} with must be good on {subscriber}, too: "
                  "pg_hba.conf, "
                  "role, password, TLS; and the pooler must let probe's user into an entry "
                  "called " POOLER_TRIAL "_1");
}

/* The subscriber is closed: only a superuser gets in. */
static enum act_verdict let_in(struct step_io *io, const struct target *target,
                               const struct reply *reply)
{
    const char *version = reply_value(reply, 0, "version_num");
    const char *is_superuser = reply_value(reply, 0, "is_superuser");

    if (!version || !is_superuser)
        return barred(io, target, "no answer", "once more");
    if (!io_has(io, "{subscriber}.version_num", version))
        return barred(io, target,
                      arena_print(io->arena, "version %s answers, {subscriber} is %s", version,
                                  io_get(io, "{subscriber}.version_num")),
                      "[{subscriber}] from_poolers leads to another server");
    if (!string_equal(is_superuser, "on"))
        return barred(io, target, "it was let in, but {subscriber} must be closed until the switch",
                      "look which server that is, and who may connect to it");
    return ACT_DONE;
}

enum act_verdict probe_login_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    if (reply->state == REPLY_OK)
        return let_in(io, target, reply);
    if (string_equal(reply->fault.code, "timeout") && target->tries + 1 < LOGIN_TRIES)
        return ACT_AGAIN;
    return refused(io, target, &reply->fault);
}
