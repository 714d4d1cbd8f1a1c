/*
 * cutover: move the clients to green.
 */
#include "procedure.h"
#include "recovery.h"
#include "reviewing.h"

#include "../base/text.h"
#include "../plans/plans.h"

#include <signal.h>
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
    if (procedure_is_switched(procedure)) {
        fault_set(fault, "beginning the cutover", NULL, NULL,
                  "clients belong on green, but the one that moved them there has not ended");
        fault_hint(fault, "\"pgcutover recover --execute\" goes on with it");
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

static void call_watchdog(void *context)
{
    watchdog_call(context);
}

/* What this command was told by flags, its recovery has to be told too. */
static char *add_flag(struct text *text, const struct config_override *override)
{
    const char *at;

    text_add_string(text, "--");
    for (at = override->name; *at; at++)
        text_add(text, "%c", *at == '.' || *at == '_' ? '-' : *at);
    text_add(text, "=%s", override->value);
    return (char *) text_string(text);
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
        arguments[6 + i] = add_flag(&flags[i], &options->overrides[i]);
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

static bool print_terminated(void *context, const struct journal_line *line)
{
    (void) context;
    if (!line->plan && string_equal(line->step, "terminated"))
        printf("ended on blue: %s\n", line->state);
    return true;
}

static enum exit_code report_undone(const struct runner *runner)
{
    static const char next[] = "\"pgcutover cutover --execute\", when the cause is gone";
    static const char what[] = "everything was undone; clients are on blue";
    char duration[32], detail[128];
    enum exit_code code;

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

    text_add(&detail, "undo has not ended (%s: %s); clients belong on blue",
             *runner->undo_fault.doing ? runner->undo_fault.doing : "undoing",
             runner->undo_fault.cause);
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
    if (runner->side == SIDE_GREEN) {
        /* whatever it was: not this command goes on, but recover */
        if (!strstr(runner->fault.hint, "recover --execute"))
            fault_hint(&runner->fault, "\"pgcutover recover --execute\" goes on");
        runner->fault.exit_code = EXIT_FAILED;
    }
    return command_fault_with(&runner->fault, EXIT_FAILED, detail, NULL);
}

static enum exit_code report(struct procedure *procedure, struct runner *runner,
                             enum run_result result)
{
    const char *proof = journal_get(procedure->journal, "cutover.proof");
    struct fault fault;

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
        return report_undone(runner);
    case RUN_STUCK:
        return report_stuck(runner);
    case RUN_REFUSED:
        command_fault(&runner->fault, EXIT_FAILED);
        return command_fault_with(&runner->undo_fault, EXIT_AMBIGUOUS,
                                  "nothing more was undone; blue was left as it is", NULL);
    case RUN_AMBIGUOUS:
        return recovery_decide(procedure, runner);
    case RUN_FAILED:
        break;
    }
    return report_failed(runner);
}

static enum exit_code execute(struct procedure *procedure)
{
    struct runner runner = procedure_runner(procedure, &plan_cutover);
    struct fault fault;
    enum run_result result;

    if (procedure_is_switched(procedure) &&
        journal_has(procedure->journal, "cutover.state", "done")) {
        puts("Clients are on green already.\nNext: pgcutover finish --execute");
        return EXIT_DONE;
    }
    if (!reviewing_read(procedure, &fault) || !may_begin(procedure, &fault) ||
        !procedure_confirm(procedure, "move the clients to green", &fault) ||
        !start_watchdog(procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    result = procedure_run(procedure, &runner, 0);
    return report(procedure, &runner, result);
}

static enum exit_code explain(struct procedure *procedure)
{
    enum exit_code code = reviewing_look(procedure);

    if (code == EXIT_DONE)
        code = procedure_explain(procedure, &plan_cutover);
    return code == EXIT_DONE ? reviewing_save(procedure) : code;
}

enum exit_code command_cutover(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;

    if (!procedure_open(options, options->execute ? PROCEDURE_CONTINUE : PROCEDURE_LOOK, &procedure,
                        &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = options->execute ? execute(&procedure) : explain(&procedure);
    procedure_close(&procedure);
    return code;
}
