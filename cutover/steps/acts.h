/*
 * acts.h: steps written as tables of acts, and the one function that polls them.
 *
 * An act is one request through a door (a statement, a host script, a job), sent to every target of
 * its kind at once. An act begins when the one before it has ended for all its targets, or together
 * with it (ACT_TOGETHER). The first failure stops the issuing of further requests. What a plan
 * prints, a dry run prints and a run does are the same rows: that is why steps are tables.
 *
 * Effects are preceded in the same table by acts that read whether they are needed: so every step
 * can be repeated, and finds out from the servers where it stands.
 */
#ifndef PGCUTOVER_STEPS_ACTS_H
#define PGCUTOVER_STEPS_ACTS_H

#include "../../replication/sql.h"
#include "../base/host.h"
#include "../engine/step.h"
#include "world.h"

enum act_on {
    ON_TOOL, /* no door: `judge` alone, for what is computed */
    ON_BLUE, /* one session in the maintenance database */
    ON_GREEN,
    ON_PUBLISHER,  /* the same, of the server that clients leave, and of the one that they come to:
                    */
    ON_SUBSCRIBER, /* steps that serve both directions name them so; see world_turn() */
    ON_BLUE_DATABASES, /* every database that is replicated */
    ON_GREEN_DATABASES,
    ON_PUBLISHER_DATABASES,
    ON_SUBSCRIBER_DATABASES,
    ON_ALL_BLUE_DATABASES, /* also those with replicate = no */
    ON_CONSOLES,           /* every PgBouncer process */
    ON_ENTRIES,            /* every entry to hold of every process, a connection each */
    ON_PROBES,             /* one client connection through each pooler that has a probe */
    ON_TRIALS,             /* the same, for every entry that is tried: see probe.c */
    ON_BLUE_HOST,
    ON_GREEN_HOST,
    ON_PUBLISHER_HOST,
    ON_POOLER_HOSTS, /* of poolers with a file: PgBouncers */
    ON_HOOKS,        /* the hosts of poolers that a hook drives */
};

enum act_flags {
    ACT_TOGETHER = 1,       /* starts with the act before it */
    ACT_REPEAT = 2,         /* `values` is asked again after each success, until it says no */
    ACT_JOB = 4,            /* the script outlives us: started, then looked at until it ends */
    ACT_JUDGES_FAILURE = 8, /* `judge` also gets replies that failed; without one, whatever is
                               answered is good: what counts is seen behind it */
    ACT_WARM = 16,          /* opens the long-lived shell of a host; no script */
    ACT_CLOSE = 32,         /* closes the target's connection; no statement */
    ACT_GREEN_LATER = 64,   /* explain: green is not there yet when a plan is made */
    ACT_EACH = 128,         /* one target's failure stops neither the others nor the acts behind:
                               the step fails at its end. For clients that wait */
    ACT_READS = 256,        /* the script changes nothing, as it is used here */
    ACT_PREPARE = 512,      /* the statement is planned, not executed; nothing while explaining */
    ACT_PREPARED = 1024,    /* it is executed as it was prepared on this session */
};

struct target {
    enum act_on on;
    struct database *database;
    struct pooler *pooler;
    struct console *console;
    struct entry *entry;
    struct trial *trial;
    struct link *link; /* NULL for hosts */
    struct host *host; /* NULL for sessions */
    const char *name;  /* "blue shop", for people */
    int round;         /* ACT_REPEAT: how many have succeeded */
    int tries;         /* ACT_AGAIN: how often this one was asked before */
};

#define ACT_ARGUMENTS_MAX 40

struct act_values {
    struct sql_arguments sql;
    const char *arguments[ACT_ARGUMENTS_MAX + 1]; /* of a script, NULL-terminated */
    const char *input;                            /* of a script; secrets go here */
    const char *job;                              /* ACT_JOB: its id */
    const char *work;                             /* ACT_JOB: the work directory */
    int64_t timeout_ms;                           /* 0: the act's own */
};

enum act_verdict { ACT_DONE, ACT_AGAIN, ACT_FAILED };

struct act {
    enum act_on on;
    unsigned flags;
    const struct sql *sql;
    const struct script *script;
    int64_t timeout_ms; /* 0: ACT_TIMEOUT_MS */
    int64_t connect_ms; /* how long opening the link may take; 0: 10 s, with ACT_EACH 2 s */
    /* Fills the values; false: not needed for this target. NULL: no values, always needed. What it
       sets must live in io->arena or in the world. */
    bool (*values)(struct step_io *io, struct target *target, struct act_values *values);
    /* How long the act still waits before it begins, asked at every turn until it is 0; below: it
       is not needed. `since_ms`: since its group began. NULL: it begins at once. Not for
       ACT_REPEAT. */
    int64_t (*delay_ms)(struct step_io *io, struct target *target, int64_t since_ms);
    /* NULL: success is enough. ACT_AGAIN: ask again after a nap (step_nap; 2 ms when not given). */
    enum act_verdict (*judge)(struct step_io *io, struct target *target, struct reply *reply);
};

#define ACT_TIMEOUT_MS 10000

/* A step's table, its `detail`. */
struct acts {
    const struct act *run;
    size_t run_count;
    const struct act *undo;
    size_t undo_count;
};

enum step_verdict acts_run(struct step_io *io, void *memory, const struct step_type *step);
enum step_verdict acts_undo(struct step_io *io, void *memory, const struct step_type *step);
void acts_leave(struct step_io *io, void *memory, const struct step_type *step);

#define ACTS_COUNT(list) (sizeof(list) / sizeof((list)[0]))
#define ACTS_MEMORY 48 /* bytes of a step's memory: a struct lane */
/* The members of a step_type that is a table of acts. */
#define ACTS_STEP(table)                                                                           \
    .memory_size = ACTS_MEMORY, .detail = &(table), .run = acts_run, .undo = acts_undo,            \
    .leave = acts_leave

/* Shorthands for judges and values. */
static inline struct world *io_world(struct step_io *io)
{
    return io->world;
}
/* True while a plan is printed: effects did not happen, so nothing may be expected of them. */
static inline bool io_explains(const struct step_io *io)
{
    return io->mode == STEP_EXPLAIN;
}
/*
 * Facts of the journal. In their names {publisher} and {subscriber} stand for "blue" or "green",
 * {procedure} for the plan that moves the clients: "{publisher}.fence", "{procedure}.attempt". In
 * what people read the same words may be used; the runner puts the names in (plan_name_sides()).
 */
/* A fact, or sql_unknown while a plan is printed before it is known. NULL otherwise. */
const char *io_fact(struct step_io *io, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *io_get(struct step_io *io, const char *key); /* NULL: not known */
bool io_has(struct step_io *io, const char *key, const char *value);
void io_set(struct step_io *io, const char *key, const char *value);
/* Sets io->fault from our own judgement (not a server's error). */
enum act_verdict act_fail(struct step_io *io, const struct target *target, const char *doing,
                          const char *cause, ...) __attribute__((format(printf, 4, 5)));

#endif
