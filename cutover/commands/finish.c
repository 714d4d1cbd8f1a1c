/*
 * finish: take away what the cutover needed, and list what is left.
 */
#include "procedure.h"
#include "run_directory.h"

#include "../plans/plans.h"

static void print_debt(const struct procedure *procedure)
{
    puts("What is left for you to decide:");
    printf("  - blue still runs, fenced: read-only and closed to everybody but superusers\n");
    printf("  - the poolers point to green now; their files are the changed ones\n");
    printf("  - green's work directory keeps its server log: %s.pgcutover\n",
           procedure->config->green.data_directory);
}

static enum exit_code execute(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_finish);
    struct fault fault;

    if (!procedure_has_run(procedure)) {
        puts("no run is under way: nothing to finish");
        return EXIT_DONE;
    }
    if (!journal_has(procedure->journal, "cutover.state", "done") ||
        !procedure_is_switched(procedure)) {
        fault_set(&fault, "finishing the run", NULL, NULL, "clients are not on green yet");
        fault_hint(&fault, "\"pgcutover cutover --execute\" moves them; \"pgcutover status\" says "
                           "where the run stands");
        return command_fault(&fault, EXIT_CHECKS_FAILED);
    }
    if (procedure_run(procedure, &runner, 0) != RUN_DONE) {
        return command_fault_with(&runner.fault, EXIT_FAILED, "clients are on green",
                                  "the same command again goes on");
    }
    if (!run_end(procedure->directory, &fault))
        return command_fault(&fault, EXIT_FAILED);
    print_debt(procedure);
    return EXIT_DONE;
}

enum exit_code command_finish(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;

    if (!procedure_open(options, options->execute ? PROCEDURE_END : PROCEDURE_LOOK, &procedure,
                        &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = options->execute ? execute(&procedure) : procedure_explain(&procedure, &plan_finish);
    procedure_close(&procedure);
    return code;
}
