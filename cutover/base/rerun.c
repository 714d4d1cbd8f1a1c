#include "rerun.h"

#include "loop.h"
#include "text.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

struct rerun {
    struct event *gone;
    struct rerun_sink sink;
    struct event *reads[2]; /* its standard output and error */
    int ends[2];
    pid_t pid;
    int pidfd, code;
    bool has_ended;
};

/* False: nothing more will come. */
static bool take(struct rerun *rerun, int which)
{
    char piece[4096];
    ssize_t length;

    while ((length = read(rerun->ends[which], piece, sizeof(piece))) > 0)
        rerun->sink.said(rerun->sink.context, which == 1, piece, (size_t) length);
    return length < 0 && errno == EAGAIN;
}

static void on_said(evutil_socket_t socket, short what, void *context)
{
    struct rerun *rerun = context;
    int which = socket == rerun->ends[1];

    (void) what;
    if (!take(rerun, which))
        event_del(rerun->reads[which]);
}

static void on_gone(evutil_socket_t socket, short what, void *context)
{
    struct rerun *rerun = context;
    int status = 0;

    (void) socket, (void) what;
    if (waitpid(rerun->pid, &status, WNOHANG) != rerun->pid)
        return;
    take(rerun, 0);
    take(rerun, 1);
    rerun->has_ended = true;
    rerun->code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    event_del(rerun->gone);
}

static void become(char *const *arguments, const int said[2])
{
    static const int ours[] = {SIGINT, SIGTERM, SIGHUP, SIGPIPE};
    int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;
    size_t i;

    for (i = 0; i < sizeof(ours) / sizeof(ours[0]); i++)
        signal(ours[i], SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(nothing, STDIN_FILENO);
    dup2(said[0], STDOUT_FILENO);
    dup2(said[1], STDERR_FILENO);
    closefrom(3);
    execv("/proc/self/exe", arguments);
    _exit(127);
}

static void close_both(const int ends[2])
{
    close(ends[0]);
    close(ends[1]);
}

static bool fail(const char *command, struct fault *fault)
{
    fault_set(fault, "starting", command, strerrorname_np(errno), "%s", strerror(errno));
    return false;
}

static void listen_to(struct rerun *rerun, struct loop *loop, int which, int end)
{
    evutil_make_socket_nonblocking(end);
    rerun->ends[which] = end;
    rerun->reads[which] = event_new(loop_base(loop), end, EV_READ | EV_PERSIST, on_said, rerun);
    event_add(rerun->reads[which], NULL);
}

bool rerun_start(struct loop *loop, char *const *arguments, struct rerun_sink sink,
                 struct rerun **ret_rerun, struct fault *fault)
{
    int out[2], errors[2];
    struct rerun *rerun;
    pid_t pid;

    if (pipe2(out, O_CLOEXEC) < 0)
        return fail(arguments[1], fault);
    if (pipe2(errors, O_CLOEXEC) < 0) {
        fail(arguments[1], fault);
        close_both(out);
        return false;
    }
    pid = fork();
    if (pid < 0) {
        fail(arguments[1], fault);
        close_both(out);
        close_both(errors);
        return false;
    }
    if (pid == 0)
        become(arguments, (const int[]){out[1], errors[1]});
    close(out[1]);
    close(errors[1]);
    rerun = memory_new(sizeof(*rerun));
    rerun->sink = sink;
    listen_to(rerun, loop, 0, out[0]);
    listen_to(rerun, loop, 1, errors[0]);
    rerun->pid = pid;
    rerun->pidfd = (int) syscall(SYS_pidfd_open, pid, 0);
    rerun->gone = event_new(loop_base(loop), rerun->pidfd, EV_READ | EV_PERSIST, on_gone, rerun);
    event_add(rerun->gone, NULL);
    *ret_rerun = rerun;
    return true;
}

bool rerun_has_ended(const struct rerun *rerun, int *ret_code)
{
    if (rerun->has_ended)
        *ret_code = rerun->code;
    return rerun->has_ended;
}

void rerun_signal(const struct rerun *rerun, int number)
{
    if (!rerun->has_ended)
        kill(rerun->pid, number);
}

void rerun_free(struct rerun *rerun)
{
    if (!rerun)
        return;
    event_free(rerun->gone);
    event_free(rerun->reads[0]);
    event_free(rerun->reads[1]);
    close_both(rerun->ends);
    close(rerun->pidfd);
    free(rerun);
}
