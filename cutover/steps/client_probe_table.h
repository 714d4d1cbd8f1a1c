/*
 * client_probe_table.h: the table that the client probe writes to, and who may. Only before the
 * publication and the clone: what came later would be on one server only.
 */
#ifndef PGCUTOVER_STEPS_CLIENT_PROBE_TABLE_H
#define PGCUTOVER_STEPS_CLIENT_PROBE_TABLE_H

#include "acts.h"
#include "publication.h"

bool client_probe_is_wanted(struct step_io *io, struct target *target, struct act_values *values);
bool client_probe_who_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict client_probe_who_judge(struct step_io *io, struct target *target,
                                        struct reply *reply);
bool client_probe_create_values(struct step_io *io, struct target *target,
                                struct act_values *values);

bool client_probe_explain_values(struct step_io *io, struct target *target,
                                 struct act_values *values);
/* A plan shows what the client probe, which goes along from there on, sends again and again. */
#define CLIENT_PROBE_EXPLAIN_ACT                                                                   \
    {                                                                                              \
        .on = ON_PROBES, .sql = &sql_client_probe_write, .values = client_probe_explain_values     \
    }

/* Behind the schema of the marker tables. Needs sql_files.h. A pooler that does not answer is not
   measured later; it fails nothing. */
#define CLIENT_PROBE_TABLE_ACTS                                                                    \
    {.on = ON_BLUE_DATABASES,                                                                      \
     .sql = &sql_publication_look,                                                                 \
     .values = client_probe_is_wanted,                                                             \
     .judge = publication_look_judge},                                                             \
        {.on = ON_PROBES,                                                                          \
         .flags = ACT_EACH | ACT_JUDGES_FAILURE,                                                   \
         .sql = &sql_client_probe_who,                                                             \
         .timeout_ms = 2000,                                                                       \
         .values = client_probe_who_values,                                                        \
         .judge = client_probe_who_judge},                                                         \
        {.on = ON_PROBES, .flags = ACT_CLOSE},                                                     \
    {                                                                                              \
        .on = ON_BLUE_DATABASES, .sql = &sql_client_probe_create,                                  \
        .values = client_probe_create_values                                                       \
    }

#endif
