/* Where clients are, by the journal of the run: read anew each time, for others write it. */
#include "guarding.h"

#include "../base/text.h"
#include "../plans/plans.h"
#include "leg.h"

/* A journal that cannot be read for so long is a defect that does not cure itself. */
#define UNREAD_NS (10 * NS_PER_S)

static const char *why_over(const struct procedure *seen)
{
    const char *finish = journal_get(seen->journal, "finish.state");
    const char *prepare = journal_get(seen->journal, "prepare.state");

    if (string_equal(finish, "done"))
        return "finish has closed the way back";
    if (finish)
        return "finish has begun";
    if (string_equal(prepare, "undone"))
        return "the run was aborted";
    if (string_equal(prepare, "undoing"))
        return "abort has begun";
    return NULL;
}

static enum guard_place place_of(const struct procedure *seen)
{
    if (leg_phase(seen) != LEG_IDLE)
        return GUARD_MOVING;
    return leg_side(seen) == SIDE_GREEN ? GUARD_ON_GREEN : GUARD_ON_BLUE;
}

/* What is not judged as one would think. */
static void add_doubts(struct text *out, const struct guarding *guarding)
{
    size_t i;

    for (i = 0; i < guarding->count; i++) {
        const struct watched *watched = &guarding->watched[i];
        struct guard_tally total = guard_baseline_total(&watched->baseline);

        if (!guard_errors_can_trip(&watched->baseline, &guarding->limits))
            text_add(out, "; probe %s cannot trip: %lld of %lld runs failed on blue",
                     watched->config->name, (long long) total.errors, (long long) total.runs);
        else if (total.runs < GUARD_BASELINE_MIN)
            text_add(out,
                     "; probe %s has no baseline (%lld of %d runs): it is no reason to roll "
                     "back",
                     watched->config->name, (long long) total.runs, GUARD_BASELINE_MIN);
    }
}

static void say_green(struct guarding *guarding)
{
    struct text doubts = {0};

    add_doubts(&doubts, guarding);
    guard_sayf(guarding, "green", "clients are on green: the guard judges%s%s",
               guarding->has_way_back ? "" : "; there is no way back, whose lag would count",
               text_string(&doubts));
    text_free(&doubts);
}

static void say_place(struct guarding *guarding)
{
    switch (guarding->place) {
    case GUARD_ON_BLUE:
        guard_sayf(guarding, "blue", "clients are on blue: the baseline is being measured");
        break;
    case GUARD_ON_GREEN:
        say_green(guarding);
        break;
    case GUARD_MOVING:
        guard_sayf(guarding, "moving", "clients are being moved: nothing counts until that ends");
        break;
    case GUARD_UNKNOWN:
    case GUARD_OVER:
        break;
    }
}

static void end(struct guarding *guarding, enum exit_code code, const char *event, const char *text)
{
    guard_sayf(guarding, "ended", "%s", text);
    if (event)
        guard_alert(guarding, event, text);
    guarding->has_ended = true;
    guarding->code = code;
}

/* With clients on green by now: what was demanded cannot be done. */
static bool lacks_way_back(struct guarding *guarding)
{
    struct fault fault;

    if (guarding->place != GUARD_ON_GREEN || guarding->has_way_back ||
        !(guard_acts_on(guarding, guarding->procedure.config->guard.on_trip) ||
          guard_acts_on(guarding, guarding->procedure.config->guard.on_lag)))
        return false;
    fault_set(&fault, "guarding", guarding->procedure.config->cluster_name, NULL,
              "there is no way back: green is not replicated to blue");
    fault_hint(&fault,
               "a rollback would lose what was written since the cutover; [guard] on_trip = "
               "alert and on_lag = alert only alert");
    guard_fault(guarding, &fault);
    end(guarding, EXIT_CHECKS_FAILED, "blind",
        "there is no way back: green is not replicated to blue; the guard could not roll back, and "
        "has ended");
    return true;
}

/* Alerted when others have only begun: what they do may fail, and nobody guards meanwhile. */
static void end_over(struct guarding *guarding)
{
    struct text text = {0};

    text_add(&text, "%s: there is nothing left to guard", guarding->over);
    end(guarding, EXIT_DONE, guarding->is_closing ? "ended" : NULL, text_string(&text));
    text_free(&text);
}

static void go_to(struct guarding *guarding, enum guard_place place)
{
    if (place == guarding->place)
        return;
    guarding->place = place;
    guarding->generation++;
    guard_watch_turn(guarding);
    if (place == GUARD_OVER) {
        end_over(guarding);
        return;
    }
    if (lacks_way_back(guarding))
        return;
    if (place == GUARD_ON_BLUE && guarding->was_on_green) {
        end(guarding, EXIT_DONE, NULL, "somebody has moved the clients back to blue");
        return;
    }
    guarding->was_on_green = guarding->was_on_green || place == GUARD_ON_GREEN;
    say_place(guarding);
}

void guard_cannot_keep(struct guarding *guarding, const struct fault *fault)
{
    struct text text = {0};
    bool is_new = !guarding->is_kept_not;

    guarding->is_kept_not = true;
    if (guarding->place == GUARD_ON_BLUE) {
        guard_fault(guarding, fault);
        text_add(&text, "the baseline cannot be kept: %s; the guard has ended", fault->cause);
        end(guarding, EXIT_FAILED, "blind", text_string(&text));
        text_free(&text);
    } else if (is_new) {
        guard_sayf(guarding, "not_kept", "the baseline cannot be kept, and is in memory only: %s",
                   fault->cause);
    }
}

/* --- what moves clients and does not end --------------------------------------------------------
 */

static void tell_stuck(struct guarding *guarding, const struct procedure *seen)
{
    struct text text = {0};

    text_add(&text,
             "clients are %s, but what %s has not ended: nothing is judged; \"pgcutover "
             "recover --execute\"",
             leg_side(seen) == SIDE_GREEN ? "on green" : "on blue",
             leg_phase(seen) == LEG_FORWARD ? "moved them" : "was to move them");
    guard_sayf(guarding, "blind", "%s", text_string(&text));
    guard_alert(guarding, "blind", text_string(&text));
    text_free(&text);
}

/* A move may wait for a quiet moment, then has its budget. Behind its switch clients may be at work
   already, and nobody judges what they see. */
static void watch_move(struct guarding *guarding, const struct procedure *seen)
{
    const struct config *config = guarding->procedure.config;
    int64_t now_ns = guard_now(guarding), patience_ns = guarding->limits.errors_for_ns;

    if (guarding->place != GUARD_MOVING) {
        guarding->moving_ns = guarding->switched_ns = 0;
        guarding->is_stuck = false;
        return;
    }
    if (guarding->moving_ns == 0)
        guarding->moving_ns = now_ns;
    if (leg_phase(seen) != LEG_FORWARD)
        guarding->switched_ns = 0;
    else if (guarding->switched_ns == 0)
        guarding->switched_ns = now_ns;
    if (guarding->is_stuck)
        return;
    if ((guarding->switched_ns && now_ns - guarding->switched_ns >= patience_ns) ||
        now_ns - guarding->moving_ns >=
            (config->quiet_wait_ms + config->pause_budget_ms) * NS_PER_MS + patience_ns) {
        guarding->is_stuck = true;
        tell_stuck(guarding, seen);
    }
}

static void cannot_read(struct guarding *guarding, const struct fault *fault)
{
    int64_t now_ns = guard_now(guarding);

    if (guarding->unread_ns == 0)
        guarding->unread_ns = now_ns;
    go_to(guarding, GUARD_UNKNOWN);
    if (now_ns - guarding->unread_ns < UNREAD_NS)
        return;
    guard_fault(guarding, fault);
    end(guarding, EXIT_FAILED, "blind",
        "the guard cannot read the journal of the run, and has ended");
}

void guard_look(struct guarding *guarding)
{
    struct procedure seen = {.directory = guarding->procedure.directory};
    struct fault fault;

    if (guarding->has_ended)
        return;
    if (!journal_open(seen.directory, JOURNAL_READ, &seen.journal, &fault)) {
        cannot_read(guarding, &fault);
        return;
    }
    guarding->unread_ns = 0;
    guarding->over = why_over(&seen);
    guarding->is_closing = guarding->over && !journal_has(seen.journal, "finish.state", "done") &&
                           !journal_has(seen.journal, "prepare.state", "undone");
    guarding->has_way_back = journal_get(seen.journal, "way_back") != NULL;
    go_to(guarding, guarding->over ? GUARD_OVER : place_of(&seen));
    if (!guarding->has_ended)
        watch_move(guarding, &seen);
    journal_close(seen.journal);
}
