#include "shell.h"

#include "text.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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

static int give_up(int pipes[3][2])
{
    int error = errno, i;

    for (i = 0; i < 6; i++)
        if (pipes[i / 2][i % 2] >= 0)
            close(pipes[i / 2][i % 2]);
    return error;
}

int shell_start(const char *prefix, const char *line, struct shell *ret_shell)
{
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}}, error, i; /* its input, output, errors */
    pid_t pid;

    for (i = 0; i < 3; i++)
        if (pipe2(pipes[i], O_CLOEXEC) < 0)
            return give_up(pipes);
    pid = fork();
    if (pid < 0)
        return give_up(pipes);
    if (pid == 0)
        become(prefix, line, pipes[0][0], pipes[1][1], pipes[2][1]);
    setpgid(pid, pid);
    *ret_shell = (struct shell){.pid = pid,
                                .pidfd = (int) syscall(SYS_pidfd_open, pid, 0),
                                .input = pipes[0][1],
                                .output = pipes[1][0],
                                .errors = pipes[2][0]};
    if (ret_shell->pidfd < 0) {
        error = give_up(pipes);
        kill(-pid, SIGKILL);
        waitpid(pid, NULL, 0); /* killed: returns at once */
        return error;
    }
    close(pipes[0][0]);
    close(pipes[1][1]);
    close(pipes[2][1]);
    return 0;
}
