#include "sampling.h"

#include "watching.h"

#include "../base/text.h"
#include "../engine/samples.h"

#include <stdlib.h>
#include <string.h>

/* Written a handful at a time. */
#define WRITE_NS (10 * NS_PER_S)

struct sampling {
    struct companion companion; /* first */
    struct procedure *procedure;
    struct watching watching;
    struct watch_source *source;
    struct samples *samples; /* NULL: not opened yet */
    struct lag_sample *list; /* what is not written yet; the slots' names are its own */
    size_t count;
    int64_t ticks;    /* of the last sample */
    int64_t write_ns; /* when it is written next */
    bool is_lost;     /* it could not be written once */
};

static int64_t now_ns(const struct sampling *sampling)
{
    return sampling->procedure->driver->now_ns(sampling->procedure->driver);
}

static int64_t known(int64_t value)
{
    return value == WATCH_UNKNOWN ? -1 : value;
}

static void forget(struct sampling *sampling)
{
    size_t i;

    for (i = 0; i < sampling->count; i++)
        free((char *) (uintptr_t) sampling->list[i].slot);
    sampling->count = 0;
}

static void write_all(struct sampling *sampling)
{
    struct fault fault;

    if (sampling->count && !sampling->samples && !sampling->is_lost)
        sampling->is_lost = !samples_open(sampling->procedure->directory, SAMPLES_WRITE,
                                          &sampling->samples, &fault);
    if (sampling->count && !sampling->is_lost)
        sampling->is_lost =
            !samples_add_lags(sampling->samples, sampling->list, sampling->count, &fault);
    forget(sampling);
    sampling->write_ns = now_ns(sampling) + WRITE_NS;
}

/* Once an interval; of a server that was not measured there is nothing, which is a gap. */
static void take(struct sampling *sampling)
{
    const struct watch_server *server = watch_source_server(sampling->source);
    size_t i;

    if (server->now.ticks == sampling->ticks)
        return;
    sampling->ticks = server->now.ticks;
    for (i = 0; server->now.state == WATCH_MEASURED && i < server->slot_count; i++) {
        const struct watch_slot *slot = &server->slots[i];

        if (!watch_slot_is_ours(slot) || !slot->now.is_there)
            continue;
        sampling->list =
            memory_grow(sampling->list, (sampling->count + 1) * sizeof(*sampling->list));
        sampling->list[sampling->count++] =
            (struct lag_sample){.side = server->name,
                                .slot = memory_copy(slot->name),
                                .at_us = sampling->watching.model->now_us,
                                .mono_ns = now_ns(sampling),
                                .behind = known(slot->now.behind),
                                .lag_us = known(slot->now.lag_us)};
    }
}

static int64_t poll(struct companion *companion, enum companion_time time)
{
    struct sampling *sampling = (struct sampling *) companion;
    struct driver *driver = sampling->procedure->driver;

    if (time == COMPANION_HELD)
        return INT64_MAX;
    sampling->watching.model->now_us = driver->wall_us(driver);
    watch_source_poll(sampling->source);
    take(sampling);
    if (now_ns(sampling) >= sampling->write_ns)
        write_all(sampling);
    return watch_source_until_ns(sampling->source);
}

struct sampling *sampling_begin(struct procedure *procedure, struct runner *runner,
                                const char *from)
{
    const struct config *config = procedure->config;
    bool is_blue = runner->plan->from == SIDE_BLUE;
    struct sampling *sampling = memory_new(sizeof(*sampling));
    struct text name = {0};

    sampling->procedure = procedure;
    sampling->watching = (struct watching){.loop = procedure->loop,
                                           .driver = procedure->driver,
                                           .sessions = procedure->sessions,
                                           .model = watch_new(1000),
                                           .interval_ns = NS_PER_S};
    watch_cluster(sampling->watching.model, config->cluster_name);
    sampling->source =
        watch_server_source(&sampling->watching, 0, is_blue ? "blue" : "green",
                            is_blue ? config->blue.conninfo : config->green.conninfo);
    /* a fence spares who only watches */
    text_add(&name, "%s watch", procedure->world->application_name);
    watch_source_rename(sampling->source, text_string(&name));
    text_free(&name);
    sampling->write_ns = now_ns(sampling) + WRITE_NS;
    sampling->companion = (struct companion){.from = from, .poll = poll, .next = runner->companion};
    runner->companion = &sampling->companion;
    return sampling;
}

void sampling_end(struct sampling *sampling)
{
    if (!sampling)
        return;
    write_all(sampling);
    samples_close(sampling->samples);
    watch_source_free(sampling->source);
    watch_free(sampling->watching.model);
    free(sampling->list);
    free(sampling);
}
