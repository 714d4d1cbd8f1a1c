/*
 * The role is asked for through the pooler: an entry may have a user of its own.
 */
#include "client_probe_table.h"

#include "../base/text.h"

bool client_probe_is_wanted(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target, (void) values;
    return io_world(io)->config->client_probe;
}

bool client_probe_who_values(struct step_io *io, struct target *target, struct act_values *values)
{
    const struct world *world = io->world;
    bool is_early = false;
    size_t i;

    (void) values;
    for (i = 0; i < world->database_count; i++)
        is_early =
            is_early || (world->databases[i].replicate && !world->databases[i].has_publication);
    world_keep(&target->pooler->probe_role, NULL);
    return world->config->client_probe && is_early;
}

bool client_probe_explain_values(struct step_io *io, struct target *target,
                                 struct act_values *values)
{
    sql_set(&values->sql, "pooler", target->pooler->config->name);
    return io_explains(io) && io_world(io)->config->client_probe;
}

enum act_verdict client_probe_who_judge(struct step_io *io, struct target *target,
                                        struct reply *reply)
{
    struct pooler *pooler = target->pooler;

    world_keep(&pooler->probe_role, reply_value(reply, 0, "role"));
    world_keep(&pooler->probe_database, reply_value(reply, 0, "database"));
    if (!pooler->probe_role || !pooler->probe_database)
        step_says(io,
                  "client probe: [pooler %s] probe cannot be asked as whom it comes (%s): "
                  "it will not be measured what its clients feel",
                  pooler->config->name,
                  reply->state == REPLY_FAILED ? reply->fault.cause : "no answer");
    return ACT_DONE;
}

bool client_probe_create_values(struct step_io *io, struct target *target,
                                struct act_values *values)
{
    const struct world *world = io->world;
    struct text roles = {0};
    size_t i;

    for (i = 0; i < world->pooler_count; i++)
        if (world->poolers[i].probe_role &&
            string_equal(world->poolers[i].probe_database, target->database->name))
            text_add(&roles, "%s%s", roles.length ? ", " : "", world->poolers[i].probe_role);
    if (roles.length)
        sql_set(&values->sql, "roles", arena_copy(io->arena, text_string(&roles)));
    text_free(&roles);
    return values->sql.count > 0 && world->config->client_probe &&
           !target->database->has_publication;
}
