/*
 * client_probe_mode.h: may a pooler pool sessions? Asked of every process, on a console session of
 * its own. Whatever is not known to pool transactions or statements may.
 */
#ifndef PGCUTOVER_STEPS_CLIENT_PROBE_MODE_H
#define PGCUTOVER_STEPS_CLIENT_PROBE_MODE_H

#include "world.h"

struct client_probe_mode {
    struct session *session; /* NULL: none is open */
    struct reply reply;
    size_t console, question;
    bool is_asking;
};

/* True when it is known. */
bool client_probe_mode_poll(struct client_probe_mode *mode, struct world *world,
                            const struct config_pooler *pooler, bool *ret_may_pool_sessions);
void client_probe_mode_close(struct client_probe_mode *mode);

#endif
