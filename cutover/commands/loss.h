/*
 * loss.h: what a rollback without a way back would lose.
 */
#ifndef PGCUTOVER_COMMANDS_LOSS_H
#define PGCUTOVER_COMMANDS_LOSS_H

#include "procedure.h"

/* Asks both servers, prints the list on stdout and notes it in the journal (events "loss"). What
   cannot be had is said to be unknown; nothing of it stops anybody. */
void loss_print(struct procedure *procedure);

#endif
