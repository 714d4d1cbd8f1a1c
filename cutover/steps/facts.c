/*
 * Facts of the journal, by names in which the sides of the run may stand for themselves.
 */
#include "acts.h"

#include "../base/text.h"

#include <stdarg.h>
#include <stdio.h>

static const char *named(struct step_io *io, const char *key)
{
    const struct world *world = io->world;
    char *name = arena_copy(io->arena, key);

    text_put_name(name, "{publisher}", world->publisher->name);
    text_put_name(name, "{subscriber}", world->subscriber->name);
    text_put_name(name, "{procedure}", world->leg);
    return name;
}

const char *io_get(struct step_io *io, const char *key)
{
    return journal_get(io->journal, named(io, key));
}

bool io_has(struct step_io *io, const char *key, const char *value)
{
    return journal_has(io->journal, named(io, key), value);
}

void io_set(struct step_io *io, const char *key, const char *value)
{
    journal_set(io->journal, named(io, key), value);
}

const char *io_fact(struct step_io *io, const char *format, ...)
{
    char key[256];
    va_list arguments;
    const char *value;

    va_start(arguments, format);
    vsnprintf(key, sizeof(key), format, arguments);
    va_end(arguments);
    value = io_get(io, key);
    return !value && io_explains(io) ? sql_unknown : value;
}
