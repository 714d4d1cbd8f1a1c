#include "report_html_parts.h"

#include <string.h>

/* --- what happened ---------------------------------------------------------------------------- */

/* The last one that did what it was to do; NULL. */
static const struct report_move *last_done(const struct report *report)
{
    size_t i;

    for (i = report->move_count; i-- > 0;)
        if (string_equal(report->moves[i].outcome, "done"))
            return &report->moves[i];
    return NULL;
}

static const char *held_words(struct report *report, const struct report_move *move)
{
    if (!move || move->held_us == REPORT_UNKNOWN || move->released_us == REPORT_UNKNOWN)
        return "";
    return arena_print(report->arena, "; they were held for %s",
                       report_length(report, move->released_us - move->held_us));
}

static const char *where_clients_are(const struct report *report)
{
    const struct report_move *move = last_done(report);

    if (string_equal(report->side, "blue") || string_equal(report->side, "green"))
        return report->side;
    return move ? html_or(move->to, "blue") : "blue";
}

static const char *undone_words(struct report *report)
{
    const struct report_move *last =
        report->move_count ? &report->moves[report->move_count - 1] : NULL;

    return arena_print(report->arena, "The %s undid itself: clients are where they were, on %s",
                       last ? html_or(last->plan, "cutover") : "cutover",
                       last ? html_or(last->from, "blue") : where_clients_are(report));
}

const char *html_headline(struct report *report)
{
    const struct report_move *move = last_done(report);

    switch (report->outcome) {
    case REPORT_PLANNED:
        return "Planned: nothing was executed, clients are on blue";
    case REPORT_PREPARING:
        return "Green is being made, clients are on blue";
    case REPORT_READY:
        return "Green is ready and follows, clients are on blue";
    case REPORT_UNDER_WAY:
        return "Clients are being moved";
    case REPORT_ON_GREEN:
        return arena_print(report->arena, "Clients were moved to green%s",
                           held_words(report, move));
    case REPORT_UNDONE:
        return undone_words(report);
    case REPORT_BACK:
        return arena_print(report->arena, "Clients were on green, and are back on blue%s",
                           held_words(report, move));
    case REPORT_FINISHED:
        return arena_print(report->arena, "Finished: clients are on %s, and nothing replicates",
                           where_clients_are(report));
    case REPORT_ABORTED:
        return "Aborted: clients are on blue, which is as it was before";
    case REPORT_FAILED:
        break;
    }
    return "It stopped, and waits for somebody";
}

static void add_fact(struct text *text, const char *name, const char *value, const char *otherwise)
{
    if (value)
        html_add(text, "<div><dt>%s</dt><dd>%s</dd></div>", name, value);
    else if (otherwise)
        html_add(text, "<div><dt>%s</dt><dd class=\"unknown\">%s</dd></div>", name, otherwise);
}

static void add_server(struct text *text, struct report *report, const struct report_server *server)
{
    const char *answered =
        server->answered_us != REPORT_UNKNOWN
            ? arena_print(report->arena, "asked %s", report_time(report, server->answered_us))
            : arena_print(report->arena, "not asked: %s", html_or(server->why, "not there yet"));

    if (!server->address && !server->version && !server->system_identifier) {
        add_fact(text, string_equal(server->side, "blue") ? "Blue" : "Green", NULL, answered);
        return;
    }
    html_add(text,
             "<div class=\"server\"><dt>%s</dt><dd>%s%s%s <span class=\"dim\">%s%s; "
             "%s</span></dd></div>",
             string_equal(server->side, "blue") ? "Blue" : "Green",
             html_or(server->address, "address not known"), server->version ? ", PostgreSQL " : "",
             server->version, server->system_identifier ? "system " : "system not known",
             server->system_identifier, answered);
}

static void add_side(struct text *text, const char *side)
{
    const char *mark = string_equal(side, "blue")     ? "◧"
                       : string_equal(side, "green")  ? "◨"
                       : string_equal(side, "nobody") ? "⊘"
                                                      : "?";

    if (side)
        html_add(text, "<p class=\"may-write side-%s\">%s %s may write</p>", side, mark, side);
    else
        text_add_string(text, "<p class=\"may-write unmeasured\">who may write: unknown</p>");
}

static const char *whole_time(struct report *report)
{
    if (report->began_us == REPORT_UNKNOWN)
        return NULL;
    return arena_print(report->arena, "%s to %s", report_time(report, report->began_us),
                       report->ended_us == REPORT_UNKNOWN ? "now"
                                                          : report_time(report, report->ended_us));
}

void html_run(struct text *text, struct report *report)
{
    html_add(text, "<section id=\"run\" class=\"outcome-%d\"><p class=\"of\">%s%s%s</p>",
             (int) report->outcome, html_or(report->cluster, "a cluster without a name"),
             report->environment ? " · " : "", report->environment);
    html_add(text, "<div class=\"run-head\"><h2>%s</h2>", html_headline(report));
    add_side(text, report->side);
    text_add_string(text, "</div>");
    if (report->cause)
        html_add(text, "<p class=\"cause\"><span class=\"bad\">✖ Why:</span> %s</p>",
                 report->cause);
    if (report->next)
        html_add(text,
                 "<div class=\"next\"><span class=\"next-label\">Next</span> <code>%s</code></div>",
                 report->next);
    else
        text_add_string(text, "<p class=\"next dim\">Nothing is left to do.</p>");
    text_add_string(text, "<dl class=\"run-facts\">");
    add_fact(text, "Phase", report->phase, report_outcome_name(report->outcome));
    add_fact(text, "When", whole_time(report), "nothing was executed");
    add_fact(text, "Operator", report->operator_name, "not told");
    add_fact(text, "Trigger", report->trigger, NULL);
    add_fact(text, "Run", report->run, "none is under way");
    add_fact(text, "Directory", report->run_directory, NULL);
    add_server(text, report, &report->servers[0]);
    add_server(text, report, &report->servers[1]);
    add_fact(text, "Author", report->author, NULL);
    add_fact(text, "Domain", report->domain, NULL);
    add_fact(text, "Maturity", report->maturity, NULL);
    text_add_string(text, "</dl></section>\n");
}
