/*
 * The command line: a command, its flags, and a flag for every key of the configuration.
 */
#include "command_internal.h"

#include "../base/text.h"
#include "../report/terminal.h"

#include <getopt.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FLAGS_MAX 112

enum flag {
    FLAG_CONFIG = 256,
    FLAG_RUN,
    FLAG_EXECUTE,
    FLAG_YES,
    FLAG_OUTPUT,
    FLAG_FIX,
    FLAG_LIST,
    FLAG_PLANS,
    FLAG_ANALYZE,
    FLAG_PG_UPGRADE,
    FLAG_SCRIPTS,
    FLAG_ACCEPT_DATA_LOSS,
    FLAG_SAVE,
    FLAG_PLAN,
    FLAG_DELETE_BLUE,
    FLAG_DATABASE,
    FLAG_TABLE,
    FLAG_JOBS,
    FLAG_REST,
    FLAG_MAX_CHUNK,
    FLAG_RESTART,
    FLAG_SHOW_ROWS,
    FLAG_INTERVAL,
    FLAG_RECORD,
    FLAG_REPLAY,
    FLAG_SPEED,
    FLAG_HTTP,
    FLAG_HTTP_ANYWHERE,
    FLAG_METRICS_FILE,
    FLAG_TO,
    FLAG_FORMAT,
    FLAG_HELP,
    FLAG_VERSION,
    FLAG_OPTION
};

char *command_flag_name(const struct config_option *option)
{
    struct text text = {0};
    char *name, *at;

    if (strchr(option->section, '*') || strcmp(option->section, "green.parameters") == 0)
        return NULL;
    text_add(&text, "%.*s-%s", (int) strcspn(option->section, " "), option->section, option->key);
    name = text_take(&text);
    for (at = name; *at; at++)
        if (*at == '_')
            *at = '-';
    return name;
}

char *command_flag_of(struct text *text, const struct config_override *override)
{
    const char *at;

    text_add_string(text, "--");
    for (at = override->name; *at; at++)
        text_add(text, "%c", *at == '.' || *at == '_' ? '-' : *at);
    text_add(text, "=%s", override->value);
    return (char *) text_string(text);
}

enum exit_code command_fault_with(const struct fault *fault, enum exit_code otherwise,
                                  const char *detail, const char *hint)
{
    fflush(stdout);
    terminal_fault(stderr, fault, detail, hint);
    return fault->exit_code != EXIT_DONE ? fault->exit_code : otherwise;
}

enum exit_code command_fault(const struct fault *fault, enum exit_code otherwise)
{
    return command_fault_with(fault, otherwise, NULL,
                              "\"pgcutover status\" says where things stand and what to type next");
}

/* The flags: ours, then one for each key. `names` are freed by the caller. */
static size_t make_flags(struct option *flags, char **names)
{
    static const struct option own[] = {
        {"config", required_argument, NULL, FLAG_CONFIG},
        {"run", required_argument, NULL, FLAG_RUN},
        {"execute", no_argument, NULL, FLAG_EXECUTE},
        {"yes", no_argument, NULL, FLAG_YES},
        {"output", required_argument, NULL, FLAG_OUTPUT},
        {"fix", no_argument, NULL, FLAG_FIX},
        {"list", no_argument, NULL, FLAG_LIST},
        {"plans", optional_argument, NULL, FLAG_PLANS},
        {"analyze", no_argument, NULL, FLAG_ANALYZE},
        {"pg-upgrade", no_argument, NULL, FLAG_PG_UPGRADE},
        {"scripts", no_argument, NULL, FLAG_SCRIPTS},
        {"accept-data-loss", no_argument, NULL, FLAG_ACCEPT_DATA_LOSS},
        {"save", required_argument, NULL, FLAG_SAVE},
        {"plan", required_argument, NULL, FLAG_PLAN},
        {"delete-blue", required_argument, NULL, FLAG_DELETE_BLUE},
        {"database", required_argument, NULL, FLAG_DATABASE},
        {"table", required_argument, NULL, FLAG_TABLE},
        {"jobs", required_argument, NULL, FLAG_JOBS},
        {"rest", required_argument, NULL, FLAG_REST},
        {"max-chunk", required_argument, NULL, FLAG_MAX_CHUNK},
        {"restart", no_argument, NULL, FLAG_RESTART},
        {"show-rows", no_argument, NULL, FLAG_SHOW_ROWS},
        {"interval", required_argument, NULL, FLAG_INTERVAL},
        {"record", required_argument, NULL, FLAG_RECORD},
        {"replay", required_argument, NULL, FLAG_REPLAY},
        {"speed", required_argument, NULL, FLAG_SPEED},
        {"http", required_argument, NULL, FLAG_HTTP},
        {"http-anywhere", no_argument, NULL, FLAG_HTTP_ANYWHERE},
        {"metrics-file", required_argument, NULL, FLAG_METRICS_FILE},
        {"to", required_argument, NULL, FLAG_TO},
        {"format", required_argument, NULL, FLAG_FORMAT},
        {"help", no_argument, NULL, FLAG_HELP},
        {"version", no_argument, NULL, FLAG_VERSION}};
    size_t count = sizeof(own) / sizeof(own[0]), i;

    memcpy(flags, own, sizeof(own));
    for (i = 0; i < config_option_count && count < FLAGS_MAX - 1; i++) {
        names[i] = command_flag_name(&config_options[i]);
        if (!names[i])
            continue;
        flags[count++] = (struct option){names[i], required_argument, NULL, FLAG_OPTION + (int) i};
    }
    memset(&flags[count], 0, sizeof(flags[count]));
    return count;
}

static bool set_override(struct options *options, const struct config_option *option,
                         const char *value, char *buffer, size_t size)
{
    if (options->override_count == OVERRIDES_MAX)
        return false;
    snprintf(buffer, size, "%.*s.%s", (int) strcspn(option->section, " "), option->section,
             option->key);
    options->overrides[options->override_count].name = buffer;
    options->overrides[options->override_count++].value = value;
    return true;
}

/* What getopt_long could not take. What stands behind a "=" may be a password. */
static int refuse_flag(const struct command *command, const struct option *flags, int flag,
                       const char *argument)
{
    const char *nearest = NULL;
    char name[64], *end;
    size_t i;

    snprintf(name, sizeof(name), "%s", argument);
    if ((end = strchr(name, '=')))
        *end = '\0';
    if (flag == ':')
        return command_refuse(command, NULL, "option \"%s\" needs a value", name);
    if (optopt >= FLAG_CONFIG)
        return command_refuse(command, NULL, "option \"%s\" takes no value", name);
    if (optopt)
        return command_refuse(command, NULL, "unknown option \"-%c\"", optopt);
    for (i = 0; strncmp(name, "--", 2) == 0 && flags[i].name; i++)
        nearest = config_nearer(name + 2, flags[i].name, nearest);
    return command_refuse(command, nearest, "unknown option \"%s\"", name);
}

/* A list that is given twice is one list. It lives until the program ends. */
static const char *join(const char *list, const char *more)
{
    static struct text joined[OVERRIDES_MAX];
    static size_t count;
    struct text *text = &joined[count < OVERRIDES_MAX - 1 ? count++ : count];

    if (!list)
        return more;
    text_free(text);
    text_add(text, "%s,%s", list, more);
    return text_string(text);
}

/* False: it is none of check's. */
static bool take_check_flag(struct check_flags *flags, int flag)
{
    switch (flag) {
    case FLAG_FIX:
        flags->fix = true;
        return true;
    case FLAG_LIST:
        flags->list = true;
        return true;
    case FLAG_PLANS:
        flags->plans = true;
        flags->plans_file = optarg;
        return true;
    case FLAG_ANALYZE:
        flags->analyze = true;
        return true;
    case FLAG_PG_UPGRADE:
        flags->pg_upgrade = true;
        return true;
    default:
        return false;
    }
}

/* False: it is none of verify's. */
static bool take_verify_flag(struct verify_flags *flags, int flag)
{
    switch (flag) {
    case FLAG_DATABASE:
        flags->databases = join(flags->databases, optarg);
        return true;
    case FLAG_TABLE:
        flags->tables = join(flags->tables, optarg);
        return true;
    case FLAG_JOBS:
        flags->jobs = optarg;
        return true;
    case FLAG_REST:
        flags->rest = optarg;
        return true;
    case FLAG_MAX_CHUNK:
        flags->max_chunk = optarg;
        return true;
    case FLAG_RESTART:
        flags->restart = true;
        return true;
    case FLAG_SHOW_ROWS:
        flags->show_rows = true;
        return true;
    default:
        return false;
    }
}

/* False: it is none of watch's. */
static bool take_watch_flag(struct watch_flags *flags, int flag)
{
    switch (flag) {
    case FLAG_INTERVAL:
        flags->interval = optarg;
        return true;
    case FLAG_RECORD:
        flags->record = optarg;
        return true;
    case FLAG_REPLAY:
        flags->replay = optarg;
        return true;
    case FLAG_SPEED:
        flags->speed = optarg;
        return true;
    case FLAG_HTTP:
        flags->http = optarg;
        return true;
    case FLAG_HTTP_ANYWHERE:
        flags->http_anywhere = true;
        return true;
    case FLAG_METRICS_FILE:
        flags->metrics_file = optarg;
        return true;
    default:
        return false;
    }
}

/* Returns -1 to go on, or the exit code. */
static int take_flag(struct options *options, const struct command *command, int flag,
                     char (*buffers)[64])
{
    if (take_verify_flag(&options->verify, flag) || take_check_flag(&options->check, flag) ||
        take_watch_flag(&options->watch, flag))
        return -1;
    switch (flag) {
    case FLAG_CONFIG:
        options->config_file = optarg;
        if (options->watch.config_count < CONFIGS_MAX)
            options->watch.configs[options->watch.config_count] = optarg;
        options->watch.config_count++;
        return -1;
    case FLAG_RUN:
        options->run = optarg;
        return -1;
    case FLAG_EXECUTE:
        options->execute = true;
        return -1;
    case FLAG_YES:
        options->yes = true;
        return -1;
    case FLAG_SCRIPTS:
        options->scripts = true;
        return -1;
    case FLAG_ACCEPT_DATA_LOSS:
        options->accept_data_loss = true;
        return -1;
    case FLAG_SAVE:
        options->save_file = optarg;
        return -1;
    case FLAG_PLAN:
        options->plan_file = optarg;
        return -1;
    case FLAG_DELETE_BLUE:
        options->delete_blue = optarg;
        return -1;
    case FLAG_TO:
        options->report.to = optarg;
        return -1;
    case FLAG_FORMAT:
        options->report.format = optarg;
        return -1;
    case FLAG_OUTPUT:
        options->json = strcmp(optarg, "json") == 0;
        options->markdown = strcmp(optarg, "markdown") == 0 && strcmp(command->name, "check") == 0;
        if (options->json || options->markdown || strcmp(optarg, "table") == 0)
            return -1;
        return command_refuse(command, NULL, "--output takes table or json, not \"%s\"", optarg);
    case FLAG_HELP:
        help_print(command);
        return EXIT_DONE;
    case FLAG_VERSION:
        puts("pgcutover " PGCUTOVER_VERSION);
        return EXIT_DONE;
    default:
        set_override(options, &config_options[flag - FLAG_OPTION], optarg,
                     buffers[options->override_count], sizeof(buffers[0]));
        return -1;
    }
}

static int run_command(const struct command *command, int argc, char **argv)
{
    static struct option flags[FLAGS_MAX];
    static char buffers[OVERRIDES_MAX][64];
    char **names = memory_new(config_option_count * sizeof(char *));
    struct options options = {.program = argv[0]};
    int flag, result = -1;
    size_t i;

    make_flags(flags, names);
    optind = 2;
    opterr = 0;
    while (result < 0 && (flag = getopt_long(argc, argv, ":", flags, NULL)) != -1)
        result = flag == '?' || flag == ':' ? refuse_flag(command, flags, flag, argv[optind - 1])
                                            : take_flag(&options, command, flag, buffers);
    /* a word behind a forgotten flag may hold a password: it is not shown beyond a "=" */
    if (result < 0 && optind < argc)
        result = command_refuse(command, NULL, "\"%.*s\" is not an option",
                                (int) strcspn(argv[optind], "="), argv[optind]);
    if (result < 0)
        result = command_check_flags(command, &options);
    if (result < 0)
        result = (int) command->run(&options);
    for (i = 0; i < config_option_count; i++)
        free(names[i]);
    free(names);
    return result;
}

static int find_and_run(int argc, char **argv)
{
    const char *nearest = NULL;
    size_t i;

    if (argc < 2)
        return command_refuse(NULL, NULL, "no command was given");
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        help_print_commands();
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("pgcutover " PGCUTOVER_VERSION);
        return EXIT_DONE;
    }
    for (i = 0; i < command_count; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return run_command(&commands[i], argc, argv);
    for (i = 0; i < command_count; i++)
        nearest = config_nearer(argv[1], commands[i].name, nearest);
    return command_refuse(NULL, nearest, "there is no command \"%.*s\"",
                          (int) strcspn(argv[1], "="), argv[1]);
}

/* Who reads only the beginning ("| head -1") has got what he wanted; a full disk has not. */
static bool has_no_reader(int descriptor)
{
    struct pollfd asked = {.fd = descriptor, .events = POLLOUT};

    return poll(&asked, 1, 0) == 1 && asked.revents & POLLERR;
}

int command_main(int argc, char **argv)
{
    struct fault fault;
    int code = find_and_run(argc, argv);

    if ((fflush(stdout) == 0 && !ferror(stdout)) || has_no_reader(STDOUT_FILENO))
        return code;
    fault_set(&fault, "writing to standard output", NULL, NULL, "not all of it could be written");
    fault_hint(&fault, "make room there, and repeat the command");
    return (int) command_fault(&fault, code == EXIT_DONE ? EXIT_FAILED : (enum exit_code) code);
}
