/*
 * config.h: pgcutover.ini, PGCUTOVER_* variables and flags, from one option table.
 *
 * Precedence: flag over variable over file. Unknown keys and sections are faults with file, line
 * and the nearest known key. Reading blocks on local files only. Nothing of a value that may hold
 * a password is ever put into a fault.
 */
#ifndef PGCUTOVER_BASE_CONFIG_H
#define PGCUTOVER_BASE_CONFIG_H

#include "fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct config_parameter {
    char *name;
    char *value;
};

struct config_pooler {
    char *name;
    char *kind; /* "pgbouncer", "hook" */
    char *file;
    char *run;
    char **consoles; /* conninfo strings, from the comma-separated list */
    size_t console_count;
    char *probe;        /* conninfo, NULL: none */
    char *command;      /* of a hook, a POSIX sh line on the pooler's host */
    int64_t timeout_ms; /* of a hook's answers, but for hold; default 10s */
};

struct config_database {
    char *name;
    bool replicate; /* default true */
};

/* [guard_probe NAME]: exactly one of sql, url and command. */
struct config_probe {
    char *name;
    char *sql, *conninfo; /* the one with the other */
    char *url;
    char *command;
    int64_t interval_ms; /* default 1s */
    int64_t timeout_ms;  /* default 5s */
};

/* [notify NAME]: whom to tell what happens. */
struct config_notify {
    char *name;
    char *kind; /* "webhook", "slack", "pagerduty" */
    char *url;  /* may hold a password: never shown */
    char *url_file, *key_file;
    char **events; /* none: the default of its kind */
    size_t event_count;
};

/* An address "host=… port=…" as some other machine spells it. */
struct config_address {
    char *host;
    char *port;
};

struct config {
    char *file;            /* the path it was read from */
    char *cluster_name;    /* of [cluster NAME] */
    char *cluster_kind;    /* "self_managed" */
    char *state_directory; /* NULL: /var/lib/pgcutover when writable, else XDG state */
    struct {
        char *conninfo;
        char *from_green; /* conninfo */
        struct config_address *from_poolers;
        size_t from_poolers_count;
        char *run;
        char *data_directory;
        char *stop_command; /* NULL: pg_ctl */
        bool refuse_ddl;    /* event triggers on blue, from prepare to finish */
    } blue;
    struct {
        char *conninfo;
        char *from_blue;
        struct config_address *from_poolers; /* exactly one when poolers are configured */
        size_t from_poolers_count;
        char *run;
        char *bin_directory;
        char *old_bin_directory; /* blue's major, on green's host */
        char *data_directory;
        char *port;
        char *socket_directory;
        char *start_command; /* NULL: pg_ctl */
        char *stop_command;
        int64_t expected_ms;                 /* clone, upgrade and catching up; 0: estimated */
        struct config_parameter *parameters; /* [green.parameters] */
        size_t parameter_count;
    } green;
    struct config_database *databases;
    size_t database_count;
    struct config_pooler *poolers;
    size_t pooler_count;
    bool way_back;              /* [rollback] reverse, default yes */
    char *require_verify;       /* none | full | recent; default none */
    int64_t verify_age_ms;      /* default 24h */
    int64_t pause_budget_ms;    /* default 5s */
    int64_t quiet_wait_ms;      /* default 10min */
    int64_t release_stagger_ms; /* default 0: all poolers at once */
    bool client_probe;          /* measure what clients feel; default yes */
    char *on_straggler;         /* give_up | terminate; default give_up */
    char *direct_sessions;      /* fence | refuse; default fence */
    char **keep_roles;          /* [fence] keep_roles, comma-separated */
    size_t keep_role_count;
    struct {
        char *on_trip;         /* alert | rollback, for probes; default alert */
        char *on_lag;          /* the same, for the lag of the way back */
        int64_t errors;        /* percent over the baseline, default 5 */
        int64_t errors_for_ms; /* the window, default 5min */
        int64_t lag_ms, lag_for_ms;
        char *alert; /* a command line, NULL: none */
    } guard;
    struct config_probe *probes; /* of the guard */
    size_t probe_count;
    struct {
        char *directory;    /* NULL: no hooks */
        int64_t timeout_ms; /* of each; default 30s */
    } hooks;
    struct config_notify *notifies;
    size_t notify_count;
    struct {
        char *environment, *operator_name, *trigger; /* NULL: not told */
        char *author;                                /* NULL: the operator */
        char *domain, *maturity;                     /* of the note's front matter */
        char **references;
        size_t reference_count;
    } report;
};

/* One row of the option table: what keys there are; flags and variables are derived from it:
   [blue] from_green is --blue-from-green and PGCUTOVER_BLUE_FROM_GREEN. */
struct config_option {
    const char *section; /* "blue"; "pooler *" for sections that are named */
    const char *key;
    const char *type;          /* "conninfo", "path", "command", "duration", "addresses", … */
    const char *default_value; /* for people; NULL: none */
    bool required;
    const char *help;    /* one line */
    const char *choices; /* type "choice": what it may be, comma-separated */
    const char *example; /* for hints and the template; NULL: the default is one */
    /* where the value and the count of a list are in struct config, or in config_pooler and
       config_database for their sections: config_*.c only */
    size_t offset, count_offset;
    bool clone; /* without it green cannot be made: config_has_clone() */
    /* of [pooler NAME]: for sections of that kind only, in others it is refused; NULL: for all */
    const char *kind;
};
extern const struct config_option config_options[];
extern const size_t config_option_count;

/*
 * Reads `file` (NULL: $PGCUTOVER_CONFIG, ./pgcutover.ini, /etc/pgcutover/pgcutover.ini), applies
 * variables, then `overrides` ("section.key", value pairs from flags; NULL-terminated names).
 * Checks that what is required is there. Caller frees with config_free().
 */
struct config_override {
    const char *name; /* "blue.conninfo" */
    const char *value;
};
bool config_read(const char *file, const struct config_override *overrides, size_t override_count,
                 struct config **ret_config, struct fault *fault)
    __attribute__((warn_unused_result));
void config_free(struct config *config); /* NULL-safe */

bool config_pooler_is_hook(const struct config_pooler *pooler);
/* "the SQL", "the URL", "the command" */
const char *config_probe_kind(const struct config_probe *probe);

/* Is it to be told of this event? The names of all of them, NULL-terminated. */
bool config_notify_wants(const struct config_notify *notify, const char *event);
extern const char *const config_notify_events[];
/* http:// or https://, a host, no blanks; and one that nobody on the way can read. */
bool config_is_url(const char *url);
bool config_is_private_url(const char *url);

/* The PGCUTOVER_* variable of an option; `name` is the NAME of [pooler NAME]
   (PGCUTOVER_POOLER_P1_FILE) and [database NAME], NULL elsewhere: there is one cluster
   (PGCUTOVER_CLUSTER_KIND). Caller frees. */
char *config_variable(const struct config_option *option, const char *name);

/* PostgreSQL's units: ms, s, min, h, d; a bare number is milliseconds. */
bool config_parse_duration(const char *text, int64_t *ret_ms) __attribute__((warn_unused_result));

/* A value of a conninfo string ("host=/run/x port=6432"); NULL: not given. Caller frees. URIs are
   not taken apart here (replication/conninfo.h does that with libpq). */
char *config_conninfo_value(const char *conninfo, const char *key);

/* Is everything there that making green takes? */
bool config_has_clone(struct config *config, struct fault *fault)
    __attribute__((warn_unused_result));

/* Of two names that `word` may have been meant for, the nearer; `nearest` may be NULL, and is the
   answer when `candidate` is too far. */
const char *config_nearer(const char *word, const char *candidate, const char *nearest);

/* sha256 of the effective configuration, hex, for "another configuration" on resume. Passwords in
   connection strings, the file's path and the order of its sections make no difference; nor do the
   guard, the client probe, hooks, notifications and the report, which are no part of a run. */
void config_hash(const struct config *config, char ret_hash[65]);

/* Writes the commented template that `init` makes; the non-NULL members of `known` are filled in.
 */
void config_write_template(FILE *out, const struct config *known);

#endif
