/*
 * watch_say.h: values of a watch as people read them, and how bad they are. What is not known is a
 * word. Never blocks.
 */
#ifndef PGCUTOVER_REPORT_WATCH_SAY_H
#define PGCUTOVER_REPORT_WATCH_SAY_H

#include "canvas.h"
#include "watch_model.h"

struct said {
    char text[32];
};

struct said said_duration(int64_t us); /* "340 ms", "12 s", "4.2 min", "3.1 h", "2.5 d" */
struct said said_size(int64_t bytes);  /* "16 MB" */
struct said said_rate(int64_t bytes_per_second);
struct said said_number(int64_t number);
struct said said_clock(int64_t us); /* "03:27:04", UTC */
struct said said_stamp(int64_t us); /* "2026-11-21 03:27:04Z" */
struct said said_version(int64_t version_num);

/* Measured, and not so long ago that it only looks as if. */
bool watch_server_is_measured(const struct watch *watch, const struct watch_server *server);
bool watch_console_is_measured(const struct watch *watch, const struct watch_console *console);
/* NULL: all of them are measured. */
const struct watch_server *watch_first_unmeasured(const struct watch *watch,
                                                  const struct watch_cluster *cluster);
/* "unmeasured since 03:20:01 (7 min): connection refused" */
void watch_say_unmeasured(const struct watch *watch, int32_t state, int64_t measured_us,
                          const char *why, struct text *out);
/* Without the address that libpq begins with: "Connection refused". */
const char *watch_brief_why(const char *why);
/* "12 s left", "will not catch up: …"; `ret_brief` has at most 10 columns. */
void watch_say_trend(const struct watch_slot *slot, struct text *out, struct said *ret_brief);
/* "reserved", "GONE", "lost", "inactive" */
const char *watch_slot_health(const struct watch_slot *slot);
/* "12 s"; "≥12 s": at least */
void watch_say_lag(const struct watch_slot *slot, struct text *out);

/* PLAIN, WARNING or BAD. */
enum style watch_slot_style(const struct watch_cluster *cluster, const struct watch_slot *slot);
enum style watch_subscription_style(const struct watch_subscription *subscription);
enum style watch_pool_style(const struct watch_pool *pool);
/* Of all that is known of it. */
enum style watch_cluster_style(const struct watch *watch, const struct watch_cluster *cluster);

#endif
