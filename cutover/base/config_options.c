/* The one table that parsing, defaults, variables, flags, help and the template come from. */
#include "config_internal.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

#define AT(member) .offset = offsetof(struct config, member)

const struct config_section config_sections[] = {
    {"cluster *", "The cluster that is cut over, all of its databases together."},
    {"blue", "The server in use."},
    {"green", "The server that takes over: a clone of blue on the new version."},
    {CONFIG_PARAMETERS, "Server parameters for green that differ from blue's."},
    {"database *", "A database that is treated specially; the others need no section."},
    {"pooler *", "A PgBouncer configuration file and the processes that read it; or, with kind = "
                 "hook, another pooler that a command of yours drives."},
    {"cutover", "What must be so before clients are moved to green."},
    {"pause", "How long clients may wait."},
    {"fence", "Who may stay connected to blue when it is closed to clients."},
    {"rollback", "The way back to blue after the cutover."},
    {"guard", "What the command guard makes of its probes, and of the lag of the way back."},
    {CONFIG_PROBE,
     "What the guard tries again and again, as applications would: exactly one of sql, "
     "url and command."},
    {"hooks", "Programs of yours before and after the steps; not for poolers of kind hook."},
    {CONFIG_NOTIFY, "Whom to tell what happens; nothing waits for it."},
    {"report", "What the report of a run says that no server knows."},
};
const size_t config_section_count = sizeof(config_sections) / sizeof(config_sections[0]);

const struct config_option config_options[] = {
    {"cluster *", "kind", "choice", "self_managed", false, "Where the cluster runs.",
     .choices = "self_managed", AT(cluster_kind)},
    {"cluster *", "state_directory", "path", NULL, false,
     "Run directories; default: /var/lib/pgcutover, else the XDG state directory.",
     .example = "/var/lib/pgcutover", AT(state_directory)},

    {"blue", "conninfo", "conninfo", NULL, true, "How this tool reaches blue.",
     .example = "service=orders-blue", AT(blue.conninfo)},
    {"blue", "from_green", "conninfo", NULL, false, "The same server as green sees it.",
     .example = "host=10.0.0.7 port=5432", .clone = true, AT(blue.from_green)},
    {"blue", "from_poolers", "addresses", NULL, false,
     "Blue as the pooler files spell it, every spelling; default: the address in from_green, "
     "else in conninfo.",
     .example = "host=10.0.0.7 port=5432, host=blue.example port=5432",
     .offset = offsetof(struct config, blue.from_poolers),
     .count_offset = offsetof(struct config, blue.from_poolers_count)},
    {"blue", "run", "command", NULL, false,
     "Prefix that runs one POSIX sh line on blue's host; empty: this host.",
     .example = "ssh postgres@blue", AT(blue.run)},
    {"blue", "data_directory", "path", NULL, false, "Default: blue is asked.",
     .example = "/var/lib/postgresql/15/main", AT(blue.data_directory)},
    {"blue", "stop_command", "command", NULL, false,
     "For finish --delete-blue only, on blue's host; default: pg_ctl.",
     .example = "sudo systemctl stop postgresql@15-main", AT(blue.stop_command)},
    {"blue", "refuse_ddl", "boolean", "no", false,
     "yes: event triggers refuse DDL in blue's databases from prepare on; temporary objects pass.",
     AT(blue.refuse_ddl)},

    {"green", "conninfo", "conninfo", NULL, true, "How this tool reaches green.",
     .example = "service=orders-green", AT(green.conninfo)},
    {"green", "from_blue", "conninfo", NULL, false,
     "The same server as blue sees it, for the way back ([rollback] reverse).",
     .example = "host=10.0.0.8 port=5432", AT(green.from_blue)},
    {"green", "from_poolers", "addresses", NULL, false,
     "Green as the pooler files shall spell it; default: the address in from_blue, else in "
     "conninfo.",
     .example = "host=10.0.0.8 port=5432", .offset = offsetof(struct config, green.from_poolers),
     .count_offset = offsetof(struct config, green.from_poolers_count)},
    {"green", "run", "command", NULL, false,
     "Prefix that runs one POSIX sh line on green's host; empty: this host.",
     .example = "ssh postgres@green", AT(green.run)},
    {"green", "bin_directory", "path", NULL, false, "The new major's programs, on green's host.",
     .example = "/usr/lib/postgresql/17/bin", .clone = true, AT(green.bin_directory)},
    {"green", "old_bin_directory", "path", NULL, false, "Blue's major's programs, on green's host.",
     .example = "/usr/lib/postgresql/15/bin", .clone = true, AT(green.old_bin_directory)},
    {"green", "data_directory", "path", NULL, false, "Where the clone is made.",
     .example = "/var/lib/postgresql/17/main", .clone = true, AT(green.data_directory)},
    {"green", "port", "port", NULL, false, "The port green listens on.", .example = "5432",
     .clone = true, AT(green.port)},
    {"green", "socket_directory", "path", NULL, false, "Green's unix_socket_directories.",
     .example = "/run/postgresql", .clone = true, AT(green.socket_directory)},
    {"green", "start_command", "command", NULL, false,
     "Default: pg_ctl. A semicolon behind a space begins a comment: write a; b.",
     .example = "sudo systemctl start postgresql@17-main", AT(green.start_command)},
    {"green", "stop_command", "command", NULL, false, "Default: pg_ctl.",
     .example = "sudo systemctl stop postgresql@17-main", AT(green.stop_command)},
    {"green", "expected_time", "duration", "0ms", false,
     "How long clone, upgrade and catching up will take, for check; 0: it is estimated.",
     .example = "4h", AT(green.expected_ms)},

    {CONFIG_PARAMETERS, "*", "text", NULL, false, "Any parameter, as in postgresql.conf.",
     .example = "shared_buffers = 8GB"},

    {"database *", "replicate", "boolean", "yes", false,
     "no: made read-only before the clone, and not replicated.",
     .offset = offsetof(struct config_database, replicate)},

    {"pooler *", "kind", "choice", "pgbouncer", false, "What the pooler is: pgbouncer or hook.",
     .choices = "pgbouncer,hook", .offset = offsetof(struct config_pooler, kind)},
    {"pooler *", "file", "path", NULL, true, "The file with the [databases] entries.",
     .example = "/etc/pgbouncer/databases.ini", .offset = offsetof(struct config_pooler, file),
     .kind = "pgbouncer"},
    {"pooler *", "run", "command", NULL, false,
     "Prefix that runs one POSIX sh line on the pooler's host; empty: this host.",
     .example = "ssh pgbouncer@pooler1", .offset = offsetof(struct config_pooler, run)},
    {"pooler *", "consoles", "conninfos", NULL, true,
     "The admin console of every process that reads the file, each by its own socket or port.",
     .example = "host=/run/p1a port=6432, host=/run/p1b port=6432",
     .offset = offsetof(struct config_pooler, consoles),
     .count_offset = offsetof(struct config_pooler, console_count), .kind = "pgbouncer"},
    {"pooler *", "probe", "conninfo", NULL, false,
     "Connects through the pooler as a client does: to try green before the hold, and to confirm.",
     .example = "host=10.0.0.9 port=6432 user=app",
     .offset = offsetof(struct config_pooler, probe)},
    {"pooler *", "command", "command", NULL, true,
     "The hook: called with describe, hold, point or release; JSON in, JSON out.",
     .example = "/usr/local/bin/hook-pgbouncer", .offset = offsetof(struct config_pooler, command),
     .kind = "hook"},
    {"pooler *", "timeout", "duration", "10s", false,
     "How long the hook may take to answer; a hold may take what is left of the pause.",
     .offset = offsetof(struct config_pooler, timeout_ms), .kind = "hook"},

    {"cutover", "require_verify", "choice", "none", false,
     "A verification that a cutover demands: none; full: of everything, equal, since green is "
     "ready; recent: besides, not older than verify_age.",
     .choices = "none,full,recent", AT(require_verify)},
    {"cutover", "verify_age", "duration", "24h", false,
     "With require_verify = recent: how old the verification may be, from its beginning.",
     AT(verify_age_ms)},

    {"pause", "budget", "duration", "5s", false,
     "The longest pause; what does not finish within it gives blue back to the clients.",
     AT(pause_budget_ms)},
    {"pause", "quiet_wait", "duration", "10min", false,
     "How long to wait for a quiet moment before the pause.", AT(quiet_wait_ms)},
    {"pause", "on_straggler", "choice", "give_up", false,
     "A transaction that does not end within the pause: give_up or terminate.",
     .choices = "give_up,terminate", AT(on_straggler)},
    {"pause", "release_stagger", "duration", "0ms", false,
     "Release one pooler process after the other, this far apart, against a storm of logins.",
     AT(release_stagger_ms)},
    {"pause", "client_probe", "boolean", "yes", false,
     "Measure what clients feel: a small writer through every pooler that has a probe.",
     AT(client_probe)},

    {"fence", "direct_sessions", "choice", "fence", false,
     "Sessions on blue that no pooler has: fence ends them in the pause, refuse stops before it.",
     .choices = "fence,refuse", AT(direct_sessions)},
    {"fence", "keep_roles", "names", NULL, false,
     "Roles that may go on reading on blue, comma-separated; they must not be able to write.",
     .example = "monitoring", .offset = offsetof(struct config, keep_roles),
     .count_offset = offsetof(struct config, keep_role_count)},

    {"rollback", "reverse", "boolean", "yes", false,
     "yes: after the cutover green is replicated to blue, so that a rollback loses nothing.",
     AT(way_back)},

    {"guard", "on_trip", "choice", "alert", false,
     "When a probe fails too often behind the cutover: alert; rollback, by guard --execute.",
     .choices = "alert,rollback", AT(guard.on_trip)},
    {"guard", "errors", "percent", "5%", false,
     "How many more runs of a probe may fail than did before the cutover, in percent of all runs.",
     AT(guard.errors)},
    {"guard", "errors_for", "duration", "5min", false, "The time over which runs are counted.",
     AT(guard.errors_for_ms)},
    {"guard", "on_lag", "choice", "alert", false,
     "When blue is too far behind green: alert, or rollback before the way back is lost.",
     .choices = "alert,rollback", AT(guard.on_lag)},
    {"guard", "lag", "duration", "60s", false,
     "How far blue may be behind green; what cannot be measured is over it.", AT(guard.lag_ms)},
    {"guard", "lag_for", "duration", "5min", false, "How long it must be over that.",
     AT(guard.lag_for_ms)},
    {"guard", "alert", "command", NULL, false,
     "A line for sh that is told what happened: $1 is the event, $2 says it.",
     .example = "logger -t pgcutover \"$1: $2\"", AT(guard.alert)},

    {CONFIG_PROBE, "sql", "text", NULL, false,
     "One statement: good when its first row begins with neither NULL nor false.",
     .example = "SELECT count(*) >= 0 FROM orders", .offset = offsetof(struct config_probe, sql)},
    {CONFIG_PROBE, "conninfo", "conninfo", NULL, false,
     "For sql: through the pooler, as the application's user.",
     .example = "host=10.0.0.9 port=6432 user=app dbname=orders",
     .offset = offsetof(struct config_probe, conninfo)},
    {CONFIG_PROBE, "url", "text", NULL, false,
     "http:// or https://; good when it answers with 2xx.",
     .example = "http://10.0.0.10:8080/health", .offset = offsetof(struct config_probe, url)},
    {CONFIG_PROBE, "command", "command", NULL, false, "A line for sh; good when it ends with 0.",
     .example = "/usr/local/bin/try-orders", .offset = offsetof(struct config_probe, command)},
    {CONFIG_PROBE, "interval", "duration", "1s", false, "From one run to the next.",
     .offset = offsetof(struct config_probe, interval_ms)},
    {CONFIG_PROBE, "timeout", "duration", "5s", false, "A run that takes longer has failed.",
     .offset = offsetof(struct config_probe, timeout_ms)},

    {"hooks", "directory", "path", NULL, false,
     "Where executables named before-PLAN-STEP and after-PLAN-STEP are; nothing else may be there.",
     .example = "/etc/pgcutover/hooks.d", AT(hooks.directory)},
    {"hooks", "timeout", "duration", "30s", false, "A hook that takes longer is ended, and failed.",
     AT(hooks.timeout_ms)},

    {CONFIG_NOTIFY, "kind", "choice", NULL, true, "How it is told: webhook, slack or pagerduty.",
     .choices = "webhook,slack,pagerduty", .example = "webhook",
     .offset = offsetof(struct config_notify, kind)},
    {CONFIG_NOTIFY, "url", "secret", NULL, false,
     "Of a webhook; one that is itself a secret belongs into url_file.",
     .example = "https://ops.example/pgcutover", .offset = offsetof(struct config_notify, url)},
    {CONFIG_NOTIFY, "url_file", "path", NULL, false,
     "A file of mode 0600 that holds the URL; required for slack.",
     .example = "/etc/pgcutover/slack.url", .offset = offsetof(struct config_notify, url_file)},
    {CONFIG_NOTIFY, "key_file", "path", NULL, false,
     "A file of mode 0600: the routing key of pagerduty; the key that signs a webhook's messages.",
     .example = "/etc/pgcutover/pagerduty.key", .offset = offsetof(struct config_notify, key_file)},
    {CONFIG_NOTIFY, "events", "names", NULL, false,
     "What it is told, comma-separated; default: everything, and needs_human for pagerduty.",
     .example = "switched, done, undone, failed, recovered, needs_human",
     .offset = offsetof(struct config_notify, events),
     .count_offset = offsetof(struct config_notify, event_count)},

    {"report", "environment", "text", NULL, false,
     "In the operations note, and in the names of its files.", .example = "prod",
     AT(report.environment)},
    {"report", "operator", "text", NULL, false,
     "Who runs it; default: who called sudo, else the login name.", .example = "Ada Lovelace",
     AT(report.operator_name)},
    {"report", "trigger", "text", NULL, false, "Why: a ticket, a change.",
     .example = "OPS-479 (PostgreSQL 15 reaches its end of life)", AT(report.trigger)},
    {"report", "author", "text", NULL, false, "Of the operations note; default: the operator.",
     .example = "Ada Lovelace", AT(report.author)},
    {"report", "domain", "text", "process", false, "For the front matter of the operations note.",
     AT(report.domain)},
    {"report", "maturity", "text", "published", false,
     "For the front matter of the operations note.", AT(report.maturity)},
    {"report", "references", "names", NULL, false,
     "What the operations note refers to, comma-separated.",
     .example = "OPS-479, https://wiki.example/upgrade",
     .offset = offsetof(struct config, report.references),
     .count_offset = offsetof(struct config, report.reference_count)},
};
const size_t config_option_count = sizeof(config_options) / sizeof(config_options[0]);

bool config_section_is_named(const char *pattern)
{
    size_t length = strlen(pattern);

    return length > 2 && strcmp(pattern + length - 2, " *") == 0;
}

const char *config_section_find(const char *section, const char **ret_name)
{
    for (size_t i = 0; i < config_section_count; i++) {
        const char *pattern = config_sections[i].pattern;
        size_t word = strcspn(pattern, " ");
        const char *name = section + word;

        if (!config_section_is_named(pattern) && string_equal(section, pattern)) {
            *ret_name = NULL;
            return pattern;
        }
        if (config_section_is_named(pattern) && strncmp(section, pattern, word) == 0 &&
            isspace((unsigned char) *name)) {
            name += strspn(name, " \t");
            if (!*name)
                continue;
            *ret_name = name;
            return pattern;
        }
    }
    return NULL;
}

const struct config_option *config_option_find(const char *pattern, const char *key)
{
    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];

        if (string_equal(option->section, pattern) &&
            (string_equal(option->key, key) || string_equal(option->key, "*")))
            return option;
    }
    return NULL;
}

static bool visit_instances(struct config *config, const struct config_option *option,
                            bool (*visit)(void *, const struct config_option *, const char *,
                                          void *),
                            void *context)
{
    if (string_equal(option->section, "pooler *")) {
        for (size_t i = 0; i < config->pooler_count; i++) {
            if (!visit(context, option, config->poolers[i].name, &config->poolers[i]))
                return false;
        }
        return true;
    }
    if (string_equal(option->section, "database *")) {
        for (size_t i = 0; i < config->database_count; i++) {
            if (!visit(context, option, config->databases[i].name, &config->databases[i]))
                return false;
        }
        return true;
    }
    if (string_equal(option->section, CONFIG_PROBE)) {
        for (size_t i = 0; i < config->probe_count; i++) {
            if (!visit(context, option, config->probes[i].name, &config->probes[i]))
                return false;
        }
        return true;
    }
    if (string_equal(option->section, CONFIG_NOTIFY)) {
        for (size_t i = 0; i < config->notify_count; i++) {
            if (!visit(context, option, config->notifies[i].name, &config->notifies[i]))
                return false;
        }
        return true;
    }
    return visit(context, option, NULL, config);
}

bool config_each(struct config *config,
                 bool (*visit)(void *, const struct config_option *, const char *, void *),
                 void *context)
{
    for (size_t i = 0; i < config_option_count; i++) {
        if (string_equal(config_options[i].key, "*"))
            continue;
        if (!visit_instances(config, &config_options[i], visit, context))
            return false;
    }
    return true;
}

static void add_upper(struct text *text, const char *word, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        char upper = '_';

        if (isalnum((unsigned char) word[i]))
            upper = (char) toupper((unsigned char) word[i]);
        text_add_bytes(text, &upper, 1);
    }
}

char *config_variable(const struct config_option *option, const char *name)
{
    struct text text = {0};

    text_add_string(&text, "PGCUTOVER_");
    add_upper(&text, option->section, strcspn(option->section, " "));
    text_add_string(&text, "_");
    if (name) {
        add_upper(&text, name, strlen(name));
        text_add_string(&text, "_");
    }
    add_upper(&text, option->key, strlen(option->key));
    return text_take(&text);
}
