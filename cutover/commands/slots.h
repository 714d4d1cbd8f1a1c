/*
 * slots.h: how far whoever follows is behind, and what WAL that keeps, slot by slot. What could not
 * be measured is unknown, never zero.
 */
#ifndef PGCUTOVER_COMMANDS_SLOTS_H
#define PGCUTOVER_COMMANDS_SLOTS_H

#include "procedure.h"

struct cJSON;
struct text;

#define SLOT_UNKNOWN INT64_C(-1)

struct slot_state {
    char name[64], database[64];
    bool is_there; /* false: it is gone */
    bool is_active;
    char wal_status[16]; /* "" where the server has none, before 13 */
    int64_t behind;      /* bytes; SLOT_UNKNOWN */
    int64_t lag_us;      /* SLOT_UNKNOWN: not measured lately */
    int64_t retained;    /* bytes of WAL; SLOT_UNKNOWN */
    int64_t limit;       /* bytes; SLOT_UNKNOWN: there is none */
};

struct slots {
    const char *server; /* "blue" */
    struct slot_state *list;
    size_t count;
    bool is_known; /* the server was asked */
    struct fault fault;
};

/* Asks the server that clients are on for the slot of every replicated database. */
void slots_look(struct procedure *procedure, struct slots *ret_slots);
void slots_free(struct slots *slots);
/* The first that cannot serve any more: gone, or lost; NULL: all can. */
const struct slot_state *slots_find_lost(const struct slots *slots);
/* Of the one that is furthest behind; SLOT_UNKNOWN as soon as one is not known. */
int64_t slots_behind(const struct slots *slots);
int64_t slots_lag_us(const struct slots *slots);
/* "slot pgcutover_5 on green: 0 bytes behind, 12 ms; keeps 16 MB of WAL, no limit" */
void slots_say(const struct slots *slots, const struct slot_state *slot, struct text *out);
/* An array; NULL when the server could not be asked. */
struct cJSON *slots_json(const struct slots *slots);

#endif
