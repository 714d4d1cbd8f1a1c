/*
 * reviewing.h: --save=FILE and --plan=FILE: what a plan saw is kept, and looked at again.
 */
#ifndef PGCUTOVER_COMMANDS_REVIEWING_H
#define PGCUTOVER_COMMANDS_REVIEWING_H

#include "procedure.h"

/* With --plan: reads the file, and makes the row `review` of a cutover compare with it. */
bool reviewing_read(struct procedure *procedure, struct fault *fault)
    __attribute__((warn_unused_result));
/*
 * For commands that only print. With --save: looks, before anything is printed, so that no change
 * is saved which was not printed. With --plan: looks and compares; exit code 4 when it is stale.
 */
enum exit_code reviewing_look(struct procedure *procedure);
/* With --save: writes what was seen, and says so. */
enum exit_code reviewing_save(struct procedure *procedure);

#endif
