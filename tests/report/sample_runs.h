/*
 * sample_runs.h: reports of runs that no test waits for: most of their numbers were measured in
 * one.
 */
#ifndef PGCUTOVER_TESTS_REPORT_SAMPLE_RUNS_H
#define PGCUTOVER_TESTS_REPORT_SAMPLE_RUNS_H

#include "cutover/report/report_data.h"

#define SAMPLE_BEGAN 1795417244085240LL /* 2026-11-23 07:00:44 UTC */

struct sample {
    const char *name;
    struct report *(*make)(void);
};
extern const struct sample samples[]; /* the last one has no name */

/* What was measured, for those that make them. `until`: the first plan that is left out. */
void sample_spans(struct report *report, const char *until);
struct report_step *sample_step(struct report *report, const char *plan, const char *step,
                                const char *state, const char *side, int64_t began_us,
                                int64_t length_us);
struct report_move *sample_move(struct report *report, const char *plan, const char *from,
                                const char *to, int64_t began_us, int64_t ended_us, int64_t held_us,
                                int64_t released_us);
void sample_poolers(struct report *report, struct report_move *move, size_t count, size_t failures);
void sample_not_probed(struct report_pooler *pooler, const char *why);
void sample_lag(struct report *report, struct report_lag *lag, const char *side, const char *slot,
                const char *database);
void sample_long_lag(struct report *report, struct report_lag *lag, size_t number, int64_t from_us,
                     int64_t every_us, size_t count);

#endif
