/*
 * check_plans.h: check --plans, which compares how both servers plan the same statements.
 */
#ifndef PGCUTOVER_COMMANDS_CHECK_PLANS_H
#define PGCUTOVER_COMMANDS_CHECK_PLANS_H

#include "../../checks/plans_compare.h"
#include "../../checks/plans_file.h"
#include "../../checks/plans_token.h"
#include "procedure.h"

#define PLANS_TOP 100 /* statements of pg_stat_statements */
/* Of every question, and so of a statement that is run, on each side. One and the same: whoever
   asks otherwise makes the session set it, inside our transaction. */
#define PLANS_TIMEOUT_MS 30000

enum plan_result {
    PLAN_COMPARED,
    PLAN_NOT_COMPARED,
    PLAN_LEFT_OUT /* of pg_stat_statements, of catalogs only: of tools, not of applications */
};

struct plan_item {
    char *database, *user;         /* user NULL: our own */
    char *text;                    /* NULL: not to be shown, it may hold a password */
    char *planned;                 /* what is asked instead; NULL: the text */
    char *queryid;                 /* NULL: of the file */
    long line;                     /* of the file; 0: of pg_stat_statements */
    double calls, total_ms, share; /* below 0: not known */
    struct statement_look look;

    enum plan_result result;
    char *reason;         /* why it was not compared */
    bool fails_on_green;  /* blue does plan it */
    char *not_run;        /* why it was not run; NULL: it was, or need not have been */
    bool green_timed_out; /* and blue is at its end in that time */
    struct plan_difference difference;
    double weight;
    char **unanalyzed; /* relations without statistics on green */
    size_t unanalyzed_count;
};

struct plans {
    struct procedure procedure;
    struct plan_item *items;
    size_t count;
    char *read_in; /* the database with pg_stat_statements; NULL: a file */
    bool runs;     /* --analyze */
    int64_t blue_version, green_version;
    char *blue_release, *green_release; /* "15.14" */
    struct reply green_databases;
    bool is_analyzed; /* green, as a whole, by prepare */
};

enum exit_code check_plans(const struct options *options);

/* The statements to compare, with their databases known in the world. False: see fault. */
bool plans_take_file(struct plans *plans, const char *path, struct fault *fault)
    __attribute__((warn_unused_result));
bool plans_take_top(struct plans *plans, struct fault *fault) __attribute__((warn_unused_result));

bool plans_green_has(const struct plans *plans, const char *database);
/* Asks both servers about it, and keeps in it what came out. False: the command cannot go on. */
bool plans_ask(struct plans *plans, struct plan_item *item, const struct reply *unanalyzed,
               struct fault *fault) __attribute__((warn_unused_result));

struct plans_counts {
    size_t compared, flips, worse, not_compared, fail_on_green, left_out, run, not_run, databases;
};

struct plans_counts plans_count(const struct plans *plans);
bool plans_is_flip(const struct plan_item *item); /* and was compared */
void plans_print(const struct plans *plans);
void plans_print_json(const struct plans *plans);

#endif
