/* A client of the load generator: a thread that writes and remembers what was acknowledged. */
#ifndef PGCUTOVER_TESTS_LOAD_CLIENT_H
#define PGCUTOVER_TESTS_LOAD_CLIENT_H

#include <libpq-fe.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define NS_PER_S INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

enum kind { POOLED, DIRECT, HOLDING };
extern const char *const kind_names[];

/* Longest time between two acknowledged commits. */
struct gap {
    int64_t last;
    int64_t longest;
    int64_t from;
};

struct client {
    int number;
    enum kind kind;
    const char *conninfo;
    int64_t period;
    int64_t offset;
    int64_t hold;
    pthread_t thread;
    PGconn *connection;
    FILE *log;
    int64_t flushed;
    int64_t seq;
    int64_t commits, errors, unknown;
    struct gap gap;
    char database[64];
    char failure[512];
    char sqlstate[6];
    bool prepared;
};

/* What all clients share; lock guards all of it except begun and prepare,
   which are set before they start. */
struct shared {
    pthread_mutex_t lock;
    pthread_cond_t stopping;
    bool stop;
    bool prepare; /* the statements, once a connection: protocol level, never anew */
    int64_t begun, stopped;
    FILE *errors, *clients;
    struct gap gap;
};
extern struct shared shared;

int64_t now_ns(void);
void note_gap(struct gap *gap, int64_t moment);
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* A thread's main function; its argument is a struct client. */
void *run_client(void *argument);

#endif
