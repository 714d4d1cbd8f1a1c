/*
 * pause.h: statements of the pause that are planned before it, on the sessions that execute them.
 *
 * Planning such a look at the catalogs takes the server three times as long as executing it, while
 * clients wait. What is prepared is gone with its session; a cutover that has lost a session of
 * the pause, and with it perhaps the operator's lock, is undone.
 */
#ifndef PGCUTOVER_STEPS_PAUSE_H
#define PGCUTOVER_STEPS_PAUSE_H

#include "acts.h"

/* For barrier_look. */
bool pause_name_values(struct step_io *io, struct target *target, struct act_values *values);
/* For terminate_clients. */
bool pause_clients_values(struct step_io *io, struct target *target, struct act_values *values);
/* For sequences_read; no for a database without sequences. */
bool pause_sequences_values(struct step_io *io, struct target *target, struct act_values *values);
/* For marker_look: the marker of the proof. */
bool pause_marker_values(struct step_io *io, struct target *target, struct act_values *values);

/* Needs sql_files.h, last_look.h and survey.h. */
#define PAUSE_PREPARE(where, statement, its_values)                                                \
    {                                                                                              \
        .on = where, .flags = ACT_PREPARE, .sql = &statement, .values = its_values                 \
    }
#define PAUSE_PREPARE_ACTS                                                                         \
    PAUSE_PREPARE(ON_PUBLISHER, sql_barrier_look, pause_name_values),                              \
        PAUSE_PREPARE(ON_PUBLISHER, sql_terminate_clients, pause_clients_values),                  \
        PAUSE_PREPARE(ON_PUBLISHER, sql_prepared_count, NULL),                                     \
        PAUSE_PREPARE(ON_PUBLISHER, sql_slots_progress, NULL),                                     \
        PAUSE_PREPARE(ON_PUBLISHER, sql_commit_look, last_look_values),                            \
        PAUSE_PREPARE(ON_PUBLISHER_DATABASES, sql_sequences_read, pause_sequences_values),         \
        PAUSE_PREPARE(ON_SUBSCRIBER_DATABASES, sql_marker_look, pause_marker_values),              \
        PAUSE_PREPARE(ON_SUBSCRIBER, sql_commit_look_subscriber, survey_lock_values)

#endif
