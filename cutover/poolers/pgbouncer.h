/*
 * pgbouncer.h: reading what PgBouncer's admin console answers. Plain functions, never blocking.
 *
 * Columns are read by name: they vary between 1.18 and 1.26. What RELOAD, PAUSE and RESUME say is
 * not believed; SHOW DATABASES is (docs/poolers.md; PgBouncer src/admin.c).
 */
#ifndef PGCUTOVER_POOLERS_PGBOUNCER_H
#define PGCUTOVER_POOLERS_PGBOUNCER_H

#include "../base/reply.h"
#include "pooler_file.h"

#include <stdbool.h>
#include <stddef.h>

/* The row of an entry in SHOW DATABASES, -1: none. */
int pgbouncer_row(const struct reply *databases, const char *entry);
bool pgbouncer_is_paused(const struct reply *databases, const char *entry);
/*
 * Entries of the file are always listed. One made from `*` is not while it has neither clients nor
 * servers (PgBouncer src/janitor.c sets it aside every 3 s); a pause of it stays in force. Nothing
 * can be said from a list that is empty.
 */
bool pgbouncer_is_set_aside(const struct reply *databases, const char *entry);
/* Is the entry configured to go to one of these addresses? */
bool pgbouncer_is_at(const struct reply *databases, const char *entry,
                     const struct pooler_address *addresses, size_t count);
/* Server connections of an entry, by SHOW DATABASES: 0 means that it is drained, -1 not known. */
int64_t pgbouncer_servers(const struct reply *databases, const char *entry);
/* Clients of an entry that wait for a server, in SHOW POOLS; -1: not known. */
int pgbouncer_waiting(const struct reply *pools, const char *entry);
/* Server connections of an entry (NULL: of all) that are just logging in, in SHOW POOLS; -1: not
   known. */
int pgbouncer_logins(const struct reply *pools, const char *entry);
/* The min_pool_size that an entry goes by, its own or that of all, in SHOW DATABASES; -1: not
 * known.
 */
int64_t pgbouncer_minimum(const struct reply *databases, const char *entry);
/* Does SHOW DATABASES say how entries pool? Then the console itself does, by statements. */
bool pgbouncer_tells_modes(const struct reply *databases);
/* How many server connections an entry may have: pools of as many users as SHOW POOLS has of it, at
   least one; -1: not known, or no limit. */
int64_t pgbouncer_connections(const struct reply *databases, const struct reply *pools,
                              const char *entry);
/* A setting's value in SHOW CONFIG, NULL: not there. Owned by the reply. */
const char *pgbouncer_setting(const struct reply *config, const char *key);
/* How a pooler says time-outs: seconds, with a fraction; 0 is none. In ms, -1 for none (it waits
   for ever); 0: it says nothing that is a time. */
int64_t pgbouncer_timeout_ms(const char *seconds);
/* The shortest time in ms after which PgBouncer drops a client that waits, and the setting's name;
   -1: clients wait for ever; 0: a setting is missing. In SHOW CONFIG, which gives seconds. */
int64_t pgbouncer_patience_ms(const struct reply *config, const char **ret_setting);
/* 1026 for "PgBouncer 1.26.1", the answer to SHOW VERSION; 0: it says something else. */
int pgbouncer_version(const struct reply *version);
/* All settings and entries as text, for "nothing else has changed"; caller frees. */
char *pgbouncer_fingerprint(const struct reply *reply);

/*
 * The entries that must be held: those of SHOW DATABASES that go to blue, and, where the file has a
 * `*` entry that goes to blue, every database of blue that has no entry of its own (rule E: clients
 * may come for it any moment). *ret_names is a malloc'd array of malloc'd strings.
 */
void pgbouncer_entries_to_hold(const struct reply *databases, const struct pooler_file *file,
                               const struct pooler_address *blue, size_t blue_count,
                               const char *const *database_names, size_t database_count,
                               char ***ret_names, size_t *ret_count);

#endif
