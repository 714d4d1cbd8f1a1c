/*
 * parameters.h: what green's release makes of blue's settings, and of what blue leaves alone.
 *
 * Collected from blue and from [green.parameters], tried by green's programs in one go
 * (target_settings), judged here. Nothing here blocks; strings are copies.
 */
#ifndef PGCUTOVER_CHECKS_PARAMETERS_H
#define PGCUTOVER_CHECKS_PARAMETERS_H

#include "check.h"

struct parameter {
    char *name, *value;
    char *place;     /* of roles and databases: "role app in database shop"; else of the server */
    char *cure;      /* how it is taken back; NULL: the check's */
    bool is_carried; /* of the server: prepare leaves out what green does not know */
    int round;       /* in one round no name comes twice */
};

struct parameters {
    struct parameter *list; /* owned, with its strings */
    size_t count, capacity;
};

void parameters_add(struct parameters *parameters, const char *name, const char *value,
                    const char *place, const char *cure, bool is_carried);
void parameters_free(struct parameters *parameters); /* NULL-safe; empty after */
bool parameters_has(const struct parameters *parameters, const char *name); /* of the server */

/* The lines that target_settings reads; it is asked for the defaults that may have changed between
   the two versions, too. Caller frees. */
char *parameters_lines(const struct parameters *parameters, int blue_version, int green_version);
/* removed_settings, refused_settings. False: the answer is not complete. */
bool parameters_judge(struct finding_list *list, const struct parameters *parameters,
                      const char *output);
/* changed_defaults: `blue` is the answer to the statement "parameters". */
void parameters_judge_defaults(struct finding_list *list, const struct parameters *parameters,
                               const struct reply *blue, const char *output);
/* parameters_differ: both are answers to the statement "parameters". */
void parameters_compare(struct finding_list *list, const struct parameters *parameters,
                        const struct reply *blue, const struct reply *green);

#endif
