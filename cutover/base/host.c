/*
 * The real host door: a process a command, or one long-lived shell when it was warmed.
 *
 * Happy path:  run -> child with three pipes -> both outputs at their end and the child gone ->
 *              the reply is finished from the loop.
 *              What the command leaves behind may hold its output open: a second behind its end the
 *              status counts.
 * Failures:    an exit status, a signal, a missed deadline (the child's process group is killed),
 * no process or descriptor to be had. On abandon:  the child is killed, the reply never touched
 * again.
 */
#include "host.h"

#include "driver.h"
#include "loop.h"
#include "shell.h"
#include "text.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* A command's whole output; more than this is a mistake somewhere. */
#define OUTPUT_MAX (16 * 1024 * 1024)
/* What a command has started and left behind may hold its output open for ever: when the process
   has ended, so long, and then its status counts. */
#define STAY_NS NS_PER_S
/* What a warm shell prints behind each command's output. */
#define END_MARK "\001pgcutover-end "

struct child {
    struct real_host *host;
    struct child *next;
    pid_t pid;
    struct event *gone;
    struct event *timer;
    struct bufferevent *input, *output, *errors;
    int pidfd;
    struct text out, err;
    int status;
    bool has_exited, is_warm;
    const char *doing;
    int64_t timeout_ms, until_ns;
    struct reply *reply; /* NULL: nobody waits */
    int broken;          /* errno: it could not be started */
};

struct real_host {
    struct host base;
    struct loop *loop;
    struct child *children;
    struct child *warm; /* the long-lived shell, also in children */
};

static void child_free(struct child *child)
{
    struct child **at = &child->host->children;

    while (*at && *at != child)
        at = &(*at)->next;
    if (*at)
        *at = child->next;
    if (child->host->warm == child)
        child->host->warm = NULL;
    if (child->input)
        bufferevent_free(child->input);
    if (child->output)
        bufferevent_free(child->output);
    if (child->errors)
        bufferevent_free(child->errors);
    if (child->gone)
        event_free(child->gone);
    if (child->timer)
        event_free(child->timer);
    if (child->pidfd >= 0)
        close(child->pidfd);
    if (!child->has_exited) {
        kill(-child->pid, SIGKILL);
        waitpid(child->pid, NULL, 0); /* killed: returns at once */
    }
    text_free(&child->out);
    text_free(&child->err);
    free(child);
}

static int64_t host_now_ns(struct real_host *host)
{
    struct driver *driver = loop_driver(host->loop);

    return driver->now_ns(driver);
}

static void finish(struct child *child, enum reply_state state)
{
    struct reply *reply = child->reply;

    child->reply = NULL;
    event_del(child->timer);
    if (!reply)
        return;
    reply->answered_ns = host_now_ns(child->host);
    reply->status = child->status;
    reply->output = text_take(&child->out);
    reply->state = state;
}

/* The last lines of stderr say why: enough of them to be useful, few enough to be read. */
static const char *tail(const struct text *text)
{
    const char *string = text_string(text), *at = string + text->length;
    int lines = 0;

    while (at > string && (lines < 8 || at[-1] != '\n') && string + text->length - at < 900) {
        at--;
        if (*at == '\n' && at[1])
            lines++;
    }
    return *at == '\n' ? at + 1 : at;
}

static void fail(struct child *child, const char *code, const char *cause)
{
    if (child->reply)
        fault_set(&child->reply->fault, child->doing, child->host->base.name, code, "%s", cause);
    finish(child, REPLY_FAILED);
}

static void finish_with_status(struct child *child, const struct text *errors)
{
    char code[16];

    snprintf(code, sizeof(code), "exit %d", child->status);
    if (child->status == 0)
        finish(child, REPLY_OK);
    else
        fail(child, code, errors->length ? tail(errors) : "the command failed and said nothing");
}

/* The process is gone: a cold command is answered. */
static void settle(struct child *child)
{
    if (child->broken)
        fail(child, strerrorname_np(child->broken), strerror(child->broken));
    else if (child->is_warm)
        fail(child, "exit", child->err.length ? tail(&child->err) : "the shell on the host ended");
    else
        finish_with_status(child, &child->err);
    child_free(child);
}

/* Everything has come. */
static void look(struct child *child)
{
    if (child->has_exited && !child->output && !child->errors)
        settle(child);
}

static void set_timer(struct child *child, int64_t ns)
{
    struct timeval timeout = {ns / NS_PER_S, ns % NS_PER_S / 1000};

    event_add(child->timer, &timeout);
}

static void on_gone(evutil_socket_t socket, short what, void *context)
{
    struct child *child = context;
    int64_t stay_ns;
    int status = 0;

    (void) socket, (void) what;
    if (waitpid(child->pid, &status, WNOHANG) != child->pid)
        return;
    child->has_exited = true;
    child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    event_del(child->gone);
    stay_ns = child->reply ? child->until_ns - host_now_ns(child->host) : STAY_NS;
    set_timer(child, stay_ns < 0 ? 0 : stay_ns < STAY_NS ? stay_ns : STAY_NS);
    look(child);
}

static void drain(struct bufferevent *from, struct text *to)
{
    struct evbuffer *buffer = bufferevent_get_input(from);
    char piece[4096];
    int length;

    while ((length = evbuffer_remove(buffer, piece, sizeof(piece))) > 0)
        if (to->length < OUTPUT_MAX)
            text_add_bytes(to, piece, (size_t) length);
}

/* What is in the pipe although nobody had time to read it: no answer is cut short. */
static void take_rest(struct bufferevent *from, struct text *to)
{
    char piece[4096];
    ssize_t length;

    if (!from)
        return;
    drain(from, to);
    while (to->length < OUTPUT_MAX &&
           (length = read(bufferevent_getfd(from), piece, sizeof(piece))) > 0)
        text_add_bytes(to, piece, (size_t) length);
}

static void on_timeout(evutil_socket_t socket, short what, void *context)
{
    struct child *child = context;
    char cause[96];

    (void) socket, (void) what;
    if (child->has_exited) {
        take_rest(child->output, &child->out);
        take_rest(child->errors, &child->err);
        settle(child);
        return;
    }
    snprintf(cause, sizeof(cause), "no answer within %lld ms; the outcome is unknown",
             (long long) child->timeout_ms);
    fail(child, "timeout", cause);
    child_free(child);
}

/* A warm shell has answered when the mark with the exit status has come. */
static void look_for_mark(struct child *child)
{
    char *mark = child->out.data ? strstr(child->out.data, END_MARK) : NULL;
    struct text errors = {0};

    if (!mark || !strchr(mark, '\n') || !child->reply)
        return;
    child->status = atoi(mark + strlen(END_MARK));
    *mark = '\0';
    child->out.length = strlen(child->out.data);
    text_add_string(&errors, child->out.data);
    finish_with_status(child, &errors);
    text_free(&errors);
    text_free(&child->out);
}

static void on_read(struct bufferevent *from, void *context)
{
    struct child *child = context;

    drain(from, from == child->output ? &child->out : &child->err);
    if (child->is_warm && from == child->output)
        look_for_mark(child);
}

static void on_end(struct bufferevent *from, short what, void *context)
{
    struct child *child = context;

    (void) what;
    if (from == child->input) {
        bufferevent_free(child->input); /* the command did not want all of it */
        child->input = NULL;
        return;
    }
    drain(from, from == child->output ? &child->out : &child->err);
    if (from == child->output)
        child->output = NULL;
    else
        child->errors = NULL;
    bufferevent_free(from);
    look(child);
}

/* Cold commands get end-of-file behind their input. */
static void on_written(struct bufferevent *to, void *context)
{
    struct child *child = context;

    if (child->is_warm)
        return;
    bufferevent_free(to);
    child->input = NULL;
}

static struct bufferevent *attach(struct child *child, int fd, short what)
{
    struct bufferevent *made;

    evutil_make_socket_nonblocking(fd);
    made = bufferevent_socket_new(loop_base(child->host->loop), fd, BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(made, on_read, what & EV_WRITE ? on_written : NULL, on_end, child);
    bufferevent_enable(made, what);
    return made;
}

/* One that cannot be started is told as an answer, from the loop as every one. */
static struct child *spawn(struct real_host *host, const char *line)
{
    struct child *child = memory_new(sizeof(*child));
    struct shell shell;

    child->host = host;
    child->pidfd = -1;
    child->timer = event_new(loop_base(host->loop), -1, 0, on_timeout, child);
    child->broken = shell_start(host->base.prefix, line, &shell);
    child->has_exited = child->broken != 0;
    if (!child->broken) {
        child->pid = shell.pid;
        child->pidfd = shell.pidfd;
        child->input = attach(child, shell.input, EV_WRITE);
        child->output = attach(child, shell.output, EV_READ);
        child->errors = attach(child, shell.errors, EV_READ);
        child->gone =
            event_new(loop_base(host->loop), child->pidfd, EV_READ | EV_PERSIST, on_gone, child);
        event_add(child->gone, NULL);
    }
    child->next = host->children;
    host->children = child;
    return child;
}

static void expect(struct child *child, const char *doing, int64_t timeout_ms, struct reply *reply)
{
    reply->state = REPLY_PENDING;
    reply->asked_ns = host_now_ns(child->host);
    child->doing = doing;
    child->timeout_ms = timeout_ms;
    child->until_ns = reply->asked_ns + timeout_ms * NS_PER_MS;
    child->reply = reply;
    set_timer(child, child->broken ? 0 : timeout_ms * NS_PER_MS);
}

static void reply_reset(struct reply *reply)
{
    free(reply->output);
    memset(reply, 0, sizeof(*reply));
}

/* The same script inside the shell that is already there: a subshell, no new program. */
static void run_warm(struct child *shell, const struct script *script, const char *const *arguments)
{
    struct text line = {0};

    text_add_string(&line, "( set --");
    for (; *arguments; arguments++) {
        text_add_string(&line, " ");
        text_add_shell_word(&line, *arguments);
    }
    text_add(&line, "\n%s\n) </dev/null 2>&1\nprintf '\\001pgcutover-end %%d\\n' $?\n",
             script->text);
    bufferevent_write(shell->input, text_string(&line), line.length);
    text_free(&line);
}

static void real_run(struct host *base, const struct script *script, const char *const *arguments,
                     const char *input, int64_t timeout_ms, struct reply *reply)
{
    struct real_host *host = (struct real_host *) base;
    struct child *child = host->warm;
    char *line;

    reply_reset(reply);
    if (child && !child->has_exited && !child->reply && child->input && !input) {
        expect(child, script->doing, timeout_ms, reply);
        run_warm(child, script, arguments);
        return;
    }
    line = host_line(script, arguments);
    child = spawn(host, line);
    free(line);
    expect(child, script->doing, timeout_ms, reply);
    if (input && *input && child->input) {
        bufferevent_write(child->input, input, strlen(input));
    } else if (child->input) {
        bufferevent_free(child->input);
        child->input = NULL;
    }
}

static void real_warm(struct host *base, struct reply *reply)
{
    static const struct script hello = {.id = "warm", .doing = "opening a shell on the host"};
    static const char ready[] = "printf '\\001pgcutover-end 0\\n'\n";
    struct real_host *host = (struct real_host *) base;

    reply_reset(reply);
    if (host->warm)
        child_free(host->warm);
    host->warm = spawn(host, "exec sh");
    host->warm->is_warm = true;
    expect(host->warm, hello.doing, 30000, reply);
    if (host->warm->input)
        bufferevent_write(host->warm->input, ready, strlen(ready));
}

static void real_abandon(struct host *base, struct reply *reply)
{
    struct real_host *host = (struct real_host *) base;
    struct child *child = host->children;

    while (child && child->reply != reply)
        child = child->next;
    if (child) {
        child->reply = NULL;
        child_free(child);
    }
    if (reply->state == REPLY_PENDING)
        reply->state = REPLY_IDLE;
}

static void real_free(struct host *base)
{
    struct real_host *host = (struct real_host *) base;

    while (host->children) {
        host->children->reply = NULL;
        child_free(host->children);
    }
    free(base->name);
    free(base->prefix);
    free(host);
}

static const struct host_ops real_ops = {
    .run = real_run, .warm = real_warm, .abandon = real_abandon, .free = real_free};

struct host *host_new(struct loop *loop, const char *name, const char *prefix)
{
    struct real_host *host = memory_new(sizeof(*host));

    host->base.ops = &real_ops;
    host->base.name = memory_copy(name);
    host->base.prefix = memory_copy(prefix);
    host->loop = loop;
    return &host->base;
}

void host_free(struct host *host)
{
    if (host)
        host->ops->free(host);
}

char *host_line(const struct script *script, const char *const *arguments)
{
    struct text line = {0};

    text_add_string(&line, "sh -c ");
    text_add_shell_word(&line, script->text);
    text_add_string(&line, " pgcutover");
    for (; *arguments; arguments++) {
        text_add_string(&line, " ");
        text_add_shell_word(&line, *arguments);
    }
    return text_take(&line);
}
