/*
 * window.h: the rollback window: from the switch to `finish`, while blue follows green.
 */
#ifndef PGCUTOVER_COMMANDS_WINDOW_H
#define PGCUTOVER_COMMANDS_WINDOW_H

#include "slots.h"

enum window_state {
    WINDOW_ABSENT,  /* clients are not on green, or are being moved: there is nothing to say */
    WINDOW_OPEN,    /* a rollback loses nothing */
    WINDOW_NONE,    /* [rollback] reverse = no */
    WINDOW_LOST,    /* a slot is: what blue has not got is not sent any more */
    WINDOW_UNKNOWN, /* green does not answer */
    WINDOW_CLOSED,  /* by finish */
};

struct window {
    enum window_state state;
    int64_t open_us; /* how long it has been open; SLOT_UNKNOWN */
    char why[1200];  /* of lost and unknown */
    /* is there anything now that it would not carry? */
    enum { WINDOW_NOT_LOOKED, WINDOW_SAME, WINDOW_DIFFERENT } difference;
    char different[1200]; /* what, or why nobody knows */
};

/* From the journal, and what green said of its slots. Pure. */
enum window_state window_judge(const struct procedure *procedure, const struct slots *slots);
/* The same with everything that there is to say; compares both servers when it is open. */
void window_look(struct procedure *procedure, const struct slots *slots, struct window *ret_window);
void window_print(const struct window *window, const struct slots *slots);
/* NULL when there is nothing to say. */
struct cJSON *window_json(const struct window *window, const struct slots *slots);
/* "2 h 10 min", since when green is followed by blue; false: it is not. By the journal alone. */
bool window_age(const struct procedure *procedure, struct text *out);

#endif
