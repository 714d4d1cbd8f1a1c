/*
 * watch_model.h: what `watch` knows of all clusters at one moment, as plain data. Never blocks.
 *
 * The sampler (commands) writes it as answers come in, a replay from a file; the terminal, the
 * page, the metrics and the recording only read it. What nobody has measured is WATCH_UNKNOWN,
 * never zero.
 *
 * Every part bears the number of the change that it was last written with: what a reader has not
 * seen yet is what bears a higher one than the last that it saw (watch_json.h). Histories are
 * points a tick: one an interval, NAN where nothing was measured.
 *
 * Names and texts are copied; everything belongs to the model. Times: wall clock in us since 1970;
 * lengths in us, sizes in bytes, rates in bytes a second.
 */
#ifndef PGCUTOVER_REPORT_WATCH_MODEL_H
#define PGCUTOVER_REPORT_WATCH_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WATCH_UNKNOWN INT64_MIN
#define WATCH_RECENT 128 /* the last points, each an interval */
#define WATCH_LONG 720   /* all of it, coarser and coarser: the worst of each stretch is kept */
#define WATCH_EVENTS 256 /* older ones are forgotten */

enum watch_state {
    WATCH_CONNECTING, /* nothing is known yet */
    WATCH_MEASURED,
    WATCH_UNMEASURED, /* `why` says why; the values are the last ones, and are not shown */
};

enum watch_trend {
    WATCH_TREND_UNKNOWN, /* too little was seen, or not measured */
    WATCH_CAUGHT_UP,
    WATCH_CATCHING_UP, /* eta_us */
    WATCH_NEVER,       /* will not catch up; `why` */
};

/* A series of one slot; the times are the server's. */
struct watch_series {
    float recent_behind[WATCH_RECENT], recent_lag[WATCH_RECENT]; /* bytes, seconds */
    float long_behind[WATCH_LONG], long_lag[WATCH_LONG];
};

/* What is compared, to know whether it changed: without gaps, texts padded with zeros. */
struct watch_slot_values {
    int64_t behind;       /* what the subscriber has not confirmed */
    int64_t lag_us;       /* the age of the oldest change of it */
    int64_t retained;     /* WAL that the slot keeps */
    int64_t safe;         /* what may still be written before it is lost; WATCH_UNKNOWN: no limit */
    int64_t lost_in_us;   /* at the present rates; WATCH_UNKNOWN: it will not be */
    int64_t apply_rate;   /* how fast the confirmed position moves */
    int64_t eta_us;       /* until it is caught up; of WATCH_CATCHING_UP only */
    int64_t spilled;      /* bytes that decoding wrote to disk since the counters began */
    int32_t trend;        /* enum watch_trend */
    int32_t lag_is_least; /* it was behind when the watch began: it is at least that old */
    int32_t is_there, is_active;
    char wal_status[16]; /* "" where the server has none, before 13 */
    char database[64];
    char why[160]; /* of the trend */
};

struct watch_slot {
    char name[64];
    struct watch_slot_values now;
    struct watch_series *series;
    void *memory; /* the sampler's own; freed with the slot, by free() */
    bool is_over; /* it is not there any more, and nobody misses it */
    uint64_t changed;
};

struct watch_subscription_values {
    int64_t apply_errors, sync_errors, conflicts; /* since the counters began; conflicts: 18 */
    int64_t message_age_us;                       /* since the publisher was last heard of */
    int32_t is_enabled, has_worker;
    char slot[64], database[64];
    char waits_for[96]; /* of the worker: "Lock: transactionid"; "" */
};

/* Names are unique in a database only. */
struct watch_subscription {
    char name[64];
    struct watch_subscription_values now;
    bool is_there;
    uint64_t changed;
};

struct watch_server_values {
    int64_t measured_us;   /* when; WATCH_UNKNOWN: never */
    int64_t round_trip_us; /* of the last answer */
    int64_t version_num, wal_rate;
    int64_t oldest_us, oldest_pid; /* the transaction that has been open longest; pid 0: a prepared
                                      one; us 0, without oldest_who: none is open */
    int64_t ticks;                 /* intervals that have passed, measured or not */
    uint64_t end_lsn;              /* of its log, flushed; 0: unknown */
    int32_t state;                 /* enum watch_state */
    int32_t unused;                /* no gaps */
    char oldest_who[96];           /* "app@shop, idle in transaction" */
    char why[192];
};

struct watch_server {
    char name[64]; /* "blue" */
    struct watch_server_values now;
    uint64_t changed;
    struct watch_slot *slots; /* ordered by name */
    size_t slot_count;
    struct watch_subscription *subscriptions;
    size_t subscription_count;
    /* of the histories of its slots */
    int64_t recent_at[WATCH_RECENT], long_at[WATCH_LONG]; /* us */
    size_t recent_count, recent_next;                     /* a ring */
    size_t long_count, long_stretch, long_filled; /* ticks in a point; in the last one so far */
};

struct watch_pool {
    char database[64], user[64];
    int64_t active, waiting, servers, idle, maxwait_us;
    int32_t is_paused;
    int32_t unused; /* no gaps */
};

/* A console: one process of a pooler. */
struct watch_console {
    char pooler[64], name[96];
    int32_t state; /* enum watch_state */
    char why[192];
    int64_t measured_us;
    struct watch_pool *pools;
    size_t pool_count;
    uint64_t changed;
};

struct watch_run_values {
    int64_t since_us;   /* the last line of its journal; WATCH_UNKNOWN */
    char id[64];        /* "" : no run is under way */
    char phase[96];     /* as `status` says it */
    char may_write[16]; /* blue, green, nobody */
    char last_step[64], last_state[32];
    char waits_for[192]; /* "" : nothing */
    char next[160];      /* what to type */
    char why[192];       /* of a journal that cannot be read: nothing of the above is known */
};

struct watch_cluster {
    char name[64];
    int64_t hold_behind;  /* threshold: farther behind, no client is held; WATCH_UNKNOWN: none */
    int64_t abort_lag_us; /* threshold: older, a pause is undone, or the guard trips */
    struct watch_run_values run;
    uint64_t run_changed;
    struct watch_server *servers;
    size_t server_count;
    struct watch_console *consoles;
    size_t console_count;
};

struct watch_event {
    uint64_t changed; /* its number */
    int64_t at_us;
    char cluster[64];
    char kind[16]; /* run, server, slot, pooler, subscription */
    char text[224];
};

struct watch {
    int64_t interval_ms;
    int64_t now_us;      /* wall clock of the last change */
    uint64_t changes;    /* the highest number given */
    uint64_t whole_from; /* who saw less must be told everything: something was forgotten since */
    struct watch_cluster *clusters;
    size_t cluster_count;
    struct watch_event events[WATCH_EVENTS]; /* a ring */
    size_t event_count, event_next;
    uint64_t event_total; /* with those that are forgotten */
};

struct watch *watch_new(int64_t interval_ms);
void watch_free(struct watch *watch); /* NULL-safe */

/* Puts a text of a server's, or of anybody's, into a value: as one line of valid UTF-8, cut off
   where it is too long, the rest zero. NULL: "". */
void watch_put(char *value, size_t size, const char *text);

/* Find by name, or add. Pointers to others of the same kind are good until the next one is added.
 */
struct watch_cluster *watch_cluster(struct watch *watch, const char *name);
struct watch_server *watch_server(struct watch_cluster *cluster, const char *name);
struct watch_console *watch_console(struct watch_cluster *cluster, const char *pooler,
                                    const char *name);
/* `hint`: where it is looked for first; answers come in the same order again and again. */
struct watch_slot *watch_slot(struct watch_server *server, const char *name, size_t hint);
struct watch_subscription *watch_subscription(struct watch_server *server, const char *name,
                                              const char *database);
/* NULL: there is none. */
struct watch_slot *watch_find_slot(const struct watch_server *server, const char *name);

/* Writing: no number is given where nothing changed. */
void watch_set_run(struct watch *watch, struct watch_cluster *cluster,
                   const struct watch_run_values *values);
void watch_set_server(struct watch *watch, struct watch_server *server,
                      const struct watch_server_values *values);
void watch_set_slot(struct watch *watch, struct watch_slot *slot,
                    const struct watch_slot_values *values);
void watch_set_subscription(struct watch *watch, struct watch_subscription *subscription,
                            const struct watch_subscription_values *values);
void watch_set_console(struct watch *watch, struct watch_console *console, enum watch_state state,
                       const char *why, int64_t at_us, const struct watch_pool *pools,
                       size_t count);
void watch_add_event(struct watch *watch, const char *cluster, const char *kind, int64_t at_us,
                     const char *text);
/* Slots that are over; and those of others that are gone for good, when there are many: a server
   where they come and go must not fill the memory. Whoever reads is told everything anew then. */
void watch_forget_gone(struct watch *watch, struct watch_server *server);
/* Those that are not there any more. */
void watch_forget_subscriptions(struct watch *watch, struct watch_server *server);
/* One interval has passed: a point in the histories of the server's slots, measured or not. */
void watch_tick(struct watch_server *server, int64_t at_us);

/* Reading. The i-th oldest of what is kept. */
const struct watch_event *watch_event_at(const struct watch *watch, size_t i);
/* The slot that is worst off among measured servers, one of ours where there are any: lost or gone
   first, then by lag; `ret_server` may be NULL. NULL: there is none. */
const struct watch_slot *watch_worst_slot(const struct watch_cluster *cluster,
                                          const struct watch_server **ret_server);
bool watch_slot_is_ours(const struct watch_slot *slot);
/* Lost, or gone though it is ours. */
bool watch_slot_is_lost(const struct watch_slot *slot);
/* The last `count` points at most, oldest first, into the arrays (any may be NULL). NAN: not
   measured. */
size_t watch_recent(const struct watch_server *server, const struct watch_slot *slot, size_t count,
                    int64_t *ret_at_us, float *ret_behind, float *ret_lag);

#endif
