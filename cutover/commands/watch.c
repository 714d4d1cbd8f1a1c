/*
 * watch: lag and state of any number of clusters, live; it only reads.
 */
#include "watching.h"

#include "../base/text.h"
#include "../steps/quiet.h"

#include <stdlib.h>
#include <string.h>

#define RUN_NS NS_PER_S
#define INTERVAL_MIN_MS 200
#define INTERVAL_MAX_MS 60000

static int64_t now_ns(const struct watching *watching)
{
    return watching->driver->now_ns(watching->driver);
}

/* --- setting up ------------------------------------------------------------------------------- */

static bool take_interval(struct watching *watching, struct fault *fault)
{
    const char *given = watching->options->watch.interval;
    int64_t ms = 1000;

    if (given &&
        (!config_parse_duration(given, &ms) || ms < INTERVAL_MIN_MS || ms > INTERVAL_MAX_MS)) {
        fault_set(fault, NULL, NULL, NULL, "--interval takes a time from 200ms to 1min, not \"%s\"",
                  given);
        fault->exit_code = EXIT_USAGE;
        return false;
    }
    watching->interval_ns = ms * NS_PER_MS;
    return true;
}

static void add_source(struct watching *watching, struct watch_source *source)
{
    watching->sources = memory_grow(watching->sources,
                                    (watching->source_count + 1) * sizeof(struct watch_source *));
    watching->sources[watching->source_count++] = source;
}

static void add_sources(struct watching *watching, size_t i)
{
    const struct config *config = watching->clusters[i].config;
    size_t j, k;

    add_source(watching, watch_server_source(watching, i, "blue", config->blue.conninfo));
    add_source(watching, watch_server_source(watching, i, "green", config->green.conninfo));
    for (j = 0; j < config->pooler_count; j++)
        for (k = 0;
             !config_pooler_is_hook(&config->poolers[j]) && k < config->poolers[j].console_count;
             k++)
            add_source(watching, watch_console_source(watching, i, &config->poolers[j], k));
}

static bool add_cluster(struct watching *watching, const char *file, struct fault *fault)
{
    const struct options *options = watching->options;
    struct watched_cluster *cluster = &watching->clusters[watching->cluster_count];
    size_t i;

    if (!config_read(file, options->overrides, options->override_count, &cluster->config, fault))
        return false;
    watching->cluster_count++;
    for (i = 0; i + 1 < watching->cluster_count; i++)
        if (strcmp(watching->clusters[i].config->cluster_name, cluster->config->cluster_name) ==
            0) {
            fault_set(fault, "reading", file, NULL, "cluster %s is watched already",
                      cluster->config->cluster_name);
            fault_hint(fault, "two configurations of the same name cannot be told apart");
            fault->exit_code = EXIT_USAGE;
            return false;
        }
    watch_cluster(watching->model, cluster->config->cluster_name);
    return true;
}

static bool open_clusters(struct watching *watching, struct fault *fault)
{
    const struct watch_flags *flags = &watching->options->watch;
    size_t count = flags->config_count ? flags->config_count : 1, i;

    watching->clusters = memory_new(count * sizeof(*watching->clusters));
    for (i = 0; i < count; i++)
        if (!add_cluster(watching, flags->configs[i], fault))
            return false;
    for (i = 0; i < count; i++)
        add_sources(watching, i);
    return true;
}

static void close_all(struct watching *watching)
{
    size_t i;

    for (i = 0; i < watching->source_count; i++)
        watch_source_free(watching->sources[i]);
    free(watching->sources);
    for (i = 0; i < watching->cluster_count; i++) {
        config_free(watching->clusters[i].config);
        free(watching->clusters[i].run_directory);
    }
    free(watching->clusters);
    if (watching->sessions)
        watching->sessions->free(watching->sessions);
    loop_free(watching->loop);
    watch_free(watching->model);
}

/* --- watching --------------------------------------------------------------------------------- */

/* In a pause: older than the pause may last, it would be undone; behind the switch: the guard's. */
static void set_thresholds(struct watching *watching, size_t i)
{
    struct watch_cluster *cluster = &watching->model->clusters[i];
    const struct config *config = watching->clusters[i].config;
    bool on_green = strcmp(cluster->run.may_write, "green") == 0;

    cluster->hold_behind = QUIET_BEHIND_BYTES;
    cluster->abort_lag_us = (on_green ? config->guard.lag_ms : config->pause_budget_ms) * 1000;
}

static void look_at_runs(struct watching *watching)
{
    size_t i;

    for (i = 0; i < watching->cluster_count; i++) {
        if (watching->clusters[i].looked_ns &&
            now_ns(watching) - watching->clusters[i].looked_ns < RUN_NS)
            continue;
        watch_run_look(watching, i);
        set_thresholds(watching, i);
    }
}

static int64_t next_ns(const struct watching *watching, const struct watch_views *views)
{
    int64_t next = watch_views_until_ns(views), due;
    size_t i;

    for (i = 0; i < watching->source_count; i++)
        if ((due = watch_source_until_ns(watching->sources[i])) < next)
            next = due;
    return next;
}

static void watch_live(struct watching *watching, struct watch_views *views)
{
    struct driver *driver = watching->driver;
    size_t i;

    while (!driver->is_interrupted(driver)) {
        watching->model->now_us = driver->wall_us(driver);
        look_at_runs(watching);
        for (i = 0; i < watching->source_count; i++)
            watch_source_poll(watching->sources[i]);
        if (watch_views_poll(views))
            return;
        driver->wait(driver, next_ns(watching, views));
    }
}

static bool watch_replayed(struct watching *watching, struct watch_replay *replay,
                           struct watch_views *views, struct fault *fault)
{
    struct driver *driver = watching->driver;
    int64_t next, until = 0;

    while (!driver->is_interrupted(driver)) {
        if (until != INT64_MAX &&
            !watch_replay_poll(replay, watching->model, now_ns(watching), &until, fault))
            return false;
        if (watch_views_poll(views) || (until == INT64_MAX && !watch_views_stay(views)))
            return true;
        next = watch_views_until_ns(views);
        driver->wait(driver, until < next ? until : next);
    }
    return true;
}

static bool take_speed(const struct options *options, double *ret_speed, struct fault *fault)
{
    const char *given = options->watch.speed;
    char *end;

    *ret_speed = given ? strtod(given, &end) : 1;
    if (!given || (end != given && !*end && *ret_speed >= 0.1 && *ret_speed <= 10000))
        return true;
    fault_set(fault, NULL, NULL, NULL, "--speed takes a number from 0.1 to 10000, not \"%s\"",
              given);
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool run(struct watching *watching, struct watch_views **views, struct fault *fault)
{
    const char *recording = watching->options->watch.replay;
    struct watch_replay *replay = NULL;
    double speed;
    bool good;

    if (!recording) {
        if (!open_clusters(watching, fault) || !watch_views_open(watching, views, fault))
            return false;
        watch_live(watching, *views);
        return true;
    }
    if (!take_speed(watching->options, &speed, fault) ||
        !watch_replay_open(recording, speed, &replay, fault))
        return false;
    good =
        watch_views_open(watching, views, fault) && watch_replayed(watching, replay, *views, fault);
    watch_replay_close(replay);
    return good;
}

enum exit_code command_watch(const struct options *options)
{
    struct watching watching = {.options = options};
    struct watch_views *views = NULL;
    struct fault fault;
    enum exit_code code = EXIT_DONE, shown;
    bool good;

    if (!take_interval(&watching, &fault))
        return command_fault(&fault, EXIT_USAGE);
    watching.loop = loop_new();
    watching.driver = loop_driver(watching.loop);
    watching.sessions = session_door_new(watching.loop);
    watching.model = watch_new(watching.interval_ns / NS_PER_MS);
    good = run(&watching, &views, &fault);
    shown = watch_views_close(views); /* the terminal is as it was, before anything is said */
    if (!good)
        code = command_fault_with(&fault, EXIT_FAILED, NULL, NULL);
    close_all(&watching);
    return code == EXIT_DONE ? shown : code;
}
