#include "slots.h"

#include "../base/text.h"
#include "duration.h"
#include "leg.h"
#include "sql_files.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define ASK_MS 5000

/* --- looking ---------------------------------------------------------------------------------- */

static int64_t number_of(const struct reply *reply, int row, const char *column)
{
    int64_t number = SLOT_UNKNOWN;

    return reply_number(reply, row, column, &number) && number >= 0 ? number : SLOT_UNKNOWN;
}

static void read_row(struct slot_state *slot, const struct reply *reply, int row)
{
    const char *status = reply_value(reply, row, "wal_status");

    slot->is_there = true;
    if (!reply_bool(reply, row, "active", &slot->is_active))
        slot->is_active = false;
    snprintf(slot->wal_status, sizeof(slot->wal_status), "%s", status ? status : "");
    slot->behind = number_of(reply, row, "behind");
    slot->lag_us = number_of(reply, row, "lag_us");
    slot->retained = number_of(reply, row, "retained");
    slot->limit = number_of(reply, row, "limit_bytes");
}

/* Those that must be there, whether the server has them or not. */
static void expect(const struct world *world, struct slots *slots)
{
    size_t i;

    slots->list = memory_new((world->database_count + 1) * sizeof(*slots->list));
    for (i = 0; i < world->database_count; i++) {
        const struct database *database = &world->databases[i];
        struct slot_state *slot = &slots->list[slots->count];

        if (!database->replicate)
            continue;
        slots->count++;
        snprintf(slot->name, sizeof(slot->name), "%s", database->slot);
        snprintf(slot->database, sizeof(slot->database), "%s", database->name);
        slot->behind = slot->lag_us = slot->retained = slot->limit = SLOT_UNKNOWN;
    }
}

void slots_look(struct procedure *procedure, struct slots *ret_slots)
{
    struct world *world = procedure->world;
    bool on_green = leg_side(procedure) == SIDE_GREEN;
    struct slots slots = {.server = on_green ? "green" : "blue"};
    struct link *link = on_green ? &world->green.link : &world->blue.link;
    struct reply reply = {0};
    size_t i;
    int row;

    expect(world, &slots);
    slots.is_known = procedure_ask(procedure, link, &sql_slots_kept, NULL, ASK_MS, &reply);
    if (!slots.is_known)
        slots.fault = reply.fault;
    for (row = 0; slots.is_known && row < reply_rows(&reply); row++)
        for (i = 0; i < slots.count; i++)
            if (string_equal(slots.list[i].name, reply_value(&reply, row, "slot_name")))
                read_row(&slots.list[i], &reply, row);
    reply_clear(&reply);
    *ret_slots = slots;
}

void slots_free(struct slots *slots)
{
    free(slots->list);
    slots->list = NULL;
    slots->count = 0;
}

/* --- judging ---------------------------------------------------------------------------------- */

const struct slot_state *slots_find_lost(const struct slots *slots)
{
    size_t i;

    for (i = 0; slots->is_known && i < slots->count; i++)
        if (!slots->list[i].is_there || string_equal(slots->list[i].wal_status, "lost"))
            return &slots->list[i];
    return NULL;
}

static int64_t farthest(const struct slots *slots, size_t offset)
{
    int64_t most = slots->is_known && slots->count ? 0 : SLOT_UNKNOWN;
    size_t i;

    for (i = 0; most != SLOT_UNKNOWN && i < slots->count; i++) {
        int64_t value;

        memcpy(&value, (const char *) &slots->list[i] + offset, sizeof(value));
        if (value == SLOT_UNKNOWN || value > most)
            most = value;
    }
    return most;
}

int64_t slots_behind(const struct slots *slots)
{
    return farthest(slots, offsetof(struct slot_state, behind));
}

int64_t slots_lag_us(const struct slots *slots)
{
    return farthest(slots, offsetof(struct slot_state, lag_us));
}

/* --- saying ----------------------------------------------------------------------------------- */

static void add_kept(struct text *out, const struct slot_state *slot)
{
    text_add_string(out, "; keeps ");
    if (slot->retained == SLOT_UNKNOWN)
        text_add_string(out, "nobody knows how much");
    else
        size_add(out, slot->retained);
    text_add_string(out, " of WAL, ");
    if (slot->limit == SLOT_UNKNOWN) {
        text_add_string(out, "no limit");
    } else {
        text_add_string(out, "limit ");
        size_add(out, slot->limit);
    }
    if (*slot->wal_status && !string_equal(slot->wal_status, "reserved"))
        text_add(out, " (%s)", slot->wal_status);
}

void slots_say(const struct slots *slots, const struct slot_state *slot, struct text *out)
{
    text_add(out, "slot %s on %s: ", slot->name, slots->server);
    if (!slot->is_there || string_equal(slot->wal_status, "lost")) {
        text_add_string(out, slot->is_there ? "lost: the WAL that it needs was removed" : "gone");
        return;
    }
    if (slot->behind == SLOT_UNKNOWN)
        text_add_string(out, "unknown how far behind");
    else
        size_add(out, slot->behind);
    text_add_string(out, slot->behind == SLOT_UNKNOWN ? ", " : " behind, ");
    if (slot->lag_us == SLOT_UNKNOWN)
        text_add_string(out, "seconds unknown");
    else
        duration_add(out, slot->lag_us);
    add_kept(out, slot);
    if (!slot->is_active)
        text_add_string(out, "; not in use");
}

static void add_number(cJSON *object, const char *name, int64_t value, double unit)
{
    cJSON_AddItemToObject(object, name,
                          value == SLOT_UNKNOWN ? cJSON_CreateNull()
                                                : cJSON_CreateNumber((double) value / unit));
}

cJSON *slots_json(const struct slots *slots)
{
    cJSON *list = slots->is_known ? cJSON_CreateArray() : NULL;
    size_t i;

    for (i = 0; list && i < slots->count; i++) {
        const struct slot_state *slot = &slots->list[i];
        cJSON *item = cJSON_CreateObject();

        cJSON_AddStringToObject(item, "name", slot->name);
        cJSON_AddStringToObject(item, "database", slot->database);
        cJSON_AddStringToObject(item, "server", slots->server);
        cJSON_AddBoolToObject(item, "exists", slot->is_there);
        cJSON_AddBoolToObject(item, "active", slot->is_active);
        cJSON_AddItemToObject(item, "wal_status",
                              *slot->wal_status ? cJSON_CreateString(slot->wal_status)
                                                : cJSON_CreateNull());
        add_number(item, "behind_bytes", slot->behind, 1);
        add_number(item, "lag_seconds", slot->lag_us, 1e6);
        add_number(item, "retained_bytes", slot->retained, 1);
        add_number(item, "limit_bytes", slot->limit, 1);
        cJSON_AddItemToArray(list, item);
    }
    return list;
}
