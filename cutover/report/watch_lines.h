/*
 * watch_lines.h: a watch where there is no terminal: a line a change, into logs and journald; and
 * of every cluster where it stands, each half a minute. No colours. Never blocks: what cannot be
 * written is dropped, and how much is said.
 */
#ifndef PGCUTOVER_REPORT_WATCH_LINES_H
#define PGCUTOVER_REPORT_WATCH_LINES_H

#include "watch_model.h"

#include <stdio.h>

struct watch_lines;

struct watch_lines *watch_lines_new(FILE *out);
/* Writes what is left, and waits for nobody. NULL-safe. */
void watch_lines_free(struct watch_lines *lines);
/* What is new since the last time. */
void watch_lines_say(struct watch_lines *lines, const struct watch *watch);
/* The reader's end of the pipe is closed: nothing will be read any more. */
bool watch_lines_are_lost(const struct watch_lines *lines);

#endif
