/*
 * asking.h: sessions of a stage, and statements asked on them, for the suites of the session door.
 */
#ifndef PGCUTOVER_TESTS_CONTRACT_ASKING_H
#define PGCUTOVER_TESTS_CONTRACT_ASKING_H

#include "sql_files.h"
#include "stage.h"

#define TIMEOUT_MS 20000
#define LOCK_KEY "8099551810964911730"

struct endpoint server_of(const struct stage *stage, const char *database);
struct endpoint console_of(const struct stage *stage);
/* Fail the test when it cannot be opened. The caller closes. */
struct session *open_session(struct stage *stage, const struct endpoint *endpoint);
struct session *open_server(struct stage *stage); /* database shop of blue */
struct session *open_console(struct stage *stage);
/* Returns when the answer is there, whatever it is; the caller clears it. */
void ask(struct stage *stage, struct session *session, const struct sql *sql,
         const struct sql_arguments *arguments, struct reply *reply);
void expect_ok(struct stage *stage, struct session *session, const struct sql *sql,
               const struct sql_arguments *arguments);
void expect_code(struct stage *stage, struct session *session, const struct sql *sql,
                 const struct sql_arguments *arguments, const char *code);
/* A pooler's setting in SHOW CONFIG; `buffer`, of 64 bytes, is what is returned. */
const char *setting_of(struct stage *stage, struct session *console, const char *name,
                       char *buffer);

#endif
