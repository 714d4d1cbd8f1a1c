/*
 * quiet.h: what both waits for a quiet moment share: that of a plan in which something follows
 * (quiet.c), and that of one in which nothing does (calm.c).
 */
#ifndef PGCUTOVER_STEPS_QUIET_H
#define PGCUTOVER_STEPS_QUIET_H

#include "acts.h"

/* Farther behind than this, the subscriber would be waited for in the pause. */
#define QUIET_BEHIND_BYTES (1024 * 1024)

bool quiet_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict quiet_judge(struct step_io *io, struct target *target, struct reply *reply);
bool quiet_unchanged_values(struct step_io *io, struct target *target, struct act_values *values);
enum act_verdict quiet_sequences_judge(struct step_io *io, struct target *target,
                                       struct reply *reply);
enum act_verdict quiet_fence_judge(struct step_io *io, struct target *target, struct reply *reply);

/* Each needs sql_files.h, the files script_files.h, the fence keep.h. */
#define QUIET_ACT                                                                                  \
    {                                                                                              \
        .on = ON_PUBLISHER, .sql = &sql_quiet_look, .values = quiet_values, .judge = quiet_judge   \
    }
#define QUIET_FILES_ACT                                                                            \
    {                                                                                              \
        .on = ON_POOLER_HOSTS, .script = &script_file_unchanged, .values = quiet_unchanged_values  \
    }
#define QUIET_SEQUENCES_ACT                                                                        \
    {                                                                                              \
        .on = ON_PUBLISHER_DATABASES, .sql = &sql_sequences_list, .timeout_ms = 60000,             \
        .judge = quiet_sequences_judge                                                             \
    }
#define QUIET_FENCE_ACT                                                                            \
    {                                                                                              \
        .on = ON_PUBLISHER, .sql = &sql_fence_statements, .values = keep_values,                   \
        .judge = quiet_fence_judge                                                                 \
    }

#endif
