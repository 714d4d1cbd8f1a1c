/*
 * watch_fields.h: which JSON keys stand for which values of the model; both directions go by it.
 * Inside report only.
 */
#ifndef PGCUTOVER_REPORT_WATCH_FIELDS_H
#define PGCUTOVER_REPORT_WATCH_FIELDS_H

#include "watch_model.h"

struct cJSON;

enum watch_type {
    WATCH_NUMBER, /* int64_t; null: WATCH_UNKNOWN */
    WATCH_BOOL,   /* int32_t */
    WATCH_TEXT,   /* an array of char; null: "" */
    WATCH_STATE,  /* int32_t, enum watch_state */
    WATCH_TREND,  /* int32_t, enum watch_trend */
    WATCH_LSN,    /* uint64_t; null: 0 */
};

struct watch_field {
    const char *key;
    enum watch_type type;
    size_t offset, size;
};

struct watch_fields {
    const struct watch_field *list;
    size_t count;
};

extern const struct watch_fields watch_run_fields, watch_server_fields, watch_slot_fields,
    watch_subscription_fields, watch_pool_fields;

extern const char *const watch_state_names[], *const watch_trend_names[];

/* null where it is not known. To be printed, not to be read: it is raw text. */
struct cJSON *watch_number_json(int64_t number);
/* Adds all of them to the object. */
void watch_fields_add(struct cJSON *object, const struct watch_fields *fields, const void *values);
/* Reads all of them into `ret_values`, which is all of a kind; returns the key that is missing or
   of the wrong type, NULL: none is. */
const char *watch_fields_read(const struct cJSON *object, const struct watch_fields *fields,
                              void *ret_values);

#endif
