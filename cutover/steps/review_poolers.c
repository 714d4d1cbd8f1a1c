/*
 * What the review sees of poolers: where the files are, a digest of what they hold, the entries
 * that go to the publisher. Never the content: it may hold passwords.
 */
#include "review_internal.h"

#include "../base/digest.h"
#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "../poolers/pooler_file.h"
#include "arm_poolers.h"

#include <string.h>

static struct seen_group *pooler_group(struct step_io *io, const struct target *target,
                                       const char *part)
{
    const char *where = arena_print(io->arena, "pooler %s", target->pooler->config->name);

    return seen_group(io_world(io)->review->now, where, part);
}

/* The entries as the file has them: what a process made from `*` comes and goes. */
static bool add_entries(struct step_io *io, const struct target *target, const char *content)
{
    size_t publisher_count, i;
    struct pooler_address *publisher = pooler_publisher(io, &publisher_count);
    struct seen_group *group;
    struct pooler_file file;

    if (!pooler_file_parse(content, target->pooler->config->file, &file, &io->fault))
        return false;
    group = pooler_group(io, target, "entries that go to blue");
    for (i = 0; i < file.count; i++) {
        const struct pooler_entry *entry = &file.entries[i];

        if (pooler_entry_is_at(entry, publisher, publisher_count))
            seen_add(group, arena_print(io->arena, "entry %s, host %s, port %s, dbname %s",
                                        entry->name, entry->host ? entry->host : "none",
                                        entry->port ? entry->port : "none",
                                        entry->dbname ? entry->dbname : entry->name));
    }
    pooler_file_free(&file);
    return true;
}

/* Line 1: the path; line 2: mode and owner; then the content, which may hold passwords. */
enum act_verdict review_file_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    char *first = reply->output ? strchr(reply->output, '\n') : NULL;
    char *second = first ? strchr(first + 1, '\n') : NULL;
    struct seen_group *group;
    char hex[65];

    if (!second)
        return act_fail(io, target, "reading the pooler's file", "the answer is not complete");
    digest_sha256(second + 1, strlen(second + 1), hex);
    group = pooler_group(io, target, "file");
    seen_add(group,
             arena_print(io->arena, "path %.*s", (int) (first - reply->output), reply->output));
    seen_add(group,
             arena_print(io->arena, "mode and owner %.*s", (int) (second - first - 1), first + 1));
    seen_add(group, arena_print(io->arena, "sha256 %s", hex));
    return add_entries(io, target, second + 1) ? ACT_DONE : ACT_FAILED;
}

static int console_number(const struct target *target)
{
    return (int) (target->console - target->pooler->consoles) + 1;
}

enum act_verdict review_version_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    const char *version = reply_value(reply, 0, "version");

    if (!version)
        return act_fail(io, target, review_looking, "no answer");
    seen_add(pooler_group(io, target, "processes"),
             arena_print(io->arena, "process %d, %s", console_number(target), version));
    return ACT_DONE;
}

/* Of SHOW CONFIG what a hold depends on; some of the rest may hold secrets. */
enum act_verdict review_config_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char *const keys[] = {"pool_mode", "query_wait_timeout", "client_login_timeout",
                                       "server_login_retry"};
    size_t i;

    for (i = 0; i < ACTS_COUNT(keys); i++) {
        const char *value = pgbouncer_setting(reply, keys[i]);

        if (!value)
            return act_fail(io, target, review_looking, "no %s", keys[i]);
        seen_add(
            pooler_group(io, target, "processes"),
            arena_print(io->arena, "process %d, %s %s", console_number(target), keys[i], value));
    }
    return ACT_DONE;
}
