/*
 * rerun.h: this very program, once more, as a child process: another command of it.
 *
 * Never blocks. The child is the same executable even when the file has been replaced meanwhile; it
 * has the default signals and nothing on standard input. It is not killed when it is freed: what it
 * has begun it goes on with.
 */
#ifndef PGCUTOVER_BASE_RERUN_H
#define PGCUTOVER_BASE_RERUN_H

#include "fault.h"

#include <stddef.h>

struct loop;
struct rerun;

/* What it says comes through us, from the loop and never twice: whoever reads our output may have
   stopped to do so, and the child must not wait for that. */
struct rerun_sink {
    void (*said)(void *context, bool is_error, const char *bytes, size_t length);
    void *context;
};

/* `arguments` are NULL-terminated, the first is the program's name. */
bool rerun_start(struct loop *loop, char *const *arguments, struct rerun_sink sink,
                 struct rerun **ret_rerun, struct fault *fault) __attribute__((warn_unused_result));
/* True when it has ended; the loop wakes then. *ret_code: its exit code, -1 after a signal. */
bool rerun_has_ended(const struct rerun *rerun, int *ret_code);
void rerun_signal(const struct rerun *rerun, int number);
void rerun_free(struct rerun *rerun); /* NULL-safe */

#endif
