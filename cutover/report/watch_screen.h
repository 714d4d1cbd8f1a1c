/*
 * watch_screen.h: a watch on a terminal, redrawn in place. Never blocks: a terminal that is stopped
 * misses frames, and whoever measures goes on.
 *
 * It has the alternate screen and the keyboard until it is freed (base/keyboard.h says how they are
 * given back); nothing else may write to the terminal until then.
 */
#ifndef PGCUTOVER_REPORT_WATCH_SCREEN_H
#define PGCUTOVER_REPORT_WATCH_SCREEN_H

#include "watch_model.h"

struct loop;
struct watch_screen;

/* Whether `out` is a terminal that can be drawn on; else watch_lines.h is meant for it. */
bool watch_screen_is_possible(int out);
/* `in`: where keys come from, if it is a terminal. Free before the loop. */
struct watch_screen *watch_screen_new(struct loop *loop, int in, int out);
void watch_screen_free(struct watch_screen *screen); /* NULL-safe */
void watch_screen_draw(struct watch_screen *screen, const struct watch *watch);
/* A key, a new size, or room after a dropped frame asks for a drawing now. */
bool watch_screen_is_due(const struct watch_screen *screen);
/* q was typed, or the terminal is gone. */
bool watch_screen_has_ended(const struct watch_screen *screen);

#endif
