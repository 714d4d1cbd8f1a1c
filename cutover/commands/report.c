/*
 * report: what a run was, for people who were not there: the operations note and the page.
 */
#include "last_run.h"
#include "report_files.h"
#include "reporting.h"

#include "../base/text.h"
#include "../report/report_html.h"
#include "../report/report_json.h"
#include "../report/report_note.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const struct format {
    const char *name, *suffix;
    char *(*make)(struct report *report);
    bool by_itself; /* written where nobody names a format */
} formats[] = {
    {"note", ".md", report_note, true},
    {"html", ".html", report_html, true},
    {"json", ".json", report_json, false},
};
#define FORMAT_COUNT (sizeof(formats) / sizeof(formats[0]))

struct written {
    char *path, *content; /* NULL: not wanted */
};

static bool is_wanted(const struct options *options, const struct format *format)
{
    const char *named = options->report.format;

    return named ? string_equal(named, "all") || string_equal(named, format->name)
                 : format->by_itself;
}

static bool refuse(struct fault *fault, const char *where, const char *cause, const char *hint)
{
    fault_set(fault, "writing the report", where, NULL, "%s", cause);
    fault_hint(fault, "%s", hint);
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool check_options(const struct options *options, struct fault *fault)
{
    const char *to = options->report.to ? options->report.to : ".";
    bool is_known = false;
    struct stat status;
    size_t i;

    for (i = 0; i < FORMAT_COUNT; i++)
        is_known = is_known || is_wanted(options, &formats[i]);
    if (!is_known)
        return refuse(fault, NULL, "--format names none that there is",
                      "it is note, html, json or all");
    if (stat(to, &status) < 0)
        return refuse(fault, to, strerror(errno),
                      "--to=DIRECTORY names one that is there: none is made");
    return S_ISDIR(status.st_mode) ||
           refuse(fault, to, "it is no directory", "--to=DIRECTORY names one");
}

/* "./x" is told as "x". */
static char *path_of(const struct options *options, const char *stem, const char *suffix)
{
    const char *to = options->report.to;
    struct text text = {0};

    if (to)
        text_add(&text, "%s%s", to, to[strlen(to) - 1] == '/' ? "" : "/");
    text_add(&text, "%s%s", stem, suffix);
    return text_take(&text);
}

/* All of them may be written before one is. */
static bool write_files(const struct options *options, struct report *report,
                        struct written *written, struct fault *fault)
{
    char *stem = report_file_stem(report);
    bool good = true;
    size_t i;
    int pass;

    for (i = 0; i < FORMAT_COUNT; i++)
        if (is_wanted(options, &formats[i])) {
            written[i].path = path_of(options, stem, formats[i].suffix);
            written[i].content = formats[i].make(report);
        }
    for (pass = 0; pass < 2; pass++)
        for (i = 0; good && i < FORMAT_COUNT; i++) {
            struct report_file file = {.path = written[i].path,
                                       .content = written[i].content,
                                       .is_json = string_equal(formats[i].name, "json")};

            if (file.path)
                good = pass == 0 ? report_file_check(&file, report, fault)
                                 : report_file_write(&file, report, fault);
        }
    free(stem);
    return good;
}

static void print_files(const struct options *options, const struct report *report,
                        const struct written *written)
{
    cJSON *root = cJSON_CreateObject(), *files;
    char *text;
    size_t i;

    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "outcome", report_outcome_name(report->outcome));
    files = cJSON_AddArrayToObject(root, "files");
    for (i = 0; i < FORMAT_COUNT; i++)
        if (written[i].path && options->json)
            cJSON_AddItemToArray(files, cJSON_CreateString(written[i].path));
        else if (written[i].path)
            puts(written[i].path);
    if (options->json) {
        text = cJSON_Print(root);
        puts(text);
        free(text);
    }
    cJSON_Delete(root);
}

static enum exit_code write_report(struct procedure *procedure)
{
    const struct options *options = procedure->options;
    struct written written[FORMAT_COUNT] = {0};
    struct report *report = NULL;
    enum exit_code code = EXIT_DONE;
    struct fault fault;
    size_t i;

    if (!reporting_gather(procedure, &report, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (write_files(options, report, written, &fault))
        print_files(options, report, written);
    else
        code = command_fault(&fault, EXIT_FAILED);
    for (i = 0; i < FORMAT_COUNT; i++) {
        free(written[i].path);
        free(written[i].content);
    }
    report_free(report);
    return code;
}

enum exit_code command_report(const struct options *options)
{
    struct procedure procedure;
    struct fault fault;
    enum exit_code code;
    char *last = NULL;

    if (!check_options(options, &fault))
        return command_fault(&fault, EXIT_USAGE);
    if (!last_run_open(options, PROCEDURE_LOOK, PROCEDURE_LOOK, &procedure, &last, &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = write_report(&procedure);
    free(last);
    procedure_close(&procedure);
    return code;
}
