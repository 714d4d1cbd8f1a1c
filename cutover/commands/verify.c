/*
 * verify: is green equal to blue, while both live?
 */
#include "leg.h"
#include "run_directory.h"

#include "../../checks/verify.h"
#include "../base/text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define JOBS_MAX 64
#define REST_MAX 95
#define CHUNK_MIN 100
#define CHUNK_MAX 10000000
#define CHUNK_DEFAULT 5000000
#define LINE_NS (10 * NS_PER_S)     /* off a terminal */
#define REDRAW_NS (200 * NS_PER_MS) /* on one */

/* A list from the command line, taken apart. */
struct list {
    char *text;
    const char **items;
    size_t count;
};

static void list_read(struct list *list, const char *text)
{
    char *at, *end;

    list->text = memory_copy(text);
    list->items = memory_new((text ? strlen(text) : 0) * sizeof(char *) + sizeof(char *));
    for (at = list->text; at && *at; at = end) {
        end = at + strcspn(at, ",");
        if (*end)
            *end++ = '\0';
        if (*at)
            list->items[list->count++] = at;
    }
}

static void list_free(struct list *list)
{
    free(list->text);
    free(list->items);
}

static bool usage(struct fault *fault, const char *cause, const char *value, const char *hint)
{
    fault_set(fault, NULL, NULL, NULL, "%s, not \"%s\"", cause, value);
    fault_hint(fault, "%s", hint);
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool read_number(const char *flag, const char *value, int64_t least, int64_t most,
                        int64_t *ret_number, struct fault *fault)
{
    char *end = NULL, cause[80];
    int64_t number = value ? strtoll(value, &end, 10) : 0;

    if (!value)
        return true;
    if (*value >= '0' && *value <= '9' && !*end && number >= least && number <= most) {
        *ret_number = number;
        return true;
    }
    snprintf(cause, sizeof(cause), "%s takes a number from %" PRId64 " to %" PRId64, flag, least,
             most);
    return usage(fault, cause, value, "\"pgcutover verify --help\" lists the options");
}

/* What the command works on. */
struct verifying {
    struct procedure procedure;
    struct verify_options options;
    struct list tables, names;
    struct verify_database *databases;
    char application_name[64];
    struct verify *verify;
    int64_t begun_ns, said_ns;
    int64_t bytes_before; /* done by the verification that this one goes on with */
    bool has_line;        /* a line on the terminal is to be redrawn */
};

static bool read_flags(const struct verify_flags *flags, struct verify_options *options,
                       struct fault *fault)
{
    int64_t jobs = 2, rest = 0;

    options->max_chunk = CHUNK_DEFAULT;
    if (!read_number("--jobs", flags->jobs, 1, JOBS_MAX, &jobs, fault) ||
        !read_number("--rest", flags->rest, 0, REST_MAX, &rest, fault) ||
        !read_number("--max-chunk", flags->max_chunk, CHUNK_MIN, CHUNK_MAX, &options->max_chunk,
                     fault))
        return false;
    options->jobs = (int) jobs;
    options->rest_percent = (int) rest;
    options->restart = flags->restart;
    options->show_rows = flags->show_rows;
    options->is_part = flags->databases || flags->tables;
    return true;
}

static bool choose_databases(struct verifying *verifying, struct fault *fault)
{
    struct world *world = verifying->procedure.world;
    const struct list *names = &verifying->names;
    size_t i, j;

    for (i = 0; i < names->count; i++)
        if (!world_database(world, names->items[i]))
            return usage(fault, "--database takes databases of the run", names->items[i],
                         "their names as they are stored, without quotes");
    verifying->databases = memory_new((world->database_count + 1) * sizeof(struct verify_database));
    for (i = 0; i < world->database_count; i++) {
        const struct database *database = &world->databases[i];
        bool chosen = names->count == 0;

        for (j = 0; j < names->count; j++)
            chosen = chosen || strcmp(names->items[j], database->name) == 0;
        if (chosen && database->replicate)
            verifying->databases[verifying->options.database_count++] =
                (struct verify_database){database->name, database->slot};
    }
    if (verifying->options.database_count)
        return true;
    fault_set(fault, "looking for what to compare", NULL, NULL, "no database is replicated");
    fault_hint(fault, "\"pgcutover prepare --execute\" makes green");
    fault->exit_code = EXIT_USAGE;
    return false;
}

/* Who writes: the side that clients are on. */
static void choose_sides(struct verifying *verifying)
{
    const struct procedure *procedure = &verifying->procedure;
    const struct config *config = procedure->config;
    struct verify_side blue = {"blue", config->blue.conninfo,
                               procedure->world->blue.system_identifier};
    struct verify_side green = {"green", config->green.conninfo, NULL};
    bool switched = leg_side(procedure) == SIDE_GREEN;

    verifying->options.has_switched = switched;
    verifying->options.stands_still = switched && !journal_get(procedure->journal, "way_back");
    verifying->options.publisher = switched ? green : blue;
    verifying->options.subscriber = switched ? blue : green;
}

static bool is_ready(const struct procedure *procedure, struct fault *fault)
{
    const char *cause = NULL;

    if (!procedure_has_run(procedure))
        cause = "there is no run under way";
    else if (journal_has(procedure->journal, "finish.state", "done"))
        cause = "the run is finished: nothing is replicated any more";
    else if (leg_phase(procedure) == LEG_IDLE && leg_has_lost(procedure))
        cause = "clients went back to blue without what was written on green, which is stale";
    else if (!journal_has(procedure->journal, "green.ready", "yes"))
        cause = "green is not ready yet";
    else if (leg_phase(procedure) != LEG_IDLE)
        cause = "clients are being moved, or a command that moved them was interrupted";
    if (!cause)
        return true;
    fault_set(fault, "verifying", procedure->config->cluster_name, NULL, "%s", cause);
    fault_hint(fault, "verify compares what replicates: after \"pgcutover prepare --execute\" and "
                      "before finish; \"pgcutover status\" says where the run stands");
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool set_up(struct verifying *verifying, const struct options *options, struct fault *fault)
{
    struct procedure *procedure = &verifying->procedure;
    struct verify_options *chosen = &verifying->options;

    if (!is_ready(procedure, fault) || !choose_databases(verifying, fault))
        return false;
    choose_sides(verifying);
    chosen->driver = procedure->driver;
    chosen->sessions = procedure->sessions;
    snprintf(verifying->application_name, sizeof(verifying->application_name), "pgcutover verify");
    chosen->application_name = verifying->application_name;
    chosen->directory = procedure->directory;
    chosen->databases = verifying->databases;
    chosen->tables = verifying->tables.items;
    chosen->table_count = verifying->tables.count;
    (void) options;
    return verify_new(chosen, &verifying->verify, fault);
}

/* --- progress --------------------------------------------------------------------------------- */

static const char *size_text(int64_t bytes, char buffer[32])
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double value = (double) bytes;
    size_t unit = 0;

    while (value >= 1024 && unit < 4) {
        value /= 1024;
        unit++;
    }
    snprintf(buffer, 32, unit && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return buffer;
}

static void add_eta(struct text *line, const struct verifying *verifying,
                    const struct verify_progress *progress, int64_t now_ns)
{
    int64_t done = progress->bytes_done - verifying->bytes_before;
    double elapsed = (double) (now_ns - verifying->begun_ns);
    char buffer[32];

    if (done > 0 && elapsed > (double) NS_PER_S && progress->bytes_total > progress->bytes_done)
        text_add(
            line, ", about %s left",
            terminal_duration((int64_t) (elapsed / (double) done *
                                         (double) (progress->bytes_total - progress->bytes_done)),
                              buffer));
}

static void say_progress(struct verifying *verifying)
{
    const struct procedure *procedure = &verifying->procedure;
    bool redraws = isatty(STDERR_FILENO);
    int64_t now = procedure->driver->now_ns(procedure->driver);
    struct verify_progress progress;
    struct text line = {0};
    char size[32];
    int width = terminal_width(stderr, 0);

    if (now - verifying->said_ns < (redraws ? REDRAW_NS : LINE_NS))
        return;
    verifying->said_ns = now;
    verify_progress(verifying->verify, &progress);
    text_add(&line, "verify: %d %% of %s",
             progress.bytes_total ? (int) (progress.bytes_done * 100 / progress.bytes_total) : 0,
             size_text(progress.bytes_total, size));
    add_eta(&line, verifying, &progress, now);
    text_add(&line, ", %zu of %zu tables", progress.tables_done, progress.tables_total);
    if (progress.different)
        text_add(&line, ", %zu different", progress.different);
    if (progress.now)
        text_add(&line, ", %s", progress.now);
    if (redraws)
        fprintf(stderr, "\r\033[K%.*s", width > 1 ? width - 1 : 79, text_string(&line));
    else
        fprintf(stderr, "%s\n", text_string(&line));
    fflush(stderr);
    verifying->has_line = redraws;
    text_free(&line);
}

static void clear_line(struct verifying *verifying)
{
    if (verifying->has_line)
        fputs("\r\033[K", stderr);
    verifying->has_line = false;
}

/* --- the result ------------------------------------------------------------------------------- */

static void print_json(struct verifying *verifying, const struct verify_progress *progress,
                       double seconds)
{
    cJSON *root = cJSON_CreateObject(), *array;
    const struct verify_finding *findings;
    size_t count, i;
    char *text;

    findings = verify_findings(verifying->verify, &count);
    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddBoolToObject(root, "equal", !progress->different && !progress->undecided);
    cJSON_AddBoolToObject(root, "complete", !verifying->options.is_part);
    cJSON_AddStringToObject(root, "publisher", verifying->options.publisher.name);
    cJSON_AddStringToObject(root, "subscriber", verifying->options.subscriber.name);
    cJSON_AddNumberToObject(root, "databases", (double) verifying->options.database_count);
    cJSON_AddNumberToObject(root, "tables", (double) progress->tables_done);
    cJSON_AddNumberToObject(root, "rows", (double) progress->rows);
    cJSON_AddNumberToObject(root, "bytes", (double) progress->bytes_done);
    cJSON_AddNumberToObject(root, "seconds", seconds);
    array = cJSON_AddArrayToObject(root, "findings");
    for (i = 0; i < count; i++) {
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "weight", verify_weight_name(findings[i].weight));
        cJSON_AddStringToObject(item, "database", findings[i].database);
        cJSON_AddStringToObject(item, "object", findings[i].object);
        cJSON_AddStringToObject(item, "key", findings[i].key ? findings[i].key : "");
        cJSON_AddStringToObject(item, "what", findings[i].what);
        cJSON_AddItemToArray(array, item);
    }
    text = cJSON_Print(root);
    puts(text);
    free(text);
    cJSON_Delete(root);
}

static void print_findings(const struct verifying *verifying, enum verify_weight weight)
{
    static const char *const colours[] = {"\033[31m", "\033[33m", "\033[36m"};
    bool colour = terminal_has_colour(stdout);
    const struct verify_finding *findings;
    size_t count, i;

    findings = verify_findings(verifying->verify, &count);
    for (i = 0; i < count; i++)
        if (findings[i].weight == weight)
            printf("%s%-9s%s %s%s%s%s%s: %s\n", colour ? colours[weight] : "",
                   verify_weight_name(weight), colour ? "\033[0m" : "", findings[i].database,
                   *findings[i].database ? ": " : "", findings[i].object,
                   findings[i].key ? ", row " : "", findings[i].key ? findings[i].key : "",
                   findings[i].what);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_table(const struct verifying *verifying, const struct verify_progress *progress,
                        int64_t took_ns)
{
    const struct verify_options *options = &verifying->options;
    char took[32], size[32];

    print_findings(verifying, VERIFY_DIFFERENT);
    print_findings(verifying, VERIFY_UNDECIDED);
    print_findings(verifying, VERIFY_ADVICE);
    if (progress->different || progress->undecided)
        printf("%zu difference%s, %zu undecided", progress->different, plural(progress->different),
               progress->undecided);
    else
        printf("%s is equal to %s", options->subscriber.name, options->publisher.name);
    printf(": %zu table%s, %" PRId64 " rows, %s in %zu database%s compared in %s\n",
           progress->tables_done, plural(progress->tables_done), progress->rows,
           size_text(progress->bytes_done, size), options->database_count,
           plural(options->database_count), terminal_duration(took_ns, took));
    if (options->stands_still)
        puts("Nothing is replicated: what differs is what \"pgcutover rollback "
             "--accept-data-loss\" would lose.");
    if (options->is_part)
        puts("Only what was chosen was compared.");
    else
        printf("Values of sequences are not replicated: %s\n",
               options->has_switched ? "a rollback sets them on blue, in its pause."
                                     : "the cutover sets them in the pause.");
}

static enum exit_code end(struct verifying *verifying)
{
    const struct procedure *procedure = &verifying->procedure;
    int64_t took = procedure->driver->now_ns(procedure->driver) - verifying->begun_ns;
    struct verify_progress progress;

    clear_line(verifying);
    verify_progress(verifying->verify, &progress);
    if (procedure->options->json)
        print_json(verifying, &progress, (double) took / (double) NS_PER_S);
    else
        print_table(verifying, &progress, took);
    return progress.different   ? EXIT_CHECKS_FAILED
           : progress.undecided ? EXIT_TRANSIENT
                                : EXIT_DONE;
}

/* Stopped by the operator, or by a fault: what is done is kept. */
static enum exit_code stop(struct verifying *verifying, enum verify_state state)
{
    struct fault fault = {0};

    clear_line(verifying);
    if (state == VERIFY_FAILED)
        return command_fault(verify_fault(verifying->verify), EXIT_FAILED);
    if (!verify_keep(verifying->verify, &fault))
        return command_fault(&fault, EXIT_FAILED);
    fault_set(&fault, "verifying", NULL, "interrupted",
              "the operator or the system asked us to stop");
    fault_hint(&fault, "nothing was changed; repeat the command: it goes on where it stopped");
    return command_fault(&fault, EXIT_TRANSIENT);
}

static enum exit_code run(struct verifying *verifying)
{
    struct procedure *procedure = &verifying->procedure;
    enum verify_state state;
    struct verify_progress progress;
    bool is_told = false;

    verifying->begun_ns = verifying->said_ns = procedure->driver->now_ns(procedure->driver);
    while ((state = verify_poll(verifying->verify)) == VERIFY_RUNNING &&
           !procedure_is_interrupted(procedure)) {
        verify_progress(verifying->verify, &progress);
        if (!is_told && progress.now) {
            is_told = true;
            verifying->bytes_before = progress.bytes_done;
            if (progress.resumed)
                fprintf(stderr, "verify: goes on: %zu tables were compared before\n",
                        progress.resumed);
        }
        say_progress(verifying);
        procedure->driver->wait(procedure->driver, verify_until_ns(verifying->verify));
    }
    return state == VERIFY_ENDED ? end(verifying) : stop(verifying, state);
}

enum exit_code command_verify(const struct options *options)
{
    struct verifying verifying = {0};
    struct fault fault = {0};
    enum exit_code code;

    if (!read_flags(&options->verify, &verifying.options, &fault) ||
        !procedure_open(options, PROCEDURE_LOOK, &verifying.procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    list_read(&verifying.tables, options->verify.tables);
    list_read(&verifying.names, options->verify.databases);
    code =
        set_up(&verifying, options, &fault) ? run(&verifying) : command_fault(&fault, EXIT_FAILED);
    verify_free(verifying.verify);
    free(verifying.databases);
    list_free(&verifying.tables);
    list_free(&verifying.names);
    procedure_close(&verifying.procedure);
    return code;
}
