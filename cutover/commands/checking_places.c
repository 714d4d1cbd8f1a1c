#include "checking_places.h"

#include "../../checks/target.h"
#include "../base/text.h"
#include "script_files.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void add(struct finding_list *list, const char *id, const char *where, const char *what,
                const char *evidence)
{
    finding_add(list, check_find(id), where, what, evidence, NULL);
}

static bool is(const char *output, const char *key, const char *value)
{
    char buffer[256];

    return string_equal(target_value(output, key, buffer, sizeof(buffer)), value);
}

/* "17.12" is 170012. */
static int version_num(const char *version)
{
    int major = 0, minor = 0;

    if (!version || sscanf(version, "%d.%d", &major, &minor) < 1)
        return 0;
    return major * 10000 + minor;
}

static void judge_versions(struct procedure *procedure, struct finding_list *list,
                           const char *output, int *ret_version)
{
    static const char where[] = "green's host";
    const struct config *config = procedure->config;
    char new_version[64] = "", old_version[64] = "", text[256];
    int old_major, blue_major = (int) (procedure->world->blue.version_num / 10000);

    target_value(output, "new_version", new_version, sizeof(new_version));
    target_value(output, "old_version", old_version, sizeof(old_version));
    *ret_version = version_num(new_version);
    old_major = version_num(old_version) / 10000;
    if (!*ret_version)
        add(list, "green_programs", where, config->green.bin_directory,
            "there is no postgres in it");
    if (!old_major)
        add(list, "green_programs", where, config->green.old_bin_directory,
            "there is no postgres in it");
    if (old_major && old_major != blue_major) {
        snprintf(text, sizeof(text), "it has %s, blue is of major %d", old_version, blue_major);
        add(list, "green_programs", where, config->green.old_bin_directory, text);
    }
    if (*ret_version && *ret_version / 10000 < blue_major) {
        snprintf(text, sizeof(text), "green %s is older than blue's major %d", new_version,
                 blue_major);
        add(list, "green_release", where, config->green.bin_directory, text);
    }
    if (*ret_version && *ret_version / 10000 < 15)
        add(list, "green_release", where, config->green.bin_directory,
            "green must be 15 or newer: errors of apply are not counted before");
}

static void judge_space(struct procedure *procedure, struct finding_list *list, const char *output)
{
    const char *size = journal_get(procedure->journal, "blue.size_bytes");
    char free_bytes[64], text[128];
    double need = size ? strtod(size, NULL) * 1.2 : 0;

    if (!target_value(output, "free_bytes", free_bytes, sizeof(free_bytes)) || need <= 0) {
        add(list, "green_space", "green's host", procedure->config->green.data_directory,
            "the free space could not be read");
        return;
    }
    if (strtod(free_bytes, NULL) >= need)
        return;
    snprintf(text, sizeof(text), "%.0f MB are free, %.0f MB are needed",
             strtod(free_bytes, NULL) / 1e6, need / 1e6);
    add(list, "green_space", "green's host", procedure->config->green.data_directory, text);
}

void checking_green_host(struct procedure *procedure, struct finding_list *list, int *ret_version,
                         bool *ret_knows_attver)
{
    const struct config *config = procedure->config;
    const char *arguments[] = {config->green.bin_directory, config->green.old_bin_directory,
                               config->green.data_directory, NULL};
    bool is_ours = journal_get(procedure->journal, "clone.attempt") != NULL;
    struct reply reply = {0};

    if (!procedure_run_script(procedure, procedure->world->green.host, &script_host_look, arguments,
                              30000, &reply)) {
        add(list, "host_unreachable", "green's host",
            config->green.run ? config->green.run : "here", reply.fault.cause);
        reply_clear(&reply);
        return;
    }
    judge_versions(procedure, list, reply.output, ret_version);
    /* programs that are not there know nothing, and are a finding of their own */
    *ret_knows_attver = !*ret_version || is(reply.output, "knows_pg_attver", "yes");
    if (!is_ours && is(reply.output, "data_state", "used"))
        add(list, "green_data_directory", "green's host", config->green.data_directory,
            "it is not empty");
    if (is(reply.output, "data_parent_writable", "no"))
        add(list, "green_data_directory", "green's host", config->green.data_directory,
            "its parent directory cannot be written");
    if (!is_ours)
        judge_space(procedure, list, reply.output);
    reply_clear(&reply);
}

/* Green is not there yet, or it is ours: blue itself must never answer at its address. */
void checking_green_address(struct procedure *procedure, struct finding_list *list)
{
    struct world *world = procedure->world;
    struct reply reply = {0};
    const char *known = journal_get(procedure->journal, "green.system_identifier"), *system;

    if (procedure_ask(procedure, &world->green.link, &sql_server_identity, NULL, 10000, &reply)) {
        system = reply_value(&reply, 0, "system_identifier");
        if (string_equal(system, world->blue.system_identifier))
            finding_add(list, check_find("green_data_directory"), "green", "[green] conninfo",
                        "blue answers there: green is blue by another name",
                        "give green an address of its own: port and conninfo under [green]");
        else if (!string_equal(system, known))
            finding_add(list, check_find("green_data_directory"), "green", "[green] conninfo",
                        "another server answers there already",
                        "give green an address of its own: port and conninfo under [green]");
    } else if (!known && reply.fault.exit_code != EXIT_TRANSIENT) {
        /* it refused us, so it is there: it may be blue */
        add(list, "green_data_directory", "green", "[green] conninfo", reply.fault.cause);
    }
    reply_clear(&reply);
    link_close(&world->green.link);
}
