/*
 * watch_keys.h: what was typed, out of the bytes of a terminal. Never blocks.
 */
#ifndef PGCUTOVER_REPORT_WATCH_KEYS_H
#define PGCUTOVER_REPORT_WATCH_KEYS_H

#include "watch_model.h"

enum watch_key {
    WATCH_KEY_NONE, /* unknown ones too */
    WATCH_KEY_QUIT,
    WATCH_KEY_PAUSE,
    WATCH_KEY_HELP,
    WATCH_KEY_ESCAPE,
    WATCH_KEY_SORT,
    WATCH_KEY_NEXT,
    WATCH_KEY_PREVIOUS,
    WATCH_KEY_ALL,
    WATCH_KEY_ENTER,
    WATCH_KEY_UP,
    WATCH_KEY_DOWN,
    WATCH_KEY_PAGE_UP,
    WATCH_KEY_PAGE_DOWN,
    WATCH_KEY_HOME,
    WATCH_KEY_END,
    WATCH_KEY_1,
    WATCH_KEY_9 = WATCH_KEY_1 + 8,
};

/* Where it stands in an escape sequence, which may come in several pieces; begins as zeros. */
struct watch_keys {
    int state;
    int number; /* of the sequence */
};

enum watch_key watch_key_of(struct watch_keys *keys, char byte);
/* Nothing more came with it: an escape that stands alone was the key. */
enum watch_key watch_key_end(struct watch_keys *keys);

/* A copy that stays as it is. watch_free(). */
struct watch *watch_copy(const struct watch *watch);

#endif
