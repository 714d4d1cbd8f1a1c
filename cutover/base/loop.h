/*
 * loop.h: the real driver: libevent, CLOCK_MONOTONIC and signals.
 *
 * One a process. loop_new() installs handlers for SIGINT, SIGTERM and SIGHUP that only set a flag
 * and wake the loop; SIGPIPE is ignored. The caller frees with loop_free() after everything that
 * registered events is gone.
 */
#ifndef PGCUTOVER_BASE_LOOP_H
#define PGCUTOVER_BASE_LOOP_H

#include "driver.h"

struct event_base;
struct loop;

struct loop *loop_new(void);
void loop_free(struct loop *loop);
struct driver *loop_driver(struct loop *loop);
struct event_base *loop_base(struct loop *loop);
/* A second interrupt after loop_forget_interrupt() counts anew: undo runs to its end on the first.
 */
void loop_forget_interrupt(struct loop *loop);

#endif
