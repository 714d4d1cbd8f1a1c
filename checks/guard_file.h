/*
 * guard_file.h: what a guard that is started again needs: the baselines of its probes, in
 * DIRECTORY/guard.json, and that it is the only one. Blocks on local files only.
 */
#ifndef PGCUTOVER_CHECKS_GUARD_FILE_H
#define PGCUTOVER_CHECKS_GUARD_FILE_H

#include "../cutover/base/config.h"
#include "guard_judge.h"

#include <stddef.h>

struct guard_kept {
    const char *name;
    char key[65]; /* of what it tries: of another statement or URL the baseline says nothing */
    struct guard_baseline *baseline;
};

/* A digest of what the probe tries; passwords make no difference. */
void guard_file_key(const struct config_probe *probe, char ret_key[65]);

/* EXIT_LOCKED: another guard is at work. The descriptor keeps the lock. */
bool guard_file_lock(const char *directory, int *ret_lock, struct fault *fault)
    __attribute__((warn_unused_result));
/* Fills in the baselines that are known; a file that is not there, or not understood, has none. */
void guard_file_read(const char *directory, struct guard_kept *kept, size_t count);
/* Written beside and renamed: it is whole, or the one before. */
bool guard_file_write(const char *directory, const struct guard_kept *kept, size_t count,
                      struct fault *fault) __attribute__((warn_unused_result));

#endif
