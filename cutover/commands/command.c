/*
 * The command line: a command, its flags, and a flag for every key of the configuration.
 */
#include "command.h"

#include "../base/text.h"
#include "../report/terminal.h"

#include <ctype.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FLAGS_MAX 96

enum flag {
    FLAG_CONFIG = 256,
    FLAG_RUN,
    FLAG_EXECUTE,
    FLAG_YES,
    FLAG_OUTPUT,
    FLAG_FIX,
    FLAG_HELP,
    FLAG_VERSION,
    FLAG_WATCHDOG,
    FLAG_OPTION
};

const struct command commands[] = {
    {"init", "write a commented pgcutover.ini",
     "Writes pgcutover.ini (or the file that --config names) with every key explained. Keys given "
     "as\n"
     "flags are filled in. An existing file is never overwritten.",
     false, command_init},
    {"check", "look for what would stop a cutover, or lose data; reads only",
     "Asks blue, every database, green's host and the poolers. Each finding says what, why it\n"
     "matters, what was found and what cures it. Exit code 3 when there is an error among them.",
     false, command_check},
    {"plan", "print every step, who may write after it, and the exact SQL and commands",
     "Reads the servers and prints what prepare, cutover and finish would do. Values that are not\n"
     "known yet are printed as <name>. Changes nothing.",
     false, command_plan},
    {"prepare", "make green ready; clients notice nothing",
     "Identities, publications, slots, clone, upgrade, subscriptions, origins, catching up, "
     "ANALYZE.\n"
     "Without --execute it prints what it would do. A repeat goes on where the last one stopped.",
     true, command_prepare},
    {"cutover", "move the pooled clients from blue to green",
     "Holds the clients in the poolers, fences blue, proves that green has everything, switches,\n"
     "releases. Whatever goes wrong before the switch is undone by itself within the pause "
     "budget.\n"
     "Without --execute it prints what it would do.",
     true, command_cutover},
    {"finish", "drop slots, subscriptions, publications; restore identities; list what is left",
     "After a cutover. Blue stays as it is, fenced. Without --execute it prints what it would do.",
     true, command_finish},
    {"abort", "undo an unfinished run: blue as it was before",
     "Removes green, slots, publications and marker tables, and restores replica identities.\n"
     "Refused once clients are on green. Without --execute it says what it would undo.",
     true, command_abort},
    {"recover", "after a crash: read the facts, say the verdict; --execute acts on it",
     "Before the switch: undoes, clients are back on blue. Behind it: goes forward, clients are "
     "on\n"
     "green. The watchdog runs it by itself when the engine dies.",
     true, command_recover},
    {"status", "where the run stands, who may write, and what to type next",
     "Reads the journal and, where they can be reached, the servers. Changes nothing.", false,
     command_status},
};
const size_t command_count = sizeof(commands) / sizeof(commands[0]);

static void print_usage(FILE *out)
{
    size_t i;

    fputs("pgcutover takes a live PostgreSQL cluster to a new major version while its clients stay "
          "connected.\n\nUsage:\n  pgcutover COMMAND [OPTION]...\n\nCommands:\n",
          out);
    for (i = 0; i < command_count; i++)
        fprintf(out, "  %-9s %s\n", commands[i].name, commands[i].summary);
    fputs("\nNothing changes without --execute. \"pgcutover COMMAND --help\" says more.\n", out);
}

/* The flag of a key that is not in a named section: "blue-from-green"; caller frees, NULL: none. */
static char *flag_name(const struct config_option *option)
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

static void print_help(const struct command *command)
{
    size_t i;

    printf("pgcutover %s: %s\n\n%s\n\nUsage:\n  pgcutover %s [OPTION]...\n\nOptions:\n",
           command->name, command->summary, command->help, command->name);
    puts("  --config=FILE       the configuration (default: $PGCUTOVER_CONFIG, ./pgcutover.ini,\n"
         "                      /etc/pgcutover/pgcutover.ini)");
    puts("  --run=DIRECTORY     a run directory (default: the cluster's run that is under way)");
    if (command->acts)
        puts("  --execute           act; without it, only say what would be done\n"
             "  --yes               do not ask for the cluster's name");
    if (strcmp(command->name, "check") == 0)
        puts("  --fix               print the cures as a script; it is not run");
    puts("  --output=FORMAT     table (default) or json");
    puts("  --help, --version\n\nKeys of the configuration, over file and PGCUTOVER_* variables:");
    for (i = 0; i < config_option_count; i++) {
        char *name = flag_name(&config_options[i]);

        if (name)
            printf("  --%-28s %s\n", name, config_options[i].help);
        free(name);
    }
}

enum exit_code command_fault(const struct fault *fault, enum exit_code otherwise)
{
    terminal_fault(stderr, fault);
    return fault->exit_code != EXIT_DONE ? fault->exit_code : otherwise;
}

/* The flags: ours, then one for each key. `names` are freed by the caller. */
static size_t make_flags(struct option *flags, char **names)
{
    static const struct option own[] = {{"config", required_argument, NULL, FLAG_CONFIG},
                                        {"run", required_argument, NULL, FLAG_RUN},
                                        {"execute", no_argument, NULL, FLAG_EXECUTE},
                                        {"yes", no_argument, NULL, FLAG_YES},
                                        {"output", required_argument, NULL, FLAG_OUTPUT},
                                        {"fix", no_argument, NULL, FLAG_FIX},
                                        {"help", no_argument, NULL, FLAG_HELP},
                                        {"version", no_argument, NULL, FLAG_VERSION},
                                        {"by-watchdog", no_argument, NULL, FLAG_WATCHDOG}};
    size_t count = sizeof(own) / sizeof(own[0]), i;

    memcpy(flags, own, sizeof(own));
    for (i = 0; i < config_option_count && count < FLAGS_MAX - 1; i++) {
        names[i] = flag_name(&config_options[i]);
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

/* Returns -1 to go on, or the exit code. */
static int take_flag(struct options *options, const struct command *command, int flag,
                     char (*buffers)[64])
{
    switch (flag) {
    case FLAG_CONFIG:
        options->config_file = optarg;
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
    case FLAG_FIX:
        options->fix = true;
        return -1;
    case FLAG_WATCHDOG:
        options->by_watchdog = true;
        return -1;
    case FLAG_OUTPUT:
        options->json = strcmp(optarg, "json") == 0;
        if (options->json || strcmp(optarg, "table") == 0)
            return -1;
        fprintf(stderr, "pgcutover: error: --output takes table or json, not \"%s\"\n", optarg);
        return EXIT_USAGE;
    case FLAG_HELP:
        print_help(command);
        return EXIT_DONE;
    case FLAG_VERSION:
        puts("pgcutover " PGCUTOVER_VERSION);
        return EXIT_DONE;
    case '?':
    case ':':
        fprintf(stderr, "pgcutover: hint: \"pgcutover %s --help\" lists the options\n",
                command->name);
        return EXIT_USAGE;
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
    while (result < 0 && (flag = getopt_long(argc, argv, "", flags, NULL)) != -1)
        result = take_flag(&options, command, flag, buffers);
    if (result < 0 && optind < argc) {
        fprintf(stderr, "pgcutover: error: \"%s\" is not an option\n", argv[optind]);
        result = EXIT_USAGE;
    }
    if (result < 0 && options.execute && !command->acts) {
        fprintf(stderr, "pgcutover: error: %s changes nothing: it takes no --execute\n",
                command->name);
        result = EXIT_USAGE;
    }
    if (result < 0)
        result = (int) command->run(&options);
    for (i = 0; i < config_option_count; i++)
        free(names[i]);
    free(names);
    return result;
}

int command_main(int argc, char **argv)
{
    size_t i;

    if (argc < 2) {
        print_usage(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_usage(stdout);
        return EXIT_DONE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("pgcutover " PGCUTOVER_VERSION);
        return EXIT_DONE;
    }
    for (i = 0; i < command_count; i++)
        if (strcmp(argv[1], commands[i].name) == 0)
            return run_command(&commands[i], argc, argv);
    fprintf(stderr, "pgcutover: error: there is no command \"%s\"\n", argv[1]);
    fprintf(stderr, "pgcutover: hint: \"pgcutover --help\" lists them\n");
    return EXIT_USAGE;
}
