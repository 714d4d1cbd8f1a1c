#include "client_probing.h"

#include "../base/text.h"
#include "../engine/felt.h"
#include "../steps/client_probe.h"
#include "leg.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Probes are waited for so long behind the release, those that wait themselves a little longer. */
#define AFTER_MS 1000
#define GRACE_MS 1000
#define LOOK_MS 5000

struct probed {
    const char *why_not; /* NULL: it was measured */
    struct felt felt;
    char account[128]; /* as the fact; "": it was not tried */
    bool is_wrong;
};

struct client_probing {
    struct procedure *procedure;
    struct runner *runner;
    struct client_probe *probe;
    struct probed *probed; /* for each of its clients; NULL: clients were not held */
};

/* --- facts ---------------------------------------------------------------------------------- */

static void set_fact(const struct client_probing *probing, const char *pooler, const char *part,
                     const char *name, const char *value)
{
    struct journal *journal = probing->procedure->journal;
    struct text key = {0};

    text_add(&key, "%s.client_probe.%s", probing->runner->plan->id, pooler);
    if (part)
        text_add(&key, ".%s", part);
    if (name)
        text_add(&key, ".%s", name);
    if (value || journal_get(journal, text_string(&key)))
        journal_set(journal, text_string(&key), value);
    text_free(&key);
}

/* Below zero: not known. */
static void set_number(const struct client_probing *probing, const char *pooler, const char *part,
                       const char *name, int64_t number)
{
    char value[24];

    snprintf(value, sizeof(value), "%lld", (long long) number);
    set_fact(probing, pooler, part, name, number < 0 ? NULL : value);
}

static void set_facts(const struct client_probing *probing, const char *pooler,
                      const struct felt *felt)
{
    int i;

    set_number(probing, pooler, NULL, "probes", (int64_t) felt->probes);
    set_number(probing, pooler, NULL, "failed", (int64_t) felt->failed);
    set_fact(probing, pooler, NULL, "is_open", felt->is_open ? "yes" : NULL);
    for (i = 0; i < FELT_WINDOWS; i++) {
        const struct felt_part *part = &felt->parts[i];
        const char *window = felt_window_names[i];

        set_number(probing, pooler, window, "probes", (int64_t) part->probes);
        set_number(probing, pooler, window, "failed", (int64_t) part->failed);
        set_number(probing, pooler, window, "late", (int64_t) part->late);
        set_number(probing, pooler, window, "median_us", part->median_us);
        set_number(probing, pooler, window, "p99_us", part->p99_us);
        set_number(probing, pooler, window, "longest_gap_us", part->gap_us);
    }
}

static void forget_facts(const struct client_probing *probing, const char *pooler)
{
    static const char *const names[] = {"late",   "probes",         "failed",  "median_us",
                                        "p99_us", "longest_gap_us", "is_open", "account"};
    size_t i;
    int window;

    set_fact(probing, pooler, NULL, NULL, NULL);
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        set_fact(probing, pooler, NULL, names[i], NULL);
        for (window = 0; window < FELT_WINDOWS; window++)
            set_fact(probing, pooler, felt_window_names[window], names[i], NULL);
    }
}

/* --- the account ---------------------------------------------------------------------------- */

static void not_looked_at(struct probed *probed, const char *why)
{
    snprintf(probed->account, sizeof(probed->account), "not looked at: %.100s", why);
}

static void judge(struct probed *probed, const struct client_probe_result *result, int64_t held)
{
    int64_t lost = result->least > held ? result->least - held : 0;

    if (result->lost > lost)
        lost = result->lost;
    probed->is_wrong = lost > 0 || held > result->most;
    if (lost)
        snprintf(probed->account, sizeof(probed->account), "lost %lld", (long long) lost);
    else if (held > result->most)
        snprintf(probed->account, sizeof(probed->account), "%lld too many",
                 (long long) (held - result->most));
    else
        snprintf(probed->account, sizeof(probed->account), "yes");
}

/* The side that serves must hold every write that was acknowledged, on whichever side. */
static void look(struct client_probing *probing, struct probed *probed,
                 const struct client_probe_result *result)
{
    struct procedure *procedure = probing->procedure;
    struct world *world = procedure->world;
    bool is_blue = probing->runner->side == SIDE_BLUE;
    struct database *database = world_database(world, result->database);
    struct sql_arguments arguments = {.count = 0};
    struct reply reply = {0};
    int64_t held = 0;

    if (!database || !database->replicate) {
        not_looked_at(probed, "its database is none of the cluster's");
        return;
    }
    sql_set(&arguments, "pooler", result->pooler);
    if (!procedure_ask(procedure, is_blue ? &database->blue : &database->green,
                       &sql_client_probe_look, &arguments, LOOK_MS, &reply))
        not_looked_at(probed, reply.fault.cause);
    else if (reply_rows(&reply) > 0 && !reply_number(&reply, 0, "number", &held))
        not_looked_at(probed, "no number");
    else
        judge(probed, result, held); /* no row holds nothing */
    reply_clear(&reply);
}

/* What a rollback with data loss gives up is the probe's as well. */
static bool is_account_kept(const struct client_probing *probing, enum run_result result)
{
    return (result == RUN_DONE || result == RUN_UNDONE) && !probing->procedure->world->loses;
}

/* --- beginning and end ---------------------------------------------------------------------- */

struct client_probing *client_probing_begin(struct procedure *procedure, struct runner *runner,
                                            int64_t interval_ms)
{
    const struct config *config = procedure->world->config;
    struct client_probing *probing = memory_new(sizeof(*probing));
    size_t i;

    probing->procedure = procedure;
    probing->runner = runner;
    for (i = 0; i < config->pooler_count; i++)
        forget_facts(probing, config->poolers[i].name);
    if (!config->client_probe) {
        free(probing);
        return NULL;
    }
    probing->probe = client_probe_new(procedure->world, interval_ms);
    client_probe_companion(probing->probe)->next = runner->companion;
    runner->companion = client_probe_companion(probing->probe);
    return probing;
}

void client_probing_free(struct client_probing *probing)
{
    if (!probing)
        return;
    client_probe_free(probing->probe);
    free(probing->probed);
    free(probing);
}

static bool is_any_measured(const struct client_probing *probing)
{
    size_t i;

    for (i = 0; i < client_probe_count(probing->probe); i++)
        if (!client_probe_result(probing->probe, i).why_not)
            return true;
    return false;
}

/* What has come while hooks and messages behind the plan were waited for is an answer; nothing is
   begun any more. */
static void take_what_has_come(struct client_probing *probing)
{
    struct companion *companion = client_probe_companion(probing->probe);

    (void) client_probe_stop(probing->probe);
    (void) companion->poll(companion, COMPANION_AFTER);
    client_probe_give_up(probing->probe);
}

/* Clients have been let go; nothing but the operator waits for this. */
static void go_on(struct client_probing *probing, int64_t released_ns)
{
    struct companion *companion = client_probe_companion(probing->probe);
    struct driver *driver = probing->procedure->driver;
    int64_t stop_ns = released_ns + AFTER_MS * NS_PER_MS;
    int64_t end_ns = stop_ns + GRACE_MS * NS_PER_MS;

    while (is_any_measured(probing) && !driver->is_interrupted(driver) &&
           driver->now_ns(driver) < end_ns) {
        int64_t wake_ns = companion->poll(companion, COMPANION_AFTER);
        bool is_over = driver->now_ns(driver) >= stop_ns;

        if (is_over && client_probe_stop(probing->probe))
            break;
        if (wake_ns > (is_over ? end_ns : stop_ns))
            wake_ns = is_over ? end_ns : stop_ns;
        driver->wait(driver, wake_ns);
    }
    take_what_has_come(probing);
}

static void save(struct client_probing *probing)
{
    struct procedure *procedure = probing->procedure;
    struct samples *samples = NULL;
    struct fault fault;
    size_t i;

    if (!procedure->directory)
        return;
    if (!samples_open(procedure->directory, SAMPLES_WRITE, &samples, &fault)) {
        terminal_line(procedure->terminal, "client probe: its samples were not kept: %s",
                      fault.cause);
        return;
    }
    for (i = 0; i < client_probe_count(probing->probe); i++) {
        struct client_probe_result result = client_probe_result(probing->probe, i);

        if (!result.why_not &&
            !samples_add_probes(samples, probing->runner->plan->id, result.pooler, result.samples,
                                result.count, &fault))
            terminal_line(procedure->terminal, "client probe: its samples were not kept: %s",
                          fault.cause);
    }
    samples_close(samples);
}

static void work_out(struct client_probing *probing, struct probed *probed, size_t number,
                     enum run_result result)
{
    const struct runner *runner = probing->runner;
    struct client_probe_result met = client_probe_result(probing->probe, number);
    struct driver *driver = probing->procedure->driver;
    struct text text = {0};

    felt_work_out(met.samples, met.count, runner->pause_started_ns,
                  runner->pause_started_ns + runner->held_ns, driver->now_ns(driver),
                  &probed->felt);
    probed->why_not = met.why_not || probed->felt.is_measured ? met.why_not : CLIENT_PROBE_LATE;
    if (probed->why_not) {
        text_add(&text, "not measured: %s", probed->why_not);
        set_fact(probing, met.pooler, NULL, NULL, text_string(&text));
        text_free(&text);
        return;
    }
    set_fact(probing, met.pooler, NULL, NULL, "measured");
    set_facts(probing, met.pooler, &probed->felt);
    if (met.database && is_account_kept(probing, result))
        look(probing, probed, &met);
    set_fact(probing, met.pooler, NULL, "account", *probed->account ? probed->account : NULL);
}

void client_probing_end(struct client_probing *probing, enum run_result result)
{
    const struct runner *runner = probing ? probing->runner : NULL;
    struct fault fault;
    size_t i;

    if (!probing || !runner->pause_ended)
        return;
    go_on(probing, runner->pause_started_ns + runner->held_ns);
    probing->probed = memory_new(client_probe_count(probing->probe) * sizeof(struct probed));
    for (i = 0; i < client_probe_count(probing->probe); i++)
        work_out(probing, &probing->probed[i], i, result);
    save(probing);
    if (!journal_sync(probing->procedure->journal, &fault) && probing->procedure->terminal)
        terminal_line(probing->procedure->terminal, "client probe: its figures were not kept: %s",
                      fault.cause);
}

/* --- for people ----------------------------------------------------------------------------- */

/* "1,204" */
static void add_number(struct text *text, size_t number)
{
    if (number >= 1000) {
        add_number(text, number / 1000);
        text_add(text, ",%03zu", number % 1000);
    } else {
        text_add(text, "%zu", number);
    }
}

static void add_p99(struct text *text, const struct client_probing *probing,
                    enum felt_window window, const char *words, const char **separator)
{
    int64_t worst = -1;
    char duration[32];
    size_t i;

    for (i = 0; i < client_probe_count(probing->probe); i++)
        if (!probing->probed[i].why_not && probing->probed[i].felt.parts[window].p99_us > worst)
            worst = probing->probed[i].felt.parts[window].p99_us;
    if (worst < 0)
        return;
    text_add(text, "%s%s %s", *separator, terminal_duration(worst * 1000, duration), words);
    *separator = ", ";
}

/* Of all poolers together: the worst of each figure. */
static void print_felt(const struct client_probing *probing)
{
    const char *separator = "; p99 ", *pooler = NULL;
    int64_t longest_us = -1;
    bool is_open = false;
    size_t i, probes = 0, failed = 0;
    struct text text = {0};
    char duration[32];

    for (i = 0; i < client_probe_count(probing->probe); i++) {
        const struct probed *probed = &probing->probed[i];

        if (probed->why_not)
            continue;
        probes += probed->felt.probes;
        failed += probed->felt.failed;
        if (longest_us >= probed->felt.parts[FELT_HELD].gap_us)
            continue;
        longest_us = probed->felt.parts[FELT_HELD].gap_us;
        is_open = probed->felt.is_open;
        pooler = client_probe_result(probing->probe, i).pooler;
    }
    if (!pooler)
        return;
    text_add(&text, "clients felt: longest gap %s%s (%s), ", is_open ? "more than " : "",
             terminal_duration(longest_us * 1000, duration), pooler);
    add_number(&text, failed);
    text_add_string(&text, " failed of ");
    add_number(&text, probes);
    text_add_string(&text, " probes");
    add_p99(&text, probing, FELT_BEFORE, "before", &separator);
    add_p99(&text, probing, FELT_HELD, "while held", &separator);
    add_p99(&text, probing, FELT_AFTER, "after", &separator);
    puts(text_string(&text));
    text_free(&text);
}

static void print_unmeasured(const struct client_probing *probing)
{
    const char *separator = "client probe: not measured: ";
    bool any = false;
    size_t i;

    for (i = 0; i < client_probe_count(probing->probe); i++) {
        if (!probing->probed[i].why_not)
            continue;
        printf("%s[pooler %s] %s", separator, client_probe_result(probing->probe, i).pooler,
               probing->probed[i].why_not);
        separator = "; ";
        any = true;
    }
    if (any)
        puts("");
}

void client_probing_print(const struct client_probing *probing)
{
    if (!probing || !probing->probed)
        return;
    print_felt(probing);
    print_unmeasured(probing);
}

bool client_probing_is_sound(const struct client_probing *probing)
{
    bool good = true;
    size_t i;

    if (!probing || !probing->probed)
        return true;
    for (i = 0; i < client_probe_count(probing->probe); i++) {
        struct client_probe_result result = client_probe_result(probing->probe, i);
        struct fault fault;

        if (!probing->probed[i].is_wrong)
            continue;
        fault_set(&fault, "accounting for the client probe's own writes, pooler", result.pooler,
                  NULL, "%s: %s must hold between %lld and %lld of them",
                  probing->probed[i].account, side_name(probing->runner->side),
                  (long long) result.least, (long long) result.most);
        fault_hint(&fault, "others' commits may be missing, too: stop and look, before anything "
                           "is finished; \"pgcutover verify\" compares both servers");
        command_fault(&fault, EXIT_AMBIGUOUS);
        good = false;
    }
    return good;
}
