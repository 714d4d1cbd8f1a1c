/* --metrics-file: whole at any moment, whoever reads it. */
#include "metrics.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct metrics_file {
    char *path, *beside;
    int told; /* errno of the failure that was told; 0: none */
};

/* Beside it, or rename() could not replace it; the collector reads *.prom only. */
struct metrics_file *metrics_file_new(const char *path)
{
    struct metrics_file *file = memory_new(sizeof(*file));
    struct text beside = {0};

    text_add(&beside, "%s.%ld.tmp", path, (long) getpid());
    file->path = memory_copy(path);
    file->beside = text_take(&beside);
    return file;
}

void metrics_file_free(struct metrics_file *file)
{
    if (!file)
        return;
    free(file->path);
    free(file->beside);
    free(file);
}

static bool write_all(int descriptor, const char *bytes, size_t length)
{
    while (length) {
        ssize_t done = write(descriptor, bytes, length);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return false;
        bytes += done;
        length -= (size_t) done;
    }
    return true;
}

/* The collector runs as somebody else: everybody may read it. */
static bool replace(const struct metrics_file *file, const struct text *text)
{
    int descriptor, error = 0;

    unlink(file->beside); /* of one that was killed, with the same number */
    descriptor = open(file->beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (descriptor < 0)
        return false;
    if (!write_all(descriptor, text->data, text->length) || fchmod(descriptor, 0644) < 0)
        error = errno;
    if (close(descriptor) < 0 && !error)
        error = errno;
    if (!error && rename(file->beside, file->path) < 0)
        error = errno;
    if (error)
        unlink(file->beside);
    errno = error;
    return error == 0;
}

bool metrics_file_write(struct metrics_file *file, const struct watch *watch, struct fault *fault)
{
    struct text text = {0};
    bool good, is_news;

    metrics_print(&text, watch, false);
    good = replace(file, &text);
    is_news = !good && errno != file->told;
    file->told = good ? 0 : errno;
    text_free(&text);
    if (!is_news)
        return true;
    fault_set(fault, "writing the metrics to", file->path, NULL, "%s", strerror(file->told));
    fault_hint(fault, "it is tried again each interval; this is not said again");
    return false;
}
