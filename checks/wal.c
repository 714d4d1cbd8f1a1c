#include "wal.h"

#include "../cutover/base/text.h"

/* What is kept says less when it was written within less. */
#define KEPT_SECONDS_MIN 60
/* Nights are not like the hour in which it was measured. */
#define MARGIN 3
/* An idle blue writes, too: the clone begins with a checkpoint, and each segment is made whole. */
#define SEGMENTS_MIN 4

int64_t wal_estimate_ms(int64_t size_bytes, int64_t relations)
{
    int64_t ms = 2 * (size_bytes / 50000 + 60000 + relations * 10);

    return ms < 600000 ? 600000 : ms;
}

void wal_measure(struct wal *wal, int64_t kept_bytes, int64_t kept_seconds, int64_t written_bytes,
                 double seconds)
{
    if (kept_seconds >= KEPT_SECONDS_MIN && kept_bytes >= 0) {
        wal->rate = (double) kept_bytes / (double) kept_seconds;
        wal->rate_seconds = kept_seconds;
    } else if (seconds > 0 && written_bytes >= 0) {
        /* within less than a second one record of the server's own would look like a load */
        seconds = seconds < 1 ? 1 : seconds;
        wal->rate = (double) written_bytes / seconds;
        wal->rate_seconds = (int64_t) (seconds + 0.5);
    } else {
        wal->rate = -1;
    }
}

static double needed(const struct wal *wal)
{
    return wal->rate * (double) wal->expected_ms / 1000;
}

static void add_size(struct text *text, double bytes)
{
    if (bytes < 10e9)
        text_add(text, "%.0f MB", bytes / 1e6);
    else
        text_add(text, "%.0f GB", bytes / 1e9);
}

/* "blue writes 1.2 MB/s (seen over 35 min), and 20 min are expected from the slots …" */
static void add_numbers(struct text *text, const struct wal *wal)
{
    if (wal->rate < 1e6)
        text_add(text, "blue writes %.0f kB/s (seen over ", wal->rate / 1e3);
    else
        text_add(text, "blue writes %.1f MB/s (seen over ", wal->rate / 1e6);
    text_add_duration(text, wal->rate_seconds >= 120 ? wal->rate_seconds / 60 * 60000
                                                     : wal->rate_seconds * 1000);
    text_add_string(text, "), and ");
    text_add_duration(text, wal->expected_ms / 60000 * 60000);
    text_add(text, " are %s from the slots to the end of catching up, which makes ",
             wal->is_configured ? "expected" : "estimated");
    add_size(text, needed(wal));
    text_add(text, ", and with %d times the time ", MARGIN);
    add_size(text, needed(wal) * MARGIN);
}

static void not_measured(struct finding_list *list, const char *id)
{
    finding_add(list, check_find("not_measured"), "blue", id, "how much WAL it writes is not known",
                NULL);
}

void wal_judge_limit(struct finding_list *list, const struct wal *wal)
{
    struct text text = {0};

    if (wal->slot_limit_mb < 0)
        return;
    if (wal->rate < 0) {
        not_measured(list, "max_slot_wal_keep_size");
        return;
    }
    if ((double) wal->slot_limit_mb * 1048576 >= needed(wal) * MARGIN)
        return;
    text_add(&text, "%lld MB; ", (long long) wal->slot_limit_mb);
    add_numbers(&text, wal);
    finding_add(list, check_find("max_slot_wal_keep_size"), "blue", "max_slot_wal_keep_size",
                text_string(&text), NULL);
    text_free(&text);
}

/* A limit of the slots spares the disk. */
static double capped(const struct wal *wal, double bytes)
{
    double limit = (double) wal->slot_limit_mb * 1048576;

    return wal->slot_limit_mb >= 0 && limit < bytes ? limit : bytes;
}

static double disk_needed(const struct wal *wal, int times)
{
    double bytes = capped(wal, needed(wal) * times);
    double least = (double) wal->segment_bytes * SEGMENTS_MIN;

    return bytes < least ? least : bytes;
}

void wal_judge_disk(struct finding_list *list, const struct wal *wal, const char *directory,
                    double free_bytes)
{
    struct text text = {0};

    if (wal->rate < 0) {
        not_measured(list, "wal_disk");
        return;
    }
    if (free_bytes >= disk_needed(wal, MARGIN))
        return;
    add_size(&text, free_bytes);
    text_add_string(&text, " are free; ");
    add_numbers(&text, wal);
    text_add(&text, "; %d segments in any case, ", SEGMENTS_MIN);
    add_size(&text, (double) wal->segment_bytes * SEGMENTS_MIN);
    finding_add(list, check_find(free_bytes < disk_needed(wal, 1) ? "wal_disk" : "wal_disk_tight"),
                "blue's host", directory, text_string(&text), NULL);
    text_free(&text);
}
