/*
 * checking_target.h: checks that code makes of what green's release has and takes: blue's databases
 * say what is wanted, green's host answers for all of them in one go.
 */
#ifndef PGCUTOVER_COMMANDS_CHECKING_TARGET_H
#define PGCUTOVER_COMMANDS_CHECKING_TARGET_H

#include "../../checks/collations.h"
#include "../../checks/parameters.h"
#include "../../checks/target.h"
#include "../../checks/wal.h"
#include "procedure.h"

/* What is collected on the way. */
struct target {
    const struct check_values *values; /* not owned */
    int version;                       /* of green's programs; 0: they could not be asked */
    bool is_partial;                   /* something of blue could not be read: that is a finding */
    struct wants wants;
    struct collation_uses collations;
    char *green_host;             /* what green's host says of its programs; NULL: nothing */
    struct parameters parameters; /* set on blue, or for green */
    bool has_parameters;          /* all of them were read */
    struct reply blue_parameters; /* and what is not set */
    struct reply wal_reply;       /* of the first look */
    int64_t wal_looked_ns;
    char *blue_host; /* what blue's host says of itself; NULL: nothing */
};

/* Asks blue; what cannot be read is a finding. */
bool checking_target_ask(struct procedure *procedure, struct finding_list *list,
                         struct target *target, struct link *link, const struct sql *sql,
                         struct reply *reply);
void checking_settings_begin(struct procedure *procedure, struct finding_list *list,
                             struct target *target);
/* Asks green's programs; and green, once it runs. */
void checking_settings(struct procedure *procedure, struct finding_list *list,
                       struct target *target);
void checking_settings_of_green(struct procedure *procedure, struct finding_list *list,
                                struct target *target);
/* Tries pg_upgrade on a copy of blue's schema (--pg-upgrade), and green's way to blue. */
void checking_reach(struct procedure *procedure, struct finding_list *list);
void checking_upgrade(struct procedure *procedure, struct finding_list *list,
                      struct target *target);
/* Before everything else, and behind it. */
void checking_wal_begin(struct procedure *procedure, struct finding_list *list,
                        struct target *target);
void checking_wal(struct procedure *procedure, struct finding_list *list, struct target *target);

void checking_target_of_server(struct procedure *procedure, struct finding_list *list,
                               struct target *target);
void checking_target_of_database(struct procedure *procedure, struct finding_list *list,
                                 struct target *target, struct database *database);
/* Asks green's host, and judges. */
void checking_target(struct procedure *procedure, struct finding_list *list, struct target *target);
void checking_target_end(struct target *target);

#endif
