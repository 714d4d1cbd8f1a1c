/*
 * report_data.h: what `report` tells of one run, as plain data. Never blocks.
 *
 * The command gathers it from the run directory and, where they answer, from the servers; the
 * operations note, the page and the JSON only read it. What nobody has measured is REPORT_UNKNOWN,
 * never zero; a text that nobody knows is NULL, never "".
 *
 * All texts and lists live in `arena`. Times: wall clock in us since 1970, UTC; lengths in us;
 * sizes in bytes. No text holds a secret: what servers and programs say was scrubbed before.
 */
#ifndef PGCUTOVER_REPORT_REPORT_DATA_H
#define PGCUTOVER_REPORT_REPORT_DATA_H

#include "../base/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPORT_UNKNOWN INT64_MIN

/* Where it has come to, the worst that is still so. */
enum report_outcome {
    REPORT_PLANNED,   /* nothing was executed: a dry run */
    REPORT_PREPARING, /* green is being made */
    REPORT_READY,     /* green is ready, clients are on blue */
    REPORT_UNDER_WAY, /* clients are being moved */
    REPORT_ON_GREEN,  /* clients are on green */
    REPORT_UNDONE,    /* a cutover or rollback has undone itself; clients where they were */
    REPORT_BACK,      /* clients were on green, and are back on blue */
    REPORT_FINISHED,  /* finish is done; `side` says where clients are */
    REPORT_ABORTED,   /* blue is as it was before */
    REPORT_FAILED,    /* it stopped, and waits for somebody */
};

/* A row of a plan. */
struct report_step {
    const char *plan, *step;
    const char *what;           /* a sentence for people, from the plan's table; NULL */
    const char *state;          /* planned, begun, done, failed, undone, undo_failed */
    const char *side;           /* who may write behind it: blue, nobody, green; NULL */
    const char *cause;          /* of a failure; NULL */
    int64_t began_us, ended_us; /* REPORT_UNKNOWN */
    bool is_pause;              /* clients were held meanwhile */
    bool is_precise;            /* from the engine's own clock; else from the journal's lines */
};

/* One part of what the client probe felt at one pooler. */
struct report_felt {
    int64_t probes, failed;
    int64_t longest_gap_us, p99_us, median_us;
    int64_t late; /* probes that the engine was late for: no figure of the clients */
};

struct report_probe {
    int64_t at_us, latency_us;
    const char *outcome; /* acknowledged, failed, unknown */
    const char *code;    /* of a failure: SQLSTATE, or "timeout"; "" */
};

struct report_pooler {
    const char *name;
    int64_t held_us, released_us;           /* from the engine's rows hold and release */
    const char *state;                      /* of the client probe: measured, or why not; NULL */
    const char *account;                    /* "yes": all acknowledged writes are there; NULL */
    struct report_felt before, held, after; /* all REPORT_UNKNOWN where not measured */
    int64_t probes, failed;                 /* of all */
    bool is_open;                           /* none was acknowledged behind the release: the gap of
                                               `held` is how long it was when the probe ended */
    struct report_probe *list;              /* oldest first */
    size_t count;
};

/* One attempt to move the clients: a cutover or a rollback. The last one of each plan has all
   facts; of an earlier one there may be only the steps. */
struct report_move {
    const char *plan;      /* cutover, rollback */
    const char *from, *to; /* blue, green */
    const char *outcome;   /* done, undone, failed, under way */
    const char *cause;     /* why it was not done; NULL */
    int64_t began_us, ended_us;
    int64_t held_us, released_us; /* the pause of the poolers, as the engine saw it */
    int64_t budget_us;            /* of the pause */
    const char *proof;            /* that the subscriber had everything; NULL */
    const char *target_lsn;       /* where the publisher ended; NULL */
    struct report_pooler *poolers;
    size_t pooler_count;
};

struct report_lag_point {
    int64_t at_us;
    int64_t behind, lag_us; /* REPORT_UNKNOWN: asked, and not known */
};
struct report_lag {
    const char *side; /* of the publisher */
    const char *slot, *database;
    struct report_lag_point *points; /* oldest first; a distance of over 3 s is a gap */
    size_t count;
};

struct report_event {
    int64_t at_us;
    const char *kind; /* hook, notify, direct, terminated, lost, loose, loss, … */
    const char *text;
};

struct report_finding {
    const char *id, *severity, *where, *what, *evidence, *why,
        *cure; /* as docs/schemas/check.json */
};

struct report_parameter {
    const char *name;
    const char *blue, *green; /* as SHOW prints it; NULL: not known, or that major has none */
    const char *why;          /* "configured", "default of the major", "carried over", …; NULL */
    bool differs;
};

/* What was asked and answered, to be pasted. */
struct report_show {
    const char *moment; /* "behind prepare", "now" */
    const char *side, *database;
    const char *statement;
    const char *answer; /* lines as psql would print them; NULL: not known, `why` */
    const char *why;
    int64_t at_us;
};

struct report_value {
    const char *item;
    const char *value; /* NULL: not known */
};

struct report_server {
    const char *side;    /* blue, green */
    const char *address; /* host, port: of the connection string, without user and secrets */
    const char *version; /* as server_version; NULL */
    const char *system_identifier;
    int64_t answered_us; /* when it was last asked for this report; REPORT_UNKNOWN: it did not */
    const char *why;     /* it did not; NULL */
};

struct report {
    struct arena *arena;
    int64_t made_us; /* when this report was made */
    const char *program_version;
    const char *cluster, *environment, *trigger, *operator_name; /* NULL: not told */
    const char *author, *domain, *maturity;
    const char *run, *run_directory; /* NULL: a dry run, with no run under way */
    enum report_outcome outcome;
    const char *phase;          /* as `status` says it */
    const char *side;           /* who may write now */
    const char *cause;          /* why it is not where it was to be; NULL */
    const char *next;           /* what to type next */
    int64_t began_us, ended_us; /* of everything that was executed */

    struct report_server servers[2]; /* blue, green */
    struct report_step *steps;       /* in the order in which they began; undone ones follow */
    size_t step_count;
    struct report_move *moves; /* oldest first */
    size_t move_count;
    struct report_lag *lags;
    size_t lag_count;
    struct report_event *events; /* oldest first */
    size_t event_count;
    struct report_finding *findings;
    size_t finding_count;
    int64_t checked_us;      /* when the checks were run; REPORT_UNKNOWN: they were not */
    const char *not_checked; /* why; NULL */
    struct report_parameter *parameters; /* by name; all that differ, and all that were set */
    size_t parameter_count;
    int64_t parameters_us; /* when they were compared; REPORT_UNKNOWN: they were not */
    struct report_show *shows;
    size_t show_count;
    struct report_value *values; /* the table of values of the run */
    size_t value_count;
    struct report_value *account; /* what proves that nothing is lost or doubled, item by item */
    size_t account_count;
    const char **anomalies; /* sentences; none: everything went as planned */
    size_t anomaly_count;
    const char **references;
    size_t reference_count;
};

/* An empty one: all times and numbers REPORT_UNKNOWN. */
struct report *report_new(void);
void report_free(struct report *report); /* NULL-safe */

/* "planned", "ready", "on green", …: for people and the JSON. */
const char *report_outcome_name(enum report_outcome outcome);

/* "2026-11-23 07:01:00 UTC"; "not known" for REPORT_UNKNOWN. Of the arena. */
const char *report_time(struct report *report, int64_t at_us);
/* "97 ms", "1.8 s", "4 min 10 s", "2 h 5 min"; "not measured". */
const char *report_length(struct report *report, int64_t length_us);

#endif
