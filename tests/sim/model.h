/*
 * model.h: the world that the fakes stand for: two servers, poolers, a host, clients that write.
 *
 * Plain data without pointers: a copy is a snapshot. Everything changes at one point in virtual
 * time; model_live() lets clients write and replication flow, and looks at what must never be.
 *
 * The two servers are the same: each has a WAL of commit records, of what was written there and of
 * what was applied there, and may publish to the other one and follow it. A wrong position, a
 * direction too many or a slot too few show themselves as a commit that is missing or doubled.
 */
#ifndef PGCUTOVER_TESTS_SIM_MODEL_H
#define PGCUTOVER_TESTS_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLUE, GREEN, SERVERS };
#define TRIED                                                                                      \
    SERVERS /* TRIED + BLUE: a file that leads to blue, with entries to try green; ...             \
             */
#define DATABASES 2
#define POOLERS 2
#define PROCESSES 3 /* of all poolers */
#define ENTRIES 2   /* of every process */
#define TABLES 3    /* of every database, that prepare has to look at */
#define JOBS 12
#define COMMITS 512
#define MARKERS_MAX 128 /* of those; clients stop when no more than these fit */
#define MARKER_SIZE 64
#define MINIMUM 2 /* min_pool_size of the poolers' files */
#define MOST 50   /* max_db_connections */

/* A commit: of a client, or one of our markers. */
struct commit {
    int64_t at_ns;
    int server; /* where it was made */
    int database;
    int times[SERVERS]; /* how often it is on each: once, in the end */
    int marker;         /* our marker's id; 0: a client's */
    bool is_new;        /* its marker was inserted, else updated */
    bool stays;         /* a note for its own server: the other one must never get it */
    char value[MARKER_SIZE];
};

/* A commit record in a server's WAL. */
struct record {
    uint64_t lsn; /* where it starts */
    int64_t at_ns;
    int commit;
};

struct table {
    char identity; /* relreplident */
    char index[16];
};

struct model_database {
    bool has_markers, has_publication, has_guard, has_client_probe;
    char markers[4][MARKER_SIZE]; /* by id */
    struct table tables[TABLES];
    int64_t sequence;
    /* as a publisher */
    bool has_slot;
    uint64_t slot_made, slot_confirmed;
    /* as a subscriber to the other server */
    bool has_subscription, has_relations, is_enabled, was_enabled, is_synchronous;
    uint64_t origin;
    int advances;
    /* replication has been through the publisher's records up to here */
    uint64_t seen_from;
    int seen;
};

struct model_server {
    bool runs, open;   /* open: clients may connect and write */
    bool direct;       /* a session that goes past the poolers is there */
    bool has_password; /* its host has the file with which it logs in to the other one */
    bool is_standby;   /* what answers is a standby of it */
    int failovers;     /* every one begins a new timeline */
    uint64_t wal;
    int64_t xid;
    uint64_t lock;      /* number of the session that holds the operator's lock */
    uint64_t opened_at; /* the position before the first write of a client; 0: never switched to */
    int64_t written_ns; /* when a client's commit last came, from itself or the other one */
    int64_t writes;     /* of clients, since they came */
    int64_t probe_number; /* what the client probe's row holds */
    struct model_database databases[DATABASES];
    struct record records[COMMITS];
    int record_count;
};

/* Entries and files say where they go: BLUE, GREEN or TRIED + one of them; -1: not there. */
struct model_pooler {
    int file, staged_before, staged_after, staged_tried;
};

struct model_entry {
    bool paused;
    bool connected; /* to where the process goes */
    bool set_aside; /* as one made from `*` that nobody uses: not listed, a pause stays in force */
};

struct model_process {
    int pooler, goes_to;
    int retry, minimum, most; /* server_login_retry, min_pool_size, max_db_connections */
    bool dead, has_trials;
    int64_t paused_since_ns, opens_since_ns;
    int64_t logs_in_until_ns; /* a server connection of the first entry; 0: none */
    struct model_entry entries[ENTRIES];
};

struct model_job {
    char name[24];
    int64_t ends_ns;
    bool is_done, failed;
};

struct model_green_host {
    bool has_work, has_clone, is_recovered, is_isolated, is_upgraded, is_ruined, is_configured;
    bool is_closed, is_reindexed, is_analyzed;
    uint64_t clone_lsn;
    struct model_job jobs[JOBS];
};

struct model {
    struct model_server servers[SERVERS];
    struct model_pooler poolers[POOLERS];
    struct model_process processes[PROCESSES];
    struct model_green_host host;
    struct commit commits[COMMITS];
    int commit_count;
    int writer;   /* who could write last */
    int switches; /* how often that was another one than before */
    bool loses;   /* what was made on green and is not on blue is given up when blue is opened */
    bool aborts;  /* what was made is taken away in whatever order is possible */
    bool has_forgotten;
    bool is_broken[4]; /* places that never answer: see enum place */
    int64_t last_write_ns;
    int64_t apply_ms; /* how far a subscriber lags behind */
    int64_t longest_hold_ns;
    int64_t longest_opening_ns; /* with a min_pool_size in force while clients were held */
    int cut_logins;             /* of poolers' server connections, by PAUSE and RELOAD */
    bool logs_in_behind_looks;  /* one begins whenever SHOW POOLS was answered, if it may */
    bool has_own_minimum;       /* the first entry: one that no SET takes back */
    int refused_logins;         /* of those that were tried, by a closed subscriber */
    bool is_unopenable;         /* a role that blue was open to is gone from it */
    bool is_barred;             /* poolers cannot log in to it */
    bool is_probe_forgotten;    /* the last write of the client probe does not get to green */
    bool has_session_pools;     /* SHOW CONFIG says so */
    bool is_patience_unknown;   /* SHOW CONFIG lacks query_wait_timeout */
    char violation[400];        /* the first one; empty: none */
};

extern const char *const server_names[SERVERS];
extern const char *const database_names[DATABASES], *const database_oids[DATABASES];
extern const char *const entry_names[ENTRIES];
extern const char *const table_names[TABLES];

void model_init(struct model *model);
void model_violate(struct model *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Clients write where they can, changes flow to who follows, invariants are looked at. */
void model_live(struct model *model, int64_t now_ns);
/* All client sessions of a server end; returns how many there were. */
int model_terminate(struct model *model, int server);
/* A pooler process reads its file again. */
void model_reload(struct model *model, struct model_process *process);
/* It died and was started again: nothing is paused any more. */
void model_restart_process(struct model *model, struct model_process *process);
/* Green is made from blue as it was at `lsn`; or was removed. */
void model_clone(struct model *model, uint64_t lsn);
void model_remove_green(struct model *model);

/* --- commits: model_flow.c ------------------------------------------------------------------- */

static inline int other_server(int server)
{
    return server == BLUE ? GREEN : BLUE;
}

/* A transaction of ours or of a client; NULL: there is no room. */
struct commit *model_commit(struct model *model, int64_t now_ns, int server, int database,
                            int marker, const char *value);
/* What the publisher's slot has for the other server's subscription arrives there, as far as it
   should by now. */
void model_replicate(struct model *model, int64_t now_ns, int publisher, int database);
/* Is the slot of this server's database read? */
bool model_is_followed(const struct model *model, int publisher, int database);
/* Where the subscription to this server has to begin: at the clone, or where it was opened. */
uint64_t model_begins_at(const struct model *model, int publisher);
/* This server is the writer from now on: everything must be there, exactly once. */
void model_account(struct model *model, int server);
/* "" when all that was written is on both servers, but for what is on its way. Static buffer. */
const char *model_difference(const struct model *model, int64_t now_ns);
/* What is everywhere, and what nobody can decode any more, needs no room. */
void model_forget(struct model *model);

#endif
