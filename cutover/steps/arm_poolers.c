#include "arm_poolers.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "../poolers/pooler_file.h"
#include "lost.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FEW "1" /* of max_db_connections: see pooler_few_values() */

static struct pooler_address *addresses(struct step_io *io, const struct config_address *list,
                                        size_t count, size_t *ret_count)
{
    struct pooler_address *made = arena_take(io->arena, count * sizeof(*made));

    pooler_addresses_read(made, list, count);
    *ret_count = count;
    return made;
}

struct pooler_address *pooler_addresses(struct step_io *io, const struct server *server,
                                        size_t *ret_count)
{
    const struct config *config = io_world(io)->config;

    if (server == &io_world(io)->green)
        return addresses(io, config->green.from_poolers, config->green.from_poolers_count,
                         ret_count);
    return addresses(io, config->blue.from_poolers, config->blue.from_poolers_count, ret_count);
}

struct pooler_address *pooler_publisher(struct step_io *io, size_t *ret_count)
{
    return pooler_addresses(io, io_world(io)->publisher, ret_count);
}

struct pooler_address *pooler_subscriber(struct step_io *io, size_t *ret_count)
{
    return pooler_addresses(io, io_world(io)->subscriber, ret_count);
}

/* --- the file ------------------------------------------------------------------------------- */

bool pooler_file_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io;
    values->arguments[0] = target->pooler->config->file;
    return true;
}

/* Line 1: the path; line 2: mode and owner; then the content. */
enum act_verdict pooler_file_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct pooler *pooler = target->pooler;
    char *first = reply->output ? strchr(reply->output, '\n') : NULL;
    char *second = first ? strchr(first + 1, '\n') : NULL;
    size_t publisher_count, subscriber_count, moved = 0;
    struct pooler_address *publisher = pooler_publisher(io, &publisher_count);
    struct pooler_address *subscriber = pooler_subscriber(io, &subscriber_count);
    char *after = NULL;

    if (!second)
        return act_fail(io, target, "reading the pooler's file", "the answer is not complete");
    *first = '\0';
    world_keep(&pooler->resolved, reply->output);
    world_keep(&pooler->before, second + 1);
    if (subscriber_count == 0)
        return act_fail(io, target, "reading the pooler's file",
                        "[{subscriber}] from_poolers must be an address");
    if (!pooler_file_point(pooler->before, pooler->config->file, publisher, publisher_count,
                           subscriber, &after, &moved, &io->fault))
        return ACT_FAILED;
    world_keep(&pooler->after, after);
    free(after);
    if (moved == 0) {
        act_fail(io, target, "looking for the entries that go to {publisher}",
                 "there is none in %s", pooler->config->file);
        fault_hint(&io->fault,
                   "[{publisher}] from_poolers must be spelled as host= and port= of the "
                   "entries are; is this the file that the pooler reads?");
        io->fault.exit_code = EXIT_CHECKS_FAILED;
        return ACT_FAILED;
    }
    journal_set(io->journal, arena_print(io->arena, "pooler.%s.file", pooler->config->name),
                pooler->resolved);
    return ACT_DONE;
}

static bool stage(struct target *target, struct act_values *values, const char *suffix,
                  const char *content)
{
    values->arguments[0] = target->pooler->config->file;
    values->arguments[1] = suffix;
    values->input = content;
    return true;
}

bool pooler_stage_after_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io;
    return stage(target, values, SUFFIX_AFTER, target->pooler->after);
}

bool pooler_stage_before_values(struct step_io *io, struct target *target,
                                struct act_values *values)
{
    (void) io;
    return stage(target, values, SUFFIX_BEFORE, target->pooler->before);
}

bool pooler_unstage_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *file = io_fact(io, "pooler.%s.file", target->pooler->config->name);

    if (!file || file == sql_unknown)
        return false;
    values->arguments[0] = arena_print(io->arena, "%s." SUFFIX_AFTER, file);
    values->arguments[1] = arena_print(io->arena, "%s." SUFFIX_BEFORE, file);
    values->arguments[2] = arena_print(io->arena, "%s." SUFFIX_PROBE, file);
    return true;
}

/* --- the processes -------------------------------------------------------------------------- */

static const char *console_key(struct step_io *io, const struct console *console, const char *what)
{
    return arena_print(io->arena, "console.%s.%s", console->name, what);
}

/* Names of the entries as a JSON array, so that another process can release them. */
static void record_entries(struct step_io *io, struct console *console, char **names, size_t count)
{
    cJSON *list = cJSON_CreateArray();
    char *text;
    size_t i;

    for (i = 0; i < count; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(names[i]));
    text = cJSON_PrintUnformatted(list);
    journal_set(io->journal, console_key(io, console, "entries"), text);
    free(text);
    cJSON_Delete(list);
}

enum act_verdict pooler_entries_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    static const char doing[] = "listing the entries that go to {publisher}";
    struct world *world = io->world;
    struct console *console = target->console;
    struct pooler_file file;
    const char **databases = arena_take(io->arena, (world->database_count + 1) * sizeof(char *));
    size_t publisher_count, count = 0, i;
    struct pooler_address *publisher = pooler_publisher(io, &publisher_count);
    char **names = NULL;

    if (!target->pooler->before || reply_rows(reply) == 0)
        return act_fail(io, target, doing, "no answer");
    if (!pooler_file_parse(target->pooler->before, target->pooler->config->file, &file, &io->fault))
        return ACT_FAILED;
    for (i = 0; i < world->database_count; i++)
        databases[i] = world->databases[i].name;
    pgbouncer_entries_to_hold(reply, &file, publisher, publisher_count, databases,
                              world->database_count, &names, &count);
    pooler_file_free(&file);
    record_entries(io, console, names, count);
    console_set_entries(console, (const char *const *) names, count);
    for (i = 0; i < count; i++)
        free(names[i]);
    free(names);
    if (count == 0) {
        act_fail(io, target, doing, "none of this process's entries goes to {publisher}");
        fault_hint(&io->fault,
                   "does this process read %s? [{publisher}] from_poolers must be spelled as "
                   "SHOW DATABASES prints host and port",
                   target->pooler->config->file);
        io->fault.exit_code = EXIT_CHECKS_FAILED;
        return ACT_FAILED;
    }
    return ACT_DONE;
}

/* The pooler's patience is the real limit of the pause. */
static bool is_patient(struct step_io *io, const struct target *target, const struct reply *reply)
{
    static const char doing[] = "comparing the pause budget with a pooler's time-outs";
    int64_t budget_ms = io_world(io)->config->pause_budget_ms;
    const char *setting = NULL;
    int64_t patience_ms = pgbouncer_patience_ms(reply, &setting);

    if (patience_ms < 0 || patience_ms > budget_ms)
        return true;
    if (!pgbouncer_setting(reply, setting)) {
        act_fail(io, target, doing, "%s is not in SHOW CONFIG", setting);
        fault_hint(&io->fault, "how long clients may wait there has to be known; does PgBouncer "
                               "answer on this console?");
        io->fault.exit_code = EXIT_CHECKS_FAILED;
        return false;
    }
    act_fail(io, target, doing, "%s drops clients that wait for %lld ms; the budget is %lld ms",
             setting, (long long) patience_ms, (long long) budget_ms);
    fault_hint(&io->fault, "raise %s there, or lower [pause] budget", setting);
    io->fault.exit_code = EXIT_CHECKS_FAILED;
    return false;
}

enum act_verdict pooler_config_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct console *console = target->console;
    const char *retry = pgbouncer_setting(reply, "server_login_retry");
    const char *minimum = pgbouncer_setting(reply, "min_pool_size");
    const char *most = pgbouncer_setting(reply, "max_db_connections");
    char *settings;

    if (!is_patient(io, target, reply))
        return ACT_FAILED;
    if (!retry)
        return act_fail(io, target, "reading a pooler's settings", "no server_login_retry");
    if (!minimum)
        return act_fail(io, target, "reading a pooler's settings", "no min_pool_size");
    if (!most)
        return act_fail(io, target, "reading a pooler's settings", "no max_db_connections");
    settings = pgbouncer_fingerprint(reply);
    world_keep(&console->settings, settings);
    free(settings);
    world_keep(&console->server_login_retry, retry);
    journal_set(io->journal, console_key(io, console, "server_login_retry"), retry);
    journal_set(io->journal, console_key(io, console, "min_pool_size"), minimum);
    journal_set(io->journal, console_key(io, console, "max_db_connections"), most);
    return ACT_DONE;
}

/* Before 1.25 RELOAD says success whatever it met. */
static bool has_few_still(struct step_io *io, const struct target *target,
                          const struct reply *config)
{
    const char *most =
        journal_get(io->journal, console_key(io, target->console, "max_db_connections"));

    return string_equal(pgbouncer_setting(config, "max_db_connections"), FEW) &&
           !string_equal(most, FEW);
}

enum act_verdict pooler_unchanged_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    char *settings = pgbouncer_fingerprint(reply);
    bool same = string_equal(settings, target->console->settings);

    free(settings);
    if (same || io_explains(io))
        return ACT_DONE;
    if (has_few_still(io, target, reply)) {
        act_fail(io, target, "reloading the unchanged files",
                 "the process did not read them: what was SET before is still in force");
        fault_hint(&io->fault, "is its configuration broken? Its log tells; nobody was held");
        io->fault.exit_code = EXIT_CHECKS_FAILED;
        return ACT_FAILED;
    }
    act_fail(io, target, "reloading the unchanged files",
             "the settings changed: somebody had edited a file and not reloaded it");
    fault_hint(&io->fault,
               "the edit is in force now; look at it, then begin the {procedure} again");
    return ACT_FAILED;
}

bool pooler_retry_soon_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) io, (void) target;
    /* PAUSE closes a server connection that is just logging in, which counts as a failed login: the
       next one is not tried before this time is over */
    sql_set(&values->sql, "seconds", "0.1");
    return true;
}

bool pooler_retry_soon_again_values(struct step_io *io, struct target *target,
                                    struct act_values *values)
{
    pooler_retry_soon_values(io, target, values);
    return journal_get(io->journal, console_key(io, target->console, "server_login_retry")) != NULL;
}

bool pooler_retry_as_before_values(struct step_io *io, struct target *target,
                                   struct act_values *values)
{
    const char *seconds =
        journal_get(io->journal, console_key(io, target->console, "server_login_retry"));

    sql_set(&values->sql, "seconds", seconds ? seconds : "15");
    return seconds != NULL;
}

/* NULL: none, or not known. */
static const char *found_minimum(struct step_io *io, const struct target *target)
{
    const char *minimum =
        journal_get(io->journal, console_key(io, target->console, "min_pool_size"));

    return string_equal(minimum, "0") ? NULL : minimum;
}

bool pooler_minimum_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *minimum = found_minimum(io, target);

    sql_set(&values->sql, "count", minimum ? minimum : "0");
    return minimum != NULL;
}

bool pooler_no_minimum_values(struct step_io *io, struct target *target, struct act_values *values)
{
    sql_set(&values->sql, "count", "0");
    return found_minimum(io, target) != NULL;
}

/* RELOAD and SET come from two connections, so that nothing is between them; the SET behind the
   answer remains, for when they overtake each other. */
bool pooler_no_minimum_at_once_values(struct step_io *io, struct target *target,
                                      struct act_values *values)
{
    const struct link *link = target->link;
    bool is_open = link->session && !link->session->is_broken;

    return is_open && target->entry == &target->console->entries[0] &&
           pooler_no_minimum_values(io, target, values) && !lost_is(target);
}

bool pooler_few_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *most =
        journal_get(io->journal, console_key(io, target->console, "max_db_connections"));

    sql_set(&values->sql, "count", FEW);
    return most != NULL;
}

bool pooler_as_many_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *most =
        journal_get(io->journal, console_key(io, target->console, "max_db_connections"));

    sql_set(&values->sql, "count", most ? most : "0");
    return most != NULL;
}

enum act_verdict pooler_no_minimum_judge(struct step_io *io, struct target *target,
                                         struct reply *reply)
{
    static const char doing[] = "looking for entries that log in while they are held";
    struct console *console = target->console;
    size_t i;

    for (i = 0; i < console->entry_count && !io_explains(io); i++) {
        const char *name = console->entries[i].name;
        int64_t minimum = pgbouncer_minimum(reply, name);

        if (minimum == 0 || pgbouncer_is_set_aside(reply, name))
            continue;
        if (minimum < 0)
            return act_fail(io, target, doing, "no min_pool_size of entry %s", name);
        act_fail(io, target, doing, "entry %s has a min_pool_size of its own, %lld", name,
                 (long long) minimum);
        fault_hint(&io->fault,
                   "PgBouncer would open connections in the pause and give clients errors behind "
                   "it: take min_pool_size out of the entry, RELOAD, and begin again; under "
                   "[pgbouncer] it may stay");
        io->fault.exit_code = EXIT_CHECKS_FAILED;
        return ACT_FAILED;
    }
    return ACT_DONE;
}

void pooler_load(struct step_io *io)
{
    struct world *world = io->world;
    size_t i, j;

    for (i = 0; i < world->pooler_count; i++) {
        struct pooler *pooler = &world->poolers[i];

        if (!pooler->resolved)
            world_keep(&pooler->resolved,
                       journal_get(io->journal,
                                   arena_print(io->arena, "pooler.%s.file", pooler->config->name)));
        for (j = 0; j < pooler->console_count; j++) {
            struct console *console = &pooler->consoles[j];
            const char *known = journal_get(io->journal, console_key(io, console, "entries"));
            cJSON *list = known ? cJSON_Parse(known) : NULL, *item;
            const char **names;
            size_t count = 0;

            if (console->entry_count || !list) {
                cJSON_Delete(list);
                continue;
            }
            names = arena_take(io->arena, ((size_t) cJSON_GetArraySize(list) + 1) * sizeof(char *));
            cJSON_ArrayForEach(item, list) names[count++] = cJSON_GetStringValue(item);
            console_set_entries(console, names, count);
            cJSON_Delete(list);
        }
    }
}
