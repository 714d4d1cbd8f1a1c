/*
 * guarding.h: what the command guard works on; shared by guard*.c only.
 */
#ifndef PGCUTOVER_COMMANDS_GUARDING_H
#define PGCUTOVER_COMMANDS_GUARDING_H

#include "../../checks/guard_file.h"
#include "../../checks/guard_judge.h"
#include "../../checks/guard_lag.h"
#include "../../checks/guard_probe.h"
#include "../base/rerun.h"
#include "procedure.h"

/* Where clients are, as far as a guard cares. */
enum guard_place {
    GUARD_UNKNOWN, /* not looked yet, or the journal could not be read */
    GUARD_ON_BLUE, /* baselines are measured */
    GUARD_ON_GREEN,
    GUARD_MOVING, /* or what moved them has not ended: nothing counts */
    GUARD_OVER,   /* nothing is left to guard */
};

struct watched {
    const struct config_probe *config;
    struct guard_probe *probe;
    char key[65];
    struct guard_baseline baseline;
    struct guard_errors errors;
    struct guard_evidence evidence;
    struct fault last;  /* of the last run that was not good */
    int64_t due_ns;     /* the next run */
    int64_t generation; /* of the place, when the run began */
};

/* A call of [guard] alert that is under way. */
struct alert {
    struct alert *next;
    struct script script;
    struct reply reply;
};

struct guarding {
    struct procedure procedure;
    struct terminal *said; /* standard output; `procedure` has standard error */
    size_t unsaid;         /* events that nobody read in time */
    struct guard_limits limits;
    struct guard_doors doors;
    struct watched *watched;
    size_t count;
    struct guard_reverse *reverse;
    struct guard_sample sample; /* of the lag, the newest */
    bool has_sample;
    struct guard_lag lag;

    enum guard_place place;
    int64_t generation; /* counts the places */
    bool has_way_back;  /* with clients on green */
    bool was_on_green;
    const char *over; /* why nothing is left to guard */
    bool is_closing;  /* and what closed it has not ended */
    int64_t moving_ns,
        switched_ns; /* since when clients are moved, or have been; 0: they are not */
    bool is_stuck;   /* that was told: what moves them does not end */

    struct alert *alerts;
    struct rerun *rollback; /* under way */
    bool has_ended;
    enum exit_code code; /* when it has */
    int lock;
    int64_t look_ns, write_ns, drawn_ns, unread_ns; /* unread: since when the journal is */
    bool is_kept_not; /* that was told: a baseline is in memory only */
    bool is_dirty;    /* a baseline was not written yet */
};

int64_t guard_now(const struct guarding *guarding);

/* guard_watch.c: probes and lag. */
bool guard_watch_open(struct guarding *guarding, struct fault *fault)
    __attribute__((warn_unused_result));
void guard_watch_close(struct guarding *guarding);
/* Clients have come somewhere, or are being moved. */
void guard_watch_turn(struct guarding *guarding);
void guard_watch_poll(struct guarding *guarding);
/* No run and no session is left: somebody moves the clients now. */
void guard_watch_stop(struct guarding *guarding);
int64_t guard_watch_until_ns(const struct guarding *guarding);
bool guard_watch_keep(struct guarding *guarding, struct fault *fault)
    __attribute__((warn_unused_result));

/* guard_look.c: where clients are, by the journal. True: read. */
void guard_look(struct guarding *guarding);
/* A baseline that is in memory only. */
void guard_cannot_keep(struct guarding *guarding, const struct fault *fault);

/* guard_act.c: what is done when it trips. */
bool guard_acts_on(const struct guarding *guarding, const char *choice); /* on_trip, on_lag */
void guard_alert(struct guarding *guarding, const char *event, const char *text);
void guard_alerts_poll(struct guarding *guarding);
void guard_alerts_close(struct guarding *guarding);
void guard_rollback_poll(struct guarding *guarding);
/* `watched` NULL: the lag. */
void guard_change(struct guarding *guarding, struct watched *watched, enum guard_change change);

/* guard_say.c: a change of state is one line on standard output, or one JSON object. */
struct saying {
    const char *event, *text;
    const struct watched *watched; /* with the evidence of a probe */
    bool about_lag;                /* with the lag */
};
void guard_say(struct guarding *guarding, const struct saying *saying);
void guard_sayf(struct guarding *guarding, const char *event, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void guard_fault(struct guarding *guarding, const struct fault *fault);
void guard_draw(struct guarding *guarding); /* the line on a terminal */
/* Nothing of what is said waits for who reads it: a terminal that is stopped, a pipe that is full.
   What cannot be written for long is dropped, and how much that was is said. */
void guard_say_begin(struct guarding *guarding);
void guard_say_poll(struct guarding *guarding);
void guard_say_end(struct guarding *guarding);
/* Of the rollback: a sink for rerun_start(). */
void guard_pass_on(void *guarding, bool is_error, const char *bytes, size_t length);
/* What is seen, in words. */
void guard_tell_probe(struct text *out, const struct guarding *guarding,
                      const struct watched *watched);
void guard_tell_lag(struct text *out, const struct guarding *guarding);

#endif
