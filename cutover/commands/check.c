/*
 * check: what would stop a cutover, or lose data.
 */
#include "attending.h"
#include "check_plans.h"
#include "checking.h"
#include "leg.h"

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_counts(const struct finding_list *list)
{
    size_t errors = finding_count(list, CHECK_ERROR), notes = finding_count(list, CHECK_NOTE);
    size_t warnings = finding_count(list, CHECK_WARNING);

    fflush(stdout);
    fprintf(stderr, "%zu error%s, %zu warning%s, %zu note%s, %zu of advice\n", errors,
            plural(errors), warnings, plural(warnings), notes, plural(notes),
            finding_count(list, CHECK_ADVICE));
}

static enum exit_code check(struct procedure *procedure)
{
    const struct options *options = procedure->options;
    struct finding_list list = {0};
    struct fault fault;
    enum exit_code code;

    if (!checking_run(procedure, &list, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (options->json)
        checking_print_json(procedure, &list);
    else if (options->check.fix)
        checking_print_fix(&list);
    else
        checking_print(stdout, &list, CHECK_ADVICE);
    if (!options->json)
        print_counts(&list);
    code = finding_count(&list, CHECK_ERROR) ? EXIT_CHECKS_FAILED : EXIT_DONE;
    finding_list_free(&list);
    return code;
}

enum exit_code command_check(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code = EXIT_DONE;

    if (options->check.list) {
        checking_print_list(options->json       ? LIST_JSON
                            : options->markdown ? LIST_MARKDOWN
                                                : LIST_TABLE);
        return EXIT_DONE;
    }
    if (options->check.plans)
        return check_plans(options);
    if (!procedure_open(options, PROCEDURE_LOOK, &procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (!attending_open(&procedure, &fault))
        code = command_fault(&fault, EXIT_FAILED);
    else if (leg_side(&procedure) == SIDE_BLUE)
        code = check(&procedure);
    else if (options->json) /* what blue lacks now is no finding, and its fence not to be cured */
        checking_print_json(&procedure, NULL);
    else
        puts("Clients are on green already: nothing to check on blue, which is fenced.\n"
             "Next: pgcutover finish --execute");
    procedure_close(&procedure);
    return code;
}
