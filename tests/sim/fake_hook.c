/*
 * A pooler that is driven by a hook: its one process is held, pointed and released as a whole.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

static struct model *model_of(struct request *request)
{
    return &request->sim->model;
}

static struct model_process *process_of(struct request *request)
{
    int i;

    for (i = 0; i < PROCESSES; i++)
        if (model_of(request)->processes[i].pooler == request->pooler)
            return &model_of(request)->processes[i];
    abort(); /* a hook on a host without a pooler */
}

static bool is_held(const struct model_process *process)
{
    int i;

    for (i = 0; i < ENTRIES; i++)
        if (!process->entries[i].paused || process->entries[i].connected)
            return false;
    return true;
}

static void hold(struct request *request, struct model_process *process)
{
    int i;

    if (!sim_is_armed(request->sim))
        model_violate(model_of(request), "a hook holds clients before the intents are on disk");
    for (i = 0; i < ENTRIES; i++)
        process->entries[i] = (struct model_entry){.paused = true};
}

static void release(struct model_process *process)
{
    int i;

    for (i = 0; i < ENTRIES; i++)
        process->entries[i].paused = false;
}

static void point(struct request *request, struct model_process *process, const char *json)
{
    bool to_green = strstr(json, "\"to\":{\"host\":\"10.0.0.8\",\"port\":5432}") != NULL;

    if (!to_green && !strstr(json, "\"to\":{\"host\":\"10.0.0.7\",\"port\":5432}"))
        model_violate(model_of(request), "a hook was told to point nowhere: %s", json);
    model_of(request)->poolers[request->pooler].file = to_green ? GREEN : BLUE;
    model_reload(model_of(request), process);
}

static void describe(struct request *request, const struct model_process *process, bool is_lie)
{
    bool held = is_held(process) != (is_lie && request->sim->lies_of_holding);
    bool at_blue = (process->goes_to == BLUE) != (is_lie && request->sim->lies_of_place);

    free(request->output);
    request->output = memory_copy(
        print_some("{\"schema_version\":1,\"held\":%s,\"at\":{\"host\":\"%s\",\"port\":5432},"
                   "\"clients\":2,\"waiting\":%s}\n",
                   held ? "true" : "false", at_blue ? "10.0.0.7" : "10.0.0.8",
                   request->sim->hook_calls % 2 ? "0" : "null"));
}

void hook_apply(struct request *request)
{
    struct sim *sim = request->sim;
    struct model_process *process = process_of(request);
    const char *action = request->words[1], *json = request->words[2];
    int call = ++sim->hook_calls;
    bool is_lie = sim->lies_from && call >= sim->lies_from && call < sim->lies_from + sim->lies;

    if (!strstr(json, "{\"schema_version\":1,") || !strstr(json, "\"databases\":[\"postgres\""))
        model_violate(model_of(request), "a hook was asked with %s", json);
    if (strcmp(action, "describe") != 0) {
        free(request->output);
        request->output = memory_copy("{\"schema_version\":1}\n");
    }
    if (is_lie && !sim->lie && strcmp(action, "describe") != 0)
        return; /* it says that it is done */
    if (strcmp(action, "hold") == 0)
        hold(request, process);
    else if (strcmp(action, "point") == 0)
        point(request, process, json);
    else if (strcmp(action, "release") == 0)
        release(process);
    else if (strcmp(action, "describe") == 0)
        describe(request, process, is_lie);
    else
        model_violate(model_of(request), "a hook was asked to %s", action);
    if (is_lie && sim->lie) {
        free(request->output);
        request->output = memory_copy(sim->lie);
    }
}
