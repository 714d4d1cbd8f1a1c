/*
 * guard: watches what applications see behind a cutover; tells, or rolls back by itself.
 */
#include "guarding.h"

#include "../base/text.h"
#include "leg.h"

#include <stdlib.h>
#include <unistd.h>

#define LOOK_NS (250 * NS_PER_MS) /* at the journal */
#define WRITE_NS (2 * NS_PER_S)   /* of the baselines */

int64_t guard_now(const struct guarding *guarding)
{
    return guarding->procedure.driver->now_ns(guarding->procedure.driver);
}

static bool refuse(struct fault *fault, const char *cause, const char *hint, enum exit_code code)
{
    fault_set(fault, "beginning to guard", NULL, NULL, "%s", cause);
    fault_hint(fault, "%s", hint);
    fault->exit_code = code;
    return false;
}

static bool has_run(const struct guarding *guarding, struct fault *fault)
{
    const struct procedure *procedure = &guarding->procedure;

    if (!procedure_has_run(procedure))
        return refuse(fault, "there is no run under way",
                      "\"pgcutover prepare --execute\" begins one; --run=DIRECTORY names another",
                      EXIT_USAGE);
    if (!journal_has(procedure->journal, "green.ready", "yes") &&
        !journal_has(procedure->journal, "prepare.state", "undone"))
        return refuse(fault, "green is not ready",
                      "\"pgcutover prepare --execute\" goes on with it", EXIT_CHECKS_FAILED);
    return true;
}

/* What can never do anything is refused at once, not at night. */
static bool has_use(const struct guarding *guarding, struct fault *fault)
{
    const struct config *config = guarding->procedure.config;
    const struct procedure *procedure = &guarding->procedure;
    bool rolls_back = string_equal(config->guard.on_trip, "rollback") ||
                      string_equal(config->guard.on_lag, "rollback");
    bool is_lost = leg_side(procedure) == SIDE_GREEN && leg_phase(procedure) == LEG_IDLE &&
                   !journal_get(procedure->journal, "way_back");

    if (config->probe_count == 0 && !config->way_back)
        return refuse(
            fault, "there is nothing to guard: no probe, and no way back whose lag counts",
            "add a section [guard_probe NAME] with sql and conninfo, url, or command", EXIT_USAGE);
    if (rolls_back && !config->way_back)
        return refuse(fault, "on_trip or on_lag is rollback, but there will be no way back",
                      "[rollback] reverse = yes, before the cutover, makes one; or let it alert",
                      EXIT_CHECKS_FAILED);
    if (rolls_back && is_lost)
        return refuse(
            fault, "on_trip or on_lag is rollback, but there is no way back",
            "green is not replicated to blue: what was written since the cutover would be "
            "lost; let it alert",
            EXIT_CHECKS_FAILED);
    return true;
}

static bool confirm(struct guarding *guarding, struct fault *fault)
{
    const struct config *config = guarding->procedure.config;

    if (!guard_acts_on(guarding, config->guard.on_trip) &&
        !guard_acts_on(guarding, config->guard.on_lag))
        return true;
    return procedure_confirm(&guarding->procedure,
                             "move the clients back to blue by itself when the guard trips", fault);
}

static bool set_up(struct guarding *guarding, struct fault *fault)
{
    return has_run(guarding, fault) && has_use(guarding, fault) && confirm(guarding, fault) &&
           guard_file_lock(guarding->procedure.directory, &guarding->lock, fault) &&
           guard_watch_open(guarding, fault);
}

static void say_begin(struct guarding *guarding)
{
    const struct config *config = guarding->procedure.config;
    bool on_trip = guard_acts_on(guarding, config->guard.on_trip);
    bool on_lag = guard_acts_on(guarding, config->guard.on_lag);
    struct text kept = {0};
    size_t i;

    for (i = 0; i < guarding->count; i++) {
        struct guard_tally total = guard_baseline_total(&guarding->watched[i].baseline);

        if (total.runs)
            text_add(&kept, "; baseline of %s: %lld of %lld runs failed",
                     guarding->watched[i].config->name, (long long) total.errors,
                     (long long) total.runs);
    }
    guard_sayf(guarding, "began", "%zu probe%s; %s%s", guarding->count,
               guarding->count == 1 ? "" : "s",
               on_trip && on_lag ? "what trips is rolled back"
               : on_trip         ? "a probe that trips is rolled back, the lag is alerted"
               : on_lag          ? "a probe that trips is alerted, the lag is rolled back"
                                 : "what trips is only alerted",
               text_string(&kept));
    text_free(&kept);
}

static void keep(struct guarding *guarding)
{
    struct fault fault;

    if (!guarding->is_dirty || guard_now(guarding) < guarding->write_ns)
        return;
    guarding->write_ns = guard_now(guarding) + WRITE_NS;
    if (guard_watch_keep(guarding, &fault))
        guarding->is_kept_not = false;
    else
        guard_cannot_keep(guarding, &fault);
}

static void wait(struct guarding *guarding)
{
    struct driver *driver = guarding->procedure.driver;
    int64_t until = guarding->look_ns, due = guard_watch_until_ns(guarding);

    driver->wait(driver, guarding->rollback || due > until ? until : due);
}

/* What was begun to be told is told. */
static void drain(struct guarding *guarding)
{
    struct driver *driver = guarding->procedure.driver;

    loop_forget_interrupt(guarding->procedure.loop);
    while (guarding->alerts && !procedure_is_interrupted(&guarding->procedure)) {
        driver->wait(driver, guard_now(guarding) + NS_PER_S);
        guard_alerts_poll(guarding);
        guard_say_poll(guarding);
    }
}

static void turn(struct guarding *guarding)
{
    if (guard_now(guarding) >= guarding->look_ns) {
        guarding->look_ns = guard_now(guarding) + LOOK_NS;
        if (!guarding->rollback)
            guard_look(guarding);
    }
    if (guarding->rollback)
        guard_rollback_poll(guarding);
    else
        guard_watch_poll(guarding);
    guard_alerts_poll(guarding);
    keep(guarding);
    guard_say_poll(guarding);
    guard_draw(guarding);
}

static enum exit_code run(struct guarding *guarding)
{
    struct fault fault;

    guard_say_begin(guarding);
    say_begin(guarding);
    guard_look(guarding);
    while (!guarding->has_ended &&
           (guarding->rollback || !procedure_is_interrupted(&guarding->procedure))) {
        turn(guarding);
        if (!guarding->has_ended)
            wait(guarding);
    }
    if (!guarding->has_ended) {
        guarding->code = EXIT_TRANSIENT;
        guard_sayf(guarding, "stopped",
                   "the operator or the system asked the guard to stop; a "
                   "repeat goes on with its baselines");
    }
    drain(guarding);
    if (guarding->is_dirty && !guard_watch_keep(guarding, &fault) && !guarding->is_kept_not)
        guard_fault(guarding, &fault);
    guard_say_end(guarding);
    return guarding->code;
}

enum exit_code command_guard(const struct options *options)
{
    struct guarding guarding = {.lock = -1};
    struct fault fault = {0};
    enum exit_code code;

    if (!procedure_open(options, PROCEDURE_LOOK, &guarding.procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    code = set_up(&guarding, &fault) ? run(&guarding) : command_fault(&fault, EXIT_FAILED);
    if (guarding.doors.host)
        guard_alerts_close(&guarding);
    rerun_free(guarding.rollback);
    guard_watch_close(&guarding);
    if (guarding.lock >= 0)
        close(guarding.lock);
    procedure_close(&guarding.procedure);
    return code;
}
