/*
 * restore.h: acts that put something back as it was recorded, for undo, abort and finish.
 */
#ifndef PGCUTOVER_STEPS_RESTORE_H
#define PGCUTOVER_STEPS_RESTORE_H

#include "acts.h"

/* ALTER TABLE … REPLICA IDENTITY; `identity` is pg_class.relreplident, `index` goes with 'i'. */
void restore_set_identity(struct step_io *io, struct act_values *values, const char *schema,
                          const char *table, const char *identity, const char *index);
/* A lock that is not to be had (55P03) is asked for again; a table that is gone, or its schema
   (42P01, 3F000), needs no identity. */
enum act_verdict identity_judge(struct step_io *io, struct target *target, struct reply *reply);
/* For putting back: an index that is gone (42704) cannot be named, and a view that has the table's
   name (42809) is not what we changed. */
enum act_verdict restore_identity_judge(struct step_io *io, struct target *target,
                                        struct reply *reply);

/* The recorded tables of a database one after the other: `round` counts them. */
bool restore_identity_values(struct step_io *io, struct target *target, struct act_values *values);

#define restore_identities_act(where)                                                              \
    {                                                                                              \
        .on = where, .flags = ACT_REPEAT | ACT_JUDGES_FAILURE, .sql = &sql_identity_set,           \
        .values = restore_identity_values, .judge = restore_identity_judge                         \
    }

#endif
