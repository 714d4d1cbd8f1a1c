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
/*
 * While a watchdog watches: a terminal that is stopped, or a pipe that nobody reads, must not keep
 * the loop from beating. What cannot be written at once is kept, until terminal_flush() may block
 * again.
 */
void terminal_must_not_block(struct terminal *terminal, bool must_not);
/* Writes what was held back, while clients waited or nobody read. */
void terminal_flush(struct terminal *terminal);
/* What waits to be written, in bytes; and it is given up: who reads it may never come back. */
size_t terminal_held(const struct terminal *terminal);
void terminal_give_up(struct terminal *terminal);
/* As it stands, in pieces. */
void terminal_bytes(struct terminal *terminal, const char *bytes, size_t length);
/* A line that moves, on a terminal only; soon out of date: not said to who does not read. */
void terminal_status(struct terminal *terminal, const char *line);
void terminal_clear_status(struct terminal *terminal);
/* A sink for struct runner. In the pause it remembers the lines, and they are printed behind it;
   but what fails is written when that does not block. */
void terminal_event(void *terminal, const struct event *event);
void terminal_line(struct terminal *terminal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "12 ms", "3.4 s", "2 min 5 s" */
const char *terminal_duration(int64_t ns, char buffer[32]);

/* "pgcutover: error: …", "detail: …", "hint: …", as PostgreSQL's own tools print them; `detail` and
   `hint` (for a fault that has none) may be NULL. */
void terminal_fault(FILE *out, const struct fault *fault, const char *detail, const char *hint);
/* Columns of the terminal that `out` is; `otherwise` when it is none. */
int terminal_width(FILE *out, int otherwise);
/* Writes text in lines of at most `width` characters; the cursor stands at `column`, and lines
   after the first begin at `indent`. Lines of the text itself are kept. */
void terminal_paragraph(FILE *out, const char *text, int width, int column, int indent);
/* Whether `out` should have colours: PG_COLOR, NO_COLOR, a terminal. */
bool terminal_has_colour(FILE *out);
bool terminal_file_has_colour(int out);

/* The rows of the pause and how long each took, for the summary. */
struct terminal_row {
    const char *step;
    int64_t elapsed_ns;
};
size_t terminal_pause_rows(const struct terminal *terminal, const struct terminal_row **ret_rows);

#endif
