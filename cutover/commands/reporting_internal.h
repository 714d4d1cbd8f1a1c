/*
 * reporting_internal.h: what the files of the gathering share.
 */
#ifndef PGCUTOVER_COMMANDS_REPORTING_INTERNAL_H
#define PGCUTOVER_COMMANDS_REPORTING_INTERNAL_H

#include "reporting.h"

#include <cjson/cJSON.h>

#define REPORTING_MOMENTS_MAX 16

struct reporting {
    struct procedure *procedure;
    struct journal *journal;
    struct report *report;
    struct arena *arena;
    bool is_alive;                         /* an engine is at work */
    cJSON *moments[REPORTING_MOMENTS_MAX]; /* evidence, oldest first; the last is that of now */
    size_t moment_count;
};

/* A list that has room for one more behind `count`; its memory is the arena's. */
void *reporting_grow(struct arena *arena, void *list, size_t count, size_t size);
/* Without what looks like a secret; NULL gives NULL. */
const char *reporting_text(struct reporting *reporting, const char *text);
/* A fact of the journal, by a key that is printed; NULL: not known. */
const char *reporting_fact(struct reporting *reporting, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int64_t reporting_number(const char *fact); /* REPORT_UNKNOWN */
/* Of a JSON object; NULL, REPORT_UNKNOWN, false where it has none of that kind. */
const char *reporting_string(const cJSON *object, const char *key);
int64_t reporting_time(const cJSON *object, const char *key);
bool reporting_bool(const cJSON *object, const char *key);
/* The server of a moment; NULL: it was not asked, or did not answer. */
const cJSON *reporting_server(const cJSON *moment, const char *side);
/* Of the newest moment in which it answered; NULL: it never did. */
const cJSON *reporting_last_answer(const struct reporting *reporting, const char *side);
/* "host:port" of a connection string; of the arena. */
const char *reporting_address(struct reporting *reporting, const char *conninfo);
/* The name of the database that a slot of ours is of; NULL. */
const char *reporting_slot_database(struct reporting *reporting, const char *slot);

/* reporting_rows.c: steps, attempts and events, by the journal. */
bool reporting_rows(struct reporting *reporting, struct fault *fault)
    __attribute__((warn_unused_result));
/* What is planned: all of it where nothing was executed, else what comes next when all is well. */
void reporting_planned(struct reporting *reporting);
/* reporting_samples.c: precise times, lag, probes, by samples.db. */
void reporting_samples(struct reporting *reporting);
/* What clients felt of an attempt whose figures the journal has not kept. */
void reporting_felt(struct reporting *reporting, struct report_move *move);
/* reporting_moves.c: what became of each attempt, and what clients felt. */
void reporting_moves(struct reporting *reporting);
/* Did this attempt, the last of its plan, give up what the other side lacked? */
bool reporting_loses(const struct reporting *reporting, size_t move);
/* reporting_servers.c: servers, what they showed, parameters, findings. */
void reporting_servers(struct reporting *reporting);
void reporting_findings(struct reporting *reporting, const cJSON *check, int64_t at_us);
/* reporting_values.c: the table of values, and the account. */
void reporting_values(struct reporting *reporting);
void reporting_account(struct reporting *reporting);
/* reporting_anomalies.c */
void reporting_anomaly(struct reporting *reporting, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void reporting_anomalies(struct reporting *reporting);

#endif
