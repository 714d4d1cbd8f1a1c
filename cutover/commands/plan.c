/*
 * plan: every step, who may write after it, the exact statements and commands.
 */
#include "attending.h"
#include "reviewing.h"

#include "../plans/plans.h"
#include "script_files.h"

/* A plan names them with their arguments. Needs no server. */
static enum exit_code print_scripts(void)
{
    const struct script *const *script;

    for (script = script_files; *script; script++)
        printf("%s# %s.sh: %s%s\n%s", script == script_files ? "" : "\n", (*script)->id,
               (*script)->doing, (*script)->reads ? " (changes nothing)" : "", (*script)->text);
    return EXIT_DONE;
}

enum exit_code command_plan(const struct options *options)
{
    static const struct plan *const plans[] = {&plan_prepare, &plan_cutover, &plan_finish};
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;
    size_t i;

    if (options->scripts)
        return print_scripts();
    if (!procedure_open(options, PROCEDURE_LOOK, &procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = attending_open(&procedure, &fault) ? reviewing_look(&procedure)
                                              : command_fault(&fault, EXIT_FAILED);
    for (i = 0; i < sizeof(plans) / sizeof(plans[0]) && code == EXIT_DONE; i++) {
        if (i > 0)
            puts("");
        code = procedure_explain(&procedure, plans[i]);
    }
    if (code == EXIT_DONE)
        puts("\nWhat is named *.sh is printed in full by: pgcutover plan --scripts");
    if (code == EXIT_DONE)
        code = reviewing_save(&procedure);
    procedure_close(&procedure);
    return code;
}
