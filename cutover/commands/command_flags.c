/*
 * Which flags a command takes, and which exclude each other.
 */
#include "command_internal.h"

#include "../base/text.h"

#include <stdarg.h>
#include <string.h>

int command_refuse(const struct command *command, const char *nearest, const char *cause, ...)
{
    struct fault fault;
    struct text text = {0};
    va_list arguments;

    va_start(arguments, cause);
    text_add_list(&text, cause, arguments);
    va_end(arguments);
    fault_set(&fault, NULL, NULL, NULL, "%s", text_string(&text));
    text_free(&text);
    if (nearest)
        fault_hint(&fault, "Did you mean \"%s%s\"?", command ? "--" : "", nearest);
    else if (command)
        fault_hint(&fault, "\"pgcutover %s --help\" lists the options", command->name);
    else
        fault_hint(&fault, "\"pgcutover --help\" lists the commands");
    return command_fault(&fault, EXIT_USAGE);
}

/* --save and --plan. -1: there is nothing to say against them. */
static int check_plan_flags(const struct command *command, const struct options *options)
{
    bool is_cutover = strcmp(command->name, "cutover") == 0;

    if (options->plan_file && !is_cutover)
        return command_refuse(command, NULL, "%s takes no --plan: cutover does", command->name);
    if (options->save_file && !is_cutover && strcmp(command->name, "plan") != 0)
        return command_refuse(command, NULL, "%s takes no --save: plan and cutover do",
                              command->name);
    if (options->save_file && options->execute)
        return command_refuse(command, NULL, "--save is for a dry run: it takes no --execute");
    if (options->save_file && options->plan_file)
        return command_refuse(command, NULL, "--save and --plan exclude each other");
    if (options->save_file && options->scripts)
        return command_refuse(command, NULL, "--scripts looks at no server: it takes no --save");
    return -1;
}

/* Flags of check. -1: there is nothing to say against them. */
static int check_check_flags(const struct command *command, const struct options *options)
{
    const struct check_flags *flags = &options->check;
    bool is_check = strcmp(command->name, "check") == 0;

    if (!is_check &&
        (flags->fix || flags->list || flags->plans || flags->analyze || flags->pg_upgrade))
        return command_refuse(
            command, NULL,
            "%s takes no --fix, --list, --plans, --analyze or --pg-upgrade: check does",
            command->name);
    if (flags->fix + flags->list + flags->plans > 1)
        return command_refuse(command, NULL, "--fix, --list and --plans exclude each other");
    if (flags->analyze && !flags->plans_file)
        return command_refuse(command, NULL,
                              "--analyze runs statements on both servers: --plans=FILE says which");
    if (flags->pg_upgrade && (flags->list || flags->plans))
        return command_refuse(command, NULL,
                              "--pg-upgrade is a check: it goes with no --list or --plans");
    if (options->markdown && !flags->list)
        return command_refuse(command, NULL, "--output=markdown is for --list");
    if (options->json && flags->fix)
        return command_refuse(command, NULL, "--fix prints SQL: it takes no --output=json");
    return -1;
}

/* Flags of watch. -1: there is nothing to say against them. */
static int check_watch_flags(const struct command *command, const struct options *options)
{
    const struct watch_flags *flags = &options->watch;

    if (strcmp(command->name, "watch") != 0) {
        if (flags->interval || flags->record || flags->replay || flags->speed || flags->http ||
            flags->http_anywhere || flags->metrics_file)
            return command_refuse(command, NULL,
                                  "%s takes no --interval, --record, --replay, --speed, --http, "
                                  "--http-anywhere or --metrics-file: watch does",
                                  command->name);
        return -1;
    }
    if (flags->config_count > CONFIGS_MAX)
        return command_refuse(command, NULL, "watch takes %d --config at most", CONFIGS_MAX);
    if (options->run && flags->config_count > 1)
        return command_refuse(command, NULL, "--run is for one cluster: it goes with one --config");
    if (flags->replay && (flags->record || flags->config_count || options->run))
        return command_refuse(command, NULL,
                              "--replay asks nobody: it takes no --config, --run or --record");
    if (flags->replay && flags->interval)
        return command_refuse(command, NULL,
                              "--replay has the interval of the recording: --speed changes it");
    if (flags->speed && !flags->replay)
        return command_refuse(command, NULL, "--speed is for --replay");
    if (flags->http_anywhere && !flags->http)
        return command_refuse(command, NULL, "--http-anywhere says where --http may listen");
    return -1;
}

/* Flags that this command has no use for are refused, not ignored. -1: none of them is given. */
int command_check_flags(const struct command *command, const struct options *options)
{
    bool is_check = strcmp(command->name, "check") == 0;
    bool is_verify = strcmp(command->name, "verify") == 0;
    const struct verify_flags *flags = &options->verify;
    int result;

    if (options->execute && !command->acts)
        return command_refuse(command, NULL, "%s changes nothing: it takes no --execute",
                              command->name);
    if (options->scripts && strcmp(command->name, "plan") != 0)
        return command_refuse(command, NULL, "%s takes no --scripts: plan does", command->name);
    if (options->accept_data_loss && strcmp(command->name, "rollback") != 0)
        return command_refuse(command, NULL, "%s takes no --accept-data-loss: rollback does",
                              command->name);
    if (options->json && !is_check && !is_verify && strcmp(command->name, "status") != 0 &&
        strcmp(command->name, "guard") != 0 && strcmp(command->name, "report") != 0)
        return command_refuse(command, NULL,
                              "%s has no JSON yet: check, verify, guard, report and status do",
                              command->name);
    if ((options->report.to || options->report.format) && strcmp(command->name, "report") != 0)
        return command_refuse(command, NULL, "%s takes no --to or --format: report does",
                              command->name);
    if (options->report.to && !*options->report.to)
        return command_refuse(command, NULL, "--to names a directory");
    if (options->delete_blue && strcmp(command->name, "finish") != 0)
        return command_refuse(command, NULL, "%s takes no --delete-blue: finish does",
                              command->name);
    if (!is_verify && (flags->databases || flags->tables || flags->jobs || flags->rest ||
                       flags->max_chunk || flags->restart || flags->show_rows))
        return command_refuse(
            command, NULL,
            "%s takes no --database, --table, --jobs, --rest, --max-chunk, --restart or "
            "--show-rows: verify does",
            command->name);
    result = check_watch_flags(command, options);
    if (result < 0)
        result = check_check_flags(command, options);
    return result < 0 ? check_plan_flags(command, options) : result;
}
