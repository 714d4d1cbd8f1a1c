/*
 * refusal.h: what libpq says of a connection that was refused, taken apart. Pure, never blocks.
 *
 * While it connects, libpq keeps no SQLSTATE; with PQERRORS_VERBOSE the code stands in the text:
 * `connection to server at "10.0.0.9", port 6432 failed: FATAL:  42501: permission denied`
 * (src/interfaces/libpq/fe-protocol3.c, pqBuildErrorMessage3). Through a pooler the address is the
 * pooler's, so that the words alone tell more.
 */
#ifndef PGCUTOVER_REPLICATION_REFUSAL_H
#define PGCUTOVER_REPLICATION_REFUSAL_H

#include <stdbool.h>
#include <stddef.h>

#define REFUSAL_CODE_SIZE 6

/* The last server's words, without code and address, cut off where they do not fit; false and
   nothing set when no server has said anything (the message is libpq's own). */
bool refusal_parse(const char *message, char ret_code[REFUSAL_CODE_SIZE], char *ret_words,
                   size_t size);

#endif
