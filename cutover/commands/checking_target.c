#include "checking_target.h"

#include "../base/text.h"
#include "check_files.h"
#include "checking.h"
#include "script_files.h"

#include <stdlib.h>

/* What could not be read of blue is no finding about green, and must not pass for one that is none.
 */
bool checking_target_ask(struct procedure *procedure, struct finding_list *list,
                         struct target *target, struct link *link, const struct sql *sql,
                         struct reply *reply)
{
    struct sql_arguments arguments = {0};

    check_set_values(&arguments, target->values);
    if (checking_ask(procedure, link, sql, &arguments, 60000, reply) && reply->table)
        return true;
    target->is_partial = true;
    finding_add(list, check_find("not_measured"), link->endpoint.name, sql->id,
                reply->fault.cause[0] ? reply->fault.cause : "no answer", reply->fault.hint);
    return false;
}

static void want(struct procedure *procedure, struct finding_list *list, struct target *target,
                 struct link *link, const struct sql *sql, const char *place)
{
    struct reply reply = {0};

    if (checking_target_ask(procedure, list, target, link, sql, &reply) &&
        !wants_read(&target->wants, &reply, place)) {
        target->is_partial = true;
        finding_add(list, check_find("not_measured"), link->endpoint.name, sql->id,
                    "a row of the answer is not complete", NULL);
    }
    reply_clear(&reply);
}

void checking_target_of_server(struct procedure *procedure, struct finding_list *list,
                               struct target *target)
{
    checking_wal_begin(procedure, list, target);
    checking_settings_begin(procedure, list, target);
    if (target->version)
        want(procedure, list, target, &procedure->world->blue.link, &check_target_server_wants,
             NULL);
}

static void read_collations(struct procedure *procedure, struct finding_list *list,
                            struct target *target, struct database *database)
{
    struct reply reply = {0};

    if (checking_target_ask(procedure, list, target, &database->blue, &check_collations_used,
                            &reply) &&
        !collations_read(&target->collations, &reply, database->name))
        finding_add(list, check_find("not_measured"), database->blue.endpoint.name,
                    check_collations_used.id, "a row of the answer is not complete", NULL);
    reply_clear(&reply);
}

void checking_target_of_database(struct procedure *procedure, struct finding_list *list,
                                 struct target *target, struct database *database)
{
    want(procedure, list, target, &database->blue, &check_target_wants, database->name);
    read_collations(procedure, list, target, database);
}

/* Of those that only green's programs can answer. */
static void not_asked(struct finding_list *list, const char *reason)
{
    const struct check *check;

    for (check = check_rows_target; check->id; check++)
        if (check->side == CHECK_GREEN_HOST || check->side == CHECK_BLUE_DB)
            finding_not_asked(list, check, reason);
}

static void look(struct procedure *procedure, struct finding_list *list, struct target *target)
{
    const struct wants *wants = &target->wants;
    const char *arguments[] = {procedure->config->green.bin_directory,
                               wants->extension_path ? wants->extension_path : "",
                               wants->library_path ? wants->library_path : "", NULL};
    struct reply reply = {0};
    char *lines = wants_lines(wants);

    if (procedure_feed_script(procedure, procedure->world->green.host, &script_target_look,
                              arguments, lines, 60000, &reply)) {
        if (wants_judge(list, wants, reply.output))
            target->green_host = memory_copy(reply.output);
        else
            finding_add(list, check_find("not_measured"), "green's host", script_target_look.id,
                        "the answer is not complete", NULL);
    } else {
        finding_add(list, check_find("not_measured"), "green's host", script_target_look.id,
                    reply.fault.cause, reply.fault.hint);
    }
    free(lines);
    reply_clear(&reply);
}

/* Of a green that runs it is asked itself. */
static void judge_version(struct procedure *procedure, struct finding_list *list,
                          struct target *target)
{
    struct reply reply = {0};

    if (!journal_get(procedure->journal, "green.started") &&
        checking_target_ask(procedure, list, target, &procedure->world->blue.link,
                            &check_green_program_version, &reply))
        check_judge(list, check_find("green_program_version"), "green's host", &reply);
    reply_clear(&reply);
}

void checking_target(struct procedure *procedure, struct finding_list *list, struct target *target)
{
    checking_wal(procedure, list, target);
    if (!target->version) {
        not_asked(list, "green's programs could not be asked");
        return;
    }
    judge_version(procedure, list, target);
    look(procedure, list, target);
    collations_judge(list, &target->collations, target->blue_host, target->green_host);
    checking_settings(procedure, list, target);
    checking_reach(procedure, list);
    checking_upgrade(procedure, list, target);
}

void checking_target_end(struct target *target)
{
    wants_free(&target->wants);
    parameters_free(&target->parameters);
    reply_clear(&target->blue_parameters);
    reply_clear(&target->wal_reply);
    collations_free(&target->collations);
    free(target->green_host);
    free(target->blue_host);
}
