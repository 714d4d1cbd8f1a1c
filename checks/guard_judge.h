/*
 * guard_judge.h: has what the guard sees gone too far? Plain arithmetic; time is passed in, by one
 * monotonic clock. Nothing here blocks, allocates or can fail.
 *
 * Errors of a probe. The baseline is the share of its runs that failed before the cutover. Behind
 * it, runs are counted over a sliding window. What has not been seen of the window yet counts as
 * good runs: so it trips as soon as no good run to come could bring the window back below the
 * limit, which is long before its end when everything fails, and never on a few runs.
 *
 * Lag. It must be over its limit without interruption. One that is unknown is over it.
 *
 * Both trip once, and anew only when they have recovered: to half of what is allowed, a probe over
 * a whole window.
 */
#ifndef PGCUTOVER_CHECKS_GUARD_JUDGE_H
#define PGCUTOVER_CHECKS_GUARD_JUDGE_H

#include <stdbool.h>
#include <stdint.h>

enum guard_change { GUARD_SAME, GUARD_TRIPPED, GUARD_RECOVERED };

struct guard_tally {
    int64_t runs, errors;
};

/* What a probe did while clients were on blue. The last runs count: between one and two times
   `keep`, so that what was cured long ago is forgotten. */
struct guard_baseline {
    struct guard_tally before, now;
};

void guard_baseline_add(struct guard_baseline *baseline, bool good, int64_t keep);
struct guard_tally guard_baseline_total(const struct guard_baseline *baseline);

/* Fewer runs are no baseline: one that failed by accident would be 100 %. */
#define GUARD_BASELINE_MIN 20

struct guard_limits {
    int64_t errors; /* percent over the baseline */
    int64_t errors_for_ns;
    int64_t lag_ns, lag_for_ns;
};

#define GUARD_SLICES 60
/* One or two failures are accidents, whatever share of the runs they are. */
#define GUARD_ERRORS_MIN 3

/* The judge of one probe. */
struct guard_errors {
    struct guard_tally slices[GUARD_SLICES];
    int64_t begun_ns, slice_ns, slice; /* the number of the newest slice since it began */
    int64_t interval_ns;               /* of the probe's runs */
    bool has_begun, is_tripped;
    bool has_succeeded; /* since it was judged first */
};

struct guard_evidence {
    struct guard_tally window;
    int64_t seen_ns;  /* how much of the window has been seen */
    double percent;   /* errors of the window's runs */
    double baseline;  /* percent; 0 when there is none */
    double allowed;   /* percent */
    bool is_measured; /* is there a baseline, of runs enough? */
};

/* The window begins: clients have come to green. What tripped stays so. */
void guard_errors_begin(struct guard_errors *errors, const struct guard_limits *limits,
                        int64_t interval_ns, int64_t now_ns);
/* Clients are being moved, or have left. */
void guard_errors_end(struct guard_errors *errors);
void guard_errors_add(struct guard_errors *errors, bool good, int64_t now_ns);
enum guard_change guard_errors_judge(struct guard_errors *errors, const struct guard_limits *limits,
                                     const struct guard_baseline *baseline, int64_t now_ns,
                                     struct guard_evidence *ret_evidence);
/* False: the baseline leaves no room for what `limits` allow on top of it. */
bool guard_errors_can_trip(const struct guard_baseline *baseline,
                           const struct guard_limits *limits);
/* A probe that never succeeded, on neither side, says something about itself, not about green. */
bool guard_errors_is_proven(const struct guard_errors *errors,
                            const struct guard_baseline *baseline);

struct guard_lag {
    int64_t since_ns;
    bool is_over, is_tripped;
};

void guard_lag_end(struct guard_lag *lag);
enum guard_change guard_lag_judge(struct guard_lag *lag, const struct guard_limits *limits,
                                  bool is_known, int64_t lag_ns, int64_t now_ns);

#endif
