/* What green's release makes of blue's settings; and both servers' settings side by side. */
#include "checking_target.h"

#include "../base/text.h"
#include "check_files.h"
#include "script_files.h"
#include "sql_files.h"

#include <stdlib.h>
#include <strings.h>

static bool is_overridden(const struct config *config, const char *name)
{
    size_t i;

    for (i = 0; i < config->green.parameter_count; i++)
        if (strcasecmp(config->green.parameters[i].name, name) == 0)
            return true;
    return false;
}

/* As prepare will carry them over: see start_green.c. */
static void add_carried(struct procedure *procedure, struct target *target,
                        const struct reply *reply)
{
    const struct config *config = procedure->config;
    struct text cure = {0};
    size_t i;
    int row;

    for (row = 0; row < reply_rows(reply); row++) {
        const char *name = reply_value(reply, row, "name");
        const char *value = reply_value(reply, row, "value");

        if (!name || !value || is_overridden(config, name))
            continue;
        text_add(&cure, "ALTER SYSTEM RESET %s; or take it out of postgresql.conf", name);
        parameters_add(&target->parameters, name, value, "of the server", text_string(&cure), true);
        text_free(&cure);
    }
    for (i = 0; i < config->green.parameter_count; i++)
        parameters_add(&target->parameters, config->green.parameters[i].name,
                       config->green.parameters[i].value, "[green.parameters]",
                       "take it out of [green.parameters], or correct it", true);
}

static void add_of_roles(struct target *target, const struct reply *reply)
{
    int row;

    for (row = 0; row < reply_rows(reply); row++) {
        const char *name = reply_value(reply, row, "name");
        const char *value = reply_value(reply, row, "value");
        const char *place = reply_value(reply, row, "place");

        if (name && value && place)
            parameters_add(&target->parameters, name, value, place, reply_value(reply, row, "cure"),
                           false);
    }
}

void checking_settings_begin(struct procedure *procedure, struct finding_list *list,
                             struct target *target)
{
    struct link *link = &procedure->world->blue.link;
    struct reply reply = {0};

    target->has_parameters =
        checking_target_ask(procedure, list, target, link, &sql_carried_settings, &reply);
    if (target->has_parameters)
        add_carried(procedure, target, &reply);
    target->has_parameters =
        target->has_parameters &&
        checking_target_ask(procedure, list, target, link, &check_role_parameters, &reply);
    if (target->has_parameters)
        add_of_roles(target, &reply);
    target->has_parameters =
        target->has_parameters && checking_target_ask(procedure, list, target, link,
                                                      &check_parameters, &target->blue_parameters);
    reply_clear(&reply);
}

void checking_settings(struct procedure *procedure, struct finding_list *list,
                       struct target *target)
{
    const char *arguments[] = {procedure->config->green.bin_directory, NULL};
    struct reply reply = {0};
    char *lines;

    if (!target->has_parameters)
        return;
    lines = parameters_lines(&target->parameters, (int) procedure->world->blue.version_num,
                             target->version);
    if (!procedure_feed_script(procedure, procedure->world->green.host, &script_target_settings,
                               arguments, lines, 60000, &reply))
        finding_add(list, check_find("not_measured"), "green's host", script_target_settings.id,
                    reply.fault.cause, reply.fault.hint);
    else if (!parameters_judge(list, &target->parameters, reply.output))
        finding_add(list, check_find("not_measured"), "green's host", script_target_settings.id,
                    "the answer is not complete", NULL);
    else
        parameters_judge_defaults(list, &target->parameters, &target->blue_parameters,
                                  reply.output);
    free(lines);
    reply_clear(&reply);
}

void checking_settings_of_green(struct procedure *procedure, struct finding_list *list,
                                struct target *target)
{
    struct reply reply = {0};

    if (target->has_parameters &&
        checking_target_ask(procedure, list, target, &procedure->world->green.link,
                            &check_parameters, &reply))
        parameters_compare(list, &target->parameters, &target->blue_parameters, &reply);
    reply_clear(&reply);
}
