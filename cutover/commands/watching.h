/*
 * watching.h: the parts of `watch`: who is asked, what comes of the answers, and who is shown it.
 *
 * Every server and every console is a source of its own: a session, a timer, a deadline. None waits
 * for another; one that does not answer is unmeasured, and asked anew. Nothing here writes to a
 * server: the sessions are read-only. Nothing blocks but reading the journals of the runs, and
 * writing the recording: local files.
 */
#ifndef PGCUTOVER_COMMANDS_WATCHING_H
#define PGCUTOVER_COMMANDS_WATCHING_H

#include "../../replication/lag.h"
#include "../../replication/rate.h"
#include "../../replication/session.h"
#include "../base/loop.h"
#include "../report/watch_model.h"
#include "command.h"

struct watching;
struct watch_source;

/* What a source is asked, one after the other, each interval. */
struct watch_question {
    const struct sql *sql;
    /* Its arguments; false: not now. NULL: none. */
    bool (*values)(struct watch_source *source, struct sql_arguments *arguments);
    /* Puts the answer into the model; false: the answer is none that can be used, see `fault`. */
    bool (*take)(struct watch_source *source, const struct reply *reply, struct fault *fault);
};

struct watch_source {
    struct watching *watching;
    size_t cluster; /* in watching->clusters */
    char *name;     /* of the server, or of the console: for people */
    char *pooler;   /* NULL: it is a server */
    struct endpoint endpoint;
    char application_name[64];
    const struct watch_question *questions;
    size_t question_count;

    struct session *session;
    struct reply opening, reply;
    size_t next;      /* question; question_count: all are answered */
    int64_t due_ns;   /* the next interval begins */
    int64_t retry_ns; /* no session is opened before */
    int64_t asked_ns; /* when this interval's first question was */
    bool is_ticked;   /* this interval is in the histories already */
    int failures;     /* one after the other */
    char cause[256];  /* of the last one */
    int64_t rounds;   /* answered intervals of this session */

    int64_t version_num; /* of servers as server_version_num, of consoles as pgbouncer_version() */
    /* of servers */
    struct lag_history *history;
    struct rate wal;
    uint64_t samples; /* of its slots, to know which the last answer did not tell of */
    /* of consoles: which entries are paused, until the pools are told */
    char (*paused)[64];
    size_t paused_count;
    bool is_all_paused; /* by a PAUSE without a name */
};

struct watched_cluster {
    struct config *config;
    char *run_directory; /* of the run that is watched; NULL: none */
    int64_t looked_ns, unread_ns;
    int64_t seen_size, seen_ns; /* of its journal: read again when it changed */
    long long rows;             /* of it that were told */
};

struct watching {
    const struct options *options;
    struct loop *loop;
    struct driver *driver;
    struct session_door *sessions;
    struct watch *model;
    struct watched_cluster *clusters;
    size_t cluster_count;
    struct watch_source **sources;
    size_t source_count;
    int64_t interval_ns;
};

/* Of a source; looked up anew, for the model moves them. */
struct watch_cluster *watch_source_cluster(const struct watch_source *source);
struct watch_server *watch_source_server(const struct watch_source *source);

/* watch_source.c: sessions, timers, deadlines. */
/* A lag up to this long is none; nor do looks at the log that are no farther apart hide one. */
int64_t watch_tolerance_ns(const struct watching *watching);
/* WATCH_UNKNOWN where the answer has no number there. */
int64_t watch_number(const struct reply *reply, int row, const char *column);
void watch_source_free(struct watch_source *source);
/* Does what is due. */
void watch_source_poll(struct watch_source *source);
/* When it wants to be polled again without an answer. */
int64_t watch_source_until_ns(const struct watch_source *source);
/* The sessions' name on the servers; a session with another one is closed. */
void watch_source_rename(struct watch_source *source, const char *application_name);

/* What a source is, and what it makes of the answers. */
struct watch_source *watch_server_source(struct watching *watching, size_t cluster,
                                         const char *name, const char *conninfo);
/* watch_slot.c: one row of the answer, and behind the last one what none told of. */
void watch_slot_take(struct watch_source *source, const struct reply *reply, int row, uint64_t end,
                     uint64_t *confirmed_by_all);
void watch_slots_gone(struct watch_source *source);
struct watch_source *watch_console_source(struct watching *watching, size_t cluster,
                                          const struct config_pooler *pooler, size_t console);
/* Once an interval: measured or not; of a server also a point in its histories. `why`: NULL where
   it was measured. */
void watch_server_note(struct watch_source *source, enum watch_state state, const char *why);
void watch_console_note(struct watch_source *source, enum watch_state state, const char *why);

/* watch_run.c: the journal of a cluster's run, when it has changed. */
void watch_run_look(struct watching *watching, size_t cluster);

/* watch_recording.c: what is seen, as lines of JSON (watch_json.h), and back. */
struct watch_record;
struct watch_replay;
bool watch_record_open(const char *path, struct watch_record **ret_record, struct fault *fault)
    __attribute__((warn_unused_result));
/* Appends what is new. Blocks on the disk. */
bool watch_record_write(struct watch_record *record, const struct watch *model, struct fault *fault)
    __attribute__((warn_unused_result));
void watch_record_close(struct watch_record *record); /* NULL-safe */
/* `speed`: so many times faster than it was. The model is empty, and belongs to the caller. */
bool watch_replay_open(const char *path, double speed, struct watch_replay **ret_replay,
                       struct fault *fault) __attribute__((warn_unused_result));
/* Takes over into the model what is due; *ret_until_ns: when there is more, INT64_MAX: that was
   all. A last line that is cut off is left out: its writer was ended. */
bool watch_replay_poll(struct watch_replay *replay, struct watch *model, int64_t now_ns,
                       int64_t *ret_until_ns, struct fault *fault)
    __attribute__((warn_unused_result));
void watch_replay_close(struct watch_replay *replay); /* NULL-safe */

/* watch_views.c: everybody that is shown it. */
struct watch_views;
bool watch_views_open(struct watching *watching, struct watch_views **ret_views,
                      struct fault *fault) __attribute__((warn_unused_result));
/* Shows what is new, when it is time; true: an operator wants it to end. */
bool watch_views_poll(struct watch_views *views);
/* Is there somebody who looks on when nothing new comes: a terminal, a page? */
bool watch_views_stay(const struct watch_views *views);
int64_t watch_views_until_ns(const struct watch_views *views);
/* What could not be shown: the exit code of the whole. */
enum exit_code watch_views_close(struct watch_views *views); /* NULL-safe */

/* watch_events.c: what is worth a line, from what was to what is. Called before it is written. */
void watch_tell_server(const struct watch_source *source, const struct watch_server *was,
                       enum watch_state state, const char *why);
void watch_tell_console(const struct watch_source *source, const struct watch_console *was,
                        enum watch_state state, const char *why);
void watch_tell_slot(const struct watch_source *source, const struct watch_slot *was,
                     const struct watch_slot_values *values);
void watch_tell_subscription(const struct watch_source *source,
                             const struct watch_subscription *was,
                             const struct watch_subscription_values *values);
void watch_tell_run(const struct watching *watching, const struct watch_cluster *was,
                    const struct watch_run_values *values);
struct journal_line;
void watch_tell_row(const struct watching *watching, const char *cluster,
                    const struct journal_line *line);

#endif
