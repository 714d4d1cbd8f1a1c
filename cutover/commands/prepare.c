/*
 * prepare: make green ready.
 */
#include "attending.h"
#include "checking.h"
#include "evidence.h"
#include "leg.h"
#include "procedure.h"
#include "run_directory.h"
#include "sampling.h"

#include "../base/text.h"
#include "../plans/plans.h"

#include <cjson/cJSON.h>

/* What failed, and only that: `check` prints the rest too. */
static enum exit_code refuse(const struct finding_list *list)
{
    size_t count = finding_count(list, CHECK_ERROR);

    fprintf(stderr, "pgcutover: error: %zu check%s failed; nothing was changed\n", count,
            count == 1 ? "" : "s");
    checking_print(stderr, list, CHECK_ERROR);
    fprintf(stderr, "pgcutover: hint: \"pgcutover check --fix\" prints the cures\n");
    return EXIT_CHECKS_FAILED;
}

/* The libraries, c (libc) and i (ICU), that indexes depend on and whose releases differ; or may
   differ, as far as anybody knows. */
static void take_collations(const struct finding_list *list, char ret_differ[3])
{
    const struct check *known = check_find("collation_indexes"),
                       *unknown = check_find("collation_unknown");
    bool has_libc = false, has_icu = false;
    size_t i;

    for (i = 0; i < list->count; i++)
        if (list->findings[i].check == known || list->findings[i].check == unknown) {
            has_icu = has_icu || string_equal(list->findings[i].what, "ICU");
            has_libc = has_libc || !string_equal(list->findings[i].what, "ICU");
        }
    snprintf(ret_differ, 3, "%s%s", has_libc ? "c" : "", has_icu ? "i" : "");
}

/* What the checks have found, for the run that begins behind them. */
struct checked {
    char differ[3];  /* see take_collations() */
    cJSON *findings; /* NULL: nothing was checked */
    int64_t at_us;
};

static enum exit_code check_first(const struct options *options, struct checked *checked)
{
    struct procedure procedure;
    struct finding_list list = {0};
    struct fault fault;
    enum exit_code code = EXIT_DONE;

    if (!procedure_open(options, PROCEDURE_LOOK, &procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (leg_side(&procedure) == SIDE_GREEN || leg_has_lost(&procedure)) {
        /* clients have moved: blue is fenced, and what it lacks now is no finding */
        procedure_close(&procedure);
        return EXIT_DONE;
    }
    /* who is at work now changes what the checks look at */
    if (procedure_has_run(&procedure) && !run_lock(procedure.directory, &procedure.lock, &fault))
        code = command_fault(&fault, EXIT_FAILED);
    else if (!checking_run(&procedure, &list, &fault))
        code = command_fault(&fault, EXIT_FAILED);
    else
        checked->findings = checking_json(&procedure, &list);
    checked->at_us = procedure.driver->wall_us(procedure.driver);
    finding_leave_to_prepare(&list);
    take_collations(&list, checked->differ);
    if (code == EXIT_DONE && finding_count(&list, CHECK_ERROR))
        code = refuse(&list);
    finding_list_free(&list);
    procedure_close(&procedure);
    return code;
}

static bool same_configuration(struct procedure *procedure, struct fault *fault)
{
    char hash[65];

    config_hash(procedure->config, hash);
    if (journal_has(procedure->journal, "config.hash", hash))
        return true;
    fault_set(fault, "resuming the run", procedure->directory, NULL,
              "the configuration is not the one it began with");
    fault_hint(fault, "put it back, or \"pgcutover abort --execute\" and begin anew");
    fault->exit_code = EXIT_PLAN_STALE;
    return false;
}

/* What blue got since is nowhere kept for green. */
static enum exit_code refuse_stale(void)
{
    struct fault fault;

    fault_set(&fault, "preparing green", NULL, NULL,
              "green is stale: clients went back to blue without what was written on it");
    fault_hint(&fault, "\"pgcutover abort --execute\" removes it, then \"pgcutover prepare "
                       "--execute\" makes a new one");
    return command_fault(&fault, EXIT_CHECKS_FAILED);
}

static enum exit_code execute(struct procedure *procedure, struct checked *checked)
{
    struct runner runner = procedure_runner(procedure, &plan_prepare);
    struct sampling *sampling;
    enum run_result result;
    struct fault fault;

    if (!same_configuration(procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (leg_has_lost(procedure))
        return refuse_stale();
    if (leg_side(procedure) == SIDE_GREEN) {
        printf("Clients are on green already: nothing to prepare. Next: pgcutover %s --execute\n",
               leg_phase(procedure) == LEG_IDLE ? "finish" : "recover");
        return EXIT_DONE;
    }
    if (!attending_begin(procedure, &plan_prepare, &fault))
        return command_fault(&fault, EXIT_FAILED);
    journal_set(procedure->journal, "collations.differ", checked->differ);
    evidence_keep_checks(procedure, checked->findings, checked->at_us);
    checked->findings = NULL;
    sampling = sampling_begin(procedure, &runner, "slots");
    result = procedure_run(procedure, &runner, 0);
    sampling_end(sampling);
    runner.companion = NULL;
    evidence_keep(procedure, plan_prepare.id);
    if (result != RUN_DONE) {
        char detail[128];

        snprintf(detail, sizeof(detail), "blue accepts writes; step %s of prepare failed",
                 plan_prepare.rows[runner.failed_row].step->id);
        return command_fault_with(&runner.fault, EXIT_FAILED, detail,
                                  "\"pgcutover prepare --execute\" goes on from there; \"pgcutover "
                                  "abort --execute\" undoes everything");
    }
    printf("green is ready: %s at LSN %s\nNext: pgcutover cutover --execute\n",
           journal_get(procedure->journal, "green.version"),
           journal_get(procedure->journal, "clone.lsn"));
    return EXIT_DONE;
}

enum exit_code command_prepare(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;
    struct checked checked = {.differ = ""};

    if (options->execute) {
        code = check_first(options, &checked);
        if (code != EXIT_DONE) {
            cJSON_Delete(checked.findings);
            return code;
        }
    }
    if (!procedure_open(options, options->execute ? PROCEDURE_BEGIN : PROCEDURE_LOOK, &procedure,
                        &fault)) {
        cJSON_Delete(checked.findings);
        return command_fault(&fault, EXIT_FAILED);
    }
    if (!attending_open(&procedure, &fault))
        code = command_fault(&fault, EXIT_FAILED);
    else
        code = options->execute ? execute(&procedure, &checked)
                                : procedure_explain(&procedure, &plan_prepare);
    procedure_close(&procedure);
    cJSON_Delete(checked.findings);
    return code;
}
