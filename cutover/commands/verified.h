/*
 * verified.h: how old the last verification is, what it found, and whether that is what
 * [cutover] require_verify demands.
 */
#ifndef PGCUTOVER_COMMANDS_VERIFIED_H
#define PGCUTOVER_COMMANDS_VERIFIED_H

#include "procedure.h"

#include "../../checks/verify.h"

struct cJSON;

/* The last verification that came to its end, and what its age is measured against. */
struct verified {
    bool is_known; /* false: none came to its end, or nobody can say what it found */
    struct verify_result result;
    int64_t since_us;  /* it must have begun behind this moment; 0: not known */
    bool was_moved;    /* that moment is the last move of the clients; else: green was ready */
    int64_t now_us;    /* wall clock */
    enum side clients; /* where they are, by the journal */
};

/* Blocks on local files only. Without a run nothing is known. */
bool verified_read(struct procedure *procedure, struct verified *ret_verified, struct fault *fault)
    __attribute__((warn_unused_result));
/* "2 h 10 min ago: equal, 12 tables, 1,234 rows", or "never". */
void verified_say(const struct verified *verified, struct text *out);
/* For JSON; NULL when nothing is known. */
struct cJSON *verified_json(const struct verified *verified);
/* Is it what the configuration demands? False: the fault says what is wrong with it. */
bool verified_suffices(const struct verified *verified, const struct config *config,
                       struct fault *fault) __attribute__((warn_unused_result));

/* Says the age, and refuses a cutover without what is required; a way back is never refused. */
bool verified_allows(struct procedure *procedure, const struct plan *plan, struct fault *fault)
    __attribute__((warn_unused_result));
/* The same behind a dry run. */
enum exit_code verified_explain(struct procedure *procedure, const struct plan *plan);

#endif
