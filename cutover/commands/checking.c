#include "checking.h"

#include "../base/text.h"
#include "check_files.h"
#include "checking_places.h"
#include "checking_target.h"
#include "run_directory.h"
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

static void values_fill(struct procedure *procedure, struct values *values, int green_version,
                        bool knows_attver)
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
        .way_back = config->way_back ? "true" : "false",
        .refuse_ddl = config->blue.refuse_ddl ? "true" : "false",
        .green_version = values->green_version,
        .green_parameters = values->green_parameters,
        /* once upgraded, it has restored them */
        .green_knows_attver =
            knows_attver || journal_get(procedure->journal, "green.upgraded") ? "true" : "false",
        .green_ready = journal_get(procedure->journal, "green.ready") ? "true" : "false",
    };
}

bool checking_restrain(struct procedure *procedure, struct link *link, int64_t timeout_ms,
                       struct reply *reply)
{
    bool good;

    if (link->session && !link->session->is_broken)
        return true;
    good = procedure_ask(procedure, link, &check_harmless, NULL, timeout_ms, reply);
    if (good)
        reply_clear(reply);
    return good;
}

bool checking_ask(struct procedure *procedure, struct link *link, const struct sql *sql,
                  const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply)
{
    /* whoever opened it may have wanted to write */
    if (!procedure_ask(procedure, link, &check_harmless, NULL, timeout_ms, reply))
        return false;
    reply_clear(reply);
    return procedure_ask(procedure, link, sql, arguments, timeout_ms, reply);
}

static void ask_check(struct procedure *procedure, struct finding_list *list,
                      const struct values *values, const struct check *check, struct link *link)
{
    struct sql_arguments arguments = {0};
    struct reply reply = {0};

    check_set_values(&arguments, &values->values);
    /* a session that broke is another one now, and has to be restrained again */
    if (checking_restrain(procedure, link, 10000, &reply))
        procedure_ask(procedure, link, check->sql, &arguments, 60000, &reply);
    check_judge(list, check, link->endpoint.name, &reply);
    reply_clear(&reply);
}

static void ask_family(struct procedure *procedure, struct finding_list *list,
                       const struct values *values, const struct check *check, enum check_side side,
                       struct link *link, int version)
{
    for (; check->id; check++) {
        if (!check->sql || check->side != side || (check->way_back && !procedure->config->way_back))
            continue;
        if (check_lacks_version(check, version, atoi(values->green_version)))
            finding_not_asked(list, check,
                              "green's release is not known: its programs did not say");
        else if (check_applies(check, side, version))
            ask_check(procedure, list, values, check, link);
    }
}

static void ask_checks(struct procedure *procedure, struct finding_list *list,
                       const struct values *values, enum check_side side, struct link *link,
                       int version)
{
    const struct check_family *family;

    link_close(link); /* who opened it may have wanted to write; and so may who comes next */
    for (family = check_families; family->rows; family++)
        ask_family(procedure, list, values, family->rows, side, link, version);
    link_close(link);
}

/* A template has no replication, but pg_upgrade carries it all the same. */
static void ask_template(struct procedure *procedure, struct finding_list *list,
                         const struct values *values, struct target *target, const char *name)
{
    struct world *world = procedure->world;
    struct database template = {.name = memory_copy(name)};
    struct text where = {0};
    struct reply reply = {0};

    text_add(&where, "blue %s", name);
    template.blue.endpoint = world->blue.link.endpoint;
    template.blue.endpoint.name = text_string(&where);
    template.blue.endpoint.dbname = template.name;
    if (checking_restrain(procedure, &template.blue, 10000, &reply)) {
        checking_target_of_database(procedure, list, target, &template);
        ask_family(procedure, list, values, check_rows_upgrade, CHECK_BLUE_DB, &template.blue,
                   (int) world->blue.version_num);
    } else {
        finding_add(list, check_find("not_measured"), text_string(&where), "refused_types",
                    reply.fault.cause, reply.fault.hint);
    }
    reply_clear(&reply);
    link_close(&template.blue);
    text_free(&where);
    free(template.name);
}

static void ask_templates(struct procedure *procedure, struct finding_list *list,
                          const struct values *values, struct target *target)
{
    struct reply reply = {0};
    int row;

    if (checking_target_ask(procedure, list, target, &procedure->world->blue.link,
                            &check_template_names, &reply))
        for (row = 0; row < reply_rows(&reply); row++)
            ask_template(procedure, list, values, target, reply_value(&reply, row, "datname"));
    reply_clear(&reply);
}

bool checking_know_blue(struct procedure *procedure, struct fault *fault)
{
    struct world *world = procedure->world;
    struct reply reply = {0};
    int row;
    bool good =
        procedure_ask(procedure, &world->blue.link, &sql_server_identity, NULL, 10000, &reply);

    if (good) {
        good = reply_number(&reply, 0, "version_num", &world->blue.version_num);
        world_keep(&world->blue.system_identifier, reply_value(&reply, 0, "system_identifier"));
        journal_set(procedure->journal, "blue.size_bytes", reply_value(&reply, 0, "size_bytes"));
        journal_set(procedure->journal, "blue.user", reply_value(&reply, 0, "rolname"));
        if (!good)
            fault_set(&reply.fault, sql_server_identity.doing, "blue", NULL, "it tells no release");
        else
            good = procedure_ask(procedure, &world->blue.link, &sql_databases, NULL, 10000, &reply);
    }
    for (row = 0; good && row < reply_rows(&reply); row++)
        world_add_database(world, reply_value(&reply, row, "datname"),
                           reply_value(&reply, row, "oid"));
    if (!good) {
        *fault = reply.fault;
        if (strcmp(fault->code, "42501") == 0) {
            fault_hint(fault, "connect to blue as a superuser: [blue] conninfo");
            fault->exit_code = EXIT_CHECKS_FAILED;
        }
    }
    reply_clear(&reply);
    return good;
}

/* First: without these rights every other question fails too, and each would say so. */
static bool is_superuser(struct procedure *procedure, struct finding_list *list,
                         struct fault *fault)
{
    const struct check *check = check_find("superuser");
    struct link *link = &procedure->world->blue.link;
    struct reply reply = {0};
    bool good;

    link_close(link); /* whoever opened it was free to write */
    good = checking_restrain(procedure, link, 10000, &reply) &&
           procedure_ask(procedure, link, check->sql, NULL, 10000, &reply);
    if (good)
        check_judge(list, check, link->endpoint.name, &reply);
    else
        *fault = reply.fault;
    reply_clear(&reply);
    return good && !list->count;
}

/* Blue is fenced for good, and that is right: findings about it would be cured by opening it. */
static bool may_be_checked(struct procedure *procedure, struct fault *fault)
{
    struct journal *journal = NULL;
    char *last = NULL;
    bool switched;

    if (!run_find_of(procedure->config, procedure->world->blue.system_identifier, "last", &last,
                     fault) ||
        (last && !journal_open(last, JOURNAL_READ, &journal, fault))) {
        free(last);
        return false;
    }
    switched = journal && journal_has(journal, "side", "green");
    journal_close(journal);
    if (switched) {
        fault_set(fault, "checking", "blue", NULL,
                  "its clients were moved to green before, and it is fenced since then (run %s)",
                  last);
        fault_hint(fault, "let [blue] name the server that is in use now");
        fault->exit_code = EXIT_CHECKS_FAILED;
    }
    free(last);
    return !switched;
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
    if (config->way_back && !config->green.from_blue)
        finding_add(list, check_find("way_back_address"), "[green]", "from_blue", "not set", NULL);
}

/* What is asked of a running green only. */
static void not_asked_of_green(struct finding_list *list)
{
    const struct check_family *family;
    const struct check *check;

    for (family = check_families; family->rows; family++)
        for (check = family->rows; check->id; check++)
            if (check->side == CHECK_GREEN || check->side == CHECK_GREEN_DB)
                finding_not_asked(list, check, "green does not run yet: prepare makes it");
}

/* Once prepare has started it. */
static void ask_green(struct procedure *procedure, struct finding_list *list,
                      const struct values *values, struct target *target, int version)
{
    struct world *world = procedure->world;
    size_t i;

    if (!journal_get(procedure->journal, "green.started")) {
        not_asked_of_green(list);
        return;
    }
    checking_settings_of_green(procedure, list, target);
    ask_checks(procedure, list, values, CHECK_GREEN, &world->green.link, version);
    for (i = 0; i < world->database_count; i++)
        if (world->databases[i].replicate)
            ask_checks(procedure, list, values, CHECK_GREEN_DB, &world->databases[i].green,
                       version);
}

bool checking_run(struct procedure *procedure, struct finding_list *list, struct fault *fault)
{
    struct world *world = procedure->world;
    struct values values;
    struct target target = {0};
    int green_version = 0;
    bool knows_attver = true; /* a host that does not answer is a finding of its own */
    size_t i;

    if (!is_superuser(procedure, list, fault))
        return list->count > 0;
    if (!checking_know_blue(procedure, fault) || !may_be_checked(procedure, fault))
        return false;
    check_configuration(procedure, list);
    checking_green_host(procedure, list, &green_version, &knows_attver);
    values_fill(procedure, &values, green_version, knows_attver);
    target.values = &values.values;
    target.version = green_version;
    checking_target_of_server(procedure, list, &target);
    ask_checks(procedure, list, &values, CHECK_BLUE, &world->blue.link,
               (int) world->blue.version_num);
    for (i = 0; i < world->database_count; i++)
        if (world->databases[i].replicate) {
            checking_target_of_database(procedure, list, &target, &world->databases[i]);
            ask_checks(procedure, list, &values, CHECK_BLUE_DB, &world->databases[i].blue,
                       (int) world->blue.version_num);
        }
    ask_templates(procedure, list, &values, &target);
    checking_target(procedure, list, &target);
    ask_green(procedure, list, &values, &target, green_version);
    checking_green_address(procedure, list);
    checking_poolers(procedure, list, green_version);
    checking_names(procedure, list);
    checking_target_end(&target);
    free(values.run_slots);
    free(values.green_parameters);
    finding_sort(list);
    if (!procedure_is_interrupted(procedure))
        return true;
    finding_list_free(list);
    fault_set(fault, "checking", NULL, "interrupted",
              "the operator or the system asked us to stop");
    fault_hint(fault, "nothing was changed; repeat the command when it suits");
    return false;
}
