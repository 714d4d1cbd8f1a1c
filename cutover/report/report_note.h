/*
 * report_note.h: the operations note of a run: one Markdown file, to be read as it is and rendered.
 *
 * Front matter, then Summary (with the table of values), Sequence, Verifications, Anomalies,
 * References. Names of others are escaped: they make neither markup nor HTML, nor a column of a
 * table. Never blocks.
 */
#ifndef PGCUTOVER_REPORT_REPORT_NOTE_H
#define PGCUTOVER_REPORT_REPORT_NOTE_H

#include "report_data.h"

/* The caller frees. The report's arena grows a little. */
char *report_note(struct report *report);

#endif
