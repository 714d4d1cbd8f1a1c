#include "recovery.h"

#include "../plans/plans.h"

#define EVICT_TRIES 3
#define SYNC_NAP_MS 100
#define SYNC_WAIT_MS 120000

/* Not interrupted by signals: clients may wait, and who asks us to stop has often asked the engine
   before. */
enum exit_code recovery_evict(struct procedure *procedure)
{
    enum run_result result = RUN_FAILED;
    struct runner runner;
    bool was_interrupted = true;
    int tries;

    for (tries = 0; tries < EVICT_TRIES && was_interrupted && result != RUN_DONE; tries++) {
        struct journal *scratch = journal_scratch();

        runner = procedure_runner(procedure, &plan_evict);
        /* nothing of this belongs into the journal: it may run any number of times */
        runner.journal = scratch;
        runner.side = SIDE_BLUE;
        result = runner_run(&runner, 0);
        journal_close(scratch);
        was_interrupted = procedure_is_interrupted(procedure);
        loop_forget_interrupt(procedure->loop);
    }
    /* servers that cannot be asked stop nothing here */
    return result != RUN_DONE && runner.fault.exit_code == EXIT_LOCKED
               ? command_fault(&runner.fault, EXIT_LOCKED)
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

/* Before the pause nobody has fenced anything. */
static enum exit_code refuse_an_old_copy(void)
{
    struct fault fault;

    fault_set(&fault, "undoing the cutover", NULL, NULL,
              "the journal knows of no pause, but blue is closed to clients");
    fault_hint(&fault, "is this the newest copy of the run directory? With it, \"pgcutover recover "
                       "--execute\"; without it, docs/crash-safety.md says what to look at");
    return command_fault_with(&fault, EXIT_AMBIGUOUS, "nothing was changed", NULL);
}

static bool is_before_pause(const struct procedure *procedure)
{
    return journal_has(procedure->journal, "cutover.state", "running");
}

static enum exit_code undo(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_cutover);
    bool is_armed = !is_before_pause(procedure);
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

/* What we have read of the switch may not be on disk yet: its writer was killed while it wrote.
   Clients wait: a disk that refuses is asked again. */
static bool keep_switch(struct procedure *procedure, struct fault *fault)
{
    struct driver *driver = procedure->driver;
    int64_t give_up_ns = driver->now_ns(driver) + SYNC_WAIT_MS * NS_PER_MS;

    journal_setf(procedure->journal, "cutover.recovered", "%lld",
                 (long long) driver->wall_us(driver));
    while (!journal_sync(procedure->journal, fault)) {
        if (driver->now_ns(driver) >= give_up_ns)
            return false;
        driver->wait(driver, driver->now_ns(driver) + SYNC_NAP_MS * NS_PER_MS);
    }
    return true;
}

static enum exit_code forward(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_cutover);
    struct fault fault;

    if (!keep_switch(procedure, &fault))
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
    if (!switched && is_before_pause(procedure) && procedure->world->is_blue_fenced)
        return refuse_an_old_copy();
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
