/*
 * pooler_file.h: the [databases] entries of a PgBouncer configuration file, as text.
 *
 * Pure: text in, text out; never blocks. What is not one of the entries to move stays byte for
 * byte: comments, spacing, order, other sections, line ends.
 *
 * Source of the grammar: PgBouncer's lib/usual/cfparser.c (lines; a name is of [A-Za-z0-9_.*-], or
 * 'quoted' in newer versions) and src/loader.c (parse_database: key=value words parted by spaces,
 * '' in a quoted value is a quote, the last of repeated keys counts, keys are lower case). Its
 * manual also promises "quoted" names with doubled quotes; they are read here too. Comments are
 * whole lines: a ; or # behind a value is a part of it.
 */
#ifndef PGCUTOVER_POOLERS_POOLER_FILE_H
#define PGCUTOVER_POOLERS_POOLER_FILE_H

#include "../base/config.h"
#include "../base/fault.h"

#include <stdbool.h>
#include <stddef.h>

struct pooler_entry {
    char *name;   /* as PgBouncer knows it, unquoted; "*" for the fallback */
    char *host;   /* NULL: not given (a local unix socket) */
    char *port;   /* NULL: not given (5432) */
    char *dbname; /* NULL: not given (the same as name) */
    /* NULL: not given, that of [pgbouncer] counts */
    char *auth_user;
    char *auth_dbname;
    char *auth_query;
    char *query_wait_timeout;
    char *pool_mode;
    int line; /* in the file, from 1 */
};

struct pooler_file {
    struct pooler_entry *entries;
    size_t count;
};

/* An address as the pooler files spell it. */
struct pooler_address {
    const char *host;
    const char *port;
};

/* Those of the configuration; the strings stay its own. `addresses` has room for `count`. */
void pooler_addresses_read(struct pooler_address *addresses, const struct config_address *list,
                           size_t count);

/*
 * Reads the entries. A file without any section header is taken as the inside of [databases]
 * (files that are %include'd there); in one that has headers, an entry before the first is a fault.
 * Lines that PgBouncer would refuse in [databases] are faults that name the line but hold nothing
 * of it, for it may hold a password. %include lines inside the file are a fault with a hint:
 * configure the included file itself. Caller frees with pooler_file_free().
 */
bool pooler_file_parse(const char *content, const char *where, struct pooler_file *ret_file,
                       struct fault *fault) __attribute__((warn_unused_result));
void pooler_file_free(struct pooler_file *file); /* NULL-safe */

/*
 * Does the entry go to one of these addresses, or, when its host is a list, any host of that list?
 * A missing port is 5432; host names compare without case, socket directories with it. An entry
 * without host goes only to an address without host.
 */
bool pooler_entry_is_at(const struct pooler_entry *entry, const struct pooler_address *addresses,
                        size_t count);

/*
 * The file with every entry that goes to one of `from` pointed to `to`: host= and port= replaced
 * (added where missing), dbname= and everything else kept. *ret_content is malloc'd; *ret_moved
 * says how many entries moved (0 is not an error here). `to` without host removes host=; without
 * port it is 5432. A host list that mixes hosts of `from` with others is a fault.
 */
bool pooler_file_point(const char *content, const char *where, const struct pooler_address *from,
                       size_t from_count, const struct pooler_address *to, char **ret_content,
                       size_t *ret_moved, struct fault *fault) __attribute__((warn_unused_result));

/* An entry that stands beside one that moves, to try what it will be. */
struct pooler_trial {
    char *name;       /* POOLER_TRIAL and a number */
    char *stands_for; /* the entry that moves */
};

/* What trials are called: no entry of the file may begin so. */
#define POOLER_TRIAL "pgcutover_probe"

/*
 * The file with an entry more, in a line of its own behind the last one that moves, for every entry
 * that pooler_file_point() would move; several that would become the same get one. Its value is the
 * one that the entry will have, with dbname= given (it defaults to the entry's name; for `*`, that
 * is `fallback`). Nothing else changes. *ret_content is malloc'd; *ret_trials is freed with
 * pooler_trials_free(). None: the content is the same.
 */
bool pooler_file_try(const char *content, const char *where, const struct pooler_address *from,
                     size_t from_count, const struct pooler_address *to, const char *fallback,
                     char **ret_content, struct pooler_trial **ret_trials, size_t *ret_count,
                     struct fault *fault) __attribute__((warn_unused_result));
void pooler_trials_free(struct pooler_trial *trials, size_t count); /* NULL-safe */

#endif
