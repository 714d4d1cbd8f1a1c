#include "lag.h"

#include <string.h>

/* Of an age, how far apart looks may be that are so old. */
#define SHARE 64

void lag_forget(struct lag_history *history)
{
    history->count = 0;
    history->before = 0;
    history->looked_ns = 0;
}

/* The older, the farther apart: whoever is nearly there is told exactly, however far behind another
   one is. A look goes where the one before it and the one after it are near enough for their age.
 */
static void thin(struct lag_history *history)
{
    struct lag_look *looks = history->looks;
    int64_t now_ns = looks[history->count - 1].at_ns;
    size_t kept = 1, i;

    for (i = 1; i + 1 < history->count; i++)
        if (looks[i].is_late ||
            looks[i + 1].at_ns - looks[kept - 1].at_ns > (now_ns - looks[i + 1].at_ns) / SHARE)
            looks[kept++] = looks[i];
    looks[kept++] = looks[history->count - 1];
    history->count = kept;
}

void lag_add(struct lag_history *history, uint64_t end, int64_t at_ns)
{
    bool is_late;

    if (history->count && end < history->looks[history->count - 1].end)
        lag_forget(history);
    is_late = history->gap_ns && history->looked_ns && at_ns - history->looked_ns > history->gap_ns;
    history->looked_ns = at_ns;
    if (history->count && end == history->looks[history->count - 1].end)
        return; /* since then nothing was written: the earlier look says more */
    if (history->count == LAG_LOOKS)
        thin(history);
    if (history->count == LAG_LOOKS) { /* too near to one another: by a clock that stands still */
        is_late = is_late || history->looks[LAG_LOOKS - 1].is_late;
        history->looks[LAG_LOOKS - 1] = (struct lag_look){end, at_ns, is_late};
        return;
    }
    history->looks[history->count++] = (struct lag_look){end, at_ns, is_late};
}

static size_t first_beyond(const struct lag_history *history, uint64_t confirmed)
{
    size_t low = 0, high = history->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (history->looks[middle].end <= confirmed)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool lag_is_least(const struct lag_history *history, uint64_t confirmed)
{
    size_t i = first_beyond(history, confirmed);

    if (i == history->count)
        return false;
    return history->looks[i].is_late ||
           (i == 0 && (history->before == 0 || confirmed < history->before));
}

int64_t lag_ns(const struct lag_history *history, uint64_t confirmed, int64_t now_ns)
{
    size_t i = first_beyond(history, confirmed);

    return i < history->count ? now_ns - history->looks[i].at_ns : 0;
}

void lag_trim(struct lag_history *history, uint64_t confirmed_by_all)
{
    size_t gone = first_beyond(history, confirmed_by_all);

    if (gone)
        history->before = history->looks[gone - 1].end;
    history->count -= gone;
    memmove(history->looks, history->looks + gone, history->count * sizeof(history->looks[0]));
}
