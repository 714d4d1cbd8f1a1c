/*
 * recover: read the facts, say the verdict, act on it.
 */
#include "recovery.h"

#include <stdio.h>

static enum exit_code say(struct procedure *procedure)
{
    if (!procedure_has_run(procedure))
        puts("no run is under way: nothing to recover");
    else if (procedure_is_switched(procedure))
        puts(journal_has(procedure->journal, "cutover.state", "done")
                 ? "verdict: the cutover is done; clients are on green. Nothing to recover"
                 : "verdict: the switch is on disk; recover --execute goes forward, to green");
    else if (procedure_is_armed(procedure))
        puts("verdict: the switch was not reached; recover --execute undoes, clients are on blue");
    else
        puts("verdict: no cutover is under way; clients are on blue. Nothing to recover");
    return EXIT_DONE;
}

enum exit_code command_recover(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;

    if (!procedure_open(options, options->execute ? PROCEDURE_END : PROCEDURE_LOOK, &procedure,
                        &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = options->execute && procedure_has_run(&procedure) ? recovery_run(&procedure, true)
                                                             : say(&procedure);
    procedure_close(&procedure);
    return code;
}
