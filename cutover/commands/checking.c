#include "checking.h"

#include "../base/text.h"
#include "checking_places.h"
#include "sql_files.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

/* What check statements may refer to, with the memory behind it. */
struct values {
    struct check_values values;
    char databases[16];
    char *run_slots, *green_parameters;
    char green_version[16];
};

static void add_database_slots(struct procedure *procedure, struct text *text)
{
    struct world *world = procedure->world;
    size_t i;

    text_add_string(text, "{");
    for (i = 0; i < world->database_count && procedure_has_run(procedure); i++)
        text_add(text, "%s%s", i ? "," : "", world->databases[i].slot);
    text_add_string(text, "}");
}

static void values_fill(struct procedure *procedure, struct values *values, int green_version)
{
    const struct config *config = procedure->config;
    struct text slots = {0};
    cJSON *parameters = cJSON_CreateObject();
    size_t i, replicated = 0;

    for (i = 0; i < procedure->world->database_count; i++)
        replicated += procedure->world->databases[i].replicate;
    snprintf(values->databases, sizeof(values->databases), "%zu", replicated);
    snprintf(values->green_version, sizeof(values->green_version), "%d", green_version);
    for (i = 0; i < config->green.parameter_count; i++)
        cJSON_AddStringToObject(parameters, config->green.parameters[i].name,
                                config->green.parameters[i].value);
    values->green_parameters = cJSON_PrintUnformatted(parameters);
    cJSON_Delete(parameters);
    add_database_slots(procedure, &slots);
    values->run_slots = text_take(&slots);
    values->values = (struct check_values){
        .databases = values->databases,
        .run_slots = values->run_slots,
        .run_known = procedure_has_run(procedure) ? "true" : "false",
        .green_version = values->green_version,
        .green_parameters = values->green_parameters,
    };
}

static void ask_checks(struct procedure *procedure, struct finding_list *list,
                       const struct values *values, enum check_side side, struct link *link,
                       int version)
{
    const struct check *const *family, *check;

    for (family = check_families; *family; family++) {
        for (check = *family; check->id; check++) {
            struct sql_arguments arguments = {0};
            struct reply reply = {0};

            if (!check_applies(check, side, version))
                continue;
            check_set_values(&arguments, &values->values);
            procedure_ask(procedure, link, check->sql, &arguments, 60000, &reply);
            check_judge(list, check, link->endpoint.name, &reply);
            reply_clear(&reply);
        }
    }
}

/* Blue's version and databases; everything else asks with them. */
static bool know_blue(struct procedure *procedure, struct fault *fault)
{
    struct world *world = procedure->world;
    struct reply reply = {0};
    int row;
    bool good =
        procedure_ask(procedure, &world->blue.link, &sql_server_identity, NULL, 10000, &reply);

    if (good) {
        reply_number(&reply, 0, "version_num", &world->blue.version_num);
        world_keep(&world->blue.system_identifier, reply_value(&reply, 0, "system_identifier"));
        journal_set(procedure->journal, "blue.size_bytes", reply_value(&reply, 0, "size_bytes"));
        journal_set(procedure->journal, "blue.user", reply_value(&reply, 0, "rolname"));
        good = procedure_ask(procedure, &world->blue.link, &sql_databases, NULL, 10000, &reply);
    }
    for (row = 0; good && row < reply_rows(&reply); row++)
        world_add_database(world, reply_value(&reply, row, "datname"),
                           reply_value(&reply, row, "oid"));
    if (!good)
        *fault = reply.fault;
    reply_clear(&reply);
    return good;
}

/* Keys whose meaning is not built yet are refused, never ignored. */
static void check_configuration(struct procedure *procedure, struct finding_list *list)
{
    const struct config *config = procedure->config;
    const struct check *check = check_find("not_built");
    size_t i;

    for (i = 0; i < config->database_count; i++)
        if (!config->databases[i].replicate)
            finding_add(list, check, "[database]", config->databases[i].name, "replicate = no",
                        NULL);
    if (config->keep_role_count)
        finding_add(list, check, "[fence]", "keep_roles", config->keep_roles[0], NULL);
    if (!string_equal(config->on_straggler, "give_up"))
        finding_add(list, check, "[pause]", "on_straggler", config->on_straggler, NULL);
}

bool checking_run(struct procedure *procedure, struct finding_list *list, struct fault *fault)
{
    struct world *world = procedure->world;
    struct values values;
    int green_version = 0;
    size_t i;

    if (!know_blue(procedure, fault))
        return false;
    check_configuration(procedure, list);
    checking_green_host(procedure, list, &green_version);
    values_fill(procedure, &values, green_version);
    ask_checks(procedure, list, &values, CHECK_BLUE, &world->blue.link,
               (int) world->blue.version_num);
    for (i = 0; i < world->database_count; i++)
        if (world->databases[i].replicate)
            ask_checks(procedure, list, &values, CHECK_BLUE_DB, &world->databases[i].blue,
                       (int) world->blue.version_num);
    if (journal_get(procedure->journal, "green.started"))
        ask_checks(procedure, list, &values, CHECK_GREEN, &world->green.link, green_version);
    checking_green_address(procedure, list);
    checking_poolers(procedure, list);
    free(values.run_slots);
    free(values.green_parameters);
    finding_sort(list);
    return true;
}

void checking_print(FILE *out, const struct finding_list *list)
{
    static const char *const colours[] = {"\033[31m", "\033[33m", "\033[36m"};
    bool colour = terminal_has_colour(out);
    size_t i;

    for (i = 0; i < list->count; i++) {
        const struct finding *finding = &list->findings[i];
        enum check_severity severity = finding->check->severity;

        fprintf(out, "%s%-7s%s %s: %s: %s\n", colour ? colours[severity] : "",
                check_severity_name(severity), colour ? "\033[0m" : "", finding->check->id,
                finding->where, finding->what);
        if (finding->evidence && *finding->evidence)
            fprintf(out, "        found: %s\n", finding->evidence);
        fprintf(out, "        why:   %s\n", finding->check->text);
        if (finding->cure && *finding->cure)
            fprintf(out, "        cure:  %s\n", finding->cure);
    }
}
