/* The section Verifications: the account, what clients felt, checks, parameters, SHOW. */
#include "report_note_internal.h"

#include <inttypes.h>
#include <string.h>

/* The page beside the note has all. */
#define FINDINGS_MAX 40

/* --- the account ------------------------------------------------------------------------------ */

static void add_account(const struct report *report, struct text *out)
{
    size_t i;

    if (!report->account_count)
        return;
    text_add_string(out, "\n### Nothing lost, nothing doubled\n\n| what | found |\n|---|---|\n");
    for (i = 0; i < report->account_count; i++) {
        note_cell(out, report->account[i].item, "");
        note_cell(out, report->account[i].value, "not known");
        text_add_string(out, "|\n");
    }
}

/* --- what clients felt ------------------------------------------------------------------------ */

static void add_number(struct text *out, int64_t number)
{
    if (number == REPORT_UNKNOWN)
        text_add_string(out, "| ");
    else
        text_add(out, "| %" PRId64 " ", number);
}

static void add_length(struct report *report, struct text *out, int64_t length_us, bool is_open)
{
    if (length_us == REPORT_UNKNOWN)
        text_add_string(out, "|  ");
    else
        text_add(out, "| %s%s ", is_open ? "more than " : "", report_length(report, length_us));
}

static bool is_measured(const struct report_pooler *pooler)
{
    return pooler->probes != REPORT_UNKNOWN;
}

static void add_felt(struct report *report, const struct report_move *move, struct text *out)
{
    bool has_table = false;
    size_t i;

    for (i = 0; i < move->pooler_count; i++) {
        const struct report_pooler *pooler = &move->poolers[i];

        if (!is_measured(pooler))
            continue;
        if (!has_table)
            text_add(out,
                     "\n### What clients felt: %s of %s\n\n"
                     "| pooler | probes | failed | longest gap before | while held | after | p99 "
                     "before | while held | after |\n"
                     "|---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
                     move->plan, report_time(report, move->began_us));
        has_table = true;
        note_cell(out, pooler->name, "");
        add_number(out, pooler->probes);
        add_number(out, pooler->failed);
        add_length(report, out, pooler->before.longest_gap_us, false);
        add_length(report, out, pooler->held.longest_gap_us, pooler->is_open);
        add_length(report, out, pooler->after.longest_gap_us, false);
        add_length(report, out, pooler->before.p99_us, false);
        add_length(report, out, pooler->held.p99_us, false);
        add_length(report, out, pooler->after.p99_us, false);
        text_add_string(out, "|\n");
    }
}

/* --- checks ----------------------------------------------------------------------------------- */

static void add_counts(const struct report *report, struct text *out)
{
    static const char *const severities[] = {"error", "warning", "note", "advice"};
    size_t i, j;

    for (i = 0; i < 4; i++) {
        size_t count = 0;

        for (j = 0; j < report->finding_count; j++)
            count += string_equal(report->findings[j].severity, severities[i]);
        if (i < 3)
            text_add(out, "%s%zu %s%s", i ? ", " : "", count, severities[i], count == 1 ? "" : "s");
        else
            text_add(out, ", %zu of advice", count);
    }
}

static bool is_grave(const struct report_finding *finding)
{
    return string_equal(finding->severity, "error") || string_equal(finding->severity, "warning");
}

static void add_grave(const struct report *report, struct text *out)
{
    size_t i, told = 0;

    for (i = 0; i < report->finding_count; i++) {
        const struct report_finding *finding = &report->findings[i];

        if (!is_grave(finding) || told++ >= FINDINGS_MAX)
            continue;
        if (told == 1)
            text_add_string(out, "\n| severity | check | where | what |\n|---|---|---|---|\n");
        note_cell(out, finding->severity, "");
        note_code_cell(out, finding->id, "");
        note_cell(out, finding->where, "");
        note_cell(out, finding->what, "");
        text_add_string(out, "|\n");
    }
    if (told > FINDINGS_MAX)
        text_add(out, "\n%zu more are not listed here.\n", told - FINDINGS_MAX);
}

/* "Notes and advice: `identity_missing` (12), …": by check only. */
static void add_slight(const struct report *report, struct text *out)
{
    bool any = false;
    size_t i, j;

    for (i = 0; i < report->finding_count; i++) {
        const struct report_finding *finding = &report->findings[i];
        size_t count = 0;
        bool is_told = false;

        for (j = 0; j < report->finding_count; j++) {
            bool is_same = string_equal(report->findings[j].id, finding->id) &&
                           !is_grave(&report->findings[j]);

            is_told = is_told || (is_same && j < i);
            count += is_same;
        }
        if (is_grave(finding) || is_told)
            continue;
        text_add_string(out, any ? ", " : "\nNotes and advice: ");
        markdown_add_code(out, finding->id ? finding->id : "", false);
        if (count > 1)
            text_add(out, " (%zu times)", count);
        any = true;
    }
    if (any)
        text_add_string(out, ".\n");
}

static void add_checks(struct report *report, struct text *out)
{
    text_add_string(out, "\n### Checks\n\n");
    if (report->checked_us == REPORT_UNKNOWN) {
        text_add_string(out, "Not known: ");
        markdown_add(out, report->not_checked ? report->not_checked : "they were not run");
        text_add_string(out, "\n");
        return;
    }
    text_add(out, "Run %s: ", report_time(report, report->checked_us));
    add_counts(report, out);
    text_add_string(out, ".\n");
    add_grave(report, out);
    add_slight(report, out);
}

/* --- parameters ------------------------------------------------------------------------------- */

static void add_parameters(struct report *report, struct text *out)
{
    size_t i, same = 0, different = 0;

    text_add_string(out, "\n### Parameters that differ\n\n");
    if (report->parameters_us == REPORT_UNKNOWN) {
        text_add_string(out, "Not compared: both servers have not answered at the same time.\n");
        return;
    }
    for (i = 0; i < report->parameter_count; i++) {
        const struct report_parameter *parameter = &report->parameters[i];

        same += !parameter->differs;
        if (!parameter->differs)
            continue;
        if (different++ == 0)
            text_add_string(out, "| parameter | blue | green | why |\n|---|---|---|---|\n");
        note_code_cell(out, parameter->name, "");
        note_code_cell(out, parameter->blue, "none");
        note_code_cell(out, parameter->green, "none");
        note_cell(out, parameter->why, "");
        text_add_string(out, "|\n");
    }
    if (!different)
        text_add_string(out, "None.\n");
    text_add(out, "\nCompared %s. The same on both, of those that somebody has set: %zu.\n",
             report_time(report, report->parameters_us), same);
}

/* --- SHOW ------------------------------------------------------------------------------------- */

/* The newest moment in which that server answered. */
static const char *last_moment(const struct report *report, const char *side)
{
    size_t i;

    for (i = report->show_count; i-- > 0;)
        if (string_equal(report->shows[i].side, side))
            return report->shows[i].moment;
    return NULL;
}

/* What a person sees who types them into psql, with the name of the side before the prompt. */
static void add_session(struct report *report, const char *side, struct text *out)
{
    const char *moment = last_moment(report, side);
    struct text lines = {0};
    int64_t at_us = REPORT_UNKNOWN;
    size_t i;

    for (i = 0; moment && i < report->show_count; i++) {
        const struct report_show *show = &report->shows[i];

        if (!string_equal(show->side, side) || !string_equal(show->moment, moment))
            continue;
        at_us = show->at_us;
        text_add(&lines, "%s/%s=# %s\n", side, show->database ? show->database : "?",
                 show->statement);
        if (show->answer)
            text_add(&lines, "%s\n", show->answer);
        else
            text_add(&lines, "(not known: %s)\n", show->why ? show->why : "");
    }
    text_add(out, "\n### %s, %s", side, moment ? moment : "");
    if (lines.length) {
        text_add(out, ", %s\n\n", report_time(report, at_us));
        markdown_add_block(out, text_string(&lines));
    }
    text_free(&lines);
}

static void add_shows(struct report *report, struct text *out)
{
    size_t i;

    for (i = 0; i < 2; i++) {
        const struct report_server *server = &report->servers[i];

        if (last_moment(report, server->side)) {
            add_session(report, server->side, out);
        } else {
            text_add(out, "\n### %s\n\nNothing was asked of it: ", server->side);
            markdown_add(out, server->why ? server->why : "no answer was kept");
            text_add_string(out, "\n");
        }
    }
}

void note_verifications(struct report *report, struct text *out)
{
    size_t i;

    text_add_string(out, "\n## Verifications\n");
    add_account(report, out);
    for (i = 0; i < report->move_count; i++)
        add_felt(report, &report->moves[i], out);
    add_checks(report, out);
    add_parameters(report, out);
    add_shows(report, out);
}
