/*
 * recovery.h: what a run needs after its engine has ended badly: undo before the commit point,
 * forward behind it. One implementation for `recover`, the watchdog and the engine itself.
 */
#ifndef PGCUTOVER_COMMANDS_RECOVERY_H
#define PGCUTOVER_COMMANDS_RECOVERY_H

#include "procedure.h"

/* Ends the sessions of an engine that died, so that nothing it asked for takes effect later, and
   takes the operator's lock; EXIT_LOCKED, said already, when another run holds it. */
enum exit_code recovery_evict(struct procedure *procedure);
/* Undoes or goes forward, as the journal says. `evict`: end the dead engine's sessions first. */
enum exit_code recovery_run(struct procedure *procedure, bool evict);
/* The sync of the commit point failed: reads the journal from the disk again, then recovers. */
enum exit_code recovery_decide(struct procedure *procedure, struct runner *runner);

#endif
