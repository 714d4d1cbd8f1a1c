/*
 * terminal.h: progress and messages for people, on stderr; colours only on a terminal.
 */
#ifndef PGCUTOVER_REPORT_TERMINAL_H
#define PGCUTOVER_REPORT_TERMINAL_H

#include "../engine/runner.h"

#include <stdbool.h>
#include <stdio.h>

struct terminal;

struct terminal *terminal_new(FILE *out);
void terminal_free(struct terminal *terminal); /* NULL-safe */
/* A sink for struct runner. In the pause it only remembers; the lines are printed behind it. */
void terminal_event(void *terminal, const struct event *event);
/* "12 ms", "3.4 s", "2 min 5 s" */
const char *terminal_duration(int64_t ns, char buffer[32]);

/* "pgcutover: error: …", "detail: …", "hint: …", as PostgreSQL's own tools print them. */
void terminal_fault(FILE *out, const struct fault *fault);
/* Whether `out` should have colours: PG_COLOR, NO_COLOR, a terminal. */
bool terminal_has_colour(FILE *out);

/* The rows of the pause and how long each took, for the summary. */
struct terminal_row {
    const char *step;
    int64_t elapsed_ns;
};
size_t terminal_pause_rows(const struct terminal *terminal, const struct terminal_row **ret_rows);

#endif
