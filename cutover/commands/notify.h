/*
 * notify.h: [notify NAME]: tells others what happens: a webhook, Slack, PagerDuty.
 *
 * Nothing waits for it. Messages are queued, and sent from the loop, to each one after the other;
 * none while clients are held. One that is not taken within two seconds is dropped; at the end of a
 * command what is left has two seconds in all. What was dropped is told once.
 */
#ifndef PGCUTOVER_COMMANDS_NOTIFY_H
#define PGCUTOVER_COMMANDS_NOTIFY_H

#include "../base/config.h"
#include "../base/driver.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct text;

/* What is told. Everything but `event`, `cluster` and `text` may be NULL. */
struct notify_message {
    const char *event; /* of config_notify_events */
    const char *cluster, *run, *command, *step;
    const char *may_write; /* "blue", "nobody", "green"; NULL: not known */
    const char *text;      /* one sentence or two, for people; without secrets */
    const char *next;      /* what to do or to type */
    int64_t wall_us;
    unsigned number; /* of this process; time and number are a message's name */
};

/* --- what is sent: notify_body.c -------------------------------------------------------------- */

/* The JSON for one of `kind`, NULL when it is not told of this; the caller frees it. `key` is
   PagerDuty's. */
char *notify_body(const struct config_notify *notify, const char *key,
                  const struct notify_message *message);

/* --- sending it ------------------------------------------------------------------------------- */

struct notify;

/* Reads the files with URLs and keys; blocks on local files. EXIT_USAGE when one cannot be used;
   with `lenient` it is left out and told by notify_end(). *ret_notify is NULL when nobody is to be
   told. `config` must outlive it. */
bool notify_new(const struct config *config, struct loop *loop, bool lenient,
                struct notify **ret_notify, struct fault *fault)
    __attribute__((warn_unused_result));
void notify_free(struct notify *notify); /* NULL-safe */
/* Queues; number is set here. */
void notify_say(struct notify *notify, const struct notify_message *message);
/* Nothing is sent from now on: what is under way is taken back, and sent again later. Or goes on.
 */
void notify_hold(struct notify *notify, bool is_held);
/* Now and then, from the loop: takes answers, sends what is next. */
void notify_poll(struct notify *notify);
/* At most two seconds in all, for what is left. Adds a line to `out` for each that was not told
   everything. */
void notify_end(struct notify *notify, struct text *out);
/* "ops (webhook), call (pagerduty)" */
void notify_explain(const struct notify *notify, struct text *out);

#endif
