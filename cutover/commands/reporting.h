/*
 * reporting.h: gathers what `report` tells: the configuration, the journal, what was measured, what
 * the servers said when plans ended, and what they say now. Changes nothing; a server that does not
 * answer, or a file that cannot be read, is said to be so and never makes it fail.
 */
#ifndef PGCUTOVER_COMMANDS_REPORTING_H
#define PGCUTOVER_COMMANDS_REPORTING_H

#include "../report/report_data.h"
#include "procedure.h"

/* Blocks on files, and a few seconds on each server; where checks can still be made, as long as
   `check` does. False: the journal cannot be read. The caller frees it with report_free(). */
bool reporting_gather(struct procedure *procedure, struct report **ret_report, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
