/* Everybody who is shown what `watch` knows. */
#include "watching.h"

#include "../base/text.h"

#include <stdlib.h>

struct watch_views {
    struct watching *watching;
    struct watch_record *record; /* NULL: none, or it cannot be written any more */
    int64_t due_ns;
    enum exit_code code;
};

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
    *ret_views = views;
    return true;
}

/* Whoever watches goes on watching. */
static void lose_record(struct watch_views *views, const struct fault *fault)
{
    watch_record_close(views->record);
    views->record = NULL;
    views->code = command_fault(fault, EXIT_FAILED);
}

bool watch_views_poll(struct watch_views *views)
{
    struct watching *watching = views->watching;
    int64_t now_ns = watching->driver->now_ns(watching->driver);
    struct fault fault;

    if (now_ns < views->due_ns)
        return false;
    views->due_ns = now_ns + watching->interval_ns;
    if (views->record && !watch_record_write(views->record, watching->model, &fault))
        lose_record(views, &fault);
    return false;
}

bool watch_views_stay(const struct watch_views *views)
{
    (void) views;
    return false;
}

int64_t watch_views_until_ns(const struct watch_views *views)
{
    return views->due_ns;
}

enum exit_code watch_views_close(struct watch_views *views)
{
    enum exit_code code;

    if (!views)
        return EXIT_DONE;
    code = views->code;
    watch_record_close(views->record);
    free(views);
    return code;
}
