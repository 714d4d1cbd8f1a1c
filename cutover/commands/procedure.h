/*
 * procedure.h: what every command that touches servers needs: configuration, loop, doors, the run
 * directory with its lock and journal, the world.
 */
#ifndef PGCUTOVER_COMMANDS_PROCEDURE_H
#define PGCUTOVER_COMMANDS_PROCEDURE_H

#include "../base/loop.h"
#include "../engine/runner.h"
#include "../engine/watchdog.h"
#include "../report/terminal.h"
#include "../steps/world.h"
#include "command.h"

struct procedure {
    const struct options *options;
    struct config *config;
    struct loop *loop;
    struct driver *driver;
    struct session_door *sessions;
    struct journal *journal;
    struct world *world;
    struct terminal *terminal;
    struct watchdog *watchdog;
    struct spans *spans;         /* spans.c's; NULL: none */
    struct attending *attending; /* hooks and notifications; NULL: none */
    char *directory;             /* of the run; NULL: none */
    int lock;                    /* file descriptor, -1: none */
    int64_t began_us;            /* wall clock, when the plan that moves clients began */
};

enum procedure_need {
    PROCEDURE_LOOK,     /* the run there is, if any, read only: plan, dry runs, status */
    PROCEDURE_BEGIN,    /* the run there is, or a new one: prepare */
    PROCEDURE_CONTINUE, /* the run there is: cutover */
    PROCEDURE_END,      /* the run there is, if any: the others have nothing to do then */
};

/* Blocks on local files, and for PROCEDURE_BEGIN on one question to blue. */
bool procedure_open(const struct options *options, enum procedure_need need,
                    struct procedure *ret_procedure, struct fault *fault)
    __attribute__((warn_unused_result));
void procedure_close(struct procedure *procedure);

/* SIGINT, SIGTERM, or the terminal has gone. */
bool procedure_is_interrupted(const struct procedure *procedure);
/* Is there a run? */
bool procedure_has_run(const struct procedure *procedure);

/* Opens a link if it is closed, and asks; returns when the answer is there. False: see the reply's
   fault. Outside plans only: check, status. */
bool procedure_ask(struct procedure *procedure, struct link *link, const struct sql *sql,
                   const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply);
/* The same for who does not want to wait as long until it is open. */
bool procedure_ask_within(struct procedure *procedure, struct link *link, const struct sql *sql,
                          const struct sql_arguments *arguments, int64_t opening_ms,
                          int64_t timeout_ms, struct reply *reply);
bool procedure_run_script(struct procedure *procedure, struct host *host,
                          const struct script *script, const char *const *arguments,
                          int64_t timeout_ms, struct reply *reply);

/* The same with `input` on its standard input (NULL: none), where secrets go. */
bool procedure_feed_script(struct procedure *procedure, struct host *host,
                           const struct script *script, const char *const *arguments,
                           const char *input, int64_t timeout_ms, struct reply *reply);

/* From now on nothing may block, for the watchdog takes that for a stall. Takes ownership. */
void procedure_begin_watch(struct procedure *procedure, struct watchdog *watchdog);
/* The good-bye, before anything that may block. */
void procedure_end_watch(struct procedure *procedure);
/* Runs a plan with the terminal as its report. The watch ends with it, unless the journal has to be
   read again to know how the plan ended. */
struct runner procedure_runner(struct procedure *procedure, const struct plan *plan);
enum run_result procedure_run(struct procedure *procedure, struct runner *runner, size_t first);
/* Prints what a plan would do. */
enum exit_code procedure_explain(struct procedure *procedure, const struct plan *plan);

/* Asks for the cluster's name on a terminal, unless --yes; off a terminal demands --yes. */
bool procedure_confirm(struct procedure *procedure, const char *what, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
