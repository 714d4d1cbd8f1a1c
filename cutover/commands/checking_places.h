/*
 * checking_places.h: checks that code makes: green's host, green's address, the poolers.
 */
#ifndef PGCUTOVER_COMMANDS_CHECKING_PLACES_H
#define PGCUTOVER_COMMANDS_CHECKING_PLACES_H

#include "../../checks/check.h"
#include "procedure.h"

/* Programs, versions, data directory, disk. *ret_version: green's server_version_num, 0 unknown. */
void checking_green_host(struct procedure *procedure, struct finding_list *list, int *ret_version,
                         bool *ret_knows_attver);
/* Does [green] conninfo lead somewhere else than to blue? */
void checking_green_address(struct procedure *procedure, struct finding_list *list);
/* For how long the names of blue are remembered. */
void checking_names(struct procedure *procedure, struct finding_list *list);
/* Asks it how things stand. False: clients of it are not served now. */
bool checking_hook(struct procedure *procedure, struct finding_list *list, struct pooler *pooler);
/* Files, consoles, entries, pauses, time-outs, users; hooks. `green_version`: of its programs. */
void checking_poolers(struct procedure *procedure, struct finding_list *list, int green_version);

#endif
