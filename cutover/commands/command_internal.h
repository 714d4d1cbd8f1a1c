/*
 * command_internal.h: what the files of the command line share.
 */
#ifndef PGCUTOVER_COMMANDS_COMMAND_INTERNAL_H
#define PGCUTOVER_COMMANDS_COMMAND_INTERNAL_H

#include "command.h"

/* Says that a command line cannot be understood; the exit code. `nearest`: the option, or without
   `command` the command, that may have been meant; NULL: none. */
int command_refuse(const struct command *command, const char *nearest, const char *cause, ...)
    __attribute__((format(printf, 3, 4)));
/* Flags that this command has no use for are refused, not ignored. -1: none of them is given. */
int command_check_flags(const struct command *command, const struct options *options);

#endif
