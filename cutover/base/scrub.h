/*
 * scrub.h: takes out of a foreign text what looks like a secret, before it is kept or shown.
 *
 * A net, not a proof: secrets do not belong into what programs print. Never blocks.
 */
#ifndef PGCUTOVER_BASE_SCRUB_H
#define PGCUTOVER_BASE_SCRUB_H

#include "text.h"

/* Adds `string` with "***" for the values of password=…, token: …, and the like, for the password
   of a URL, and for each of `secrets` (NULL-terminated; may be NULL). */
void text_add_scrubbed(struct text *text, const char *string, const char *const *secrets);

#endif
