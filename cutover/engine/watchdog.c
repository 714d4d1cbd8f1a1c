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
#include <unistd.h>

#define BEAT_EVERY_NS (50 * NS_PER_MS)
#define BEAT 'b'
#define GOODBYE 'q'

struct watchdog {
    pid_t pid;
    int beats;  /* we write */
    int answer; /* we read */
    bool is_ready;
    int64_t beaten_ns;
};

/* --- in the watchdog's process --------------------------------------------------------------- */

static bool read_goodbye(int beats)
{
    char bytes[256];
    ssize_t length;

    while ((length = read(beats, bytes, sizeof(bytes))) > 0)
        if (memchr(bytes, GOODBYE, (size_t) length))
            return true;
    return false;
}

/* Returns when the engine has ended or hangs; ends the process when it said goodbye. */
static void watch(int engine, int beats, int64_t stall_ms)
{
    struct pollfd polled[2] = {{.fd = beats, .events = POLLIN}, {.fd = engine, .events = POLLIN}};

    for (;;) {
        int count = poll(polled, 2, (int) stall_ms);

        if (count < 0 && errno == EINTR)
            continue;
        if (read_goodbye(beats))
            _exit(0);
        if (count <= 0 || polled[1].revents || polled[0].revents & (POLLHUP | POLLERR))
            return;
    }
}

static void become_watchdog(pid_t engine_pid, char *const *recover, const char *log, int beats,
                            int answer, int64_t stall_ms)
{
    int engine = (int) syscall(SYS_pidfd_open, engine_pid, 0);
    int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int descriptor;

#ifdef PGCUTOVER_TESTING
    unsetenv("PGCUTOVER_STOP_AT"); /* it is meant for the engine */
#endif
    setsid();
    signal(SIGHUP, SIG_IGN);
    signal(SIGINT, SIG_DFL);
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
    if (write(answer, "r", 1) != 1)
        _exit(1);
    watch(engine, beats, stall_ms);
    kill(engine_pid, SIGKILL);
    /* it holds the run's lock until it is dead, which a disk that hangs may delay */
    while (poll(&(struct pollfd){.fd = engine, .events = POLLIN}, 1, -1) < 0 && errno == EINTR)
        ;
    execv("/proc/self/exe", recover);
    _exit(1);
}

/* --- in the engine's process ------------------------------------------------------------------ */

bool watchdog_start(char *const *recover, const char *log, int64_t stall_ms,
                    struct watchdog **ret_watchdog, struct fault *fault)
{
    pid_t engine = getpid();
    int beats[2], answer[2];
    struct watchdog *watchdog;
    pid_t pid;

    if (pipe2(beats, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0 || (pid = fork()) < 0) {
        fault_set(fault, "starting the watchdog", NULL, strerrorname_np(errno), "%s",
                  strerror(errno));
        return false;
    }
    if (pid == 0) {
        close(beats[1]);
        close(answer[0]);
        become_watchdog(engine, recover, log, beats[0], answer[1], stall_ms);
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

bool watchdog_is_ready(struct watchdog *watchdog)
{
    char byte;

    if (!watchdog->is_ready && read(watchdog->answer, &byte, 1) == 1)
        watchdog->is_ready = true;
    return watchdog->is_ready;
}

void watchdog_beat(struct watchdog *watchdog, int64_t now_ns)
{
    char byte = BEAT;

    if (now_ns - watchdog->beaten_ns < BEAT_EVERY_NS)
        return;
    watchdog->beaten_ns = now_ns;
    if (write(watchdog->beats, &byte, 1) < 0)
        return; /* a full pipe is beats enough; a closed one means that nobody watches any more */
}

void watchdog_stop(struct watchdog *watchdog)
{
    char byte = GOODBYE;

    if (!watchdog)
        return;
    if (write(watchdog->beats, &byte, 1) == 1)
        waitpid(watchdog->pid, NULL, 0);
    close(watchdog->beats);
    close(watchdog->answer);
    free(watchdog);
}
