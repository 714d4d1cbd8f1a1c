/*
 * json_file.h: a JSON file that a command keeps in the run directory, and the lock that makes the
 * command the only one. Blocks on local files only.
 */
#ifndef PGCUTOVER_CHECKS_JSON_FILE_H
#define PGCUTOVER_CHECKS_JSON_FILE_H

#include "../cutover/base/fault.h"

#include <cjson/cJSON.h>
#include <stdbool.h>

struct json_file {
    const char *name; /* NAME.json, and NAME.lock */
    const char *hint; /* when it cannot be written */
    const char *busy; /* when another process has the lock, and what to do then */
    const char *busy_hint;
    int schema_version;
    long size_max;    /* bytes that are read: more is taken for nothing */
    bool is_fleeting; /* need not survive the host: not synced */
};

/* EXIT_LOCKED: another process has it. *ret_lock is a descriptor; -1: not locked. */
bool json_file_lock(const struct json_file *file, const char *directory, const char *doing,
                    int *ret_lock, struct fault *fault) __attribute__((warn_unused_result));
/* NULL: there is none, or none that can be understood. The caller deletes it. */
cJSON *json_file_read(const struct json_file *file, const char *directory);
/* Written beside and renamed, mode 0600: it is whole, or the one before. */
bool json_file_write(const struct json_file *file, const char *directory, const char *doing,
                     const cJSON *root, struct fault *fault) __attribute__((warn_unused_result));

#endif
