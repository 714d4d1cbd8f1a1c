#include "watch_fields.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define NAMES_END NULL
const char *const watch_state_names[] = {"connecting", "measured", "unmeasured", NAMES_END};
const char *const watch_trend_names[] = {"unknown", "caught_up", "catching_up", "never", NAMES_END};

#define FIELD(structure, kind, member, name)                                                       \
    {                                                                                              \
        .key = (name), .type = (kind), .offset = offsetof(struct structure, member),               \
        .size = sizeof(((struct structure *) NULL)->member)                                        \
    }
#define FIELDS(list)                                                                               \
    {                                                                                              \
        (list), sizeof(list) / sizeof((list)[0])                                                   \
    }

static const struct watch_field run_list[] = {
    FIELD(watch_run_values, WATCH_TEXT, id, "id"),
    FIELD(watch_run_values, WATCH_TEXT, phase, "phase"),
    FIELD(watch_run_values, WATCH_TEXT, may_write, "may_write"),
    FIELD(watch_run_values, WATCH_TEXT, last_step, "last_step"),
    FIELD(watch_run_values, WATCH_TEXT, last_state, "last_state"),
    FIELD(watch_run_values, WATCH_NUMBER, since_us, "since_us"),
    FIELD(watch_run_values, WATCH_TEXT, waits_for, "waits_for"),
    FIELD(watch_run_values, WATCH_TEXT, next, "next"),
    FIELD(watch_run_values, WATCH_TEXT, why, "why"),
};
static const struct watch_field server_list[] = {
    FIELD(watch_server_values, WATCH_STATE, state, "state"),
    FIELD(watch_server_values, WATCH_TEXT, why, "why"),
    FIELD(watch_server_values, WATCH_NUMBER, measured_us, "measured_us"),
    FIELD(watch_server_values, WATCH_NUMBER, round_trip_us, "round_trip_us"),
    FIELD(watch_server_values, WATCH_NUMBER, version_num, "version_num"),
    FIELD(watch_server_values, WATCH_LSN, end_lsn, "end_lsn"),
    FIELD(watch_server_values, WATCH_NUMBER, wal_rate, "wal_rate"),
    FIELD(watch_server_values, WATCH_NUMBER, oldest_us, "oldest_us"),
    FIELD(watch_server_values, WATCH_NUMBER, oldest_pid, "oldest_pid"),
    FIELD(watch_server_values, WATCH_TEXT, oldest_who, "oldest_who"),
    FIELD(watch_server_values, WATCH_NUMBER, ticks, "ticks"),
};
static const struct watch_field slot_list[] = {
    FIELD(watch_slot_values, WATCH_TEXT, database, "database"),
    FIELD(watch_slot_values, WATCH_BOOL, is_there, "is_there"),
    FIELD(watch_slot_values, WATCH_BOOL, is_active, "is_active"),
    FIELD(watch_slot_values, WATCH_TEXT, wal_status, "wal_status"),
    FIELD(watch_slot_values, WATCH_NUMBER, behind, "behind"),
    FIELD(watch_slot_values, WATCH_NUMBER, lag_us, "lag_us"),
    FIELD(watch_slot_values, WATCH_BOOL, lag_is_least, "lag_is_least"),
    FIELD(watch_slot_values, WATCH_NUMBER, retained, "retained"),
    FIELD(watch_slot_values, WATCH_NUMBER, safe, "safe"),
    FIELD(watch_slot_values, WATCH_NUMBER, lost_in_us, "lost_in_us"),
    FIELD(watch_slot_values, WATCH_NUMBER, apply_rate, "apply_rate"),
    FIELD(watch_slot_values, WATCH_TREND, trend, "trend"),
    FIELD(watch_slot_values, WATCH_NUMBER, eta_us, "eta_us"),
    FIELD(watch_slot_values, WATCH_TEXT, why, "why"),
    FIELD(watch_slot_values, WATCH_NUMBER, spilled, "spilled"),
};
static const struct watch_field subscription_list[] = {
    FIELD(watch_subscription_values, WATCH_TEXT, database, "database"),
    FIELD(watch_subscription_values, WATCH_TEXT, slot, "slot"),
    FIELD(watch_subscription_values, WATCH_BOOL, is_enabled, "is_enabled"),
    FIELD(watch_subscription_values, WATCH_BOOL, has_worker, "has_worker"),
    FIELD(watch_subscription_values, WATCH_TEXT, waits_for, "waits_for"),
    FIELD(watch_subscription_values, WATCH_NUMBER, message_age_us, "message_age_us"),
    FIELD(watch_subscription_values, WATCH_NUMBER, apply_errors, "apply_errors"),
    FIELD(watch_subscription_values, WATCH_NUMBER, sync_errors, "sync_errors"),
    FIELD(watch_subscription_values, WATCH_NUMBER, conflicts, "conflicts"),
};
static const struct watch_field pool_list[] = {
    FIELD(watch_pool, WATCH_TEXT, database, "database"),
    FIELD(watch_pool, WATCH_TEXT, user, "user"),
    FIELD(watch_pool, WATCH_NUMBER, active, "active"),
    FIELD(watch_pool, WATCH_NUMBER, waiting, "waiting"),
    FIELD(watch_pool, WATCH_NUMBER, servers, "servers"),
    FIELD(watch_pool, WATCH_NUMBER, idle, "idle"),
    FIELD(watch_pool, WATCH_NUMBER, maxwait_us, "maxwait_us"),
    FIELD(watch_pool, WATCH_BOOL, is_paused, "is_paused"),
};
const struct watch_fields watch_run_fields = FIELDS(run_list);
const struct watch_fields watch_server_fields = FIELDS(server_list);
const struct watch_fields watch_slot_fields = FIELDS(slot_list);
const struct watch_fields watch_subscription_fields = FIELDS(subscription_list);
const struct watch_fields watch_pool_fields = FIELDS(pool_list);

/* --- out -------------------------------------------------------------------------------------- */

/* As it is: cJSON would write a large one with an exponent. */
cJSON *watch_number_json(int64_t number)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRId64, number);
    return number == WATCH_UNKNOWN ? cJSON_CreateNull() : cJSON_CreateRaw(text);
}

static cJSON *lsn_json(uint64_t lsn)
{
    char text[32];

    snprintf(text, sizeof(text), "%" PRIX32 "/%" PRIX32, (uint32_t) (lsn >> 32), (uint32_t) lsn);
    return lsn ? cJSON_CreateString(text) : cJSON_CreateNull();
}

static cJSON *value_json(const struct watch_field *field, const char *at)
{
    int64_t number;
    uint64_t lsn;
    int32_t small;

    switch (field->type) {
    case WATCH_NUMBER:
        memcpy(&number, at, sizeof(number));
        return watch_number_json(number);
    case WATCH_LSN:
        memcpy(&lsn, at, sizeof(lsn));
        return lsn_json(lsn);
    case WATCH_TEXT:
        return *at ? cJSON_CreateString(at) : cJSON_CreateNull();
    case WATCH_BOOL:
    case WATCH_STATE:
    case WATCH_TREND:
        memcpy(&small, at, sizeof(small));
        if (field->type == WATCH_BOOL)
            return cJSON_CreateBool(small);
        return cJSON_CreateString(field->type == WATCH_STATE ? watch_state_names[small]
                                                             : watch_trend_names[small]);
    }
    return NULL;
}

void watch_fields_add(cJSON *object, const struct watch_fields *fields, const void *values)
{
    size_t i;

    for (i = 0; i < fields->count; i++)
        cJSON_AddItemToObject(
            object, fields->list[i].key,
            value_json(&fields->list[i], (const char *) values + fields->list[i].offset));
}

/* --- in --------------------------------------------------------------------------------------- */

static bool read_number(const cJSON *item, int64_t *ret_number)
{
    double value = item ? item->valuedouble : 0;

    if (cJSON_IsNull(item)) {
        *ret_number = WATCH_UNKNOWN;
        return true;
    }
    if (!cJSON_IsNumber(item) || !(fabs(value) < 9e18))
        return false;
    *ret_number = (int64_t) value;
    return true;
}

static bool read_lsn(const cJSON *item, uint64_t *ret_lsn)
{
    unsigned int high, low;
    char end;

    *ret_lsn = 0;
    if (cJSON_IsNull(item))
        return true;
    if (!cJSON_IsString(item) || sscanf(item->valuestring, "%8X/%8X%c", &high, &low, &end) != 2)
        return false;
    *ret_lsn = (uint64_t) high << 32 | low;
    return true;
}

static bool read_name(const cJSON *item, const char *const *names, int32_t *ret_value)
{
    int32_t i;

    for (i = 0; cJSON_IsString(item) && names[i]; i++)
        if (strcmp(names[i], item->valuestring) == 0) {
            *ret_value = i;
            return true;
        }
    return false;
}

static bool read_value(const cJSON *item, const struct watch_field *field, char *at)
{
    int64_t number;
    uint64_t lsn;
    int32_t small = 0;

    switch (field->type) {
    case WATCH_NUMBER:
        if (!read_number(item, &number))
            return false;
        memcpy(at, &number, sizeof(number));
        return true;
    case WATCH_LSN:
        if (!read_lsn(item, &lsn))
            return false;
        memcpy(at, &lsn, sizeof(lsn));
        return true;
    case WATCH_TEXT:
        if (!cJSON_IsString(item) && !cJSON_IsNull(item))
            return false;
        watch_put(at, field->size, cJSON_IsString(item) ? item->valuestring : NULL);
        return true;
    case WATCH_BOOL:
        if (!cJSON_IsBool(item))
            return false;
        small = cJSON_IsTrue(item) ? 1 : 0;
        break;
    case WATCH_STATE:
    case WATCH_TREND:
        if (!read_name(item, field->type == WATCH_STATE ? watch_state_names : watch_trend_names,
                       &small))
            return false;
        break;
    }
    memcpy(at, &small, sizeof(small));
    return true;
}

const char *watch_fields_read(const cJSON *object, const struct watch_fields *fields,
                              void *ret_values)
{
    size_t i;

    for (i = 0; i < fields->count; i++)
        if (!read_value(cJSON_GetObjectItemCaseSensitive(object, fields->list[i].key),
                        &fields->list[i], (char *) ret_values + fields->list[i].offset))
            return fields->list[i].key;
    return NULL;
}
