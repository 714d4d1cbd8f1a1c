/*
 * collations.h: does green's host sort as blue does? Two releases of libc or ICU may not.
 *
 * Only where something depends on it: an index, a table that is partitioned by ranges, a CHECK.
 */
#ifndef PGCUTOVER_CHECKS_COLLATIONS_H
#define PGCUTOVER_CHECKS_COLLATIONS_H

#include "check.h"

struct collation_use {
    char *database;
    char *provider; /* c, i */
    char *indexes;  /* "12 indexes: …", which prepare builds anew; "": none */
    char *rows;     /* "1 partitioned table: …", what rows themselves depend on; "": nothing */
    char *version;  /* of libc, as blue says; NULL: it does not */
};

struct collation_uses {
    struct collation_use *list; /* owned, with its strings */
    size_t count, capacity;
};

/* The rows of collations_used. False: a row says less than it must. */
bool collations_read(struct collation_uses *uses, const struct reply *reply, const char *database);
void collations_free(struct collation_uses *uses); /* NULL-safe; empty after */
/* collation_versions, collation_indexes, collation_unknown; `blue_host` and `green_host` are lines
   "libc=" and "icu=" of both hosts, NULL: nobody knows. */
void collations_judge(struct finding_list *list, const struct collation_uses *uses,
                      const char *blue_host, const char *green_host);

#endif
