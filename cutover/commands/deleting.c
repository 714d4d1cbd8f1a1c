#include "deleting.h"

#include "../base/text.h"
#include "../plans/plans.h"
#include "debt.h"
#include "leg.h"

#include <stdlib.h>

static bool refuse(struct fault *fault, enum exit_code code, const char *cause, const char *hint)
{
    fault_set(fault, "deleting blue", NULL, NULL, "%s; nothing was changed", cause);
    fault_hint(fault, "%s", hint);
    fault->exit_code = code;
    return false;
}

bool deleting_may(const struct procedure *procedure, struct fault *fault)
{
    const struct config *config = procedure->config;
    const char *name = procedure->options->delete_blue;

    if (!name)
        return true;
    if (!string_equal(name, config->cluster_name))
        return refuse(fault, EXIT_USAGE, "--delete-blue does not name this cluster",
                      "it takes the NAME of [cluster NAME], exactly; --yes does not stand for it");
    if (!procedure_has_run(procedure))
        return refuse(fault, EXIT_USAGE, "there is no run, so nothing says which server is blue",
                      "--run=DIRECTORY names the one that has moved the clients");
    if (leg_side(procedure) != SIDE_GREEN || leg_phase(procedure) != LEG_IDLE)
        return refuse(fault, EXIT_CHECKS_FAILED,
                      leg_side(procedure) == SIDE_GREEN ? "what moves the clients has not ended"
                                                        : "clients are on blue",
                      "\"pgcutover status\" says where the run stands");
    if (!config->blue.data_directory)
        return refuse(fault, EXIT_USAGE, "[blue] data_directory is not configured",
                      "name it: what is removed is never guessed");
    if (!config->blue.run)
        return refuse(fault, EXIT_USAGE, "[blue] run is not configured",
                      "name blue's host: run = ssh postgres@blue, or, when it is this one, "
                      "run = sh -c");
    return true;
}

static bool is_to_be_deleted(const struct procedure *procedure)
{
    if (!procedure->options->delete_blue)
        return false;
    if (!debt_is_blue_deleted(procedure))
        return true;
    puts("blue is deleted already");
    return false;
}

static void say_deleted(const struct procedure *procedure)
{
    const char *data = procedure->config->blue.data_directory;

    if (journal_has(procedure->journal, "blue.remains", "gone"))
        printf("blue is deleted: no server answers as blue, its data directory %s is not there any "
               "more\n",
               data);
    else if (journal_has(procedure->journal, "blue.remains", "emptied"))
        printf("blue is deleted: its server is stopped, its data directory %s is empty; it could "
               "not be removed itself\n",
               data);
    else
        printf("blue is deleted: its server is stopped, its data directory %s removed\n", data);
}

enum exit_code deleting_execute(struct procedure *procedure)
{
    struct runner runner;

    if (!is_to_be_deleted(procedure))
        return EXIT_DONE;
    runner = procedure_runner(procedure, &plan_delete_blue);
    if (procedure_run(procedure, &runner, 0) != RUN_DONE)
        return command_fault_with(&runner.fault, EXIT_FAILED,
                                  "clients are on green; the run is finished",
                                  "when the cause is gone, the same command goes on");
    say_deleted(procedure);
    return EXIT_DONE;
}

enum exit_code deleting_explain(struct procedure *procedure)
{
    struct runner runner;
    struct text out = {0};
    char *said;
    bool good;

    if (!is_to_be_deleted(procedure))
        return EXIT_DONE;
    runner = procedure_runner(procedure, &plan_delete_blue);
    good = runner_explain(&runner, &out);
    said = text_take(&out);
    plan_put_names(&plan_delete_blue, said);
    printf("%s: %s\n%s", plan_delete_blue.id, plan_delete_blue.title, said);
    free(said);
    return good ? EXIT_DONE : command_fault(&runner.fault, EXIT_FAILED);
}
