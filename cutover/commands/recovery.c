#include "recovery.h"

#include "../plans/plans.h"
#include "leg.h"
#include "moving.h"

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

/* The other side is opened behind the switch only. */
static enum exit_code refuse_to_undo(const struct plan *plan)
{
    const char *from = side_name(plan->from), *to = side_name(plan->to);
    struct fault fault;
    char doing[64];

    snprintf(doing, sizeof(doing), "undoing the %s", plan->id);
    fault_set(&fault, doing, NULL, NULL,
              "the journal knows of no switch, but %s is open to clients", to);
    fault_hint(&fault,
               "is this the newest copy of the run directory? With it, \"pgcutover recover "
               "--execute\". If there is none, look on which side clients have written: %s must "
               "stay fenced if it was %s",
               from, to);
    return command_fault_with(&fault, EXIT_AMBIGUOUS, "nothing was changed", NULL);
}

/* Before the pause nobody has fenced anything. */
static enum exit_code refuse_an_old_copy(const struct plan *plan)
{
    struct fault fault;
    char doing[64];

    snprintf(doing, sizeof(doing), "undoing the %s", plan->id);
    fault_set(&fault, doing, NULL, NULL,
              "the journal knows of no pause, but %s is closed to clients", side_name(plan->from));
    fault_hint(&fault, "is this the newest copy of the run directory? With it, \"pgcutover recover "
                       "--execute\"; without it, docs/crash-safety.md says what to look at");
    return command_fault_with(&fault, EXIT_AMBIGUOUS, "nothing was changed", NULL);
}

static enum exit_code undo(struct procedure *procedure)
{
    const struct plan *plan = leg_plan(procedure);
    struct runner runner = procedure_runner(procedure, plan);
    bool is_armed = !leg_has_state(procedure, "running");
    const char *from = side_name(plan->from);
    struct fault fault;
    enum run_result result;
    char detail[96];

    /* before the pause nothing of it is done, and what the journal knows may be of an earlier
       attempt; a switch that the disk took while its writer was told that it failed must not come
       back */
    if (is_armed)
        leg_set_state(procedure, "undoing");
    if (!journal_sync(procedure->journal, &fault))
        command_fault(&fault, EXIT_FAILED); /* clients wait: undone all the same */
    result = runner_undo(&runner, (is_armed ? leg_forward_row(plan) : leg_pause_row(plan)) - 1);
    if (result == RUN_UNDONE) {
        printf("undone: clients are on %s%s\nNext: pgcutover %s --execute\n", from,
               leg_has_parted(procedure) ? "; what was parted stays so: there is no way back" : "",
               leg_command(plan));
        return EXIT_DONE;
    }
    if (result == RUN_REFUSED) {
        snprintf(detail, sizeof(detail), "nothing was released, and %s was left as it is", from);
        return command_fault_with(&runner.undo_fault, EXIT_AMBIGUOUS, detail, NULL);
    }
    snprintf(detail, sizeof(detail), "undo has not ended; clients belong on %s", from);
    return command_fault_with(&runner.undo_fault, EXIT_FAILED, detail,
                              "\"pgcutover recover --execute\" goes on");
}

/* What we have read of the switch may not be on disk yet: its writer was killed while it wrote.
   Clients wait: a disk that refuses is asked again. */
static bool keep_switch(struct procedure *procedure, struct fault *fault)
{
    struct driver *driver = procedure->driver;
    int64_t give_up_ns = driver->now_ns(driver) + SYNC_WAIT_MS * NS_PER_MS;

    journal_setf(procedure->journal, "recovered", "%lld", (long long) driver->wall_us(driver));
    while (!journal_sync(procedure->journal, fault)) {
        if (driver->now_ns(driver) >= give_up_ns)
            return false;
        driver->wait(driver, driver->now_ns(driver) + SYNC_NAP_MS * NS_PER_MS);
    }
    return true;
}

static enum exit_code forward(struct procedure *procedure)
{
    const struct plan *plan = leg_plan(procedure);
    struct runner runner = procedure_runner(procedure, plan);
    const char *from = side_name(plan->from), *to = side_name(plan->to);
    struct fault fault;
    char detail[96];

    if (!keep_switch(procedure, &fault))
        return command_fault_with(&fault, EXIT_FAILED,
                                  "nothing was released: the switch may not "
                                  "be on disk",
                                  "\"pgcutover recover --execute\" goes on");
    if (runner_run(&runner, leg_forward_row(plan)) == RUN_DONE) {
        printf("went forward: clients are on %s\n", to);
        moving_print_end(procedure, plan);
        moving_print_next(plan);
        return EXIT_DONE;
    }
    if (runner.fault.exit_code == EXIT_AMBIGUOUS) {
        snprintf(detail, sizeof(detail), "nothing was released, and %s was left as it is", from);
        return command_fault_with(&runner.fault, EXIT_AMBIGUOUS, detail, NULL);
    }
    snprintf(detail, sizeof(detail), "clients belong on %s; %s stays fenced", to, from);
    return command_fault_with(&runner.fault, EXIT_FAILED, detail,
                              "\"pgcutover recover --execute\" goes on");
}

enum exit_code recovery_run(struct procedure *procedure, bool evict)
{
    const struct plan *plan = leg_plan(procedure);
    enum leg_phase phase = leg_phase(procedure);
    const struct world *world = procedure->world;
    enum exit_code code;

    if (phase == LEG_IDLE) {
        printf("nothing to recover: clients are on %s\n", side_name(leg_side(procedure)));
        return EXIT_DONE;
    }
    if (evict && (code = recovery_evict(procedure)) != EXIT_DONE)
        return code;
    if (phase == LEG_FORWARD)
        return forward(procedure);
    if (world->is_subscriber_open)
        return refuse_to_undo(plan);
    if (leg_has_state(procedure, "running") && world->is_publisher_fenced)
        return refuse_an_old_copy(plan);
    return undo(procedure);
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
