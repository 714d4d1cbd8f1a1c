#include "felt.h"

#include "../base/driver.h"
#include "../base/text.h"

#include <stdlib.h>

const char *const felt_window_names[FELT_WINDOWS] = {"before", "held", "after"};

#define US_NS 1000

struct pause {
    int64_t held_ns, released_ns;
};

/* Of a stretch of time. */
static enum felt_window window_of(const struct pause *pause, int64_t from_ns, int64_t to_ns)
{
    if (to_ns < pause->held_ns)
        return FELT_BEFORE;
    return from_ns > pause->released_ns ? FELT_AFTER : FELT_HELD;
}

static int64_t answered_ns(const struct probe_sample *sample)
{
    return sample->mono_ns + sample->latency_us * US_NS;
}

static bool is_late(const struct probe_sample *sample)
{
    return sample->outcome == PROBE_ACKNOWLEDGED && sample->late_us > 0;
}

static int compare(const void *a, const void *b)
{
    int64_t one = *(const int64_t *) a, other = *(const int64_t *) b;

    return (one > other) - (one < other);
}

/* Nearest rank: the smallest that at least so many percent are not above. */
static int64_t percentile(const int64_t *sorted, size_t count, size_t percent)
{
    return count ? sorted[(count * percent + 99) / 100 - 1] : -1;
}

static void work_out_part(const struct probe_sample *samples, size_t count,
                          const struct pause *pause, enum felt_window window, int64_t *latencies,
                          struct felt_part *part)
{
    size_t i, acknowledged = 0;

    for (i = 0; i < count; i++) {
        if (window_of(pause, samples[i].mono_ns, answered_ns(&samples[i])) != window)
            continue;
        part->probes++;
        part->late += is_late(&samples[i]);
        if (is_late(&samples[i]) && window != FELT_HELD)
            continue;
        if (samples[i].outcome == PROBE_ACKNOWLEDGED)
            latencies[acknowledged++] = samples[i].latency_us;
        else
            part->failed++;
    }
    qsort(latencies, acknowledged, sizeof(*latencies), compare);
    part->median_us = percentile(latencies, acknowledged, 50);
    part->p99_us = percentile(latencies, acknowledged, 99);
}

static void take_gap(struct felt *felt, const struct pause *pause, int64_t from_ns, int64_t to_ns,
                     bool was_late)
{
    enum felt_window window = window_of(pause, from_ns, to_ns);
    int64_t us = (to_ns - from_ns) / US_NS;

    if (us > felt->parts[window].gap_us && (!was_late || window == FELT_HELD))
        felt->parts[window].gap_us = us;
}

void felt_work_out(const struct probe_sample *samples, size_t count, int64_t held_ns,
                   int64_t released_ns, int64_t until_ns, struct felt *ret_felt)
{
    const struct pause pause = {held_ns, released_ns};
    int64_t *latencies = memory_new((count + 1) * sizeof(*latencies));
    struct felt felt = {.probes = 0};
    int64_t last_ns = 0, late_us = 0;
    size_t i;
    int window;

    for (window = 0; window < FELT_WINDOWS; window++) {
        felt.parts[window].gap_us = -1;
        work_out_part(samples, count, &pause, (enum felt_window) window, latencies,
                      &felt.parts[window]);
        felt.probes += felt.parts[window].probes;
        felt.failed += felt.parts[window].failed;
    }
    for (i = 0; i < count; i++) {
        late_us += samples[i].late_us;
        if (samples[i].outcome != PROBE_ACKNOWLEDGED)
            continue;
        if (last_ns)
            take_gap(&felt, &pause, last_ns, answered_ns(&samples[i]), late_us > 0);
        late_us = 0;
        last_ns = answered_ns(&samples[i]);
        felt.is_measured = felt.is_measured || last_ns < held_ns;
    }
    felt.is_open = felt.is_measured && last_ns < released_ns;
    if (felt.is_open)
        take_gap(&felt, &pause, last_ns, until_ns, false);
    free(latencies);
    *ret_felt = felt;
}
