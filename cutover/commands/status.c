/*
 * status: where the run stands, who may write, what to type next.
 */
#include "debt.h"
#include "last_run.h"
#include "leg.h"
#include "verified.h"
#include "window.h"

#include "../base/text.h"
#include "../plans/plans.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

struct standing {
    const char *phase, *side, *next;
    char *last_step, *last_state;
    struct verified verified;
    bool replicates; /* the slots are there, or should be */
    struct slots slots;
    struct window window;
    bool is_finished;
    struct debt debt;
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
    bool on_green = leg_side(procedure) == SIDE_GREEN;

    standing->side = journal_get(journal, "side");
    if (journal_has(journal, "finish.state", "done")) {
        standing->phase = "finished";
        standing->next = "nothing; what is left is for you to decide";
    } else if (leg_phase(procedure) == LEG_FORWARD) {
        standing->phase = "switched, not all released";
        standing->next = "pgcutover recover --execute";
    } else if (leg_phase(procedure) == LEG_UNDO) {
        standing->phase = leg_plan(procedure) == &plan_cutover
                              ? "in a cutover, or interrupted in one"
                              : "in a rollback, or interrupted in one";
        standing->next = "pgcutover recover --execute";
    } else if (on_green) {
        standing->phase = "cut over";
        standing->next = "pgcutover finish --execute";
    } else if (journal_has(journal, "prepare.state", "undone")) {
        standing->phase = "aborted";
        standing->next = "pgcutover prepare --execute";
    } else if (leg_has_lost(procedure)) {
        standing->phase = "rolled back, without what was written on green, which is stale";
        standing->next =
            "pgcutover abort --execute, when nothing on green is needed any more; then "
            "pgcutover prepare --execute";
    } else if (leg_is_done(procedure, &plan_rollback)) {
        standing->phase = "rolled back";
        standing->next = "pgcutover cutover --execute, when the cause is gone";
    } else if (journal_has(journal, "green.ready", "yes")) {
        standing->phase = "ready";
        standing->next = "pgcutover cutover --execute";
    } else {
        standing->phase = "preparing";
        standing->next = "pgcutover prepare --execute";
    }
}

/* At servers that can be asked; status never fails because they cannot. */
static void look(struct procedure *procedure, struct standing *standing)
{
    bool is_followed =
        leg_side(procedure) == SIDE_BLUE || journal_get(procedure->journal, "way_back");

    standing->is_finished = journal_has(procedure->journal, "finish.state", "done");
    standing->replicates = is_followed && journal_get(procedure->journal, "green.ready") &&
                           !standing->is_finished &&
                           !journal_has(procedure->journal, "prepare.state", "undone");
    if (standing->replicates)
        slots_look(procedure, &standing->slots);
    window_look(procedure, &standing->slots, &standing->window);
    if (standing->is_finished)
        debt_look(procedure, &standing->debt);
}

/* NULL where there is none: never left out, and never a number. */
static void add_or_null(cJSON *root, const char *name, cJSON *item)
{
    cJSON_AddItemToObject(root, name, item ? item : cJSON_CreateNull());
}

static void add_verified(cJSON *root, const struct procedure *procedure,
                         const struct standing *standing)
{
    cJSON_AddStringToObject(root, "require_verify", procedure->config->require_verify);
    add_or_null(root, "verified", verified_json(&standing->verified));
}

static void print_verified(const struct standing *standing)
{
    struct text text = {0};

    verified_say(&standing->verified, &text);
    printf("verified:  %s\n", text_string(&text));
    text_free(&text);
}

static void put_json(cJSON *root)
{
    char *text = cJSON_Print(root);

    puts(text);
    free(text);
    cJSON_Delete(root);
}

static void print_json(const struct procedure *procedure, const struct standing *standing)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "cluster", procedure->config->cluster_name);
    cJSON_AddStringToObject(root, "run_directory", procedure->directory);
    cJSON_AddStringToObject(root, "phase", standing->phase);
    cJSON_AddStringToObject(root, "may_write", standing->side ? standing->side : "blue");
    cJSON_AddStringToObject(root, "last_step", standing->last_step ? standing->last_step : "");
    cJSON_AddStringToObject(root, "last_state", standing->last_state ? standing->last_state : "");
    cJSON_AddStringToObject(root, "next", standing->next);
    add_verified(root, procedure, standing);
    add_or_null(root, "slots", standing->replicates ? slots_json(&standing->slots) : NULL);
    add_or_null(root, "window", window_json(&standing->window, &standing->slots));
    add_or_null(root, "debt", standing->is_finished ? debt_json(&standing->debt) : NULL);
    put_json(root);
}

static void print_slots(const struct slots *slots)
{
    size_t i;

    if (!slots->is_known)
        printf("lag:       unknown: %s\n", slots->fault.cause);
    for (i = 0; slots->is_known && i < slots->count; i++) {
        struct text text = {0};

        slots_say(slots, &slots->list[i], &text);
        printf("lag:       %s\n", text_string(&text));
        text_free(&text);
    }
}

static enum exit_code print_none(struct procedure *procedure)
{
    if (procedure->options->json) {
        cJSON *root = cJSON_CreateObject();

        cJSON_AddNumberToObject(root, "schema_version", 1);
        cJSON_AddStringToObject(root, "cluster", procedure->config->cluster_name);
        cJSON_AddStringToObject(root, "phase", "none");
        cJSON_AddStringToObject(root, "may_write", "blue");
        cJSON_AddStringToObject(root, "next", "pgcutover check");
        put_json(root);
    } else {
        printf("cluster:   %s\nno run is under way\nnext:      pgcutover check, then pgcutover "
               "prepare --execute\n",
               procedure->config->cluster_name);
    }
    return EXIT_DONE;
}

enum exit_code command_status(const struct options *options)
{
    struct procedure procedure;
    struct standing standing = {0};
    struct fault fault;
    enum exit_code code = EXIT_DONE;
    char *last = NULL;

    if (!last_run_open(options, PROCEDURE_LOOK, PROCEDURE_LOOK, &procedure, &last, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (!procedure_has_run(&procedure)) {
        code = print_none(&procedure);
        procedure_close(&procedure);
        return code;
    }
    judge(&procedure, &standing);
    look(&procedure, &standing);
    if (!journal_each_row(procedure.journal, keep_last, &standing, &fault) ||
        !verified_read(&procedure, &standing.verified, &fault)) {
        code = command_fault(&fault, EXIT_FAILED);
    } else if (options->json) {
        print_json(&procedure, &standing);
    } else {
        printf("cluster:   %s\nrun:       %s%s\nstands:    %s (last: %s %s)\nmay write: %s\n",
               procedure.config->cluster_name, procedure.directory,
               last ? " (it has ended; no run is under way)" : "", standing.phase,
               standing.last_step ? standing.last_step : "nothing",
               standing.last_state ? standing.last_state : "", standing.side);
        if (journal_get(procedure.journal, "green.ready"))
            print_verified(&standing);
        if (standing.replicates)
            print_slots(&standing.slots);
        window_print(&standing.window, &standing.slots);
        printf("next:      %s\n", standing.next);
        if (standing.is_finished)
            debt_print(&standing.debt);
    }
    free(standing.last_step);
    free(standing.last_state);
    slots_free(&standing.slots);
    debt_free(&standing.debt);
    free(last);
    procedure_close(&procedure);
    return code;
}
