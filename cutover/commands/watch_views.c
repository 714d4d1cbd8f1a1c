/* Everybody who is shown what `watch` knows. */
#include "watching.h"

#include "../base/text.h"
#include "../report/metrics.h"
#include "../report/watch_lines.h"
#include "../report/watch_screen.h"
#include "../report/watch_web.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define HELD_MAX 16

struct watch_views {
    struct watching *watching;
    struct watch_screen *screen;  /* NULL: standard output is no terminal, */
    struct watch_lines *lines;    /* then lines */
    struct metrics_file *metrics; /* NULL: none is wanted */
    struct watch_web *web;        /* NULL: none is wanted */
    struct fault *held;           /* what went wrong while the terminal was taken */
    size_t held_count;
    struct watch_record *record; /* NULL: none, or it cannot be written any more */
    int64_t due_ns;
    enum exit_code code;
};

static bool open_page(struct watch_views *views, struct fault *fault)
{
    struct watching *watching = views->watching;
    const struct watch_flags *flags = &watching->options->watch;

    if (!watch_web_new(watching->loop, watching->model, flags->http, flags->http_anywhere,
                       &views->web, fault))
        return false;
    fprintf(stderr, "pgcutover: the page is at http://%s/\n", watch_web_address(views->web));
    return true;
}

/* The terminal is taken, and does not show what was said before. */
static void tell_of_page(const struct watch_views *views)
{
    struct driver *driver = views->watching->driver;
    struct text text = {0};

    text_add(&text, "the page is at http://%s/", watch_web_address(views->web));
    watch_add_event(views->watching->model, "", "watch", driver->wall_us(driver),
                    text_string(&text));
    text_free(&text);
}

bool watch_views_open(struct watching *watching, struct watch_views **ret_views,
                      struct fault *fault)
{
    const struct watch_flags *flags = &watching->options->watch;
    struct watch_views *views = memory_new(sizeof(*views));

    *views = (struct watch_views){.watching = watching, .code = EXIT_DONE};
    if (flags->record && !watch_record_open(flags->record, &views->record, fault)) {
        watch_views_close(views);
        return false;
    }
    if (flags->http && !open_page(views, fault)) {
        watch_views_close(views);
        return false;
    }
    if (flags->metrics_file)
        views->metrics = metrics_file_new(flags->metrics_file);
    if (watch_screen_is_possible(STDOUT_FILENO))
        views->screen = watch_screen_new(watching->loop, STDIN_FILENO, STDOUT_FILENO);
    else
        views->lines = watch_lines_new(stdout);
    if (views->screen && views->web)
        tell_of_page(views);
    *ret_views = views;
    return true;
}

/* Where the terminal is taken: on it, and in full behind it. */
static void say(struct watch_views *views, const struct fault *fault)
{
    struct watch *model = views->watching->model;
    struct text text = {0};

    views->code = EXIT_FAILED;
    if (!views->screen) {
        views->code = command_fault(fault, EXIT_FAILED);
        return;
    }
    text_add(&text, "%s: %s %s", fault->cause, fault->doing, fault->where);
    watch_add_event(model, "", "watch", model->now_us, text_string(&text));
    text_free(&text);
    if (views->held_count == HELD_MAX)
        return; /* a disk that is full now and then, for days: they are events all the same */
    views->held = memory_grow(views->held, (views->held_count + 1) * sizeof(*views->held));
    views->held[views->held_count++] = *fault;
}

/* Whoever watches goes on watching. */
static void lose_record(struct watch_views *views, const struct fault *fault)
{
    watch_record_close(views->record);
    views->record = NULL;
    say(views, fault);
}

/* `watch | head`: there is nobody left to watch for. */
static bool is_for_nobody(const struct watch_views *views)
{
    return views->lines && !views->record && !views->metrics && !views->web &&
           watch_lines_are_lost(views->lines);
}

bool watch_views_poll(struct watch_views *views)
{
    struct watching *watching = views->watching;
    int64_t now_ns = watching->driver->now_ns(watching->driver);
    bool is_time = now_ns >= views->due_ns;
    struct fault fault;

    if (is_time) {
        views->due_ns = now_ns + watching->interval_ns;
        if (views->record && !watch_record_write(views->record, watching->model, &fault))
            lose_record(views, &fault);
        if (views->metrics && !metrics_file_write(views->metrics, watching->model, &fault))
            say(views, &fault);
        if (views->lines)
            watch_lines_say(views->lines, watching->model);
        if (views->web)
            watch_web_changed(views->web);
    }
    if (!views->screen)
        return is_time && is_for_nobody(views);
    if (is_time || watch_screen_is_due(views->screen))
        watch_screen_draw(views->screen, watching->model);
    return watch_screen_has_ended(views->screen);
}

bool watch_views_stay(const struct watch_views *views)
{
    return views->screen || views->web;
}

int64_t watch_views_until_ns(const struct watch_views *views)
{
    return views->due_ns;
}

enum exit_code watch_views_close(struct watch_views *views)
{
    enum exit_code code;
    size_t i;

    if (!views)
        return EXIT_DONE;
    code = views->code;
    watch_screen_free(views->screen);
    watch_web_free(views->web);
    if (views->lines)
        watch_lines_say(views->lines, views->watching->model);
    watch_lines_free(views->lines);
    for (i = 0; i < views->held_count; i++)
        code = command_fault(&views->held[i], EXIT_FAILED);
    free(views->held);
    watch_record_close(views->record);
    metrics_file_free(views->metrics);
    free(views);
    return code;
}
