/*
 * status: where the run stands, who may write, what to type next.
 */
#include "debt.h"
#include "doing.h"
#include "last_run.h"
#include "leg.h"
#include "standing.h"
#include "verified.h"
#include "window.h"

#include "../base/text.h"
#include "../plans/plans.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

struct status {
    struct standing standing;
    char waits_for[256];
    struct verified verified;
    bool replicates; /* the slots are there, or should be */
    struct slots slots;
    struct window window;
    bool is_finished;
    struct debt debt;
};

/* At servers that can be asked; status never fails because they cannot. */
static void look(struct procedure *procedure, struct status *status)
{
    bool is_followed =
        leg_side(procedure) == SIDE_BLUE || journal_get(procedure->journal, "way_back");

    status->is_finished = journal_has(procedure->journal, "finish.state", "done");
    status->replicates = is_followed && journal_get(procedure->journal, "green.ready") &&
                         !status->is_finished &&
                         !journal_has(procedure->journal, "prepare.state", "undone");
    if (status->replicates)
        slots_look(procedure, &status->slots);
    window_look(procedure, &status->slots, &status->window);
    if (status->is_finished)
        debt_look(procedure, &status->debt);
}

/* NULL where there is none: never left out, and never a number. */
static void add_or_null(cJSON *root, const char *name, cJSON *item)
{
    cJSON_AddItemToObject(root, name, item ? item : cJSON_CreateNull());
}

static void add_verified(cJSON *root, const struct procedure *procedure,
                         const struct status *status)
{
    cJSON_AddStringToObject(root, "require_verify", procedure->config->require_verify);
    add_or_null(root, "verified", verified_json(&status->verified));
}

static void print_verified(const struct status *status)
{
    struct text text = {0};

    verified_say(&status->verified, &text);
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

static void print_json(const struct procedure *procedure, const struct status *status)
{
    cJSON *root = cJSON_CreateObject();

    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "cluster", procedure->config->cluster_name);
    cJSON_AddStringToObject(root, "run_directory", procedure->directory);
    cJSON_AddStringToObject(root, "phase", status->standing.phase);
    cJSON_AddStringToObject(root, "may_write",
                            status->standing.side ? status->standing.side : "blue");
    cJSON_AddStringToObject(root, "last_step",
                            status->standing.last_step ? status->standing.last_step : "");
    cJSON_AddStringToObject(root, "last_state",
                            status->standing.last_state ? status->standing.last_state : "");
    add_or_null(root, "waits_for",
                *status->waits_for ? cJSON_CreateString(status->waits_for) : NULL);
    cJSON_AddStringToObject(root, "next", status->standing.next);
    add_verified(root, procedure, status);
    add_or_null(root, "slots", status->replicates ? slots_json(&status->slots) : NULL);
    add_or_null(root, "window", window_json(&status->window, &status->slots));
    add_or_null(root, "debt", status->is_finished ? debt_json(&status->debt) : NULL);
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

static void print_table(const struct procedure *procedure, const struct status *status,
                        bool has_ended)
{
    printf("cluster:   %s\nrun:       %s%s\nstands:    %s (last: %s %s)\nmay write: %s\n",
           procedure->config->cluster_name, procedure->directory,
           has_ended ? " (it has ended; no run is under way)" : "", status->standing.phase,
           status->standing.last_step ? status->standing.last_step : "nothing",
           status->standing.last_state ? status->standing.last_state : "", status->standing.side);
    if (*status->waits_for)
        printf("waits for: %s\n", status->waits_for);
    if (journal_get(procedure->journal, "green.ready"))
        print_verified(status);
    if (status->replicates)
        print_slots(&status->slots);
    window_print(&status->window, &status->slots);
    printf("next:      %s\n", status->standing.next);
    if (status->is_finished)
        debt_print(&status->debt);
}

static bool read_all(struct procedure *procedure, struct status *status, struct fault *fault)
{
    look(procedure, status);
    if (!standing_read(procedure, &status->standing, fault) ||
        !verified_read(procedure, &status->verified, fault))
        return false;
    doing_waits(procedure->directory, status->standing.last_step, status->standing.last_state,
                status->waits_for, sizeof(status->waits_for));
    return true;
}

enum exit_code command_status(const struct options *options)
{
    struct procedure procedure;
    struct status status = {0};
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
    if (!read_all(&procedure, &status, &fault))
        code = command_fault(&fault, EXIT_FAILED);
    else if (options->json)
        print_json(&procedure, &status);
    else
        print_table(&procedure, &status, last != NULL);
    standing_free(&status.standing);
    slots_free(&status.slots);
    debt_free(&status.debt);
    free(last);
    procedure_close(&procedure);
    return code;
}
