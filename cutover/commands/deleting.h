/*
 * deleting.h: finish --delete-blue=NAME.
 */
#ifndef PGCUTOVER_COMMANDS_DELETING_H
#define PGCUTOVER_COMMANDS_DELETING_H

#include "procedure.h"

/* Before anything of finish: is the name right, and may this blue be deleted at all? True when
   nobody asked for it. */
bool deleting_may(const struct procedure *procedure, struct fault *fault)
    __attribute__((warn_unused_result));
/* Behind finish. Nothing when nobody asked for it. */
enum exit_code deleting_execute(struct procedure *procedure);
enum exit_code deleting_explain(struct procedure *procedure);

#endif
