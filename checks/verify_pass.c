/*
 * Waiting until the subscriber has everything that the publisher showed a moment ago.
 *
 * The insert position, read behind the publisher's rows, lies behind every commit that they show
 * (rules C1 and C2 in docs/correctness.md). No walsender can be asked for it: at the start of a
 * page it is beyond any record. So: once what is flushed has reached it, the flushed position is
 * what the slot must confirm. Nothing is written for that; on a server that does nothing else the
 * rest of the log is flushed within some seconds.
 */
#include "verify_worker.h"

#include "../replication/lsn.h"
#include "check_files.h"

#define STANDS_STILL_MS 120000
#define INACTIVE_MS 30000
#define LOOK_MS 5
#define LOOK_LATER_MS 50

void verify_pass_begin(struct verify_worker *worker, enum phase behind)
{
    worker->behind = behind;
    worker->insert = worker->target = worker->confirmed = 0;
    worker->moved_ns = verify_now(worker->verify);
}

void verify_pass_ask(struct verify_worker *worker)
{
    struct sql_arguments arguments = {0};

    sql_set(&arguments, "slot", worker->database->slot);
    verify_ask(worker, PUBLISHER, &check_verify_position, &arguments, VERIFY_ASK_MS);
}

static enum phase fail(struct verify_worker *worker, enum exit_code code, const char *cause,
                       const char *hint)
{
    struct fault fault = {0};

    fault_set(&fault, "waiting for the slot to confirm", worker->links[PUBLISHER].name, NULL,
              "slot %s %s", worker->database->slot, cause);
    fault_hint(&fault, "%s", hint);
    fault.exit_code = code;
    verify_fail(worker->verify, &fault);
    return PHASE_IDLE;
}

static enum phase look_later(struct verify_worker *worker, enum phase phase)
{
    int64_t now = verify_now(worker->verify);
    bool is_new = now - worker->moved_ns < 100 * NS_PER_MS;

    worker->not_before_ns = now + (is_new ? LOOK_MS : LOOK_LATER_MS) * NS_PER_MS;
    return phase;
}

/* What cannot be waited for any longer; PHASE_IDLE: failed. */
static enum phase is_waited_for(struct verify_worker *worker, enum phase phase)
{
    struct reply *reply = &worker->links[PUBLISHER].reply;
    int64_t waited_ms = (verify_now(worker->verify) - worker->moved_ns) / NS_PER_MS;
    bool is_active = false;

    if (!reply_bool(reply, 0, "is_active", &is_active))
        return fail(worker, EXIT_FAILED, "is not there: nothing is replicated",
                    "verify compares two servers that replicate: after prepare and before finish");
    if (!is_active && waited_ms > INACTIVE_MS)
        return fail(worker, EXIT_TRANSIENT, "is not in use: nothing arrives on the other side",
                    "see the other server's log and its subscription; then again, it goes on");
    if (waited_ms > STANDS_STILL_MS)
        return fail(worker, EXIT_TRANSIENT, "stands still, though there is more to confirm",
                    "see the other server's log and its subscription; then again, it goes on");
    return phase;
}

enum phase verify_greet_done(struct verify_worker *worker)
{
    struct reply *reply = &worker->links[PUBLISHER].reply;
    bool is_active = worker->verify->options.stands_still;

    if (is_active || (reply_bool(reply, 0, "is_active", &is_active) && is_active))
        return verify_first_phase(worker);
    return look_later(worker, is_waited_for(worker, PHASE_GREET));
}

static void find_target(struct verify_worker *worker)
{
    struct reply *reply = &worker->links[PUBLISHER].reply;
    uint64_t flushed = 0;

    if (!worker->insert && !reply_lsn(reply, 0, "insert_lsn", &worker->insert))
        worker->insert = 0;
    if (worker->insert && !worker->target && reply_lsn(reply, 0, "flush_lsn", &flushed) &&
        (flushed >= worker->insert || lsn_target_reached(worker->insert, flushed)))
        worker->target = flushed;
}

enum phase verify_pass_done(struct verify_worker *worker)
{
    struct reply *reply = &worker->links[PUBLISHER].reply;
    uint64_t confirmed = 0;
    bool is_active = false;

    if (worker->verify->options.stands_still)
        return worker->behind; /* nothing is on its way */
    find_target(worker);
    if (reply_lsn(reply, 0, "confirmed_flush_lsn", &confirmed) && confirmed > worker->confirmed) {
        worker->confirmed = confirmed;
        worker->moved_ns = verify_now(worker->verify);
    }
    if (worker->target && confirmed >= worker->target &&
        reply_bool(reply, 0, "is_active", &is_active) && is_active)
        return worker->behind;
    /* what moves all the time is looked at as often as can be */
    if (worker->behind == PHASE_ROUND_OTHER && worker->table->keys.count)
        return look_later(worker, is_waited_for(worker, PHASE_ROUND_MORE));
    return look_later(worker, is_waited_for(worker, PHASE_PASS));
}

bool verify_is_believable(const struct verify_worker *worker)
{
    int64_t waiting = 0;

    return reply_number(&worker->links[PUBLISHER].reply, 0, "waiting", &waiting) && waiting == 0;
}
