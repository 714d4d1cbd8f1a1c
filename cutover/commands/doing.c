#include "doing.h"

#include "../../checks/json_file.h"
#include "../base/text.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct json_file file = {.name = "doing",
                                      .hint = "status and watch cannot say what is waited for",
                                      .schema_version = 1,
                                      .size_max = 65536,
                                      .is_fleeting = true};

static void write_doing(const struct procedure *procedure, const struct event *event,
                        const char *waits_for)
{
    cJSON *root = cJSON_CreateObject();
    struct fault fault;

    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddNumberToObject(root, "pid", getpid());
    cJSON_AddNumberToObject(root, "at_us", (double) procedure->driver->wall_us(procedure->driver));
    cJSON_AddStringToObject(root, "plan", event->plan->id);
    cJSON_AddStringToObject(root, "step", event->row->step->id);
    cJSON_AddStringToObject(root, "waits_for", waits_for);
    if (!json_file_write(&file, procedure->directory, "noting what is being done", root, &fault))
        doing_end(procedure); /* an old one would be wrong */
    cJSON_Delete(root);
}

void doing_note(const struct procedure *procedure, const struct event *event)
{
    if (procedure->lock < 0 || !procedure->directory || !event->row ||
        event->row->flags & ROW_PAUSE)
        return;
    if (event->kind == EVENT_ROW_STARTED || event->kind == EVENT_UNDO_STARTED)
        write_doing(procedure, event, "");
    else if (event->kind == EVENT_WAITING)
        write_doing(procedure, event, event->text);
}

void doing_end(const struct procedure *procedure)
{
    struct text path = {0};

    if (!procedure->directory)
        return;
    text_add(&path, "%s/doing.json", procedure->directory);
    unlink(text_string(&path));
    text_free(&path);
}

static bool copy(const cJSON *root, const char *key, char *to, size_t size)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(root, key);

    if (!cJSON_IsString(item))
        return false;
    snprintf(to, size, "%s", item->valuestring);
    return true;
}

/* The engine is on this host, as the directory is. */
static bool is_alive(const cJSON *root)
{
    const cJSON *pid = cJSON_GetObjectItemCaseSensitive(root, "pid");

    return cJSON_IsNumber(pid) && pid->valuedouble > 1 &&
           (kill((pid_t) pid->valuedouble, 0) == 0 || errno == EPERM);
}

void doing_waits(const char *directory, const char *last_step, const char *last_state, char *text,
                 size_t size)
{
    struct doing doing;

    text[0] = '\0';
    if (string_equal(last_state, "intent") && doing_read(directory, &doing) &&
        string_equal(last_step, doing.step))
        snprintf(text, size, "%s", doing.waits_for);
}

bool doing_read(const char *directory, struct doing *ret_doing)
{
    cJSON *root = json_file_read(&file, directory);
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(root, "at_us");
    bool good = root && is_alive(root) && cJSON_IsNumber(at) &&
                copy(root, "plan", ret_doing->plan, sizeof(ret_doing->plan)) &&
                copy(root, "step", ret_doing->step, sizeof(ret_doing->step)) &&
                copy(root, "waits_for", ret_doing->waits_for, sizeof(ret_doing->waits_for));

    if (good)
        ret_doing->at_us = (int64_t) at->valuedouble;
    cJSON_Delete(root);
    return good;
}
