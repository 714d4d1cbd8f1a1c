#include "report_data.h"

#include <time.h>

struct report *report_new(void)
{
    struct arena *arena = arena_new();
    struct report *report = arena_take(arena, sizeof(*report));

    report->arena = arena;
    report->made_us = report->began_us = report->ended_us = REPORT_UNKNOWN;
    report->checked_us = report->parameters_us = REPORT_UNKNOWN;
    report->servers[0] = (struct report_server){.side = "blue", .answered_us = REPORT_UNKNOWN};
    report->servers[1] = (struct report_server){.side = "green", .answered_us = REPORT_UNKNOWN};
    return report;
}

void report_free(struct report *report)
{
    if (report)
        arena_free(report->arena);
}

const char *report_outcome_name(enum report_outcome outcome)
{
    static const char *const names[] = {
        [REPORT_PLANNED] = "planned",   [REPORT_PREPARING] = "preparing",
        [REPORT_READY] = "ready",       [REPORT_UNDER_WAY] = "under way",
        [REPORT_ON_GREEN] = "on green", [REPORT_UNDONE] = "undone",
        [REPORT_BACK] = "back on blue", [REPORT_FINISHED] = "finished",
        [REPORT_ABORTED] = "aborted",   [REPORT_FAILED] = "failed",
    };

    return names[outcome];
}

const char *report_time(struct report *report, int64_t at_us)
{
    time_t seconds = (time_t) (at_us / 1000000);
    char line[64];
    struct tm parts;

    if (at_us == REPORT_UNKNOWN || !gmtime_r(&seconds, &parts) ||
        !strftime(line, sizeof(line), "%Y-%m-%d %H:%M:%S UTC", &parts))
        return "not known";
    return arena_copy(report->arena, line);
}

const char *report_length(struct report *report, int64_t length_us)
{
    int64_t ms = (length_us + 500) / 1000, s = (length_us + 500000) / 1000000;

    if (length_us == REPORT_UNKNOWN || length_us < 0)
        return "not measured";
    if (ms < 1000)
        return arena_print(report->arena, "%lld ms", (long long) ms);
    if (s < 60)
        return arena_print(report->arena, "%lld.%lld s", (long long) (ms / 1000),
                           (long long) (ms % 1000 / 100));
    if (s < 3600)
        return arena_print(report->arena, "%lld min %lld s", (long long) (s / 60),
                           (long long) (s % 60));
    return arena_print(report->arena, "%lld h %lld min", (long long) (s / 3600),
                       (long long) (s % 3600 / 60));
}
