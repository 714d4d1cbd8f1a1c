#include "report_html_parts.h"

#include <string.h>

#define SECOND (1000 * 1000LL)
#define FRESH_US (10 * SECOND) /* a lag that was measured so long before tells of the switch */

enum part { BEFORE, HELD, AFTER };

static const struct report_felt *part_of(const struct report_pooler *pooler, enum part part)
{
    return part == BEFORE ? &pooler->before : part == HELD ? &pooler->held : &pooler->after;
}

static void add_figure(struct text *text, const char *kind, const char *title, const char *value,
                       const char *note)
{
    html_add(text,
             "<div class=\"figure %s\"><h4>%s</h4><p class=\"value\">%s</p><p class=\"note\" "
             "title=\"%s\">%s</p>"
             "</div>",
             kind, title, value ? value : "not measured", note, note);
}

/* --- of the whole run ------------------------------------------------------------------------- */

static void add_whole(struct text *text, struct report *report)
{
    int64_t end_us = report->ended_us == REPORT_UNKNOWN ? report->made_us : report->ended_us;
    char whole[32];

    if (report->began_us == REPORT_UNKNOWN || end_us == REPORT_UNKNOWN)
        add_figure(text, "unmeasured", "Whole run", "nothing executed", "");
    else
        add_figure(text, "", "Whole run", html_duration(whole, end_us - report->began_us),
                   report->ended_us == REPORT_UNKNOWN
                       ? "until this report was made"
                       : "from the first step's begin to the last one's end");
}

static size_t findings_of(const struct report *report, const char *severity)
{
    size_t i, count = 0;

    for (i = 0; i < report->finding_count; i++)
        count += string_equal(report->findings[i].severity, severity);
    return count;
}

static void add_checks(struct text *text, struct report *report)
{
    size_t errors = findings_of(report, "error"), warnings = findings_of(report, "warning");

    if (report->checked_us == REPORT_UNKNOWN && report->finding_count == 0) {
        add_figure(text, "unmeasured", "Checks", "not made", html_or(report->not_checked, ""));
        return;
    }
    if (errors)
        add_figure(text, "bad", "Checks",
                   arena_print(report->arena, "✖ %zu error%s", errors, errors == 1 ? "" : "s"),
                   arena_print(report->arena, "and %zu warning%s; %zu findings in all", warnings,
                               warnings == 1 ? "" : "s", report->finding_count));
    else if (warnings)
        add_figure(
            text, "warn", "Checks",
            arena_print(report->arena, "⚠ %zu warning%s", warnings, warnings == 1 ? "" : "s"),
            arena_print(report->arena, "no error; %zu findings in all", report->finding_count));
    else
        add_figure(
            text, "", "Checks", "✔ no error",
            arena_print(report->arena, "no warning; %zu findings in all", report->finding_count));
}

static void add_anomalies(struct text *text, struct report *report)
{
    if (report->anomaly_count == 0)
        add_figure(text, "", "Anomalies", "✔ none", "everything went as planned");
    else
        add_figure(text, "warn", "Anomalies",
                   arena_print(report->arena, "⚠ %zu", report->anomaly_count),
                   html_or(report->anomalies[0], "one that nobody could tell"));
}

/* --- of a move -------------------------------------------------------------------------------- */

static void add_held(struct text *text, struct report *report, const struct report_move *move)
{
    const char *budget = move->budget_us == REPORT_UNKNOWN
                             ? "as the engine saw it, from hold to release"
                             : arena_print(report->arena, "as the engine saw it; the budget is %s",
                                           report_length(report, move->budget_us));
    int64_t pause;

    if (move->held_us == REPORT_UNKNOWN) {
        add_figure(text, "unmeasured", "Poolers held clients", "not held", "it ended before that");
        return;
    }
    if (move->released_us == REPORT_UNKNOWN) {
        add_figure(text, "unmeasured", "Poolers held clients", NULL, "no release is known");
        return;
    }
    pause = move->released_us - move->held_us;
    add_figure(text, move->budget_us != REPORT_UNKNOWN && pause > move->budget_us ? "warn" : "hold",
               "Poolers held clients", report_length(report, pause), budget);
}

static void add_gap(struct text *text, struct report *report, const struct report_move *move)
{
    const struct report_pooler *worst = NULL;
    size_t i;

    for (i = 0; i < move->pooler_count; i++)
        if (!worst || move->poolers[i].held.longest_gap_us > worst->held.longest_gap_us)
            worst = &move->poolers[i];
    if (!worst || worst->held.longest_gap_us == REPORT_UNKNOWN)
        add_figure(text, "unmeasured", "Longest gap clients felt", NULL,
                   "no client probe of this move");
    else
        add_figure(text, worst->is_open ? "bad" : "hold", "Longest gap clients felt",
                   arena_print(report->arena, "%s%s", worst->is_open ? "more than " : "",
                               report_length(report, worst->held.longest_gap_us)),
                   arena_print(report->arena,
                               "client probe through %s: between two acknowledged writes",
                               html_or(worst->name, "a pooler")));
}

static void add_failed(struct text *text, struct report *report, const struct report_move *move)
{
    int64_t probes = 0, failed = 0;
    size_t i, known = 0;
    char one[32], all[32];

    for (i = 0; i < move->pooler_count; i++)
        if (move->poolers[i].probes != REPORT_UNKNOWN &&
            move->poolers[i].failed != REPORT_UNKNOWN) {
            known++;
            probes += move->poolers[i].probes;
            failed += move->poolers[i].failed;
        }
    if (known == 0)
        add_figure(text, "unmeasured", "Writes of the probe that failed", NULL,
                   "no client probe of this move");
    else
        add_figure(text, failed ? "bad" : "", "Writes of the probe that failed",
                   arena_print(report->arena, "%s%s of %s", failed ? "✖ " : "",
                               html_count(one, failed), html_count(all, probes)),
                   arena_print(report->arena, "through %zu of %zu pooler%s", known,
                               move->pooler_count, move->pooler_count == 1 ? "" : "s"));
}

static void add_p99(struct text *text, const struct report_move *move)
{
    static const char *const names[] = {"before", "held", "after"};
    int64_t worst[3] = {REPORT_UNKNOWN, REPORT_UNKNOWN, REPORT_UNKNOWN};
    char buffer[32];
    size_t i;
    int part;

    for (part = BEFORE; part <= AFTER; part++)
        for (i = 0; i < move->pooler_count; i++)
            if (part_of(&move->poolers[i], (enum part) part)->p99_us > worst[part])
                worst[part] = part_of(&move->poolers[i], (enum part) part)->p99_us;
    if (worst[0] == REPORT_UNKNOWN && worst[1] == REPORT_UNKNOWN && worst[2] == REPORT_UNKNOWN) {
        add_figure(text, "unmeasured", "p99 of writes", NULL, "no client probe of this move");
        return;
    }
    text_add_string(text, "<div class=\"figure\"><h4>p99 of writes</h4><dl class=\"three\">");
    for (part = BEFORE; part <= AFTER; part++)
        html_add(text, "<div%s><dt>%s</dt><dd>%s</dd></div>", part == HELD ? " class=hold" : "",
                 names[part], html_duration(buffer, worst[part]));
    text_add_string(text, "</dl><p class=\"note\">of the slowest pooler</p></div>");
}

/* What was measured last before clients were held, of the slot that was farthest behind. */
static void add_lag(struct text *text, struct report *report, const struct report_move *move)
{
    const struct report_lag_point *worst = NULL;
    const char *slot = NULL;
    char behind[32];
    size_t i, j;

    for (i = 0; i < report->lag_count && move->held_us != REPORT_UNKNOWN; i++) {
        const struct report_lag *lag = &report->lags[i];
        const struct report_lag_point *last = NULL;

        if (!string_equal(lag->side, move->from))
            continue;
        for (j = 0; j < lag->count && lag->points[j].at_us <= move->held_us; j++)
            if (lag->points[j].at_us >= move->held_us - FRESH_US &&
                lag->points[j].lag_us != REPORT_UNKNOWN)
                last = &lag->points[j];
        if (last && (!worst || last->lag_us > worst->lag_us)) {
            worst = last;
            slot = lag->slot;
        }
    }
    if (!worst) {
        add_figure(text, "unmeasured", "Lag before the hold", NULL,
                   "nobody measured it shortly before");
        return;
    }
    add_figure(text, "", "Lag before the hold", report_length(report, worst->lag_us),
               arena_print(report->arena, "%s behind; %s before the hold, %s",
                           html_size(behind, worst->behind),
                           report_length(report, move->held_us - worst->at_us),
                           html_or(slot, "a slot")));
}

static void add_verdict(struct text *text, struct report *report, const struct report_move *move)
{
    size_t i, good = 0;

    for (i = 0; i < move->pooler_count; i++) {
        const char *account = move->poolers[i].account;

        if (account && !string_equal(account, "yes")) {
            add_figure(text, "bad", "Accounting", "✖ not proven",
                       arena_print(report->arena, "%s: %s",
                                   html_or(move->poolers[i].name, "a pooler"), account));
            return;
        }
        good += account != NULL;
    }
    if (good == 0)
        add_figure(text, "unmeasured", "Accounting", NULL, "no write of the probe was looked for");
    else
        add_figure(text, "good", "Accounting", "✔ nothing lost",
                   arena_print(report->arena,
                               "every acknowledged write through %zu of %zu poolers is there once",
                               good, move->pooler_count));
}

static void add_move(struct text *text, struct report *report, const struct report_move *move)
{
    bool is_done = string_equal(move->outcome, "done");

    html_add(text,
             "<div class=\"move-head\"><h3>%s, %s to %s</h3><span class=\"%s\">%s%s</span>"
             "<span class=\"dim\">%s</span>",
             string_equal(move->plan, "cutover")    ? "Cutover"
             : string_equal(move->plan, "rollback") ? "Rollback"
                                                    : html_or(move->plan, "Move"),
             html_or(move->from, "?"), html_or(move->to, "?"), is_done ? "good" : "bad",
             is_done ? "✔ " : "✖ ", html_or(move->outcome, "outcome unknown"),
             report_time(report, move->began_us));
    if (move->held_us != REPORT_UNKNOWN)
        html_add(text, "<a href=\"#pause-%zu\">the pause, enlarged</a>",
                 (size_t) (move - report->moves) + 1);
    text_add_string(text, "</div>");
    if (move->cause && !string_equal(move->cause, report->cause))
        html_add(text, "<p class=\"cause\">%s</p>", move->cause);
    text_add_string(text, "<div class=\"figures\">");
    add_held(text, report, move);
    add_gap(text, report, move);
    add_failed(text, report, move);
    add_p99(text, move);
    add_lag(text, report, move);
    add_verdict(text, report, move);
    text_add_string(text, "</div>\n");
}

void html_figures(struct text *text, struct report *report)
{
    size_t i;

    text_add_string(text, "<div id=\"figures\" class=\"figure-groups\"><div class=\"figures\">");
    add_whole(text, report);
    add_checks(text, report);
    add_anomalies(text, report);
    text_add_string(text, "</div>\n");
    for (i = 0; i < report->move_count; i++)
        add_move(text, report, &report->moves[i]);
    text_add_string(text, "</div>\n");
}
