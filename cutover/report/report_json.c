#include "report_json.h"
#include "watch_fields.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>

/* --- values ----------------------------------------------------------------------------------- */

static void add_text(cJSON *object, const char *key, const char *value)
{
    struct text valid = {0};

    if (!value) {
        cJSON_AddNullToObject(object, key);
        return;
    }
    text_add_valid(&valid, value);
    cJSON_AddStringToObject(object, key, text_string(&valid));
    text_free(&valid);
}

static void add_number(cJSON *object, const char *key, int64_t number)
{
    if (number == REPORT_UNKNOWN)
        cJSON_AddNullToObject(object, key);
    else
        cJSON_AddItemToObject(object, key, watch_number_json(number));
}

static cJSON *add_array(cJSON *object, const char *key)
{
    return cJSON_AddArrayToObject(object, key);
}

static cJSON *add_object(cJSON *array)
{
    cJSON *object = cJSON_CreateObject();

    cJSON_AddItemToArray(array, object);
    return object;
}

static cJSON *text_item(const char *value)
{
    struct text valid = {0};
    cJSON *item;

    text_add_valid(&valid, value ? value : "");
    item = cJSON_CreateString(text_string(&valid));
    text_free(&valid);
    return item;
}

/* --- samples ---------------------------------------------------------------------------------- */

/* A column of numbers, written as it stands: there may be a hundred thousand of them. */
struct numbers {
    struct text text;
};

static void numbers_add(struct numbers *numbers, int64_t number)
{
    text_add_string(&numbers->text, numbers->text.length ? "," : "[");
    if (number == REPORT_UNKNOWN)
        text_add_string(&numbers->text, "null");
    else
        text_add(&numbers->text, "%lld", (long long) number);
}

static void numbers_end(struct numbers *numbers, cJSON *object, const char *key)
{
    text_add_string(&numbers->text, numbers->text.length ? "]" : "[]");
    cJSON_AddItemToObject(object, key, cJSON_CreateRaw(text_string(&numbers->text)));
    text_free(&numbers->text);
}

/* How many stand together where one is kept. */
static size_t stride(size_t count, size_t most)
{
    return count > most ? (count + most - 1) / most : 1;
}

static size_t worst_point(const struct report_lag *lag, size_t from, size_t to)
{
    size_t i, worst = from;

    for (i = from; i < to; i++)
        if (lag->points[i].lag_us > lag->points[worst].lag_us)
            worst = i;
    return worst;
}

static cJSON *lag_json(const struct report_lag *lag, size_t most)
{
    cJSON *object = cJSON_CreateObject();
    struct numbers at = {0}, behind = {0}, lag_us = {0};
    size_t step = stride(lag->count, most), i;

    add_text(object, "side", lag->side);
    add_text(object, "slot", lag->slot);
    add_text(object, "database", lag->database);
    for (i = 0; i < lag->count; i += step) {
        size_t end = i + step < lag->count ? i + step : lag->count;
        const struct report_lag_point *point = &lag->points[worst_point(lag, i, end)];

        numbers_add(&at, point->at_us);
        numbers_add(&behind, point->behind);
        numbers_add(&lag_us, point->lag_us);
    }
    add_number(object, "points", (int64_t) lag->count);
    numbers_end(&at, object, "at_us");
    numbers_end(&behind, object, "behind");
    numbers_end(&lag_us, object, "lag_us");
    return object;
}

static bool has_failed(const struct report_probe *probe)
{
    return !string_equal(probe->outcome, "acknowledged");
}

static size_t worst_probe(const struct report_pooler *pooler, size_t from, size_t to)
{
    size_t i, worst = from;

    for (i = from; i < to; i++) {
        const struct report_probe *one = &pooler->list[i], *other = &pooler->list[worst];

        if (has_failed(one) != has_failed(other) ? has_failed(one)
                                                 : one->latency_us > other->latency_us)
            worst = i;
    }
    return worst;
}

static void add_probes(cJSON *object, const struct report_pooler *pooler, size_t most)
{
    size_t step = stride(pooler->count, most), i;
    cJSON *writes = cJSON_AddObjectToObject(object, "writes");
    struct numbers at = {0}, latency = {0};
    cJSON *failures = cJSON_CreateArray();

    for (i = 0; i < pooler->count; i += step) {
        size_t end = i + step < pooler->count ? i + step : pooler->count;
        const struct report_probe *probe = &pooler->list[worst_probe(pooler, i, end)];

        numbers_add(&at, probe->at_us);
        numbers_add(&latency, probe->latency_us);
        if (has_failed(probe)) {
            cJSON *failure = add_object(failures);

            add_number(failure, "at_us", probe->at_us);
            add_text(failure, "outcome", probe->outcome);
            add_text(failure, "code", probe->code);
        }
    }
    add_number(writes, "count", (int64_t) pooler->count);
    numbers_end(&at, writes, "at_us");
    numbers_end(&latency, writes, "latency_us");
    cJSON_AddItemToObject(writes, "failures", failures);
}

/* --- moves ------------------------------------------------------------------------------------ */

static void add_felt(cJSON *object, const char *key, const struct report_felt *felt)
{
    cJSON *part = cJSON_AddObjectToObject(object, key);

    add_number(part, "probes", felt->probes);
    add_number(part, "failed", felt->failed);
    add_number(part, "longest_gap_us", felt->longest_gap_us);
    add_number(part, "p99_us", felt->p99_us);
    add_number(part, "median_us", felt->median_us);
    add_number(part, "late", felt->late);
}

static void add_pooler(cJSON *array, const struct report_pooler *pooler, size_t most)
{
    cJSON *object = add_object(array);

    add_text(object, "name", pooler->name);
    add_number(object, "held_us", pooler->held_us);
    add_number(object, "released_us", pooler->released_us);
    add_text(object, "client_probe", pooler->state);
    add_text(object, "account", pooler->account);
    add_number(object, "probes", pooler->probes);
    add_number(object, "failed", pooler->failed);
    cJSON_AddBoolToObject(object, "is_open", pooler->is_open);
    add_felt(object, "before", &pooler->before);
    add_felt(object, "held", &pooler->held);
    add_felt(object, "after", &pooler->after);
    add_probes(object, pooler, most);
}

static void add_move(cJSON *array, const struct report_move *move, size_t most)
{
    bool is_known = move->held_us != REPORT_UNKNOWN && move->released_us != REPORT_UNKNOWN;
    cJSON *object = add_object(array), *poolers;
    size_t i;

    add_text(object, "plan", move->plan);
    add_text(object, "from", move->from);
    add_text(object, "to", move->to);
    add_text(object, "outcome", move->outcome);
    add_text(object, "cause", move->cause);
    add_number(object, "began_us", move->began_us);
    add_number(object, "ended_us", move->ended_us);
    add_number(object, "held_us", move->held_us);
    add_number(object, "released_us", move->released_us);
    add_number(object, "pause_us", is_known ? move->released_us - move->held_us : REPORT_UNKNOWN);
    add_number(object, "budget_us", move->budget_us);
    add_text(object, "proof", move->proof);
    add_text(object, "target_lsn", move->target_lsn);
    poolers = add_array(object, "poolers");
    for (i = 0; i < move->pooler_count; i++)
        add_pooler(poolers, &move->poolers[i], most);
}

/* --- lists ------------------------------------------------------------------------------------ */

static void add_steps(cJSON *object, const struct report *report)
{
    cJSON *array = add_array(object, "steps");
    size_t i;

    for (i = 0; i < report->step_count; i++) {
        const struct report_step *step = &report->steps[i];
        cJSON *each = add_object(array);

        add_text(each, "plan", step->plan);
        add_text(each, "step", step->step);
        add_text(each, "what", step->what);
        add_text(each, "state", step->state);
        add_text(each, "side", step->side);
        add_text(each, "cause", step->cause);
        add_number(each, "began_us", step->began_us);
        add_number(each, "ended_us", step->ended_us);
        cJSON_AddBoolToObject(each, "is_pause", step->is_pause);
        cJSON_AddBoolToObject(each, "is_precise", step->is_precise);
    }
}

static void add_findings(cJSON *object, const struct report *report)
{
    cJSON *array = add_array(object, "findings");
    size_t i;

    for (i = 0; i < report->finding_count; i++) {
        const struct report_finding *finding = &report->findings[i];
        cJSON *each = add_object(array);

        add_text(each, "id", finding->id);
        add_text(each, "severity", finding->severity);
        add_text(each, "where", finding->where);
        add_text(each, "what", finding->what);
        add_text(each, "evidence", finding->evidence);
        add_text(each, "why", finding->why);
        add_text(each, "cure", finding->cure);
    }
}

static void add_parameters(cJSON *object, const struct report *report)
{
    cJSON *array = add_array(object, "parameters");
    size_t i;

    for (i = 0; i < report->parameter_count; i++) {
        const struct report_parameter *parameter = &report->parameters[i];
        cJSON *each = add_object(array);

        add_text(each, "name", parameter->name);
        add_text(each, "blue", parameter->blue);
        add_text(each, "green", parameter->green);
        add_text(each, "why", parameter->why);
        cJSON_AddBoolToObject(each, "differs", parameter->differs);
    }
}

static void add_shows(cJSON *object, const struct report *report)
{
    cJSON *array = add_array(object, "verifications");
    size_t i;

    for (i = 0; i < report->show_count; i++) {
        const struct report_show *show = &report->shows[i];
        cJSON *each = add_object(array);

        add_text(each, "moment", show->moment);
        add_text(each, "side", show->side);
        add_text(each, "database", show->database);
        add_text(each, "statement", show->statement);
        add_text(each, "answer", show->answer);
        add_text(each, "why", show->why);
        add_number(each, "at_us", show->at_us);
    }
}

static void add_values(cJSON *object, const char *key, const struct report_value *values,
                       size_t count)
{
    cJSON *array = add_array(object, key);
    size_t i;

    for (i = 0; i < count; i++) {
        cJSON *each = add_object(array);

        add_text(each, "item", values[i].item);
        add_text(each, "value", values[i].value);
    }
}

static void add_events(cJSON *object, const struct report *report)
{
    cJSON *array = add_array(object, "events");
    size_t i;

    for (i = 0; i < report->event_count; i++) {
        cJSON *each = add_object(array);

        add_number(each, "at_us", report->events[i].at_us);
        add_text(each, "kind", report->events[i].kind);
        add_text(each, "text", report->events[i].text);
    }
}

static void add_texts(cJSON *object, const char *key, const char *const *texts, size_t count)
{
    cJSON *array = add_array(object, key);
    size_t i;

    for (i = 0; i < count; i++)
        cJSON_AddItemToArray(array, text_item(texts[i]));
}

/* --- all of it -------------------------------------------------------------------------------- */

static void add_run(cJSON *object, const struct report *report)
{
    cJSON *servers;
    size_t i;

    add_text(object, "cluster", report->cluster);
    add_text(object, "environment", report->environment);
    add_text(object, "trigger", report->trigger);
    add_text(object, "operator", report->operator_name);
    add_text(object, "author", report->author);
    add_text(object, "domain", report->domain);
    add_text(object, "maturity", report->maturity);
    add_text(object, "run", report->run);
    add_text(object, "run_directory", report->run_directory);
    add_text(object, "outcome", report_outcome_name(report->outcome));
    add_text(object, "phase", report->phase);
    add_text(object, "may_write", report->side);
    add_text(object, "cause", report->cause);
    add_text(object, "next", report->next);
    add_number(object, "began_us", report->began_us);
    add_number(object, "ended_us", report->ended_us);
    servers = add_array(object, "servers");
    for (i = 0; i < 2; i++) {
        const struct report_server *server = &report->servers[i];
        cJSON *each = add_object(servers);

        add_text(each, "side", server->side);
        add_text(each, "address", server->address);
        add_text(each, "version", server->version);
        add_text(each, "system_identifier", server->system_identifier);
        add_number(each, "answered_us", server->answered_us);
        add_text(each, "why", server->why);
    }
}

static char *print(struct report *report, size_t most, bool is_thinned)
{
    cJSON *object = cJSON_CreateObject(), *array;
    char *printed;
    size_t i;

    cJSON_AddNumberToObject(object, "schema_version", 1);
    add_text(object, "command", "report");
    add_text(object, "program_version", report->program_version);
    add_number(object, "made_us", report->made_us);
    cJSON_AddBoolToObject(object, "thinned", is_thinned);
    add_run(object, report);
    add_steps(object, report);
    array = add_array(object, "moves");
    for (i = 0; i < report->move_count; i++)
        add_move(array, &report->moves[i], most);
    array = add_array(object, "lags");
    for (i = 0; i < report->lag_count; i++)
        cJSON_AddItemToArray(array, lag_json(&report->lags[i], most));
    add_events(object, report);
    add_number(object, "checked_us", report->checked_us);
    add_text(object, "not_checked", report->not_checked);
    add_findings(object, report);
    add_number(object, "parameters_us", report->parameters_us);
    add_parameters(object, report);
    add_shows(object, report);
    add_values(object, "values", report->values, report->value_count);
    add_values(object, "accounting", report->account, report->account_count);
    add_texts(object, "anomalies", report->anomalies, report->anomaly_count);
    add_texts(object, "references", report->references, report->reference_count);
    printed = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    return printed;
}

char *report_json(struct report *report)
{
    return print(report, SIZE_MAX, false);
}

char *report_json_thinned(struct report *report, size_t most)
{
    return print(report, most, true);
}
