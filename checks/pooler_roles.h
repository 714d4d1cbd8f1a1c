/*
 * pooler_roles.h: the roles that poolers log in with, as blue and green have them.
 *
 * Pure: judges finished replies of pooler_roles.sql; never blocks. What is stored of a password is
 * compared by digests that no finding names.
 */
#ifndef PGCUTOVER_CHECKS_POOLER_ROLES_H
#define PGCUTOVER_CHECKS_POOLER_ROLES_H

#include "check.h"

/* Whom poolers let in: of auth_file, forced by an entry, or looked up. */
struct pooler_users {
    char **names; /* owned, each once */
    size_t count;
    bool everybody; /* passwords are looked up on the server: any role may come */
};

void pooler_users_add(struct pooler_users *users, const char *name);
bool pooler_users_have(const struct pooler_users *users, const char *name);
void pooler_users_clear(struct pooler_users *users);

/* Can it log in? NULL: yes; else why not. */
const char *pooler_role_refused(const struct reply *roles, const char *name);
/* One note for all of them, when green's release is one that gives md5 up. */
void pooler_roles_judge_md5(struct finding_list *list, const struct pooler_users *users,
                            const struct reply *blue, int green_version);
/* Roles of blue that can log in there, and that green lacks, or has otherwise. */
void pooler_roles_compare(struct finding_list *list, const struct pooler_users *users,
                          const struct reply *blue, const struct reply *green);

#endif
