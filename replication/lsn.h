/*
 * lsn.h: write-ahead log positions. Plain arithmetic, never blocks.
 */
#ifndef PGCUTOVER_REPLICATION_LSN_H
#define PGCUTOVER_REPLICATION_LSN_H

#include <stdbool.h>
#include <stdint.h>

#define LSN_TEXT 20

/* "16/B374D848"; false (and *ret_lsn untouched) for anything else, NULL and 0/0 included. */
bool lsn_parse(const char *text, uint64_t *ret_lsn);
const char *lsn_print(uint64_t lsn, char buffer[LSN_TEXT]); /* returns buffer */

/*
 * Did recovery with recovery_target_inclusive=off stop at `target`, its last replayed record
 * ending at `switch_point`? True also when the target lies just behind a page header: the insert
 * position skips the header of a fresh page (24 or 40 bytes, XLogBytePosToRecPtr), the end of the
 * last record does not. Rule B2 in docs/lsn.md.
 */
bool lsn_target_reached(uint64_t target, uint64_t switch_point);

/* The switch point in the last line of a timeline history file; false if there is none. */
bool lsn_parse_history(const char *history, uint64_t *ret_switch_point, uint32_t *ret_parent);

#endif
