/*
 * model.h: the world that the fakes stand for: two servers, poolers, a host, clients that write.
 *
 * Plain data without pointers: a copy is a snapshot. Everything changes at one point in virtual
 * time; model_live() lets clients write and replication flow, and looks at what must never be.
 */
#ifndef PGCUTOVER_TESTS_SIM_MODEL_H
#define PGCUTOVER_TESTS_SIM_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BLUE, GREEN, SERVERS };
#define TRIED SERVERS /* a file that leads to blue, with entries that lead to green for a trial */
#define DATABASES 2
#define POOLERS 2
#define PROCESSES 3 /* of all poolers */
#define ENTRIES 2   /* of every process */
#define TABLES 3    /* of every database, that prepare has to look at */
#define JOBS 12
#define COMMITS 512
#define MARKERS_MAX 128 /* of those; clients stop when no more than these fit */

/* A commit on blue: of a client, or one of our markers. */
struct commit {
    uint64_t lsn; /* where its record starts */
    int64_t at_ns;
    int database;
    int applied; /* how often it is on green: once, in the end */
    int marker;  /* our marker's id; 0: a client's */
    char value[40];
};

struct table {
    char identity; /* relreplident */
    char index[16];
};

struct model_database {
    bool has_markers, has_publication, has_guard;
    char markers[4][40]; /* by id */
    struct table tables[TABLES];
    int64_t sequence;
    /* blue's side of replication */
    bool has_slot;
    uint64_t slot_made, slot_confirmed;
    /* green's side */
    bool has_subscription, is_enabled, was_enabled, is_synchronous;
    uint64_t origin;
    int advances;
    /* replicate() has been through the commits up to here */
    uint64_t seen_from;
    int seen;
};

struct model_server {
    bool runs, open; /* open: clients may connect and write */
    bool direct;     /* a session that goes past the poolers is there */
    uint64_t wal;
    int64_t xid;
    uint64_t lock; /* number of the session that holds the operator's lock */
    struct model_database databases[DATABASES];
};

/* Entries and files say where they go: BLUE, GREEN or TRIED; -1: not there. */
struct model_pooler {
    int file, staged_blue, staged_green, staged_tried;
};

struct model_entry {
    bool paused;
    bool connected; /* to where the process goes */
    bool set_aside; /* as one made from `*` that nobody uses: not listed, a pause stays in force */
};

struct model_process {
    int pooler, goes_to;
    int retry;
    bool dead, has_trials;
    int64_t paused_since_ns;
    struct model_entry entries[ENTRIES];
};

struct model_job {
    char name[24];
    int64_t ends_ns;
    bool is_done, failed;
};

struct model_green_host {
    bool has_work, has_clone, is_recovered, is_isolated, is_upgraded, is_ruined, is_configured;
    bool is_closed, is_analyzed;
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
    int green_commits;
    bool green_was_open;
    bool is_broken[4]; /* places that never answer: see enum place */
    int64_t last_write_ns;
    int64_t apply_ms; /* how far green lags behind */
    int64_t longest_hold_ns;
    int refused_logins;       /* of those that were tried, by a closed green */
    bool is_barred;           /* poolers cannot log in to green */
    bool is_patience_unknown; /* SHOW CONFIG lacks query_wait_timeout */
    char violation[400];      /* the first one; empty: none */
};

extern const char *const database_names[DATABASES], *const database_oids[DATABASES];
extern const char *const entry_names[ENTRIES];
extern const char *const table_names[TABLES];

void model_init(struct model *model);
void model_violate(struct model *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Clients write where they can, changes flow to green, invariants are looked at. */
void model_live(struct model *model, int64_t now_ns);
/* A transaction of ours or of a client on blue; returns its xid. */
int64_t model_commit(struct model *model, int64_t now_ns, int database, int marker,
                     const char *value);
/* All client sessions of a server end; returns how many there were. */
int model_terminate(struct model *model, int server);
/* A pooler process reads its file again. */
void model_reload(struct model *model, struct model_process *process);
/* It died and was started again: nothing is paused any more. */
void model_restart_process(struct model *model, struct model_process *process);
/* Green is made from blue as it was at `lsn`; or was removed. */
void model_clone(struct model *model, uint64_t lsn);
void model_remove_green(struct model *model);

#endif
