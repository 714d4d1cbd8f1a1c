/*
 * command.h: the table of commands, and the options they share.
 */
#ifndef PGCUTOVER_COMMANDS_COMMAND_H
#define PGCUTOVER_COMMANDS_COMMAND_H

#include "../base/config.h"
#include "../base/fault.h"

#include <stdbool.h>
#include <stddef.h>

#define OVERRIDES_MAX 64

/* Of verify; values as they were typed, NULL: not given. */
struct verify_flags {
    const char *databases, *tables; /* comma-separated; given twice: the lists are joined */
    const char *jobs, *rest, *max_chunk;
    bool restart, show_rows;
};

/* Of check. */
struct check_flags {
    bool fix;               /* the cures as a script */
    bool list;              /* what is checked; no server is asked */
    bool plans, analyze;    /* how both servers run statements; and how long that takes */
    bool pg_upgrade;        /* also ask green's pg_upgrade --check */
    const char *plans_file; /* NULL: those of pg_stat_statements */
};

#define CONFIGS_MAX 32

/* Of watch; values as they were typed, NULL: not given. */
struct watch_flags {
    const char *configs[CONFIGS_MAX]; /* --config, given again and again */
    size_t config_count;
    const char *interval, *record, *replay, *speed, *http, *metrics_file;
    bool http_anywhere; /* --http-anywhere: not only on loopback */
};

/* Of report; NULL: not given. */
struct report_flags {
    const char *to;     /* a directory that is there */
    const char *format; /* note, html, json, all */
};

struct options {
    const char *program;     /* argv[0] */
    const char *config_file; /* --config */
    const char *run;         /* --run: a run directory */
    bool execute;            /* --execute: act */
    bool yes;                /* --yes: no question on a terminal */
    bool json;               /* --output=json */
    bool markdown;           /* --output=markdown, of check --list */
    bool scripts;            /* --scripts, of plan: what runs on the hosts, in full */
    bool accept_data_loss;   /* --accept-data-loss, of rollback */
    const char *save_file;   /* --save, of dry runs: keep there what the plan saw */
    const char *plan_file;   /* --plan, of cutover: what was reviewed */
    const char *delete_blue; /* --delete-blue, of finish: the cluster's name */
    struct check_flags check;
    struct verify_flags verify;
    struct watch_flags watch;
    struct report_flags report;
    struct config_override overrides[OVERRIDES_MAX];
    size_t override_count;
};

struct command {
    const char *name;
    const char *summary; /* one line, for the list */
    const char *help;    /* what it does, what it needs, what it leaves; for --help */
    bool acts;           /* takes --execute */
    enum exit_code (*run)(const struct options *options);
};

extern const struct command commands[];
extern const size_t command_count;

enum exit_code command_init(const struct options *options);
enum exit_code command_check(const struct options *options);
enum exit_code command_plan(const struct options *options);
enum exit_code command_prepare(const struct options *options);
enum exit_code command_watch(const struct options *options);
enum exit_code command_verify(const struct options *options);
enum exit_code command_cutover(const struct options *options);
enum exit_code command_rollback(const struct options *options);
enum exit_code command_guard(const struct options *options);
enum exit_code command_finish(const struct options *options);
enum exit_code command_abort(const struct options *options);
enum exit_code command_recover(const struct options *options);
enum exit_code command_report(const struct options *options);
enum exit_code command_status(const struct options *options);

/* Parses the command line and runs the command. */
int command_main(int argc, char **argv);

/* Prints a fault as PostgreSQL's tools do, and returns its exit code (`otherwise` if undecided).
   `hint` is for a fault that has none; `detail` may be NULL. */
enum exit_code command_fault(const struct fault *fault, enum exit_code otherwise);
enum exit_code command_fault_with(const struct fault *fault, enum exit_code otherwise,
                                  const char *detail, const char *hint);

/* The flag of a key that is not in a named section: "blue-from-green"; caller frees, NULL: none. */
char *command_flag_name(const struct config_option *option);

/* What a command was told by a flag, as the flag again, for another one that it starts: "…=…" in
   `text`, which owns it. */
struct text;
char *command_flag_of(struct text *text, const struct config_override *override);

void help_print_commands(void);
void help_print(const struct command *command);

#endif
