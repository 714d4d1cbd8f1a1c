#include "watchdog.h"

#include "../base/driver.h"
#include "../base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BEAT_EVERY_NS (50 * NS_PER_MS)
#define GRACE_MIN_NS (200 * NS_PER_MS)
#define GOODBYE_MS 2000

/* What the engine says. */
#define BEAT 'b'
#define CALL 'c'
#define PAUSE_BEGINS 'p'
#define PAUSE_ENDS 'r'
#define GOODBYE 'q'

struct watchdog {
    pid_t pid;
    int beats;  /* we write */
    int answer; /* we read */
    bool is_ready;
    int64_t beaten_ns;
};

/* --- in the watchdog's process --------------------------------------------------------------- */

struct lease {
    int64_t budget_ns, heard_ns, pause_ns; /* pause_ns 0: clients are not held */
    int beats, answer, engine;
    bool is_over; /* the engine said good-bye */
};

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * NS_PER_S + now.tv_nsec;
}

static void hear(struct lease *lease, char said)
{
    lease->heard_ns = now_ns();
    if (said == PAUSE_BEGINS)
        lease->pause_ns = lease->heard_ns;
    else if (said == PAUSE_ENDS)
        lease->pause_ns = 0;
    else if (said == GOODBYE)
        lease->is_over = true;
    else if (said == CALL && write(lease->answer, "r", 1) != 1)
        return; /* nobody waits for it */
}

static void listen_to_engine(struct lease *lease)
{
    char bytes[256];
    ssize_t length, i;

    while ((length = read(lease->beats, bytes, sizeof(bytes))) > 0)
        for (i = 0; i < length; i++)
            hear(lease, bytes[i]);
}

/* When an engine that is not heard of any more has lost its lease. */
static int64_t lease_ends_ns(const struct lease *lease)
{
    int64_t grace = lease->budget_ns / 10 > GRACE_MIN_NS ? lease->budget_ns / 10 : GRACE_MIN_NS;
    int64_t stall = lease->heard_ns + lease->budget_ns * 2 / 5;
    int64_t rows = lease->pause_ns + lease->budget_ns * 3 / 5;

    if (!lease->pause_ns)
        return stall;
    if (rows < lease->heard_ns)
        rows = lease->heard_ns;
    return rows + grace < stall ? rows + grace : stall;
}

/* Returns when the engine has ended or hangs; ends the process when it said good-bye. */
static void watch(struct lease *lease)
{
    struct pollfd polled[2] = {{.fd = lease->beats, .events = POLLIN},
                               {.fd = lease->engine, .events = POLLIN}};

    for (;;) {
        int64_t left = lease_ends_ns(lease) - now_ns();
        int count = poll(polled, 2, left > 0 ? (int) (left / NS_PER_MS) + 1 : 0);

        if (count < 0 && errno == EINTR)
            continue;
        listen_to_engine(lease);
        if (lease->is_over)
            _exit(0);
        if (count < 0 || polled[1].revents || polled[0].revents & (POLLHUP | POLLERR) ||
            now_ns() >= lease_ends_ns(lease))
            return;
    }
}

static void become_watchdog(pid_t engine_pid, char *const *recover, const char *log, int beats,
                            int answer, int64_t budget_ms)
{
    int engine = (int) syscall(SYS_pidfd_open, engine_pid, 0);
    struct lease lease = {.budget_ns = budget_ms * NS_PER_MS,
                          .heard_ns = now_ns(),
                          .beats = beats,
                          .answer = answer,
                          .engine = engine};
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int descriptor;

#ifdef PGCUTOVER_TESTING
    unsetenv("PGCUTOVER_STOP_AT"); /* it is meant for the engine */
#endif
    setsid();
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGTERM, SIG_IGN); /* who stops the engine's unit must not stop the recovery */
    if (engine < 0 || out < 0 || null < 0)
        _exit(1);
    dup2(null, 0);
    dup2(out, 1);
    dup2(out, 2);
    for (descriptor = 3; descriptor < 1024; descriptor++)
        if (descriptor != beats && descriptor != answer && descriptor != engine)
            close(descriptor);
    fcntl(beats, F_SETFL, O_NONBLOCK);
    fcntl(answer, F_SETFL, O_NONBLOCK);
    if (write(answer, "r", 1) != 1)
        _exit(1);
    watch(&lease);
    kill(engine_pid, SIGKILL);
    /* it holds the run's lock until it is dead, which a disk that hangs may delay */
    while (poll(&(struct pollfd){.fd = engine, .events = POLLIN}, 1, -1) < 0 && errno == EINTR)
        ;
    execv("/proc/self/exe", recover);
    _exit(1);
}

/* --- in the engine's process ------------------------------------------------------------------ */

static void close_pipe(const int ends[2])
{
    if (ends[0] < 0)
        return;
    close(ends[0]);
    close(ends[1]);
}

bool watchdog_start(char *const *recover, const char *log, int64_t budget_ms,
                    struct watchdog **ret_watchdog, struct fault *fault)
{
    pid_t engine = getpid();
    int beats[2] = {-1, -1}, answer[2] = {-1, -1};
    struct watchdog *watchdog;
    pid_t pid;

    if (pipe2(beats, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        fault_set(fault, "starting the watchdog", NULL, strerrorname_np(errno), "%s",
                  strerror(errno));
        close_pipe(beats);
        close_pipe(answer);
        return false;
    }
    if (pid == 0) {
        close(beats[1]);
        close(answer[0]);
        become_watchdog(engine, recover, log, beats[0], answer[1], budget_ms);
    }
    close(beats[0]);
    close(answer[1]);
    watchdog = memory_new(sizeof(*watchdog));
    watchdog->pid = pid;
    watchdog->beats = beats[1];
    watchdog->answer = answer[0];
    fcntl(watchdog->beats, F_SETFL, O_NONBLOCK);
    fcntl(watchdog->answer, F_SETFL, O_NONBLOCK);
    *ret_watchdog = watchdog;
    return true;
}

/* A full pipe has beats enough; a closed one means that nobody watches any more: what must not be
   done unwatched calls first. */
static bool say(struct watchdog *watchdog, char word)
{
    return write(watchdog->beats, &word, 1) == 1;
}

void watchdog_call(struct watchdog *watchdog)
{
    char byte;

    while (read(watchdog->answer, &byte, 1) == 1)
        ; /* an answer to an earlier call says nothing about now */
    watchdog->is_ready = false;
    say(watchdog, CALL);
}

bool watchdog_is_ready(struct watchdog *watchdog)
{
    char byte;

    if (!watchdog->is_ready && read(watchdog->answer, &byte, 1) == 1)
        watchdog->is_ready = true;
    return watchdog->is_ready;
}

void watchdog_beat(struct watchdog *watchdog, int64_t now)
{
    if (now - watchdog->beaten_ns < BEAT_EVERY_NS)
        return;
    watchdog->beaten_ns = now;
    say(watchdog, BEAT);
}

void watchdog_pause(struct watchdog *watchdog, bool begins)
{
    say(watchdog, begins ? PAUSE_BEGINS : PAUSE_ENDS);
}

void watchdog_stop(struct watchdog *watchdog)
{
    struct pollfd watched = {.events = POLLIN};

    if (!watchdog)
        return;
    watched.fd = (int) syscall(SYS_pidfd_open, watchdog->pid, 0);
    /* one that is frozen hears nothing; it must not wake up later and recover what has ended */
    if (!say(watchdog, GOODBYE) || watched.fd < 0 || poll(&watched, 1, GOODBYE_MS) != 1)
        kill(watchdog->pid, SIGKILL);
    waitpid(watchdog->pid, NULL, 0);
    if (watched.fd >= 0)
        close(watched.fd);
    close(watchdog->beats);
    close(watchdog->answer);
    free(watchdog);
}
