#include "spans.h"

#include "../base/text.h"
#include "../engine/samples.h"

#include <stdlib.h>
#include <string.h>

struct spans {
    struct samples *samples;  /* NULL: not opened yet, or it cannot be */
    struct span_sample *list; /* what is not written yet; its texts are the plan's */
    size_t count;
    bool is_lost; /* it could not be written once: what there would be is not whole */
};

/* The end of a row, NULL: another event. */
static const char *end_of(const struct event *event)
{
    switch (event->kind) {
    case EVENT_ROW_DONE:
    case EVENT_SWITCHED:
        return "done";
    case EVENT_ROW_FAILED:
        return "failed";
    case EVENT_UNDONE:
        return "undone";
    case EVENT_UNDO_FAILED:
        return "undo_failed";
    default:
        return NULL;
    }
}

static void keep(struct procedure *procedure, const struct event *event, const char *state)
{
    struct spans *spans = procedure->spans;
    int64_t now_us = procedure->driver->wall_us(procedure->driver);

    spans->list = memory_grow(spans->list, (spans->count + 1) * sizeof(*spans->list));
    spans->list[spans->count++] =
        (struct span_sample){.plan = event->plan->id,
                             .step = event->row->step->id,
                             .state = state,
                             .side = side_name(event->side),
                             .began_us = now_us - event->elapsed_ns / 1000,
                             .ended_us = now_us,
                             .is_pause = (event->row->flags & ROW_PAUSE) != 0};
}

static void write_all(struct procedure *procedure)
{
    struct spans *spans = procedure->spans;
    struct fault fault;

    if (spans->count && !spans->samples && !spans->is_lost)
        spans->is_lost =
            !samples_open(procedure->directory, SAMPLES_WRITE, &spans->samples, &fault);
    if (spans->count && !spans->is_lost)
        spans->is_lost = !samples_add_spans(spans->samples, spans->list, spans->count, &fault);
    spans->count = 0;
}

/* Rows of the pause that are undone are told as such while clients are held still. */
void spans_note(struct procedure *procedure, const struct event *event)
{
    const char *state = end_of(event);

    if (procedure->lock < 0 || !procedure->directory || !event->row)
        return;
    if (!procedure->spans)
        procedure->spans = memory_new(sizeof(*procedure->spans));
    if (state)
        keep(procedure, event, state);
    else if (event->kind == EVENT_ROW_STARTED && !(event->row->flags & ROW_PAUSE))
        write_all(procedure);
}

void spans_end(struct procedure *procedure)
{
    struct spans *spans = procedure->spans;

    if (!spans)
        return;
    write_all(procedure);
    samples_close(spans->samples);
    free(spans->list);
    free(spans);
    procedure->spans = NULL;
}
