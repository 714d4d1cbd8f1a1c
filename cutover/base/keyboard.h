/*
 * keyboard.h: a terminal that is drawn on: keys and its size come from the loop, whole frames go
 * out. Never blocks: one that is stopped, or at the end of a dead connection, keeps nobody waiting.
 *
 * One a process. The modes of the terminal are put back by keyboard_free(), at exit(), where the
 * program is ended by a fault, and while it is stopped (Ctrl-Z); only SIGKILL leaves them. In the
 * background nothing is read, written or set.
 */
#ifndef PGCUTOVER_BASE_KEYBOARD_H
#define PGCUTOVER_BASE_KEYBOARD_H

#include "loop.h"

#include <stdbool.h>
#include <stddef.h>

struct keyboard;

/* Called from the loop. */
struct keyboard_user {
    void *context;
    void (*typed)(void *context, const char *bytes, size_t length);
    /* Another size. */
    void (*resized)(void *context);
    /* Nothing of what was drawn is there: somebody else had the terminal. */
    void (*lost)(void *context);
    /* There is room for a frame again, after one was refused. */
    void (*room)(void *context);
};

/* Begins to read `in` where it is a terminal (-1: none) and sends `enter` to `out`; `leave` is sent
   at the end. Both texts have to stay. Free before the loop. */
struct keyboard *keyboard_new(struct loop *loop, int in, int out, const char *enter,
                              const char *leave, const struct keyboard_user *user);
void keyboard_free(struct keyboard *keyboard); /* NULL-safe */
/* All of it, now or as soon as there is room. False: the one before is still on its way, or the
   terminal is not ours now; nothing of this one is written. */
bool keyboard_frame(struct keyboard *keyboard, const char *bytes, size_t length)
    __attribute__((warn_unused_result));
void keyboard_size(const struct keyboard *keyboard, int *ret_columns, int *ret_rows);
/* The terminal was taken away for good. */
bool keyboard_is_gone(const struct keyboard *keyboard);

#endif
