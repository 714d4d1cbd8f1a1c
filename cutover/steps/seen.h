/*
 * seen.h: what was seen of servers and poolers at one moment, as lines that can be kept in a file
 * and compared with what is seen later. Pure, never blocks.
 *
 * A group is a part of a place ("columns" of "blue shop") with its lines. Nothing that changes by
 * itself belongs here (positions, lag, values of sequences, sizes), and no secret: no password, no
 * digest of one, no connection string.
 */
#ifndef PGCUTOVER_STEPS_SEEN_H
#define PGCUTOVER_STEPS_SEEN_H

#include <stddef.h>

struct text;

struct seen_group {
    char *where; /* "blue", "blue shop", "green", "pooler p1" */
    char *part;  /* "roles", "columns", ... */
    char **lines;
    size_t count;
};

struct seen {
    char *system_identifier; /* blue's */
    struct seen_group *groups;
    size_t count;
};

struct seen *seen_new(void);
void seen_free(struct seen *seen); /* NULL-safe */
void seen_clear(struct seen *seen);

/* The group, made when it is not there. Valid until another group is made. */
struct seen_group *seen_group(struct seen *seen, const char *where, const char *part);
void seen_add(struct seen_group *group, const char *line); /* copied */
/* Groups and lines in the order of their bytes: the servers' collations do not matter. */
void seen_sort(struct seen *seen);

/* What tells whether two of them, both sorted, are the same. */
void seen_digest(const struct seen *seen, char ret_hex[65]);
/* Adds what only one of two has, both sorted: at most 8 lines, and how many more there are.
   Returns how many there are altogether. */
size_t seen_difference(const struct seen *plan, const struct seen *now, struct text *out);

#endif
