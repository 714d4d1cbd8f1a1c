/*
 * checking_pooler.h: the checks of poolers, parted by what they are about. Reads only.
 *
 * One look goes over all poolers, and over every process of each; what has to be judged of all of
 * them together is gathered meanwhile and judged at the end.
 */
#ifndef PGCUTOVER_COMMANDS_CHECKING_POOLER_H
#define PGCUTOVER_COMMANDS_CHECKING_POOLER_H

#include "../../checks/pooler_roles.h"
#include "checking_places.h"

struct pooler_look {
    struct procedure *procedure;
    struct finding_list *list;
    const struct pooler_address *blue, *green;
    size_t blue_count, green_count;
    int green_version; /* server_version_num of its programs, 0: not known */
    bool green_runs;

    /* the pooler */
    struct pooler *pooler;
    struct pooler_file file; /* its entries; none when it cannot be read */
    char *tried;             /* the demands of TLS that green was tried with already */

    /* the process: what its console answers */
    struct console *console;
    struct reply databases, config;

    /* of all */
    char *green_ssl; /* as SHOW ssl there; NULL: not known, or green does not run */
    struct pooler_users users;
    int64_t connections;             /* to blue, that they may open */
    bool is_unlimited;               /* some of them without a limit, or it is not known */
    struct reply roles, green_roles; /* of blue, and of green once it runs */
    bool has_roles, has_green_roles;
};

/* What it is set to. */
void checking_pooler_settings(struct pooler_look *look);
/* Whom the process lets in, and how it finds out their passwords. */
void checking_pooler_users(struct pooler_look *look);
/* Once for a pooler: where the names of its file lead to. */
void checking_pooler_names(struct pooler_look *look);
/* Would a connection of this process to green be made? */
void checking_pooler_reach(struct pooler_look *look);

/* --- for those files ------------------------------------------------------------------------- */

void pooler_look_add(struct pooler_look *look, const char *id, const char *what,
                     const char *evidence);
/* Does that row of SHOW DATABASES go to blue? */
bool pooler_look_is_at_blue(const struct pooler_look *look, int row);
/* As the file spells it; NULL: not in it. */
const struct pooler_entry *pooler_look_entry(const struct pooler_look *look, const char *name);
/* Has its file a * that leads to blue? It is in no SHOW DATABASES. */
bool pooler_look_falls_back_to_blue(const struct pooler_look *look);
/* A setting of SHOW CONFIG; "" counts as NULL. */
const char *pooler_look_setting(const struct pooler_look *look, const char *key);

#endif
