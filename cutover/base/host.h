/*
 * host.h: commands on a host, the third door.
 *
 * A host is reached by its `run` prefix, which takes ONE argument, a POSIX sh line that is parsed
 * again on the other side (ssh does that). Nothing here blocks; replies come from the loop.
 * Secrets go by stdin, never into a line: lines are visible in `ps`.
 */
#ifndef PGCUTOVER_BASE_HOST_H
#define PGCUTOVER_BASE_HOST_H

#include "reply.h"

struct loop;
struct text;

/* One file under sh/, embedded at build. Its first lines say what it needs and prints. */
struct script {
    const char *id;    /* file name without .sh */
    const char *doing; /* from the file's first line */
    const char *text;
    bool reads; /* "-- reads": changes nothing, may run in a dry run */
};

struct host;

struct host_ops {
    /*
     * Runs `script` with `arguments` (NULL-terminated) and `input` on stdin (may be NULL; copied).
     * Exit status other than 0 is a failure whose cause is the end of stderr.
     */
    void (*run)(struct host *host, const struct script *script, const char *const *arguments,
                const char *input, int64_t timeout_ms, struct reply *reply);
    /* Makes later runs go to one long-lived shell: nothing is forked or connected in the pause. */
    void (*warm)(struct host *host, struct reply *reply);
    void (*abandon)(struct host *host, struct reply *reply); /* reply is never touched again */
    void (*free)(struct host *host);
};

struct host {
    const struct host_ops *ops;
    char *name;   /* "green host", "pooler p1's host": for `where` */
    char *prefix; /* empty or NULL: this host */
};

/* The real door. `name` and `prefix` are copied. */
struct host *host_new(struct loop *loop, const char *name, const char *prefix);
void host_free(struct host *host); /* NULL-safe */

/* The line given to the prefix, for plans and dry runs; caller frees. */
char *host_line(const struct script *script, const char *const *arguments);

#endif
