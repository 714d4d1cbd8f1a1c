/*
 * run_directory.h: where runs live: STATE/<system identifier>/<run>/run.db.
 *
 * STATE/<system identifier>/current names the run that is under way, `last` the one that ended;
 * `lock` is held (flock) by whoever changes something. All of it blocks on local files only.
 */
#ifndef PGCUTOVER_COMMANDS_RUN_DIRECTORY_H
#define PGCUTOVER_COMMANDS_RUN_DIRECTORY_H

#include "../base/config.h"
#include "../base/fault.h"

#include <stdbool.h>

/* The state directory of the configuration, or the default; caller frees. */
char *run_state_directory(const struct config *config);
/* The directory of the cluster's run: named by `current` (then there is only one), or the newest of
   those named by `last`; NULL: none. Caller frees. False: which one could not be found out, which
   is never taken for none. */
bool run_find(const struct config *config, const char *name, char **ret_directory,
              struct fault *fault) __attribute__((warn_unused_result));
/* The same for the runs that began on one server. */
bool run_find_of(const struct config *config, const char *system_identifier, const char *name,
                 char **ret_directory, struct fault *fault) __attribute__((warn_unused_result));
/* Is this a run's directory? For one that the user named. */
bool run_check(const char *directory, struct fault *fault) __attribute__((warn_unused_result));
/* A directory for a new run, not made yet; caller frees. */
char *run_new(const struct config *config, const char *system_identifier, int64_t wall_us);
/* Makes `directory` the one that is under way, durably. */
bool run_begin(const char *directory, struct fault *fault) __attribute__((warn_unused_result));
/* The run has ended: `current` becomes `last`. */
bool run_end(const char *directory, struct fault *fault) __attribute__((warn_unused_result));
/* Takes the lock beside `directory`; EXIT_LOCKED names the holder. The descriptor keeps it. */
bool run_lock(const char *directory, int *ret_lock, struct fault *fault)
    __attribute__((warn_unused_result));

#endif
