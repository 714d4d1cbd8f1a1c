#include "hook.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Whole numbers up to here are exact in JSON's doubles. */
#define NUMBER_MAX 9007199254740991.0

static cJSON *new_address(const struct pooler_address *address)
{
    cJSON *made = cJSON_CreateObject();

    cJSON_AddStringToObject(made, "host", address->host ? address->host : "");
    cJSON_AddNumberToObject(made, "port", atoi(address->port ? address->port : "5432"));
    return made;
}

static void add_addresses(cJSON *object, const char *name, const struct pooler_address *list,
                          size_t count)
{
    cJSON *made = cJSON_AddArrayToObject(object, name);

    for (size_t i = 0; i < count; i++)
        cJSON_AddItemToArray(made, new_address(&list[i]));
}

char *hook_request(const struct hook_call *call)
{
    cJSON *object = cJSON_CreateObject(), *databases;
    char *text;

    cJSON_AddNumberToObject(object, "schema_version", HOOK_SCHEMA_VERSION);
    cJSON_AddStringToObject(object, "action", call->action);
    cJSON_AddStringToObject(object, "run", call->run);
    cJSON_AddStringToObject(object, "pooler", call->pooler);
    cJSON_AddNumberToObject(object, "budget_ms", (double) call->budget_ms);
    cJSON_AddItemToObject(object, "from", new_address(&call->from));
    cJSON_AddItemToObject(object, "to", new_address(&call->to));
    add_addresses(object, "blue", call->blue, call->blue_count);
    add_addresses(object, "green", call->green, call->green_count);
    databases = cJSON_AddArrayToObject(object, "databases");
    for (size_t i = 0; i < call->database_count; i++)
        cJSON_AddItemToArray(databases, cJSON_CreateString(call->databases[i]));
    text = cJSON_PrintUnformatted(object);
    cJSON_Delete(object);
    if (!text)
        abort(); /* out of memory */
    return text;
}

static bool refuse(char ret_cause[HOOK_CAUSE], const char *cause, const char *field)
{
    snprintf(ret_cause, HOOK_CAUSE, "%s%s", cause, field);
    return false;
}

/* The field, when it is there exactly once; of an object only: what is in an array has no name. */
static const cJSON *field_of(const cJSON *object, const char *name)
{
    const cJSON *item, *found = NULL;

    if (!cJSON_IsObject(object))
        return NULL;
    cJSON_ArrayForEach(item, object)
    {
        if (strcmp(item->string, name) != 0)
            continue;
        if (found)
            return NULL;
        found = item;
    }
    return found;
}

static bool read_number(const cJSON *item, double least, double most, int64_t *ret_number)
{
    if (!cJSON_IsNumber(item) || !(item->valuedouble >= least && item->valuedouble <= most) ||
        (double) (int64_t) item->valuedouble < item->valuedouble)
        return false;
    *ret_number = (int64_t) item->valuedouble;
    return true;
}

static cJSON *read_object(const char *output, char ret_cause[HOOK_CAUSE])
{
    const char *end = NULL;
    cJSON *object = NULL;
    int64_t version = 0;

    if (!output || !output[strspn(output, " \t\r\n")]) {
        refuse(ret_cause, "it printed nothing", "");
        return NULL;
    }
    object = cJSON_ParseWithOpts(output, &end, true);
    if (!object)
        refuse(ret_cause, "what it printed is not JSON", "");
    else if (!cJSON_IsObject(object))
        refuse(ret_cause, "what it printed is not a JSON object", "");
    else if (!read_number(field_of(object, "schema_version"), 0, NUMBER_MAX, &version))
        refuse(ret_cause, "its answer has no schema_version, or none that is a number", "");
    else if (version != HOOK_SCHEMA_VERSION)
        refuse(ret_cause, "its answer has another schema_version than 1", "");
    else
        return object;
    cJSON_Delete(object);
    return NULL;
}

bool hook_answered(const char *output, char ret_cause[HOOK_CAUSE])
{
    cJSON *object = read_object(output, ret_cause);

    cJSON_Delete(object);
    return object != NULL;
}

/* null: its clients go to more than one address. */
static bool read_address(const cJSON *item, struct hook_state *state)
{
    const cJSON *host = field_of(item, "host");
    int64_t port = 0;

    if (cJSON_IsNull(item))
        return true;
    if (!cJSON_IsString(host) || !*host->valuestring || strchr(host->valuestring, ',') ||
        strlen(host->valuestring) >= sizeof(state->host) ||
        !read_number(field_of(item, "port"), 1, 65535, &port))
        return false;
    snprintf(state->host, sizeof(state->host), "%s", host->valuestring);
    snprintf(state->port, sizeof(state->port), "%d", (int) port);
    return true;
}

static bool read_count(const cJSON *item, int64_t *ret_count)
{
    *ret_count = -1;
    return cJSON_IsNull(item) || read_number(item, 0, NUMBER_MAX, ret_count);
}

bool hook_described(const char *output, struct hook_state *ret_state, char ret_cause[HOOK_CAUSE])
{
    static const char wrong[] = "its answer has no such field, or of another type: ";
    cJSON *object = read_object(output, ret_cause);
    struct hook_state state = {0};
    const cJSON *held = object ? field_of(object, "held") : NULL;
    bool good = false;

    if (!object)
        return false;
    if (!cJSON_IsBool(held))
        refuse(ret_cause, wrong, "held");
    else if (!read_address(field_of(object, "at"), &state))
        refuse(ret_cause, wrong, "at");
    else if (!read_count(field_of(object, "clients"), &state.clients))
        refuse(ret_cause, wrong, "clients");
    else if (!read_count(field_of(object, "waiting"), &state.waiting))
        refuse(ret_cause, wrong, "waiting");
    else
        good = true;
    state.held = cJSON_IsTrue(held);
    cJSON_Delete(object);
    if (good)
        *ret_state = state;
    return good;
}

bool hook_is_at(const struct hook_state *state, const struct pooler_address *addresses,
                size_t count)
{
    struct pooler_entry entry = {.host = (char *) (uintptr_t) state->host,
                                 .port = (char *) (uintptr_t) state->port};

    return *state->host && pooler_entry_is_at(&entry, addresses, count);
}

void hook_print_address(const struct hook_state *state, char ret_text[HOOK_CAUSE])
{
    if (*state->host)
        snprintf(ret_text, HOOK_CAUSE, "%.120s:%s", state->host, state->port);
    else
        snprintf(ret_text, HOOK_CAUSE, "more than one address");
}

void hook_arguments(struct hook_arguments *arguments, const char *command,
                    const struct hook_call *call, const char *json, bool sweep)
{
    int64_t ms = call->budget_ms > 0 ? call->budget_ms : 1; /* 0 would be no limit */
    size_t count = 0;

    memset(arguments, 0, sizeof(*arguments));
    snprintf(arguments->seconds, sizeof(arguments->seconds), "%lld.%03lld", (long long) (ms / 1000),
             (long long) (ms % 1000));
    snprintf(arguments->caller, sizeof(arguments->caller), "%s/%s", call->run, call->pooler);
    arguments->list[count++] = command;
    arguments->list[count++] = call->action;
    arguments->list[count++] = json;
    arguments->list[count++] = arguments->seconds;
    arguments->list[count++] = arguments->caller;
    if (sweep)
        arguments->list[count++] = "sweep";
}
