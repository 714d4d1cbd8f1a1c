/*
 * stage.h: the same tests before a fake door and its real one.
 *
 * The real stage is a temporary directory here, /bin/sh, and (for sessions) the servers that
 * with_servers.py has started. The fake one is the simulator.
 */
#ifndef PGCUTOVER_TESTS_CONTRACT_STAGE_H
#define PGCUTOVER_TESTS_CONTRACT_STAGE_H

#include "../../cutover/base/loop.h"
#include "../sim/sim.h"

#define STAGE_CONTENTS 2 /* what the file may hold: the one for blue, the one for green */

struct stage {
    bool is_fake;
    struct driver *driver;
    struct session_door *sessions;
    struct host *files, *jobs; /* hosts */
    const char *file, *work;
    const char *content[STAGE_CONTENTS];
    struct loop *loop;   /* real */
    char directory[128]; /* real */
    char file_path[160], work_path[160];
    struct sim sim; /* fake */
};

/* cmocka set-up and tear-down functions; *state is the stage. */
int stage_fake(void **state);
int stage_real(void **state);
int stage_close(void **state);

/* Drives the loop until the reply is finished; fails the test after some seconds. */
void stage_finish(struct stage *stage, struct reply *reply);
/* Drives the loop for some turns in which nothing may happen to an abandoned reply. */
void stage_turn(struct stage *stage);
/* The next request is never answered. The real one has to be a request that hangs. */
void stage_next_hangs(struct stage *stage);

/* One test before both doors. */
#define ON_BOTH_STAGES(test)                                                                       \
    {#test " (fake)", test, stage_fake, stage_close, NULL},                                        \
    {                                                                                              \
#test " (real)", test, stage_real, stage_close, NULL                                       \
    }
#define ON_REAL_STAGE(test)                                                                        \
    {                                                                                              \
#test " (real)", test, stage_real, stage_close, NULL                                       \
    }

#endif
