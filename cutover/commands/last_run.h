/*
 * last_run.h: the run that ended last, for commands that look back when none is under way.
 */
#ifndef PGCUTOVER_COMMANDS_LAST_RUN_H
#define PGCUTOVER_COMMANDS_LAST_RUN_H

#include "procedure.h"

/*
 * The run that is under way, else the one that ended last, whose directory *ret_last is then
 * (caller frees; NULL: it is not the last one). Neither: a procedure without a run. `need`: how the
 * one under way is opened, PROCEDURE_LOOK or PROCEDURE_END; `need_last`: how the last one is.
 */
bool last_run_open(const struct options *options, enum procedure_need need,
                   enum procedure_need need_last, struct procedure *ret_procedure, char **ret_last,
                   struct fault *fault) __attribute__((warn_unused_result));

#endif
