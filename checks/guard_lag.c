#include "guard_lag.h"

#include "../cutover/base/text.h"
#include "../replication/lag.h"
#include "sql_files.h"

#include <stdlib.h>
#include <string.h>

#define INTERVAL_NS NS_PER_S
#define TIMEOUT_MS 5000

struct guard_reverse {
    const struct guard_doors *doors;
    struct endpoint endpoint;
    const char **slots;
    size_t count;
    struct session *session;
    struct reply opening, reply;
    struct lag_history history;
    int64_t due_ns;
};

struct guard_reverse *guard_reverse_new(const struct guard_doors *doors, const char *conninfo,
                                        const char *application_name)
{
    struct guard_reverse *reverse = memory_new(sizeof(*reverse));

    reverse->doors = doors;
    /* slots of all databases can be seen from any */
    reverse->endpoint = (struct endpoint){.kind = ENDPOINT_POSTGRES,
                                          .name = "green",
                                          .conninfo = conninfo,
                                          .dbname = "postgres",
                                          .application_name = application_name};
    return reverse;
}

void guard_reverse_add(struct guard_reverse *reverse, const char *slot)
{
    reverse->slots = memory_grow(reverse->slots, (reverse->count + 1) * sizeof(*reverse->slots));
    reverse->slots[reverse->count++] = slot;
}

static void close_session(struct guard_reverse *reverse)
{
    session_close(reverse->session);
    reverse->session = NULL;
    reverse->opening.state = reverse->reply.state = REPLY_IDLE;
    reply_clear(&reverse->opening);
    reply_clear(&reverse->reply);
}

void guard_reverse_stop(struct guard_reverse *reverse)
{
    close_session(reverse);
    lag_forget(&reverse->history);
    reverse->due_ns = 0;
}

void guard_reverse_free(struct guard_reverse *reverse)
{
    if (!reverse)
        return;
    close_session(reverse);
    free(reverse->slots);
    free(reverse);
}

int64_t guard_reverse_until_ns(const struct guard_reverse *reverse)
{
    return reverse->session && reverse->due_ns == 0 ? INT64_MAX : reverse->due_ns;
}

static int row_of(const struct reply *reply, const char *slot)
{
    int row;

    for (row = 0; row < reply_rows(reply); row++)
        if (string_equal(reply_value(reply, row, "slot_name"), slot))
            return row;
    return -1;
}

static bool unknown(struct guard_sample *sample, const char *slot, const char *cause)
{
    sample->is_known = false;
    fault_set(&sample->fault, sql_slots_progress.doing, "green", NULL, "slot %s %s", slot, cause);
    return false;
}

/* One slot into the sample, if it is the worst so far. */
static bool take_slot(struct guard_reverse *reverse, const char *slot, int64_t now_ns,
                      uint64_t *confirmed_by_all, struct guard_sample *sample)
{
    const struct reply *reply = &reverse->reply;
    int row = row_of(reply, slot);
    uint64_t confirmed;
    int64_t behind, age_ns;
    bool active;

    if (row < 0)
        return unknown(sample, slot, "is not there");
    if (string_equal(reply_value(reply, row, "wal_status"), "lost"))
        return unknown(sample, slot, "is lost: green has removed WAL that blue needs");
    if (!reply_lsn(reply, row, "confirmed_flush_lsn", &confirmed) ||
        !reply_number(reply, row, "behind", &behind) || !reply_bool(reply, row, "active", &active))
        return unknown(sample, slot, "has no position");
    age_ns = lag_ns(&reverse->history, confirmed, now_ns);
    if (confirmed < *confirmed_by_all)
        *confirmed_by_all = confirmed;
    if (*sample->slot &&
        (age_ns < sample->lag_ns || (age_ns == sample->lag_ns && behind <= sample->behind)))
        return true;
    snprintf(sample->slot, sizeof(sample->slot), "%s", slot);
    sample->lag_ns = age_ns;
    sample->behind = behind;
    sample->in_use = active;
    return true;
}

static void take_answer(struct guard_reverse *reverse, struct guard_sample *sample)
{
    struct driver *driver = reverse->doors->driver;
    uint64_t end, confirmed_by_all = UINT64_MAX;
    size_t i;

    *sample = (struct guard_sample){.is_known = true};
    if (reverse->count == 0 || !reply_lsn(&reverse->reply, 0, "now_lsn", &end)) {
        unknown(sample, reverse->count ? reverse->slots[0] : "of the way back", "is not there");
        return;
    }
    lag_add(&reverse->history, end, reverse->reply.asked_ns);
    for (i = 0; i < reverse->count; i++)
        if (!take_slot(reverse, reverse->slots[i], driver->now_ns(driver), &confirmed_by_all,
                       sample))
            return;
    lag_trim(&reverse->history, confirmed_by_all);
}

static bool fail(struct guard_reverse *reverse, const struct fault *fault,
                 struct guard_sample *sample)
{
    struct driver *driver = reverse->doors->driver;

    *sample = (struct guard_sample){.fault = *fault};
    close_session(reverse);
    reverse->due_ns = driver->now_ns(driver) + INTERVAL_NS;
    return true;
}

bool guard_reverse_poll(struct guard_reverse *reverse, struct guard_sample *ret_sample)
{
    struct driver *driver = reverse->doors->driver;
    struct session_door *sessions = reverse->doors->sessions;
    int64_t now_ns = driver->now_ns(driver);

    if (reverse->opening.state == REPLY_FAILED)
        return fail(reverse, &reverse->opening.fault, ret_sample);
    if (reverse->reply.state == REPLY_FAILED)
        return fail(reverse, &reverse->reply.fault, ret_sample);
    if (reverse->reply.state == REPLY_OK) {
        take_answer(reverse, ret_sample);
        reply_clear(&reverse->reply);
        reverse->due_ns = now_ns + INTERVAL_NS;
        return true;
    }
    if (now_ns < reverse->due_ns)
        return false;
    if (!reverse->session) {
        reverse->session =
            sessions->open(sessions, &reverse->endpoint, TIMEOUT_MS, &reverse->opening);
        reverse->due_ns = 0;
    } else if (reverse->opening.state == REPLY_OK && reverse->reply.state == REPLY_IDLE) {
        session_ask(reverse->session, &sql_slots_progress, NULL, TIMEOUT_MS, &reverse->reply);
        reverse->due_ns = 0;
    }
    return false;
}
