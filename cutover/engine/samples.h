/*
 * samples.h: what was measured while a run went on, in samples.db (SQLite) beside run.db.
 *
 * Nothing relies on it: synchronous=OFF, so that writing waits for no disk, and what a crash of the
 * machine takes is gone. Still, it is written outside of the pause only. It holds times, numbers
 * and SQLSTATEs, no text of a server.
 *
 *   probe(plan, pooler, at_us, mono_ns, latency_us, late_us, outcome, code)   a write of the client
 *                                                                            probe
 *   span(plan, step, state, side, began_us, ended_us, is_pause)               a row, when it was at
 * work lag(side, slot, at_us, mono_ns, behind, lag_us)                  of the server that
 * publishes
 */
#ifndef PGCUTOVER_ENGINE_SAMPLES_H
#define PGCUTOVER_ENGINE_SAMPLES_H

#include "../base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum probe_outcome {
    PROBE_ACKNOWLEDGED,
    PROBE_FAILED,  /* the server refused it */
    PROBE_UNKNOWN, /* nobody said what became of it: lost, or no answer in time */
};
/* "acknowledged", "failed", "unknown": as the table has it. */
extern const char *const probe_outcome_names[];

struct probe_sample {
    int64_t at_us;      /* wall clock, when it was sent */
    int64_t mono_ns;    /* the same moment, monotonic */
    int64_t latency_us; /* until it was answered, failed or given up */
    int64_t late_us;    /* how long we were busy with something else meanwhile, or since the one
                           before: by so much the latency, and the time between them, may be too
                           long */
    enum probe_outcome outcome;
    char code[16]; /* of a failure: SQLSTATE, or "timeout"; "" */
};

struct lag_sample {
    const char *side; /* "blue", "green" */
    const char *slot;
    int64_t at_us, mono_ns;
    int64_t behind; /* bytes; -1: not known */
    int64_t lag_us; /* -1: not known */
};

/* A row of a plan, or its undo, from its beginning to its end. */
struct span_sample {
    const char *plan, *step;
    const char *state;          /* done, failed, undone, undo_failed */
    const char *side;           /* who might write at its end: blue, nobody, green */
    int64_t began_us, ended_us; /* wall clock; how long it took by the monotonic one */
    bool is_pause;              /* clients were held meanwhile */
};

enum samples_mode {
    SAMPLES_WRITE, /* made when it is missing */
    SAMPLES_READ,
};

struct samples;

/* Blocking: the disk only. */
bool samples_open(const char *directory, enum samples_mode mode, struct samples **ret_samples,
                  struct fault *fault) __attribute__((warn_unused_result));
void samples_close(struct samples *samples); /* NULL-safe */

/* Appends all of them, or none. */
bool samples_add_probes(struct samples *samples, const char *plan, const char *pooler,
                        const struct probe_sample *list, size_t count, struct fault *fault)
    __attribute__((warn_unused_result));
bool samples_add_lags(struct samples *samples, const struct lag_sample *list, size_t count,
                      struct fault *fault) __attribute__((warn_unused_result));

bool samples_add_spans(struct samples *samples, const struct span_sample *list, size_t count,
                       struct fault *fault) __attribute__((warn_unused_result));

/* As they were appended, oldest first; stops when `each` returns false. */
bool samples_each_probe(struct samples *samples,
                        bool (*each)(void *context, const char *plan, const char *pooler,
                                     const struct probe_sample *sample),
                        void *context, struct fault *fault) __attribute__((warn_unused_result));
bool samples_each_lag(struct samples *samples,
                      bool (*each)(void *context, const struct lag_sample *sample), void *context,
                      struct fault *fault) __attribute__((warn_unused_result));

bool samples_each_span(struct samples *samples,
                       bool (*each)(void *context, const struct span_sample *sample), void *context,
                       struct fault *fault) __attribute__((warn_unused_result));

#endif
