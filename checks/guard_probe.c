#include "guard_probe.h"

#include "../cutover/base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct guard_probe {
    const struct config_probe *config;
    const struct guard_doors *doors;
    char *name; /* "probe app" */
    struct script script;
    struct session *session;
    struct reply reply;
    int64_t until_ns; /* of the run that is under way */
    bool runs, has_asked;
};

/* What the user wrote goes through as a value: a colon in it is not ours. */
static const struct sql statement = {
    .id = "probe", .doing = "running the statement of", .text = ":{probe}", .reads = true};

struct script guard_script(const char *id, const char *doing, const char *line)
{
    struct script script = {.id = id, .doing = doing};
    struct text text = {0};
    char **at;

    for (at = environ; *at; at++) {
        size_t length = strcspn(*at, "="), word = 0;

        while (word < length && (isalnum((unsigned char) (*at)[word]) || (*at)[word] == '_'))
            word++;
        if (strncmp(*at, "PG", 2) == 0 && word == length && length > 2)
            text_add(&text, "unset %.*s\n", (int) length, *at);
    }
    text_add_string(&text, line);
    script.text = text_take(&text);
    return script;
}

struct guard_probe *guard_probe_new(const struct config_probe *config,
                                    const struct guard_doors *doors)
{
    struct guard_probe *probe = memory_new(sizeof(*probe));
    struct text name = {0};

    probe->config = config;
    probe->doors = doors;
    text_add(&name, "probe %s", config->name);
    probe->name = text_take(&name);
    if (config->command)
        probe->script = guard_script("probe", "running the command of", config->command);
    return probe;
}

void guard_probe_stop(struct guard_probe *probe)
{
    if (probe->runs && probe->config->url)
        http_abandon(probe->doors->http, &probe->reply);
    else if (probe->runs && probe->config->command)
        probe->doors->host->ops->abandon(probe->doors->host, &probe->reply);
    session_close(probe->session);
    probe->session = NULL;
    probe->reply.state = REPLY_IDLE;
    reply_clear(&probe->reply);
    probe->runs = probe->has_asked = false;
}

void guard_probe_free(struct guard_probe *probe)
{
    if (!probe)
        return;
    guard_probe_stop(probe);
    free((char *) (uintptr_t) probe->script.text);
    free(probe->name);
    free(probe);
}

void guard_probe_start(struct guard_probe *probe)
{
    static const char *const none[] = {NULL};
    const struct config_probe *config = probe->config;
    const struct guard_doors *doors = probe->doors;
    struct endpoint endpoint = {.kind = ENDPOINT_CLIENT,
                                .name = probe->name,
                                .conninfo = config->conninfo,
                                .application_name = "pgcutover guard"};

    probe->runs = true;
    probe->until_ns = doors->driver->now_ns(doors->driver) + config->timeout_ms * NS_PER_MS;
    if (config->sql)
        probe->session =
            doors->sessions->open(doors->sessions, &endpoint, config->timeout_ms, &probe->reply);
    else if (config->url)
        http_get(doors->http, probe->name, config->url, config->timeout_ms, &probe->reply);
    else
        doors->host->ops->run(doors->host, &probe->script, none, NULL, config->timeout_ms,
                              &probe->reply);
}

bool guard_probe_runs(const struct guard_probe *probe)
{
    return probe->runs;
}

/* The connection is there: what is left of the time is the statement's. */
static void ask(struct guard_probe *probe)
{
    struct driver *driver = probe->doors->driver;
    int64_t left_ms = (probe->until_ns - driver->now_ns(driver)) / NS_PER_MS;
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "probe", probe->config->sql);
    probe->has_asked = true;
    reply_clear(&probe->reply);
    session_ask(probe->session, &statement, &arguments, left_ms > 0 ? left_ms : 1, &probe->reply);
}

static bool judge(const struct guard_probe *probe, struct fault *fault)
{
    const struct reply *reply = &probe->reply;
    char code[16];

    if (reply->state == REPLY_FAILED) {
        *fault = reply->fault;
        return false;
    }
    if (probe->config->sql && !reply_is_true(reply)) {
        fault_set(fault, statement.doing, probe->name, NULL,
                  reply_rows(reply) ? "its first row begins with NULL or false" : "it gave no row");
        return false;
    }
    if (probe->config->url && (reply->status < 200 || reply->status > 299)) {
        snprintf(code, sizeof(code), "HTTP %d", reply->status);
        fault_set(fault, "asking", probe->name, code, "it answered with %d", reply->status);
        return false;
    }
    return true;
}

bool guard_probe_poll(struct guard_probe *probe, bool *ret_good, struct fault *ret_fault)
{
    if (!probe->runs || !reply_is_finished(&probe->reply))
        return false;
    if (probe->config->sql && !probe->has_asked && probe->reply.state == REPLY_OK) {
        ask(probe);
        return false;
    }
    *ret_good = judge(probe, ret_fault);
    probe->runs = false;
    guard_probe_stop(probe);
    return true;
}
