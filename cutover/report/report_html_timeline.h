/*
 * report_html_timeline.h: the drawings of the report. Never blocks. Inside the report's page only.
 */
#ifndef PGCUTOVER_REPORT_REPORT_HTML_TIMELINE_H
#define PGCUTOVER_REPORT_REPORT_HTML_TIMELINE_H

#include "report_html_svg.h"

/* The whole run, with a scale for each stretch in which something was at work. */
void html_timeline(struct text *text, struct report *report);
/* What clients were held for, enlarged; of one move. */
void html_pause(struct text *text, struct report *report, const struct report_move *move);
/* How far each slot was behind, in seconds and in bytes. */
void html_lag(struct text *text, struct report *report);

#endif
