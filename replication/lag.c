#include "lag.h"

#include <string.h>

void lag_forget(struct lag_history *history)
{
    history->count = 0;
    history->gap_ns = 0;
}

/* Half of the looks are enough when there are many, twice as far apart from now on: an age is less
   than the truth by at most that. */
static void thin(struct lag_history *history)
{
    const struct lag_look *looks = history->looks;
    size_t i;

    history->gap_ns =
        (looks[history->count - 1].at_ns - looks[0].at_ns) / ((int64_t) history->count - 1) * 2;
    for (i = 0; i * 2 < history->count; i++)
        history->looks[i] = history->looks[i * 2];
    history->count = i;
}

void lag_add(struct lag_history *history, uint64_t end, int64_t at_ns)
{
    if (history->count && end < history->looks[history->count - 1].end)
        lag_forget(history);
    if (history->count && end == history->looks[history->count - 1].end)
        return; /* since then nothing was written: the earlier look says more */
    if (history->count && at_ns - history->looks[history->count - 1].at_ns < history->gap_ns)
        return;
    if (history->count == LAG_LOOKS)
        thin(history);
    history->looks[history->count++] = (struct lag_look){end, at_ns};
}

static size_t first_beyond(const struct lag_history *history, uint64_t confirmed)
{
    size_t i = 0;

    while (i < history->count && history->looks[i].end <= confirmed)
        i++;
    return i;
}

int64_t lag_ns(const struct lag_history *history, uint64_t confirmed, int64_t now_ns)
{
    size_t i = first_beyond(history, confirmed);

    return i < history->count ? now_ns - history->looks[i].at_ns : 0;
}

void lag_trim(struct lag_history *history, uint64_t confirmed_by_all)
{
    size_t gone = first_beyond(history, confirmed_by_all);

    history->count -= gone;
    if (history->count == 0)
        history->gap_ns = 0;
    memmove(history->looks, history->looks + gone, history->count * sizeof(history->looks[0]));
}
