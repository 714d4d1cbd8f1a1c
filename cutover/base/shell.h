/*
 * shell.h: a child process of /bin/sh with three pipes, in a process group of its own.
 */
#ifndef PGCUTOVER_BASE_SHELL_H
#define PGCUTOVER_BASE_SHELL_H

#include <sys/types.h>

struct shell {
    pid_t pid;
    int pidfd; /* readable when it has ended */
    int input, output, errors;
};

/* Runs `line`, as the one argument of `prefix` if there is one. Returns 0, or errno: nothing was
   started, and nothing is left open. Never blocks. */
int shell_start(const char *prefix, const char *line, struct shell *ret_shell);

#endif
