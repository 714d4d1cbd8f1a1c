/*
 * report_json.h: the report for programs: one JSON object (docs/schemas/report.json). Never blocks.
 * What is not known is null.
 */
#ifndef PGCUTOVER_REPORT_REPORT_JSON_H
#define PGCUTOVER_REPORT_REPORT_JSON_H

#include "report_data.h"

/* The caller frees. */
char *report_json(struct report *report);
/* With at most about so many samples of each slot and pooler: of those that stand together, the
   worst; "thinned" says so. */
char *report_json_thinned(struct report *report, size_t most);

#endif
