#include "recovery.h"

#include "../plans/plans.h"

enum exit_code recovery_evict(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_evict);
    struct journal *scratch = journal_scratch();
    enum run_result result;

    /* nothing of this belongs into the journal: it may run any number of times */
    runner.journal = scratch;
    runner.side = SIDE_BLUE;
    result = runner_run(&runner, 0);
    journal_close(scratch);
    if (result == RUN_DONE)
        return EXIT_DONE;
    if (procedure_is_interrupted(procedure))
        return command_fault_with(&runner.fault, EXIT_TRANSIENT, "nothing was changed", NULL);
    /* servers that cannot be asked stop nothing here */
    return runner.fault.exit_code == EXIT_LOCKED ? command_fault(&runner.fault, EXIT_LOCKED)
                                                 : EXIT_DONE;
}

/* Green is opened behind the switch only. */
static enum exit_code refuse_to_undo(void)
{
    struct fault fault;

    fault_set(&fault, "undoing the cutover", NULL, NULL,
              "the journal knows of no switch, but green is open to clients");
    fault_hint(&fault, "is this the newest copy of the run directory? With it, \"pgcutover recover "
                       "--execute\". If there is none, look on which side clients have written: "
                       "blue must stay fenced if it was green");
    return command_fault_with(&fault, EXIT_AMBIGUOUS, "nothing was changed", NULL);
}

static enum exit_code undo(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_cutover);
    bool is_armed = !journal_has(procedure->journal, "cutover.state", "running");
    struct fault fault;
    enum run_result result;

    /* before the pause nothing of it is done, and what the journal knows may be of an earlier
       attempt; a switch that the disk took while its writer was told that it failed must not come
       back */
    if (is_armed)
        journal_set(procedure->journal, "cutover.state", "undoing");
    if (!journal_sync(procedure->journal, &fault))
        command_fault(&fault, EXIT_FAILED); /* clients wait: undone all the same */
    result = runner_undo(&runner, is_armed ? procedure_forward_row(&plan_cutover) - 1
                                           : procedure_pause_row(&plan_cutover) - 1);
    if (result == RUN_UNDONE) {
        puts("undone: clients are on blue\nNext: pgcutover cutover --execute");
        return EXIT_DONE;
    }
    if (result == RUN_REFUSED)
        return command_fault_with(&runner.undo_fault, EXIT_AMBIGUOUS,
                                  "nothing was released, and blue was left as it is", NULL);
    return command_fault_with(&runner.undo_fault, EXIT_FAILED,
                              "undo has not ended; clients belong on blue",
                              "\"pgcutover recover --execute\" goes on");
}

static enum exit_code forward(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_cutover);
    struct fault fault;

    /* what we have read of the switch may not be on disk yet: its writer was killed while it wrote
     */
    journal_setf(procedure->journal, "cutover.recovered", "%lld",
                 (long long) procedure->driver->wall_us(procedure->driver));
    if (!journal_sync(procedure->journal, &fault))
        return command_fault_with(&fault, EXIT_FAILED,
                                  "nothing was released: the switch may not "
                                  "be on disk",
                                  "\"pgcutover recover --execute\" goes on");
    if (runner_run(&runner, procedure_forward_row(&plan_cutover)) == RUN_DONE) {
        puts("went forward: clients are on green\nNext: pgcutover finish --execute");
        return EXIT_DONE;
    }
    if (runner.fault.exit_code == EXIT_AMBIGUOUS)
        return command_fault_with(&runner.fault, EXIT_AMBIGUOUS,
                                  "nothing was released, and blue was left as it is", NULL);
    return command_fault_with(&runner.fault, EXIT_FAILED,
                              "clients belong on green; blue stays fenced",
                              "\"pgcutover recover --execute\" goes on");
}

enum exit_code recovery_run(struct procedure *procedure, bool evict)
{
    bool switched = procedure_is_switched(procedure);
    enum exit_code code;

    if (!switched && !procedure_is_armed(procedure)) {
        puts("nothing to recover: clients are on blue");
        return EXIT_DONE;
    }
    if (switched && journal_has(procedure->journal, "cutover.state", "done")) {
        puts("nothing to recover: clients are on green");
        return EXIT_DONE;
    }
    if (evict && (code = recovery_evict(procedure)) != EXIT_DONE)
        return code;
    if (!switched && procedure->world->is_green_open)
        return refuse_to_undo();
    return switched ? forward(procedure) : undo(procedure);
}

enum exit_code recovery_decide(struct procedure *procedure, struct runner *runner)
{
    struct journal *read = NULL;
    struct fault fault;

    if (!journal_open(procedure->directory, JOURNAL_WRITE, &read, &fault)) {
        fault_hint(&runner->fault, "\"pgcutover recover --execute\", when %s can be read",
                   procedure->directory);
        runner->fault.exit_code = EXIT_AMBIGUOUS;
        return command_fault_with(
            &runner->fault, EXIT_AMBIGUOUS,
            "the journal cannot say whether the switch is on disk; nobody can "
            "write",
            NULL);
    }
    command_fault(&runner->fault, EXIT_AMBIGUOUS);
    journal_close(procedure->journal);
    procedure->journal = read;
    procedure->world->journal = read;
    return recovery_run(procedure, false);
}
