/*
 * metrics.h: a watch as metrics, for Prometheus and for node_exporter's textfile collector. What
 * each means: docs/monitoring.md. What is not measured has no sample, never a zero.
 */
#ifndef PGCUTOVER_REPORT_METRICS_H
#define PGCUTOVER_REPORT_METRICS_H

#include "watch_model.h"

#include "../base/fault.h"
#include "../base/text.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"
#define METRICS_TYPE_OPEN "application/openmetrics-text; version=1.0.0; charset=utf-8"

/* The text format 0.0.4, or OpenMetrics 1.0. Never blocks. */
void metrics_print(struct text *out, const struct watch *watch, bool openmetrics);

/* A file that always is whole, in the text format: written beside it and renamed. Blocks on its
   disk. */
struct metrics_file;

struct metrics_file *metrics_file_new(const char *path);
void metrics_file_free(struct metrics_file *file); /* NULL-safe; the file stays */
/* False: it could not be written, and that is news: the same is not told twice in a row. */
bool metrics_file_write(struct metrics_file *file, const struct watch *watch, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
