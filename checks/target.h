/*
 * target.h: what blue has and green's release must have too: extensions, libraries, locales.
 *
 * Collected from replies of blue's databases, asked on green's host in one go (target_look), judged
 * here. Nothing here blocks; strings are copies.
 */
#ifndef PGCUTOVER_CHECKS_TARGET_H
#define PGCUTOVER_CHECKS_TARGET_H

#include "check.h"

#include <stdint.h>

enum want_kind { WANT_EXTENSION, WANT_FUNCTION, WANT_PRELOAD, WANT_LOCALE };

struct want {
    enum want_kind kind;
    char *name;
    char *version; /* of an extension, as installed; NULL: of no other */
    char *owner;   /* of a function: its extension; NULL: none */
    char *places;  /* databases, settings: "Billing, shop" */
};

struct wants {
    struct want *list; /* owned, with its strings */
    size_t count, capacity;
    char *preload;                       /* shared_preload_libraries of blue; NULL: not read */
    int64_t relations;                   /* of all databases together */
    char *extension_path, *library_path; /* where green looks for them; NULL: not read */
};

/* What is wanted in several places is one want. `version` and `owner` may be NULL. */
void wants_add(struct wants *wants, enum want_kind kind, const char *name, const char *version,
               const char *owner, const char *place);
/* The rows of target_wants (in database `place`) and of target_server_wants (`place` NULL). False:
   a row says less than it must. */
bool wants_read(struct wants *wants, const struct reply *reply, const char *place);
void wants_free(struct wants *wants); /* NULL-safe; empty after */

/* The lines that target_look reads; caller frees. A name with a line break is left out: no file is
   called so, and wants_judge finds it missing. */
char *wants_lines(const struct wants *wants);
/* Findings about what its answer lacks. False: it is not complete, and says nothing. */
bool wants_judge(struct finding_list *list, const struct wants *wants, const char *output)
    __attribute__((warn_unused_result));

/* Has a script said all that it had to? Its last line is "complete"; `output` may be NULL. */
bool target_is_complete(const char *output);
/* The value of a "key=" line of a script's output, in `buffer`; NULL: not there. */
const char *target_value(const char *output, const char *key, char *buffer, size_t size);

#endif
