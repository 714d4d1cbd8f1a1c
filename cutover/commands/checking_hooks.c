#include "checking_places.h"

#include "../base/text.h"
#include "../poolers/hook.h"
#include "script_files.h"

#include <stdlib.h>
#include <string.h>

static void add(struct finding_list *list, const char *id, const struct pooler *pooler,
                const char *what, const char *evidence)
{
    finding_add(list, check_find(id), pooler->host->name, what, evidence, NULL);
}

static struct pooler_address *addresses(const struct config_address *list, size_t count)
{
    struct pooler_address *made = memory_new(count * sizeof(*made));

    pooler_addresses_read(made, list, count);
    return made;
}

/* False: asking through the pooler would be in vain. */
static bool judge(struct finding_list *list, const struct pooler *pooler,
                  const struct hook_call *call, const char *output)
{
    struct hook_state state;
    char text[HOOK_CAUSE];

    if (!hook_described(output, &state, text)) {
        add(list, "pooler_hook", pooler, pooler->config->command, text);
        return false;
    }
    hook_print_address(&state, text);
    if (!hook_is_at(&state, call->blue, call->blue_count))
        add(list, "pooler_entries", pooler, text, "its hook says that its clients go there");
    if (state.held)
        add(list, "pooler_paused", pooler, pooler->config->name, "its hook says that it is held");
    return !state.held;
}

static bool ask(struct procedure *procedure, struct finding_list *list, const struct pooler *pooler,
                const struct hook_call *call)
{
    struct hook_arguments arguments;
    struct reply reply = {0};
    char *json = hook_request(call);
    bool good;

    hook_arguments(&arguments, pooler->config->command, call, json, false);
    /* it is killed on its host before we would give up */
    good = procedure_run_script(procedure, pooler->host, &script_hook, arguments.list,
                                call->budget_ms + 5000, &reply);
    if (good)
        good = judge(list, pooler, call, reply.output);
    else
        add(list, "pooler_hook", pooler, pooler->config->command, reply.fault.cause);
    reply_clear(&reply);
    free(json);
    return good;
}

bool checking_hook(struct procedure *procedure, struct finding_list *list, struct pooler *pooler)
{
    const struct config *config = procedure->config;
    struct world *world = procedure->world;
    const char **names = memory_new((world->database_count + 1) * sizeof(char *));
    size_t blue_count = config->blue.from_poolers_count;
    size_t green_count = config->green.from_poolers_count;
    struct pooler_address *blue = addresses(config->blue.from_poolers, blue_count);
    struct pooler_address *green = addresses(config->green.from_poolers, green_count);
    struct hook_call call = {.action = "describe",
                             .run = strchr(world->application_name, ' ') + 1,
                             .pooler = pooler->config->name,
                             .budget_ms = pooler->config->timeout_ms,
                             .from = blue[0], /* a configuration with poolers has both */
                             .to = green[0],
                             .blue = blue,
                             .green = green,
                             .blue_count = blue_count,
                             .green_count = green_count,
                             .databases = names,
                             .database_count = world->database_count};
    bool good;
    size_t i;

    for (i = 0; i < world->database_count; i++)
        names[i] = world->databases[i].name;
    good = ask(procedure, list, pooler, &call);
    free(blue);
    free(green);
    free(names);
    return good;
}
