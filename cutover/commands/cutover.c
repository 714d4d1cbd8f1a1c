/*
 * cutover: move the clients to green.
 */
#include "procedure.h"
#include "recovery.h"

#include "../base/text.h"
#include "../plans/plans.h"

#include <stdlib.h>
#include <string.h>

static bool may_begin(struct procedure *procedure, struct fault *fault)
{
    if (!journal_has(procedure->journal, "green.ready", "yes")) {
        fault_set(fault, "beginning the cutover", NULL, NULL, "green is not ready");
        fault_hint(fault, "\"pgcutover prepare --execute\" goes on with it");
        fault->exit_code = EXIT_CHECKS_FAILED;
        return false;
    }
    if (procedure_is_armed(procedure)) {
        fault_set(fault, "beginning the cutover", NULL, NULL,
                  "an earlier one was interrupted and not cleaned up");
        fault_hint(fault, "\"pgcutover recover --execute\" first");
        return false;
    }
    return true;
}

static bool watchdog_ready(void *context)
{
    return watchdog_is_ready(context);
}

static bool start_watchdog(struct procedure *procedure, struct fault *fault)
{
    struct text config = {0}, run = {0}, log = {0};
    char *arguments[8] = {(char *) procedure->options->program, (char *) "recover",
                          (char *) "--execute", (char *) "--yes", (char *) "--by-watchdog"};
    bool good;

    text_add(&config, "--config=%s", procedure->config->file);
    text_add(&run, "--run=%s", procedure->directory);
    text_add(&log, "%s/watchdog.log", procedure->directory);
    arguments[5] = (char *) text_string(&config);
    arguments[6] = (char *) text_string(&run);
    /* a stall is given less than half of the budget, so that the rest suffices for the undo */
    good = watchdog_start(arguments, text_string(&log), procedure->config->pause_budget_ms * 2 / 5,
                          &procedure->watchdog, fault);
    if (good) {
        procedure->world->watchdog_is_ready = watchdog_ready;
        procedure->world->watchdog_context = procedure->watchdog;
    }
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

static bool print_terminated(void *context, const struct journal_line *line)
{
    (void) context;
    if (!line->plan && string_equal(line->step, "terminated"))
        printf("ended on blue: %s\n", line->state);
    return true;
}

static enum exit_code report(struct procedure *procedure, struct runner *runner,
                             enum run_result result)
{
    const char *proof = journal_get(procedure->journal, "cutover.proof");
    struct fault fault;
    enum exit_code code;
    char duration[32];

    switch (result) {
    case RUN_DONE:
        print_pause(procedure, runner);
        if (!journal_each_row(procedure->journal, print_terminated, NULL, &fault))
            command_fault(&fault, EXIT_FAILED);
        printf("everything acknowledged on blue is on green; proof: %s\nclients are on green; blue "
               "stays fenced\nNext: pgcutover finish --execute\n",
               proof ? proof : "unknown");
        return EXIT_DONE;
    case RUN_UNDONE:
        code = command_fault(&runner->fault, EXIT_FAILED);
        fprintf(stderr, "pgcutover: detail: everything was undone; clients are on blue");
        if (runner->pause_began)
            fprintf(stderr, "; they were held for %s",
                    terminal_duration(runner->held_ns, duration));
        fprintf(stderr, "\nNext: pgcutover cutover --execute, when the cause is gone\n");
        return runner->pause_began ? EXIT_ROLLED_BACK : code;
    case RUN_STUCK:
        command_fault(&runner->fault, EXIT_FAILED);
        command_fault(&runner->undo_fault, EXIT_FAILED);
        fprintf(stderr, "pgcutover: detail: undo has not ended; clients belong on blue\n"
                        "Next: pgcutover recover --execute\n");
        return EXIT_FAILED;
    case RUN_AMBIGUOUS:
        return recovery_decide(procedure, runner);
    case RUN_FAILED:
        break;
    }
    code = command_fault(&runner->fault, EXIT_FAILED);
    fprintf(stderr, "pgcutover: detail: clients belong on %s\nNext: %s\n", side_name(runner->side),
            runner->side == SIDE_GREEN ? "pgcutover recover --execute" : "pgcutover status");
    return code;
}

static enum exit_code execute(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_cutover);
    struct fault fault;
    enum run_result result;

    if (procedure_is_switched(procedure)) {
        puts("Clients are on green already.\nNext: pgcutover finish --execute");
        return EXIT_DONE;
    }
    if (!may_begin(procedure, &fault) ||
        !procedure_confirm(procedure, "move the clients to green", &fault) ||
        !start_watchdog(procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    result = procedure_run(procedure, &runner, 0);
    return report(procedure, &runner, result);
}

enum exit_code command_cutover(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;

    if (!procedure_open(options, options->execute ? PROCEDURE_CONTINUE : PROCEDURE_LOOK, &procedure,
                        &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = options->execute ? execute(&procedure) : procedure_explain(&procedure, &plan_cutover);
    procedure_close(&procedure);
    return code;
}
