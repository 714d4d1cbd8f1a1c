/*
 * watch_json.h: what `watch` knows, as JSON: for the recording, the page, and back from a
 * recording. One form for all of them (docs/schemas/watch.json). Never blocks.
 */
#ifndef PGCUTOVER_REPORT_WATCH_JSON_H
#define PGCUTOVER_REPORT_WATCH_JSON_H

#include "watch_model.h"

#include "../base/fault.h"

struct cJSON;

/* What has changed behind the change `since`; 0, or one that is too old: everything, "whole": true.
   The caller frees. */
struct cJSON *watch_json(const struct watch *watch, uint64_t since);
/* Is there anything that bears a higher number? */
bool watch_has_news(const struct watch *watch, uint64_t since);
/* Takes one over: what it does not tell of stays as it is. A value of the wrong type, or a key that
   is missing, is a fault; the model is then partly changed. */
bool watch_apply(struct watch *watch, const struct cJSON *json, struct fault *fault)
    __attribute__((warn_unused_result));
/* The history of a slot, coarse where it is long: {"at_us": […], "behind": […], "lag_s": […]}, with
   null where nothing was measured. The caller frees. */
struct cJSON *watch_history_json(const struct watch_server *server, const struct watch_slot *slot);

#endif
