/*
 * publication.h: looking for the publication, for the steps that need it.
 */
#ifndef PGCUTOVER_STEPS_PUBLICATION_H
#define PGCUTOVER_STEPS_PUBLICATION_H

#include "acts.h"

/* For sql_publication_look: has_publication. */
enum act_verdict publication_look_judge(struct step_io *io, struct target *target,
                                        struct reply *reply);

#endif
