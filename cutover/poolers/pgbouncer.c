#include "pgbouncer.h"

#include "../../replication/session.h"
#include "../base/text.h"

#include <libpq-fe.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int pgbouncer_row(const struct reply *databases, const char *entry)
{
    int row;

    for (row = 0; row < reply_rows(databases); row++)
        if (string_equal(reply_value(databases, row, "name"), entry))
            return row;
    return -1;
}

bool pgbouncer_is_paused(const struct reply *databases, const char *entry)
{
    return string_equal(reply_value(databases, pgbouncer_row(databases, entry), "paused"), "1");
}

bool pgbouncer_is_set_aside(const struct reply *databases, const char *entry)
{
    return reply_rows(databases) > 0 && pgbouncer_row(databases, entry) < 0;
}

static bool row_is_at(const struct reply *databases, int row,
                      const struct pooler_address *addresses, size_t count)
{
    struct pooler_entry entry = {.name = (char *) reply_value(databases, row, "name"),
                                 .host = (char *) reply_value(databases, row, "host"),
                                 .port = (char *) reply_value(databases, row, "port")};

    return entry.name && pooler_entry_is_at(&entry, addresses, count);
}

bool pgbouncer_is_at(const struct reply *databases, const char *entry,
                     const struct pooler_address *addresses, size_t count)
{
    return row_is_at(databases, pgbouncer_row(databases, entry), addresses, count);
}

static int64_t number_of(const struct reply *databases, const char *entry, const char *column)
{
    int64_t count;

    return reply_number(databases, pgbouncer_row(databases, entry), column, &count) ? count : -1;
}

int64_t pgbouncer_servers(const struct reply *databases, const char *entry)
{
    return number_of(databases, entry, "current_connections");
}

/* Of an entry, NULL: of all; -1: not known of one of them. */
static int sum_of_pools(const struct reply *pools, const char *entry, const char *column)
{
    int row, count = 0;

    for (row = 0; row < reply_rows(pools); row++) {
        int64_t number;

        if (entry && !string_equal(reply_value(pools, row, "database"), entry))
            continue;
        if (!reply_number(pools, row, column, &number))
            return -1;
        count += (int) number;
    }
    return count;
}

int pgbouncer_waiting(const struct reply *pools, const char *entry)
{
    return sum_of_pools(pools, entry, "cl_waiting");
}

int pgbouncer_logins(const struct reply *pools, const char *entry)
{
    return sum_of_pools(pools, entry, "sv_login");
}

int64_t pgbouncer_minimum(const struct reply *databases, const char *entry)
{
    return number_of(databases, entry, "min_pool_size");
}

const char *pgbouncer_setting(const struct reply *config, const char *key)
{
    int row;

    for (row = 0; row < reply_rows(config); row++)
        if (string_equal(reply_value(config, row, "key"), key))
            return reply_value(config, row, "value");
    return NULL;
}

int64_t pgbouncer_timeout_ms(const char *seconds)
{
    char *end = NULL;
    double value = seconds ? strtod(seconds, &end) : -1;

    if (!end || end == seconds || *end || !(value >= 0) || value > 1e9)
        return 0;
    if (value <= 0)
        return -1;
    return value < 0.001 ? 1 : (int64_t) (value * 1000);
}

/* query_timeout counts from when the client sent its query, also while it waits (janitor.c). */
int64_t pgbouncer_patience_ms(const struct reply *config, const char **ret_setting)
{
    static const char *const settings[] = {"query_wait_timeout", "client_login_timeout",
                                           "query_timeout"};
    int64_t shortest = -1;
    size_t i;

    for (i = 0; i < sizeof(settings) / sizeof(settings[0]); i++) {
        int64_t timeout_ms = pgbouncer_timeout_ms(pgbouncer_setting(config, settings[i]));

        if (timeout_ms >= 0 && (shortest < 0 || timeout_ms < shortest)) {
            shortest = timeout_ms;
            *ret_setting = settings[i];
        }
    }
    return shortest;
}

bool pgbouncer_tells_modes(const struct reply *databases)
{
    return reply_value(databases, pgbouncer_row(databases, "pgbouncer"), "pool_mode") != NULL;
}

int64_t pgbouncer_connections(const struct reply *databases, const struct reply *pools,
                              const char *entry)
{
    int64_t size = number_of(databases, entry, "pool_size");
    int64_t most = number_of(databases, entry, "max_connections");
    int64_t reserve = number_of(databases, entry, "reserve_pool_size"), count = 0;
    int row;

    if (reserve < 0) /* before 1.24 */
        reserve = number_of(databases, entry, "reserve_pool");
    for (row = 0; row < reply_rows(pools); row++)
        count += string_equal(reply_value(pools, row, "database"), entry);
    if (most < 0 || size < 0 || reserve < 0)
        return -1;
    if (size == 0) /* no limit, from 1.24 on */
        return most ? most : -1;
    count = (count ? count : 1) * (size + reserve);
    return most && most < count ? most : count;
}

char *pgbouncer_fingerprint(const struct reply *reply)
{
    struct text text = {0};
    int row;

    for (row = 0; row < reply_rows(reply); row++) {
        const char *key = reply_value(reply, row, "key");
        const char *value = reply_value(reply, row, "value");

        text_add(&text, "%s=%s\n", key ? key : "", value ? value : "");
    }
    return text_take(&text);
}

struct names {
    char **list;
    size_t count;
};

static void add_name(struct names *names, const char *name)
{
    size_t i;

    for (i = 0; i < names->count; i++)
        if (strcmp(names->list[i], name) == 0)
            return;
    names->list = memory_grow(names->list, (names->count + 1) * sizeof(char *));
    names->list[names->count++] = memory_copy(name);
}

static const struct pooler_entry *entry_of(const struct pooler_file *file, const char *name)
{
    size_t i;

    for (i = 0; i < file->count; i++)
        if (strcmp(file->entries[i].name, name) == 0)
            return &file->entries[i];
    return NULL;
}

void pgbouncer_entries_to_hold(const struct reply *databases, const struct pooler_file *file,
                               const struct pooler_address *blue, size_t blue_count,
                               const char *const *database_names, size_t database_count,
                               char ***ret_names, size_t *ret_count)
{
    const struct pooler_entry *fallback = entry_of(file, "*");
    struct names names = {0};
    size_t i;
    int row;

    for (row = 0; row < reply_rows(databases); row++)
        if (row_is_at(databases, row, blue, blue_count))
            add_name(&names, reply_value(databases, row, "name"));
    if (fallback && pooler_entry_is_at(fallback, blue, blue_count))
        for (i = 0; i < database_count; i++)
            if (!entry_of(file, database_names[i]))
                add_name(&names, database_names[i]);
    *ret_names = names.list;
    *ret_count = names.count;
}

int pgbouncer_version(const struct reply *version)
{
    const char *text = reply_value(version, 0, "version");
    int major, minor;

    return text && sscanf(text, "PgBouncer %d.%d", &major, &minor) == 2 ? major * 1000 + minor : 0;
}
