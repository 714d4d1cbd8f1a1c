/*
 * standing.h: where a run stands, who may write and what to type next, by its journal alone. Blocks
 * on the disk only.
 */
#ifndef PGCUTOVER_COMMANDS_STANDING_H
#define PGCUTOVER_COMMANDS_STANDING_H

#include "procedure.h"

struct standing {
    const char *phase, *side, *next; /* side: blue, green, nobody */
    char *last_step, *last_state;    /* of the last row; NULL: there is none */
    int64_t last_us;                 /* when that was written; 0 */
};

/* Of the procedure only the journal is looked at. The caller frees. */
bool standing_read(const struct procedure *procedure, struct standing *ret_standing,
                   struct fault *fault) __attribute__((warn_unused_result));
void standing_free(struct standing *standing);

#endif
