/*
 * plans_file.h: the statements of a file, for check --plans=FILE.
 *
 * SQL, separated by semicolons, as psql would read it. "-- database: NAME" in a line of its own and
 * \connect NAME [USER] say where what follows is explained, and as whom.
 */
#ifndef PGCUTOVER_CHECKS_PLANS_FILE_H
#define PGCUTOVER_CHECKS_PLANS_FILE_H

#include "../cutover/base/fault.h"

#include <stdbool.h>
#include <stddef.h>

#define PLANS_FILE_BYTES (16 * 1024 * 1024) /* of the file */
#define PLANS_TEXT_BYTES (256 * 1024)       /* of a statement, wherever it is from */
#define PLANS_FILE_STATEMENTS 1000

struct file_statement {
    char *database;
    char *user; /* NULL: none was named */
    char *text; /* without its semicolon */
    long line;  /* where it begins */
};

struct plans_file {
    struct file_statement *statements; /* owned, with their strings */
    size_t count;
};

/* Blocks on the file; "-" is standard input. False: a usage error that names file and line. */
bool plans_file_read(const char *path, struct plans_file *ret_file, struct fault *fault)
    __attribute__((warn_unused_result));
/* The same of what was read already; `name` is for errors. */
bool plans_file_parse(const char *name, const char *text, size_t length,
                      struct plans_file *ret_file, struct fault *fault)
    __attribute__((warn_unused_result));
void plans_file_free(struct plans_file *file); /* NULL-safe; empty after */

#endif
