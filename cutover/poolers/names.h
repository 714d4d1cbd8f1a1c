/*
 * names.h: where names lead to on a pooler's host, and what came of trying an address there: what
 * names.sh and reach.sh print. Pure, never blocks.
 */
#ifndef PGCUTOVER_POOLERS_NAMES_H
#define PGCUTOVER_POOLERS_NAMES_H

#include "pooler_file.h"

#include <stdbool.h>
#include <stddef.h>

struct pooler_name {
    char *name;
    char *addresses; /* parted by blanks; NULL: nobody knows it */
};

struct pooler_names {
    struct pooler_name *list;
    size_t count;
};

/* A name of a host, that has to be looked up: no address, no socket, no list of hosts. */
bool pooler_names_needed(const char *host);
/* The next host of a list as entries have them, without blanks; NULL: no more. Caller frees. */
char *pooler_names_next(const char **list);
/* Why nobody could tell of one or more of the names; NULL: it was told of all. Points into
 *`output`, ret_length characters. */
const char *pooler_names_why(const char *output, int *ret_length);
void pooler_names_read(const char *output, struct pooler_names *ret_names);
void pooler_names_free(struct pooler_names *names);
/* Was it looked up, and is not known? */
bool pooler_names_unknown(const struct pooler_names *names, const char *host);
/* Is it known where it leads to? A socket leads nowhere. */
bool pooler_names_tell(const struct pooler_names *names, const char *host);
/* Do both lead to the same place, as far as is known? */
bool pooler_names_meet(const struct pooler_names *names, const struct pooler_address *a,
                       const struct pooler_address *b);

enum pooler_reach { REACH_YES, REACH_NO, REACH_UNKNOWN };

/* Of "connects" or "tls"; *ret_why points into `output`, *ret_length characters. What is not there
   is REACH_UNKNOWN. */
enum pooler_reach pooler_reach_read(const char *output, const char *key, const char **ret_why,
                                    int *ret_length);

#endif
