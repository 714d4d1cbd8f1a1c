/* [guard] and its probes: what the table of options cannot say. */
#include "config_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* So many runs of a probe at least make a window: one failure more or less is no evidence. */
#define RUNS_MIN 10
/* More often is a load, not a look. */
#define INTERVAL_MIN_MS 50

struct config_probe *config_probe_find(struct config *config, const char *name)
{
    struct config_probe *probe;

    for (size_t i = 0; i < config->probe_count; i++) {
        if (string_equal(config->probes[i].name, name))
            return &config->probes[i];
    }
    config->probes =
        memory_grow(config->probes, (config->probe_count + 1) * sizeof(*config->probes));
    probe = &config->probes[config->probe_count++];
    memset(probe, 0, sizeof(*probe));
    probe->name = memory_copy(name);
    config_set_defaults(CONFIG_PROBE, probe);
    return probe;
}

const char *config_probe_kind(const struct config_probe *probe)
{
    return probe->sql ? "the SQL" : probe->url ? "the URL" : "the command";
}

static bool refuse(const struct config *config, const struct config_probe *probe, const char *cause,
                   const char *hint, struct fault *fault)
{
    config_fault(fault, config->file, "[guard_probe %.60s] %s", probe->name, cause);
    fault_hint(fault, "%s", hint);
    return false;
}

/* A URL may hold a password: none is ever shown. */
bool config_is_url(const char *url)
{
    const char *host = strncasecmp(url, "https://", 8) == 0  ? url + 8
                       : strncasecmp(url, "http://", 7) == 0 ? url + 7
                                                             : "";

    for (const char *at = url; *at; at++) {
        if (isspace((unsigned char) *at) || iscntrl((unsigned char) *at))
            return false;
    }
    return *host && *host != '/';
}

static bool check_probe(const struct config *config, const struct config_probe *probe,
                        struct fault *fault)
{
    int kinds = (probe->sql != NULL) + (probe->url != NULL) + (probe->command != NULL);
    int64_t longest =
        probe->interval_ms > probe->timeout_ms ? probe->interval_ms : probe->timeout_ms;

    if (kinds != 1)
        return refuse(config, probe, kinds ? "tries several things" : "tries nothing",
                      "Give it exactly one of sql (with conninfo), url and command.", fault);
    if (probe->sql && !probe->conninfo)
        return refuse(
            config, probe, "has sql, but no conninfo",
            "Add \"conninfo = host=… port=… user=… dbname=…\": through the pooler, as the "
            "application's user.",
            fault);
    if (!probe->sql && probe->conninfo)
        return refuse(config, probe, "has conninfo without sql", "Remove it.", fault);
    if (probe->url && !config_is_url(probe->url))
        return refuse(config, probe, "url is not a URL; it is not shown, as it may hold a password",
                      "Write it as \"http://10.0.0.10:8080/health\" or with https.", fault);
    if (probe->interval_ms < INTERVAL_MIN_MS)
        return refuse(config, probe, "interval is shorter than 50ms", "Write for example 1s.",
                      fault);
    if (probe->timeout_ms < 1)
        return refuse(config, probe, "timeout is zero", "Write for example 5s.", fault);
    if (config->guard.errors_for_ms / RUNS_MIN < longest)
        return refuse(
            config, probe, "runs too seldom for [guard] errors_for",
            "errors_for must be at least ten times the probe's interval, and its timeout.", fault);
    return true;
}

bool config_guard_check(const struct config *config, struct fault *fault)
{
    if (config->guard.errors_for_ms < 1 || config->guard.lag_ms < 1) {
        config_fault(fault, config->file, "[guard] %s is zero",
                     config->guard.errors_for_ms < 1 ? "errors_for" : "lag");
        fault_hint(fault, "Leave it out for the default.");
        return false;
    }
    for (size_t i = 0; i < config->probe_count; i++) {
        if (!check_probe(config, &config->probes[i], fault))
            return false;
    }
    return true;
}
