/* Who logs in through the poolers, and whether green would let them. */
#include "checking_pooler.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "check_files.h"
#include "checking.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Is `name` in a list as admin_users is one: "a, b"? */
static bool is_listed(const char *list, const char *name)
{
    size_t length = strlen(name);

    while (list && *list) {
        size_t word;

        list += strspn(list, ", \t");
        word = strcspn(list, ", \t");
        if (word == length && strncmp(list, name, word) == 0)
            return true;
        list += word;
    }
    return false;
}

/* Those of the console only need no role anywhere. */
static bool is_of_console(const struct pooler_look *look, const char *name)
{
    return string_equal(name, "pgbouncer") ||
           is_listed(pooler_look_setting(look, "admin_users"), name) ||
           is_listed(pooler_look_setting(look, "stats_users"), name);
}

/* --- auth_query ------------------------------------------------------------------------------- */

/* How one entry has passwords looked up. */
struct lookup {
    const char *entry;
    const char *user;     /* NULL: it does not */
    const char *database; /* of the server; NULL: not known */
    const char *query;
    const char *through; /* another entry, NULL: itself */
};

/* The entry that passwords are looked up through leads to blue: with it, it moves. */
static void judge_through(struct pooler_look *look, struct lookup *lookup)
{
    const struct pooler_entry *fallback = pooler_look_entry(look, "*");
    int row = pgbouncer_row(&look->databases, lookup->through);
    const char *host = reply_value(&look->databases, row, "host");
    const char *port = reply_value(&look->databases, row, "port");
    char text[256];

    if (row >= 0 && pooler_look_is_at_blue(look, row)) {
        lookup->database = reply_value(&look->databases, row, "database");
        return;
    }
    lookup->database = NULL;
    if (row < 0 && fallback && pooler_entry_is_at(fallback, look->blue, look->blue_count)) {
        lookup->database = lookup->through;
        return;
    }
    if (row < 0)
        snprintf(text, sizeof(text), "its auth_dbname, %s, is no entry", lookup->through);
    else
        snprintf(text, sizeof(text), "its auth_dbname, %s, leads to %s port %s", lookup->through,
                 host ? host : "a socket", port ? port : "5432");
    pooler_look_add(look, "pooler_auth_database", lookup->entry, text);
}

static struct lookup lookup_of(const struct pooler_look *look, const char *name,
                               const char *database)
{
    struct lookup lookup = {.entry = name,
                            .user = pooler_look_setting(look, "auth_user"),
                            .database = database,
                            .query = pooler_look_setting(look, "auth_query"),
                            .through = pooler_look_setting(look, "auth_dbname")};
    const struct pooler_entry *entry = pooler_look_entry(look, lookup.entry);

    if (!entry) /* made from it */
        entry = pooler_look_entry(look, "*");
    if (entry && entry->auth_user)
        lookup.user = entry->auth_user;
    if (entry && entry->auth_query)
        lookup.query = entry->auth_query;
    if (entry && entry->auth_dbname)
        lookup.through = entry->auth_dbname;
    return lookup;
}

/* NULL: it may be parsed. A literal would be read by its type, and a type may call a function of
   somebody's; we are a superuser whatever role we have set. */
static const char *not_parsed(const char *query)
{
    const char *at;

    if (!query || strchr(query, ';'))
        return "an auth_query is missing, or may be more than one statement";
    for (at = query; *at; at++)
        if (*at == '\'' || (*at == '$' && !(at[1] >= '0' && at[1] <= '9')))
            return "an auth_query has a literal, and we do not let the server read that";
    return NULL;
}

static void judge_query(struct pooler_look *look, const struct lookup *lookup,
                        const struct link *link, const struct reply *reply)
{
    const char *refused = reply_value(reply, 0, "refused");
    struct text text = {0};
    int64_t seen = 0;

    if (fault_is_set(&reply->fault))
        refused = reply->fault.cause;
    else if (!reply_number(reply, 0, "seen", &seen) || seen < 1)
        finding_not_asked(look->list, check_find("pooler_auth_query"),
                          "an auth_query names no table or function that we could recognize");
    text_add(&text, "on %s as %s, entry %s: %s", link->endpoint.name, lookup->user, lookup->entry,
             refused ? refused : "");
    if (refused)
        pooler_look_add(look, "pooler_auth_query", "auth_query", text_string(&text));
    text_free(&text);
}

/* Never asked: what it calls is anybody's, who could take a superuser's powers back from there. */
static void try_query(struct pooler_look *look, const struct lookup *lookup, struct link *link)
{
    struct sql_arguments arguments = {0};
    struct reply reply = {0};

    sql_set(&arguments, "user", lookup->user);
    sql_set(&arguments, "query", lookup->query);
    if (!checking_ask(look->procedure, link, &check_pooler_auth_query, &arguments, 10000, &reply) &&
        !fault_is_set(&reply.fault))
        fault_set(&reply.fault, "checking", link->endpoint.name, NULL, "no answer");
    judge_query(look, lookup, link, &reply);
    reply_clear(&reply);
    link_close(link); /* the transaction may be left open, and the role set */
}

static bool is_same(const struct lookup *a, const struct lookup *b)
{
    return string_equal(a->user, b->user) && string_equal(a->query, b->query) &&
           string_equal(a->database, b->database);
}

static void try_lookup(struct pooler_look *look, const struct lookup *lookup)
{
    struct database *database = world_database(look->procedure->world, lookup->database);
    const char *why = not_parsed(lookup->query);

    if (why) {
        finding_not_asked(look->list, check_find("pooler_auth_query"), why);
        return;
    }
    if (!database) {
        pooler_look_add(look, "pooler_auth_query", lookup->entry,
                        "the database that it asks is not on blue");
        return;
    }
    try_query(look, lookup, &database->blue);
    if (look->has_green_roles) /* else we may not ask as another role either */
        try_query(look, lookup, &database->green);
}

/* Told once of each, whatever the number of its entries. True: nothing that it asks would do. */
static bool is_refused(struct pooler_look *look, const struct lookup *lookups, size_t count,
                       const char *user)
{
    const char *refused = look->has_roles ? pooler_role_refused(&look->roles, user) : NULL;
    size_t i;

    for (i = 0; i < count && !string_equal(lookups[i].user, user); i++)
        ;
    if (refused && i == count)
        pooler_look_add(look, "pooler_auth_query", user, refused);
    return refused != NULL;
}

struct lookups {
    struct lookup *list;
    size_t count;
};

/* What several entries have in common is tried once. `database` NULL: made when somebody comes. */
static void judge_lookup(struct pooler_look *look, struct lookups *lookups, const char *name,
                         const char *database)
{
    struct lookup lookup = lookup_of(look, name, database);
    bool is_known = lookup.through || database;
    size_t i;

    if (!lookup.user)
        return;
    look->users.everybody = true; /* wherever it is that they are looked up */
    if (lookup.through)
        judge_through(look, &lookup);
    if (!lookup.database && is_known)
        return;
    for (i = 0; i < lookups->count; i++)
        if (is_same(&lookups->list[i], &lookup) ||
            (!is_known && string_equal(lookups->list[i].user, lookup.user) &&
             string_equal(lookups->list[i].query, lookup.query)))
            return;
    if (!is_refused(look, lookups->list, lookups->count, lookup.user)) {
        if (is_known)
            try_lookup(look, &lookup);
        else
            finding_not_asked(
                look->list, check_find("pooler_auth_query"),
                "nobody uses the entry * now: who comes says which database is asked");
    }
    lookups->list[lookups->count++] = lookup;
}

/* Of every entry that moves. */
static void judge_lookups(struct pooler_look *look)
{
    int rows = reply_rows(&look->databases), row;
    struct lookups lookups = {.list = memory_new(((size_t) rows + 1) * sizeof(*lookups.list))};

    for (row = 0; row < rows; row++)
        if (pooler_look_is_at_blue(look, row))
            judge_lookup(look, &lookups, reply_value(&look->databases, row, "name"),
                         reply_value(&look->databases, row, "database"));
    if (pooler_look_falls_back_to_blue(look))
        judge_lookup(look, &lookups, "*", NULL);
    free(lookups.list);
}

/* --- the list of users ------------------------------------------------------------------------ */

/* Does every entry go to blue as the user that its client is? Else users may be somebody else's. */
static bool are_all_for_blue(const struct pooler_look *look)
{
    int row;

    for (row = 0; row < reply_rows(&look->databases); row++) {
        const char *name = reply_value(&look->databases, row, "name");

        if (string_equal(name, "pgbouncer"))
            continue;
        if (!pooler_look_is_at_blue(look, row) || reply_value(&look->databases, row, "force_user"))
            return false;
    }
    return true;
}

static void judge_unknown(struct pooler_look *look, const struct reply *users)
{
    struct text names = {0};
    char text[80];
    int row, count = 0;

    for (row = 0; row < reply_rows(users) && look->has_roles && are_all_for_blue(look); row++) {
        const char *name = reply_value(users, row, "name");

        if (!name || is_of_console(look, name) || !pooler_role_refused(&look->roles, name))
            continue;
        text_add(&names, "%s%s", count ? ", " : "", name);
        count++;
    }
    snprintf(text, sizeof(text), "%d user%s that blue does not let in", count,
             count == 1 ? "" : "s");
    if (count)
        pooler_look_add(look, "pooler_unknown_users", text_string(&names), text);
    text_free(&names);
}

/* Then SHOW USERS does not have everybody who is let in. */
static bool are_users_of_others(const char *auth_type)
{
    return string_equal(auth_type, "pam") || string_equal(auth_type, "ldap") ||
           string_equal(auth_type, "hba"); /* its lines may say one of those */
}

void checking_pooler_users(struct pooler_look *look)
{
    struct reply users = {0};
    int row;

    if (!procedure_ask(look->procedure, &look->console->link, &sql_pooler_users, NULL, 10000,
                       &users)) {
        pooler_look_add(look, "pooler_console", "SHOW USERS", users.fault.cause);
        reply_clear(&users);
        return;
    }
    for (row = 0; row < reply_rows(&users); row++) {
        const char *name = reply_value(&users, row, "name");

        pooler_users_add(&look->users, name);
        if (string_equal(reply_value(&users, row, "pool_mode"), "session"))
            pooler_look_add(look, "pooler_session_mode", name,
                            "the user's own pool_mode is session");
    }
    if (are_users_of_others(pooler_look_setting(look, "auth_type")))
        look->users.everybody = true;
    for (row = 0; row < reply_rows(&look->databases); row++)
        if (pooler_look_is_at_blue(look, row))
            pooler_users_add(&look->users, reply_value(&look->databases, row, "force_user"));
    judge_unknown(look, &users);
    judge_lookups(look);
    reply_clear(&users);
}
