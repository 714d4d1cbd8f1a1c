#include "rate.h"

#define NS_PER_S INT64_C(1000000000)
#define SEEN_NS (2 * NS_PER_S)

void rate_forget(struct rate *rate)
{
    rate->count = rate->next = 0;
}

/* The i-th oldest. */
static uint32_t place(const struct rate *rate, uint32_t i)
{
    return (rate->next + RATE_POINTS - rate->count + i) % RATE_POINTS;
}

void rate_add(struct rate *rate, uint64_t position, int64_t at_ns)
{
    if (rate->count && position < rate->points[place(rate, rate->count - 1)].position)
        rate_forget(rate);
    rate->points[rate->next].position = position;
    rate->points[rate->next].at_ns = at_ns;
    rate->next = (rate->next + 1) % RATE_POINTS;
    if (rate->count < RATE_POINTS)
        rate->count++;
}

int64_t rate_per_s(const struct rate *rate)
{
    uint32_t first, last;
    int64_t ns;

    if (rate->count < 2)
        return RATE_UNKNOWN;
    first = place(rate, 0);
    last = place(rate, rate->count - 1);
    ns = rate->points[last].at_ns - rate->points[first].at_ns;
    if (ns < SEEN_NS)
        return RATE_UNKNOWN;
    return (int64_t) ((double) (rate->points[last].position - rate->points[first].position) *
                      (double) NS_PER_S / (double) ns);
}

int64_t rate_still_ns(const struct rate *rate)
{
    uint32_t last, i;

    if (rate->count == 0)
        return 0;
    last = place(rate, rate->count - 1);
    for (i = rate->count - 1;
         i > 0 && rate->points[place(rate, i - 1)].position == rate->points[last].position; i--)
        continue;
    return rate->points[last].at_ns - rate->points[place(rate, i)].at_ns;
}

enum rate_trend rate_judge(int64_t behind, int64_t lag_ns, int64_t soon_ns, int64_t confirms,
                           int64_t grows, int64_t *ret_ns)
{
    if (behind == 0 || (lag_ns != RATE_UNKNOWN && lag_ns <= soon_ns))
        return RATE_CAUGHT_UP;
    if (behind < 0 || confirms == RATE_UNKNOWN || grows == RATE_UNKNOWN)
        return RATE_TREND_UNKNOWN;
    if (confirms == 0)
        return RATE_STANDS;
    if (confirms <= grows)
        return RATE_FALLS;
    *ret_ns = (int64_t) ((double) behind / (double) (confirms - grows) * (double) NS_PER_S);
    return RATE_CATCHING_UP;
}
