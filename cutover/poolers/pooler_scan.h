/*
 * pooler_scan.h: where in a PgBouncer file the [databases] entries stand; for pooler_file.c only,
 * whose header names the source of the grammar. Pure, never blocks.
 */
#ifndef PGCUTOVER_POOLERS_POOLER_SCAN_H
#define PGCUTOVER_POOLERS_POOLER_SCAN_H

#include "pooler_file.h"

/* A word's value in the file: from `start` to `end`, quotes included. */
struct pooler_place {
    const char *key; /* where its key= starts; NULL: the word is not there */
    const char *start;
    const char *end;
    const char *next; /* where the next word may start */
};

/* An entry and where its parts stand, so that it can be changed in place. */
struct pooler_found {
    struct pooler_entry entry;
    struct pooler_place host, port;
    const char *value;     /* the connection string */
    const char *value_end; /* behind its last character that is not a space */
};

struct pooler_scan {
    const char *content;
    const char *where;
    const char *at;
    struct pooler_found *list;
    size_t count;
    bool has_headers;
    bool in_databases;
    struct fault *fault;
};

/* Fills scan->list from scan->content; scan->where and scan->fault are set by the caller, who
   calls pooler_scan_clear() in any case. */
bool pooler_scan_read(struct pooler_scan *scan) __attribute__((warn_unused_result));
void pooler_scan_clear(struct pooler_scan *scan);
void pooler_entry_clear(struct pooler_entry *entry);
/* Sets the fault for the line that `at` is in; always false. */
bool pooler_scan_refuse(struct pooler_scan *scan, const char *at, const char *cause,
                        const char *hint);
bool pooler_is_space(char character);

#endif
