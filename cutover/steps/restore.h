/*
 * restore.h: acts that put something back as it was recorded, for undo, abort and finish.
 */
#ifndef PGCUTOVER_STEPS_RESTORE_H
#define PGCUTOVER_STEPS_RESTORE_H

#include "acts.h"

/* ALTER TABLE … REPLICA IDENTITY; `identity` is pg_class.relreplident, `index` goes with 'i'. */
void restore_set_identity(struct step_io *io, struct act_values *values, const char *schema,
                          const char *table, const char *identity, const char *index);
/* A lock that is not to be had (55P03) is asked for again; a table that is gone (42P01) is no
   longer ours to restore. */
enum act_verdict restore_identity_judge(struct step_io *io, struct target *target,
                                        struct reply *reply);

#define RESTORE_BLUE_IDENTITIES 1
#define RESTORE_GREEN_IDENTITIES 1
extern const struct act restore_blue_identities[RESTORE_BLUE_IDENTITIES];
extern const struct act restore_green_identities[RESTORE_GREEN_IDENTITIES];

#endif
