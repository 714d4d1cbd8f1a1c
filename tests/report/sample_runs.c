#include "sample_runs.h"

#include "cutover/base/text.h"

#include <stdio.h>
#include <string.h>

#define SECOND (1000 * 1000LL)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static struct report *begin(enum report_outcome outcome, const char *side)
{
    struct report *report = report_new();

    report->program_version = "0.1.0";
    report->cluster = "orders";
    report->environment = "production";
    report->operator_name = "anna.berger";
    report->trigger = "PostgreSQL 15 is out of support in 2027";
    report->author = "Database platform";
    report->domain = "orders";
    report->maturity = "rehearsed twice";
    report->run = "20261123T070044Z";
    report->run_directory = "/var/lib/pgcutover/orders/20261123T070044Z";
    report->outcome = outcome;
    report->side = side;
    report->began_us = SAMPLE_BEGAN;
    report->made_us = SAMPLE_BEGAN + 120 * SECOND;
    report->servers[0] = (struct report_server){
        "blue", "db1.example.com:5432", "15.20", "7711258330171157005", report->made_us - SECOND,
        NULL};
    report->servers[1] = (struct report_server){
        "green", "db2.example.com:5432", "17.12", "7711258412250631893", report->made_us - SECOND,
        NULL};
    report->moves = arena_take(report->arena, 4 * sizeof(*report->moves));
    report->lags = arena_take(report->arena, 64 * sizeof(*report->lags));
    return report;
}

/* --- lists that every full one has ------------------------------------------------------------ */

static void add_findings(struct report *report)
{
    static struct report_finding findings[] = {
        {"unindexed_foreign_keys", "warning", "blue shop", "sales.item.purchase_id",
         "2,400,000 rows are read for each deleted purchase",
         "On green every delete is applied one row at a time, and each reads the whole table.",
         "CREATE INDEX CONCURRENTLY ON sales.item (purchase_id);"},
        {"stale_statistics", "note", "blue Billing", "public.invoice", "last analyzed 40 days ago",
         "Plans may differ behind the cutover.", "ANALYZE invoice;"},
        {"identity_full", "advice", "blue postgres", "load.keyless",
         "no key: REPLICA IDENTITY FULL is set for the run",
         "Every update and delete looks through the whole table on green.", ""},
    };

    report->findings = findings;
    report->finding_count = COUNT(findings);
    report->checked_us = SAMPLE_BEGAN - 300 * SECOND;
}

static void add_parameters(struct report *report)
{
    static struct report_parameter parameters[] = {
        {"cluster_name", "lab-blue", "lab-green", "configured", true},
        {"io_combine_limit", NULL, "128kB", "default of the major", true},
        {"old_snapshot_threshold", "-1", NULL, "removed in 17", true},
        {"search_path", "\"$user\", public", "", "carried over", true},
        {"autovacuum_naptime", "30s", "30s", "carried over", false},
        {"checkpoint_timeout", "10min", "10min", "carried over", false},
        {"effective_cache_size", "1GB", "1GB", "carried over", false},
        {"work_mem", "4MB", "4MB", "carried over", false},
    };

    report->parameters = parameters;
    report->parameter_count = COUNT(parameters);
    report->parameters_us = report->made_us;
}

static void add_shows(struct report *report)
{
    static struct report_show shows[] = {
        {"behind prepare", "green", "shop", "SHOW server_version",
         " server_version \n----------------\n 17.12\n(1 row)", NULL, SAMPLE_BEGAN + 11 * SECOND},
        {"now", "green", "shop", "SELECT count(*) FROM pg_subscription",
         " count \n-------\n     0\n(1 row)", NULL, SAMPLE_BEGAN + 110 * SECOND},
        {"now", "blue", "shop",
         "SELECT slot_name, active, wal_status, confirmed_flush_lsn, restart_lsn FROM "
         "pg_replication_slots ORDER BY slot_name",
         "    slot_name     | active | wal_status | confirmed_flush_lsn | restart_lsn \n"
         "------------------+--------+------------+---------------------+-------------\n"
         " pgcutover_16387  | f      | reserved   | 0/519F960           | 0/519F928\n(1 row)",
         NULL, SAMPLE_BEGAN + 110 * SECOND},
        {"now", "blue", "Billing", "SHOW max_slot_wal_keep_size", NULL,
         "the server did not answer within 5 s", REPORT_UNKNOWN},
    };

    report->shows = shows;
    report->show_count = COUNT(shows);
}

static void add_values(struct report *report)
{
    static struct report_value values[] = {
        {"blue's version", "15.20 (Debian 15.20-0+deb12u1)"},
        {"databases", "Billing, events, postgres, shop"},
        {"slot LSN of shop", "0/32835F8"},
        {"slot LSN of Billing", "0/3283588"},
        {"LSN of the clone", "0/4000028"},
        {"origin of shop", "pg_16402 at 0/4000028"},
        {"data checksums", "on"},
        {"locale", "C.UTF-8, provider c"},
        {"size of blue", "62 MB"},
        {"extensions", "pg_stat_statements 1.10 -> 1.11"},
        {"verification of rows", NULL},
    };
    static struct report_value account[] = {
        {"proof that green had everything", "silence: n+k transactions, and k markers of ours"},
        {"last LSN of blue", "0/519F960"},
        {"sequences", "14 of 14 carried over exactly"},
        {"writes of the client probe", "384 acknowledged, 384 there once"},
        {"rows compared by verify", NULL},
    };
    static const char *references[] = {
        "docs/correctness.md: why nothing is lost",
        "https://www.postgresql.org/docs/17/logical-replication.html",
    };

    report->values = values;
    report->value_count = COUNT(values);
    report->account = account;
    report->account_count = COUNT(account);
    report->references = references;
    report->reference_count = COUNT(references);
}

static void add_events(struct report *report)
{
    static const struct report_event events[] = {
        {SAMPLE_BEGAN + 9 * SECOND, "notify", "green is up: told to https://chat.example.com"},
        {SAMPLE_BEGAN + 15 * SECOND, "direct",
         "2 sessions of app@shop from 10.0.0.7 do not come through a pooler"},
        {SAMPLE_BEGAN + 16301 * 1000, "terminated", "2 sessions of app@shop from 10.0.0.7"},
        {SAMPLE_BEGAN + 17 * SECOND, "hook", "after confirm: /etc/pgcutover/told: exit code 0"},
    };

    report->events = arena_take(report->arena, sizeof(events));
    memcpy(report->events, events, sizeof(events));
    report->event_count = COUNT(events);
}

static void add_lags(struct report *report)
{
    static const char *const slots[][2] = {{"pgcutover_16387", "shop"},
                                           {"pgcutover_16388", "Billing"},
                                           {"pgcutover_16389", "events"},
                                           {"pgcutover_5", "postgres"}};
    size_t i;

    for (i = 0; i < COUNT(slots); i++) {
        sample_lag(report, &report->lags[report->lag_count], "blue", slots[i][0], slots[i][1]);
        report->lag_count++;
    }
}

static struct report_move *cut_over(struct report *report)
{
    struct report_move *move =
        sample_move(report, "cutover", "blue", "green", SAMPLE_BEGAN + 14391532,
                    SAMPLE_BEGAN + 21718413, SAMPLE_BEGAN + 16281793, SAMPLE_BEGAN + 16337855);

    sample_poolers(report, move, 2, 0);
    return move;
}

static void add_lists(struct report *report)
{
    add_findings(report);
    add_parameters(report);
    add_shows(report);
    add_values(report);
    add_events(report);
    add_lags(report);
}

/* --- runs ------------------------------------------------------------------------------------- */

static struct report *make_empty(void)
{
    return report_new();
}

static struct report *make_planned(void)
{
    struct report *report = begin(REPORT_PLANNED, "blue");

    report->run = report->run_directory = NULL;
    report->began_us = REPORT_UNKNOWN;
    report->phase = "nothing was executed";
    report->next = "pgcutover prepare --execute";
    report->servers[1] = (struct report_server){
        .side = "green", .answered_us = REPORT_UNKNOWN, .why = "it is not made yet"};
    add_findings(report);
    return report;
}

static struct report *make_preparing(void)
{
    struct report *report = begin(REPORT_PREPARING, "blue");

    sample_spans(report, "cutover");
    report->step_count = 11;
    report->phase = "preparing: isolate";
    report->next = "pgcutover status";
    report->steps[10].state = "begun";
    report->steps[10].ended_us = REPORT_UNKNOWN;
    report->made_us = SAMPLE_BEGAN + 4 * SECOND;
    report->servers[1].version = report->servers[1].system_identifier = NULL;
    report->servers[1].answered_us = REPORT_UNKNOWN;
    report->not_checked = "checks are made before prepare, and it has begun";
    return report;
}

static struct report *make_green(void)
{
    struct report *report = begin(REPORT_ON_GREEN, "green");

    sample_spans(report, "rollback");
    cut_over(report);
    add_lists(report);
    report->ended_us = SAMPLE_BEGAN + 21718413;
    report->phase = "clients are on green; blue follows";
    report->next = "pgcutover finish --execute, or pgcutover rollback --execute";
    return report;
}

static struct report *make_back(void)
{
    static const char *anomalies[] = {
        "2 sessions that do not come through a pooler were ended by the fence",
        "the rollback was begun 963 ms behind the end of the cutover"};
    struct report *report = make_green();
    struct report_move *move;

    report->steps = NULL;
    report->step_count = 0;
    sample_spans(report, "evict");
    move = sample_move(report, "rollback", "green", "blue", SAMPLE_BEGAN + 22680633,
                       SAMPLE_BEGAN + 25363066, SAMPLE_BEGAN + 24960769, SAMPLE_BEGAN + 25009241);
    sample_poolers(report, move, 2, 0);
    report->outcome = REPORT_BACK;
    report->side = "blue";
    report->anomalies = anomalies;
    report->anomaly_count = COUNT(anomalies);
    report->ended_us = move->ended_us;
    report->phase = "clients are back on blue; green follows";
    report->next = "pgcutover cutover --execute, or pgcutover abort --execute";
    return report;
}

static struct report *make_aborted(void)
{
    struct report *report = make_back();

    report->steps = NULL;
    report->step_count = 0;
    sample_spans(report, NULL);
    report->outcome = REPORT_ABORTED;
    report->ended_us = SAMPLE_BEGAN + 27590066;
    report->phase = "aborted";
    report->next = NULL;
    report->cause = "the operator gave it up: \"green's disk is too slow\"";
    return report;
}

/* prove waited until the budget of the pause was used up; everything was undone. */
static struct report *make_undone(void)
{
    static const char *anomalies[] = {"the cutover was undone: green had not applied everything"};
    struct report *report = make_green();
    struct report_move *move = &report->moves[0];
    int64_t at_us = SAMPLE_BEGAN + 16304863;
    struct report_step *prove;

    while (!string_equal(report->steps[report->step_count - 1].step, "fence"))
        report->step_count--;
    prove = sample_step(report, "cutover", "prove", "failed", "nobody", at_us, 4980 * 1000);
    prove->is_pause = true;
    prove->cause = "shop: green has applied up to 0/519F910, and blue ended at 0/519F960";
    at_us += 4981 * 1000;
    sample_step(report, "cutover", "fence", "undone", "blue", at_us, 6400)->is_pause = true;
    sample_step(report, "cutover", "hold", "undone", "blue", at_us + 6500, 8100)->is_pause = true;
    sample_step(report, "cutover", "arm", "undone", "blue", at_us + 14700, 90100);
    sample_step(report, "cutover", "reverse", "undone", "blue", at_us + 105000, 61000);
    report->move_count = 0;
    move = sample_move(report, "cutover", "blue", "green", SAMPLE_BEGAN + 14391532, at_us + 166000,
                       SAMPLE_BEGAN + 16281793, at_us + 14600);
    move->outcome = "undone";
    move->cause = "prove: "
                  "shop: green has applied up to 0/519F910, and blue ended at 0/519F960";
    move->proof = NULL;
    sample_poolers(report, move, 2, 1);
    move->poolers[1].account = "1 acknowledged write is missing";
    report->outcome = REPORT_UNDONE;
    report->side = "blue";
    report->cause = move->cause;
    report->anomalies = anomalies;
    report->anomaly_count = 1;
    report->ended_us = move->ended_us;
    report->phase = "replicating, ready for cutover";
    report->next = "pgcutover cutover --execute";
    return report;
}

/* The engine died in the pause, and nobody has recovered yet. */
static struct report *make_failed(void)
{
    struct report *report = make_green();
    struct report_move *move = &report->moves[0];

    while (!string_equal(report->steps[report->step_count - 1].step, "sequences"))
        report->step_count--;
    report->steps[report->step_count - 1].state = "begun";
    report->steps[report->step_count - 1].ended_us = REPORT_UNKNOWN;
    report->made_us = report->steps[report->step_count - 1].began_us + 120 * 1000;
    move->outcome = "failed";
    move->released_us = move->ended_us = REPORT_UNKNOWN;
    sample_not_probed(&move->poolers[0], "the engine was killed");
    sample_not_probed(&move->poolers[1], "the engine was killed");
    move->poolers[0].released_us = move->poolers[1].released_us = REPORT_UNKNOWN;
    report->outcome = REPORT_FAILED;
    report->side = "nobody";
    report->ended_us = REPORT_UNKNOWN;
    report->cause = "the engine is gone, and left clients held";
    report->phase = "stopped in sequences";
    report->next = "pgcutover recover --execute";
    return report;
}

/* Five hours of prepare, six days of replication, 50 slots, 20 poolers. */
static struct report *make_days(void)
{
    struct report *report = begin(REPORT_ON_GREEN, "green");
    struct report_move *move;
    int64_t cutover_us, before_us;
    size_t i;

    sample_spans(report, "rollback");
    for (i = 0; i < report->step_count; i++) {
        struct report_step *step = &report->steps[i];
        int64_t far = step->began_us - SAMPLE_BEGAN, length = step->ended_us - step->began_us;

        if (!string_equal(step->plan, "prepare")) {
            step->began_us += 6 * DAY + 5 * HOUR;
            step->ended_us += 6 * DAY + 5 * HOUR;
            continue;
        }
        step->began_us = SAMPLE_BEGAN + far * 1600;
        step->ended_us = step->began_us + length * 1600;
    }
    before_us = 6 * DAY + 5 * HOUR;
    cutover_us = SAMPLE_BEGAN + before_us;
    move = sample_move(report, "cutover", "blue", "green", cutover_us + 14391532,
                       cutover_us + 21718413, cutover_us + 16281793, cutover_us + 16337855);
    sample_poolers(report, move, 20, 0);
    sample_not_probed(&move->poolers[3], "its probe = is not configured");
    for (i = 0; i < 50; i++)
        sample_long_lag(report, &report->lags[report->lag_count++], i, SAMPLE_BEGAN + 4 * HOUR,
                        3 * SECOND, 2000);
    report->ended_us = move->ended_us;
    report->made_us = report->ended_us + 60 * SECOND;
    report->phase = "clients are on green; blue follows";
    report->next = "pgcutover finish --execute";
    add_findings(report);
    add_values(report);
    return report;
}

#define HOSTILE "</script><script>document.title='taken'</script><!-- \"'&\xff\x01\xe2\x80\xae"

/* Names that are markup, or never end; a thousand steps; nothing is short. */
static struct report *make_hostile(void)
{
    static const char *const names[] = {HOSTILE, "w", "a_step_whose_name_goes_on_and_on_and_on"};
    struct report *report = make_green();
    struct report_move *move = &report->moves[0];
    struct report_step *steps = report->steps;
    size_t i, count = report->step_count;
    char *endless = arena_take(report->arena, 401);

    memset(endless, 'x', 400);
    report->steps = arena_take(report->arena, 1100 * sizeof(*steps));
    memcpy(report->steps, steps, count * sizeof(*steps));
    for (i = 0; i < 1000; i++)
        sample_step(report, i < 500 ? "prepare" : HOSTILE, names[i % 3], i % 97 ? "done" : "failed",
                    "green", SAMPLE_BEGAN + 21720000 + (int64_t) i * 40000, 30000);
    report->cluster = HOSTILE;
    report->cause = report->next = report->phase = endless;
    report->operator_name = report->environment = HOSTILE;
    move->poolers[0].name = HOSTILE;
    move->poolers[1].name = endless;
    report->lags[0].slot = HOSTILE;
    report->lags[1].slot = endless;
    report->findings = arena_take(report->arena, sizeof(*report->findings));
    report->findings[0] =
        (struct report_finding){HOSTILE, "error", HOSTILE, HOSTILE, endless, HOSTILE, HOSTILE};
    report->finding_count = 1;
    report->values = arena_take(report->arena, sizeof(*report->values));
    report->values[0] = (struct report_value){HOSTILE, endless};
    report->value_count = 1;
    report->anomalies = arena_take(report->arena, sizeof(*report->anomalies));
    report->anomalies[0] = HOSTILE;
    report->anomaly_count = 1;
    for (i = 0; i < report->event_count; i++)
        report->events[i].text = report->events[i].kind = HOSTILE;
    report->ended_us = SAMPLE_BEGAN + 62 * SECOND;
    return report;
}

const struct sample samples[] = {
    {"empty", make_empty},
    {"planned", make_planned},
    {"preparing", make_preparing},
    {"green", make_green},
    {"back", make_back},
    {"aborted", make_aborted},
    {"undone", make_undone},
    {"failed", make_failed},
    {"days", make_days},
    {"hostile", make_hostile},
    {NULL, NULL},
};
