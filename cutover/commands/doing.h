/*
 * doing.h: what the engine is at, and waits for, for others who look: status and watch. Kept beside
 * the journal in doing.json, whole or not at all, but not synced: it says nothing that must
 * survive. Blocks on the disk only; in the pause nothing is written.
 */
#ifndef PGCUTOVER_COMMANDS_DOING_H
#define PGCUTOVER_COMMANDS_DOING_H

#include "procedure.h"

struct doing {
    char plan[32], step[64];
    char waits_for[256]; /* "": for nothing */
    int64_t at_us;
};

/* Of an event of the runner. A file that cannot be written is no fault of the run. */
void doing_note(const struct procedure *procedure, const struct event *event);
/* Nobody is at it any more. */
void doing_end(const struct procedure *procedure);
/* What the last row of the journal waits for, when it is that which is being done; else "". */
void doing_waits(const char *directory, const char *last_step, const char *last_state, char *text,
                 size_t size);
/* False: nobody is at anything, or that is not known. */
bool doing_read(const char *directory, struct doing *ret_doing);

#endif
