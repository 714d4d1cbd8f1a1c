#include "guard_judge.h"

#include <string.h>

/* --- the baseline ------------------------------------------------------------------------------
 */

void guard_baseline_add(struct guard_baseline *baseline, bool good, int64_t keep)
{
    if (baseline->now.runs >= keep) {
        baseline->before = baseline->now;
        baseline->now = (struct guard_tally){0};
    }
    baseline->now.runs++;
    baseline->now.errors += !good;
}

struct guard_tally guard_baseline_total(const struct guard_baseline *baseline)
{
    return (struct guard_tally){baseline->before.runs + baseline->now.runs,
                                baseline->before.errors + baseline->now.errors};
}

static double percent_of(double errors, double runs)
{
    return runs > 0 ? errors * 100.0 / runs : 0.0;
}

/* 0: of too few runs. */
static double baseline_percent(const struct guard_baseline *baseline)
{
    struct guard_tally total = guard_baseline_total(baseline);

    return total.runs >= GUARD_BASELINE_MIN ? percent_of((double) total.errors, (double) total.runs)
                                            : 0.0;
}

/* --- errors ------------------------------------------------------------------------------------
 */

void guard_errors_begin(struct guard_errors *errors, const struct guard_limits *limits,
                        int64_t interval_ns, int64_t now_ns)
{
    memset(errors->slices, 0, sizeof(errors->slices));
    errors->begun_ns = now_ns;
    errors->slice_ns = limits->errors_for_ns / GUARD_SLICES;
    if (errors->slice_ns < 1)
        errors->slice_ns = 1;
    errors->slice = 0;
    errors->interval_ns = interval_ns;
    errors->has_begun = true;
}

void guard_errors_end(struct guard_errors *errors)
{
    errors->has_begun = false;
}

/* The slices up to now; those that have left the window are empty again. */
static void move_on(struct guard_errors *errors, int64_t now_ns)
{
    int64_t slice = (now_ns - errors->begun_ns) / errors->slice_ns, i;

    if (slice - errors->slice >= GUARD_SLICES) {
        /* nobody looked: the window begins again, for what was not seen is not known */
        memset(errors->slices, 0, sizeof(errors->slices));
        errors->begun_ns = now_ns;
        errors->slice = 0;
        return;
    }
    for (i = errors->slice + 1; i <= slice; i++)
        errors->slices[i % GUARD_SLICES] = (struct guard_tally){0};
    if (slice > errors->slice)
        errors->slice = slice;
}

void guard_errors_add(struct guard_errors *errors, bool good, int64_t now_ns)
{
    struct guard_tally *tally;

    if (!errors->has_begun)
        return;
    move_on(errors, now_ns);
    tally = &errors->slices[errors->slice % GUARD_SLICES];
    tally->runs++;
    tally->errors += !good;
    errors->has_succeeded = errors->has_succeeded || good;
}

static void look(const struct guard_errors *errors, const struct guard_limits *limits,
                 const struct guard_baseline *baseline, int64_t now_ns,
                 struct guard_evidence *evidence)
{
    struct guard_tally total = guard_baseline_total(baseline);
    int64_t unseen_ns, i;

    *evidence = (struct guard_evidence){0};
    for (i = 0; i < GUARD_SLICES; i++) {
        evidence->window.runs += errors->slices[i].runs;
        evidence->window.errors += errors->slices[i].errors;
    }
    evidence->seen_ns = now_ns - errors->begun_ns;
    if (evidence->seen_ns > limits->errors_for_ns)
        evidence->seen_ns = limits->errors_for_ns;
    unseen_ns = limits->errors_for_ns - evidence->seen_ns;
    evidence->percent = percent_of((double) evidence->window.errors,
                                   (double) evidence->window.runs +
                                       (double) unseen_ns / (double) errors->interval_ns);
    evidence->is_measured = total.runs >= GUARD_BASELINE_MIN;
    evidence->baseline = baseline_percent(baseline);
    evidence->allowed = evidence->baseline + (double) limits->errors;
}

enum guard_change guard_errors_judge(struct guard_errors *errors, const struct guard_limits *limits,
                                     const struct guard_baseline *baseline, int64_t now_ns,
                                     struct guard_evidence *ret_evidence)
{
    struct guard_evidence evidence;
    enum guard_change change = GUARD_SAME;
    double half;

    if (!errors->has_begun)
        return GUARD_SAME;
    move_on(errors, now_ns);
    look(errors, limits, baseline, now_ns, &evidence);
    half = evidence.baseline + (double) limits->errors / 2;
    if (!errors->is_tripped && evidence.window.errors >= GUARD_ERRORS_MIN &&
        evidence.percent > evidence.allowed)
        change = GUARD_TRIPPED;
    /* a whole window; and nothing that runs is no recovery */
    else if (errors->is_tripped && evidence.seen_ns >= limits->errors_for_ns &&
             evidence.window.runs > evidence.window.errors && evidence.percent <= half)
        change = GUARD_RECOVERED;
    if (change != GUARD_SAME)
        errors->is_tripped = change == GUARD_TRIPPED;
    /* for people: of the runs that were made */
    evidence.percent = percent_of((double) evidence.window.errors, (double) evidence.window.runs);
    *ret_evidence = evidence;
    return change;
}

bool guard_errors_can_trip(const struct guard_baseline *baseline, const struct guard_limits *limits)
{
    return baseline_percent(baseline) + (double) limits->errors < 100.0;
}

bool guard_errors_is_proven(const struct guard_errors *errors,
                            const struct guard_baseline *baseline)
{
    struct guard_tally total = guard_baseline_total(baseline);

    return errors->has_succeeded || total.runs > total.errors;
}

/* --- lag ---------------------------------------------------------------------------------------
 */

void guard_lag_end(struct guard_lag *lag)
{
    lag->is_over = false;
}

enum guard_change guard_lag_judge(struct guard_lag *lag, const struct guard_limits *limits,
                                  bool is_known, int64_t lag_ns, int64_t now_ns)
{
    bool is_over = !is_known || lag_ns > limits->lag_ns;

    if (is_over && !lag->is_over)
        lag->since_ns = now_ns;
    lag->is_over = is_over;
    if (!lag->is_tripped && is_over && now_ns - lag->since_ns >= limits->lag_for_ns) {
        lag->is_tripped = true;
        return GUARD_TRIPPED;
    }
    if (lag->is_tripped && is_known && lag_ns <= limits->lag_ns / 2) {
        lag->is_tripped = false;
        return GUARD_RECOVERED;
    }
    return GUARD_SAME;
}
