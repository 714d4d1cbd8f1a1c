#include "report_html_parts.h"

#include <string.h>

#define MANY_STEPS 60 /* more are folded */

void html_section(struct text *text, const char *id, const char *title, const char *note)
{
    html_add(text, "<section id=\"%s\"><div class=\"section-head\"><h3>%s</h3>", id, title);
    if (note)
        html_add(text, "<span class=\"dim\">%s</span>", note);
    text_add_string(text, "</div>\n");
}

void html_empty(struct text *text, const char *id, const char *title, const char *why)
{
    html_add(text,
             "<section id=\"%s\" class=\"none\"><h3>%s</h3><p class=\"empty\">%s</p></section>\n",
             id, title, why);
}

static void begin_table(struct text *text, const char *label)
{
    html_add(text, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table>",
             label);
}

static void end_table(struct text *text)
{
    text_add_string(text, "</tbody></table></div>\n");
}

/* --- steps ------------------------------------------------------------------------------------ */

static void add_state(struct text *text, const struct report_step *step)
{
    const char *state = html_or(step->state, "unknown");
    bool has_failed = strstr(state, "failed");

    html_add(text, "<td><span class=\"%s\">%s%s</span></td>",
             has_failed                      ? "bad"
             : string_equal(state, "undone") ? "hold"
                                             : "",
             has_failed                      ? "✖ "
             : string_equal(state, "undone") ? "↶ "
             : string_equal(state, "done")   ? "✔ "
                                             : "",
             state);
}

static bool is_planned(const struct report_step *step)
{
    return string_equal(step->state, "planned");
}

static void add_step(struct text *text, const struct report_step *step)
{
    bool took = step->began_us != REPORT_UNKNOWN && step->ended_us != REPORT_UNKNOWN;
    char buffer[32], began[32];

    html_add(text, "<tr%s><th scope=\"row\"><span class=\"name\">%s</span></th>",
             step->is_pause ? " class=in-pause" : "", step->step);
    add_state(text, step);
    html_add(text, "<td>%s</td><td>%s</td><td class=\"number\">%s%s</td><td><span>%s",
             html_or(step->side, "not known"), step->is_pause ? "‖ held" : "served",
             took               ? html_duration(buffer, step->ended_us - step->began_us)
             : is_planned(step) ? ""
                                : "not measured",
             took && !step->is_precise ? " *" : "", step->what);
    if (step->cause)
        html_add(text, "<br><span class=\"bad\">%s</span>", step->cause);
    html_add(text, "</span></td><td>%s</td></tr>\n",
             is_planned(step) ? "" : html_moment(began, step->began_us));
}

static void add_plan(struct text *text, struct report *report, size_t from, size_t to)
{
    const char *plan = html_or(report->steps[from].plan, "no plan");
    size_t i;

    html_add(text, "<details%s><summary>%s <span class=\"dim\">%zu step%s</span></summary>",
             report->step_count > MANY_STEPS && to - from > 20 ? "" : " open", plan, to - from,
             to - from == 1 ? "" : "s");
    begin_table(text, plan);
    text_add_string(text, "<thead><tr><th scope=\"col\">Step</th><th scope=\"col\">State</th>"
                          "<th scope=\"col\">May write behind it</th><th scope=\"col\">Clients</th>"
                          "<th scope=\"col\" class=\"number\">Took</th><th scope=\"col\">What</th>"
                          "<th scope=\"col\">Began, UTC</th></tr></thead><tbody>");
    for (i = from; i < to; i++)
        add_step(text, &report->steps[i]);
    end_table(text);
    text_add_string(text, "</details>");
}

void html_steps(struct text *text, struct report *report)
{
    size_t i, from = 0;
    bool is_precise = true;

    if (report->step_count == 0) {
        html_empty(text, "steps", "Steps", "Nothing was executed.");
        return;
    }
    html_section(text, "steps", "Steps", "in the order in which they began");
    for (i = 1; i <= report->step_count; i++) {
        is_precise =
            is_precise && (report->steps[i - 1].is_precise || is_planned(&report->steps[i - 1]));
        if (i < report->step_count && string_equal(report->steps[i].plan, report->steps[from].plan))
            continue;
        add_plan(text, report, from, i);
        from = i;
    }
    if (!is_precise)
        text_add_string(text, "<p class=\"footnote\">* from the lines of the journal: it may have "
                              "taken a little less.</p>");
    text_add_string(text, "</section>\n");
}

/* --- the client probe ------------------------------------------------------------------------- */

static void add_felt(struct text *text, const struct report_pooler *pooler, const char *part,
                     const struct report_felt *felt)
{
    char buffers[6][32];

    html_add(text,
             "<tr%s><th scope=\"row\"><span class=\"name\">%s</span></th><td>%s</td>"
             "<td class=\"number\">%s</td>",
             string_equal(part, "held") ? " class=in-pause" : "", pooler->name, part,
             html_count(buffers[0], felt->probes));
    html_add(text, "<td class=\"number%s\">%s</td>",
             felt->failed != REPORT_UNKNOWN && felt->failed > 0 ? " bad" : "",
             html_count(buffers[1], felt->failed));
    html_add(
        text,
        "<td class=\"number\">%s</td><td class=\"number\">%s</td><td class=\"number\">%s%s</td>"
        "<td class=\"number\">%s</td></tr>\n",
        html_duration(buffers[2], felt->median_us), html_duration(buffers[3], felt->p99_us),
        felt == &pooler->held && pooler->is_open ? "more than " : "",
        html_duration(buffers[4], felt->longest_gap_us), html_count(buffers[5], felt->late));
}

static bool was_probed(const struct report_pooler *pooler)
{
    return pooler->probes != REPORT_UNKNOWN;
}

static void add_move(struct text *text, const struct report_move *move)
{
    size_t i;

    html_add(text, "<h4>%s</h4>", move->plan);
    begin_table(text, move->plan);
    text_add_string(
        text, "<thead><tr><th scope=\"col\">Pooler</th><th scope=\"col\">When</th>"
              "<th scope=\"col\" class=\"number\">Writes</th><th scope=\"col\" class=\"number\">"
              "Failed</th><th scope=\"col\" class=\"number\">Median</th><th scope=\"col\" "
              "class=\"number\">p99</th><th scope=\"col\" class=\"number\">Longest gap</th>"
              "<th scope=\"col\" class=\"number\">Not counted</th></tr></thead><tbody>");
    for (i = 0; i < move->pooler_count; i++) {
        const struct report_pooler *pooler = &move->poolers[i];

        if (!was_probed(pooler)) {
            html_add(text,
                     "<tr><th scope=\"row\"><span class=\"name\">%s</span></th><td colspan=\"7\" "
                     "class=\"unknown\">not measured: %s</td></tr>",
                     pooler->name, html_or(pooler->state, "nobody knows why"));
            continue;
        }
        add_felt(text, pooler, "before", &pooler->before);
        add_felt(text, pooler, "held", &pooler->held);
        add_felt(text, pooler, "after", &pooler->after);
    }
    end_table(text);
}

void html_probes(struct text *text, struct report *report)
{
    size_t i, j, any = 0;
    const char *why = "no clients were moved";

    for (i = 0; i < report->move_count; i++)
        for (j = 0; j < report->moves[i].pooler_count; j++) {
            any += was_probed(&report->moves[i].poolers[j]);
            why = html_or(report->moves[i].poolers[j].state, "it was not running");
        }
    if (!any) {
        html_empty(text, "probes", "Client probe",
                   arena_print(report->arena, "No client probe: %s.", why));
        return;
    }
    html_section(text, "probes", "Client probe",
                 "writes through each pooler, one after the other, as a client makes them");
    for (i = 0; i < report->move_count; i++)
        if (report->moves[i].pooler_count)
            add_move(text, &report->moves[i]);
    text_add_string(text, "<p class=\"footnote\">Not counted: the engine itself was late for "
                          "them, so that how long they took is not known well.</p></section>\n");
}

/* --- checks ----------------------------------------------------------------------------------- */

static const char *const severities[] = {"error", "warning", "note", "advice"};

static void add_finding(struct text *text, const struct report_finding *finding)
{
    const char *kind = string_equal(finding->severity, "error")     ? "bad"
                       : string_equal(finding->severity, "warning") ? "warn"
                                                                    : "dim";

    html_add(text,
             "<li><p><span class=\"%s\">%s%s</span> <code>%s</code> <span class=\"dim\">%s</span> "
             "<span class=\"name\">%s</span></p>",
             kind,
             string_equal(kind, "bad")    ? "✖ "
             : string_equal(kind, "warn") ? "⚠ "
                                          : "",
             finding->severity, finding->id, finding->where, finding->what);
    if (finding->evidence && *finding->evidence)
        html_add(text, "<p class=\"evidence\">%s</p>", finding->evidence);
    if ((finding->why && *finding->why) || (finding->cure && *finding->cure)) {
        html_add(text, "<details><summary>why, and what to do</summary><p>%s</p>", finding->why);
        if (finding->cure && *finding->cure)
            html_add(text, "<pre>%s</pre>", finding->cure);
        text_add_string(text, "</details>");
    }
    text_add_string(text, "</li>\n");
}

static size_t add_severity(struct text *text, struct report *report, const char *severity)
{
    size_t i, count = 0;

    for (i = 0; i < report->finding_count; i++)
        count += string_equal(report->findings[i].severity, severity);
    if (count == 0)
        return 0;
    html_add(text,
             "<details%s><summary>%s <span class=\"dim\">%zu</span></summary>"
             "<ul class=\"findings\">",
             count <= 10 || string_equal(severity, "error") ? " open" : "", severity, count);
    for (i = 0; i < report->finding_count; i++)
        if (string_equal(report->findings[i].severity, severity))
            add_finding(text, &report->findings[i]);
    text_add_string(text, "</ul></details>");
    return count;
}

void html_checks(struct text *text, struct report *report)
{
    size_t i;

    if (report->finding_count == 0) {
        html_empty(text, "checks", "Checks",
                   report->checked_us == REPORT_UNKNOWN
                       ? arena_print(report->arena, "Not made: %s.",
                                     html_or(report->not_checked, "nobody asked for them"))
                       : arena_print(report->arena, "No finding, on %s.",
                                     report_time(report, report->checked_us)));
        return;
    }
    html_section(text, "checks", "Checks", report_time(report, report->checked_us));
    for (i = 0; i < sizeof(severities) / sizeof(*severities); i++)
        add_severity(text, report, severities[i]);
    text_add_string(text, "</section>\n");
}

/* --- parameters ------------------------------------------------------------------------------- */

static void add_setting(struct text *text, const char *value)
{
    if (!value)
        text_add_string(text, "<td class=\"unknown\"><i>none</i></td>");
    else if (!*value)
        text_add_string(text, "<td class=\"unknown\"><i>empty</i></td>");
    else
        html_add(text, "<td><span>%s</span></td>", value);
}

static size_t add_parameters(struct text *text, const struct report *report, bool differs)
{
    size_t i, count = 0;

    for (i = 0; i < report->parameter_count; i++)
        count += report->parameters[i].differs == differs;
    if (count == 0)
        return 0;
    html_add(text, "<details%s><summary>%s <span class=\"dim\">%zu</span></summary>",
             differs ? " open" : "", differs ? "Different" : "The same", count);
    begin_table(text, differs ? "Parameters that differ" : "Parameters that are the same");
    text_add_string(text, "<thead><tr><th scope=\"col\">Parameter</th><th scope=\"col\">Blue</th>"
                          "<th scope=\"col\">Green</th><th scope=\"col\">Why</th></tr></thead>"
                          "<tbody>");
    for (i = 0; i < report->parameter_count; i++) {
        const struct report_parameter *parameter = &report->parameters[i];

        if (parameter->differs != differs)
            continue;
        html_add(text, "<tr%s><th scope=\"row\"><span class=\"name\">%s</span></th>",
                 differs ? " class=differs" : "", parameter->name);
        add_setting(text, parameter->blue);
        add_setting(text, parameter->green);
        html_add(text, "<td><span class=\"dim\">%s</span></td></tr>\n", parameter->why);
    }
    end_table(text);
    text_add_string(text, "</details>");
    return count;
}

void html_parameters(struct text *text, struct report *report)
{
    if (report->parameter_count == 0) {
        html_empty(text, "parameters", "Parameters",
                   report->parameters_us == REPORT_UNKNOWN
                       ? "Not compared: that needs both servers."
                       : "None is set, and none differs.");
        return;
    }
    html_section(text, "parameters", "Parameters",
                 arena_print(report->arena, "blue against green, %s",
                             report_time(report, report->parameters_us)));
    if (add_parameters(text, report, true) == 0)
        text_add_string(text, "<p class=\"empty\">None differs.</p>");
    add_parameters(text, report, false);
    text_add_string(text, "</section>\n");
}
