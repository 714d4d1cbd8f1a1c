/*
 * report_files.h: the files that `report` writes. A file of the same run is replaced, whole; what
 * is not known to be one is never overwritten. Blocks on local files.
 */
#ifndef PGCUTOVER_COMMANDS_REPORT_FILES_H
#define PGCUTOVER_COMMANDS_REPORT_FILES_H

#include "../base/fault.h"
#include "../report/report_data.h"

#include <stdbool.h>

/* "20261123-prod-orders-cutover": the day on which the run began, environment, cluster; of a dry
   run the day of the report, and "-dry-run" behind it. Nothing but letters, digits, "." "_" and
   "-". The caller frees. */
char *report_file_stem(struct report *report);

struct report_file {
    const char *path;
    const char *content; /* without the mark */
    bool is_json;        /* its mark are its keys "command", "cluster" and "run" */
};

/* May it be written? True when there is none, or one of the same run. */
bool report_file_check(const struct report_file *file, const struct report *report,
                       struct fault *fault) __attribute__((warn_unused_result));
/* Written beside and renamed; the mark, in a comment, is its last line. */
bool report_file_write(const struct report_file *file, const struct report *report,
                       struct fault *fault) __attribute__((warn_unused_result));

#endif
