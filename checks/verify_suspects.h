/*
 * verify_suspects.h: which rows really differ, and which only moved while they were looked at.
 *
 * A round reads the suspects on the publisher, waits until the subscriber has passed the position
 * behind that, reads them on the subscriber, and reads the publisher again, perhaps often. Then
 *   - what the subscriber holds is what the publisher held at one of its reads: equal;
 *   - the publisher's row was the very same version (xmin and ctid, no ABA) from the first to the
 *     last read, and the subscriber's is another: it differs, for the position was passed between;
 *   - else it moved: another round.
 * A difference is believed after VERIFY_ROUNDS such rounds in a row with the same versions on both
 * sides; for a row that only the subscriber has it takes two, since a row that is not there has no
 * version. Nothing here blocks or asks; all strings are copies.
 */
#ifndef PGCUTOVER_CHECKS_VERIFY_SUSPECTS_H
#define PGCUTOVER_CHECKS_VERIFY_SUSPECTS_H

#include "verify_sql.h"

#define VERIFY_ROUNDS 3

struct verify_row {
    char *id;      /* the key's literals, or the hash of a row without key */
    char *shown;   /* for people, NULL: nothing to show */
    char *value;   /* hash of the row, or how many rows have that hash */
    char *version; /* which rows of the heap they are */
    char *sample;  /* NULL: not wanted */
};

struct verify_rows {
    struct verify_row *list; /* sorted by id */
    size_t count;
};

/* From verify_rows.sql, or with `keys` NULL from verify_bucket_rows.sql. False: a value is missing.
 */
bool verify_rows_read(const struct reply *reply, const struct verify_keys *keys,
                      struct verify_rows *ret_rows) __attribute__((warn_unused_result));
void verify_rows_free(struct verify_rows *rows);

enum verify_verdict {
    VERIFY_OPEN,
    VERIFY_EQUAL,
    VERIFY_ADDITIONAL,
    VERIFY_MISSING,
    VERIFY_CHANGED
};

struct verify_suspect {
    char *id, *shown;
    char *published_sample, *subscribed_sample;
    enum verify_verdict verdict;
    int64_t more; /* of rows without key: how many the subscriber has more (below 0: fewer) */

    /* this round's */
    char **published; /* values at the publisher's reads, NULL where there was no row */
    size_t published_count;
    char *version; /* the publisher's at its first read; NULL: no row */
    bool is_stable;
    char *subscribed, *subscribed_version;
    bool is_read; /* on the subscriber */

    /* of the last round that showed a difference */
    int rounds;
    char *last_version, *last_published, *last_subscribed, *last_subscribed_version;
};

struct verify_suspects {
    struct verify_suspect *list;
    size_t count, open;
    bool are_counted; /* rows without key: values are numbers of rows */
};

/* The ids that differ, at most `limit` of them; returns how many there are. */
size_t verify_suspects_find(struct verify_suspects *suspects, bool are_counted,
                            const struct verify_rows *published,
                            const struct verify_rows *subscribed, size_t limit);
void verify_round_begin(struct verify_suspects *suspects);
void verify_round_published(struct verify_suspects *suspects, const struct verify_rows *rows);
void verify_round_subscribed(struct verify_suspects *suspects, const struct verify_rows *rows);
/* `believable`: no commit waited that the subscriber might have before the publisher shows it. */
void verify_round_end(struct verify_suspects *suspects, bool believable);
void verify_suspects_free(struct verify_suspects *suspects);

#endif
