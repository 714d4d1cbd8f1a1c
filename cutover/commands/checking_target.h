/*
 * checking_target.h: checks that code makes of what green's release has and takes: blue's databases
 * say what is wanted, green's host answers for all of them in one go.
 */
#ifndef PGCUTOVER_COMMANDS_CHECKING_TARGET_H
#define PGCUTOVER_COMMANDS_CHECKING_TARGET_H

#include "../../checks/target.h"
#include "procedure.h"

/* What is collected on the way. */
struct target {
    const struct check_values *values; /* not owned */
    int version;                       /* of green's programs; 0: they could not be asked */
    bool is_partial;                   /* something of blue could not be read: that is a finding */
    struct wants wants;
};

void checking_target_of_server(struct procedure *procedure, struct finding_list *list,
                               struct target *target);
void checking_target_of_database(struct procedure *procedure, struct finding_list *list,
                                 struct target *target, struct database *database);
/* Asks green's host, and judges. */
void checking_target(struct procedure *procedure, struct finding_list *list, struct target *target);
void checking_target_end(struct target *target);

#endif
