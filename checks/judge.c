#include "check.h"

#include "../cutover/base/fault.h"
#include "../cutover/base/text.h"
#include "../replication/session.h"
#include "../replication/sql.h"

#include <stdio.h>
#include <stdlib.h>

const struct check_family check_families[] = {
    {"Blue as a server", check_rows_server},
    {"Databases, roles and places of blue", check_rows_names},
    {"Tables of blue", check_rows_tables},
    {"Other objects of blue", check_rows_objects},
    {"What pg_upgrade cannot carry", check_rows_upgrade},
    {"Green, once it runs", check_rows_green},
    {"Hosts and programs", check_rows_hosts},
    {"What green's release has and takes", check_rows_target},
    {"Poolers", check_rows_poolers},
    {"Advice", check_rows_advice},
    {NULL, NULL},
};

const struct check *check_find(const char *id)
{
    const struct check_family *family;
    const struct check *check;

    for (family = check_families; family->rows; family++)
        for (check = family->rows; check->id; check++)
            if (string_equal(check->id, id))
                return check;
    return NULL;
}

bool check_applies(const struct check *check, enum check_side side, int server_version)
{
    return check->sql && check->side == side &&
           (!check->min_version || server_version >= check->min_version) &&
           (!check->max_version || server_version <= check->max_version);
}

bool check_lacks_version(const struct check *check, int server_version, int green_version)
{
    return (check->of_green_version && !green_version) ||
           ((check->min_version || check->max_version) && !server_version);
}

const char *check_severity_name(enum check_severity severity)
{
    switch (severity) {
    case CHECK_ERROR:
        return "error";
    case CHECK_WARNING:
        return "warning";
    case CHECK_NOTE:
        return "note";
    case CHECK_ADVICE:
        return "advice";
    }
    return "error";
}

const char *check_side_name(enum check_side side)
{
    static const char *const names[] = {
        [CHECK_BLUE] = "blue",
        [CHECK_BLUE_DB] = "every database of blue",
        [CHECK_GREEN] = "green",
        [CHECK_GREEN_DB] = "every database of green",
        [CHECK_BLUE_HOST] = "blue's host",
        [CHECK_GREEN_HOST] = "green's host",
        [CHECK_POOLER] = "poolers",
        [CHECK_CONFIGURATION] = "configuration",
    };

    return names[side];
}

void check_versions(const struct check *check, char buffer[32])
{
    int first = check->min_version / 10000, last = check->max_version / 10000;

    if (first && last)
        snprintf(buffer, 32, first == last ? "%d" : "%d to %d", first, last);
    else if (first)
        snprintf(buffer, 32, "%d and newer", first);
    else if (last)
        snprintf(buffer, 32, "up to %d", last);
    else
        snprintf(buffer, 32, "all");
}

void check_set_values(struct sql_arguments *arguments, const struct check_values *values)
{
    sql_set(arguments, "databases", values->databases);
    sql_set(arguments, "slot_prefix", "pgcutover_");
    sql_set(arguments, "publication", "pgcutover");
    sql_set(arguments, "run_slots", values->run_slots);
    sql_set(arguments, "run_known", values->run_known);
    sql_set(arguments, "way_back", values->way_back);
    sql_set(arguments, "refuse_ddl", values->refuse_ddl);
    sql_set(arguments, "green_version", values->green_version);
    sql_set(arguments, "green_parameters", values->green_parameters);
    sql_set(arguments, "green_knows_attver", values->green_knows_attver);
    sql_set(arguments, "green_ready", values->green_ready);
}

void finding_add(struct finding_list *list, const struct check *check, const char *where,
                 const char *what, const char *evidence, const char *cure)
{
    struct finding *finding;

    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 16;
        list->findings = memory_grow(list->findings, list->capacity * sizeof *list->findings);
    }
    finding = &list->findings[list->count++];
    finding->check = check;
    finding->where = memory_copy(where ? where : "");
    finding->what = memory_copy(what && *what ? what : "(no name)");
    finding->evidence = memory_copy(evidence ? evidence : "");
    finding->cure = memory_copy(cure && *cure ? cure : check->cure ? check->cure : "");
}

void finding_not_asked(struct finding_list *list, const struct check *check, const char *reason)
{
    size_t i;

    for (i = 0; i < list->not_asked_count; i++)
        if (list->not_asked[i].check == check)
            return;
    if (list->not_asked_count == list->not_asked_capacity) {
        list->not_asked_capacity = list->not_asked_capacity ? list->not_asked_capacity * 2 : 16;
        list->not_asked =
            memory_grow(list->not_asked, list->not_asked_capacity * sizeof *list->not_asked);
    }
    list->not_asked[list->not_asked_count++] =
        (struct not_asked){.check = check, .reason = memory_copy(reason)};
}

/* not_measured, as severe as what could not be asked: a want of advice keeps nobody waiting. */
static const struct check *not_measured_of(const struct check *check)
{
    static struct check rows[CHECK_ADVICE + 1];
    struct check *row = &rows[check->severity];

    *row = *check_find("not_measured");
    row->severity = check->severity;
    return row;
}

static void add_not_measured(struct finding_list *list, const struct check *check,
                             const char *where, const struct fault *fault)
{
    struct text evidence = {0};

    text_add_string(&evidence, fault->cause[0] ? fault->cause : "no answer");
    if (fault->code[0])
        text_add(&evidence, " (%s)", fault->code);
    finding_add(list, not_measured_of(check), where, check->id, text_string(&evidence),
                fault->hint);
    text_free(&evidence);
}

bool check_judge(struct finding_list *list, const struct check *check, const char *where,
                 const struct reply *reply)
{
    int row, rows;

    /* A statement that passes gives a table without rows; no table at all is no answer. */
    if (reply->state != REPLY_OK || !reply->table) {
        add_not_measured(list, check, where, &reply->fault);
        return false;
    }
    rows = reply_rows(reply);
    for (row = 0; row < rows; row++)
        finding_add(list, check, where, reply_value(reply, row, "what"),
                    reply_value(reply, row, "evidence"), reply_value(reply, row, "cure"));
    return true;
}

size_t finding_count(const struct finding_list *list, enum check_severity severity)
{
    size_t i, count = 0;

    for (i = 0; i < list->count; i++)
        if (list->findings[i].check->severity == severity)
            count++;
    return count;
}

void finding_sort(struct finding_list *list)
{
    struct finding *sorted;
    size_t i, count = 0;
    int severity;

    if (!list->count)
        return;
    sorted = memory_new(list->capacity * sizeof *sorted);
    for (severity = CHECK_ERROR; severity <= CHECK_ADVICE; severity++)
        for (i = 0; i < list->count; i++)
            if ((int) list->findings[i].check->severity == severity)
                sorted[count++] = list->findings[i];
    free(list->findings);
    list->findings = sorted;
}

static void finding_end(struct finding *finding)
{
    free(finding->where);
    free(finding->what);
    free(finding->evidence);
    free(finding->cure);
}

void finding_leave_to_prepare(struct finding_list *list)
{
    size_t i, kept = 0;

    for (i = 0; i < list->count; i++) {
        if (list->findings[i].check->by_prepare)
            finding_end(&list->findings[i]);
        else
            list->findings[kept++] = list->findings[i];
    }
    list->count = kept;
}

void finding_list_free(struct finding_list *list)
{
    size_t i;

    if (!list)
        return;
    for (i = 0; i < list->count; i++)
        finding_end(&list->findings[i]);
    for (i = 0; i < list->not_asked_count; i++)
        free(list->not_asked[i].reason);
    free(list->findings);
    free(list->not_asked);
    *list = (struct finding_list){0};
}
