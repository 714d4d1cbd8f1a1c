/*
 * step.h: what a step is, and what the runner gives it. Knows no PostgreSQL: the world is opaque.
 *
 * A step never blocks, owns no timer, frees no memory, writes no log. It is polled: STEP_WAIT means
 * "wake me when something happened, or at io->wake_ns".
 */
#ifndef PGCUTOVER_ENGINE_STEP_H
#define PGCUTOVER_ENGINE_STEP_H

#include "../base/arena.h"
#include "../base/driver.h"
#include "../base/fault.h"
#include "journal.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text;

enum step_verdict { STEP_WAIT, STEP_DONE, STEP_FAILED };

enum step_mode {
    STEP_RUN,
    STEP_UNDO,
    STEP_EXPLAIN, /* run, with every effect printed instead of made */
};

struct step_io {
    void *world;
    struct arena *arena; /* freed by the runner when the step has ended */
    struct journal *journal;
    struct driver *driver;
    enum step_mode mode;
    int64_t deadline_ns;
    int64_t wake_ns;        /* the step may lower it before STEP_WAIT */
    bool freed;             /* the step has given up what a row beside it may wait for */
    struct fault fault;     /* set before STEP_FAILED */
    char waiting[256];      /* what STEP_WAIT waits for, in words */
    char said[1024];        /* what people should know, told when the step is done */
    struct text *explained; /* STEP_EXPLAIN: lines for people */
};

struct step_type {
    const char *id;
    const char *title;     /* "Hold the clients in the poolers" */
    const char *undo_note; /* what undo does, or why there is nothing to undo */
    int64_t deadline_ms;
    size_t memory_size;
    const void *detail; /* for run, undo and leave: the step's own table */
    enum step_verdict (*run)(struct step_io *io, void *memory, const struct step_type *step);
    enum step_verdict (*undo)(struct step_io *io, void *memory, const struct step_type *step);
    /* Called once when the step has ended, however: abandons what is in flight. May be NULL. */
    void (*leave)(struct step_io *io, void *memory, const struct step_type *step);
};

/* Wakes the step again in `ms` even if nothing happens. */
void step_nap(struct step_io *io, int64_t ms);
void step_waits_for(struct step_io *io, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Something that is neither an error nor awaited, for people: told behind the row, or in the plan.
 */
void step_says(struct step_io *io, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum side { SIDE_BLUE, SIDE_NOBODY, SIDE_GREEN };
const char *side_name(enum side side);

enum row_flags {
    ROW_PAUSE = 1,  /* clients are held: counts against the pause budget, journalled without sync;
                       the rows before it are undone only when all of the pause is */
    ROW_ARM = 2,    /* the last row before the pause: its end syncs the intents of all ROW_PAUSE */
    ROW_COMMIT = 4, /* its end is the commit point: the plan's `to` may write, synced */
    ROW_TOGETHER = 8, /* of the pause: runs at the same time as the row before; undone on its own */
};

struct plan_row {
    const struct step_type *step;
    enum side side; /* who may write after it */
    unsigned flags;
    const char *why; /* why here, in one line */
};

struct plan {
    const char *id;
    const char *title;
    const struct plan_row *rows;
    size_t count;
    bool undo_by_itself; /* a failure before the commit point undoes the whole plan */
    enum side from, to;  /* who may write when it begins, and when it is done */
};

/* In what people read of a plan, {publisher} stands for the side that it begins on, {subscriber}
   for the other one, {procedure} for the plan itself: puts the names there, in place. */
void plan_put_names(const struct plan *plan, char *text);

/* The row `first` and those after it that run together with it. */
size_t plan_count_together(const struct plan *plan, size_t first);
#define PLAN_TOGETHER_MAX 8
/* False if somebody could write on one side with the other never closed in between, or if rows run
   together that must not. */
bool plan_is_safe(const struct plan *plan);

#endif
