/*
 * Which targets an act has: its fan-out.
 */
#include "acts_internal.h"

static size_t count_of_poolers(const struct world *world)
{
    size_t count = world->pooler_count, i, j; /* hosts */

    for (i = 0; i < world->pooler_count; i++)
        count += world->poolers[i].trial_count;
    for (i = 0; i < world->pooler_count; i++)
        for (j = 0; j < world->poolers[i].console_count; j++)
            count += world->poolers[i].consoles[j].entry_count + 1;
    return count;
}

static void add_child(struct lane *lane, const struct act *act, const struct target *target)
{
    struct child *child = &lane->children[lane->count++];

    child->act = act;
    child->target = *target;
    child->target.on = act->on;
    if (target->link)
        child->target.name = target->link->endpoint.name;
    else if (target->host)
        child->target.name = target->host->name;
}

static struct link *link_of(struct world *world, struct database *database, enum act_on on)
{
    switch (on) {
    case ON_GREEN_DATABASES:
        return &database->green;
    case ON_PUBLISHER_DATABASES:
        return world_link(world->publisher, database);
    case ON_SUBSCRIBER_DATABASES:
        return world_link(world->subscriber, database);
    default:
        return &database->blue;
    }
}

static void add_databases(struct lane *lane, const struct act *act, struct world *world)
{
    size_t i;

    for (i = 0; i < world->database_count; i++) {
        struct database *database = &world->databases[i];
        struct target target = {.database = database};

        if (!database->replicate && act->on != ON_ALL_BLUE_DATABASES)
            continue;
        target.link = link_of(world, database, act->on);
        add_child(lane, act, &target);
    }
}

static void add_consoles(struct lane *lane, const struct act *act, struct pooler *pooler)
{
    size_t i, j;

    for (i = 0; i < pooler->console_count; i++) {
        struct console *console = &pooler->consoles[i];
        struct target target = {.pooler = pooler, .console = console, .link = &console->link};

        if (act->on == ON_CONSOLES)
            add_child(lane, act, &target);
        for (j = 0; act->on == ON_ENTRIES && j < console->entry_count; j++) {
            target.entry = &console->entries[j];
            target.link = &target.entry->link;
            add_child(lane, act, &target);
        }
    }
}

static void add_trials(struct lane *lane, const struct act *act, struct pooler *pooler)
{
    size_t i;

    for (i = 0; i < pooler->trial_count; i++) {
        struct target target = {.pooler = pooler, .trial = &pooler->trials[i]};

        target.link = &target.trial->link;
        add_child(lane, act, &target);
    }
}

static void add_poolers(struct lane *lane, const struct act *act, struct world *world)
{
    size_t i;

    for (i = 0; i < world->pooler_count; i++) {
        struct pooler *pooler = &world->poolers[i];
        struct target target = {.pooler = pooler};

        if (act->on == ON_POOLER_HOSTS || act->on == ON_HOOKS) {
            target.host = pooler->host;
            if (config_pooler_is_hook(pooler->config) == (act->on == ON_HOOKS))
                add_child(lane, act, &target);
        } else if (act->on == ON_PROBES) {
            target.link = &pooler->probe;
            if (pooler->config->probe)
                add_child(lane, act, &target);
        } else if (act->on == ON_TRIALS) {
            add_trials(lane, act, pooler);
        } else {
            add_consoles(lane, act, pooler);
        }
    }
}

static void add_children(struct lane *lane, const struct act *act, struct world *world)
{
    struct target target = {.name = "pgcutover"};

    switch (act->on) {
    case ON_TOOL:
        add_child(lane, act, &target);
        break;
    case ON_BLUE:
    case ON_GREEN:
        target.link = act->on == ON_BLUE ? &world->blue.link : &world->green.link;
        add_child(lane, act, &target);
        break;
    case ON_PUBLISHER:
    case ON_SUBSCRIBER:
        target.link = act->on == ON_PUBLISHER ? &world->publisher->link : &world->subscriber->link;
        add_child(lane, act, &target);
        break;
    case ON_BLUE_HOST:
    case ON_GREEN_HOST:
        target.host = act->on == ON_BLUE_HOST ? world->blue.host : world->green.host;
        add_child(lane, act, &target);
        break;
    case ON_PUBLISHER_HOST:
        target.host = world->publisher->host;
        add_child(lane, act, &target);
        break;
    case ON_BLUE_DATABASES:
    case ON_GREEN_DATABASES:
    case ON_PUBLISHER_DATABASES:
    case ON_SUBSCRIBER_DATABASES:
    case ON_ALL_BLUE_DATABASES:
        add_databases(lane, act, world);
        break;
    case ON_CONSOLES:
    case ON_ENTRIES:
    case ON_PROBES:
    case ON_TRIALS:
    case ON_POOLER_HOSTS:
    case ON_HOOKS:
        add_poolers(lane, act, world);
        break;
    }
}

void lane_begin_group(struct step_io *io, struct lane *lane, const struct act *acts, size_t count)
{
    struct world *world = io->world;
    size_t end = lane->next + 1, room, i;

    while (end < count && acts[end].flags & ACT_TOGETHER)
        end++;
    room = (end - lane->next) * (2 + world->database_count + count_of_poolers(world));
    lane->children = arena_take(io->arena, room * sizeof(struct child));
    lane->count = 0;
    for (; lane->next < end; lane->next++)
        add_children(lane, &acts[lane->next], world);
    for (i = 0; i < lane->count; i++)
        lane->children[i].begun_ns = io_now(io);
    lane->in_group = true;
}
