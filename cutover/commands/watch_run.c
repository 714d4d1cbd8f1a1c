/* The run of a cluster, as `watch` shows it: its journal, read when it has changed. */
#include "doing.h"
#include "run_directory.h"
#include "standing.h"
#include "watching.h"

#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A journal that is being written may refuse to be read for a moment. */
#define UNREAD_NS (10 * NS_PER_S)

/* False: it is the same as when it was read last. */
static bool has_changed(struct watched_cluster *cluster)
{
    static const char *const names[] = {"run.db", "run.db-wal", "doing.json"};
    int64_t size = 0, ns = 0;
    bool changed;
    size_t i;

    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct text path = {0};
        struct stat status;

        text_add(&path, "%s/%s", cluster->run_directory, names[i]);
        if (stat(text_string(&path), &status) == 0) {
            size += status.st_size;
            ns += (int64_t) status.st_mtim.tv_sec * NS_PER_S + status.st_mtim.tv_nsec;
        }
        text_free(&path);
    }
    changed = size != cluster->seen_size || ns != cluster->seen_ns;
    cluster->seen_size = size;
    cluster->seen_ns = ns;
    return changed;
}

/* Of a run that was under way before the watch began, so many rows are told of. */
#define ROWS_BEFORE 40

struct rows {
    const struct watching *watching;
    const char *cluster;
    long long count, told; /* the first `told` were told of before, or are too old */
};

static bool tell_row(void *context, const struct journal_line *line)
{
    struct rows *rows = context;

    if (line->plan && rows->count++ >= rows->told && rows->watching)
        watch_tell_row(rows->watching, rows->cluster, line);
    return true;
}

static bool tell_rows(const struct watching *watching, size_t i, struct journal *journal,
                      struct fault *fault)
{
    struct watched_cluster *cluster = &watching->clusters[i];
    struct rows rows = {.cluster = watching->model->clusters[i].name, .told = cluster->rows};

    if (cluster->rows < 0) {
        if (!journal_each_row(journal, tell_row, &rows, fault))
            return false;
        rows.told = rows.count > ROWS_BEFORE ? rows.count - ROWS_BEFORE : 0;
        rows.count = 0;
    }
    rows.watching = watching;
    if (!journal_each_row(journal, tell_row, &rows, fault))
        return false;
    cluster->rows = rows.count;
    return true;
}

static bool read_run(const struct watching *watching, size_t i, struct watch_run_values *values,
                     struct fault *fault)
{
    struct watched_cluster *cluster = &watching->clusters[i];

    struct procedure seen = {.directory = cluster->run_directory, .config = cluster->config};
    struct standing standing;
    bool good;

    if (!journal_open(seen.directory, JOURNAL_READ, &seen.journal, fault))
        return false;
    good = tell_rows(watching, i, seen.journal, fault) && standing_read(&seen, &standing, fault);
    if (good) {
        watch_put(values->phase, sizeof(values->phase), standing.phase);
        watch_put(values->may_write, sizeof(values->may_write), standing.side);
        watch_put(values->next, sizeof(values->next), standing.next);
        watch_put(values->last_step, sizeof(values->last_step), standing.last_step);
        watch_put(values->last_state, sizeof(values->last_state), standing.last_state);
        doing_waits(seen.directory, standing.last_step, standing.last_state, values->waits_for,
                    sizeof(values->waits_for));
        values->since_us = standing.last_us ? standing.last_us : WATCH_UNKNOWN;
        watch_put(values->id, sizeof(values->id), strrchr(seen.directory, '/') + 1);
        standing_free(&standing);
    }
    journal_close(seen.journal);
    return good;
}

/* The one that is under way, else the last one. */
static bool find_run(struct watching *watching, struct watched_cluster *cluster,
                     struct fault *fault)
{
    char *directory = NULL;

    if (watching->options->run) {
        directory = memory_copy(watching->options->run);
    } else if (!run_find(cluster->config, "current", &directory, fault) ||
               (!directory && !run_find(cluster->config, "last", &directory, fault))) {
        return false;
    }
    if (directory && cluster->run_directory && strcmp(directory, cluster->run_directory) == 0) {
        free(directory);
        return true;
    }
    free(cluster->run_directory);
    cluster->run_directory = directory;
    cluster->seen_size = cluster->seen_ns = -1;
    cluster->rows = -1;
    return true;
}

/* The run knows its sessions by its name, and a cutover spares those that watch it. */
static void rename_sources(struct watching *watching, size_t cluster, const char *run)
{
    struct text name = {0};
    size_t i;

    text_add(&name, "pgcutover %s%swatch", run, *run ? " " : "");
    for (i = 0; i < watching->source_count; i++)
        if (watching->sources[i]->cluster == cluster)
            watch_source_rename(watching->sources[i], text_string(&name));
    text_free(&name);
}

static void take(struct watching *watching, size_t i, const struct watch_run_values *values)
{
    struct watch_cluster *cluster = &watching->model->clusters[i];

    watch_tell_run(watching, cluster, values);
    watch_set_run(watching->model, cluster, values);
    rename_sources(watching, i, values->id);
}

void watch_run_look(struct watching *watching, size_t i)
{
    struct watched_cluster *cluster = &watching->clusters[i];
    struct watch_run_values values = {.since_us = WATCH_UNKNOWN};
    int64_t now_ns = watching->driver->now_ns(watching->driver);
    struct fault fault;
    bool good;

    cluster->looked_ns = now_ns;
    good = find_run(watching, cluster, &fault);
    if (good && cluster->run_directory && !cluster->unread_ns && !has_changed(cluster))
        return;
    if (good && cluster->run_directory)
        good = read_run(watching, i, &values, &fault);
    else if (good) {
        watch_put(values.phase, sizeof(values.phase), "no run is under way");
        watch_put(values.may_write, sizeof(values.may_write), "blue");
        watch_put(values.next, sizeof(values.next),
                  "pgcutover check, then pgcutover prepare --execute");
    }
    if (good) {
        cluster->unread_ns = 0;
        take(watching, i, &values);
        return;
    }
    if (cluster->unread_ns == 0)
        cluster->unread_ns = now_ns;
    if (now_ns - cluster->unread_ns < UNREAD_NS && watching->model->clusters[i].run_changed)
        return;
    memset(&values, 0, sizeof(values));
    values.since_us = WATCH_UNKNOWN;
    watch_put(values.why, sizeof(values.why), fault.cause);
    watch_put(values.id, sizeof(values.id), watching->model->clusters[i].run.id);
    take(watching, i, &values);
}
