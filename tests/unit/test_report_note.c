/* The operations note: all of it for a full report, for an empty one, and no name breaks out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../../cutover/base/text.h"
#include "../../cutover/report/markdown.h"
#include "../../cutover/report/report_note.h"

#include <stdlib.h>
#include <string.h>

#define NOON_US INT64_C(1795435200000000) /* 2026-11-23 12:00:00 UTC */
#define WILD "a|b\n<script>`x` *y* [z](w)"

static void assert_has(const char *note, const char *wanted)
{
    if (!strstr(note, wanted))
        fail_msg("no \"%s\" in:\n%s", wanted, note);
}

static void assert_lacks(const char *note, const char *unwanted)
{
    if (strstr(note, unwanted))
        fail_msg("\"%s\" in:\n%s", unwanted, note);
}

static void assert_markdown(const char *string, const char *expected)
{
    struct text text = {0};

    markdown_add(&text, string);
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
}

static void assert_code(const char *string, bool is_cell, const char *expected)
{
    struct text text = {0};

    markdown_add_code(&text, string, is_cell);
    assert_string_equal(text_string(&text), expected);
    text_free(&text);
}

static void texts_of_others_are_no_markup(void **state)
{
    (void) state;
    assert_markdown("max_connections", "max_connections");
    assert_markdown("_x_ a_ ", "\\_x\\_ a\\_ ");
    assert_markdown("a|b\nc", "a\\|b c");
    assert_markdown("<script>alert(1)</script>", "\\<script>alert(1)\\</script>");
    assert_markdown("# a # b", "\\# a # b");
    assert_markdown("- a - b", "\\- a - b");
    assert_markdown("a & b &amp; &#1;", "a & b \\&amp; \\&#1;");
    assert_markdown("![x](y) !", "\\!\\[x\\](y) !");
    assert_markdown("a\\b ~c~", "a\\\\b \\~c\\~");
    assert_markdown("1.10 --> 1.11", "1.10 --> 1.11");
}

static void code_cannot_be_closed(void **state)
{
    struct text text = {0};

    (void) state;
    assert_code("a_b", false, "`a_b`");
    assert_code("a`b", false, "`` a`b ``");
    assert_code("a|b", true, "`a\\|b`");
    assert_code("a|b", false, "`a|b`");
    assert_code("a\nb", false, "`a b`");
    markdown_add_block(&text, "a\n```\nb");
    assert_string_equal(text_string(&text), "````text\na\n```\nb\n````\n");
    text_free(&text);
}

static void front_matter_takes_every_name(void **state)
{
    struct text text = {0};

    (void) state;
    markdown_add_quoted(&text, "a \"b\" \\c\nd: - e");
    assert_string_equal(text_string(&text), "\"a \\\"b\\\" \\\\c d: - e\"");
    text_free(&text);
}

static struct report_step steps[] = {
    {.plan = "prepare",
     .step = "clone",
     .what = "Copy blue",
     .state = "done",
     .began_us = NOON_US,
     .ended_us = NOON_US + 61000000,
     .is_precise = true},
    {.plan = "cutover",
     .step = "fence",
     .what = "Fence blue",
     .state = "failed",
     .cause = WILD,
     .began_us = NOON_US + 100367000,
     .ended_us = NOON_US + 100400000,
     .is_pause = true,
     .is_precise = true},
    {.plan = "cutover",
     .step = "fence",
     .what = "Fence blue",
     .state = "undone",
     .began_us = REPORT_UNKNOWN,
     .ended_us = NOON_US + 100500000,
     .is_pause = true},
};
static struct report_pooler poolers[] = {
    {.name = "p|1",
     .state = "measured",
     .probes = 200,
     .failed = 3,
     .held = {.longest_gap_us = 97000, .p99_us = REPORT_UNKNOWN},
     .before = {.longest_gap_us = 20000, .p99_us = 5000},
     .after = {.longest_gap_us = REPORT_UNKNOWN, .p99_us = REPORT_UNKNOWN}}};
static struct report_move moves[] = {{.plan = "cutover",
                                      .from = "blue",
                                      .to = "green",
                                      .outcome = "undone",
                                      .began_us = NOON_US + 100000000,
                                      .held_us = NOON_US + 100367000,
                                      .released_us = NOON_US + 100424000,
                                      .budget_us = 5000000,
                                      .poolers = poolers,
                                      .pooler_count = 1}};
static struct report_value values[] = {{"green initial LSN", "0/5007DD8"}, {"x", NULL}};
static struct report_finding findings[] = {
    {"lag", "error", "blue", WILD, NULL, NULL, NULL},
    {"identity_missing", "note", "blue", "a", NULL, NULL, NULL},
    {"identity_missing", "note", "blue", "b", NULL, NULL, NULL}};
static struct report_parameter parameters[] = {
    {"work_mem", "4MB", "8MB", "[green.parameters]", true},
    {"huge_pages_status", NULL, "off", "blue's release has none", true},
    {"shared_buffers", "1GB", "1GB", "carried over", false}};
static struct report_show shows[] = {
    {"behind prepare", "blue", "shop", "SHOW wal_level;", "replica", NULL, NOON_US},
    {"now", "blue", "shop", "SHOW wal_level;", "logical", NULL, NOON_US},
    {"now", "blue", "shop", "SHOW x;", NULL, "this release has none", NOON_US}};
static const char *anomalies[] = {"the step fence failed: " WILD};
static const char *references[] = {"OPS-479"};

static struct report *full(void)
{
    struct report *report = report_new();

    report->made_us = report->ended_us = NOON_US + 200000000;
    report->began_us = NOON_US;
    report->checked_us = report->parameters_us = NOON_US;
    report->program_version = "0.1.0";
    report->cluster = "or|ders";
    report->environment = "prod";
    report->trigger = WILD;
    report->operator_name = "Ada";
    report->domain = "process";
    report->maturity = "published";
    report->author = "Ada";
    report->run = "20261123T120000Z";
    report->run_directory = "/var/lib/pgcutover/7/20261123T120000Z";
    report->outcome = REPORT_UNDONE;
    report->side = "blue";
    report->cause = WILD;
    report->next = "pgcutover cutover --execute";
    report->servers[0].version = "15.4";
    report->servers[1].version = "17.1";
    report->servers[1].why = "no answer";
    report->steps = steps;
    report->step_count = 3;
    report->moves = moves;
    report->move_count = 1;
    report->values = report->account = values;
    report->value_count = report->account_count = 2;
    report->findings = findings;
    report->finding_count = 3;
    report->parameters = parameters;
    report->parameter_count = 3;
    report->shows = shows;
    report->show_count = 3;
    report->anomalies = anomalies;
    report->references = references;
    report->anomaly_count = report->reference_count = 1;
    return report;
}

static void everything_is_told(void **state)
{
    static const char *const sections[] = {
        "---\ntitle: \"prod or|ders: PostgreSQL 15 to 17, 2026-11-23\"\n",
        "\ntags: [process, operation-notes, postgresql, cutover]\n",
        "\n## Summary\n",
        "\n### Values\n",
        "\n## Sequence\n",
        "\n## Verifications\n",
        "\n## Anomalies\n",
        "\n## References\n"};
    struct report *report = full();
    char *note = report_note(report);
    const char *at = note;
    size_t i;

    (void) state;
    for (i = 0; i < sizeof(sections) / sizeof(sections[0]); i++) {
        assert_has(at, sections[i]);
        at = strstr(at, sections[i]);
    }
    assert_has(note, "\n- Start: 2026-11-23 12:00:00 UTC\n- End: 2026-11-23 12:03:20 UTC\n");
    assert_has(note, "clients were held for 57 ms (budget 5.0 s); longest gap of a client 97 ms");
    assert_has(note, "| green initial LSN | 0/5007DD8 |\n| x | not known |\n");
    assert_has(note, "| 12:00:00.000 → 12:01:01.000 | 1 min 1 s | `clone` | Copy blue | done |");
    assert_has(note, "12:01:40.367 → 12:01:40.400 | 33 ms | `fence`");
    assert_has(note, "\n### undo of cutover, 2026-11-23 (UTC)\n");
    assert_has(note, "| p\\|1 | 200 | 3 | 20 ms | 97 ms |  | 5 ms |  |  |");
    assert_has(note, "1 error, 0 warnings, 2 notes, 0 of advice");
    assert_has(note, "Notes and advice: `identity_missing` (2 times).");
    assert_has(note, "| `work_mem` | `4MB` | `8MB` | \\[green.parameters\\] |");
    assert_has(note, "| `huge_pages_status` | none | `off` |");
    assert_lacks(note, "| `shared_buffers`");
    assert_has(note, "blue/shop=# SHOW wal_level;\nlogical\nblue/shop=# SHOW x;\n(not known: this "
                     "release has none)\n");
    assert_lacks(note, "replica\n");
    assert_has(note, "### green\n\nNothing was asked of it: no answer\n");
    free(note);
    report_free(report);
}

/* No write was acknowledged behind the release: the gap is only known to be longer. */
static void a_gap_that_had_no_end_is_told_as_more(void **state)
{
    struct report *report = full();
    char *note;

    (void) state;
    poolers[0].is_open = true;
    note = report_note(report);
    assert_has(note, "longest gap of a client more than 97 ms");
    assert_has(note, "| p\\|1 | 200 | 3 | 20 ms | more than 97 ms |  | 5 ms |  |  |");
    poolers[0].is_open = false;
    free(note);
    report_free(report);
}

/* Lines of tables have as many bars as their head, and nothing is HTML. */
static void no_name_breaks_out(void **state)
{
    struct report *report = full();
    char *note = report_note(report), *at;

    (void) state;
    for (at = note; (at = strchr(at, '<')); at++)
        assert_true(at > note && at[-1] == '\\');
    assert_lacks(note, "a|b\n");
    assert_has(note, "a\\|b \\<script>\\`x\\` \\*y\\* \\[z\\](w)");
    free(note);
    report_free(report);
}

static void an_empty_report_says_so(void **state)
{
    struct report *report = report_new();
    char *note = report_note(report);

    (void) state;
    assert_has(note, "\n- Environment: not told\n");
    assert_has(note, "\n- Start: nothing was executed\n- End: nothing was executed\n");
    assert_has(note, "\n## Anomalies\n\nnone\n");
    assert_has(note, "\nNot known: they were not run\n");
    assert_has(note, "\nNot compared: ");
    assert_lacks(note, "(null)");
    assert_lacks(note, "9223372036854775808");
    free(note);
    report_free(report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_of_others_are_no_markup),
        cmocka_unit_test(code_cannot_be_closed),
        cmocka_unit_test(front_matter_takes_every_name),
        cmocka_unit_test(everything_is_told),
        cmocka_unit_test(a_gap_that_had_no_end_is_told_as_more),
        cmocka_unit_test(no_name_breaks_out),
        cmocka_unit_test(an_empty_report_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
