/*
 * What --help prints, as wide as the terminal is.
 */
#include "command.h"

#include "../base/text.h"
#include "../report/terminal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 79
/* In a narrower terminal what is explained has a line of its own. */
#define NARROW 64

static int width(void)
{
    int columns = terminal_width(stdout, WIDTH);

    return columns < WIDTH ? columns : WIDTH;
}

/* "  name      what it is" */
static void print_entry(const char *name, int column, const char *text)
{
    bool apart = width() < NARROW || 2 + (int) strlen(name) >= column;

    if (width() < NARROW)
        column = 6;
    printf("  %s", name);
    if (apart)
        printf("\n%*s", column, "");
    else
        printf("%*s", column - 2 - (int) strlen(name), "");
    terminal_paragraph(stdout, text, width(), column, column);
}

void help_print_commands(void)
{
    size_t i;

    terminal_paragraph(stdout,
                       "pgcutover takes a live PostgreSQL cluster to a new major version while its "
                       "clients stay connected.",
                       width(), 0, 0);
    puts("\nUsage:\n  pgcutover COMMAND [OPTION]...\n\nCommands:");
    for (i = 0; i < command_count; i++)
        print_entry(commands[i].name, 12, commands[i].summary);
    puts("");
    terminal_paragraph(stdout,
                       "Nothing changes without --execute. \"pgcutover COMMAND --help\" says more.",
                       width(), 0, 0);
}

static void print_check_options(void)
{
    print_entry("--fix", 22, "print the cures as a script for psql; it is not run");
    print_entry("--list", 22, "print what is checked, how severe it is and why; asks nobody");
    print_entry("--pg-upgrade", 22,
                "also ask the pg_upgrade --check of green's release, on a scratch copy of the "
                "schema on green's host");
    print_entry("--plans[=FILE]", 22,
                "instead, compare the plans of both servers: for the top statements of "
                "pg_stat_statements, or those of a file");
    print_entry("--analyze", 22,
                "with --plans=FILE, also run them, read-only, and compare the time");
}

static void print_watch_options(void)
{
    print_entry("--interval=TIME", 22, "between two looks (default: 1s; 200ms to 1min)");
    print_entry("--http=ADDRESS:PORT", 22,
                "serve a page that shows it, and /metrics for Prometheus; on loopback only");
    print_entry("--http-anywhere", 22,
                "listen on other addresses, too: whoever reaches the port may read it all");
    print_entry(
        "--metrics-file=FILE", 22,
        "write the metrics to a file each interval, for node_exporter's textfile collector");
    print_entry("--record=FILE", 22, "append what is seen to a file, as lines of JSON");
    print_entry("--replay=FILE", 22, "show what was recorded, at the pace at which it was seen");
    print_entry("--speed=N", 22, "with --replay, so many times faster (0.1 to 10000)");
}

static void print_verify_options(void)
{
    print_entry("--database=LIST", 22, "only these databases; comma-separated, repeatable");
    print_entry("--table=LIST", 22,
                "only the rows of these tables: NAME or SCHEMA.NAME, as stored, without quotes");
    print_entry("--jobs=N", 22, "sessions on each side that read rows (default: 2)");
    print_entry("--rest=PERCENT", 22,
                "of its time each of them lets the servers rest (default: 0, at most 95)");
    print_entry("--max-chunk=ROWS", 22,
                "rows that are read by one statement at most (default: 5000000)");
    print_entry("--restart", 22, "begin anew, also when an interrupted one could be gone on with");
    print_entry("--show-rows", 22, "the text of rows that differ, beside their keys");
}

static void print_report_options(void)
{
    print_entry("--to=DIRECTORY", 22, "where the files are written (default: here)");
    print_entry("--format=FORMAT", 22,
                "note (Markdown), html, json or all (default: note and html)");
}

static void print_options(const struct command *command)
{
    bool is_init = strcmp(command->name, "init") == 0;

    print_entry("--config=FILE", 22,
                is_init ? "the file to write (default: pgcutover.ini); - is standard output"
                : strcmp(command->name, "watch") == 0
                    ? "the configuration of a cluster; repeatable (default: as everywhere)"
                    : "the configuration (default: $PGCUTOVER_CONFIG, ./pgcutover.ini, "
                      "/etc/pgcutover/pgcutover.ini)");
    if (!is_init)
        print_entry("--run=DIRECTORY", 22,
                    "a run directory (default: the cluster's run that is under way)");
    if (command->acts) {
        print_entry("--execute", 22, "act; without it, only say what would be done");
        print_entry("--yes", 22, "do not ask for the cluster's name");
    }
    if (strcmp(command->name, "check") == 0)
        print_check_options();
    if (strcmp(command->name, "watch") == 0)
        print_watch_options();
    if (strcmp(command->name, "plan") == 0)
        print_entry("--scripts", 22, "print the scripts that run on the hosts, in full");
    if (strcmp(command->name, "plan") == 0 || strcmp(command->name, "cutover") == 0)
        print_entry("--save=FILE", 22,
                    "keep in a file what the plan saw of servers and poolers (dry runs)");
    if (strcmp(command->name, "cutover") == 0)
        print_entry("--plan=FILE", 22,
                    "refuse when servers and poolers are not what that plan saw: exit code 4");
    if (strcmp(command->name, "rollback") == 0)
        print_entry("--accept-data-loss", 22,
                    "without a way back: lose what was written on green; it is listed first");
    if (strcmp(command->name, "finish") == 0)
        print_entry("--delete-blue=NAME", 22,
                    "behind it, stop blue and remove its data directory; NAME is the cluster's, "
                    "and --yes does not stand for it");
    if (strcmp(command->name, "verify") == 0)
        print_verify_options();
    if (strcmp(command->name, "report") == 0)
        print_report_options();
    if (strcmp(command->name, "check") == 0 || strcmp(command->name, "status") == 0 ||
        strcmp(command->name, "verify") == 0 || strcmp(command->name, "guard") == 0 ||
        strcmp(command->name, "report") == 0)
        print_entry("--output=FORMAT", 22,
                    strcmp(command->name, "check") == 0
                        ? "table (default) or json; with --list also markdown"
                        : "table (default) or json");
    print_entry("--help, --version", 22, "");
}

void help_print(const struct command *command)
{
    size_t i;

    printf("pgcutover %s: ", command->name);
    terminal_paragraph(stdout, command->summary, width(), 12 + (int) strlen(command->name), 4);
    puts("");
    terminal_paragraph(stdout, command->help, width(), 0, 0);
    printf("\nUsage:\n  pgcutover %s [OPTION]...\n\nOptions:\n", command->name);
    print_options(command);
    puts("");
    terminal_paragraph(
        stdout, "Keys of the configuration, over file and PGCUTOVER_* variables:", width(), 0, 0);
    for (i = 0; i < config_option_count; i++) {
        char *name = command_flag_name(&config_options[i]);
        struct text flag = {0};

        text_add(&flag, "--%s", name ? name : "");
        if (name)
            print_entry(text_string(&flag), 30, config_options[i].help);
        text_free(&flag);
        free(name);
    }
}
