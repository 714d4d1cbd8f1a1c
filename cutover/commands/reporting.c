/* The whole: who, where it has come to, and the order in which the parts are gathered. */
#include "reporting_internal.h"

#include "../../replication/conninfo.h"
#include "../base/scrub.h"
#include "../base/text.h"
#include "../plans/plans.h"
#include "checking.h"
#include "doing.h"
#include "evidence.h"
#include "leg.h"
#include "standing.h"

#include <pwd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- small things ----------------------------------------------------------------------------- */

void *reporting_grow(struct arena *arena, void *list, size_t count, size_t size)
{
    void *grown;

    if (count && (count < 8 || count & (count - 1)))
        return list; /* it has room for 8, 16, 32 … */
    grown = arena_take(arena, (count ? count * 2 : 8) * size);
    if (count)
        memcpy(grown, list, count * size);
    return grown;
}

const char *reporting_text(struct reporting *reporting, const char *said)
{
    struct text scrubbed = {0}, valid = {0};
    const char *copy;

    if (!said)
        return NULL;
    text_add_scrubbed(&scrubbed, said, NULL);
    text_add_valid(&valid, text_string(&scrubbed));
    copy = arena_copy(reporting->arena, text_string(&valid));
    text_free(&scrubbed);
    text_free(&valid);
    return copy;
}

const char *reporting_fact(struct reporting *reporting, const char *format, ...)
{
    struct text key = {0};
    const char *value;
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&key, format, arguments);
    va_end(arguments);
    value = journal_get(reporting->journal, text_string(&key));
    text_free(&key);
    return value;
}

int64_t reporting_number(const char *fact)
{
    char *end = NULL;
    long long number = fact && *fact ? strtoll(fact, &end, 10) : 0;

    return end && !*end ? number : REPORT_UNKNOWN;
}

const char *reporting_string(const cJSON *object, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

int64_t reporting_time(const cJSON *object, const char *key)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, key);

    return cJSON_IsNumber(item) ? (int64_t) item->valuedouble : REPORT_UNKNOWN;
}

bool reporting_bool(const cJSON *object, const char *key)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(object, key));
}

const cJSON *reporting_server(const cJSON *moment, const char *side)
{
    const cJSON *server;

    cJSON_ArrayForEach(
        server, cJSON_GetObjectItemCaseSensitive(
                    moment, "servers")) if (string_equal(reporting_string(server, "side"),
                                                         side)) return reporting_string(server,
                                                                                        "why")
        ? NULL
        : server;
    return NULL;
}

const char *reporting_address(struct reporting *reporting, const char *conninfo)
{
    char *host = conninfo_get(conninfo, "host"), *port = conninfo_get(conninfo, "port");
    char *hostaddr = conninfo_get(conninfo, "hostaddr"),
         *service = conninfo_get(conninfo, "service");
    const char *address;

    if (host || hostaddr || port || !service)
        address = arena_print(reporting->arena, "%s:%s",
                              host       ? host
                              : hostaddr ? hostaddr
                                         : "(default host)",
                              port ? port : "5432");
    else
        address = arena_print(reporting->arena, "service %s", service);
    free(host);
    free(hostaddr);
    free(port);
    free(service);
    return address;
}

const char *reporting_slot_database(struct reporting *reporting, const char *slot)
{
    const struct world *world = reporting->procedure->world;
    size_t i;

    for (i = 0; i < world->database_count; i++)
        if (string_equal(world->databases[i].slot, slot))
            return arena_copy(reporting->arena, world->databases[i].name);
    return NULL;
}

/* --- who and what ----------------------------------------------------------------------------- */

/* Who has called sudo, else who is logged in. */
static const char *operator_of(struct reporting *reporting)
{
    const char *told = reporting->procedure->config->report.operator_name;
    const char *sudo = getenv("SUDO_USER");
    const struct passwd *user;

    if (told)
        return arena_copy(reporting->arena, told);
    if (sudo && *sudo)
        return arena_copy(reporting->arena, sudo);
    user = getpwuid(getuid());
    return user ? arena_copy(reporting->arena, user->pw_name) : NULL;
}

static void tell_who(struct reporting *reporting)
{
    const struct config *config = reporting->procedure->config;
    struct report *report = reporting->report;
    size_t i;

    report->made_us = reporting->procedure->driver->wall_us(reporting->procedure->driver);
    report->program_version = PGCUTOVER_VERSION;
    report->cluster = arena_copy(reporting->arena, config->cluster_name);
    report->environment = reporting_text(reporting, config->report.environment);
    report->trigger = reporting_text(reporting, config->report.trigger);
    report->operator_name = operator_of(reporting);
    report->author = config->report.author ? reporting_text(reporting, config->report.author)
                                           : report->operator_name;
    report->domain = reporting_text(reporting, config->report.domain);
    report->maturity = reporting_text(reporting, config->report.maturity);
    report->references =
        arena_take(reporting->arena, (config->report.reference_count + 1) * sizeof(char *));
    for (i = 0; i < config->report.reference_count; i++)
        report->references[report->reference_count++] =
            reporting_text(reporting, config->report.references[i]);
    report->run_directory = arena_copy(reporting->arena, reporting->procedure->directory);
    report->run = arena_copy(reporting->arena, journal_get(reporting->journal, "run"));
    report->side = arena_copy(reporting->arena, journal_get(reporting->journal, "side"));
    if (!report->side)
        report->side = "blue";
}

/* --- where it has come to --------------------------------------------------------------------- */

/* Of clients that are moved, or were; REPORT_PLANNED: none of that. */
static enum report_outcome outcome_of_leg(const struct reporting *reporting)
{
    const struct procedure *procedure = reporting->procedure;

    if (leg_phase(procedure) != LEG_IDLE)
        return reporting->is_alive ? REPORT_UNDER_WAY : REPORT_FAILED;
    if (leg_has_state(procedure, "undone"))
        return REPORT_UNDONE;
    if (leg_side(procedure) == SIDE_GREEN)
        return REPORT_ON_GREEN;
    return leg_is_done(procedure, &plan_rollback) || leg_has_lost(procedure) ? REPORT_BACK
                                                                             : REPORT_PLANNED;
}

static enum report_outcome outcome_of(const struct reporting *reporting)
{
    const struct journal *journal = reporting->journal;
    enum report_outcome leg;

    if (!procedure_has_run(reporting->procedure))
        return REPORT_PLANNED;
    if (journal_has(journal, "finish.state", "done"))
        return REPORT_FINISHED;
    if (journal_has(journal, "prepare.state", "undone"))
        return REPORT_ABORTED;
    if (journal_get(journal, "finish.state"))
        return reporting->is_alive ? REPORT_UNDER_WAY : REPORT_FAILED;
    leg = outcome_of_leg(reporting);
    if (leg != REPORT_PLANNED)
        return leg;
    if (journal_has(journal, "prepare.state", "done"))
        return REPORT_READY;
    return reporting->is_alive ? REPORT_PREPARING : REPORT_FAILED;
}

static bool tell_standing(struct reporting *reporting, struct fault *fault)
{
    struct report *report = reporting->report;
    struct standing standing;
    struct doing doing;

    if (!procedure_has_run(reporting->procedure)) {
        report->outcome = REPORT_PLANNED;
        report->phase = "no run is under way";
        report->next = "pgcutover check, then pgcutover prepare --execute";
        return true;
    }
    if (!standing_read(reporting->procedure, &standing, fault))
        return false;
    reporting->is_alive = doing_read(reporting->procedure->directory, &doing);
    report->outcome = outcome_of(reporting);
    report->phase = standing.phase;
    report->next = standing.next;
    standing_free(&standing);
    return true;
}

/* Of the last attempt that failed, where that is still how it stands. */
static void tell_cause(struct reporting *reporting)
{
    struct report *report = reporting->report;
    size_t i;

    if (report->outcome != REPORT_FAILED && report->outcome != REPORT_UNDONE)
        return;
    if (report->outcome == REPORT_UNDONE && report->move_count)
        report->cause = report->moves[report->move_count - 1].cause;
    for (i = report->step_count; i-- > 0 && !report->cause;)
        report->cause = report->steps[i].cause;
    if (!report->cause)
        report->cause = "the engine ended in the middle of it: it was killed, or its host was lost";
}

/* --- what is asked now ------------------------------------------------------------------------ */

/* Only where blue is what is checked, and nobody is at work. */
static bool may_check(const struct reporting *reporting)
{
    enum report_outcome outcome = reporting->report->outcome;

    return !reporting->is_alive && leg_side(reporting->procedure) == SIDE_BLUE &&
           (outcome == REPORT_PLANNED || outcome == REPORT_READY || outcome == REPORT_PREPARING ||
            outcome == REPORT_FAILED || outcome == REPORT_UNDONE) &&
           leg_phase(reporting->procedure) == LEG_IDLE;
}

static void check(struct reporting *reporting)
{
    struct procedure *procedure = reporting->procedure;
    struct finding_list list = {0};
    struct fault fault;
    cJSON *found;

    if (checking_run(procedure, &list, &fault)) {
        found = checking_json(procedure, &list);
        reporting_findings(reporting, found, procedure->driver->wall_us(procedure->driver));
        cJSON_Delete(found);
    } else {
        reporting->report->not_checked = reporting_text(reporting, fault.cause);
    }
    finding_list_free(&list);
}

static void recorded_checks(struct reporting *reporting)
{
    int64_t at_us = REPORT_UNKNOWN;
    cJSON *found = reporting->procedure->directory
                       ? evidence_read_checks(reporting->procedure->directory, &at_us)
                       : NULL;

    if (found)
        reporting_findings(reporting, found, at_us);
    else if (!reporting->report->not_checked)
        reporting->report->not_checked = "what the checks had found was not kept";
    cJSON_Delete(found);
}

static void add_moment(struct reporting *reporting, cJSON *moment)
{
    if (moment && reporting->moment_count < REPORTING_MOMENTS_MAX)
        reporting->moments[reporting->moment_count++] = moment;
    else
        cJSON_Delete(moment);
}

static int by_time(const void *a, const void *b)
{
    int64_t one = reporting_time(*(cJSON *const *) a, "at_us");
    int64_t other = reporting_time(*(cJSON *const *) b, "at_us");

    return (one > other) - (one < other);
}

/* What was kept, and what is so now; without a run blue's databases are known behind the checks. */
static void ask(struct reporting *reporting)
{
    struct procedure *procedure = reporting->procedure;
    cJSON *now = evidence_take(procedure, "now");
    bool answers = reporting_server(now, "blue") != NULL;
    size_t i;

    for (i = 0; procedure->directory && evidence_moments[i]; i++)
        add_moment(reporting, evidence_read(procedure->directory, evidence_moments[i]));
    if (reporting->moment_count)
        qsort(reporting->moments, reporting->moment_count, sizeof(cJSON *), by_time);
    if (may_check(reporting) && answers)
        check(reporting);
    else if (!answers && !procedure_has_run(procedure))
        reporting->report->not_checked = "blue does not answer";
    if (reporting->report->checked_us == REPORT_UNKNOWN)
        recorded_checks(reporting);
    if (answers && !procedure_has_run(procedure)) {
        cJSON_Delete(now);
        now = evidence_take(procedure, "now");
    }
    add_moment(reporting, now);
}

bool reporting_gather(struct procedure *procedure, struct report **ret_report, struct fault *fault)
{
    struct report *report = report_new();
    struct reporting reporting = {.procedure = procedure,
                                  .journal = procedure->journal,
                                  .report = report,
                                  .arena = report->arena};
    bool good;
    size_t i;

    tell_who(&reporting);
    good = tell_standing(&reporting, fault) && reporting_rows(&reporting, fault);
    if (good) {
        if (procedure_has_run(procedure))
            reporting_samples(&reporting);
        reporting_moves(&reporting);
        tell_cause(&reporting);
        reporting_planned(&reporting);
        ask(&reporting);
        reporting_servers(&reporting);
        reporting_values(&reporting);
        reporting_account(&reporting);
        reporting_anomalies(&reporting);
    }
    for (i = 0; i < reporting.moment_count; i++)
        cJSON_Delete(reporting.moments[i]);
    if (good)
        *ret_report = report;
    else
        report_free(report);
    return good;
}
