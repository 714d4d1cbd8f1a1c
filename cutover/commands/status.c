/*
 * status: where the run stands, who may write, what to type next.
 */
#include "procedure.h"
#include "run_directory.h"

#include "../base/text.h"
#include "../plans/plans.h"
#include "sql_files.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

struct standing {
    const char *phase, *side, *next;
    char *last_step, *last_state;
};

static bool keep_last(void *context, const struct journal_line *line)
{
    struct standing *standing = context;

    if (!line->plan)
        return true;
    free(standing->last_step);
    free(standing->last_state);
    standing->last_step = memory_copy(line->step);
    standing->last_state = memory_copy(line->state);
    return true;
}

static void judge(const struct procedure *procedure, struct standing *standing)
{
    const struct journal *journal = procedure->journal;

    standing->side = journal_get(journal, "side");
    if (journal_has(journal, "finish.state", "done")) {
        standing->phase = "finished";
        standing->next = "nothing; blue still runs, fenced";
    } else if (procedure_is_switched(procedure)) {
        bool done = journal_has(journal, "cutover.state", "done");

        standing->phase = done ? "cut over" : "switched, not all released";
        standing->next = done ? "pgcutover finish --execute" : "pgcutover recover --execute";
    } else if (procedure_is_armed(procedure)) {
        standing->phase = "in a cutover, or interrupted in one";
        standing->next = "pgcutover recover --execute";
    } else if (journal_has(journal, "prepare.state", "undone")) {
        standing->phase = "aborted";
        standing->next = "pgcutover prepare --execute";
    } else if (journal_has(journal, "green.ready", "yes")) {
        standing->phase = "ready";
        standing->next = "pgcutover cutover --execute";
    } else {
        standing->phase = "preparing";
        standing->next = "pgcutover prepare --execute";
    }
}

static void print_json(const struct procedure *procedure, const struct standing *standing)
{
    cJSON *root = cJSON_CreateObject();
    char *text;

    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "cluster", procedure->config->cluster_name);
    cJSON_AddStringToObject(root, "run_directory", procedure->directory);
    cJSON_AddStringToObject(root, "phase", standing->phase);
    cJSON_AddStringToObject(root, "may_write", standing->side ? standing->side : "blue");
    cJSON_AddStringToObject(root, "last_step", standing->last_step ? standing->last_step : "");
    cJSON_AddStringToObject(root, "last_state", standing->last_state ? standing->last_state : "");
    cJSON_AddStringToObject(root, "next", standing->next);
    text = cJSON_Print(root);
    puts(text);
    free(text);
    cJSON_Delete(root);
}

/* Lag, when blue can be asked; status never fails because it cannot. */
static void print_lag(struct procedure *procedure)
{
    struct reply reply = {0};
    int row;

    if (!journal_get(procedure->journal, "green.ready") || procedure_is_switched(procedure))
        return;
    if (!procedure_ask(procedure, &procedure->world->blue.link, &sql_slots_progress, NULL, 5000,
                       &reply)) {
        printf("lag:       unknown: %s\n", reply.fault.cause);
    } else {
        for (row = 0; row < reply_rows(&reply); row++) {
            const char *behind = reply_value(&reply, row, "behind");

            printf("lag:       slot %s: %s bytes%s\n", reply_value(&reply, row, "slot_name"),
                   behind ? behind : "unknown",
                   string_equal(reply_value(&reply, row, "active"), "t") ? "" : ", not in use");
        }
    }
    reply_clear(&reply);
}

static enum exit_code print_none(struct procedure *procedure)
{
    if (procedure->options->json)
        printf("{\"schema_version\": 1, \"cluster\": \"%s\", \"phase\": \"none\", \"may_write\": "
               "\"blue\", \"next\": \"pgcutover check\"}\n",
               procedure->config->cluster_name);
    else
        printf("cluster:   %s\nno run is under way\nnext:      pgcutover check, then pgcutover "
               "prepare --execute\n",
               procedure->config->cluster_name);
    return EXIT_DONE;
}

/* The run that is under way, else the one that ended last, which *ret_last names then. */
static bool open_run_or_last(const struct options *options, struct procedure *ret_procedure,
                             char **ret_last, struct fault *fault)
{
    struct options with_last = *options;

    if (!procedure_open(options, PROCEDURE_LOOK, ret_procedure, fault))
        return false;
    if (procedure_has_run(ret_procedure))
        return true;
    if (!run_find(ret_procedure->config, "last", ret_last, fault)) {
        procedure_close(ret_procedure);
        return false;
    }
    if (!*ret_last)
        return true;
    procedure_close(ret_procedure);
    with_last.run = *ret_last;
    if (procedure_open(&with_last, PROCEDURE_LOOK, ret_procedure, fault)) {
        ret_procedure->options = options;
        return true;
    }
    free(*ret_last);
    return false;
}

enum exit_code command_status(const struct options *options)
{
    struct procedure procedure;
    struct standing standing = {0};
    struct fault fault;
    enum exit_code code = EXIT_DONE;
    char *last = NULL;

    if (!open_run_or_last(options, &procedure, &last, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (!procedure_has_run(&procedure)) {
        code = print_none(&procedure);
        procedure_close(&procedure);
        return code;
    }
    judge(&procedure, &standing);
    if (!journal_each_row(procedure.journal, keep_last, &standing, &fault)) {
        code = command_fault(&fault, EXIT_FAILED);
    } else if (options->json) {
        print_json(&procedure, &standing);
    } else {
        printf("cluster:   %s\nrun:       %s%s\nstands:    %s (last: %s %s)\nmay write: %s\n",
               procedure.config->cluster_name, procedure.directory,
               last ? " (it has ended; no run is under way)" : "", standing.phase,
               standing.last_step ? standing.last_step : "nothing",
               standing.last_state ? standing.last_state : "", standing.side);
        print_lag(&procedure);
        printf("next:      %s\n", standing.next);
    }
    free(standing.last_step);
    free(standing.last_state);
    free(last);
    procedure_close(&procedure);
    return code;
}
