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

/* As the other one's host reaches it. */
static const char *known_of(struct step_io *io, const struct server *server)
{
    const struct config *config = io_world(io)->config;

    return server == &io_world(io)->blue ? config->blue.from_green : config->green.from_blue;
}

/* It becomes an argument of commands, and is stored by subscriptions: no secret is in it. */
const char *place_conninfo(struct step_io *io, const struct server *server, const char *dbname)
{
    struct world *world = io->world;
    bool is_blue = server == &world->blue;
    const char *known = known_of(io, server);
    const char *user = io_fact(io, "%s.user", server->name);
    char *named = conninfo_get(known, "user"), *passfile = conninfo_get(known, "passfile");
    char *password = conninfo_get(known, "password");
    const char *work = place_work_of(io, is_blue ? &world->green : &world->blue);
    const struct conninfo_value extra[] = {
        {"user", named                 ? named
                 : user == sql_unknown ? "<user>"
                                       : user},
        {"passfile", passfile && !password
                         ? passfile
                         : arena_print(io->arena, "%s/%s.pgpass", work, server->name)},
        {"application_name", NULL},
    };
    char *merged = NULL, *safe;
    const char *result;

    if (conninfo_merge(is_blue ? "[blue] from_green" : "[green] from_blue", known, NULL, dbname,
                       extra, 3, &merged, &io->fault))
        safe = conninfo_without_password(merged);
    else
        safe = conninfo_without_password(known);
    result = arena_copy(io->arena, safe);
    free(safe);
    free(merged);
    free(named);
    free(passfile);
    free(password);
    return result;
}

const char *place_password_file(struct step_io *io, struct server *server)
{
    struct link *link = &server->link;
    const char *known = known_of(io, server);
    char *named = conninfo_get(known, "user"), *given = conninfo_get(known, "password");
    const char *password = given ? given : link->session ? session_password(link->session) : NULL;
    const char *user = named ? named : io_fact(io, "%s.user", server->name);
    char *line = NULL;
    const char *result;

    if (password && user && user != sql_unknown)
        line = conninfo_password_line(user, password);
    result = arena_copy(io->arena, line ? line : "");
    free(line);
    free(named);
    free(given);
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
