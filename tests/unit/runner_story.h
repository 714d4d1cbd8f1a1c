/*
 * runner_story.h: plans whose steps tell what happened, in order, on a clock of their own.
 */
#ifndef PGCUTOVER_TESTS_UNIT_RUNNER_STORY_H
#define PGCUTOVER_TESTS_UNIT_RUNNER_STORY_H

#include "cutover/base/text.h"
#include "cutover/engine/runner.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct fake {
    struct driver driver;
    int64_t now;
    bool interrupted;
};

static inline int64_t fake_now(struct driver *driver)
{
    return ((struct fake *) driver)->now;
}

static inline int64_t fake_wall(struct driver *driver)
{
    return ((struct fake *) driver)->now / 1000;
}

static inline void fake_wait(struct driver *driver, int64_t until)
{
    struct fake *fake = (struct fake *) driver;

    fake->now = until > fake->now ? until : fake->now + 1;
}

static inline bool fake_interrupted(struct driver *driver)
{
    return ((struct fake *) driver)->interrupted;
}

/* The world of these tests: what happened, in order, and which step misbehaves how. */
struct story {
    char text[512];
    const char *fails, *hangs, *undo_fails, *undo_fails_too, *undo_hangs, *interrupts;
    const char *undo_lasts; /* of this step, so long: begun anew in every round */
    int64_t undo_lasts_ns;
    int64_t hold_undone_ns, fence_undone_ns;
    int undo_failures;
    int told;  /* failures of undo that people were told of */
    int turns; /* how often `slow` was polled */
    /* of what watches: beats, the longest time without one, and how often the pause was told */
    int64_t beaten_ns, silent_ns;
    int beats, begun, ended;
    struct companion *companion;
    struct journal *journal; /* NULL: one that nobody reads */
};

static struct fake fake;

static inline void tell(struct story *story, const char *format, const char *id)
{
    size_t length = strlen(story->text);

    snprintf(story->text + length, sizeof(story->text) - length, format, id);
}

static inline enum step_verdict run(struct step_io *io, void *memory, const struct step_type *step)
{
    struct story *story = io->world;

    (void) memory;
    if (string_equal(story->hangs, step->id)) {
        step_waits_for(io, "nothing that will come");
        return STEP_WAIT;
    }
    if (string_equal(story->interrupts, step->id))
        fake.interrupted = true;
    if (string_equal(step->id, "slow") && story->turns++ < 3)
        return STEP_WAIT;
    tell(story, "%s ", step->id);
    if (!string_equal(story->fails, step->id))
        return STEP_DONE;
    fault_set(&io->fault, "failing", NULL, NULL, "on purpose");
    return STEP_FAILED;
}

static inline enum step_verdict undo(struct step_io *io, void *memory, const struct step_type *step)
{
    struct story *story = io->world;
    int64_t *begun_ns = memory;

    if (!*begun_ns)
        *begun_ns = fake.now;
    if (string_equal(story->undo_lasts, step->id) && fake.now - *begun_ns < story->undo_lasts_ns) {
        step_nap(io, 10);
        return STEP_WAIT;
    }
    if ((string_equal(story->undo_fails, step->id) ||
         string_equal(story->undo_fails_too, step->id)) &&
        story->undo_failures-- > 0) {
        fault_set(&io->fault, "undoing", NULL, NULL, "not now");
        return STEP_FAILED;
    }
    if (string_equal(story->undo_hangs, step->id))
        return STEP_WAIT;
    if (string_equal(step->id, "hold"))
        story->hold_undone_ns = fake.now;
    if (string_equal(step->id, "fence"))
        story->fence_undone_ns = fake.now;
    tell(story, "-%s ", step->id);
    return STEP_DONE;
}

#define STEP(name)                                                                                 \
    {                                                                                              \
        .id = name, .title = name, .undo_note = "undone", .deadline_ms = 1000, .memory_size = 8,   \
        .run = run, .undo = undo                                                                   \
    }
static inline void beat(void *context)
{
    struct story *story = context;

    if (story->beats++ && fake.now - story->beaten_ns > story->silent_ns)
        story->silent_ns = fake.now - story->beaten_ns;
    story->beaten_ns = fake.now;
}

static inline void note_pause(void *context, bool begins)
{
    struct story *story = context;

    story->begun += begins;
    story->ended += !begins;
}

static inline void count_told(void *sink, const struct event *event)
{
    ((struct story *) sink)->told += event->kind == EVENT_UNDO_FAILED;
}

static inline enum run_result play_plan(const struct plan *played, struct story *story,
                                        struct runner *ret_runner)
{
    struct runner runner = {.plan = played,
                            .world = story,
                            .journal = story->journal ? story->journal : journal_scratch(),
                            .driver = &fake.driver,
                            .pause_budget_ms = 500,
                            .undo_budget_ms = 2000,
                            .report = count_told,
                            .sink = story,
                            .turn = beat,
                            .pause = note_pause,
                            .turn_context = story,
                            .companion = story->companion,
                            .side = played->from};
    enum run_result result;

    fake = (struct fake){{fake_now, fake_wall, fake_wait, fake_interrupted}, NS_PER_S, false};
    result = runner_run(&runner, 0);
    *ret_runner = runner;
    return result;
}

#endif
