/* How findings are told: for people, and as JSON. */
#include "checking.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A schema may have thousands of tables with the same fault. */
#define SHOWN_MAX 20
/* And a large one as many indexes in one evidence. Bytes. */
#define EVIDENCE_MAX 3000

/* Whoever may give names could otherwise write lines of his own, or steer the terminal. The lines
   of evidence are indented. */
static char *plain(const char *said, bool has_lines)
{
    struct text text = {0};
    char *lines = memory_copy(said ? said : ""), *line = lines;

    text_add_string(&text, "");
    while (has_lines && strchr(line, '\n')) {
        size_t length = strcspn(line, "\n");

        line[length] = '\0';
        text_add_plain(&text, line);
        text_add_string(&text, "\n");
        line += length + 1;
    }
    text_add_plain(&text, line);
    free(lines);
    return text_take(&text);
}

static void print_evidence(FILE *out, const char *evidence, int width)
{
    static const char more[] = " ... and more: --output=json has all of it";
    struct text text = {0};
    size_t length = strlen(evidence), end = length > EVIDENCE_MAX ? EVIDENCE_MAX : length;

    while (end && end < length && !strchr(" \n", evidence[end]))
        end--;
    text_add_bytes(&text, evidence, end ? end : length); /* one long word is not cut */
    if (end && end < length)
        text_add_string(&text, more);
    fputs("        found: ", out);
    terminal_paragraph(out, text_string(&text), width, 15, 15);
    text_free(&text);
}

static void print_finding(FILE *out, const struct finding *finding, bool colour)
{
    static const char *const colours[] = {"\033[31m", "\033[33m", "\033[36m", "\033[2m"};
    enum check_severity severity = finding->check->severity;
    int width = terminal_width(out, INT_MAX);
    char *where = plain(finding->where, false), *what = plain(finding->what, false);
    char *evidence = plain(finding->evidence, true), *cure = plain(finding->cure, false);

    fprintf(out, "%s%-7s%s %s: %s: %s\n", colour ? colours[severity] : "",
            check_severity_name(severity), colour ? "\033[0m" : "", finding->check->id, where,
            what);
    if (*evidence)
        print_evidence(out, evidence, width);
    fputs("        why:   ", out);
    terminal_paragraph(out, finding->check->text, width, 15, 15);
    /* to be copied: in one line */
    if (*cure)
        fprintf(out, "        cure:  %s\n", cure);
    free(where);
    free(what);
    free(evidence);
    free(cure);
}

/* How many of the first `count` findings are of this check; and of all, if count is the list's. */
static size_t count_of(const struct finding_list *list, size_t count, const struct check *check)
{
    size_t i, found = 0;

    for (i = 0; i < count; i++)
        found += list->findings[i].check == check;
    return found;
}

/* Those of one reason stand together: "green does not run yet": a, b, c. */
static void print_not_asked(FILE *out, const struct finding_list *list)
{
    size_t i, j;

    for (i = 0; i < list->not_asked_count; i++) {
        const char *reason = list->not_asked[i].reason;
        struct text ids = {0};
        bool is_told = false;

        for (j = 0; j < i; j++)
            is_told = is_told || string_equal(list->not_asked[j].reason, reason);
        for (j = i; j < list->not_asked_count && !is_told; j++)
            if (string_equal(list->not_asked[j].reason, reason))
                text_add(&ids, "%s%s", ids.length ? ", " : "", list->not_asked[j].check->id);
        if (!is_told) {
            char *told = plain(reason, false);

            fprintf(out, "not asked: %s\n        ", told);
            free(told);
            terminal_paragraph(out, text_string(&ids), terminal_width(out, 100), 8, 8);
        }
        text_free(&ids);
    }
}

void checking_print(FILE *out, const struct finding_list *list, enum check_severity least)
{
    bool colour = terminal_has_colour(out);
    size_t i;

    for (i = 0; i < list->count; i++) {
        const struct check *check = list->findings[i].check;
        size_t before;

        if (check->severity > least)
            continue;
        before = count_of(list, i, check);
        if (before < SHOWN_MAX)
            print_finding(out, &list->findings[i], colour);
        else if (before == SHOWN_MAX)
            fprintf(out, "        ... and %zu more of %s: --output=json lists all of them\n",
                    count_of(list, list->count, check) - SHOWN_MAX, check->id);
    }
    if (least == CHECK_ADVICE)
        print_not_asked(out, list);
}

/* What hosts and servers say may be cut within a character, or of another encoding. */
static void add_string(cJSON *object, const char *key, const char *value)
{
    struct text text = {0};

    text_add_valid(&text, value ? value : "");
    cJSON_AddStringToObject(object, key, text_string(&text));
    text_free(&text);
}

static void add_counts(cJSON *root, const struct finding_list *list)
{
    cJSON *counts = cJSON_AddObjectToObject(root, "counts");
    int severity;

    for (severity = CHECK_ERROR; severity <= CHECK_ADVICE; severity++)
        cJSON_AddNumberToObject(counts, check_severity_name((enum check_severity) severity),
                                (double) finding_count(list, (enum check_severity) severity));
}

static void add_findings(cJSON *root, const struct finding_list *list)
{
    cJSON *array = cJSON_AddArrayToObject(root, "findings");
    size_t i;

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
    array = cJSON_AddArrayToObject(root, "not_asked");
    for (i = 0; i < list->not_asked_count; i++) {
        cJSON *item = cJSON_CreateObject();

        add_string(item, "id", list->not_asked[i].check->id);
        add_string(item, "reason", list->not_asked[i].reason);
        cJSON_AddItemToArray(array, item);
    }
}

static void print_and_free(cJSON *root)
{
    char *text = cJSON_Print(root);

    puts(text);
    free(text);
    cJSON_Delete(root);
}

cJSON *checking_json(const struct procedure *procedure, const struct finding_list *list)
{
    static const struct finding_list nothing;
    cJSON *root = cJSON_CreateObject();

    list = list ? list : &nothing;
    cJSON_AddNumberToObject(root, "schema_version", 1);
    add_string(root, "command", "check");
    add_string(root, "program_version", PGCUTOVER_VERSION);
    add_string(root, "cluster", procedure->config->cluster_name);
    cJSON_AddNumberToObject(root, "blue_version_num", (double) procedure->world->blue.version_num);
    cJSON_AddNumberToObject(root, "exit_code",
                            finding_count(list, CHECK_ERROR) ? EXIT_CHECKS_FAILED : EXIT_DONE);
    add_counts(root, list);
    add_findings(root, list);
    return root;
}

void checking_print_json(const struct procedure *procedure, const struct finding_list *list)
{
    print_and_free(checking_json(procedure, list));
}

static void print_list_json(void)
{
    cJSON *root = cJSON_CreateObject(), *array;
    const struct check_family *family;
    const struct check *check;
    char versions[32];

    cJSON_AddNumberToObject(root, "schema_version", 1);
    array = cJSON_AddArrayToObject(root, "checks");
    for (family = check_families; family->rows; family++)
        for (check = family->rows; check->id; check++) {
            cJSON *item = cJSON_CreateObject();

            check_versions(check, versions);
            add_string(item, "id", check->id);
            add_string(item, "family", family->title);
            add_string(item, "severity", check_severity_name(check->severity));
            add_string(item, "asked_of", check_side_name(check->side));
            add_string(item, "versions", versions);
            add_string(item, "why", check->text);
            add_string(item, "cure", check->cure);
            add_string(item, "source", check->source);
            cJSON_AddItemToArray(array, item);
        }
    print_and_free(root);
}

static void print_list_markdown(void)
{
    const struct check_family *family;
    const struct check *check;
    char versions[32];

    for (family = check_families; family->rows; family++) {
        printf("%s### %s\n\n| check | severity | versions | asked of | why | source |\n"
               "|---|---|---|---|---|---|\n",
               family == check_families ? "" : "\n", family->title);
        for (check = family->rows; check->id; check++) {
            check_versions(check, versions);
            printf("| `%s` | %s | %s | %s | %s | %s |\n", check->id,
                   check_severity_name(check->severity), versions, check_side_name(check->side),
                   check->text, check->source);
        }
    }
}

static void print_list_table(void)
{
    const struct check_family *family;
    const struct check *check;
    int width = terminal_width(stdout, 100);
    char versions[32];

    for (family = check_families; family->rows; family++) {
        printf("%s%s\n", family == check_families ? "" : "\n", family->title);
        for (check = family->rows; check->id; check++) {
            check_versions(check, versions);
            printf("  %-28s %-8s %-13s %s\n      ", check->id, check_severity_name(check->severity),
                   versions, check_side_name(check->side));
            terminal_paragraph(stdout, check->text, width, 6, 6);
        }
    }
}

void checking_print_list(enum list_format format)
{
    if (format == LIST_JSON)
        print_list_json();
    else if (format == LIST_MARKDOWN)
        print_list_markdown();
    else
        print_list_table();
}
