/* The operations note: front matter, Summary, Sequence, Anomalies, References. */
#include "report_note.h"

#include "report_note_internal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

void note_item(struct text *out, const char *label, const char *value)
{
    text_add(out, "- %s: ", label);
    markdown_add(out, value ? value : "not told");
    text_add_string(out, "\n");
}

void note_cell(struct text *out, const char *value, const char *unknown)
{
    text_add_string(out, "| ");
    markdown_add(out, value ? value : unknown);
    text_add_string(out, " ");
}

void note_code_cell(struct text *out, const char *value, const char *unknown)
{
    text_add_string(out, "| ");
    if (value && *value)
        markdown_add_code(out, value, true);
    else
        markdown_add(out, value ? "(empty)" : unknown);
    text_add_string(out, " ");
}

/* --- front matter ----------------------------------------------------------------------------- */

/* "15" of "15.20 (Debian …)"; of releases before 10 nobody has any here. */
static int major_of(const char *version)
{
    return version ? atoi(version) : 0;
}

static void add_quoted(struct text *out, const char *key, const char *value)
{
    text_add(out, "%s: ", key);
    markdown_add_quoted(out, value ? value : "not told");
    text_add_string(out, "\n");
}

static void add_majors(const struct report *report, struct text *out)
{
    int from = major_of(report->servers[0].version), to = major_of(report->servers[1].version);

    if (from && to)
        text_add(out, "PostgreSQL %d to %d", from, to);
    else if (from)
        text_add(out, "upgrade of PostgreSQL %d", from);
    else
        text_add_string(out, "upgrade of PostgreSQL");
}

static void add_front_matter(struct report *report, struct text *out)
{
    int64_t day_us = report->began_us == REPORT_UNKNOWN ? report->made_us : report->began_us;
    struct text title = {0}, description = {0};

    text_add(&title, "%s%s%s: ", report->environment ? report->environment : "",
             report->environment ? " " : "", report->cluster ? report->cluster : "cluster");
    add_majors(report, &title);
    text_add(&title, ", %.10s", report_time(report, day_us));
    text_add(&description,
             "Operations log of pgcutover on cluster %s: ", report->cluster ? report->cluster : "");
    add_majors(report, &description);
    text_add(&description, "; %s.", report_outcome_name(report->outcome));
    text_add_string(out, "---\n");
    add_quoted(out, "title", text_string(&title));
    add_quoted(out, "description", text_string(&description));
    text_add_string(out, "tags: [process, operation-notes, postgresql, cutover]\n");
    add_quoted(out, "domain", report->domain);
    add_quoted(out, "maturity", report->maturity);
    add_quoted(out, "author", report->author);
    text_add_string(out, "---\n\n");
    text_free(&title);
    text_free(&description);
}

/* --- summary ---------------------------------------------------------------------------------- */

static void add_versions(struct report *report, struct text *out)
{
    size_t i;

    for (i = 0; i < 2; i++) {
        const struct report_server *server = &report->servers[i];

        text_add(out, "- %s: ", i ? "Green" : "Blue");
        markdown_add(out, server->version ? server->version : "release not known");
        text_add_string(out, ", ");
        markdown_add_code(out, server->address ? server->address : "not known", false);
        text_add_string(out, "\n");
    }
}

static int64_t longest_gap(const struct report_move *move, const struct report_pooler **ret_pooler)
{
    int64_t longest = REPORT_UNKNOWN;
    size_t i;

    for (i = 0; i < move->pooler_count; i++)
        if (move->poolers[i].held.longest_gap_us > longest) {
            longest = move->poolers[i].held.longest_gap_us;
            *ret_pooler = &move->poolers[i];
        }
    return longest;
}

/* "Cutover: done; 07:01:00 UTC; clients were held for 56 ms of 5 s; …" */
static void add_move(struct report *report, const struct report_move *move, struct text *out)
{
    const struct report_pooler *pooler = NULL;
    int64_t gap_us = longest_gap(move, &pooler);
    bool was_held = move->held_us != REPORT_UNKNOWN && move->released_us != REPORT_UNKNOWN;
    struct text line = {0};

    text_add(&line, "%s of %s, %s to %s: %s", move->plan, report_time(report, move->began_us),
             move->from, move->to, move->outcome);
    if (was_held)
        text_add(&line, "; clients were held for %s",
                 report_length(report, move->released_us - move->held_us));
    else if (move->held_us != REPORT_UNKNOWN)
        text_add_string(&line, "; clients were held, for how long is not known");
    else
        text_add_string(&line, "; clients were not held");
    if (move->budget_us != REPORT_UNKNOWN)
        text_add(&line, " (budget %s)", report_length(report, move->budget_us));
    if (gap_us != REPORT_UNKNOWN)
        text_add(&line, "; longest gap of a client %s%s (%s)", pooler->is_open ? "more than " : "",
                 report_length(report, gap_us), pooler->name);
    text_add_string(out, "- ");
    markdown_add(out, text_string(&line));
    text_add_string(out, "\n");
    text_free(&line);
}

static void add_values(const struct report *report, struct text *out)
{
    size_t i;

    text_add_string(out, "\n### Values\n\n| Item | Value |\n|---|---|\n");
    for (i = 0; i < report->value_count; i++) {
        note_cell(out, report->values[i].item, "");
        note_cell(out, report->values[i].value, "not known");
        text_add_string(out, "|\n");
    }
}

static void add_outcome(struct report *report, struct text *out)
{
    text_add(out, "- Outcome: **%s**", report_outcome_name(report->outcome));
    if (report->cause) {
        text_add_string(out, ": ");
        markdown_add(out, report->cause);
    }
    text_add_string(out, "\n");
    if (report->phase)
        note_item(out, "The run stands", report->phase);
    note_item(out, "Clients may write on", report->side);
}

static void add_summary(struct report *report, struct text *out)
{
    size_t i;

    text_add_string(out, "## Summary\n\n- Cluster: ");
    markdown_add_code(out, report->cluster ? report->cluster : "", false);
    text_add_string(out, "\n");
    note_item(out, "Environment", report->environment);
    note_item(out, "Trigger", report->trigger);
    note_item(out, "Operator", report->operator_name);
    note_item(out, "Start",
              report->began_us == REPORT_UNKNOWN ? "nothing was executed"
                                                 : report_time(report, report->began_us));
    note_item(out, "End",
              report->ended_us == REPORT_UNKNOWN ? "nothing was executed"
                                                 : report_time(report, report->ended_us));
    add_outcome(report, out);
    add_versions(report, out);
    for (i = 0; i < report->move_count; i++)
        add_move(report, &report->moves[i], out);
    note_item(out, "Next", report->next);
    text_add(out, "- Written: %s, by pgcutover %s\n", report_time(report, report->made_us),
             report->program_version ? report->program_version : "");
    add_values(report, out);
}

/* --- sequence --------------------------------------------------------------------------------- */

/* "07:01:00.367"; "" when it is not known. */
static void clock_of(int64_t at_us, char out[16])
{
    time_t seconds = (time_t) (at_us / 1000000);
    struct tm parts;

    out[0] = '\0';
    if (at_us != REPORT_UNKNOWN && gmtime_r(&seconds, &parts))
        snprintf(out, 16, "%02d:%02d:%02d.%03d", parts.tm_hour, parts.tm_min, parts.tm_sec,
                 (int) (at_us % 1000000 / 1000));
}

/* Intents of a pause are written together: without an end nobody knows whether it was begun. */
static const char *state_of(const struct report *report, const struct report_step *step)
{
    if (string_equal(step->state, "undo_failed"))
        return "undo failed, repeated";
    if (string_equal(step->state, "begun") && report->outcome != REPORT_UNDER_WAY &&
        report->outcome != REPORT_PREPARING)
        return step->is_pause ? "not known whether it began" : "begun, no end";
    return step->state;
}

static void add_step(struct report *report, const struct report_step *step, size_t number,
                     struct text *out)
{
    bool is_known = step->began_us != REPORT_UNKNOWN && step->ended_us != REPORT_UNKNOWN;
    char began[16], ended[16];

    clock_of(step->began_us, began);
    clock_of(step->ended_us, ended);
    text_add(out, "| %zu | %s%s%s | %s | ", number, *began ? began : "", *ended ? " → " : "", ended,
             is_known ? report_length(report, step->ended_us - step->began_us) : "");
    markdown_add_code(out, step->step, true);
    text_add_string(out, " ");
    note_cell(out, step->what, "");
    text_add(out, "| %s%s%s |\n", state_of(report, step), step->is_pause ? ", clients held" : "",
             is_known && !step->is_precise && step->is_pause ? ", times not precise" : "");
    if (step->cause) {
        text_add_string(out, "| | | | | ");
        markdown_add(out, step->cause);
        text_add_string(out, " | the cause |\n");
    }
}

static int64_t time_of(const struct report_step *step)
{
    return step->began_us != REPORT_UNKNOWN ? step->began_us : step->ended_us;
}

static bool is_undo(const struct report_step *step)
{
    return string_equal(step->state, "undone") || string_equal(step->state, "undo_failed");
}

/* Rows of one plan, one day and one attempt stand in one table, that of `first`. */
static bool begins_table(struct report *report, size_t first, size_t number)
{
    const struct report_step *step = &report->steps[number], *before = step - 1;
    size_t i;

    if (number == 0 || !string_equal(step->plan, before->plan) || is_undo(step) != is_undo(before))
        return true;
    if (time_of(step) != REPORT_UNKNOWN && time_of(before) != REPORT_UNKNOWN &&
        strncmp(report_time(report, time_of(step)), report_time(report, time_of(before)), 10) != 0)
        return true;
    for (i = first; i < number && !is_undo(step); i++)
        if (string_equal(report->steps[i].step, step->step))
            return true;
    return false;
}

static void add_sequence(struct report *report, struct text *out)
{
    size_t i, first = 0;

    text_add_string(out, "\n## Sequence\n");
    if (!report->step_count)
        text_add_string(out, "\nNothing was executed.\n");
    for (i = 0; i < report->step_count; i++) {
        const struct report_step *step = &report->steps[i];
        bool is_planned = string_equal(step->state, "planned");

        if (begins_table(report, first, i)) {
            first = i;
            text_add(out, "\n### %s%s", is_undo(step) ? "undo of " : "", step->plan);
            if (!is_planned)
                text_add(out, ", %.10s (UTC)", report_time(report, time_of(step)));
            text_add_string(out, "\n\n| # | time | took | step | what | state |\n"
                                 "|---:|---|---:|---|---|---|\n");
        }
        add_step(report, step, i + 1, out);
    }
}

/* --- the rest --------------------------------------------------------------------------------- */

/* What a rollback with data loss listed before it began. */
static void add_losses(const struct report *report, struct text *out)
{
    struct text lines = {0};
    size_t i;

    for (i = 0; i < report->event_count; i++)
        if (string_equal(report->events[i].kind, "loss"))
            text_add(&lines, "%s\n", report->events[i].text ? report->events[i].text : "");
    if (lines.length) {
        text_add_string(out, "\n");
        markdown_add_block(out, text_string(&lines));
    }
    text_free(&lines);
}

static void add_bullets(struct text *out, const char **list, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        text_add_string(out, "- ");
        markdown_add(out, list[i]);
        text_add_string(out, "\n");
    }
}

static void add_anomalies(const struct report *report, struct text *out)
{
    text_add_string(out, "\n## Anomalies\n\n");
    add_bullets(out, report->anomalies, report->anomaly_count);
    if (!report->anomaly_count)
        text_add_string(out, "none\n");
    add_losses(report, out);
}

static void add_references(const struct report *report, struct text *out)
{
    text_add_string(out, "\n## References\n\n");
    add_bullets(out, report->references, report->reference_count);
    if (report->run_directory) {
        text_add_string(out, "- Journal, samples and answers of the servers: ");
        markdown_add_code(out, report->run_directory, false);
        text_add_string(out, "\n");
    }
    text_add(out, "- pgcutover %s\n", report->program_version ? report->program_version : "");
}

char *report_note(struct report *report)
{
    struct text out = {0};

    add_front_matter(report, &out);
    add_summary(report, &out);
    add_sequence(report, &out);
    note_verifications(report, &out);
    add_anomalies(report, &out);
    add_references(report, &out);
    return text_take(&out);
}
