/*
 * recover: read the facts, say the verdict, act on it.
 */
#include "attending.h"
#include "leg.h"
#include "recovery.h"

#include <stdio.h>

static enum exit_code say(struct procedure *procedure)
{
    const struct plan *plan = leg_plan(procedure);

    if (!procedure_has_run(procedure)) {
        puts("no run is under way: nothing to recover");
        return EXIT_DONE;
    }
    switch (leg_phase(procedure)) {
    case LEG_FORWARD:
        printf("verdict: the switch is on disk; recover --execute goes forward, to %s\n",
               side_name(plan->to));
        break;
    case LEG_UNDO:
        printf("verdict: the switch was not reached; recover --execute undoes, clients are on %s\n",
               side_name(plan->from));
        break;
    case LEG_IDLE:
        if (leg_is_done(procedure, plan))
            printf("verdict: the %s is done; clients are on %s. Nothing to recover\n", plan->id,
                   side_name(plan->to));
        else
            printf("verdict: no %s is under way; clients are on %s. Nothing to recover\n", plan->id,
                   side_name(leg_side(procedure)));
        break;
    }
    return EXIT_DONE;
}

static enum exit_code act(struct procedure *procedure)
{
    const struct plan *plan = leg_plan(procedure);
    bool was_interrupted = leg_phase(procedure) != LEG_IDLE;
    enum exit_code code = recovery_run(procedure, true);

    /* clients are served by now, or nothing more can be done for them */
    return was_interrupted ? attending_recovered(procedure, plan, code) : code;
}

enum exit_code command_recover(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;

    if (!procedure_open(options, options->execute ? PROCEDURE_END : PROCEDURE_LOOK, &procedure,
                        &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = options->execute && procedure_has_run(&procedure) ? act(&procedure) : say(&procedure);
    procedure_close(&procedure);
    return code;
}
