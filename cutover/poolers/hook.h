/*
 * hook.h: poolers that are driven by a command of the user's: what it is asked in JSON, and reading
 * what it answers. Pure: text in, text out; never blocks.
 *
 * The fields are those of docs/poolers.md ("Other poolers"). Of an answer nothing is guessed: a
 * field that is missing, doubled, or of another type, another schema_version, an empty output,
 * something behind the object: each is a failure. Fields that we do not know are allowed.
 */
#ifndef PGCUTOVER_POOLERS_HOOK_H
#define PGCUTOVER_POOLERS_HOOK_H

#include "pooler_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HOOK_SCHEMA_VERSION 1

struct hook_call {
    const char *action; /* describe, hold, point, release */
    const char *run;
    const char *pooler;
    int64_t budget_ms; /* then it is killed */
    struct pooler_address from, to;
    const struct pooler_address *blue, *green; /* every spelling, for telling what is ours */
    size_t blue_count, green_count;
    const char *const *databases; /* of blue */
    size_t database_count;
};

/* What describe says. */
struct hook_state {
    bool held;
    char host[256]; /* empty: its clients do not all go to the same address */
    char port[16];
    int64_t clients, waiting; /* -1: not measured */
};

#define HOOK_CAUSE 160

/* The object for the hook's standard input, in one line; caller frees. */
char *hook_request(const struct hook_call *call);
/* Any answer: an object with our schema_version. False: `ret_cause` says why not. */
bool hook_answered(const char *output, char ret_cause[HOOK_CAUSE])
    __attribute__((warn_unused_result));
/* The answer to describe. */
bool hook_described(const char *output, struct hook_state *ret_state, char ret_cause[HOOK_CAUSE])
    __attribute__((warn_unused_result));
bool hook_is_at(const struct hook_state *state, const struct pooler_address *addresses,
                size_t count);
/* "10.0.0.7:5432", or "more than one address", for people. */
void hook_print_address(const struct hook_state *state, char ret_text[HOOK_CAUSE]);

/* The arguments of hook.sh, NULL-terminated; they live as long as `call`, `command`, `json` and the
   buffers do. `sweep`: what earlier calls have left at work is killed first. */
struct hook_arguments {
    const char *list[8];
    char seconds[24];
    char caller[320];
};
void hook_arguments(struct hook_arguments *arguments, const char *command,
                    const struct hook_call *call, const char *json, bool sweep);

#endif
