/*
 * read_database.h: opens an SQLite database only to read it, also one that is kept where nothing
 * may be written: in a read-only copy of a run directory. Blocks on the disk.
 */
#ifndef PGCUTOVER_ENGINE_READ_DATABASE_H
#define PGCUTOVER_ENGINE_READ_DATABASE_H

struct sqlite3;

/* Returns SQLITE_OK when its tables can be read. *ret_database is there in any case, for the
   message, and is closed by the caller. */
int read_database_open(const char *path, int busy_ms, struct sqlite3 **ret_database);

#endif
