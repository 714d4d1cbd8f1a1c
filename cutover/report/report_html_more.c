#include "report_html_parts.h"

#include <string.h>

#define MANY_EVENTS 20 /* more are folded */
#define MANY_SHOWS 2

void html_shows(struct text *text, struct report *report)
{
    size_t i;

    if (report->show_count == 0) {
        html_empty(text, "shows", "Verifications", "No server was asked for this report.");
        return;
    }
    html_section(text, "shows", "Verifications", "what was asked, and what was answered");
    for (i = 0; i < report->show_count; i++) {
        const struct report_show *show = &report->shows[i];

        html_add(text,
                 "<details%s><summary><code>%s</code> <span class=\"dim\">%s%s%s, %s%s%s"
                 "</span></summary>",
                 i < MANY_SHOWS || !show->answer ? " open" : "", show->statement,
                 html_or(show->side, "a server"), show->database ? " " : "", show->database,
                 html_or(show->moment, ""), show->at_us == REPORT_UNKNOWN ? "" : ", ",
                 show->at_us == REPORT_UNKNOWN ? "" : report_time(report, show->at_us));
        if (show->answer)
            html_add(
                text,
                "<pre tabindex=\"0\" role=\"region\" aria-label=\"Answer\">%s</pre></details>\n",
                show->answer);
        else
            html_add(text, "<p class=\"unknown\">not known: %s</p></details>\n",
                     html_or(show->why, "it was not answered"));
    }
    text_add_string(text, "</section>\n");
}

static void add_list(struct text *text, const char *label, const struct report_value *values,
                     size_t count)
{
    size_t i;

    html_add(text,
             "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table "
             "class=\"pairs\"><tbody>",
             label);
    for (i = 0; i < count; i++) {
        html_add(text, "<tr><th scope=\"row\"><span class=\"name\">%s</span></th>", values[i].item);
        if (values[i].value)
            html_add(text, "<td><span>%s</span></td></tr>\n", values[i].value);
        else
            text_add_string(text, "<td class=\"unknown\">not known</td></tr>\n");
    }
    text_add_string(text, "</tbody></table></div>");
}

void html_values(struct text *text, struct report *report)
{
    if (report->value_count == 0) {
        html_empty(text, "values", "Values", "No run has written any down.");
        return;
    }
    html_section(text, "values", "Values", "what the run wrote down");
    html_add(text, "<details%s><summary>all of them <span class=\"dim\">%zu</span></summary>",
             report->value_count > 40 ? "" : " open", report->value_count);
    add_list(text, "Values", report->values, report->value_count);
    text_add_string(text, "</details></section>\n");
}

void html_account(struct text *text, struct report *report)
{
    if (report->account_count == 0) {
        html_empty(text, "account", "Accounting", "Nothing to account for: no clients were moved.");
        return;
    }
    html_section(text, "account", "Accounting", "why nothing is lost, and nothing is there twice");
    add_list(text, "Accounting", report->account, report->account_count);
    text_add_string(text, "</section>\n");
}

void html_anomalies(struct text *text, struct report *report)
{
    size_t i;

    if (report->anomaly_count == 0) /* a figure says so */
        return;
    html_section(text, "anomalies", "Anomalies", NULL);
    text_add_string(text, "<ul class=\"plain\">");
    for (i = 0; i < report->anomaly_count; i++)
        html_add(text, "<li><span class=\"warn\">⚠</span> %s</li>", report->anomalies[i]);
    text_add_string(text, "</ul></section>\n");
}

void html_events(struct text *text, struct report *report)
{
    bool is_long = report->event_count > MANY_EVENTS;
    size_t i;

    if (report->event_count == 0) {
        html_empty(text, "events", "Events", "None were noted.");
        return;
    }
    html_section(text, "events", "Events", "oldest first");
    if (is_long)
        html_add(text, "<details><summary>all %zu of them</summary>", report->event_count);
    text_add_string(text, "<ol class=\"events\">");
    for (i = 0; i < report->event_count; i++)
        html_add(text,
                 "<li><time>%s</time> <span class=\"event-kind\">%s</span> <span "
                 "class=\"event-text\">%s</span></li>\n",
                 report_time(report, report->events[i].at_us), report->events[i].kind,
                 report->events[i].text);
    text_add_string(text, is_long ? "</ol></details></section>\n" : "</ol></section>\n");
}

void html_references(struct text *text, struct report *report)
{
    size_t i;

    if (report->reference_count == 0)
        return;
    html_section(text, "references", "References", NULL);
    text_add_string(text, "<ul class=\"plain\">");
    for (i = 0; i < report->reference_count; i++)
        html_add(text, "<li>%s</li>", report->references[i]);
    text_add_string(text, "</ul></section>\n");
}
