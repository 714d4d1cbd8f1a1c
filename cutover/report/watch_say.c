#include "watch_say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_S INT64_C(1000000)

#define SECONDS(n) ((n) *US_PER_S)
/* A number that is older looks fresh and is not; whoever measures notices sooner, as a rule. */
#define STALE_US SECONDS(10)
#define STALE_INTERVALS 10

/* How soon a slot is lost at the present rates. */
#define LOST_SOON_US SECONDS(3600)
#define LOST_LATER_US SECONDS(24 * 3600)
#define MAXWAIT_US SECONDS(1)

static struct said unknown(void)
{
    return (struct said){"unknown"};
}

struct said said_duration(int64_t us)
{
    static const struct {
        const char *name;
        double seconds, most;
    } units[] = {{"s", 1, 120}, {"min", 60, 120}, {"h", 3600, 48}, {"d", 86400, 1e12}};
    double seconds = (double) us / 1e6;
    struct said said;
    size_t i = 0;

    if (us == WATCH_UNKNOWN)
        return unknown();
    if (us < 0)
        seconds = 0;
    if (seconds < 1) {
        snprintf(said.text, sizeof(said.text), "%.0f ms", seconds * 1e3);
        return said;
    }
    while (seconds / units[i].seconds >= units[i].most)
        i++;
    seconds /= units[i].seconds;
    snprintf(said.text, sizeof(said.text), seconds < 9.95 ? "%.1f %s" : "%.0f %s", seconds,
             units[i].name);
    return said;
}

struct said said_size(int64_t bytes)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB"};
    double value = (double) bytes;
    struct said said;
    size_t unit = 0;

    if (bytes == WATCH_UNKNOWN)
        return unknown();
    while ((value >= 1023.5 || value <= -1023.5) && unit < 5) {
        value /= 1024;
        unit++;
    }
    snprintf(said.text, sizeof(said.text),
             unit && value < 9.95 && value > -9.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return said;
}

struct said said_rate(int64_t rate)
{
    struct said said = said_size(rate);

    if (rate != WATCH_UNKNOWN)
        strncat(said.text, "/s", sizeof(said.text) - strlen(said.text) - 1);
    return said;
}

struct said said_number(int64_t number)
{
    struct said said;

    if (number == WATCH_UNKNOWN)
        return unknown();
    snprintf(said.text, sizeof(said.text), "%" PRId64, number);
    return said;
}

static struct said said_time(int64_t us, const char *format)
{
    time_t seconds = (time_t) (us / US_PER_S);
    struct said said;
    struct tm parts;

    if (us == WATCH_UNKNOWN || !gmtime_r(&seconds, &parts) ||
        !strftime(said.text, sizeof(said.text), format, &parts))
        return unknown();
    return said;
}

struct said said_clock(int64_t us)
{
    return said_time(us, "%H:%M:%S");
}

struct said said_stamp(int64_t us)
{
    return said_time(us, "%Y-%m-%d %H:%M:%SZ");
}

struct said said_version(int64_t number)
{
    struct said said;

    if (number == WATCH_UNKNOWN || number <= 0)
        return unknown();
    snprintf(said.text, sizeof(said.text), "%d.%d", (int) (number / 10000 % 1000),
             (int) (number % 10000));
    return said;
}

static bool is_fresh(const struct watch *watch, int32_t state, int64_t measured_us)
{
    int64_t most = STALE_INTERVALS * watch->interval_ms * 1000;

    if (state != WATCH_MEASURED)
        return false;
    return measured_us == WATCH_UNKNOWN || watch->now_us == WATCH_UNKNOWN ||
           watch->now_us - measured_us <= (most > STALE_US ? most : STALE_US);
}

bool watch_server_is_measured(const struct watch *watch, const struct watch_server *server)
{
    return is_fresh(watch, server->now.state, server->now.measured_us);
}

bool watch_console_is_measured(const struct watch *watch, const struct watch_console *console)
{
    return is_fresh(watch, console->state, console->measured_us);
}

const struct watch_server *watch_first_unmeasured(const struct watch *watch,
                                                  const struct watch_cluster *cluster)
{
    size_t i;

    for (i = 0; i < cluster->server_count; i++)
        if (!watch_server_is_measured(watch, &cluster->servers[i]))
            return &cluster->servers[i];
    return NULL;
}

void watch_say_unmeasured(const struct watch *watch, int32_t state, int64_t measured_us,
                          const char *why, struct text *out)
{
    if (state == WATCH_CONNECTING && measured_us == WATCH_UNKNOWN)
        text_add_string(out, "connecting, nothing is measured yet");
    else if (measured_us == WATCH_UNKNOWN)
        text_add_string(out, "never measured");
    else
        text_add(out, "unmeasured since %s (%s)", said_clock(measured_us).text,
                 said_duration(watch->now_us - measured_us).text);
    if (*why)
        text_add(out, ": %s", why);
    else if (state == WATCH_MEASURED)
        text_add_string(out, ", no answer has come");
}

const char *watch_brief_why(const char *why)
{
    const char *at = strstr(why, " failed: ");

    return at && string_starts(why, "connection to server") ? at + strlen(" failed: ") : why;
}

void watch_say_trend(const struct watch_slot *slot, struct text *out, struct said *ret_brief)
{
    const struct watch_slot_values *now = &slot->now;

    switch (now->trend) {
    case WATCH_CAUGHT_UP:
        text_add_string(out, "caught up");
        *ret_brief = (struct said){"caught up"};
        break;
    case WATCH_CATCHING_UP:
        text_add(out, "catching up, %s left", said_duration(now->eta_us).text);
        snprintf(ret_brief->text, sizeof(ret_brief->text), "in %.24s",
                 said_duration(now->eta_us).text);
        break;
    case WATCH_NEVER:
        text_add(out, "will not catch up%s%s", *now->why ? ": " : "", now->why);
        *ret_brief = (struct said){"NEVER"};
        break;
    default:
        text_add_string(out, *now->why ? now->why : "not known yet");
        *ret_brief = (struct said){"unknown"};
    }
}

const char *watch_slot_health(const struct watch_slot *slot)
{
    if (!slot->now.is_there)
        return "GONE";
    if (strcmp(slot->now.wal_status, "lost") == 0)
        return "LOST";
    if (strcmp(slot->now.wal_status, "unreserved") == 0)
        return "unreserved";
    if (!slot->now.is_active)
        return "inactive";
    return *slot->now.wal_status ? slot->now.wal_status : "active";
}

void watch_say_lag(const struct watch_slot *slot, struct text *out)
{
    bool is_known = slot->now.lag_us != WATCH_UNKNOWN;

    text_add(out, "%s%s", is_known && slot->now.lag_is_least ? "\u2265" : "",
             said_duration(slot->now.lag_us).text);
}

static bool above(int64_t value, int64_t threshold)
{
    return value != WATCH_UNKNOWN && threshold != WATCH_UNKNOWN && value >= threshold;
}

static bool within(int64_t value, int64_t threshold)
{
    return value != WATCH_UNKNOWN && value < threshold;
}

/* Behind the switch the guard trips there; before it no cutover is begun. */
static bool trips(const struct watch_cluster *cluster, const struct watch_slot_values *now)
{
    return strcmp(cluster->run.may_write, "green") == 0 &&
           above(now->lag_us, cluster->abort_lag_us);
}

enum style watch_slot_style(const struct watch_cluster *cluster, const struct watch_slot *slot)
{
    const struct watch_slot_values *now = &slot->now;
    bool is_ours = watch_slot_is_ours(slot);

    if (watch_slot_is_lost(slot) || strcmp(now->wal_status, "unreserved") == 0 ||
        within(now->lost_in_us, LOST_SOON_US) ||
        (is_ours && (now->trend == WATCH_NEVER || trips(cluster, now))))
        return STYLE_BAD;
    if (within(now->lost_in_us, LOST_LATER_US) ||
        (is_ours &&
         (!now->is_active || now->lag_us == WATCH_UNKNOWN || now->behind == WATCH_UNKNOWN ||
          above(now->lag_us, cluster->abort_lag_us) || above(now->behind, cluster->hold_behind))))
        return STYLE_WARNING;
    return STYLE_PLAIN;
}

enum style watch_subscription_style(const struct watch_subscription *subscription)
{
    const struct watch_subscription_values *now = &subscription->now;

    if (!now->is_enabled || !now->has_worker)
        return STYLE_BAD;
    if (now->apply_errors > 0 || now->sync_errors > 0 || now->conflicts > 0 ||
        strncmp(now->waits_for, "Lock", 4) == 0)
        return STYLE_WARNING;
    return STYLE_PLAIN;
}

enum style watch_pool_style(const struct watch_pool *pool)
{
    if (pool->waiting > 0 && pool->maxwait_us > MAXWAIT_US)
        return STYLE_BAD;
    return pool->is_paused || pool->waiting > 0 ? STYLE_WARNING : STYLE_PLAIN;
}

static enum style worse(enum style one, enum style other)
{
    return one > other ? one : other;
}

enum style watch_cluster_style(const struct watch *watch, const struct watch_cluster *cluster)
{
    enum style style = *cluster->run.why ? STYLE_WARNING : STYLE_PLAIN;
    size_t i, j;

    for (i = 0; i < cluster->server_count; i++) {
        const struct watch_server *server = &cluster->servers[i];

        if (!watch_server_is_measured(watch, server)) {
            style = worse(style, server->now.state == WATCH_CONNECTING ? STYLE_WARNING : STYLE_BAD);
            continue;
        }
        for (j = 0; j < server->slot_count; j++)
            if (server->slots[j].now.is_there || watch_slot_is_ours(&server->slots[j]))
                style = worse(style, watch_slot_style(cluster, &server->slots[j]));
        for (j = 0; j < server->subscription_count; j++)
            style = worse(style, watch_subscription_style(&server->subscriptions[j]));
    }
    for (i = 0; i < cluster->console_count; i++) {
        const struct watch_console *console = &cluster->consoles[i];

        if (!watch_console_is_measured(watch, console))
            style = worse(style, STYLE_WARNING);
        for (j = 0; watch_console_is_measured(watch, console) && j < console->pool_count; j++)
            style = worse(style, watch_pool_style(&console->pools[j]));
    }
    return style;
}
