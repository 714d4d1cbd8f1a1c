/* The values that people write down on the way, and what proves that nothing is lost or doubled. */
#include "reporting_internal.h"

#include "../../checks/verify.h"
#include "../base/text.h"
#include "duration.h"
#include "verified.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the table -------------------------------------------------------------------------------- */

static void add_value(struct reporting *reporting, const char *item, const char *value)
{
    struct report *report = reporting->report;

    report->values = reporting_grow(reporting->arena, report->values, report->value_count,
                                    sizeof(*report->values));
    report->values[report->value_count++] =
        (struct report_value){.item = item, .value = reporting_text(reporting, value)};
}

static void add_host(struct reporting *reporting)
{
    char name[256] = "";

    add_value(reporting, "Jumpbox host (where pgcutover runs)",
              gethostname(name, sizeof(name) - 1) == 0 && *name ? name : NULL);
}

static void add_poolers(struct reporting *reporting)
{
    const struct config *config = reporting->procedure->config;
    size_t i, j;

    for (i = 0; i < config->pooler_count; i++) {
        const struct config_pooler *pooler = &config->poolers[i];
        struct text value = {0};

        if (config_pooler_is_hook(pooler))
            text_add_string(&value, "driven by a hook");
        for (j = 0; j < pooler->console_count; j++)
            text_add(&value, "%s%s", j ? ", " : "console ",
                     reporting_address(reporting, pooler->consoles[j]));
        if (pooler->file)
            text_add(&value, "; %s", pooler->file);
        add_value(reporting,
                  arena_print(reporting->arena, "PgBouncer host, pooler %s", pooler->name),
                  text_string(&value));
        text_free(&value);
    }
}

static void add_server(struct reporting *reporting, size_t number)
{
    const struct report_server *server = &reporting->report->servers[number];

    add_value(reporting, arena_print(reporting->arena, "%s cluster writer host", server->side),
              server->address);
    add_value(reporting, arena_print(reporting->arena, "%s version", server->side),
              server->version);
    add_value(reporting, arena_print(reporting->arena, "%s system identifier", server->side),
              server->system_identifier);
}

static void add_slots(struct reporting *reporting)
{
    const struct world *world = reporting->procedure->world;
    size_t i;

    for (i = 0; i < world->database_count; i++) {
        const struct database *database = &world->databases[i];
        const char *lsn = reporting_fact(reporting, "db.%s.slot_lsn", database->name);

        if (procedure_has_run(reporting->procedure))
            add_value(reporting,
                      arena_print(reporting->arena, "blue create replication slot output (%s)",
                                  database->name),
                      lsn ? arena_print(reporting->arena, "(%s,%s)", database->slot, lsn) : NULL);
    }
}

static const char *databases_of(struct reporting *reporting)
{
    const struct world *world = reporting->procedure->world;
    struct text text = {0};
    const char *copy;
    size_t i;

    for (i = 0; i < world->database_count; i++)
        text_add(&text, "%s%s", i ? ", " : "", world->databases[i].name);
    copy = world->database_count ? arena_copy(reporting->arena, text_string(&text)) : NULL;
    text_free(&text);
    return copy;
}

/* "pg_stat_statements 1.10 --> 1.11 (shop)", of the facts "db.shop.extension.pg_stat_statements".
 */
static void add_upgraded(struct reporting *reporting, const char *database, const char *extension,
                         struct text *out)
{
    const char *fact = reporting_fact(reporting, "db.%s.extension.%s", database, extension);
    const char *arrow = fact ? strstr(fact, " -> ") : NULL;

    if (arrow)
        text_add(out, "%s%s %.*s --> %s (%s)", out->length ? "; " : "", extension,
                 (int) (arrow - fact), fact, arrow + 4, database);
}

/* Those that green had when it last answered. False: not for every database. */
static bool add_known_extensions(struct reporting *reporting, struct text *out)
{
    const cJSON *green = reporting_last_answer(reporting, "green");
    const cJSON *extensions = cJSON_GetObjectItemCaseSensitive(green, "extensions"), *extension;

    cJSON_ArrayForEach(extension, extensions)
    {
        const char *database = reporting_string(extension, "database");
        const char *name = reporting_string(extension, "name");

        if (database && name)
            add_upgraded(reporting, database, name, out);
    }
    return extensions && !reporting_bool(green, "extensions_missing");
}

/* Those that were due when prepare last looked. */
static void add_due_extensions(struct reporting *reporting, struct text *out)
{
    const struct world *world = reporting->procedure->world;
    int64_t number, count;
    size_t i;

    for (i = 0; i < world->database_count; i++) {
        const char *name = world->databases[i].name;

        count = reporting_number(reporting_fact(reporting, "db.%s.extensions_due", name));
        for (number = 0; number < count; number++) {
            const char *extension =
                reporting_fact(reporting, "db.%s.extension_due.%" PRId64, name, number);

            if (extension)
                add_upgraded(reporting, name, extension, out);
        }
    }
}

static void add_extensions(struct reporting *reporting)
{
    struct text text = {0};
    const char *none = reporting_fact(reporting, "green.ready") ? "none" : NULL;

    if (!add_known_extensions(reporting, &text)) {
        text_free(&text); /* no list of some as if it were that of all */
        add_due_extensions(reporting, &text);
        none = NULL;
    }
    add_value(reporting, "extensions upgraded", text.length ? text_string(&text) : none);
    text_free(&text);
}

void reporting_values(struct reporting *reporting)
{
    add_host(reporting);
    add_poolers(reporting);
    add_value(reporting, "Added SG rules", "none by pgcutover: access is not its to change");
    add_server(reporting, 0);
    add_server(reporting, 1);
    add_value(reporting, "Databases", databases_of(reporting));
    add_slots(reporting);
    add_value(reporting, "green initial LSN", reporting_fact(reporting, "clone.lsn"));
    add_extensions(reporting);
    add_value(reporting, "Run directory", reporting->report->run_directory);
}

/* --- the account ------------------------------------------------------------------------------ */

static void account(struct reporting *reporting, const char *value, const char *item, ...)
    __attribute__((format(printf, 3, 4)));

static void account(struct reporting *reporting, const char *value, const char *item, ...)
{
    struct report *report = reporting->report;
    struct text text = {0};
    va_list arguments;

    va_start(arguments, item);
    text_add_list(&text, item, arguments);
    va_end(arguments);
    report->account = reporting_grow(reporting->arena, report->account, report->account_count,
                                     sizeof(*report->account));
    report->account[report->account_count++] =
        (struct report_value){.item = reporting_text(reporting, text_string(&text)),
                              .value = reporting_text(reporting, value)};
    text_free(&text);
}

static const char *proof_of(struct reporting *reporting, const char *proof)
{
    if (string_equal(proof, "silence"))
        return "silence: behind the fence nobody took a transaction number but we";
    return arena_copy(reporting->arena, proof);
}

static void account_for_probes(struct reporting *reporting, const struct report_move *move)
{
    size_t i;

    for (i = 0; i < move->pooler_count; i++) {
        const struct report_pooler *pooler = &move->poolers[i];
        const char *value = pooler->account;

        if (string_equal(value, "yes"))
            value = arena_print(reporting->arena,
                                "yes: of %" PRId64 " writes every acknowledged one is there",
                                pooler->probes);
        else if (!value && pooler->state && !string_equal(pooler->state, "measured"))
            value = pooler->state;
        account(reporting, value,
                "%s: acknowledged writes of the client probe through %s are on %s", move->plan,
                pooler->name, string_equal(move->outcome, "done") ? move->to : move->from);
    }
}

static bool is_told(const struct report *report, size_t number)
{
    size_t i;

    for (i = number + 1; i < report->move_count; i++)
        if (string_equal(report->moves[i].plan, report->moves[number].plan))
            return false;
    return true;
}

static void account_for_move(struct reporting *reporting, size_t number)
{
    const struct report_move *move = &reporting->report->moves[number];

    if (string_equal(move->outcome, "done") && reporting_loses(reporting, number)) {
        account(reporting, "given up by --accept-data-loss: see the anomalies",
                "%s: what was written on %s", move->plan, move->from);
        return;
    }
    if (string_equal(move->outcome, "done")) {
        account(reporting, proof_of(reporting, move->proof), "%s: proof that %s has everything",
                move->plan, move->to);
        account(reporting,
                move->target_lsn ? arena_print(reporting->arena,
                                               "%s; every slot has confirmed it before the switch",
                                               move->target_lsn)
                                 : NULL,
                "%s: LSN at which %s ended", move->plan, move->from);
        account(reporting, "read behind the fence, set, counted", "%s: sequences on %s", move->plan,
                move->to);
        account(reporting, reporting_fact(reporting, "%s.opened_at", move->plan),
                "%s: LSN at which %s was opened", move->plan, move->to);
    }
    account_for_probes(reporting, move);
}

void reporting_account(struct reporting *reporting)
{
    struct report *report = reporting->report;
    struct verified verified;
    struct text text = {0};
    struct fault fault;
    size_t i;

    if (!procedure_has_run(reporting->procedure))
        return;
    if (verified_read(reporting->procedure, &verified, &fault)) {
        if (verified.is_known)
            text_add(&text, "%s, ", report_time(report, verified.result.started_us));
        verified_say(&verified, &text);
        account(reporting, verified.is_known ? text_string(&text) : "never compared",
                "verify: rows, sequences, catalogs of both servers");
    }
    text_free(&text);
    for (i = 0; i < report->move_count; i++)
        if (is_told(report, i))
            account_for_move(reporting, i);
}
