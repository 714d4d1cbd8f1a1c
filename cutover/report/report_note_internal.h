/*
 * report_note_internal.h: what the two files of the operations note share.
 */
#ifndef PGCUTOVER_REPORT_REPORT_NOTE_INTERNAL_H
#define PGCUTOVER_REPORT_REPORT_NOTE_INTERNAL_H

#include "markdown.h"
#include "report_data.h"

/* "- Label: " before it, and the end of the line behind it. NULL: not told. */
void note_item(struct text *out, const char *label, const char *value);
/* A cell of a table, with the bar before it. NULL: `unknown`. */
void note_cell(struct text *out, const char *value, const char *unknown);
void note_code_cell(struct text *out, const char *value, const char *unknown);

/* report_note_verifications.c: the section. */
void note_verifications(struct report *report, struct text *out);

#endif
