/*
 * evidence.h: what both servers say of themselves at the end of each plan, kept in the run
 * directory for the report: version, parameters, slots, subscriptions, origins, extensions.
 *
 * evidence-<moment>.json, mode 0600. A server that does not answer within seconds is said to be so;
 * nothing here ever fails a run. Never inside the pause. What may hold a secret is not asked for.
 *
 *   {"schema_version": 1, "moment": "prepare", "at_us": …, "servers": [
 *     {"side": "blue", "at_us": …, "why": null, "version": "15.4", "system_identifier": "7…",
 *      "settings": [{"name", "value", "source", "is_set", "is_internal", "pending_restart"}],
 *      "shows": [{"database", "statement", "answer", "why"}],
 *      "extensions": [{"database", "name", "version"}]}, …green]}
 */
#ifndef PGCUTOVER_COMMANDS_EVIDENCE_H
#define PGCUTOVER_COMMANDS_EVIDENCE_H

#include "procedure.h"

struct cJSON;
struct finding_list;

/* "prepare", "cutover", "rollback": behind the plan, however it ended; "finish", "abort": before
   it, while there is still what it takes away; "finished", "aborted": behind it. The last is NULL.
 */
extern const char *const evidence_moments[];

/* Asks both servers, each for a few seconds at most. Blocks meanwhile; the caller deletes it. */
struct cJSON *evidence_take(struct procedure *procedure, const char *moment);
/* The same, kept. Does nothing when we are interrupted. */
void evidence_keep(struct procedure *procedure, const char *moment);
/* NULL: it was not kept, or cannot be understood. */
struct cJSON *evidence_read(const char *directory, const char *moment);

/* What `prepare` found when it ran the checks, as docs/schemas/check.json; takes `checks` (NULL:
   nothing is kept). */
void evidence_keep_checks(struct procedure *procedure, struct cJSON *checks, int64_t at_us);
/* *ret_us: when they were run. The caller deletes it. */
struct cJSON *evidence_read_checks(const char *directory, int64_t *ret_us);

/* evidence_ask.c: one server; never NULL. */
struct cJSON *evidence_ask(struct procedure *procedure, const struct server *server);

#endif
