/* What was not as planned, sentence by sentence. What is not here went as planned, or nobody knows.
 */
#include "reporting_internal.h"

#include "../../checks/json_file.h"
#include "../base/text.h"
#include "verified.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* Of one kind of event so many are told one by one. */
#define TOLD_MAX 20
#define VERIFY_MAX_BYTES (64 * 1024 * 1024)

void reporting_anomaly(struct reporting *reporting, const char *format, ...)
{
    struct report *report = reporting->report;
    struct text text = {0}, plain = {0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    text_add_plain(&plain, text_string(&text));
    report->anomalies = reporting_grow(reporting->arena, report->anomalies, report->anomaly_count,
                                       sizeof(*report->anomalies));
    report->anomalies[report->anomaly_count++] = reporting_text(reporting, text_string(&plain));
    text_free(&text);
    text_free(&plain);
}

static void of_steps(struct reporting *reporting)
{
    const struct report *report = reporting->report;
    size_t i;

    for (i = 0; i < report->step_count; i++) {
        const struct report_step *step = &report->steps[i];
        bool is_begun = string_equal(step->state, "begun");

        if (string_equal(step->state, "failed"))
            reporting_anomaly(reporting, "%s: the step %s failed: %s", step->plan, step->step,
                              step->cause ? step->cause : "the cause was not kept");
        else if (is_begun && !reporting->is_alive && !step->is_pause)
            reporting_anomaly(reporting,
                              "%s: the step %s began at %s and has no end: the engine ended there "
                              "(killed, or its host was lost)",
                              step->plan, step->step,
                              report_time(reporting->report, step->began_us));
    }
}

/* The longest gap that clients felt is longer than the pause may be. */
static void of_felt(struct reporting *reporting, const struct report_move *move,
                    const struct report_pooler *pooler)
{
    struct report *report = reporting->report;
    int64_t gap_us = pooler->held.longest_gap_us;

    if (pooler->failed != REPORT_UNKNOWN && pooler->failed > 0)
        reporting_anomaly(reporting,
                          "%s: %" PRId64 " of %" PRId64 " probes of clients through %s failed",
                          move->plan, pooler->failed, pooler->probes, pooler->name);
    if (gap_us != REPORT_UNKNOWN && move->budget_us != REPORT_UNKNOWN && gap_us > move->budget_us)
        reporting_anomaly(reporting, "%s: clients of %s waited %s, longer than the budget of %s",
                          move->plan, pooler->name, report_length(report, gap_us),
                          report_length(report, move->budget_us));
    if (pooler->is_open)
        reporting_anomaly(reporting,
                          "%s: no write of the probe through %s was acknowledged behind the "
                          "release, as long as it was tried: the gap is longer than is told",
                          move->plan, pooler->name);
    if (pooler->state && !string_equal(pooler->state, "measured"))
        reporting_anomaly(reporting, "%s: what clients of %s felt: %s", move->plan, pooler->name,
                          pooler->state);
    if (pooler->account && !string_equal(pooler->account, "yes"))
        reporting_anomaly(reporting, "%s: acknowledged writes of the probe through %s: %s",
                          move->plan, pooler->name, pooler->account);
}

static void of_moves(struct reporting *reporting)
{
    struct report *report = reporting->report;
    size_t i, j;

    for (i = 0; i < report->move_count; i++) {
        const struct report_move *move = &report->moves[i];
        bool was_held = move->held_us != REPORT_UNKNOWN && move->released_us != REPORT_UNKNOWN;
        int64_t held_us = was_held ? move->released_us - move->held_us : REPORT_UNKNOWN;

        if (string_equal(move->outcome, "undone"))
            reporting_anomaly(
                reporting, "the %s of %s was undone; clients stayed on %s%s%s: %s", move->plan,
                report_time(report, move->began_us), move->from, was_held ? ", held for " : "",
                was_held ? report_length(report, held_us) : "",
                move->cause ? move->cause
                            : "it was interrupted: its engine ended before the switch");
        else if (string_equal(move->outcome, "failed"))
            reporting_anomaly(reporting, "the %s of %s has not come to an end: %s", move->plan,
                              report_time(report, move->began_us),
                              move->cause ? move->cause : "its engine ended in the middle of it");
        if (string_equal(move->outcome, "done") && reporting_loses(reporting, i))
            reporting_anomaly(reporting,
                              "the %s of %s gave up what had been written on %s: it was told to "
                              "(--accept-data-loss)",
                              move->plan, report_time(report, move->began_us), move->from);
        if (was_held && move->budget_us != REPORT_UNKNOWN && held_us > move->budget_us)
            reporting_anomaly(reporting,
                              "%s: poolers held clients for %s, longer than the budget "
                              "of %s",
                              move->plan, report_length(report, held_us),
                              report_length(report, move->budget_us));
        for (j = 0; j < move->pooler_count; j++)
            of_felt(reporting, move, &move->poolers[j]);
    }
}

/* --- events ----------------------------------------------------------------------------------- */

static bool is_anomaly(const struct report_event *event)
{
    if (string_equal(event->kind, "hook"))
        return !strstr(event->text, ": exit code 0");
    /* one is told with its step, the other with its attempt */
    return !string_equal(event->kind, "failed") && !string_equal(event->kind, "loss");
}

static const char *meaning_of(const char *kind)
{
    static const char *const kinds[][2] = {
        {"hook", "a hook failed: "},
        {"notify", "a message was not delivered: "},
        {"direct", "sessions past the poolers: "},
        {"terminated", "a session was ended: "},
        {"lost", "a pooler was left behind: "},
        {"loose", "a pooler held nobody: "},
    };
    size_t i;

    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (string_equal(kinds[i][0], kind))
            return kinds[i][1];
    return "";
}

static void of_events(struct reporting *reporting)
{
    struct report *report = reporting->report;
    size_t i, j;

    for (i = 0; i < report->event_count; i++) {
        const struct report_event *event = &report->events[i];
        size_t before = 0;

        if (!is_anomaly(event))
            continue;
        for (j = 0; j < i; j++)
            before +=
                string_equal(report->events[j].kind, event->kind) && is_anomaly(&report->events[j]);
        if (before < TOLD_MAX)
            reporting_anomaly(reporting, "%s: %s%s", report_time(report, event->at_us),
                              meaning_of(event->kind), event->text);
        else if (before == TOLD_MAX)
            reporting_anomaly(reporting, "and more of the kind \"%s\": the journal has all",
                              event->kind);
    }
}

/* --- what was compared ------------------------------------------------------------------------ */

/* Keys of rows may be people's data: they are in verify.json, and not told here. */
static void of_verify_findings(struct reporting *reporting)
{
    static const struct json_file file = {
        .name = "verify", .schema_version = 1, .size_max = VERIFY_MAX_BYTES};
    cJSON *root = json_file_read(&file, reporting->procedure->directory);
    const cJSON *finding;
    const char *last = "";
    size_t told = 0;

    cJSON_ArrayForEach(finding, cJSON_GetObjectItemCaseSensitive(root, "findings"))
    {
        const char *weight = reporting_string(finding, "weight");
        const char *database = reporting_string(finding, "database");
        const char *object = reporting_string(finding, "object");
        const char *what = reporting_string(finding, "what");

        if (!weight || !object || !what || string_equal(weight, "advice") ||
            string_equal(last, object))
            continue;
        last = object;
        if (told++ < TOLD_MAX)
            reporting_anomaly(reporting, "verify: %s: %s%s%s: %s", weight, database ? database : "",
                              database && *database ? " " : "", object, what);
    }
    cJSON_Delete(root);
}

static void of_verify(struct reporting *reporting)
{
    struct verified verified;
    struct fault fault;

    if (!verified_read(reporting->procedure, &verified, &fault) || !verified.is_known ||
        verified.result.is_equal)
        return;
    reporting_anomaly(reporting,
                      "verify: the servers were not equal: %" PRId64 " different, %" PRId64
                      " undecided",
                      verified.result.different, verified.result.undecided);
    of_verify_findings(reporting);
}

static void of_checks(struct reporting *reporting)
{
    const struct report *report = reporting->report;
    size_t i, errors = 0;

    for (i = 0; i < report->finding_count; i++)
        errors += string_equal(report->findings[i].severity, "error");
    if (errors)
        reporting_anomaly(reporting, "the checks found %zu error%s: see there", errors,
                          errors == 1 ? "" : "s");
}

/* Behind finish the one that clients have left may be gone. */
static bool is_left(const struct report *report, const struct report_server *server)
{
    return report->outcome == REPORT_FINISHED && !string_equal(report->side, server->side);
}

/* Those that should answer. */
static void of_servers(struct reporting *reporting)
{
    const struct report *report = reporting->report;
    bool has_green =
        journal_get(reporting->journal, "green.started") && report->outcome != REPORT_ABORTED;
    size_t i;

    for (i = 0; i < 2; i++)
        if (report->servers[i].why && (i == 0 || has_green) &&
            !is_left(report, &report->servers[i]))
            reporting_anomaly(reporting, "%s did not answer when this was written: %s",
                              report->servers[i].side, report->servers[i].why);
}

static void of_configuration(struct reporting *reporting)
{
    const char *begun = journal_get(reporting->journal, "config.hash");
    char hash[65];

    config_hash(reporting->procedure->config, hash);
    if (begun && strcmp(begun, hash) != 0)
        reporting_anomaly(reporting,
                          "the configuration is not the one that the run began with: addresses and "
                          "poolers are told as they are in it now");
}

void reporting_anomalies(struct reporting *reporting)
{
    of_steps(reporting);
    of_moves(reporting);
    of_events(reporting);
    if (procedure_has_run(reporting->procedure)) {
        of_verify(reporting);
        of_configuration(reporting);
    }
    of_checks(reporting);
    of_servers(reporting);
}
