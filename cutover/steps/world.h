/*
 * world.h: what the steps act on: blue, green, their databases, the poolers, the hosts.
 *
 * Lives for the run. What must survive is in the journal's facts, never only here. Links are
 * connections that are opened when first needed and closed when their state is unknown.
 */
#ifndef PGCUTOVER_STEPS_WORLD_H
#define PGCUTOVER_STEPS_WORLD_H

#include "../../replication/session.h"
#include "../base/config.h"
#include "../base/driver.h"
#include "../base/host.h"
#include "../engine/journal.h"
#include "../poolers/pooler_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct review;

struct link {
    struct endpoint endpoint; /* strings owned by the link */
    struct session *session;  /* NULL: not open */
    struct reply opening;
    bool is_busy; /* a request is in flight */
};

struct relation {
    char *schema, *name;
    char *identity; /* relreplident: d, n, f, i */
    char *index;    /* with i: which */
};

struct database {
    char *name;
    char *oid;
    bool replicate;
    char *slot; /* also the subscription's name */
    struct link blue, green;

    /* found out by steps, for the step that is running */
    bool has_publication, has_slot, has_subscription, is_enabled, is_guarded;
    bool has_origin, was_in_use; /* the subscription of the way back */
    char *relations;             /* the set of published tables on blue, as text */
    char *sequence_sql;          /* reads all sequences of blue in one statement */
    char *sequence_values;       /* VALUES list read inside the fence */
    int64_t marker_xid;
    int64_t sequence_count;
    struct relation *identities; /* tables that need one */
    size_t identity_count;
    char *drift;             /* what a comparison found on blue */
    char *form, *form_since; /* of blue's schema when it was last compared with green's */
    char *catalog_total;     /* how many rows its catalogs had then */
    bool is_catalog_changed; /* in the pause, seems to be */
};

struct entry {
    char *name;
    struct link link; /* a pending PAUSE occupies a connection */
    bool is_held;
    bool is_calm;   /* no server connection of it was logging in when it was last looked at */
    bool is_seldom; /* in all the time that was waited for it there was no such moment */
};

struct console {
    struct pooler *pooler;
    char *name; /* "p2 console 1" */
    struct link link;
    struct entry *entries; /* the entries to hold */
    size_t entry_count;
    char *server_login_retry; /* as found */
    char *settings;           /* SHOW CONFIG, as found */
    bool is_calm;             /* as an entry's, of all its entries */
    bool is_seldom;           /* as an entry's */
    int64_t looked_ns;        /* since when that is waited for */
    bool is_astray;           /* an entry does not go to green though clients are there */
    bool is_lost;             /* behind the fence: it does not answer, and is left behind */
    bool was_lost;            /* it may hold clients that it does not list: confirm.c */
    int64_t asked_ns;         /* since when it is asked the same: see lost.h */
};

/* An entry of the pooler's file for a moment, to try what another one will be: see probe.c. */
struct trial {
    char *name;
    char *stands_for;
    struct link link;
};

struct pooler {
    const struct config_pooler *config;
    struct host *host;
    struct console *consoles;
    size_t console_count;
    char *resolved;   /* the file behind symbolic links */
    char *before;     /* its content */
    char *after;      /* with the entries pointed to green */
    bool is_lost;     /* behind the fence: its host does not answer */
    int64_t asked_ns; /* of a hook, as a console's */
    /* of a hook, behind the switch: its clients do not go to green; are still held */
    bool is_astray, is_held;
    struct link probe;
    char *probe_role, *probe_database; /* as whom the server knows it, quoted; NULL: not known */
    char *tried;                       /* the file's content with entries to try */
    struct trial *trials;
    size_t trial_count;
};

struct server {
    const char *name; /* "blue" */
    struct link link; /* to the maintenance database */
    struct host *host;
    char *system_identifier;
    int64_t version_num; /* blue's */
    bool must_lock;   /* the operator's lock was taken: a new session takes it before it is used */
    int64_t lock_pid; /* of the session that took it first */
};

struct world {
    const struct config *config;
    struct driver *driver;
    struct session_door *sessions;
    struct journal *journal;
    struct server blue, green;
    struct server *publisher, *subscriber; /* whom clients leave, and come to: world_turn() */
    const char *leg;                       /* id of the plan that moves them: "cutover" */
    bool loses; /* what the subscriber lacks is given up: nothing is replicated (part.c) */
    struct database *databases; /* every non-template database of blue */
    size_t database_count;
    struct pooler *poolers;
    size_t pooler_count;
    char application_name[64]; /* "pgcutover <run>": how our sessions are known on the servers */
    char marker[64];           /* the value that proves: new for every attempt */
    uint64_t target_lsn;       /* T: what every slot must confirm */
    bool has_stragglers;       /* not everybody was drained: the fence ends who is left */
    bool is_subscriber_open;   /* evict has seen that clients may write there */
    bool is_publisher_fenced;  /* evict has seen that nobody may write there */
    int64_t silent_from;       /* the first xid of the proof of silence; 0: none */
    void (*watchdog_call)(void *context); /* NULL: nobody watches, nor has to */
    bool (*watchdog_is_ready)(void *context);
    void *watchdog_context;
    char *drift;           /* as database.drift, of the cluster */
    char *form;            /* as database.form, of roles and databases */
    void *own;             /* of the step that is running */
    struct review *review; /* NULL: nobody gave a plan to compare with, or wants one saved */
};

/* Makes the parts that the configuration names; databases are added by world_add_database().
   `open_host` gives the hosts (real or fake). */
struct world *world_new(const struct config *config, struct driver *driver,
                        struct session_door *sessions, struct journal *journal,
                        struct host *(*open_host)(void *context, const char *name,
                                                  const char *prefix),
                        void *context, const char *run);
void world_free(struct world *world); /* NULL-safe */
/* Who is the publisher from now on: blue, as world_new() leaves it, or green, on the way back.
   `leg` lives as long as the world. */
void world_turn(struct world *world, const char *leg, bool is_back);
/* How a session of ours is known. A pooler hands its client's name on to its own connection to the
   server: one of the run's name would be spared by the fence, whoever uses it later. */
const char *world_session_name(const struct world *world, const struct link *link);
/* The session of a database on one of the two servers. */
struct link *world_link(const struct server *server, struct database *database);
struct database *world_add_database(struct world *world, const char *name, const char *oid);
struct database *world_database(struct world *world, const char *name); /* NULL: none */
/* Databases from the journal's facts, for a run that is resumed. False: nothing recorded. */
bool world_load(struct world *world);
/* Replaces the entries to hold of a console. Names are copied. */
void console_set_entries(struct console *console, const char *const *names, size_t count);

/* Replaces what is tried through a pooler's probe. Names are copied. */
void pooler_set_trials(struct pooler *pooler, const struct pooler_trial *trials, size_t count);

/* Tables that need an identity; strings are copied. */
void database_add_identity(struct database *database, const char *schema, const char *name,
                           const char *identity, const char *index);
void database_forget_identities(struct database *database);

/* Frees *at and replaces it with a copy. */
void world_keep(char **at, const char *value);

void link_close(struct link *link); /* NULL-safe */

#endif
