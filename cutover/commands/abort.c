/*
 * abort: undo an unfinished run; blue as it was before.
 */
#include "recovery.h"
#include "run_directory.h"

#include "../plans/plans.h"

static enum exit_code refuse_after_switch(void)
{
    struct fault fault;

    fault_set(&fault, "aborting the run", NULL, NULL, "clients are on green: there is no undo");
    fault_hint(&fault, "\"pgcutover finish --execute\" ends the run");
    return command_fault(&fault, EXIT_CHECKS_FAILED);
}

static enum exit_code say(struct procedure *procedure)
{
    size_t i = plan_prepare.count;

    if (!procedure_has_run(procedure)) {
        puts("no run is under way: nothing to abort");
        return EXIT_DONE;
    }
    if (procedure_is_switched(procedure))
        return refuse_after_switch();
    puts("abort would undo, backwards:");
    while (i-- > 0)
        if (plan_prepare.rows[i].step->undo)
            printf("  %s: %s\n", plan_prepare.rows[i].step->id,
                   plan_prepare.rows[i].step->undo_note);
    return EXIT_DONE;
}

static enum exit_code execute(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_prepare);
    struct fault fault;
    enum exit_code code;

    if (!procedure_has_run(procedure)) {
        puts("no run is under way: nothing to abort");
        return EXIT_DONE;
    }
    if (procedure_is_switched(procedure))
        return refuse_after_switch();
    if (!procedure_confirm(procedure, "remove green and everything this run made", &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (procedure_is_armed(procedure)) {
        code = recovery_run(procedure, true);
        if (code != EXIT_DONE)
            return code;
    } else if ((code = recovery_evict(procedure)) != EXIT_DONE) {
        return code; /* evicted: a prepare that was killed may still be creating a slot */
    }
    if (runner_undo(&runner, plan_prepare.count - 1) != RUN_UNDONE) {
        return command_fault_with(&runner.undo_fault, EXIT_FAILED, "blue accepts writes",
                                  "the same command again goes on");
    }
    if (!run_end(procedure->directory, &fault))
        return command_fault(&fault, EXIT_FAILED);
    puts("aborted: blue is as it was before");
    return EXIT_DONE;
}

enum exit_code command_abort(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;

    if (!procedure_open(options, options->execute ? PROCEDURE_END : PROCEDURE_LOOK, &procedure,
                        &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = options->execute ? execute(&procedure) : say(&procedure);
    procedure_close(&procedure);
    return code;
}
