/*
 * plan: every step, who may write after it, the exact statements and commands.
 */
#include "procedure.h"

#include "../plans/plans.h"

enum exit_code command_plan(const struct options *options)
{
    static const struct plan *const plans[] = {&plan_prepare, &plan_cutover, &plan_finish};
    struct procedure procedure;
    struct fault fault;
    enum exit_code code = EXIT_DONE;
    size_t i;

    if (!procedure_open(options, PROCEDURE_LOOK, &procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    for (i = 0; i < sizeof(plans) / sizeof(plans[0]) && code == EXIT_DONE; i++) {
        if (i > 0)
            puts("");
        code = procedure_explain(&procedure, plans[i]);
    }
    procedure_close(&procedure);
    return code;
}
