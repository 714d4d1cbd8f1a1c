/*
 * plan_file.h: what a plan saw, kept in a file: JSON with a schema_version. Blocks on that file.
 *
 * Every fault is a wrong argument (EXIT_USAGE) unless the disk is at fault.
 */
#ifndef PGCUTOVER_COMMANDS_PLAN_FILE_H
#define PGCUTOVER_COMMANDS_PLAN_FILE_H

#include "../base/fault.h"

#include <stdbool.h>

struct seen;

/* False unless nothing is there, or a file that plan_file_write() has written, or an empty one. */
bool plan_file_may_write(const char *path, struct fault *fault) __attribute__((warn_unused_result));
/* Mode 0600, whole or not at all. `seen` is sorted; `cluster` is its name, for people. */
bool plan_file_write(const char *path, const char *cluster, const struct seen *seen,
                     struct fault *fault) __attribute__((warn_unused_result));
/* *ret_seen is sorted; the caller frees it. A file that was changed since is refused. */
bool plan_file_read(const char *path, struct seen **ret_seen, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
