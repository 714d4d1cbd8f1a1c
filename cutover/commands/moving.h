/*
 * moving.h: the commands that move the clients, cutover and rollback: one implementation, whatever
 * the direction.
 */
#ifndef PGCUTOVER_COMMANDS_MOVING_H
#define PGCUTOVER_COMMANDS_MOVING_H

#include "../engine/step.h"
#include "command.h"

struct procedure;

/* Runs the plan with --execute, else prints what it would do. */
enum exit_code moving_command(const struct options *options, const struct plan *plan);

/* What is so when it is done, and what is typed next, where clients are now. */
void moving_print_end(const struct procedure *procedure, const struct plan *plan);
void moving_print_next(const struct plan *plan);

#endif
