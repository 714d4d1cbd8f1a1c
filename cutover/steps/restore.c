#include "restore.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <string.h>

void restore_set_identity(struct step_io *io, struct act_values *values, const char *schema,
                          const char *table, const char *identity, const char *index)
{
    struct text text = {0};

    if (*identity == 'i' && index) {
        text_add_string(&text, "USING INDEX ");
        sql_quote_identifier(&text, index);
    } else {
        text_add_string(&text, *identity == 'f'   ? "FULL"
                               : *identity == 'n' ? "NOTHING"
                                                  : "DEFAULT");
    }
    sql_set(&values->sql, "schema", arena_copy(io->arena, schema));
    sql_set(&values->sql, "table", arena_copy(io->arena, table));
    sql_set(&values->sql, "identity", arena_copy(io->arena, text_string(&text)));
    text_free(&text);
}

enum act_verdict identity_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    (void) target;
    if (reply->state == REPLY_OK || strcmp(reply->fault.code, "42P01") == 0 ||
        strcmp(reply->fault.code, "3F000") == 0)
        return ACT_DONE;
    if (strcmp(reply->fault.code, "55P03") == 0) {
        step_nap(io, 500);
        return ACT_AGAIN;
    }
    io->fault = reply->fault;
    return ACT_FAILED;
}

enum act_verdict restore_identity_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    /* the index it had is gone, or something else has the table's name now */
    if (reply->state == REPLY_FAILED &&
        (strcmp(reply->fault.code, "42704") == 0 || strcmp(reply->fault.code, "42809") == 0))
        return ACT_DONE;
    return identity_judge(io, target, reply);
}

bool restore_identity_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *known = io_fact(io, "db.%s.identities", target->database->name);
    cJSON *list, *item;
    bool found = false;

    if (!known || known == sql_unknown)
        return false;
    list = cJSON_Parse(known);
    item = cJSON_GetArrayItem(list, target->round);
    if (item) {
        const char *schema = cJSON_GetStringValue(cJSON_GetObjectItem(item, "schema"));
        const char *table = cJSON_GetStringValue(cJSON_GetObjectItem(item, "table"));
        const char *was = cJSON_GetStringValue(cJSON_GetObjectItem(item, "was"));
        const char *index = cJSON_GetStringValue(cJSON_GetObjectItem(item, "index"));

        found = schema && table && was;
        if (found)
            restore_set_identity(io, values, schema, table, was, index);
    }
    cJSON_Delete(list);
    return found;
}
