/*
 * stop.h: test builds only: the engine stops itself (SIGSTOP) at a named place, so that the
 * end-to-end tests can kill, freeze or go on with it exactly there.
 *
 * PGCUTOVER_STOP_AT is a list, separated by commas, of places; each of them stops it once:
 *   fence        where the row begins        undo:fence   where its undo begins
 *   line:7       behind the 7th row that this process notes in the journal, not synced yet
 *   sync:3       inside the 3rd transaction of the journal, before its COMMIT
 * Built without PGCUTOVER_TESTING these do nothing.
 */
#ifndef PGCUTOVER_ENGINE_STOP_H
#define PGCUTOVER_ENGINE_STOP_H

void stop_for_a_test(const char *prefix, const char *name);
/* At "prefixN", at the Nth call with this prefix in this process. */
void stop_for_a_test_at(const char *prefix);

#endif
