#include "client_probe_mode.h"

#include "sql_files.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"

#define TIMEOUT_MS 2000

/* Of all; of entries; of users: the narrower one counts, so that none may say "session". */
static const struct sql *const questions[] = {&sql_pooler_config, &sql_pooler_databases,
                                              &sql_pooler_users};
#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

void client_probe_mode_close(struct client_probe_mode *mode)
{
    session_close(mode->session);
    mode->session = NULL;
    reply_clear(&mode->reply);
    mode->is_asking = false;
}

static bool is_calm(size_t question, const struct reply *reply)
{
    const char *common = pgbouncer_setting(reply, "pool_mode");
    int row;

    if (question == 0)
        return string_equal(common, "transaction") || string_equal(common, "statement");
    for (row = 0; row < reply_rows(reply); row++)
        if (string_equal(reply_value(reply, row, "pool_mode"), "session"))
            return false;
    return true;
}

static bool know(struct client_probe_mode *mode, bool may, bool *ret_may_pool_sessions)
{
    client_probe_mode_close(mode);
    *ret_may_pool_sessions = may;
    return true;
}

static void ask(struct client_probe_mode *mode, struct world *world,
                const struct config_pooler *pooler)
{
    struct endpoint endpoint = {.kind = ENDPOINT_CONSOLE,
                                .name = "client probe, console",
                                .conninfo = pooler->consoles[mode->console],
                                .application_name = world->application_name};

    if (!mode->session)
        mode->session = world->sessions->open(world->sessions, &endpoint, TIMEOUT_MS, &mode->reply);
    else
        session_ask(mode->session, questions[mode->question], NULL, TIMEOUT_MS, &mode->reply);
}

/* The answer is that of `question`, or of opening where nothing was asked yet. */
bool client_probe_mode_poll(struct client_probe_mode *mode, struct world *world,
                            const struct config_pooler *pooler, bool *ret_may_pool_sessions)
{
    if (config_pooler_is_hook(pooler) || pooler->console_count == 0)
        return know(mode, true, ret_may_pool_sessions);
    if (!mode->session) {
        ask(mode, world, pooler);
        return false;
    }
    if (!reply_is_finished(&mode->reply))
        return false;
    if (mode->reply.state == REPLY_FAILED ||
        (mode->is_asking && !is_calm(mode->question, &mode->reply)))
        return know(mode, true, ret_may_pool_sessions);
    mode->question += mode->is_asking;
    mode->is_asking = true;
    if (mode->question < QUESTIONS) {
        ask(mode, world, pooler);
        return false;
    }
    mode->question = 0;
    client_probe_mode_close(mode);
    if (++mode->console < pooler->console_count)
        return client_probe_mode_poll(mode, world, pooler, ret_may_pool_sessions);
    return know(mode, false, ret_may_pool_sessions);
}
