#include "places.h"

#include "../../replication/conninfo.h"
#include "../base/text.h"

#include <stdlib.h>

const char *place_work(struct step_io *io)
{
    return arena_print(io->arena, "%s.pgcutover", io_world(io)->config->green.data_directory);
}

const char *place_clone(struct step_io *io)
{
    return arena_print(io->arena, "%s.clone", io_world(io)->config->green.data_directory);
}

const char *place_run(struct step_io *io)
{
    return io_fact(io, "run");
}

const char *place_blue_from_green(struct step_io *io, const char *dbname)
{
    const struct config *config = io_world(io)->config;
    const char *user = io_fact(io, "blue.user");
    char *named = conninfo_get(config->blue.from_green, "user");
    char *passfile = conninfo_get(config->blue.from_green, "passfile");
    const struct conninfo_value extra[] = {
        {"user", named                 ? named
                 : user == sql_unknown ? NULL
                                       : user},
        {"passfile",
         passfile ? passfile : arena_print(io->arena, "%s/blue.pgpass", place_work(io))},
        {"application_name", NULL},
    };
    char *merged = NULL;
    const char *result = NULL;

    if (conninfo_merge("[blue] from_green", config->blue.from_green, NULL, dbname, extra, 2,
                       &merged, &io->fault))
        result = arena_copy(io->arena, merged);
    free(merged);
    free(named);
    free(passfile);
    return result ? result : config->blue.from_green;
}

void act_arguments(struct act_values *values, const char *const *list)
{
    size_t i;

    for (i = 0; list[i] && i < ACT_ARGUMENTS_MAX; i++)
        values->arguments[i] = list[i];
    values->arguments[i] = NULL;
}

const char *place_job(struct step_io *io, const char *name)
{
    const char *attempt = journal_get(io->journal, "clone.attempt");

    return arena_print(io->arena, "%s-%s", name, attempt ? attempt : "1");
}
