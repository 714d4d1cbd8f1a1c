/* What the guard says: a line, or a JSON object, for every change; on a terminal a line that moves.
 */
#include "guarding.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define REDRAW_NS (200 * NS_PER_MS)
/* What waits for who reads it. */
#define HELD_MAX 65536
#define LINGER_NS (5 * NS_PER_S) /* at the end, for who reads slowly */

static const char *const places[] = {[GUARD_UNKNOWN] = "unknown",
                                     [GUARD_ON_BLUE] = "blue",
                                     [GUARD_ON_GREEN] = "green",
                                     [GUARD_MOVING] = "moving",
                                     [GUARD_OVER] = "over"};

/* --- in words ----------------------------------------------------------------------------------
 */

static void add_time(struct text *out, int64_t ns)
{
    char buffer[32];

    text_add_string(out, terminal_duration(ns, buffer));
}

void guard_tell_probe(struct text *out, const struct guarding *guarding,
                      const struct watched *watched)
{
    const struct guard_evidence *evidence = &watched->evidence;
    struct guard_tally before = guard_baseline_total(&watched->baseline);

    text_add(out, "probe %s: errors %.1f %% of %" PRId64 " runs in ", watched->config->name,
             evidence->percent, evidence->window.runs);
    add_time(out, evidence->seen_ns);
    if (evidence->is_measured)
        text_add(out, ", baseline %.1f %% of %" PRId64, evidence->baseline, before.runs);
    else
        text_add(out, ", no baseline (%" PRId64 " of %d runs)", before.runs, GUARD_BASELINE_MIN);
    text_add(out, ", allowed %.1f %% in ", evidence->allowed);
    add_time(out, guarding->limits.errors_for_ns);
    if (evidence->window.errors && fault_is_set(&watched->last))
        text_add(out, "; last: %s%s%s%s", watched->last.cause, *watched->last.code ? " (" : "",
                 watched->last.code, *watched->last.code ? ")" : "");
}

void guard_tell_lag(struct text *out, const struct guarding *guarding)
{
    const struct guard_sample *sample = &guarding->sample;

    if (sample->is_known) {
        text_add_string(out, "lag: blue is ");
        add_time(out, sample->lag_ns);
        text_add(out, " and %" PRId64 " bytes behind green (slot %s%s), allowed ", sample->behind,
                 sample->slot, sample->in_use ? "" : ", not in use");
    } else {
        text_add(out, "lag: unknown (%s), allowed ", sample->fault.cause);
    }
    add_time(out, guarding->limits.lag_ns);
    text_add_string(out, " for ");
    add_time(out, guarding->limits.lag_for_ns);
}

/* --- lines -------------------------------------------------------------------------------------
 */

static void add_number(cJSON *root, const char *key, double number, bool is_known)
{
    if (is_known)
        cJSON_AddNumberToObject(root, key, number);
    else
        cJSON_AddNullToObject(root, key);
}

/* Causes are the words of others: cut anywhere, in any encoding, of several lines. */
static void add_plain(cJSON *root, const char *key, const char *value)
{
    struct text plain = {0};

    text_add_plain(&plain, value);
    cJSON_AddStringToObject(root, key, text_string(&plain));
    text_free(&plain);
}

static void add_probe(cJSON *root, const struct guarding *guarding, const struct watched *watched)
{
    const struct guard_evidence *evidence = &watched->evidence;

    cJSON_AddStringToObject(root, "probe", watched->config->name);
    cJSON_AddNumberToObject(root, "runs", (double) evidence->window.runs);
    cJSON_AddNumberToObject(root, "errors", (double) evidence->window.errors);
    cJSON_AddNumberToObject(root, "percent", evidence->percent);
    add_number(root, "baseline_percent", evidence->baseline, evidence->is_measured);
    cJSON_AddNumberToObject(root, "baseline_runs",
                            (double) guard_baseline_total(&watched->baseline).runs);
    cJSON_AddNumberToObject(root, "allowed_percent", evidence->allowed);
    cJSON_AddNumberToObject(root, "window_seconds",
                            (double) guarding->limits.errors_for_ns / (double) NS_PER_S);
    add_plain(root, "last_error", watched->last.cause);
}

static void add_lag(cJSON *root, const struct guarding *guarding)
{
    const struct guard_sample *sample = &guarding->sample;

    add_number(root, "lag_seconds", (double) sample->lag_ns / (double) NS_PER_S, sample->is_known);
    add_number(root, "lag_bytes", (double) sample->behind, sample->is_known);
    cJSON_AddStringToObject(root, "slot", sample->slot);
    add_plain(root, "why_unknown", sample->fault.cause);
}

static char *say_json(const struct guarding *guarding, const struct saying *saying, const char *at,
                      const char *text)
{
    cJSON *root = cJSON_CreateObject();
    char *line;

    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "at", at);
    cJSON_AddStringToObject(root, "cluster", guarding->procedure.config->cluster_name);
    cJSON_AddStringToObject(root, "event", saying->event);
    cJSON_AddStringToObject(root, "clients", places[guarding->place]);
    cJSON_AddStringToObject(root, "text", text);
    if (saying->watched)
        add_probe(root, guarding, saying->watched);
    if (saying->about_lag)
        add_lag(root, guarding);
    line = cJSON_PrintUnformatted(root);
    cJSON_Delete(root);
    return line;
}

void guard_say(struct guarding *guarding, const struct saying *saying)
{
    struct driver *driver = guarding->procedure.driver;
    time_t now = (time_t) (driver->wall_us(driver) / 1000000);
    struct text plain = {0};
    struct tm parts;
    char at[32], *line;

    if (terminal_held(guarding->said) > HELD_MAX) {
        guarding->unsaid++;
        return;
    }
    gmtime_r(&now, &parts);
    strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &parts);
    terminal_clear_status(guarding->procedure.terminal);
    text_add_plain(&plain, saying->text);
    if (guarding->procedure.options->json) {
        line = say_json(guarding, saying, at, text_string(&plain));
        terminal_line(guarding->said, "%s", line);
        free(line);
    } else {
        terminal_line(guarding->said, "%s %s: %s", at, saying->event, text_string(&plain));
    }
    text_free(&plain);
}

void guard_sayf(struct guarding *guarding, const char *event, const char *format, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    guard_say(guarding, &(struct saying){.event = event, .text = text_string(&text)});
    text_free(&text);
}

/* --- the line that moves -----------------------------------------------------------------------
 */

static void draw_probe(struct text *line, const struct guarding *guarding,
                       const struct watched *watched)
{
    struct guard_tally before = guard_baseline_total(&watched->baseline);

    if (guarding->place == GUARD_ON_BLUE)
        text_add(line, "; %s: %" PRId64 " of %" PRId64 " runs failed", watched->config->name,
                 before.errors, before.runs);
    else
        text_add(line, "; %s: %.1f %% of %" PRId64 " (allowed %.1f %%)%s", watched->config->name,
                 watched->evidence.percent, watched->evidence.window.runs,
                 watched->evidence.allowed, watched->errors.is_tripped ? " tripped" : "");
}

void guard_draw(struct guarding *guarding)
{
    int64_t now_ns = guard_now(guarding);
    struct text line = {0};
    size_t i;

    if (!isatty(STDERR_FILENO) || guarding->rollback || now_ns - guarding->drawn_ns < REDRAW_NS)
        return;
    guarding->drawn_ns = now_ns;
    text_add(&line, "guard: clients: %s", places[guarding->place]);
    for (i = 0; i < guarding->count && guarding->place != GUARD_MOVING; i++)
        draw_probe(&line, guarding, &guarding->watched[i]);
    if (guarding->has_sample) {
        text_add_string(&line, "; lag: ");
        if (guarding->sample.is_known)
            add_time(&line, guarding->sample.lag_ns);
        else
            text_add_string(&line, "unknown");
    }
    terminal_status(guarding->procedure.terminal, text_string(&line));
    text_free(&line);
}

/* --- who reads it, and who does not ------------------------------------------------------------
 */

void guard_say_begin(struct guarding *guarding)
{
    signal(SIGTTOU, SIG_IGN); /* in the background of a terminal it would be stopped */
    guarding->said = terminal_new(stdout);
    terminal_must_not_block(guarding->said, true);
    terminal_must_not_block(guarding->procedure.terminal, true);
}

void guard_say_poll(struct guarding *guarding)
{
    size_t unsaid = guarding->unsaid;

    terminal_flush(guarding->said);
    terminal_flush(guarding->procedure.terminal);
    if (unsaid == 0 || terminal_held(guarding->said))
        return;
    guarding->unsaid = 0;
    guard_sayf(guarding, "dropped", "%zu lines that nobody read in time", unsaid);
}

/* Who reads slowly gets the last lines, too. */
void guard_say_end(struct guarding *guarding)
{
    struct driver *driver = guarding->procedure.driver;
    struct terminal *both[] = {guarding->said, guarding->procedure.terminal};
    int64_t until_ns = guard_now(guarding) + LINGER_NS;
    size_t i;

    terminal_clear_status(guarding->procedure.terminal);
    for (i = 0; i < 2; i++) {
        terminal_flush(both[i]);
        while (terminal_held(both[i]) && guard_now(guarding) < until_ns &&
               !procedure_is_interrupted(&guarding->procedure)) {
            driver->wait(driver, guard_now(guarding) + LINGER_NS / 50);
            terminal_flush(both[i]);
        }
        terminal_give_up(both[i]);
    }
    terminal_free(guarding->said);
    guarding->said = NULL;
}

void guard_pass_on(void *context, bool is_error, const char *bytes, size_t length)
{
    struct guarding *guarding = context;
    struct terminal *terminal = is_error || guarding->procedure.options->json
                                    ? guarding->procedure.terminal
                                    : guarding->said;

    if (terminal_held(terminal) <= HELD_MAX)
        terminal_bytes(terminal, bytes, length);
}

void guard_fault(struct guarding *guarding, const struct fault *fault)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory = open_memstream(&text, &length);

    if (!memory)
        return;
    terminal_fault(memory, fault, NULL,
                   "\"pgcutover status\" says where things stand and what to type next");
    fclose(memory);
    if (terminal_held(guarding->procedure.terminal) <= HELD_MAX)
        terminal_bytes(guarding->procedure.terminal, text, length);
    free(text);
}
