/*
 * hooks.h: acts for poolers that a hook drives, to be put into the tables of the steps, after or
 * TOGETHER with what they do to PgBouncers.
 *
 * Behind every hold, point and release stands a describe, which is judged; what an action itself
 * answered only says that it has ended. Hooks and PgBouncers are told together, and looked at
 * together afterwards: whichever of them hangs until the row's end, the others have been told.
 */
#ifndef PGCUTOVER_STEPS_HOOKS_H
#define PGCUTOVER_STEPS_HOOKS_H

#include "acts.h"
#include "script_files.h"

bool hook_describe_values(struct step_io *io, struct target *target, struct act_values *values);
bool hook_look_values(struct step_io *io, struct target *target, struct act_values *values);
bool hook_hold_values(struct step_io *io, struct target *target, struct act_values *values);
bool hook_point_values(struct step_io *io, struct target *target, struct act_values *values);
bool hook_point_back_values(struct step_io *io, struct target *target, struct act_values *values);
bool hook_point_astray_values(struct step_io *io, struct target *target, struct act_values *values);
bool hook_release_values(struct step_io *io, struct target *target, struct act_values *values);
bool hook_release_held_values(struct step_io *io, struct target *target, struct act_values *values);
/* Lost is whose host or hook does not answer (lost.h); one that says that it failed has failed. */
enum act_verdict hook_answered_judge(struct step_io *io, struct target *target,
                                     struct reply *reply);
enum act_verdict hook_record_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict hook_held_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict hook_at_subscriber_judge(struct step_io *io, struct target *target,
                                          struct reply *reply);
enum act_verdict hook_at_publisher_judge(struct step_io *io, struct target *target,
                                         struct reply *reply);
enum act_verdict hook_released_judge(struct step_io *io, struct target *target,
                                     struct reply *reply);
enum act_verdict hook_astray_judge(struct step_io *io, struct target *target, struct reply *reply);
enum act_verdict hook_served_judge(struct step_io *io, struct target *target, struct reply *reply);

#define HOOK_ACT(more, what, verdict)                                                              \
    {                                                                                              \
        .on = ON_HOOKS, .flags = (more), .script = &script_hook, .values = hook_##what##_values,   \
        .judge = hook_##verdict##_judge                                                            \
    }

/* record: at the publisher and not held, and that is on record; cutover would refuse anything else.
 */
#define HOOKS_RECORD HOOK_ACT(ACT_READS, describe, record)
/* arm */
#define HOOKS_WARM                                                                                 \
    {                                                                                              \
        .on = ON_HOOKS, .flags = ACT_TOGETHER | ACT_WARM                                           \
    }
/* hold: with the PAUSEs; with the look at them */
#define HOOKS_HOLD HOOK_ACT(ACT_TOGETHER, hold, answered)
#define HOOKS_SEE_HELD HOOK_ACT(ACT_TOGETHER | ACT_READS, look, held)
/* point: with the switch of the files; with the look at the processes */
#define HOOKS_POINT HOOK_ACT(ACT_TOGETHER | ACT_JUDGES_FAILURE, point, answered)
#define HOOKS_SEE_POINTED                                                                          \
    HOOK_ACT(ACT_TOGETHER | ACT_READS | ACT_JUDGES_FAILURE, look, at_subscriber)
/* its undo: with the RELOADs; with the look at the processes */
#define HOOKS_POINT_BACK HOOK_ACT(ACT_TOGETHER | ACT_EACH, point_back, answered)
#define HOOKS_SEE_POINTED_BACK HOOK_ACT(ACT_TOGETHER | ACT_READS | ACT_EACH, look, at_publisher)
/* release and the undo of hold: with the RESUMEs; with the look at them */
#define HOOKS_RELEASE(later_ms)                                                                    \
    {                                                                                              \
        .on = ON_HOOKS, .flags = ACT_TOGETHER | ACT_EACH | ACT_JUDGES_FAILURE,                     \
        .script = &script_hook, .values = hook_release_values, .delay_ms = (later_ms),             \
        .judge = hook_answered_judge                                                               \
    }
#define HOOKS_SEE_RELEASED                                                                         \
    HOOK_ACT(ACT_TOGETHER | ACT_READS | ACT_EACH | ACT_JUDGES_FAILURE, look, released)
/* confirm */
#define HOOKS_CONFIRM                                                                              \
    HOOK_ACT(ACT_READS | ACT_EACH | ACT_JUDGES_FAILURE, look, astray),                             \
        HOOK_ACT(ACT_EACH, point_astray, answered), HOOK_ACT(ACT_EACH, release_held, answered),    \
        HOOK_ACT(ACT_READS | ACT_EACH, look, served)

#endif
