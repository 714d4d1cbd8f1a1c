/*
 * finish: take away what the cutover needed, and list what is left.
 */
#include "attending.h"
#include "debt.h"
#include "deleting.h"
#include "evidence.h"
#include "last_run.h"
#include "leg.h"
#include "run_directory.h"
#include "window.h"

#include "../base/text.h"
#include "../plans/plans.h"

#include <stdlib.h>

/* One that is left behind does not make finish fail. */
static void print_debt(struct procedure *procedure)
{
    struct debt debt;

    debt_look(procedure, &debt);
    debt_print(&debt);
    debt_free(&debt);
}

static void say_closing(const struct procedure *procedure, const char *closes)
{
    struct text age = {0};

    if (window_age(procedure, &age))
        printf("%s the way back, which was open for %s: blue does not follow green any more\n",
               closes, text_string(&age));
    text_free(&age);
}

static bool may_finish(const struct procedure *procedure, struct fault *fault)
{
    if (leg_has_lost(procedure) && leg_phase(procedure) == LEG_IDLE) {
        fault_set(fault, "finishing the run", NULL, NULL,
                  "clients went back to blue without what was written on green: nothing was "
                  "moved that could be finished");
        fault_hint(fault, "\"pgcutover abort --execute\" takes away what the run made, green too");
        fault->exit_code = EXIT_CHECKS_FAILED;
        return false;
    }
    if (leg_is_done(procedure, leg_plan(procedure)) ||
        (leg_phase(procedure) == LEG_IDLE && leg_side(procedure) == SIDE_GREEN))
        return true;
    fault_set(fault, "finishing the run", NULL, NULL, "%s",
              leg_phase(procedure) == LEG_IDLE ? "clients are not on green yet"
                                               : "what moves the clients has not ended");
    fault_hint(fault, "%s; \"pgcutover status\" says where the run stands",
               leg_phase(procedure) == LEG_IDLE ? "\"pgcutover cutover --execute\" moves them"
                                                : "\"pgcutover recover --execute\" goes on");
    fault->exit_code = EXIT_CHECKS_FAILED;
    return false;
}

static const struct plan *finish_plan(const struct procedure *procedure)
{
    return leg_side(procedure) == SIDE_GREEN ? &plan_finish : &plan_finish_on_blue;
}

static enum exit_code run_plan(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, finish_plan(procedure));
    struct fault fault;
    char detail[64];

    if (!may_finish(procedure, &fault) || !attending_begin(procedure, runner.plan, &fault))
        return command_fault(&fault, EXIT_CHECKS_FAILED);
    if (!journal_get(procedure->journal, "finish.state")) /* a repeat would find half of it gone */
        evidence_keep(procedure, "finish");
    if (procedure_run(procedure, &runner, 0) != RUN_DONE) {
        snprintf(detail, sizeof(detail), "clients are on %s", side_name(leg_side(procedure)));
        return command_fault_with(&runner.fault, EXIT_FAILED, detail,
                                  "the same command again goes on");
    }
    evidence_keep(procedure, "finished");
    if (!run_end(procedure->directory, &fault))
        return command_fault(&fault, EXIT_FAILED);
    say_closing(procedure, "This closed");
    return EXIT_DONE;
}

/* `has_ended`: the run is the last one, and none is under way. */
static enum exit_code execute(struct procedure *procedure, bool has_ended)
{
    enum exit_code code = EXIT_DONE;
    struct fault fault;

    if (!deleting_may(procedure, &fault))
        return command_fault(&fault, EXIT_USAGE);
    if (!procedure_has_run(procedure) || has_ended)
        puts("no run is under way: nothing to finish");
    else if (procedure->options->run && journal_has(procedure->journal, "finish.state", "done"))
        /* what bears the same names by now may be of a later run, whose blue is this green */
        puts("this run is finished: nothing to finish");
    else
        code = run_plan(procedure);
    if (code == EXIT_DONE && journal_has(procedure->journal, "finish.state", "done")) {
        code = deleting_execute(procedure);
        print_debt(procedure);
    }
    return code;
}

static enum exit_code explain(struct procedure *procedure, bool has_ended)
{
    enum exit_code code = EXIT_DONE;
    struct fault fault;

    if (!deleting_may(procedure, &fault))
        return command_fault(&fault, EXIT_USAGE);
    if (!has_ended && (code = procedure_explain(procedure, finish_plan(procedure))) == EXIT_DONE)
        say_closing(procedure, "With --execute this closes");
    return code == EXIT_DONE ? deleting_explain(procedure) : code;
}

/* A dry run without a run under way tells what finish does in general. */
static bool open_run(const struct options *options, struct procedure *ret_procedure,
                     char **ret_last, struct fault *fault)
{
    *ret_last = NULL;
    if (!options->execute && !options->delete_blue)
        return procedure_open(options, PROCEDURE_LOOK, ret_procedure, fault);
    return last_run_open(options, options->execute ? PROCEDURE_END : PROCEDURE_LOOK,
                         options->execute && options->delete_blue ? PROCEDURE_CONTINUE
                                                                  : PROCEDURE_LOOK,
                         ret_procedure, ret_last, fault);
}

enum exit_code command_finish(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;
    char *last = NULL;

    if (!open_run(options, &procedure, &last, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (!attending_open(&procedure, &fault))
        code = command_fault(&fault, EXIT_FAILED);
    else
        code = options->execute ? execute(&procedure, last != NULL)
                                : explain(&procedure, last != NULL);
    procedure_close(&procedure);
    free(last);
    return code;
}
