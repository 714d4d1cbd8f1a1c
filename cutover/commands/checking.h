/*
 * checking.h: runs every check that applies, on blue and on its databases, on green's host and on
 * the poolers. Reads only.
 */
#ifndef PGCUTOVER_COMMANDS_CHECKING_H
#define PGCUTOVER_COMMANDS_CHECKING_H

#include "../../checks/check.h"
#include "procedure.h"

struct cJSON;

/* Fills `list`; the caller frees it. False: blue could not even be asked who it is (see fault). */
bool checking_run(struct procedure *procedure, struct finding_list *list, struct fault *fault)
    __attribute__((warn_unused_result));
/* Blue's version, and its databases in the world; everything else asks with them. */
bool checking_know_blue(struct procedure *procedure, struct fault *fault)
    __attribute__((warn_unused_result));
/* Asks by a session that could not write, nor wait long for a lock. */
bool checking_ask(struct procedure *procedure, struct link *link, const struct sql *sql,
                  const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply);
/* Opens a link that is closed: whatever a statement of ours would do there, it cannot write, nor
   wait long for a lock. */
bool checking_restrain(struct procedure *procedure, struct link *link, int64_t timeout_ms,
                       struct reply *reply) __attribute__((warn_unused_result));
/* Those that are as severe as `least` or worse, for people; of one check at most twenty. */
void checking_print(FILE *out, const struct finding_list *list, enum check_severity least);
/* As docs/schemas/check.json says. `list` NULL: nothing was to be checked. */
struct cJSON *checking_json(const struct procedure *procedure, const struct finding_list *list);
void checking_print_json(const struct procedure *procedure, const struct finding_list *list);
/* The cures, as a script for psql. */
void checking_print_fix(const struct finding_list *list);
/* What is checked, wherever it is run: no server is asked. */
enum list_format { LIST_TABLE, LIST_JSON, LIST_MARKDOWN };
void checking_print_list(enum list_format format);

#endif
