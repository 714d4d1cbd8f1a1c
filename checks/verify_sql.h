/*
 * verify_sql.h: the parts of statements that compare: hashes of rows, keys, ranges. Text only.
 *
 * What a table's columns and keys are comes from verify_tables.sql as JSON. Whatever is returned is
 * the caller's to free. Nothing here blocks.
 */
#ifndef PGCUTOVER_CHECKS_VERIFY_SQL_H
#define PGCUTOVER_CHECKS_VERIFY_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reply;

/* How rows are hashed: what both servers can, and give alike. */
enum verify_form {
    VERIFY_FORM_HASH, /* 11 and newer: hashes of the columns */
    VERIFY_FORM_MD5,  /* one of them is 10: of the row's text */
};
enum verify_form verify_form(int64_t version, int64_t other_version);
/* Of extra_float_digits: below 12 there is no shortest exact text. */
const char *verify_float_digits(int64_t version, int64_t other_version);

#define VERIFY_KEY_MAX 8

struct verify_key {
    char *name;
    const char *type; /* of those that verify_tables.sql lets order */
};

struct verify_keys {
    struct verify_key list[VERIFY_KEY_MAX];
    size_t count; /* 0: no key that both sides order alike */
};

/* A bigint expression; `columns` is JSON. With is_old a server is older than 12.
   In verify_hash.c. */
char *verify_hash(const char *columns, enum verify_form form, bool is_old);
/* The beginning of the row's text; NULL: "NULL". */
char *verify_sample(const char *columns, bool wanted);
/* The text of the columns that name a row, for people; "NULL" when there are none. */
char *verify_shown(const char *identity);
/* The same columns, compared alike? Their JSON may be spaced differently. */
bool verify_same_columns(const char *one, const char *other);
/* The first key of the publisher that the subscriber has too, with a known collation. */
void verify_choose_key(const char *publisher, const char *subscriber, struct verify_keys *ret_keys);
void verify_keys_free(struct verify_keys *keys);

char *verify_key_columns(const struct verify_keys *keys); /* "a", "b": to order by */
char *verify_key_values(const struct verify_keys *keys);  /* "a"::text AS key1, … */
/* A row's key as literals: CAST('1' AS int8), …; NULL: a column without a value. */
char *verify_key_literals(const struct verify_keys *keys, const struct reply *reply, int row);
/* The same for people: 1 or (1, x). */
char *verify_key_shown(const struct verify_keys *keys, const struct reply *reply, int row);
/* Behind `after` and up to `upto`, literals; NULL: from the beginning, to the end. */
char *verify_range(const struct verify_keys *keys, const char *after, const char *upto);
/* For the end of a long range, about: a sample of the table's blocks, and in *rows how many of its
   rows make the range; else "". */
char *verify_sampled(int64_t estimate, int64_t bytes, int64_t *rows);
/* Those rows only; each of `literals` is a key. */
char *verify_among(const struct verify_keys *keys, const char *const *literals, size_t count);

#endif
