#include "moving.h"

#include "../base/text.h"
#include "../plans/plans.h"
#include "../steps/client_probe.h"
#include "attending.h"
#include "client_probing.h"
#include "evidence.h"
#include "leg.h"
#include "loss.h"
#include "recovery.h"
#include "reviewing.h"
#include "sampling.h"
#include "verified.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

static bool refuse(struct fault *fault, const struct plan *plan, const char *cause,
                   const char *hint, enum exit_code code)
{
    char doing[64];

    snprintf(doing, sizeof(doing), "beginning the %s", plan->id);
    fault_set(fault, doing, NULL, NULL, "%s", cause);
    fault_hint(fault, "%s", hint);
    fault->exit_code = code;
    return false;
}

/* Without replication in the other direction everything since the cutover would be lost: that is
   for the operator to say. Who has a way back that loses nothing must give it up first. */
static bool has_way(struct procedure *procedure, const struct plan *plan, struct fault *fault)
{
    bool is_open = journal_get(procedure->journal, "way_back") != NULL;

    if (plan->to == SIDE_GREEN && leg_has_lost(procedure))
        return refuse(fault, plan,
                      "green is stale: it lacks what was written on blue since the rollback with "
                      "data loss",
                      "\"pgcutover abort --execute\" removes it, \"pgcutover prepare --execute\" "
                      "makes a new one",
                      EXIT_CHECKS_FAILED);
    if (plan->to == SIDE_GREEN)
        return true;
    if (leg_side(procedure) != SIDE_GREEN)
        return refuse(fault, plan, "clients are on blue", "there is nothing to roll back",
                      EXIT_CHECKS_FAILED);
    if (plan == &plan_rollback && !is_open)
        return refuse(
            fault, plan,
            "there is no way back: green is not replicated to blue, so that what was "
            "written since the cutover would be lost",
            "\"pgcutover rollback --accept-data-loss\" lists what that is; with --execute "
            "it goes back without it. [rollback] reverse = yes, before the cutover, "
            "makes a way back",
            EXIT_CHECKS_FAILED);
    if (plan == &plan_rollback_lossy && is_open && procedure->config->way_back)
        return refuse(
            fault, plan, "the journal knows of a way back that loses nothing",
            "\"pgcutover status\" says whether it is open, \"pgcutover rollback --execute\" "
            "takes it. If it is broken for good: with [rollback] reverse = no "
            "(--rollback-reverse=no) as well it is given up",
            EXIT_CHECKS_FAILED);
    return true;
}

static bool may_begin(struct procedure *procedure, const struct plan *plan, struct fault *fault)
{
    enum leg_phase phase = leg_phase(procedure);

    if (phase == LEG_FORWARD)
        return refuse(
            fault, plan,
            leg_side(procedure) == SIDE_GREEN
                ? "clients belong on green, but the one that moved them there has not ended"
                : "clients belong on blue, but the one that moved them there has not ended",
            "\"pgcutover recover --execute\" goes on with it", EXIT_DONE);
    if (phase == LEG_UNDO)
        return refuse(fault, plan, "an earlier one was interrupted and not cleaned up",
                      "\"pgcutover recover --execute\" first", EXIT_DONE);
    if (!has_way(procedure, plan, fault))
        return false;
    if (!journal_has(procedure->journal, "green.ready", "yes"))
        return refuse(fault, plan, "green is not ready",
                      "\"pgcutover prepare --execute\" goes on with it", EXIT_CHECKS_FAILED);
    return true;
}

static bool watchdog_ready(void *context)
{
    return watchdog_is_ready(context);
}

static void call_watchdog(void *context)
{
    watchdog_call(context);
}

static bool start_watchdog(struct procedure *procedure, struct fault *fault)
{
    const struct options *options = procedure->options;
    struct text config = {0}, run = {0}, log = {0}, flags[OVERRIDES_MAX] = {0};
    struct watchdog *watchdog = NULL;
    char *arguments[7 + OVERRIDES_MAX] = {(char *) options->program, (char *) "recover",
                                          (char *) "--execute", (char *) "--yes"};
    bool good;
    size_t i;

    text_add(&config, "--config=%s", procedure->config->file);
    text_add(&run, "--run=%s", procedure->directory);
    text_add(&log, "%s/watchdog.log", procedure->directory);
    arguments[4] = (char *) text_string(&config);
    arguments[5] = (char *) text_string(&run);
    for (i = 0; i < options->override_count; i++)
        arguments[6 + i] = command_flag_of(&flags[i], &options->overrides[i]);
    good = watchdog_start(arguments, text_string(&log), procedure->config->pause_budget_ms,
                          &watchdog, fault);
    if (good) {
        procedure_begin_watch(procedure, watchdog);
        /* one that is stopped from the terminal would be taken for one that hangs */
        signal(SIGTSTP, SIG_IGN);
        signal(SIGTTOU, SIG_IGN);
        procedure->world->watchdog_is_ready = watchdog_ready;
        procedure->world->watchdog_call = call_watchdog;
        procedure->world->watchdog_context = watchdog;
    }
    for (i = 0; i < options->override_count; i++)
        text_free(&flags[i]);
    text_free(&config);
    text_free(&run);
    text_free(&log);
    return good;
}

static void print_pause(const struct procedure *procedure, const struct runner *runner)
{
    const struct terminal_row *rows;
    size_t count = terminal_pause_rows(procedure->terminal, &rows), i;
    char duration[32];

    printf("clients were held for %s", terminal_duration(runner->held_ns, duration));
    for (i = 0; i < count; i++)
        printf("%s %s %s", i ? "," : ":", rows[i].step,
               terminal_duration(rows[i].elapsed_ns, duration));
    printf("\n");
}

/* Of this attempt only: lines are counted from where it began. */
struct ended {
    const struct plan *plan;
    int64_t since_us;
};

static bool print_terminated(void *context, const struct journal_line *line)
{
    const struct ended *ended = context;

    if (!line->plan && string_equal(line->step, "terminated") && line->wall_us >= ended->since_us)
        printf("ended on %s: %s\n", side_name(ended->plan->from), line->state);
    return true;
}

static enum exit_code report_undone(const struct procedure *procedure, const struct runner *runner)
{
    const struct plan *plan = runner->plan;
    char duration[32], what[128], next[96], detail[192];
    enum exit_code code;

    if (leg_has_parted(procedure))
        snprintf(what, sizeof(what),
                 "clients are on %s; what was parted stays so: there is no way back",
                 side_name(plan->from));
    else
        snprintf(what, sizeof(what), "everything was undone; clients are on %s",
                 side_name(plan->from));
    snprintf(next, sizeof(next), "\"pgcutover %s --execute\", when the cause is gone",
             leg_command(plan));
    snprintf(detail, sizeof(detail), "%s; they were held for %s", what,
             terminal_duration(runner->held_ns, duration));
    code =
        command_fault_with(&runner->fault, EXIT_FAILED, runner->pause_began ? detail : what, next);
    return runner->pause_began ? EXIT_ROLLED_BACK : code;
}

/* The cause first; that its undo has not ended yet, and why, follows from it. */
static enum exit_code report_stuck(struct runner *runner)
{
    struct text detail = {0};

    text_add(&detail, "undo has not ended (%s: %s); clients belong on %s",
             *runner->undo_fault.doing ? runner->undo_fault.doing : "undoing",
             runner->undo_fault.cause, side_name(runner->plan->from));
    fault_hint(&runner->fault, "\"pgcutover recover --execute\" goes on with it");
    command_fault_with(&runner->fault, EXIT_FAILED, text_string(&detail), NULL);
    text_free(&detail);
    return EXIT_FAILED;
}

static enum exit_code report_failed(struct runner *runner)
{
    char detail[64];

    if (runner->fault.exit_code == EXIT_AMBIGUOUS)
        return command_fault_with(&runner->fault, EXIT_AMBIGUOUS, "nothing more was done", NULL);
    snprintf(detail, sizeof(detail), "clients belong on %s", side_name(runner->side));
    if (runner_is_switched(runner)) {
        /* whatever it was: not this command goes on, but recover */
        if (!strstr(runner->fault.hint, "recover --execute"))
            fault_hint(&runner->fault, "\"pgcutover recover --execute\" goes on");
        runner->fault.exit_code = EXIT_FAILED;
    }
    return command_fault_with(&runner->fault, EXIT_FAILED, detail, NULL);
}

void moving_print_end(const struct procedure *procedure, const struct plan *plan)
{
    const char *from = side_name(plan->from), *to = side_name(plan->to), *proof;
    char key[64];

    snprintf(key, sizeof(key), "%s.proof", plan->id);
    proof = journal_get(procedure->journal, key);
    if (plan == &plan_rollback_lossy)
        printf("what was written on %s since the cutover is on %s only, until abort removes it\n",
               from, from);
    else
        printf("everything acknowledged on %s is on %s; proof: %s\n", from, to,
               proof ? proof : "unknown");
    printf("clients are on %s; %s stays fenced\n", to, from);
    if (journal_get(procedure->journal, "way_back"))
        printf("the way back is open: %s follows %s\n", from, to);
}

void moving_print_next(const struct plan *plan)
{
    printf("Next: pgcutover %s --execute%s\n", leg_next(plan),
           plan == &plan_rollback_lossy ? ", when nothing on green is needed any more; then prepare"
           : plan->to == SIDE_BLUE      ? ", when the cause is gone"
                                        : "");
}

static enum exit_code report_done(struct procedure *procedure, struct runner *runner,
                                  const struct client_probing *probing)
{
    const struct plan *plan = runner->plan;
    struct ended ended = {.plan = plan, .since_us = procedure->began_us};
    struct fault fault;

    print_pause(procedure, runner);
    client_probing_print(probing);
    if (!journal_each_row(procedure->journal, print_terminated, &ended, &fault))
        command_fault(&fault, EXIT_FAILED);
    moving_print_end(procedure, plan);
    moving_print_next(plan);
    return EXIT_DONE;
}

static enum exit_code report(struct procedure *procedure, struct runner *runner,
                             enum run_result result, const struct client_probing *probing)
{
    char detail[96];

    switch (result) {
    case RUN_DONE:
        return report_done(procedure, runner, probing);
    case RUN_UNDONE:
        return report_undone(procedure, runner);
    case RUN_STUCK:
        return report_stuck(runner);
    case RUN_REFUSED:
        command_fault(&runner->fault, EXIT_FAILED);
        snprintf(detail, sizeof(detail), "nothing more was undone; %s was left as it is",
                 side_name(runner->plan->from));
        return command_fault_with(&runner->undo_fault, EXIT_AMBIGUOUS, detail, NULL);
    case RUN_AMBIGUOUS:
        return attending_recovered(procedure, runner->plan, recovery_decide(procedure, runner));
    case RUN_FAILED:
        break;
    }
    return report_failed(runner);
}

/* By whatever came last: a rollback that was undone leaves them on green as well. */
static bool are_clients_there(const struct procedure *procedure, const struct plan *plan)
{
    return leg_phase(procedure) == LEG_IDLE && leg_side(procedure) == plan->to &&
           (plan->to == SIDE_GREEN || leg_plan(procedure)->to == SIDE_BLUE);
}

static enum exit_code say_done(const struct procedure *procedure, const struct plan *plan)
{
    printf("Clients are on %s already.\n", side_name(plan->to));
    moving_print_next(plan->to == SIDE_GREEN ? plan : leg_plan(procedure));
    return EXIT_DONE;
}

/* With the client probe and the lag beside it. A write of its own that is gone is an alarm;
   otherwise the end is that of the plan. */
static enum exit_code run(struct procedure *procedure, struct runner *runner)
{
    struct sampling *sampling = sampling_begin(procedure, runner, runner->plan->rows[0].step->id);
    struct client_probing *probing =
        client_probing_begin(procedure, runner, CLIENT_PROBE_INTERVAL_MS);
    enum run_result result = procedure_run(procedure, runner, 0);
    enum exit_code code;

    if (result == RUN_DONE || result == RUN_UNDONE || result == RUN_FAILED)
        client_probing_end(probing, result);
    runner->companion = NULL;
    code = report(procedure, runner, result, probing);
    if (result != RUN_DONE)
        client_probing_print(probing);
    if (!client_probing_is_sound(probing))
        code = EXIT_AMBIGUOUS;
    client_probing_free(probing);
    sampling_end(sampling); /* whatever became of the plan, nobody is held by us any more */
    evidence_keep(procedure, runner->plan->id);
    return code;
}

/* A flag may have given it: nobody else knows it later. */
static void note_budget(struct procedure *procedure, const struct plan *plan)
{
    char key[64];

    snprintf(key, sizeof(key), "%s.budget_ms", plan->id);
    journal_setf(procedure->journal, key, "%lld", (long long) procedure->config->pause_budget_ms);
}

static enum exit_code execute(struct procedure *procedure, const struct plan *plan)
{
    struct runner runner;
    struct fault fault;
    char what[96];

    if (are_clients_there(procedure, plan))
        return say_done(procedure, plan);
    snprintf(what, sizeof(what), "move the clients %sto %s%s", plan->to == SIDE_BLUE ? "back " : "",
             side_name(plan->to),
             plan == &plan_rollback_lossy ? ", WITHOUT what was written on green" : "");
    if (!reviewing_read(procedure, &fault) || !may_begin(procedure, plan, &fault) ||
        !verified_allows(procedure, plan, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (plan == &plan_rollback_lossy)
        loss_print(procedure);
    if (!procedure_confirm(procedure, what, &fault) || !attending_begin(procedure, plan, &fault))
        return command_fault(&fault, EXIT_FAILED);
    runner = procedure_runner(procedure, plan);
    if (!start_watchdog(procedure, &runner.fault)) {
        attending_end(procedure, &runner, RUN_FAILED);
        return command_fault(&runner.fault, EXIT_FAILED);
    }
    procedure->began_us = procedure->driver->wall_us(procedure->driver);
    leg_begin(procedure, plan);
    note_budget(procedure, plan);
    return run(procedure, &runner);
}

static enum exit_code explain(struct procedure *procedure, const struct plan *plan)
{
    struct fault fault;
    enum exit_code code;

    if (!has_way(procedure, plan, &fault))
        return command_fault(&fault, EXIT_CHECKS_FAILED);
    code = reviewing_look(procedure);

    if (code == EXIT_DONE)
        code = procedure_explain(procedure, plan);
    if (code == EXIT_DONE && plan == &plan_rollback_lossy) {
        puts("");
        loss_print(procedure);
    }
    if (code == EXIT_DONE)
        code = reviewing_save(procedure);
    return code == EXIT_DONE ? verified_explain(procedure, plan) : code;
}

enum exit_code moving_command(const struct options *options, const struct plan *plan)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;

    if (!procedure_open(options, options->execute ? PROCEDURE_CONTINUE : PROCEDURE_LOOK, &procedure,
                        &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (!attending_open(&procedure, &fault))
        code = command_fault(&fault, EXIT_FAILED);
    else
        code = options->execute ? execute(&procedure, plan) : explain(&procedure, plan);
    procedure_close(&procedure);
    return code;
}
