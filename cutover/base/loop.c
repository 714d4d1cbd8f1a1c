#include "loop.h"

#include "text.h"

#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define SIGNALS 3

struct loop {
    struct driver driver; /* first: loop and driver are the same address */
    struct event_base *base;
    struct event *signals[SIGNALS];
    struct event *alarm;
    bool interrupted;
};

static int64_t clock_read(clockid_t clock, int64_t unit)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t) now.tv_sec * (NS_PER_S / unit) + (int64_t) now.tv_nsec / unit;
}

static int64_t loop_now_ns(struct driver *driver)
{
    (void) driver;
    return clock_read(CLOCK_MONOTONIC, 1);
}

static int64_t loop_wall_us(struct driver *driver)
{
    (void) driver;
    return clock_read(CLOCK_REALTIME, 1000);
}

static bool loop_is_interrupted(struct driver *driver)
{
    return ((struct loop *) driver)->interrupted;
}

static void on_alarm(evutil_socket_t socket, short what, void *context)
{
    (void) socket, (void) what, (void) context; /* waking up is all it is for */
}

static void on_signal(evutil_socket_t socket, short what, void *context)
{
    struct loop *loop = context;

    (void) socket, (void) what;
    loop->interrupted = true;
}

static void loop_wait(struct driver *driver, int64_t until_ns)
{
    struct loop *loop = (struct loop *) driver;
    int64_t left = until_ns - loop_now_ns(driver);
    struct timeval timeout;

    if (left < 0)
        left = 0;
    timeout.tv_sec = left / NS_PER_S;
    timeout.tv_usec = (left % NS_PER_S + 999) / 1000;
    event_add(loop->alarm, &timeout);
    event_base_loop(loop->base, EVLOOP_ONCE);
    event_del(loop->alarm);
}

struct loop *loop_new(void)
{
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    struct loop *loop = memory_new(sizeof(*loop));
    struct event_config *config = event_config_new();
    int i;

    loop->driver.now_ns = loop_now_ns;
    loop->driver.wall_us = loop_wall_us;
    loop->driver.wait = loop_wait;
    loop->driver.is_interrupted = loop_is_interrupted;
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    if (!loop->base)
        abort();
    loop->alarm = event_new(loop->base, -1, 0, on_alarm, loop);
    for (i = 0; i < SIGNALS; i++) {
        loop->signals[i] = evsignal_new(loop->base, numbers[i], on_signal, loop);
        event_add(loop->signals[i], NULL);
    }
    signal(SIGPIPE, SIG_IGN);
    return loop;
}

void loop_free(struct loop *loop)
{
    int i;

    if (!loop)
        return;
    for (i = 0; i < SIGNALS; i++)
        event_free(loop->signals[i]);
    event_free(loop->alarm);
    event_base_free(loop->base);
    free(loop);
}

struct driver *loop_driver(struct loop *loop)
{
    return &loop->driver;
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

void loop_forget_interrupt(struct loop *loop)
{
    loop->interrupted = false;
}
