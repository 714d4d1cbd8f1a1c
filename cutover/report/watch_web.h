/*
 * watch_web.h: the page of `watch`: a web server that shows the model and can do nothing. Never
 * blocks.
 *
 *   /                the page, and the files that it loads
 *   /api/state       all that is known (docs/schemas/watch.json)
 *   /api/events      the same as server-sent events: first all of it, then what has changed. The id
 *                    of each is the change that it tells up to, behind a name of this watch, so
 *                    whoever comes back with Last-Event-ID is told what it missed, or, by another
 *                    watch, everything. ?since=ID is the same.
 *   /api/history     of ?cluster=&server=&slot=
 *   /metrics         metrics.h; OpenMetrics for who accepts it
 *   /healthz         ok
 */
#ifndef PGCUTOVER_REPORT_WATCH_WEB_H
#define PGCUTOVER_REPORT_WATCH_WEB_H

#include "watch_model.h"

#include "../base/fault.h"

struct loop;
struct watch_web;

/* `address` and `anywhere` as in web_server.h. `watch` must outlive it. */
bool watch_web_new(struct loop *loop, const struct watch *watch, const char *address, bool anywhere,
                   struct watch_web **ret_web, struct fault *fault)
    __attribute__((warn_unused_result));
void watch_web_free(struct watch_web *web); /* NULL-safe */
/* Address and port: the one that was chosen where 0 was given. */
const char *watch_web_address(const struct watch_web *web);
/* The model was changed: tells everybody who looks what they have not seen. Once an interval is
   enough. */
void watch_web_changed(struct watch_web *web);

#endif
