/*
 * check --plans: would green run the same statements worse? Reads only.
 *
 * Every statement is planned on both servers in a read-only transaction that is rolled back, as its
 * user, with his settings. What it compares and what it cannot see: docs/plans.md.
 */
#include "check_plans.h"

#include "../base/text.h"
#include "check_files.h"
#include "checking.h"
#include "leg.h"
#include "sql_files.h"

#include <stdlib.h>
#include <string.h>

static bool has_green(const struct plans *plans, struct fault *fault)
{
    const struct procedure *procedure = &plans->procedure;
    bool is_there = procedure_has_run(procedure) &&
                    journal_get(procedure->journal, "green.started") &&
                    !journal_has(procedure->journal, "prepare.state", "undone") &&
                    !journal_has(procedure->journal, "finish.state", "done");

    if (is_there && leg_phase(procedure) == LEG_IDLE)
        return true;
    fault_set(fault, "comparing plans of", procedure->config->cluster_name, NULL, "%s",
              is_there ? "clients are being moved, or a command that moved them was interrupted"
                       : "there is no green that runs");
    fault_hint(fault, "%s",
               is_there ? "\"pgcutover status\" says where the run stands"
                        : "\"pgcutover prepare --execute\" makes it; --run=DIRECTORY names "
                          "another run");
    fault->exit_code = EXIT_CHECKS_FAILED;
    return false;
}

static bool know_green(struct plans *plans, struct fault *fault)
{
    static const struct sql databases = {
        .id = "green_databases",
        .doing = "asking for its databases",
        .text = "SELECT datname AS name FROM pg_catalog.pg_database WHERE datallowconn",
        .reads = true};
    struct procedure *procedure = &plans->procedure;
    struct link *link = &procedure->world->green.link;
    struct reply reply = {0};
    bool good =
        checking_restrain(procedure, link, PLANS_TIMEOUT_MS, &reply) &&
        procedure_ask(procedure, link, &sql_server_identity, NULL, PLANS_TIMEOUT_MS, &reply);

    if (!good) {
        *fault = reply.fault;
    } else if (!reply_number(&reply, 0, "version_num", &plans->green_version)) {
        fault_set(fault, sql_server_identity.doing, "green", NULL, "it does not say its version");
        good = false;
    } else {
        plans->green_release = memory_copy(reply_value(&reply, 0, "version"));
        good = procedure_ask(procedure, link, &databases, NULL, PLANS_TIMEOUT_MS,
                             &plans->green_databases);
        if (!good)
            *fault = plans->green_databases.fault;
    }
    reply_clear(&reply);
    return good;
}

bool plans_green_has(const struct plans *plans, const char *database)
{
    int row;

    for (row = 0; row < reply_rows(&plans->green_databases); row++)
        if (string_equal(reply_value(&plans->green_databases, row, "name"), database))
            return true;
    return false;
}

static bool know_blue(struct plans *plans, struct fault *fault)
{
    static const struct sql version = {.id = "server_version",
                                       .doing = "asking for the version",
                                       .text =
                                           "SELECT current_setting('server_version') AS version",
                                       .reads = true};
    struct procedure *procedure = &plans->procedure;
    struct reply reply = {0};
    bool good = checking_know_blue(procedure, fault);

    if (!good)
        return false;
    good = procedure_ask(procedure, &procedure->world->blue.link, &version, NULL, 10000, &reply);
    if (good) {
        plans->blue_release = memory_copy(reply_value(&reply, 0, "version"));
        plans->blue_version = procedure->world->blue.version_num;
    } else {
        *fault = reply.fault;
    }
    reply_clear(&reply);
    return good;
}

/* --- the statements --------------------------------------------------------------------------- */

static bool unknown_database(const struct file_statement *statement, const char *path,
                             struct fault *fault)
{
    bool is_input = strcmp(path, "-") == 0;

    fault_set(fault, "reading statements from", is_input ? "standard input" : path, NULL,
              "line %ld: blue has no database \"%s\"", statement->line, statement->database);
    fault_hint(fault, "names are taken as they stand there, without quotes");
    fault->exit_code = EXIT_USAGE;
    return false;
}

bool plans_take_file(struct plans *plans, const char *path, struct fault *fault)
{
    struct plans_file file = {0};
    bool good = plans_file_read(path, &file, fault);
    size_t i;

    plans->items = memory_new((file.count + 1) * sizeof(*plans->items));
    for (i = 0; good && i < file.count; i++) {
        struct file_statement *statement = &file.statements[i];
        struct plan_item *item = &plans->items[plans->count];

        if (!world_database(plans->procedure.world, statement->database)) {
            good = unknown_database(statement, path, fault);
            break;
        }
        plans->count++;
        *item = (struct plan_item){.database = memory_copy(statement->database),
                                   .user = memory_copy(statement->user),
                                   .text = memory_copy(statement->text),
                                   .line = statement->line,
                                   .calls = -1,
                                   .total_ms = -1,
                                   .share = -1};
    }
    plans_file_free(&file);
    return good;
}

static bool no_source(struct fault *fault)
{
    fault_set(fault, "looking for pg_stat_statements", "blue", NULL,
              "the extension is in none of its databases");
    fault_hint(fault, "CREATE EXTENSION pg_stat_statements in one of them (its library belongs to "
                      "shared_preload_libraries); or --plans=FILE, with statements of your own");
    fault->exit_code = EXIT_CHECKS_FAILED;
    return false;
}

static double number_of(const struct reply *reply, int row, const char *column)
{
    const char *value = reply_value(reply, row, column);

    return value ? strtod(value, NULL) : -1;
}

static void take_row(struct plans *plans, const struct reply *reply, int row)
{
    struct plan_item *item = &plans->items[plans->count];
    const char *length = reply_value(reply, row, "length"), *user = reply_value(reply, row, "user");

    if (!world_database(plans->procedure.world, reply_value(reply, row, "database")))
        return;
    plans->count++;
    *item = (struct plan_item){.database = memory_copy(reply_value(reply, row, "database")),
                               .user = memory_copy(user),
                               .text = memory_copy(reply_value(reply, row, "text")),
                               .queryid = memory_copy(reply_value(reply, row, "queryid")),
                               .calls = number_of(reply, row, "calls"),
                               .total_ms = number_of(reply, row, "total_ms"),
                               .share = number_of(reply, row, "share")};
    if (!user)
        item->reason = memory_copy("its user does not exist any more");
    else if (item->text)
        item->planned = statement_with_casts(item->text);
    else
        item->reason = memory_copy(length ? "its text is too long" : "its text is not kept");
}

/* *ret_is_there: whether it has the extension. False: the reply says why. */
static bool ask_top(struct plans *plans, struct database *database, bool *ret_is_there,
                    struct reply *reply)
{
    struct procedure *procedure = &plans->procedure;
    struct link *link = &database->blue;
    struct sql_arguments arguments = {0};
    struct reply source = {0};
    char bytes[16], limit[16];
    bool good =
        checking_restrain(procedure, link, PLANS_TIMEOUT_MS, &source) &&
        procedure_ask(procedure, link, &check_plans_source, NULL, PLANS_TIMEOUT_MS, &source);

    *ret_is_there = reply_value(&source, 0, "schema") && reply_value(&source, 0, "total");
    if (!good)
        reply->fault = source.fault;
    if (good && *ret_is_there) {
        snprintf(bytes, sizeof(bytes), "%d", PLANS_TEXT_BYTES);
        snprintf(limit, sizeof(limit), "%d", PLANS_TOP);
        sql_set(&arguments, "schema", reply_value(&source, 0, "schema"));
        sql_set(&arguments, "total", reply_value(&source, 0, "total"));
        sql_set(&arguments, "bytes", bytes);
        sql_set(&arguments, "limit", limit);
        good =
            procedure_ask(procedure, link, &check_plans_top, &arguments, PLANS_TIMEOUT_MS, reply);
    }
    reply_clear(&source);
    link_close(link);
    return good;
}

static void take_rows(struct plans *plans, const char *database, const struct reply *reply)
{
    int row;

    plans->read_in = memory_copy(database);
    plans->items = memory_new(((size_t) reply_rows(reply) + 1) * sizeof(*plans->items));
    for (row = 0; row < reply_rows(reply); row++)
        take_row(plans, reply, row);
}

/* A database whose encoding lacks a character of a text of another one. */
static bool cannot_spell(const struct fault *fault)
{
    return strcmp(fault->code, "22P05") == 0 || strcmp(fault->code, "22021") == 0;
}

/* A database that has the extension shows the statements of all: the first one that can. */
bool plans_take_top(struct plans *plans, struct fault *fault)
{
    struct world *world = plans->procedure.world;
    size_t i;

    no_source(fault);
    for (i = 0; i < world->database_count; i++) {
        struct reply reply = {0};
        bool is_there = false, good = ask_top(plans, &world->databases[i], &is_there, &reply);

        if (good && is_there)
            take_rows(plans, world->databases[i].name, &reply);
        if (!good)
            *fault = reply.fault;
        reply_clear(&reply);
        if (good && is_there)
            return true;
        if (!good && !cannot_spell(fault))
            break;
    }
    if (strcmp(fault->code, "55000") == 0 || cannot_spell(fault)) {
        fault_hint(fault, cannot_spell(fault)
                              ? "CREATE EXTENSION pg_stat_statements in a database in UTF8, or "
                                "--plans=FILE, with statements of your own"
                              : "or --plans=FILE, with statements of your own");
        fault->exit_code = EXIT_CHECKS_FAILED;
    }
    return false;
}

/* --- asking ----------------------------------------------------------------------------------- */

static bool interrupted(struct fault *fault)
{
    fault_set(fault, "comparing plans", NULL, "interrupted",
              "the operator or the system asked us to stop");
    fault_hint(fault, "nothing was changed; repeat the command when it suits");
    return false;
}

static void show_progress(struct plans *plans, size_t done)
{
    char line[128];

    snprintf(line, sizeof(line), "%zu of %zu statements", done, plans->count);
    terminal_status(plans->procedure.terminal, line);
}

/* The statements of one database: its sessions are closed behind them. */
static bool ask_database(struct plans *plans, struct database *database, size_t *done,
                         struct fault *fault)
{
    struct procedure *procedure = &plans->procedure;
    struct reply unanalyzed = {0};
    bool good = true, is_open = false;
    size_t i;

    for (i = 0; good && i < plans->count; i++) {
        struct plan_item *item = &plans->items[i];

        if (strcmp(item->database, database->name) != 0)
            continue;
        if (!is_open && plans_green_has(plans, database->name)) {
            good = checking_restrain(procedure, &database->green, PLANS_TIMEOUT_MS, &unanalyzed) &&
                   procedure_ask(procedure, &database->green, &check_plans_unanalyzed, NULL,
                                 PLANS_TIMEOUT_MS, &unanalyzed);
            if (!good)
                *fault = unanalyzed.fault;
        }
        is_open = true;
        good = good && plans_ask(plans, item, &unanalyzed, fault);
        if (good && procedure_is_interrupted(procedure))
            good = interrupted(fault);
        show_progress(plans, ++*done);
    }
    reply_clear(&unanalyzed);
    link_close(&database->blue);
    link_close(&database->green);
    return good;
}

/* The worst first; those that are equally bad, and those that are none, in the order of the source.
 */
static int compare_items(const void *a, const void *b)
{
    const struct plan_item *left = a, *right = b;
    int order = plans_is_flip(right) - plans_is_flip(left);

    if (order == 0 && plans_is_flip(left))
        order = (left->weight < right->weight) - (left->weight > right->weight);
    if (order == 0)
        order = (left->total_ms < right->total_ms) - (left->total_ms > right->total_ms);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

bool plans_is_flip(const struct plan_item *item)
{
    return item->result == PLAN_COMPARED && plan_is_flip(&item->difference);
}

struct plans_counts plans_count(const struct plans *plans)
{
    struct plans_counts counts = {0};
    size_t i, j;

    for (i = 0; i < plans->count; i++) {
        const struct plan_item *item = &plans->items[i];

        counts.compared += item->result == PLAN_COMPARED;
        counts.flips += plans_is_flip(item);
        counts.worse += plans_is_flip(item) && plan_is_worse(&item->difference);
        counts.not_compared += item->result == PLAN_NOT_COMPARED;
        counts.fail_on_green += item->fails_on_green;
        counts.left_out += item->result == PLAN_LEFT_OUT;
        counts.run += item->result == PLAN_COMPARED && plans->runs && !item->not_run;
        counts.not_run += item->result == PLAN_COMPARED && item->not_run;
        for (j = 0; j < i && strcmp(plans->items[j].database, item->database) != 0; j++)
            continue;
        counts.databases += j == i;
    }
    return counts;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void plans_end(struct plans *plans)
{
    size_t i, j;

    for (i = 0; i < plans->count; i++) {
        struct plan_item *item = &plans->items[i];

        for (j = 0; j < item->unanalyzed_count; j++)
            free(item->unanalyzed[j]);
        free(item->unanalyzed);
        plan_difference_free(&item->difference);
        free(item->database);
        free(item->user);
        free(item->text);
        free(item->planned);
        free(item->queryid);
        free(item->reason);
        free(item->not_run);
    }
    reply_clear(&plans->green_databases);
    free(plans->items);
    free(plans->read_in);
    free(plans->blue_release);
    free(plans->green_release);
    procedure_close(&plans->procedure);
}

static bool compare_all(struct plans *plans, struct fault *fault)
{
    struct procedure *procedure = &plans->procedure;
    const char *file = procedure->options->check.plans_file;
    size_t i, done = 0;
    bool good = has_green(plans, fault) && know_blue(plans, fault) && know_green(plans, fault) &&
                (file ? plans_take_file(plans, file, fault) : plans_take_top(plans, fault));

    plans->is_analyzed = journal_get(procedure->journal, "green.analyzed") != NULL;
    for (i = 0; good && i < procedure->world->database_count; i++)
        good = ask_database(plans, &procedure->world->databases[i], &done, fault);
    terminal_clear_status(procedure->terminal);
    if (good && plans->count)
        qsort(plans->items, plans->count, sizeof(*plans->items), compare_items);
    return good;
}

enum exit_code check_plans(const struct options *options)
{
    struct plans plans = {.runs = options->check.analyze};
    struct fault fault;
    bool good;

    if (!procedure_open(options, PROCEDURE_LOOK, &plans.procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    snprintf(plans.procedure.world->application_name,
             sizeof(plans.procedure.world->application_name), "pgcutover plans");
    good = compare_all(&plans, &fault);
    if (good && options->json)
        plans_print_json(&plans);
    else if (good)
        plans_print(&plans);
    plans_end(&plans);
    return good ? EXIT_DONE : command_fault(&fault, EXIT_FAILED);
}
