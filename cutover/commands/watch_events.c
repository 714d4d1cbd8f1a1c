/* What is worth a line of its own in `watch`: from what was to what is. */
#include "watching.h"

#include "../base/text.h"
#include "../engine/journal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void tell(const struct watching *watching, const char *cluster, const char *kind,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

static void tell(const struct watching *watching, const char *cluster, const char *kind,
                 const char *format, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    watch_add_event(watching->model, cluster, kind, watching->model->now_us, text_string(&text));
    text_free(&text);
}

static const char *cluster_of(const struct watch_source *source)
{
    return watch_source_cluster(source)->name;
}

void watch_tell_server(const struct watch_source *source, const struct watch_server *was,
                       enum watch_state state, const char *why)
{
    if (was->now.state == (int32_t) state && was->changed)
        return;
    if (state == WATCH_UNMEASURED)
        tell(source->watching, cluster_of(source), "server", "%s is not measured: %s", source->name,
             why ? why : "nobody knows why");
    else if (state == WATCH_MEASURED && was->now.state == WATCH_UNMEASURED)
        tell(source->watching, cluster_of(source), "server", "%s is measured again", source->name);
}

void watch_tell_console(const struct watch_source *source, const struct watch_console *was,
                        enum watch_state state, const char *why)
{
    if (was->state == (int32_t) state && was->changed)
        return;
    if (state == WATCH_UNMEASURED)
        tell(source->watching, cluster_of(source), "pooler", "%s is not measured: %s", source->name,
             why ? why : "nobody knows why");
    else if (state == WATCH_MEASURED && was->state == WATCH_UNMEASURED)
        tell(source->watching, cluster_of(source), "pooler", "%s is measured again", source->name);
}

void watch_tell_slot(const struct watch_source *source, const struct watch_slot *was,
                     const struct watch_slot_values *values)
{
    struct watch_slot now = *was;
    const char *cluster = cluster_of(source);

    if (!was->changed)
        return;
    now.now = *values;
    if (watch_slot_is_lost(&now) && !watch_slot_is_lost(was))
        tell(source->watching, cluster, "slot", "slot %s on %s is %s", was->name, source->name,
             values->is_there ? "lost: the WAL that it needs was removed" : "gone");
    else if (!values->is_there || !was->now.is_there)
        return; /* somebody else's */
    else if (values->is_active != was->now.is_active)
        tell(source->watching, cluster, "slot", "slot %s on %s is %s", was->name, source->name,
             values->is_active ? "read" : "not read any more");
    else if (strcmp(values->wal_status, was->now.wal_status) != 0)
        tell(source->watching, cluster, "slot", "the WAL of slot %s on %s is %s now, it was %s",
             was->name, source->name, values->wal_status, was->now.wal_status);
}

void watch_tell_subscription(const struct watch_source *source,
                             const struct watch_subscription *was,
                             const struct watch_subscription_values *values)
{
    const char *cluster = cluster_of(source);

    if (!was->changed)
        return;
    if (values->is_enabled != was->now.is_enabled)
        tell(source->watching, cluster, "subscription", "subscription %s on %s is %s", was->name,
             source->name, values->is_enabled ? "enabled" : "disabled");
    if (values->apply_errors > was->now.apply_errors && was->now.apply_errors != WATCH_UNKNOWN)
        tell(source->watching, cluster, "subscription", "subscription %s on %s: %lld apply errors",
             was->name, source->name, (long long) values->apply_errors);
    if (values->conflicts > was->now.conflicts && was->now.conflicts != WATCH_UNKNOWN)
        tell(source->watching, cluster, "subscription", "subscription %s on %s: %lld conflicts",
             was->name, source->name, (long long) values->conflicts);
}

void watch_tell_run(const struct watching *watching, const struct watch_cluster *was,
                    const struct watch_run_values *values)
{
    if (!was->run_changed)
        return;
    if (strcmp(was->run.id, values->id) != 0)
        tell(watching, was->name, "run", *values->id ? "run %s begins" : "no run is under way%s",
             values->id);
    if (strcmp(was->run.may_write, values->may_write) != 0 && *values->may_write)
        tell(watching, was->name, "run", "%s may write now", values->may_write);
    if (strcmp(was->run.phase, values->phase) != 0 && *values->phase)
        tell(watching, was->name, "run", "%s", values->phase);
}

void watch_tell_row(const struct watching *watching, const char *cluster,
                    const struct journal_line *line)
{
    struct text text = {0};

    text_add(&text, "%s: %s %s", line->plan, line->step,
             strcmp(line->state, "intent") == 0 ? "begins" : line->state);
    watch_add_event(watching->model, cluster, "run", line->wall_us, text_string(&text));
    text_free(&text);
}
