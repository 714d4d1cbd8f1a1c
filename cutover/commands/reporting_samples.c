/* What samples.db adds: when each row was really at work, lag, and every probe of clients. */
#include "reporting_internal.h"

#include "../base/text.h"
#include "../engine/felt.h"

#include <stdlib.h>
#include <string.h>

/* The journal's line of a row's end is written within its span; clocks may step a little. */
#define SLACK_US 1000000

/* --- spans ------------------------------------------------------------------------------------ */

static bool fits(const struct report_step *step, const struct span_sample *span)
{
    if (step->is_precise || !string_equal(step->plan, span->plan) ||
        !string_equal(step->step, span->step))
        return false;
    if (string_equal(step->state, span->state))
        return step->ended_us >= span->began_us - SLACK_US &&
               step->ended_us <= span->ended_us + SLACK_US;
    /* the journal does not say that it failed where it was undone by itself at once */
    return string_equal(span->state, "failed") && string_equal(step->state, "begun") &&
           step->began_us <= span->ended_us + SLACK_US;
}

static struct report_step *find_step(const struct report *report, const struct span_sample *span)
{
    size_t i;

    for (i = report->step_count; i-- > 0;)
        if (fits(&report->steps[i], span))
            return &report->steps[i];
    return NULL;
}

static const char *known(const char *const *names, size_t count, const char *name)
{
    size_t i;

    for (i = 0; i < count; i++)
        if (string_equal(names[i], name))
            return names[i];
    return NULL;
}

/* Behind the switch a row is repeated, and an undo in every round: told once of each. The journal
   has no line of it. */
static void tell_repeated(struct reporting *reporting, const struct span_sample *span)
{
    struct report *report = reporting->report;
    const char *told = arena_print(
        reporting->arena, "%s: %s %s failed at first, and was repeated; that was at ", span->plan,
        string_equal(span->state, "failed") ? "the step" : "the undo of", span->step);
    size_t i;

    for (i = 0; i < report->anomaly_count; i++)
        if (string_starts(report->anomalies[i], told))
            return;
    reporting_anomaly(reporting, "%s%s", told, report_time(report, span->began_us));
}

static bool take_span(void *context, const struct span_sample *span)
{
    static const char *const states[] = {"done", "failed", "undone", "undo_failed"};
    static const char *const sides[] = {"blue", "nobody", "green"};
    struct reporting *reporting = context;
    struct report_step *step = find_step(reporting->report, span);
    const char *state = known(states, 4, span->state);

    if (!step && (string_equal(state, "undo_failed") || string_equal(state, "failed")))
        tell_repeated(reporting, span);
    if (!step || !state)
        return true;
    step->state = state;
    step->side = known(sides, 3, span->side);
    step->began_us = span->began_us;
    step->ended_us = span->ended_us;
    step->is_precise = true;
    return true;
}

/* Of a pause that was measured, rows that only have an intent were never begun. */
static bool never_began(const struct report *report, const struct report_step *step)
{
    bool has_any = false;
    size_t i;

    if (!step->is_pause || !string_equal(step->state, "begun"))
        return false;
    for (i = 0; i < report->step_count; i++) {
        const struct report_step *other = &report->steps[i];

        has_any = has_any ||
                  (other->is_precise && other->is_pause && string_equal(other->plan, step->plan) &&
                   string_equal(other->state, "failed") && other->ended_us >= step->began_us);
    }
    return has_any;
}

static void drop_unbegun(struct report *report)
{
    size_t i, kept = 0;

    for (i = 0; i < report->step_count; i++)
        if (!never_began(report, &report->steps[i]))
            report->steps[kept++] = report->steps[i];
    report->step_count = kept;
}

/* --- lag -------------------------------------------------------------------------------------- */

static struct report_lag *lag_of(struct reporting *reporting, const struct lag_sample *sample)
{
    struct report *report = reporting->report;
    struct report_lag *lag;
    size_t i;

    for (i = 0; i < report->lag_count; i++)
        if (string_equal(report->lags[i].side, sample->side) &&
            string_equal(report->lags[i].slot, sample->slot))
            return &report->lags[i];
    report->lags =
        reporting_grow(reporting->arena, report->lags, report->lag_count, sizeof(*report->lags));
    lag = &report->lags[report->lag_count++];
    *lag = (struct report_lag){.side = string_equal(sample->side, "green") ? "green" : "blue",
                               .slot = arena_copy(reporting->arena, sample->slot),
                               .database = reporting_slot_database(reporting, sample->slot)};
    return lag;
}

static bool take_lag(void *context, const struct lag_sample *sample)
{
    struct reporting *reporting = context;
    struct report_lag *lag = lag_of(reporting, sample);

    lag->points = reporting_grow(reporting->arena, lag->points, lag->count, sizeof(*lag->points));
    lag->points[lag->count++] =
        (struct report_lag_point){.at_us = sample->at_us,
                                  .behind = sample->behind < 0 ? REPORT_UNKNOWN : sample->behind,
                                  .lag_us = sample->lag_us < 0 ? REPORT_UNKNOWN : sample->lag_us};
    return true;
}

/* --- probes ----------------------------------------------------------------------------------- */

/* The attempt that was under way then; those behind the release are still its. */
static struct report_move *move_at(const struct report *report, const char *plan, int64_t at_us)
{
    struct report_move *found = NULL;
    size_t i;

    for (i = 0; i < report->move_count && report->moves[i].began_us <= at_us; i++)
        found = &report->moves[i];
    return found && string_equal(found->plan, plan) ? found : NULL;
}

static struct report_pooler *pooler_of(struct reporting *reporting, struct report_move *move,
                                       const char *name)
{
    static const struct report_felt unknown = {REPORT_UNKNOWN, REPORT_UNKNOWN, REPORT_UNKNOWN,
                                               REPORT_UNKNOWN, REPORT_UNKNOWN, REPORT_UNKNOWN};
    size_t i;

    for (i = 0; i < move->pooler_count; i++)
        if (string_equal(move->poolers[i].name, name))
            return &move->poolers[i];
    move->poolers =
        reporting_grow(reporting->arena, move->poolers, move->pooler_count, sizeof(*move->poolers));
    move->poolers[move->pooler_count] =
        (struct report_pooler){.name = arena_copy(reporting->arena, name),
                               .held_us = REPORT_UNKNOWN,
                               .released_us = REPORT_UNKNOWN,
                               .before = unknown,
                               .held = unknown,
                               .after = unknown,
                               .probes = REPORT_UNKNOWN,
                               .failed = REPORT_UNKNOWN};
    return &move->poolers[move->pooler_count++];
}

static bool take_probe(void *context, const char *plan, const char *name,
                       const struct probe_sample *sample)
{
    struct reporting *reporting = context;
    struct report_move *move = move_at(reporting->report, plan, sample->at_us);
    struct report_pooler *pooler = move ? pooler_of(reporting, move, name) : NULL;

    if (!pooler)
        return true;
    pooler->list =
        reporting_grow(reporting->arena, pooler->list, pooler->count, sizeof(*pooler->list));
    pooler->list[pooler->count++] =
        (struct report_probe){.at_us = sample->at_us,
                              .latency_us = sample->latency_us,
                              .outcome = probe_outcome_names[sample->outcome],
                              .code = arena_copy(reporting->arena, sample->code)};
    return true;
}

/* --- what clients felt of an earlier attempt -------------------------------------------------- */

/* The samples of one pooler in one attempt, all by the wall clock. */
struct felt_of {
    struct reporting *reporting;
    const struct report_move *move;
    const char *pooler;
    struct probe_sample *list;
    size_t count;
};

static bool take_felt(void *context, const char *plan, const char *pooler,
                      const struct probe_sample *sample)
{
    struct felt_of *of = context;
    struct reporting *reporting = of->reporting;

    if (move_at(reporting->report, plan, sample->at_us) != of->move ||
        !string_equal(pooler, of->pooler))
        return true;
    of->list = reporting_grow(reporting->arena, of->list, of->count, sizeof(*of->list));
    of->list[of->count] = *sample;
    of->list[of->count++].mono_ns = sample->at_us * 1000;
    return true;
}

static int64_t known_or(int64_t number)
{
    return number < 0 ? REPORT_UNKNOWN : number;
}

static struct report_felt felt_part(const struct felt *felt, enum felt_window window)
{
    const struct felt_part *part = &felt->parts[window];

    return (struct report_felt){.probes = (int64_t) part->probes,
                                .failed = (int64_t) part->failed,
                                .longest_gap_us = known_or(part->gap_us),
                                .p99_us = known_or(part->p99_us),
                                .median_us = known_or(part->median_us),
                                .late = (int64_t) part->late};
}

static void work_out(struct reporting *reporting, struct samples *samples,
                     const struct report_move *move, struct report_pooler *pooler)
{
    struct felt_of of = {.reporting = reporting, .move = move, .pooler = pooler->name};
    const struct probe_sample *last;
    struct fault fault;
    struct felt felt;

    if (!samples_each_probe(samples, take_felt, &of, &fault) || !of.count)
        return;
    last = &of.list[of.count - 1];
    felt_work_out(of.list, of.count, move->held_us * 1000, move->released_us * 1000,
                  last->mono_ns + last->latency_us * 1000, &felt);
    if (!felt.is_measured)
        return;
    pooler->state = "measured";
    pooler->probes = (int64_t) felt.probes;
    pooler->failed = (int64_t) felt.failed;
    pooler->is_open = felt.is_open;
    pooler->before = felt_part(&felt, FELT_BEFORE);
    pooler->held = felt_part(&felt, FELT_HELD);
    pooler->after = felt_part(&felt, FELT_AFTER);
}

void reporting_felt(struct reporting *reporting, struct report_move *move)
{
    struct samples *samples = NULL;
    struct fault fault;
    size_t i;

    if (move->held_us == REPORT_UNKNOWN || move->released_us == REPORT_UNKNOWN ||
        !samples_open(reporting->procedure->directory, SAMPLES_READ, &samples, &fault))
        return;
    for (i = 0; i < move->pooler_count; i++)
        if (move->poolers[i].count)
            work_out(reporting, samples, move, &move->poolers[i]);
    samples_close(samples);
}

/* Those of the configuration, measured or not. */
static void add_poolers(struct reporting *reporting)
{
    const struct config *config = reporting->procedure->config;
    size_t i, j;

    for (i = 0; i < reporting->report->move_count; i++)
        for (j = 0; j < config->pooler_count; j++)
            pooler_of(reporting, &reporting->report->moves[i], config->poolers[j].name);
}

void reporting_samples(struct reporting *reporting)
{
    struct samples *samples = NULL;
    struct fault fault;

    add_poolers(reporting);
    if (!samples_open(reporting->procedure->directory, SAMPLES_READ, &samples, &fault) ||
        !samples_each_span(samples, take_span, reporting, &fault) ||
        !samples_each_lag(samples, take_lag, reporting, &fault) ||
        !samples_each_probe(samples, take_probe, reporting, &fault))
        reporting_anomaly(reporting,
                          "what was measured cannot be read, or not all of it: precise times, lag "
                          "and probes of clients are missing here (%s)",
                          fault.cause);
    samples_close(samples);
    drop_unbegun(reporting->report);
}
