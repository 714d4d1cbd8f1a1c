#include "report_html_states.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

struct change {
    int64_t at_us;
    const char *writer;      /* blue, green, nobody; NULL: as before */
    enum server_state green; /* what it is while it does not take writes; with `sets_green` */
    enum server_state blue;
    bool sets_green, sets_blue;
    size_t order;
};

const char *state_words(enum server_state state)
{
    static const char *const words[] = {
        [SERVER_ABSENT] = "not there", [SERVER_MADE] = "being made",  [SERVER_FOLLOWS] = "follows",
        [SERVER_CLOSED] = "closed",    [SERVER_WRITES] = "may write",
    };

    return words[state];
}

const char *state_class(enum server_state state)
{
    static const char *const classes[] = {
        [SERVER_ABSENT] = "absent", [SERVER_MADE] = "made",     [SERVER_FOLLOWS] = "follows",
        [SERVER_CLOSED] = "closed", [SERVER_WRITES] = "writes",
    };

    return classes[state];
}

int64_t step_end(const struct report *report, const struct report_step *step)
{
    if (step->ended_us != REPORT_UNKNOWN)
        return step->ended_us;
    if (string_equal(step->state, "begun") && report->made_us != REPORT_UNKNOWN &&
        report->made_us > step->began_us)
        return report->made_us;
    return step->began_us;
}

bool report_bounds(const struct report *report, int64_t *ret_from_us, int64_t *ret_to_us)
{
    int64_t from_us = INT64_MAX, to_us = INT64_MIN;
    size_t i;

    for (i = 0; i < report->step_count; i++) {
        const struct report_step *step = &report->steps[i];

        if (step->began_us == REPORT_UNKNOWN)
            continue;
        if (step->began_us < from_us)
            from_us = step->began_us;
        if (step_end(report, step) > to_us)
            to_us = step_end(report, step);
    }
    if (from_us > to_us)
        return false;
    *ret_from_us = from_us;
    *ret_to_us = to_us;
    return true;
}

static bool is_step(const struct report_step *step, const char *plan, const char *name)
{
    return string_equal(step->plan, plan) && string_equal(step->step, name);
}

static struct change *add(struct change *changes, size_t *count, int64_t at_us)
{
    struct change *change = &changes[*count];

    *change = (struct change){.at_us = at_us, .order = (*count)++};
    return change;
}

static void set_green(struct change *change, enum server_state state)
{
    change->green = state;
    change->sets_green = true;
}

/* What a step changes: at most one thing when it begins, and one when it ends. */
static void add_changes(const struct report *report, const struct report_step *step,
                        struct change *changes, size_t *count)
{
    bool is_done = string_equal(step->state, "done");
    bool is_undone = string_equal(step->state, "undone");
    struct change *end;

    if (step->began_us == REPORT_UNKNOWN)
        return;
    if (is_step(step, "prepare", "clone") && !is_undone)
        set_green(add(changes, count, step->began_us), SERVER_MADE);
    if (string_equal(step->plan, "prepare") && is_undone)
        set_green(add(changes, count, step->began_us), SERVER_ABSENT);
    if (!is_done && !is_undone)
        return;
    end = add(changes, count, step_end(report, step));
    end->writer = step->side;
    if (is_done && is_step(step, "prepare", "enable"))
        set_green(end, SERVER_FOLLOWS);
    if (is_done && is_step(step, "rollback", "turn"))
        set_green(end, SERVER_FOLLOWS);
    if (is_done && is_step(step, "cutover", "turn")) {
        end->blue = SERVER_FOLLOWS;
        end->sets_blue = true;
    }
    if (is_done && string_equal(step->step, "drop_subscriptions")) {
        set_green(end, SERVER_CLOSED);
        end->blue = SERVER_CLOSED;
        end->sets_blue = true;
    }
}

static int compare(const void *a, const void *b)
{
    const struct change *one = a, *other = b;

    if (one->at_us != other->at_us)
        return one->at_us < other->at_us ? -1 : 1;
    return one->order < other->order ? -1 : 1;
}

struct now {
    const char *writer;
    enum server_state blue, green; /* while the other may write */
};

static void take(struct now *now, const struct change *change)
{
    if (change->sets_green)
        now->green = change->green;
    if (change->sets_blue)
        now->blue = change->blue;
    if (!change->writer || string_equal(change->writer, now->writer))
        return;
    if (string_equal(change->writer, "green") || string_equal(now->writer, "green"))
        now->blue = SERVER_CLOSED;
    if (string_equal(change->writer, "green"))
        now->green = SERVER_CLOSED; /* what it is when clients leave it again */
    now->writer = change->writer;
}

static enum server_state state_now(const struct now *now, const char *side)
{
    if (string_equal(now->writer, side))
        return SERVER_WRITES;
    return string_equal(side, "blue") ? now->blue : now->green;
}

static void add_span(struct states *states, int64_t from_us, int64_t to_us, enum server_state state)
{
    struct state_span *last = states->count ? &states->list[states->count - 1] : NULL;

    if (last && last->state == state) {
        last->to_us = to_us;
        return;
    }
    if (last && last->to_us == last->from_us)
        states->count--;
    states->list[states->count++] = (struct state_span){from_us, to_us, state};
}

void states_of(struct report *report, const char *side, struct states *ret_states)
{
    struct now now = {"blue", SERVER_CLOSED, SERVER_ABSENT};
    struct change *changes;
    int64_t from_us, to_us;
    size_t count = 0, i;

    *ret_states = (struct states){0};
    if (!report_bounds(report, &from_us, &to_us))
        return;
    changes = arena_take(report->arena, (report->step_count * 2 + 1) * sizeof(*changes));
    for (i = 0; i < report->step_count; i++)
        add_changes(report, &report->steps[i], changes, &count);
    qsort(changes, count, sizeof(*changes), compare);
    ret_states->list = arena_take(report->arena, (count + 1) * sizeof(*ret_states->list));
    for (i = 0; i < count; i++) {
        if (changes[i].at_us > from_us)
            add_span(ret_states, from_us, changes[i].at_us, state_now(&now, side));
        from_us = changes[i].at_us > from_us ? changes[i].at_us : from_us;
        take(&now, &changes[i]);
    }
    if (to_us > from_us || ret_states->count == 0)
        add_span(ret_states, from_us, to_us, state_now(&now, side));
}
