/*
 * digest.h: SHA-256, to tell whether something is still the same, and who has written it.
 */
#ifndef PGCUTOVER_BASE_DIGEST_H
#define PGCUTOVER_BASE_DIGEST_H

#include <stddef.h>

/* In hexadecimal digits, terminated. */
void digest_sha256(const char *bytes, size_t length, char ret_hex[65]);
/* HMAC, RFC 2104: only who knows the key (a string) could make it. */
void digest_hmac_sha256(const char *key, const char *bytes, size_t length, char ret_hex[65]);

#endif
