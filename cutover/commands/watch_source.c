/*
 * One server, or one console, of `watch`: connects, asks its questions each interval, and begins
 * anew when that fails. An interval that passes without an answer is unmeasured.
 */
#include "watching.h"

#include "../base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_MS 5000
#define ASK_MS 10000
/* Between two attempts to connect, doubled with each that fails. */
#define RETRY_NS NS_PER_S
#define RETRY_MAX_NS (4 * NS_PER_S)

static int64_t now_ns(const struct watch_source *source)
{
    return source->watching->driver->now_ns(source->watching->driver);
}

int64_t watch_tolerance_ns(const struct watching *watching)
{
    return 2 * watching->interval_ns + NS_PER_S;
}

struct watch_cluster *watch_source_cluster(const struct watch_source *source)
{
    return &source->watching->model->clusters[source->cluster];
}

struct watch_server *watch_source_server(const struct watch_source *source)
{
    return watch_server(watch_source_cluster(source), source->name);
}

int64_t watch_number(const struct reply *reply, int row, const char *column)
{
    int64_t value;

    return reply_number(reply, row, column, &value) ? value : WATCH_UNKNOWN;
}

static void close_session(struct watch_source *source)
{
    session_close(source->session);
    source->session = NULL;
    source->opening.state = source->reply.state = REPLY_IDLE;
    reply_clear(&source->opening);
    reply_clear(&source->reply);
    source->next = source->question_count;
    source->rounds = 0;
}

void watch_source_free(struct watch_source *source)
{
    if (!source)
        return;
    close_session(source);
    free(source->name);
    free(source->pooler);
    free(source->history);
    free(source->paused);
    free(source);
}

/* Once an interval. */
static void note(struct watch_source *source, enum watch_state state, const char *why)
{
    if (source->pooler)
        watch_console_note(source, state, why);
    else
        watch_server_note(source, state, why);
    source->is_ticked = true;
}

static void fail(struct watch_source *source, const struct fault *fault)
{
    struct fault kept = *fault; /* which is the reply's */
    int shift = source->failures < 2 ? source->failures : 2;
    int64_t wait_ns = RETRY_NS << shift;

    close_session(source);
    watch_put(source->cause, sizeof(source->cause), kept.cause);
    source->failures++;
    source->retry_ns = now_ns(source) + (wait_ns < RETRY_MAX_NS ? wait_ns : RETRY_MAX_NS);
    note(source, WATCH_UNMEASURED, kept.cause);
}

void watch_source_rename(struct watch_source *source, const char *application_name)
{
    if (strcmp(source->application_name, application_name) == 0)
        return;
    watch_put(source->application_name, sizeof(source->application_name), application_name);
    source->endpoint.application_name = source->application_name;
    if (source->endpoint.kind == ENDPOINT_POSTGRES)
        close_session(source);
}

static void ask_next(struct watch_source *source)
{
    struct sql_arguments arguments = {0};

    for (; source->next < source->question_count; source->next++) {
        const struct watch_question *question = &source->questions[source->next];

        arguments.count = 0;
        if (question->values && !question->values(source, &arguments))
            continue;
        session_ask(source->session, question->sql, &arguments, ASK_MS, &source->reply);
        return;
    }
    source->rounds++;
    source->failures = 0;
    *source->cause = '\0';
    note(source, WATCH_MEASURED, NULL);
}

static void take_answer(struct watch_source *source)
{
    struct fault fault;
    bool good = source->questions[source->next].take(source, &source->reply, &fault);

    reply_clear(&source->reply);
    if (!good) {
        fail(source, &fault);
        return;
    }
    source->next++;
    ask_next(source);
}

/* Why there is no answer yet: between two attempts it is what ended the last one. */
static const char *waits_for(const struct watch_source *source)
{
    if (!source->session && *source->cause)
        return source->cause;
    return source->session && source->opening.state == REPLY_OK
               ? "it was asked, and has not answered yet"
               : "it does not answer: connecting";
}

static void begin_interval(struct watch_source *source)
{
    int64_t now = now_ns(source);

    if (!source->is_ticked && source->due_ns) /* nothing came in the whole interval */
        note(source,
             source->failures || source->rounds || source->asked_ns ? WATCH_UNMEASURED
                                                                    : WATCH_CONNECTING,
             waits_for(source));
    source->is_ticked = false;
    source->due_ns = source->due_ns && now - source->due_ns < source->watching->interval_ns
                         ? source->due_ns + source->watching->interval_ns
                         : now + source->watching->interval_ns;
    if (source->session && source->opening.state == REPLY_OK &&
        source->next == source->question_count) {
        source->next = 0;
        source->asked_ns = now;
        ask_next(source);
    }
}

/* Asked at once, not at the next interval: who waits for it sees it. */
static void begin_session(struct watch_source *source)
{
    source->next = 0;
    source->asked_ns = now_ns(source);
    ask_next(source);
}

void watch_source_poll(struct watch_source *source)
{
    struct session_door *door = source->watching->sessions;

    if (source->opening.state == REPLY_FAILED)
        fail(source, &source->opening.fault);
    else if (source->reply.state == REPLY_FAILED)
        fail(source, &source->reply.fault);
    else if (source->reply.state == REPLY_OK)
        take_answer(source);
    else if (source->session && source->opening.state == REPLY_OK && source->rounds == 0 &&
             source->reply.state == REPLY_IDLE && source->next == source->question_count)
        begin_session(source);
    if (now_ns(source) >= source->due_ns)
        begin_interval(source);
    if (!source->session && now_ns(source) >= source->retry_ns)
        source->session = door->open(door, &source->endpoint, CONNECT_MS, &source->opening);
}

int64_t watch_source_until_ns(const struct watch_source *source)
{
    return !source->session && source->retry_ns < source->due_ns ? source->retry_ns
                                                                 : source->due_ns;
}
