/*
 * The real host door: a process a command, or one long-lived shell when it was warmed.
 *
 * Happy path:  run -> child with three pipes -> both outputs at their end and the child gone ->
 *              the reply is finished from the loop.
 * Failures:    an exit status, a signal, a missed deadline (the child's process group is killed).
 * On abandon:  the child is killed, the reply never touched again.
 */
#include "host.h"

#include "driver.h"
#include "loop.h"
#include "text.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* A command's whole output; more than this is a mistake somewhere. */
#define OUTPUT_MAX (16 * 1024 * 1024)
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
    int64_t timeout_ms;
    struct reply *reply; /* NULL: nobody waits */
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

/* Everything has come and the process is gone: a cold command is answered. */
static void look(struct child *child)
{
    if (!child->has_exited || child->output || child->errors)
        return;
    if (child->is_warm)
        fail(child, "exit", child->err.length ? tail(&child->err) : "the shell on the host ended");
    else
        finish_with_status(child, &child->err);
    child_free(child);
}

static void on_gone(evutil_socket_t socket, short what, void *context)
{
    struct child *child = context;
    int status = 0;

    (void) socket, (void) what;
    if (waitpid(child->pid, &status, WNOHANG) != child->pid)
        return;
    child->has_exited = true;
    child->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    event_del(child->gone);
    look(child);
}

static void on_timeout(evutil_socket_t socket, short what, void *context)
{
    struct child *child = context;
    char cause[96];

    (void) socket, (void) what;
    snprintf(cause, sizeof(cause), "no answer within %lld ms; the outcome is unknown",
             (long long) child->timeout_ms);
    fail(child, "timeout", cause);
    child_free(child);
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

static void become(const char *prefix, const char *line, int in, int out, int err)
{
    sigset_t none;
    struct text command = {0};

    setpgid(0, 0);
    dup2(in, 0);
    dup2(out, 1);
    dup2(err, 2);
    closefrom(3);
    signal(SIGPIPE, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    if (prefix && *prefix) {
        text_add(&command, "%s \"$1\"", prefix);
        execl("/bin/sh", "sh", "-c", text_string(&command), "pgcutover", line, (char *) NULL);
    } else {
        execl("/bin/sh", "sh", "-c", line, (char *) NULL);
    }
    _exit(127);
}

static struct child *spawn(struct real_host *host, const char *line)
{
    struct child *child = memory_new(sizeof(*child));
    int in[2], out[2], err[2];

    child->host = host;
    child->pidfd = -1;
    if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
        abort(); /* out of descriptors: nothing that we do could be trusted any more */
    child->pid = fork();
    if (child->pid < 0)
        abort();
    if (child->pid == 0)
        become(host->base.prefix, line, in[0], out[1], err[1]);
    setpgid(child->pid, child->pid);
    close(in[0]);
    close(out[1]);
    close(err[1]);
    child->input = attach(child, in[1], EV_WRITE);
    child->output = attach(child, out[0], EV_READ);
    child->errors = attach(child, err[0], EV_READ);
    child->pidfd = (int) syscall(SYS_pidfd_open, child->pid, 0);
    child->gone =
        event_new(loop_base(host->loop), child->pidfd, EV_READ | EV_PERSIST, on_gone, child);
    event_add(child->gone, NULL);
    child->timer = event_new(loop_base(host->loop), -1, 0, on_timeout, child);
    child->next = host->children;
    host->children = child;
    return child;
}

static void expect(struct child *child, const char *doing, int64_t timeout_ms, struct reply *reply)
{
    struct timeval timeout = {timeout_ms / 1000, (timeout_ms % 1000) * 1000};

    reply->state = REPLY_PENDING;
    reply->asked_ns = host_now_ns(child->host);
    child->doing = doing;
    child->timeout_ms = timeout_ms;
    child->reply = reply;
    event_add(child->timer, &timeout);
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
    if (child && !child->reply && child->input && !input) {
        expect(child, script->doing, timeout_ms, reply);
        run_warm(child, script, arguments);
        return;
    }
    line = host_line(script, arguments);
    child = spawn(host, line);
    free(line);
    expect(child, script->doing, timeout_ms, reply);
    if (input && *input) {
        bufferevent_write(child->input, input, strlen(input));
    } else {
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
