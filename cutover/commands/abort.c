/*
 * abort: undo an unfinished run; blue as it was before.
 */
#include "evidence.h"
#include "leg.h"
#include "recovery.h"
#include "run_directory.h"

#include "../plans/plans.h"
#include "sql_files.h"

#define ASK_GREEN_MS 5000

static enum exit_code refuse_after_switch(const struct procedure *procedure)
{
    bool has_ended = leg_phase(procedure) == LEG_IDLE;
    struct fault fault;

    fault_set(&fault, "aborting the run", NULL, NULL, "%s",
              has_ended ? "clients are on green: there is no undo"
                        : "clients belong on green, and what moves them was interrupted");
    fault_hint(&fault, has_ended ? "\"pgcutover finish --execute\" ends the run"
                                 : "\"pgcutover recover --execute\" goes on with it");
    return command_fault(&fault, EXIT_CHECKS_FAILED);
}

/* Green is open behind a switch only: an old copy of the run directory does not know of it. */
static bool is_green_open(struct procedure *procedure)
{
    struct reply reply = {0};
    int64_t open = 0;
    bool is_open = journal_has(procedure->journal, "green.ready", "yes") &&
                   procedure_ask(procedure, &procedure->world->green.link, &sql_open_look, NULL,
                                 ASK_GREEN_MS, &reply) &&
                   (!reply_number(&reply, 0, "open", &open) || open != 0);

    reply_clear(&reply);
    return is_open;
}

static enum exit_code refuse_open_green(void)
{
    struct fault fault;

    fault_set(&fault, "aborting the run", NULL, NULL,
              "the journal knows of no switch, but green is open to clients");
    fault_hint(&fault, "is this the newest copy of the run directory? With it, \"pgcutover "
                       "status\". If there is none, look on which side clients have written");
    return command_fault_with(&fault, EXIT_AMBIGUOUS, "nothing was removed", NULL);
}

static enum exit_code say(struct procedure *procedure)
{
    size_t i = plan_prepare.count;

    if (!procedure_has_run(procedure)) {
        puts("no run is under way: nothing to abort");
        return EXIT_DONE;
    }
    if (leg_side(procedure) == SIDE_GREEN)
        return refuse_after_switch(procedure);
    puts("abort would undo, backwards:");
    while (i-- > 0)
        if (plan_prepare.rows[i].step->undo)
            printf("  %s: %s\n", plan_prepare.rows[i].step->id,
                   plan_prepare.rows[i].step->undo_note);
    return EXIT_DONE;
}

static enum exit_code execute(struct procedure *procedure)
{
    struct runner runner;
    struct fault fault;
    enum exit_code code;

    if (!procedure_has_run(procedure)) {
        puts("no run is under way: nothing to abort");
        return EXIT_DONE;
    }
    if (leg_side(procedure) == SIDE_GREEN)
        return refuse_after_switch(procedure);
    if (!procedure_confirm(procedure,
                           leg_has_lost(procedure)
                               ? "remove green, the only place of what was written on it, and "
                                 "everything this run made"
                               : "remove green and everything this run made",
                           &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (leg_phase(procedure) != LEG_IDLE) {
        code = recovery_run(procedure, true);
        if (code != EXIT_DONE)
            return code;
    } else if ((code = recovery_evict(procedure)) != EXIT_DONE) {
        return code; /* evicted: a prepare that was killed may still be creating a slot */
    }
    if (is_green_open(procedure))
        return refuse_open_green();
    if (!journal_has(procedure->journal, "prepare.state", "undoing")) /* half of it is gone then */
        evidence_keep(procedure, "abort");
    runner = procedure_runner(procedure, &plan_prepare);
    if (runner_undo(&runner, plan_prepare.count - 1) != RUN_UNDONE) {
        return command_fault_with(&runner.undo_fault, EXIT_FAILED, "blue accepts writes",
                                  "the same command again goes on");
    }
    evidence_keep(procedure, "aborted");
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
