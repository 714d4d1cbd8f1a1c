/*
 * debt.h: what is left for people to decide when a run has ended: the same list for `finish` and
 * for `status`, from the journal, the configuration, and servers that can be asked.
 */
#ifndef PGCUTOVER_COMMANDS_DEBT_H
#define PGCUTOVER_COMMANDS_DEBT_H

#include "procedure.h"

struct cJSON;

struct debt_item {
    const char *what; /* "server", "pooler", "identities", "files", "backups" */
    char *text;
};

struct debt {
    struct debt_item *list;
    size_t count;
};

/* Of a run that is finished. Asks both servers; one that does not answer is told as such. */
void debt_look(struct procedure *procedure, struct debt *ret_debt);
void debt_free(struct debt *debt);
void debt_print(const struct debt *debt);
struct cJSON *debt_json(const struct debt *debt);
/* Is blue deleted (finish --delete-blue)? */
bool debt_is_blue_deleted(const struct procedure *procedure);

#endif
