#include "report_html.h"
#include "report_html_parts.h"
#include "report_html_timeline.h"
#include "report_json.h"

#include "report_assets.h"

#include <stdlib.h>
#include <string.h>

#define EMBEDDED_POINTS 200 /* of each list of samples, in the page's own JSON */

static const struct web_asset *asset(const char *path)
{
    size_t i;

    for (i = 0; report_assets[i]; i++)
        if (string_equal(report_assets[i]->path, path))
            return report_assets[i];
    abort(); /* it was built without it */
}

/* What draws the hatchings; one of each for all drawings. */
static const char patterns[] =
    "<svg class=\"patterns\" width=\"0\" height=\"0\" aria-hidden=\"true\"><defs>"
    "<pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" "
    "patternTransform=\"rotate(45)\"><path class=\"hatch\" d=\"M0 0V6\"/></pattern>"
    "<pattern id=\"dots\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">"
    "<circle class=\"dots\" cx=\"2\" cy=\"2\" r=\"1\"/></pattern></defs></svg>\n";

/* Nothing is loaded from anywhere, and no script runs. */
static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
    "'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" "
    "content=\"no-referrer\">\n<link rel=\"icon\" href=\"data:,\">\n";

static void add_head(struct text *text, struct report *report)
{
    const struct web_asset *watch = asset("/watch.css"), *own = asset("/report.css");

    text_add_string(text, head);
    html_add(text, "<title>%s: %s</title>\n<style>\n", html_or(report->cluster, "pgcutover"),
             html_headline(report));
    text_add_bytes(text, (const char *) watch->body, watch->length);
    text_add_bytes(text, (const char *) own->body, own->length);
    html_add(text, "</style>\n</head>\n<body>\n<a class=\"skip\" href=\"#main\">Skip to what "
                   "happened</a>\n");
    text_add_string(text, patterns);
    html_add(text,
             "<header class=\"top\"><p class=\"brand\">pgcutover <span "
             "class=\"dim\">report</span></p><p class=\"clock\">made %s</p></header>\n"
             "<main id=\"main\">\n",
             report_time(report, report->made_us));
}

static void add_timeline(struct text *text, struct report *report)
{
    int64_t from_us, to_us;

    if (!report_bounds(report, &from_us, &to_us)) {
        html_empty(text, "timeline", "The whole run", "Nothing was executed.");
        return;
    }
    html_section(text, "timeline", "The whole run",
                 "UTC; a torn strip is time that is left out, and the scale differs behind it");
    html_timeline(text, report);
    text_add_string(
        text, "<ul class=\"legend\"><li class=\"mark writes\">may write</li><li class=\"mark "
              "closed\">closed</li><li class=\"mark follows\">follows</li><li class=\"mark "
              "made\">being made</li><li class=\"mark held\">clients held</li><li class=\"mark "
              "undone\">undone</li><li class=\"mark failed\">failed</li></ul></section>\n");
}

static bool was_probed(const struct report_move *move)
{
    size_t i, count = 0;

    for (i = 0; i < move->pooler_count; i++)
        count += move->poolers[i].count;
    return count > 0;
}

static void add_pauses(struct text *text, struct report *report)
{
    size_t i, any = 0;

    for (i = 0; i < report->move_count; i++) {
        const struct report_move *move = &report->moves[i];
        const char *id = arena_print(report->arena, "pause-%zu", i + 1);

        if (move->held_us == REPORT_UNKNOWN)
            continue;
        any++;
        html_section(text, id,
                     arena_print(report->arena, "The pause of the %s", html_or(move->plan, "move")),
                     arena_print(report->arena, "enlarged; 0 is when clients were held, %s",
                                 report_time(report, move->held_us)));
        html_pause(text, report, move);
        if (was_probed(move))
            text_add_string(text,
                            "<p class=\"footnote\">A write of the probe is a dot where it was "
                            "sent, as high as it took long, and a line until it was answered; "
                            "✖ was not acknowledged.</p>");
        text_add_string(text, "</section>\n");
    }
    if (!any)
        html_empty(text, "pause", "The pause", "Clients were not held.");
}

static void add_lag(struct text *text, struct report *report)
{
    size_t i, points = 0;

    for (i = 0; i < report->lag_count; i++)
        points += report->lags[i].count;
    if (!points) {
        html_empty(text, "lag", "Lag", "Nobody has measured it.");
        return;
    }
    html_section(text, "lag", "Lag", "how far each slot was behind; a gap was not measured");
    html_lag(text, report);
    text_add_string(text, "</section>\n");
}

/* In JSON "<" is only in strings: so written, no text can end the element that it is in. */
static void add_json(struct text *text, struct report *report)
{
    char *json = report_json_thinned(report, EMBEDDED_POINTS), *from = json, *at;

    text_add_string(text, "<script type=\"application/json\" id=\"report-json\">");
    for (at = json; *at; at++)
        if (*at == '<' || *at == '>') {
            text_add_bytes(text, from, (size_t) (at - from));
            text_add_string(text, *at == '<' ? "\\u003c" : "\\u003e");
            from = at + 1;
        }
    text_add_string(text, from);
    text_add_string(text, "</script>\n");
    free(json);
}

char *report_html(struct report *report)
{
    struct text text = {0};

    add_head(&text, report);
    html_run(&text, report);
    html_figures(&text, report);
    html_anomalies(&text, report);
    add_timeline(&text, report);
    add_pauses(&text, report);
    add_lag(&text, report);
    html_account(&text, report);
    html_probes(&text, report);
    html_steps(&text, report);
    html_checks(&text, report);
    html_parameters(&text, report);
    html_shows(&text, report);
    html_values(&text, report);
    html_events(&text, report);
    html_references(&text, report);
    html_add(&text,
             "</main>\n<footer class=\"foot\">pgcutover%s%s. Times are UTC, sizes powers of 1024. "
             "This file is complete in itself: it loads nothing, and no script runs. Its numbers "
             "are in it as JSON, long series thinned.</footer>\n",
             report->program_version ? " " : "", report->program_version);
    add_json(&text, report);
    text_add_string(&text, "</body>\n</html>\n");
    return text_take(&text);
}
