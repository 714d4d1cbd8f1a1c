/* The guard's probes and the lag of the way back: when they run, and what is made of them. */
#include "guarding.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The baseline is of so many windows at least, as long as there was time for them. */
#define BASELINE_WINDOWS 12

static bool add_probes(struct guarding *guarding)
{
    const struct config *config = guarding->procedure.config;
    size_t i;

    guarding->watched = memory_new((config->probe_count + 1) * sizeof(*guarding->watched));
    guarding->count = config->probe_count;
    for (i = 0; i < config->probe_count; i++) {
        guarding->watched[i].config = &config->probes[i];
        guarding->watched[i].probe = guard_probe_new(&config->probes[i], &guarding->doors);
        guard_file_key(&config->probes[i], guarding->watched[i].key);
    }
    return true;
}

static struct guard_kept *make_kept(struct guarding *guarding)
{
    struct guard_kept *kept = memory_new((guarding->count + 1) * sizeof(*kept));
    size_t i;

    for (i = 0; i < guarding->count; i++) {
        struct watched *watched = &guarding->watched[i];

        kept[i].name = watched->config->name;
        memcpy(kept[i].key, watched->key, sizeof(kept[i].key));
        kept[i].baseline = &watched->baseline;
    }
    return kept;
}

bool guard_watch_open(struct guarding *guarding, struct fault *fault)
{
    struct procedure *procedure = &guarding->procedure;
    const struct config *config = procedure->config;
    struct world *world = procedure->world;
    struct guard_kept *kept;
    size_t i;

    guarding->limits =
        (struct guard_limits){.errors = config->guard.errors,
                              .errors_for_ns = config->guard.errors_for_ms * NS_PER_MS,
                              .lag_ns = config->guard.lag_ms * NS_PER_MS,
                              .lag_for_ns = config->guard.lag_for_ms * NS_PER_MS};
    guarding->doors = (struct guard_doors){.driver = procedure->driver,
                                           .sessions = procedure->sessions,
                                           .host = host_new(procedure->loop, "this host", NULL)};
    if (!http_new(procedure->loop, &guarding->doors.http, fault))
        return false;
    add_probes(guarding);
    guarding->reverse =
        guard_reverse_new(&guarding->doors, config->green.conninfo, world->application_name);
    for (i = 0; i < world->database_count; i++)
        if (world->databases[i].replicate)
            guard_reverse_add(guarding->reverse, world->databases[i].slot);
    kept = make_kept(guarding);
    guard_file_read(procedure->directory, kept, guarding->count);
    free(kept);
    return true;
}

void guard_watch_close(struct guarding *guarding)
{
    size_t i;

    for (i = 0; i < guarding->count; i++)
        guard_probe_free(guarding->watched[i].probe);
    free(guarding->watched);
    guard_reverse_free(guarding->reverse);
    http_free(guarding->doors.http);
    host_free(guarding->doors.host);
}

bool guard_watch_keep(struct guarding *guarding, struct fault *fault)
{
    struct guard_kept *kept = make_kept(guarding);
    bool good = guard_file_write(guarding->procedure.directory, kept, guarding->count, fault);

    guarding->is_dirty = !good;
    free(kept);
    return good;
}

void guard_watch_stop(struct guarding *guarding)
{
    size_t i;

    for (i = 0; i < guarding->count; i++) {
        guard_probe_stop(guarding->watched[i].probe);
        guard_errors_end(&guarding->watched[i].errors);
    }
    guard_reverse_stop(guarding->reverse);
    guard_lag_end(&guarding->lag);
    guarding->has_sample = false;
}

void guard_watch_turn(struct guarding *guarding)
{
    size_t i;

    guard_watch_stop(guarding);
    if (guarding->place != GUARD_ON_GREEN)
        return;
    for (i = 0; i < guarding->count; i++)
        guard_errors_begin(&guarding->watched[i].errors, &guarding->limits,
                           guarding->watched[i].config->interval_ms * NS_PER_MS,
                           guard_now(guarding));
}

static int64_t runs_to_keep(const struct guarding *guarding, const struct watched *watched)
{
    return BASELINE_WINDOWS * guarding->limits.errors_for_ns /
           (watched->config->interval_ms * NS_PER_MS);
}

/* A run has ended. Nobody knew meanwhile that clients were being moved: the journal is asked again
   before it counts. */
static void take_run(struct guarding *guarding, struct watched *watched, bool good,
                     const struct fault *fault)
{
    guard_look(guarding);
    if (watched->generation != guarding->generation)
        return;
    if (!good)
        watched->last = *fault;
    if (guarding->place == GUARD_ON_BLUE) {
        guard_baseline_add(&watched->baseline, good, runs_to_keep(guarding, watched));
        guarding->is_dirty = true;
    } else if (guarding->place == GUARD_ON_GREEN) {
        guard_errors_add(&watched->errors, good, guard_now(guarding));
    }
}

static bool is_settled(const struct guarding *guarding)
{
    return guarding->place == GUARD_ON_BLUE || guarding->place == GUARD_ON_GREEN;
}

static void poll_probe(struct guarding *guarding, struct watched *watched)
{
    struct fault fault;
    bool good;

    if (guard_probe_poll(watched->probe, &good, &fault))
        take_run(guarding, watched, good, &fault);
    if (!is_settled(guarding) || guard_probe_runs(watched->probe) ||
        guard_now(guarding) < watched->due_ns)
        return;
    watched->due_ns = guard_now(guarding) + watched->config->interval_ms * NS_PER_MS;
    watched->generation = guarding->generation;
    guard_probe_start(watched->probe);
}

static void poll_lag(struct guarding *guarding)
{
    struct guard_sample sample;

    if (guarding->place != GUARD_ON_GREEN || !guarding->has_way_back ||
        !guard_reverse_poll(guarding->reverse, &sample))
        return;
    guard_look(guarding);
    if (guarding->place != GUARD_ON_GREEN)
        return;
    guarding->sample = sample;
    guarding->has_sample = true;
    guard_change(guarding, NULL,
                 guard_lag_judge(&guarding->lag, &guarding->limits, sample.is_known, sample.lag_ns,
                                 guard_now(guarding)));
}

void guard_watch_poll(struct guarding *guarding)
{
    size_t i;

    for (i = 0; i < guarding->count && !guarding->rollback && !guarding->has_ended; i++)
        poll_probe(guarding, &guarding->watched[i]);
    for (i = 0; i < guarding->count && !guarding->rollback && !guarding->has_ended; i++) {
        struct watched *watched = &guarding->watched[i];

        guard_change(guarding, watched,
                     guard_errors_judge(&watched->errors, &guarding->limits, &watched->baseline,
                                        guard_now(guarding), &watched->evidence));
    }
    if (!guarding->rollback && !guarding->has_ended)
        poll_lag(guarding);
}

int64_t guard_watch_until_ns(const struct guarding *guarding)
{
    int64_t until = INT64_MAX, due;
    size_t i;

    for (i = 0; is_settled(guarding) && i < guarding->count; i++) {
        due = guarding->watched[i].due_ns;
        if (!guard_probe_runs(guarding->watched[i].probe) && due < until)
            until = due;
    }
    due = guard_reverse_until_ns(guarding->reverse);
    if (guarding->place == GUARD_ON_GREEN && guarding->has_way_back && due < until)
        until = due;
    return until;
}
