#include "keyboard.h"

#include "text.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define SIGNALS 3
/* How long the end waits for a frame that is on its way, before it is thrown away. */
#define LAST_FRAME_MS 200
#define CANCEL "\030" /* ends an escape sequence that was cut */

struct keyboard {
    int in, out;
    int door; /* the same terminal as `out`, never blocking; `out`: it could not be had */
    bool is_taken, is_gone, was_refused;
    struct event *typed, *room, *signals[SIGNALS];
    struct text frame; /* on its way */
    size_t written;
    const char *enter, *leave;
    struct keyboard_user user;
};

/* --- what puts it back, from wherever --------------------------------------------------------- */

static struct {
    volatile sig_atomic_t is_taken;
    int in, door;
    struct termios before;
    bool has_modes;
    const char *leave;
    size_t leave_length;
} taken;

static const int fatal[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGQUIT};
#define FATAL (sizeof(fatal) / sizeof(fatal[0]))
static struct sigaction before_fatal[FATAL];

/* Only what a signal handler may call. */
static void put_back(void)
{
    int error = errno;

    if (!taken.is_taken)
        return;
    taken.is_taken = 0;
    if (write(taken.door, taken.leave, taken.leave_length) < 0)
        errno = 0; /* there is nobody to tell */
    if (taken.has_modes)
        tcsetattr(taken.in, TCSANOW, &taken.before);
    errno = error;
}

/* Then whoever came before has it: the fault happens again, or is sent again. */
static void on_fatal(int number, siginfo_t *about, void *context)
{
    size_t i;

    (void) context;
    put_back();
    for (i = 0; i < FATAL; i++)
        if (fatal[i] == number)
            sigaction(number, &before_fatal[i], NULL);
    if (about->si_code <= 0)
        raise(number);
}

static void expect_faults(void)
{
    static bool is_first = true;
    struct sigaction action = {.sa_sigaction = on_fatal, .sa_flags = SA_SIGINFO | SA_ONSTACK};
    size_t i;

    for (i = 0; i < FATAL; i++)
        sigaction(fatal[i], &action, &before_fatal[i]);
    if (is_first)
        atexit(put_back);
    is_first = false;
}

static void expect_no_faults(void)
{
    size_t i;

    for (i = 0; i < FATAL; i++)
        sigaction(fatal[i], &before_fatal[i], NULL);
}

/* --- frames ----------------------------------------------------------------------------------- */

/* Whether it is ours to use now; a terminal that is nobody's in particular is. */
static bool is_in_front(const struct keyboard *keyboard)
{
    pid_t front = tcgetpgrp(keyboard->out);

    return front < 0 || front == getpgrp();
}

/* Another process has `out` too, and would stumble over one that does not block: it is opened anew.
   After su the device is somebody else's; then by the name that everybody may open. */
static int open_door(int out)
{
    struct stat about;
    char path[32];
    unsigned int device;
    int door;

    if (fstat(out, &about) < 0 || !isatty(out))
        return out;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", out);
    door = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (door >= 0)
        return door;
    door = open("/dev/tty", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (door >= 0 && (ioctl(door, TIOCGDEV, &device) < 0 || device != about.st_rdev)) {
        close(door);
        door = -1;
    }
    return door >= 0 ? door : out;
}

static void frame_ends(struct keyboard *keyboard)
{
    text_free(&keyboard->frame);
    keyboard->written = 0;
}

/* As much as goes without waiting. */
static void write_on(struct keyboard *keyboard)
{
    struct pollfd polled = {.fd = keyboard->door, .events = POLLOUT};

    while (keyboard->frame.length > keyboard->written) {
        size_t left = keyboard->frame.length - keyboard->written;
        ssize_t done;

        if (keyboard->door == keyboard->out) { /* in pieces that fit, one by one */
            if (poll(&polled, 1, 0) != 1 || polled.revents != POLLOUT)
                return;
            left = left < 128 ? left : 128;
        }
        done = write(keyboard->door, keyboard->frame.data + keyboard->written, left);
        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0 && errno != EAGAIN)
            frame_ends(keyboard); /* it is gone; reading says so */
        if (done <= 0)
            return;
        keyboard->written += (size_t) done;
    }
    frame_ends(keyboard);
}

static void on_room(evutil_socket_t socket, short what, void *context)
{
    struct keyboard *keyboard = context;

    (void) socket, (void) what;
    write_on(keyboard);
    if (keyboard->frame.length) {
        event_add(keyboard->room, NULL);
    } else if (keyboard->was_refused) {
        keyboard->was_refused = false;
        keyboard->user.room(keyboard->user.context);
    }
}

static void send_on(struct keyboard *keyboard, const char *bytes, size_t length)
{
    text_add_bytes(&keyboard->frame, bytes, length);
    write_on(keyboard);
    if (keyboard->frame.length)
        event_add(keyboard->room, NULL);
}

/* The last frame goes out whole, or nothing more of it. */
static void end_frame(struct keyboard *keyboard)
{
    struct pollfd polled = {.fd = keyboard->door, .events = POLLOUT};

    if (keyboard->frame.length && poll(&polled, 1, LAST_FRAME_MS) == 1)
        write_on(keyboard);
    if (keyboard->frame.length) {
        tcflush(keyboard->door, TCOFLUSH);
        if (write(keyboard->door, CANCEL, strlen(CANCEL)) < 0)
            keyboard->is_gone = true;
    }
    frame_ends(keyboard);
    event_del(keyboard->room);
}

/* --- whose terminal it is --------------------------------------------------------------------- */

static void take(struct keyboard *keyboard)
{
    struct termios modes = taken.before;

    if (!is_in_front(keyboard) || keyboard->is_gone)
        return;
    /* keys as they come, unseen; Ctrl-C, Ctrl-Z and Ctrl-S keep their meaning */
    modes.c_lflag &= (tcflag_t) ~(ICANON | ECHO | IEXTEN);
    modes.c_cc[VMIN] = 0;
    modes.c_cc[VTIME] = 0;
    if (taken.has_modes)
        tcsetattr(keyboard->in, TCSANOW, &modes);
    taken.is_taken = 1;
    keyboard->is_taken = true;
    if (keyboard->typed)
        event_add(keyboard->typed, NULL);
    frame_ends(keyboard);
    send_on(keyboard, keyboard->enter, strlen(keyboard->enter));
}

static void give_back(struct keyboard *keyboard)
{
    if (keyboard->typed)
        event_del(keyboard->typed);
    if (keyboard->is_taken && is_in_front(keyboard)) {
        end_frame(keyboard);
        put_back();
    }
    frame_ends(keyboard);
    taken.is_taken = 0;
    keyboard->is_taken = false;
}

static void on_continued(struct keyboard *keyboard)
{
    take(keyboard);
    if (keyboard->is_taken)
        keyboard->user.lost(keyboard->user.context);
}

bool keyboard_frame(struct keyboard *keyboard, const char *bytes, size_t length)
{
    if (keyboard->is_gone || !is_in_front(keyboard))
        return false;
    if (!keyboard->is_taken) { /* a shell brings back what runs without a word */
        on_continued(keyboard);
        return false;
    }
    if (keyboard->frame.length) {
        keyboard->was_refused = true;
        return false;
    }
    send_on(keyboard, bytes, length);
    return true;
}

static void on_signal(evutil_socket_t number, short what, void *context)
{
    struct keyboard *keyboard = context;

    (void) what;
    if (number == SIGWINCH) {
        keyboard->user.resized(keyboard->user.context);
    } else if (number == SIGCONT) {
        on_continued(keyboard);
    } else {
        give_back(keyboard);
        event_del(keyboard->signals[2]);
        raise(SIGTSTP); /* stops here, if there is anybody to let it go on */
        event_add(keyboard->signals[2], NULL);
        on_continued(keyboard);
    }
}

static void on_typed(evutil_socket_t in, short what, void *context)
{
    struct keyboard *keyboard = context;
    struct pollfd polled = {.fd = in, .events = POLLIN};
    char bytes[256];
    ssize_t length;

    (void) what;
    if (!is_in_front(keyboard)) { /* reading would stop the program */
        give_back(keyboard);
        return;
    }
    length = read(in, bytes, sizeof(bytes));
    if (length > 0) {
        keyboard->user.typed(keyboard->user.context, bytes, (size_t) length);
    } else if ((length < 0 && errno == EIO) ||
               (poll(&polled, 1, 0) == 1 && (polled.revents & (POLLHUP | POLLERR)))) {
        event_del(keyboard->typed);
        keyboard->is_gone = true;
    }
}

struct keyboard *keyboard_new(struct loop *loop, int in, int out, const char *enter,
                              const char *leave, const struct keyboard_user *user)
{
    static const int numbers[SIGNALS] = {SIGWINCH, SIGCONT, SIGTSTP};
    struct keyboard *keyboard = memory_new(sizeof(*keyboard));
    int i;

    keyboard->in = in;
    keyboard->out = out;
    keyboard->door = open_door(out);
    keyboard->enter = enter;
    keyboard->leave = leave;
    keyboard->user = *user;
    taken.in = in;
    taken.door = keyboard->door;
    taken.leave = leave;
    taken.leave_length = strlen(leave);
    taken.has_modes = in >= 0 && tcgetattr(in, &taken.before) == 0;
    keyboard->room = event_new(loop_base(loop), keyboard->door, EV_WRITE, on_room, keyboard);
    if (taken.has_modes)
        keyboard->typed = event_new(loop_base(loop), in, EV_READ | EV_PERSIST, on_typed, keyboard);
    for (i = 0; i < SIGNALS; i++) {
        keyboard->signals[i] = evsignal_new(loop_base(loop), numbers[i], on_signal, keyboard);
        event_add(keyboard->signals[i], NULL);
    }
    expect_faults();
    take(keyboard);
    return keyboard;
}

void keyboard_free(struct keyboard *keyboard)
{
    int i;

    if (!keyboard)
        return;
    give_back(keyboard);
    expect_no_faults();
    for (i = 0; i < SIGNALS; i++)
        event_free(keyboard->signals[i]);
    if (keyboard->typed)
        event_free(keyboard->typed);
    event_free(keyboard->room);
    if (keyboard->door != keyboard->out)
        close(keyboard->door);
    text_free(&keyboard->frame);
    free(keyboard);
}

void keyboard_size(const struct keyboard *keyboard, int *ret_columns, int *ret_rows)
{
    struct winsize size = {0};

    if (ioctl(keyboard->out, TIOCGWINSZ, &size) < 0 || !size.ws_col || !size.ws_row)
        size = (struct winsize){.ws_col = 80, .ws_row = 24};
    *ret_columns = size.ws_col;
    *ret_rows = size.ws_row;
}

bool keyboard_is_gone(const struct keyboard *keyboard)
{
    return keyboard->is_gone;
}
