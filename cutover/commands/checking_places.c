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

static bool is_number_but_zero(const char *output, const char *key)
{
    char buffer[64];
    const char *value = target_value(output, key, buffer, sizeof(buffer));

    return value && strtol(value, NULL, 10) > 0;
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

/* Names that it says are lacking; a directory without a server has none, and is told already. */
static void judge_lacking(struct finding_list *list, const char *output, const char *key,
                          const char *id, const char *what)
{
    char names[256] = "";
    struct text evidence = {0};

    target_value(output, key, names, sizeof(names));
    while (*names && names[strlen(names) - 1] == ' ')
        names[strlen(names) - 1] = '\0';
    if (!*names)
        return;
    text_add(&evidence, "there is no %s", names);
    add(list, id, "green's host", what, text_string(&evidence));
    text_free(&evidence);
}

/* What calls it later; once green is upgraded most of it is not needed any more. */
static void judge_programs(struct procedure *procedure, struct finding_list *list,
                           const char *output)
{
    const struct config *config = procedure->config;
    const char *run = config->green.run ? config->green.run : "here";
    char version[64] = "";

    if (!is_number_but_zero(output, "uid"))
        add(list, "green_host_user", "green's host", run,
            is(output, "uid", "0") ? "commands run there as root"
                                   : "nobody knows as whom commands run there");
    if (journal_get(procedure->journal, "green.upgraded"))
        return;
    if (version_num(target_value(output, "new_version", version, sizeof(version))))
        judge_lacking(list, output, "new_lacks", "green_programs", config->green.bin_directory);
    if (version_num(target_value(output, "old_version", version, sizeof(version))))
        judge_lacking(list, output, "old_lacks", "green_programs", config->green.old_bin_directory);
    judge_lacking(list, output, "host_lacks", "green_host_programs", run);
    if (is(output, "same_filesystem", "no"))
        add(list, "green_file_system", "green's host", config->green.data_directory,
            "it or the clone beside it is on another file system than its parent directory");
}

static void judge_directory(struct finding_list *list, const char *output, const char *key,
                            const char *path)
{
    if (is(output, key, "used"))
        add(list, "green_data_directory", "green's host", path, "it is not empty");
    if (is(output, key, "link"))
        add(list, "green_data_directory", "green's host", path, "it is a symbolic link");
}

/* Nothing of somebody else's is where ours will be. */
static void judge_directories(struct procedure *procedure, struct finding_list *list,
                              const char *output)
{
    const char *data = procedure->config->green.data_directory;
    const char *run = journal_get(procedure->journal, "run");
    char owner[128] = "";
    struct text clone = {0}, work = {0}, evidence = {0};

    text_add(&clone, "%s.clone", data);
    text_add(&work, "%s.pgcutover", data);
    if (!journal_get(procedure->journal, "clone.attempt")) {
        judge_directory(list, output, "data_state", data);
        judge_directory(list, output, "clone_state", text_string(&clone));
        judge_directory(list, output, "work_state", text_string(&work));
    }
    if (is(output, "work_state", "marked") &&
        !string_equal(target_value(output, "work_run", owner, sizeof(owner)), run)) {
        text_add(&evidence, "it belongs to another run, %s", owner);
        finding_add(list, check_find("green_data_directory"), "green's host", text_string(&work),
                    text_string(&evidence),
                    "finish or abort that run; or choose another data_directory under [green]");
    }
    if (!is(output, "data_parent_writable", "yes"))
        add(list, "green_data_directory", "green's host", data,
            "its parent directory cannot be written");
    text_free(&clone);
    text_free(&work);
    text_free(&evidence);
}

void checking_green_host(struct procedure *procedure, struct finding_list *list, int *ret_version,
                         bool *ret_knows_attver)
{
    const struct config *config = procedure->config;
    const char *arguments[] = {config->green.bin_directory, config->green.old_bin_directory,
                               config->green.data_directory, NULL};
    struct reply reply = {0};

    if (!procedure_run_script(procedure, procedure->world->green.host, &script_host_look, arguments,
                              30000, &reply)) {
        add(list, "host_unreachable", "green's host",
            config->green.run ? config->green.run : "here", reply.fault.cause);
    } else if (!target_is_complete(reply.output)) {
        add(list, "not_measured", "green's host", script_host_look.id,
            "the answer is not complete");
    } else {
        judge_versions(procedure, list, reply.output, ret_version);
        /* programs that are not there know nothing, and are a finding of their own */
        *ret_knows_attver = !*ret_version || is(reply.output, "knows_pg_attver", "yes");
        judge_programs(procedure, list, reply.output);
        judge_directories(procedure, list, reply.output);
        if (!journal_get(procedure->journal, "clone.attempt"))
            judge_space(procedure, list, reply.output);
    }
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
