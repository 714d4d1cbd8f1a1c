/*
 * fault.h: the one error value of the program.
 *
 * A fault is plain data, filled by the function that failed and returned to its caller; nothing
 * below the top prints it. It never holds a password: `where` is made by endpoint names, not by
 * connection strings. Setting a fault never blocks and allocates nothing.
 */
#ifndef PGCUTOVER_BASE_FAULT_H
#define PGCUTOVER_BASE_FAULT_H

#include <stdbool.h>

/* Exit codes of the program, frozen: docs/commands.md lists them for users. */
enum exit_code {
    EXIT_DONE = 0,
    EXIT_FAILED = 1,
    EXIT_USAGE = 2,
    EXIT_CHECKS_FAILED = 3,
    EXIT_PLAN_STALE = 4,
    EXIT_WAITING = 5,
    EXIT_LOCKED = 6,
    EXIT_TRANSIENT = 7,
    EXIT_ROLLED_BACK = 8,
    EXIT_AMBIGUOUS = 9,
};

struct fault {
    char doing[160];          /* what was being done: "creating the slot" */
    char where[160];          /* on which server, host or file; password-free */
    char cause[1024];         /* what happened, in the words of the server or library */
    char code[16];            /* SQLSTATE, errno name, exit status; may be empty */
    char hint[512];           /* what to do; may be empty */
    enum exit_code exit_code; /* EXIT_DONE: not decided, the runner chooses */
};

/* Overwrites `fault`. `doing` and `where` may be NULL (empty). */
void fault_set(struct fault *fault, const char *doing, const char *where, const char *code,
               const char *cause, ...) __attribute__((format(printf, 5, 6)));
void fault_hint(struct fault *fault, const char *hint, ...) __attribute__((format(printf, 2, 3)));
bool fault_is_set(const struct fault *fault);

#endif
