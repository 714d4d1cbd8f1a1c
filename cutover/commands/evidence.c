#include "evidence.h"

#include "../../checks/json_file.h"
#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

#define SIZE_MAX_BYTES (16 * 1024 * 1024)

const char *const evidence_moments[] = {"prepare",  "cutover", "rollback", "finish",
                                        "finished", "abort",   "aborted",  NULL};

static const struct json_file checks_file = {.name = "evidence-checks",
                                             .hint = "the report cannot tell what was found",
                                             .schema_version = 1,
                                             .size_max = SIZE_MAX_BYTES};

static struct json_file file_of(const char *moment, struct text *name)
{
    text_add(name, "evidence-%s", moment);
    return (struct json_file){.name = text_string(name),
                              .hint = "the report cannot paste what the servers said then",
                              .schema_version = 1,
                              .size_max = SIZE_MAX_BYTES};
}

cJSON *evidence_take(struct procedure *procedure, const char *moment)
{
    cJSON *root = cJSON_CreateObject(), *servers;

    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddStringToObject(root, "moment", moment);
    cJSON_AddNumberToObject(root, "at_us", (double) procedure->driver->wall_us(procedure->driver));
    servers = cJSON_AddArrayToObject(root, "servers");
    cJSON_AddItemToArray(servers, evidence_ask(procedure, &procedure->world->blue));
    cJSON_AddItemToArray(servers, evidence_ask(procedure, &procedure->world->green));
    return root;
}

/* That it could not be kept is told, and no more. */
static void write_file(struct procedure *procedure, const struct json_file *file, const cJSON *root)
{
    struct fault fault;

    if (!json_file_write(file, procedure->directory, "keeping what the servers said", root, &fault))
        terminal_line(procedure->terminal, "pgcutover: warning: %s: %s (%s)", fault.doing,
                      fault.cause, fault.hint);
}

void evidence_keep(struct procedure *procedure, const char *moment)
{
    struct text name = {0};
    struct json_file file;
    cJSON *root;

    if (!procedure->directory || procedure_is_interrupted(procedure))
        return;
    file = file_of(moment, &name);
    root = evidence_take(procedure, moment);
    write_file(procedure, &file, root);
    cJSON_Delete(root);
    text_free(&name);
}

cJSON *evidence_read(const char *directory, const char *moment)
{
    struct text name = {0};
    struct json_file file = file_of(moment, &name);
    cJSON *root = json_file_read(&file, directory);

    text_free(&name);
    return root;
}

void evidence_keep_checks(struct procedure *procedure, cJSON *checks, int64_t at_us)
{
    cJSON *root;

    if (!checks)
        return;
    root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "schema_version", 1);
    cJSON_AddNumberToObject(root, "at_us", (double) at_us);
    cJSON_AddItemToObject(root, "check", checks);
    write_file(procedure, &checks_file, root);
    cJSON_Delete(root);
}

cJSON *evidence_read_checks(const char *directory, int64_t *ret_us)
{
    cJSON *root = json_file_read(&checks_file, directory);
    cJSON *checks = cJSON_DetachItemFromObjectCaseSensitive(root, "check");
    const cJSON *at = cJSON_GetObjectItemCaseSensitive(root, "at_us");

    if (checks && cJSON_IsNumber(at))
        *ret_us = (int64_t) at->valuedouble;
    cJSON_Delete(root);
    return checks;
}
