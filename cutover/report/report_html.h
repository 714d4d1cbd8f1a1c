/*
 * report_html.h: the report as one page: a file that is complete in itself, and loads nothing.
 * Never blocks.
 */
#ifndef PGCUTOVER_REPORT_REPORT_HTML_H
#define PGCUTOVER_REPORT_REPORT_HTML_H

#include "report_data.h"

/* The caller frees. Works in the report's arena. */
char *report_html(struct report *report);

#endif
