#include "places.h"

#include "../../replication/conninfo.h"
#include "../base/text.h"

#include <stdlib.h>

const char *place_work_of(struct step_io *io, const struct server *server)
{
    const struct config *config = io_world(io)->config;
    const char *data = config->green.data_directory;

    if (server == &io_world(io)->blue)
        data = config->blue.data_directory ? config->blue.data_directory
                                           : io_fact(io, "blue.data_directory");
    if (!data)
        return NULL;
    return arena_print(io->arena, "%s.pgcutover", data == sql_unknown ? "<data_directory>" : data);
}

const char *place_work(struct step_io *io)
{
    return place_work_of(io, &io_world(io)->green);
}

const char *place_clone(struct step_io *io)
{
    return arena_print(io->arena, "%s.clone", io_world(io)->config->green.data_directory);
}

const char *place_run(struct step_io *io)
{
    return io_fact(io, "run");
}

const char *place_conninfo(struct step_io *io, const struct server *server, const char *dbname)
{
    struct world *world = io->world;
    bool is_blue = server == &world->blue;
    const char *known = is_blue ? world->config->blue.from_green : world->config->green.from_blue;
    const char *user = io_fact(io, "%s.user", server->name);
    char *named = conninfo_get(known, "user"), *passfile = conninfo_get(known, "passfile");
    const char *work = place_work_of(io, is_blue ? &world->green : &world->blue);
    const struct conninfo_value extra[] = {
        {"user", named                 ? named
                 : user == sql_unknown ? "<user>"
                                       : user},
        {"passfile",
         passfile ? passfile : arena_print(io->arena, "%s/%s.pgpass", work, server->name)},
        {"application_name", NULL},
    };
    char *merged = NULL;
    const char *result = NULL;

    if (conninfo_merge(is_blue ? "[blue] from_green" : "[green] from_blue", known, NULL, dbname,
                       extra, 2, &merged, &io->fault))
        result = arena_copy(io->arena, merged);
    free(merged);
    free(named);
    free(passfile);
    return result ? result : known;
}

const char *place_password_file(struct step_io *io, struct server *server)
{
    struct link *link = &server->link;
    const char *password = link->session ? session_password(link->session) : NULL;
    const char *user = io_fact(io, "%s.user", server->name);
    char *line = NULL;
    const char *result;

    if (password && user && user != sql_unknown)
        line = conninfo_password_line(user, password);
    result = arena_copy(io->arena, line ? line : "");
    free(line);
    return result;
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

bool place_forget_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const char *list[] = {journal_get(io->journal, "blue.work"), place_run(io), "green.pgpass",
                          NULL};

    (void) target;
    if (list[0])
        act_arguments(values, list);
    return list[0] != NULL;
}
