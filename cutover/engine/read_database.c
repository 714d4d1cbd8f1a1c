#include "read_database.h"

#include "../base/text.h"

#include <sqlite3.h>
#include <string.h>
#include <sys/stat.h>

static int look(sqlite3 *database)
{
    return sqlite3_exec(database, "SELECT count(*) FROM sqlite_master", NULL, NULL, NULL);
}

/* Something that is not in the file itself yet. */
static bool has_wal(const char *path)
{
    struct text wal = {0};
    struct stat status;
    bool has;

    text_add(&wal, "%s-wal", path);
    has = stat(text_string(&wal), &status) == 0 && status.st_size > 0;
    text_free(&wal);
    return has;
}

/* Nobody writes it, and nothing is made beside it. */
static int open_immutable(const char *path, sqlite3 **ret_database)
{
    struct text uri = {0};
    int result;

    text_add_string(&uri, "file:");
    for (; *path; path++) {
        if (strchr("%?#", *path))
            text_add(&uri, "%%%02x", (unsigned) *path);
        else
            text_add_bytes(&uri, path, 1);
    }
    text_add_string(&uri, "?immutable=1");
    result = sqlite3_open_v2(text_string(&uri), ret_database,
                             SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, NULL);
    text_free(&uri);
    return result == SQLITE_OK ? look(*ret_database) : result;
}

/* A database with a write-ahead log wants a file beside it even to be read. */
int read_database_open(const char *path, int busy_ms, sqlite3 **ret_database)
{
    int result = sqlite3_open_v2(path, ret_database, SQLITE_OPEN_READONLY, NULL);

    if (result == SQLITE_OK) {
        sqlite3_busy_timeout(*ret_database, busy_ms);
        result = look(*ret_database);
    }
    if ((result != SQLITE_CANTOPEN && result != SQLITE_READONLY) || has_wal(path))
        return result;
    sqlite3_close(*ret_database);
    *ret_database = NULL;
    return open_immutable(path, ret_database);
}
