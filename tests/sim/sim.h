/*
 * sim.h: the fake doors and the virtual clock, with one fault at one effect.
 *
 * Every request through a door and every sync of the journal has a number. At one number the fault
 * happens; a crash makes the engine dead: it goes on to its end as a program would that nobody
 * hears: its requests are not made, its syncs are lost, its clock jumps over its deadlines.
 * What was asked for before takes effect all the same.
 */
#ifndef PGCUTOVER_TESTS_SIM_SIM_H
#define PGCUTOVER_TESTS_SIM_SIM_H

#include "../../cutover/base/driver.h"
#include "../../cutover/base/host.h"
#include "../../cutover/base/text.h"
#include "../../cutover/engine/journal.h"
#include "../../cutover/engine/runner.h"
#include "../../replication/session.h"
#include "model.h"

#include <libpq-fe.h>

/* Where a request goes; the order of struct model's is_broken. */
enum place { PLACE_BLUE, PLACE_GREEN, PLACE_CONSOLE, PLACE_HOST };

enum fault_mode {
    FAULT_NONE,
    FAULT_FAIL,           /* an error is answered, nothing happened */
    FAULT_LOST_BEFORE,    /* the connection is lost, nothing happened */
    FAULT_LOST_AFTER,     /* the connection is lost, it happened */
    FAULT_TIMEOUT_BEFORE, /* no answer, nothing happened */
    FAULT_TIMEOUT_AFTER,  /* no answer, it happened */
    FAULT_SLOW,           /* it happens and is answered late: later than the pause budget */
    FAULT_CRASH_BEFORE,   /* the engine dies without having asked */
    FAULT_CRASH_AFTER,    /* the engine dies as soon as it has asked */
    FAULT_CRASH_LATE,     /* the same, and what it asked for happens while recover runs */
    FAULT_DEAD_PLACE,     /* from here on the place does not answer any more; see is_silent */
    FAULT_RESTART,        /* the victim restarts beside the effect: sessions and pauses are gone */
    FAULT_MODES,
};
extern const char *const fault_names[FAULT_MODES];

struct seen;
struct sim;

/* A statement that a session keeps, with its values. */
struct prepared {
    struct prepared *next;
    const struct sql *sql;
    struct sql_arguments arguments;
};

struct fake_session {
    struct session base;
    struct sim *sim;
    uint64_t number;
    enum endpoint_kind kind;
    enum place place;
    int server, database, process; /* which, by the place */
    int epoch;
    bool is_trial; /* a client of an entry that is tried */
    char *name;
    char application_name[64];
    struct request *request; /* in flight */
    struct prepared *prepared;
};

struct fake_host {
    struct host base;
    struct sim *sim;
    int pooler; /* -1: green's or blue's host, by server */
    int server;
};

struct request {
    struct request *next;
    struct sim *sim;
    struct fake_session *session; /* NULL for hosts, and when it was closed */
    struct fake_host *host;
    const struct sql *sql;       /* NULL: opening */
    const struct script *script; /* NULL: warming */
    struct sql_arguments arguments;
    enum sql_form form;
    bool is_unprepared; /* it is to execute what its session does not keep */
    char *words[48];    /* of the script */
    char *input;
    uint64_t session_number; /* 0: a host's */
    enum place place;
    int server, database, process, pooler;
    char application_name[64];
    int64_t apply_ns, reply_ns; /* INT64_MAX: never */
    bool is_applied, is_trial;
    enum reply_state outcome;
    enum fault_mode mode;
    char code[16], cause[200];
    PGresult *table;
    char *output;
    struct reply *reply; /* NULL: abandoned */
};

struct sim {
    struct driver driver; /* first */
    struct session_door door;
    struct model model;
    struct sqlite3 *database;
    struct sqlite3 *asleep; /* the disk of an engine that sleeps meanwhile; NULL: none does */
    struct request *requests;
    int64_t now_ns, dead_ns;
    int epochs[SERVERS + PROCESSES]; /* raised by a restart */
    uint64_t sessions;
    uint64_t number; /* of effects so far */
    uint64_t fault_at;
    enum fault_mode fault;
    uint64_t fault_then_at; /* a second one in the same engine, later */
    enum fault_mode fault_then;
    int64_t undo_budget_ms; /* 0: the usual one */
    bool is_silent;         /* a dead place refuses nothing: what it is asked is never answered */
    int64_t thaws_ms;       /* after so long what died goes on as if nothing had been; 0: never */
    int64_t thaws_ns;
    bool takes_host;    /* a pooler is dead as a whole: its processes and its host */
    int victim;         /* of FAULT_RESTART: a server; SERVERS and higher: a pooler process */
    uint64_t sleeps_at; /* before this effect the engine's host sleeps, once; 0: never */
    void (*while_asleep)(struct sim *sim);
    void (*at_sync)(struct sim *sim); /* before each sync; NULL: nothing */
    /* of the operator, for struct runner, with the simulation as its context; NULL: none */
    enum step_verdict (*step_hook)(void *sim, const struct hook_moment *moment,
                                   struct fault *fault);
    uint64_t evicted[SERVERS];  /* sessions with lower numbers were ended */
    const struct seen *planned; /* what the next cutover is to compare with; NULL: nothing */
    struct seen **ret_seen;     /* where the next run leaves what its review saw; NULL: nowhere */
    bool is_dead;
    bool is_behind;       /* the plan has ended: who dies now is interrupted */
    char fault_name[120]; /* what the effect was */
    const char *bad_job;  /* the next job of this name ends badly; NULL: none */
    int hook_calls;       /* of a pooler's hook, so far */
    int lies_from, lies;  /* the first of its answers that is not true, and how many are not */
    const char *lie;      /* what it answers then; NULL: the contrary of the truth, of these: */
    bool lies_of_holding, lies_of_place;
};

void sim_init(struct sim *sim); /* the driver and the session door; the model is the caller's */
void sim_free(struct sim *sim); /* what is still in flight */
struct host *sim_open_host(void *sim, const char *name, const char *prefix);
/* For journal_over(): a sync is an effect too. */
bool sim_before_sync(void *sim);
/* The fact as the disk has it, in a static buffer; NULL: none. */
const char *sim_durable(struct sim *sim, const char *key);
/* The intents of the pause of the plan that is under way are on disk, and nothing behind them. */
bool sim_is_armed(struct sim *sim);
/* Everything that is in flight happens; nobody hears the answers. */
void sim_settle(struct sim *sim);
/* Nothing is asked, time goes on. */
void sim_pass(struct sim *sim, int64_t ms);

/* --- between the fakes ---------------------------------------------------------------------- */

void session_door_fake(struct sim *sim);
int *sim_epoch(struct sim *sim, enum place place, int server, int process);
void request_lose(struct request *request); /* it never happens, its connection is lost */
struct request *request_new(struct sim *sim, struct reply *reply);
void request_free(struct request *request);
void request_unlink(struct request *request); /* from those in flight, and from its session */
/* Numbers it, decides its fate and puts it in flight. `name` is for people. */
void request_send(struct request *request, const char *name, int64_t timeout_ms);
void request_fail(struct request *request, const char *code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A row: the first one makes the columns; "name", "value" pairs, ended by NULL. */
void request_row(struct request *request, ...) __attribute__((sentinel));
const char *request_argument(const struct request *request, const char *name);
/* What a request does to the world and answers, at its moment. */
void server_apply(struct request *request);
bool replication_apply(struct request *request); /* false: not one of its statements */
void console_apply(struct request *request);
void host_apply(struct request *request);
void hook_apply(struct request *request);
/* Text that lives until the next eight calls. */
const char *print_some(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *print_lsn(uint64_t lsn);

#endif
