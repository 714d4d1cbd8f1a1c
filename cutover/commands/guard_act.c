/* What the guard does when something trips: tell, call for help, and, if it may, roll back. */
#include "guarding.h"

#include "../base/text.h"
#include "leg.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

#define ALERT_TIMEOUT_MS 30000

bool guard_acts_on(const struct guarding *guarding, const char *choice)
{
    return guarding->procedure.options->execute && string_equal(choice, "rollback");
}

/* --- the alert ---------------------------------------------------------------------------------
 */

static void export(struct text *line, const char *name, const char *value)
{
    text_add(line, "%s=", name);
    text_add_shell_word(line, value);
    text_add(line, "; export %s\n", name);
}

void guard_alert(struct guarding *guarding, const char *event, const char *text)
{
    const struct procedure *procedure = &guarding->procedure;
    const char *arguments[] = {event, NULL, NULL};
    struct text line = {0}, plain = {0};
    struct alert *alert;

    if (!procedure->config->guard.alert)
        return;
    text_add_plain(&plain, text);
    arguments[1] = text_string(&plain);
    export(&line, "PGCUTOVER_EVENT", event);
    export(&line, "PGCUTOVER_TEXT", text_string(&plain));
    export(&line, "PGCUTOVER_NAME", procedure->config->cluster_name);
    export(&line, "PGCUTOVER_RUN_DIRECTORY", procedure->directory);
    text_add_string(&line, procedure->config->guard.alert);
    alert = memory_new(sizeof(*alert));
    alert->script = guard_script("alert", "running [guard] alert on", text_string(&line));
    text_free(&line);
    guarding->doors.host->ops->run(guarding->doors.host, &alert->script, arguments, NULL,
                                   ALERT_TIMEOUT_MS, &alert->reply);
    text_free(&plain);
    alert->next = guarding->alerts;
    guarding->alerts = alert;
}

static void alert_free(struct alert *alert)
{
    free((char *) (uintptr_t) alert->script.text);
    reply_clear(&alert->reply);
    free(alert);
}

void guard_alerts_poll(struct guarding *guarding)
{
    struct alert **at = &guarding->alerts, *alert;

    while ((alert = *at)) {
        if (!reply_is_finished(&alert->reply)) {
            at = &alert->next;
            continue;
        }
        *at = alert->next;
        if (alert->reply.state == REPLY_FAILED)
            guard_sayf(guarding, "alert_failed", "[guard] alert failed: %s",
                       alert->reply.fault.cause);
        alert_free(alert);
    }
}

void guard_alerts_close(struct guarding *guarding)
{
    struct alert *alert;

    while ((alert = guarding->alerts)) {
        guarding->alerts = alert->next;
        guarding->doors.host->ops->abandon(guarding->doors.host, &alert->reply);
        alert_free(alert);
    }
}

/* --- the rollback ------------------------------------------------------------------------------
 */

/* As this command was called: with the same file, run and flags. */
static bool start(struct guarding *guarding, struct fault *fault)
{
    const struct procedure *procedure = &guarding->procedure;
    const struct options *options = procedure->options;
    struct text config = {0}, run = {0}, flags[OVERRIDES_MAX] = {0};
    char *arguments[7 + OVERRIDES_MAX] = {(char *) options->program, (char *) "rollback",
                                          (char *) "--execute", (char *) "--yes"};
    bool good;
    size_t i;

    text_add(&config, "--config=%s", procedure->config->file);
    text_add(&run, "--run=%s", procedure->directory);
    arguments[4] = (char *) text_string(&config);
    arguments[5] = (char *) text_string(&run);
    for (i = 0; i < options->override_count; i++)
        arguments[6 + i] = command_flag_of(&flags[i], &options->overrides[i]);
    good = rerun_start(procedure->loop, arguments,
                       (struct rerun_sink){.said = guard_pass_on, .context = guarding},
                       &guarding->rollback, fault);
    for (i = 0; i < options->override_count; i++)
        text_free(&flags[i]);
    text_free(&config);
    text_free(&run);
    return good;
}

static void end(struct guarding *guarding, const char *event, enum exit_code code, const char *text)
{
    guard_sayf(guarding, event, "%s", text);
    guard_alert(guarding, event, text);
    guarding->has_ended = true;
    guarding->code = code;
}

/* False: it was not begun; somebody moves clients already, or nobody knows. */
static bool roll_back(struct guarding *guarding)
{
    struct fault fault = {0};

    guard_look(guarding); /* whoever moves clients already needs no help */
    if (guarding->place != GUARD_ON_GREEN || guarding->has_ended)
        return false;
    guard_watch_stop(guarding);
    guard_sayf(guarding, "rolling_back", "moving the clients back to blue");
    if (!start(guarding, &fault))
        end(guarding, "rollback_failed", EXIT_FAILED, fault.cause);
    return true;
}

/* By the journal; NULL: it cannot be read. */
static const char *where_clients_are(const struct guarding *guarding)
{
    struct procedure seen = {.directory = guarding->procedure.directory};
    struct fault fault;
    const char *where;

    if (!journal_open(seen.directory, JOURNAL_READ, &seen.journal, &fault))
        return "where \"pgcutover status\" says";
    if (leg_side(&seen) == SIDE_GREEN)
        where = leg_phase(&seen) == LEG_IDLE
                    ? "on green"
                    : "to stay on green: \"pgcutover recover --execute\", if the watchdog does not";
    else
        where = leg_phase(&seen) == LEG_FORWARD ? "to go to blue: \"pgcutover recover --execute\""
                                                : "on blue";
    journal_close(seen.journal);
    return where;
}

void guard_rollback_poll(struct guarding *guarding)
{
    struct text text = {0};
    int code;

    if (!guarding->rollback)
        return;
    if (procedure_is_interrupted(&guarding->procedure)) {
        /* it ends well by itself, before its switch or behind it; and then so do we */
        rerun_signal(guarding->rollback, SIGTERM);
        loop_forget_interrupt(guarding->procedure.loop);
    }
    if (!rerun_has_ended(guarding->rollback, &code))
        return;
    rerun_free(guarding->rollback);
    guarding->rollback = NULL;
    if (code == EXIT_DONE) {
        end(guarding, "rolled_back", EXIT_ROLLED_BACK, "rolled back: clients are on blue");
        return;
    }
    text_add_string(&text, "the rollback ");
    if (code < 0)
        text_add_string(&text, "was killed");
    else
        text_add(&text, "ended with exit code %d", code);
    text_add(&text, "; clients are %s", where_clients_are(guarding));
    /* 8 of a rollback that was undone: clients are on green, which 8 of ours would deny */
    end(guarding, "rollback_failed",
        code < 0 || code == EXIT_ROLLED_BACK ? EXIT_FAILED : (enum exit_code) code,
        text_string(&text));
    text_free(&text);
}

/* --- changes -----------------------------------------------------------------------------------
 */

static const char *what_next(const struct guarding *guarding, const struct watched *watched,
                             const char *choice)
{
    if (!string_equal(choice, "rollback") || !guarding->procedure.options->execute)
        return guarding->has_way_back
                   ? "; \"pgcutover rollback --execute\" moves the clients back to blue"
                   : "";
    if (watched && !guard_errors_is_proven(&watched->errors, &watched->baseline))
        return "; it has never succeeded, on blue neither, so that it says nothing about green: no "
               "rollback";
    if (watched && !watched->evidence.is_measured)
        return "; there is no baseline: nobody knows whether it was better on blue: no rollback";
    return NULL;
}

/* A trip that could not be acted on is not spent: it is judged again when clients have settled. */
static void act(struct guarding *guarding, struct watched *watched)
{
    if (roll_back(guarding) || guarding->has_ended)
        return;
    if (watched)
        watched->errors.is_tripped = false;
    else
        guarding->lag.is_tripped = false;
}

void guard_change(struct guarding *guarding, struct watched *watched, enum guard_change change)
{
    const struct config *config = guarding->procedure.config;
    const char *choice = watched ? config->guard.on_trip : config->guard.on_lag;
    const char *event = change == GUARD_TRIPPED ? "tripped" : "recovered", *next = NULL;
    struct text text = {0};

    if (change == GUARD_SAME)
        return;
    if (watched)
        guard_tell_probe(&text, guarding, watched);
    else
        guard_tell_lag(&text, guarding);
    if (change == GUARD_TRIPPED && (next = what_next(guarding, watched, choice)))
        text_add_string(&text, next);
    guard_say(guarding, &(struct saying){.event = event,
                                         .text = text_string(&text),
                                         .watched = watched,
                                         .about_lag = !watched});
    guard_alert(guarding, event, text_string(&text));
    text_free(&text);
    if (change == GUARD_TRIPPED && !next)
        act(guarding, watched);
}
