/*
 * check: what would stop a cutover, or lose data.
 */
#include "checking.h"
#include "leg.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static void add_string(cJSON *object, const char *key, const char *value)
{
    cJSON_AddStringToObject(object, key, value ? value : "");
}

static void print_json(const struct finding_list *list)
{
    cJSON *root = cJSON_CreateObject(), *array = cJSON_AddArrayToObject(root, "findings");
    char *text;
    size_t i;

    cJSON_AddNumberToObject(root, "schema_version", 1);
    for (i = 0; i < list->count; i++) {
        const struct finding *finding = &list->findings[i];
        cJSON *item = cJSON_CreateObject();

        add_string(item, "id", finding->check->id);
        add_string(item, "severity", check_severity_name(finding->check->severity));
        add_string(item, "where", finding->where);
        add_string(item, "what", finding->what);
        add_string(item, "evidence", finding->evidence);
        add_string(item, "why", finding->check->text);
        add_string(item, "cure", finding->cure);
        cJSON_AddItemToArray(array, item);
    }
    text = cJSON_Print(root);
    puts(text);
    free(text);
    cJSON_Delete(root);
}

static void print_fix(const struct finding_list *list)
{
    size_t i;

    puts("-- Cures that pgcutover check proposes. Read each one; none was run.");
    for (i = 0; i < list->count; i++)
        if (list->findings[i].cure && list->findings[i].check->severity != CHECK_NOTE)
            printf("\n-- %s: %s: %s\n%s\n", list->findings[i].check->id, list->findings[i].where,
                   list->findings[i].what, list->findings[i].cure);
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

static void print_counts(const struct finding_list *list)
{
    size_t errors = finding_count(list, CHECK_ERROR), notes = finding_count(list, CHECK_NOTE);
    size_t warnings = finding_count(list, CHECK_WARNING);

    fflush(stdout);
    fprintf(stderr, "%zu error%s, %zu warning%s, %zu note%s\n", errors, plural(errors), warnings,
            plural(warnings), notes, plural(notes));
}

enum exit_code command_check(const struct options *options)
{
    struct procedure procedure;
    struct finding_list list = {0};
    struct fault fault;
    enum exit_code code;

    if (!procedure_open(options, PROCEDURE_LOOK, &procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    if (leg_side(&procedure) == SIDE_GREEN) {
        /* what blue lacks now is no finding, and its fence is not to be cured */
        puts(options->json ? "{\"schema_version\": 1, \"findings\": []}"
                           : "Clients are on green already: nothing to check on blue, which is "
                             "fenced.\nNext: pgcutover finish --execute");
        procedure_close(&procedure);
        return EXIT_DONE;
    }
    if (!checking_run(&procedure, &list, &fault)) {
        procedure_close(&procedure);
        return command_fault(&fault, EXIT_FAILED);
    }
    if (options->json)
        print_json(&list);
    else if (options->fix)
        print_fix(&list);
    else
        checking_print(stdout, &list, CHECK_NOTE);
    if (!options->json)
        print_counts(&list);
    code = finding_count(&list, CHECK_ERROR) ? EXIT_CHECKS_FAILED : EXIT_DONE;
    finding_list_free(&list);
    procedure_close(&procedure);
    return code;
}
