/*
 * report_html_parts.h: the sections of the report's page, top down. Never blocks. Inside the
 * report's page only. What holds nothing says so in a line, with the reason.
 */
#ifndef PGCUTOVER_REPORT_REPORT_HTML_PARTS_H
#define PGCUTOVER_REPORT_REPORT_HTML_PARTS_H

#include "report_html_write.h"

/* What happened, in one sentence. Of the arena. */
const char *html_headline(struct report *report);

/* A section with a title and, behind it, a note (NULL: none); ends with "</section>". */
void html_section(struct text *text, const char *id, const char *title, const char *note);
/* One that has nothing to show, and why. */
void html_empty(struct text *text, const char *id, const char *title, const char *why);

void html_run(struct text *text, struct report *report);     /* what happened, who, when */
void html_figures(struct text *text, struct report *report); /* and the key figures */
void html_steps(struct text *text, struct report *report);
void html_probes(struct text *text, struct report *report);
void html_checks(struct text *text, struct report *report);
void html_parameters(struct text *text, struct report *report);
void html_shows(struct text *text, struct report *report);
void html_values(struct text *text, struct report *report);
void html_account(struct text *text, struct report *report);
void html_anomalies(struct text *text, struct report *report);
void html_events(struct text *text, struct report *report);
void html_references(struct text *text, struct report *report);

#endif
