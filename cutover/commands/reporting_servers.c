/* Both servers: who they are, what they showed, their parameters; and what the checks found. */
#include "reporting_internal.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

/* --- who they are ----------------------------------------------------------------------------- */

const cJSON *reporting_last_answer(const struct reporting *reporting, const char *side)
{
    size_t i;

    for (i = reporting->moment_count; i-- > 0;) {
        const cJSON *server = reporting_server(reporting->moments[i], side);

        if (server)
            return server;
    }
    return NULL;
}

static const cJSON *entry_of(const cJSON *moment, const char *side)
{
    const cJSON *server;

    cJSON_ArrayForEach(server,
                       cJSON_GetObjectItemCaseSensitive(
                           moment, "servers")) if (string_equal(reporting_string(server, "side"),
                                                                side)) return server;
    return NULL;
}

static void tell_server(struct reporting *reporting, struct report_server *server,
                        const char *conninfo)
{
    const cJSON *now = reporting->moment_count
                           ? entry_of(reporting->moments[reporting->moment_count - 1], server->side)
                           : NULL;
    const cJSON *last = reporting_last_answer(reporting, server->side);
    const char *version = reporting_fact(reporting, "%s.version", server->side);
    const char *identifier = reporting_fact(reporting, "%s.system_identifier", server->side);

    server->address = reporting_address(reporting, conninfo);
    server->why = reporting_text(reporting, reporting_string(now, "why"));
    if (now && !server->why)
        server->answered_us = reporting_time(now, "at_us");
    version =
        last && reporting_string(last, "version") ? reporting_string(last, "version") : version;
    identifier = identifier ? identifier : reporting_string(last, "system_identifier");
    server->version = arena_copy(reporting->arena, version);
    server->system_identifier = arena_copy(reporting->arena, identifier);
}

/* --- what they showed ------------------------------------------------------------------------- */

static const char *moment_name(struct reporting *reporting, const char *moment)
{
    if (string_equal(moment, "now"))
        return "now";
    if (string_equal(moment, "finish") || string_equal(moment, "abort"))
        return arena_print(reporting->arena, "before %s", moment);
    if (string_equal(moment, "finished") || string_equal(moment, "aborted"))
        return moment[0] == 'f' ? "behind finish" : "behind abort";
    return arena_print(reporting->arena, "behind %s", moment);
}

static void add_shows(struct reporting *reporting, const cJSON *moment, const char *side)
{
    struct report *report = reporting->report;
    const char *name = moment_name(reporting, reporting_string(moment, "moment"));
    const cJSON *server = reporting_server(moment, side), *show;

    cJSON_ArrayForEach(show, cJSON_GetObjectItemCaseSensitive(server, "shows"))
    {
        report->shows = reporting_grow(reporting->arena, report->shows, report->show_count,
                                       sizeof(*report->shows));
        report->shows[report->show_count++] = (struct report_show){
            .moment = name,
            .side = side,
            .database = arena_copy(reporting->arena, reporting_string(show, "database")),
            .statement = arena_copy(reporting->arena, reporting_string(show, "statement")),
            .answer = arena_copy(reporting->arena, reporting_string(show, "answer")),
            .why = arena_copy(reporting->arena, reporting_string(show, "why")),
            .at_us = reporting_time(server, "at_us")};
    }
}

/* --- parameters ------------------------------------------------------------------------------- */

static const cJSON *find_setting(const cJSON *server, const char *name)
{
    const cJSON *setting;

    cJSON_ArrayForEach(setting,
                       cJSON_GetObjectItemCaseSensitive(
                           server, "settings")) if (string_equal(reporting_string(setting, "name"),
                                                                 name)) return setting;
    return NULL;
}

static bool is_one_of(const char *const *names, const char *name)
{
    for (; *names; names++)
        if (strcmp(*names, name) == 0)
            return true;
    return false;
}

/* Lines "name = 'value'" of the fact, or none. */
static bool is_carried(struct reporting *reporting, const char *name)
{
    const char *line = reporting_fact(reporting, "green.parameters");
    size_t length = strlen(name);

    for (; line && *line; line += strcspn(line, "\n"), line += *line == '\n')
        if (strncasecmp(line, name, length) == 0 && string_starts(line + length, " = "))
            return true;
    return false;
}

static bool is_configured(const struct reporting *reporting, const char *name)
{
    const struct config *config = reporting->procedure->config;
    size_t i;

    for (i = 0; i < config->green.parameter_count; i++)
        if (strcasecmp(config->green.parameters[i].name, name) == 0)
            return true;
    return false;
}

static const char *why_of(struct reporting *reporting, const struct report_parameter *parameter,
                          const cJSON *blue, const cJSON *green)
{
    static const char *const own[] = {"config_file",
                                      "data_directory",
                                      "external_pid_file",
                                      "hba_file",
                                      "ident_file",
                                      "listen_addresses",
                                      "port",
                                      "ssl_ca_file",
                                      "ssl_cert_file",
                                      "ssl_crl_file",
                                      "ssl_key_file",
                                      "unix_socket_directories",
                                      NULL},
                             *const made[] = {"wal_level", "archive_mode", "hot_standby",
                                              "synchronous_standby_names", NULL};

    if (is_configured(reporting, parameter->name))
        return "[green.parameters]";
    if (strcmp(parameter->name, "default_transaction_read_only") == 0)
        return "closes the side that clients are not on";
    if (is_one_of(own, parameter->name))
        return "each server's own place";
    if (is_carried(reporting, parameter->name))
        return parameter->differs ? "carried over, and changed since" : "carried over";
    if (is_one_of(made, parameter->name))
        return "set by prepare";
    if (!blue || !green)
        return blue ? "green's release has none" : "blue's release has none";
    if (reporting_bool(blue, "is_internal"))
        return "of the release, or reckoned";
    if (!reporting_bool(blue, "is_set") && !reporting_bool(green, "is_set"))
        return "default of the release";
    if (!parameter->differs)
        return "set on both";
    return reporting_bool(blue, "is_set") ? "set on blue" : "set on green";
}

static void add_parameter(struct reporting *reporting, const cJSON *blue, const cJSON *green)
{
    struct report *report = reporting->report;
    const char *of_blue = reporting_string(blue, "value");
    const char *of_green = reporting_string(green, "value");
    bool is_set = reporting_bool(blue, "is_set") || reporting_bool(green, "is_set");
    struct report_parameter *parameter;

    if (!is_set && (!of_blue || !of_green || strcmp(of_blue, of_green) == 0))
        return;
    report->parameters = reporting_grow(reporting->arena, report->parameters,
                                        report->parameter_count, sizeof(*report->parameters));
    parameter = &report->parameters[report->parameter_count++];
    *parameter = (struct report_parameter){
        .name = arena_copy(reporting->arena, reporting_string(blue ? blue : green, "name")),
        .blue = arena_copy(reporting->arena, of_blue),
        .green = arena_copy(reporting->arena, of_green),
        .differs = !of_blue || !of_green || strcmp(of_blue, of_green) != 0};
    parameter->why = why_of(reporting, parameter, blue, green);
}

static int by_name(const void *a, const void *b)
{
    return strcasecmp(((const struct report_parameter *) a)->name,
                      ((const struct report_parameter *) b)->name);
}

static void compare(struct reporting *reporting, const cJSON *blue, const cJSON *green)
{
    struct report *report = reporting->report;
    const cJSON *setting;

    cJSON_ArrayForEach(setting, cJSON_GetObjectItemCaseSensitive(blue, "settings"))
        add_parameter(reporting, setting, find_setting(green, reporting_string(setting, "name")));
    cJSON_ArrayForEach(
        setting, cJSON_GetObjectItemCaseSensitive(
                     green, "settings")) if (!find_setting(blue, reporting_string(setting, "name")))
        add_parameter(reporting, NULL, setting);
    if (report->parameter_count)
        qsort(report->parameters, report->parameter_count, sizeof(*report->parameters), by_name);
    report->parameters_us = reporting_time(green, "at_us");
}

/* By the newest moment in which both answered. */
static void tell_parameters(struct reporting *reporting)
{
    size_t i;

    for (i = reporting->moment_count; i-- > 0;) {
        const cJSON *blue = reporting_server(reporting->moments[i], "blue");
        const cJSON *green = reporting_server(reporting->moments[i], "green");

        if (cJSON_GetObjectItemCaseSensitive(blue, "settings") &&
            cJSON_GetObjectItemCaseSensitive(green, "settings")) {
            compare(reporting, blue, green);
            return;
        }
    }
}

void reporting_servers(struct reporting *reporting)
{
    const struct config *config = reporting->procedure->config;
    size_t i;

    tell_server(reporting, &reporting->report->servers[0], config->blue.conninfo);
    tell_server(reporting, &reporting->report->servers[1], config->green.conninfo);
    for (i = 0; i < reporting->moment_count; i++) {
        add_shows(reporting, reporting->moments[i], "blue");
        add_shows(reporting, reporting->moments[i], "green");
    }
    tell_parameters(reporting);
}

/* --- findings --------------------------------------------------------------------------------- */

void reporting_findings(struct reporting *reporting, const cJSON *check, int64_t at_us)
{
    const cJSON *findings = cJSON_GetObjectItemCaseSensitive(check, "findings"), *finding;
    struct report *report = reporting->report;

    report->checked_us = at_us;
    cJSON_ArrayForEach(finding, findings)
    {
        report->findings = reporting_grow(reporting->arena, report->findings, report->finding_count,
                                          sizeof(*report->findings));
        report->findings[report->finding_count++] = (struct report_finding){
            .id = reporting_text(reporting, reporting_string(finding, "id")),
            .severity = reporting_text(reporting, reporting_string(finding, "severity")),
            .where = reporting_text(reporting, reporting_string(finding, "where")),
            .what = reporting_text(reporting, reporting_string(finding, "what")),
            .evidence = reporting_text(reporting, reporting_string(finding, "evidence")),
            .why = reporting_text(reporting, reporting_string(finding, "why")),
            .cure = reporting_text(reporting, reporting_string(finding, "cure"))};
    }
}
