#include "report_files.h"

#include "../base/text.h"

#include <cjson/cJSON.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORD_MAX 60
/* Larger ones are none of ours. */
#define FILE_MAX_BYTES (256L * 1024 * 1024)

/* --- names ------------------------------------------------------------------------------------ */

/* "-word", of a name that may be anything. */
static void add_word(struct text *out, const char *word)
{
    size_t length = 0;
    bool was_dash = true;

    if (!word || !*word)
        return;
    text_add_string(out, "-");
    for (; *word && length < WORD_MAX; word++) {
        bool is_plain = isalnum((unsigned char) *word) || *word == '_' || *word == '.';

        if (!is_plain && was_dash)
            continue;
        text_add_bytes(out, is_plain ? word : "-", 1);
        was_dash = !is_plain;
        length++;
    }
}

char *report_file_stem(struct report *report)
{
    int64_t day_us = report->began_us == REPORT_UNKNOWN ? report->made_us : report->began_us;
    const char *day = report_time(report, day_us);
    struct text text = {0};

    text_add(&text, "%.4s%.2s%.2s", day, day + 5, day + 8);
    add_word(&text, report->environment);
    add_word(&text, report->cluster);
    text_add_string(&text, report->outcome == REPORT_PLANNED ? "-cutover-dry-run" : "-cutover");
    return text_take(&text);
}

/* "pgcutover report: run 20261123T070044Z of 7711258330171157005": no name of others is in it. */
static char *mark_of(const struct report *report)
{
    const char *identifier = report->servers[0].system_identifier;
    struct text text = {0};

    text_add(&text, "<!-- pgcutover report: %s%s of %s -->", report->run ? "run " : "a dry run",
             report->run ? report->run : "", report->run && identifier ? identifier : "a cluster");
    return text_take(&text);
}

/* --- what is there ---------------------------------------------------------------------------- */

static bool errno_fault(struct fault *fault, const char *doing, const char *path, const char *hint)
{
    int error = errno;

    fault_set(fault, doing, path, strerrorname_np(error), "%s", strerror(error));
    fault_hint(fault, "%s", hint);
    fault->exit_code = EXIT_USAGE;
    return false;
}

/* NULL: it cannot be read; the caller frees. */
static char *read_file(const char *path)
{
    FILE *stream = fopen(path, "re");
    char *bytes = NULL;
    long size = -1;

    if (stream && fseek(stream, 0, SEEK_END) == 0)
        size = ftell(stream);
    if (size >= 0 && size < FILE_MAX_BYTES && fseek(stream, 0, SEEK_SET) == 0) {
        bytes = memory_new((size_t) size + 1);
        if (fread(bytes, 1, (size_t) size, stream) != (size_t) size) {
            free(bytes);
            bytes = NULL;
        }
    }
    if (stream)
        fclose(stream);
    return bytes;
}

static bool has_string(const cJSON *root, const char *key, const char *value)
{
    return string_equal(cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, key)), value);
}

static bool is_same_json(const char *content, const struct report *report)
{
    cJSON *root = cJSON_Parse(content);
    bool is_same = root && has_string(root, "command", "report") &&
                   has_string(root, "cluster", report->cluster) &&
                   has_string(root, "run", report->run);

    cJSON_Delete(root);
    return is_same;
}

static bool is_same_text(const char *content, const struct report *report)
{
    char *mark = mark_of(report);
    size_t length = strlen(content), size = strlen(mark);
    bool is_same = length > size + 1 && content[length - 1] == '\n' &&
                   strncmp(content + length - size - 1, mark, size) == 0;

    free(mark);
    return is_same;
}

/* A link leads elsewhere, and what is there is not ours to replace. */
static bool is_ours(const struct report_file *file, const struct report *report,
                    const struct stat *status)
{
    char *content = S_ISREG(status->st_mode) ? read_file(file->path) : NULL;
    bool is_same =
        content && (file->is_json ? is_same_json(content, report) : is_same_text(content, report));

    free(content);
    return is_same;
}

bool report_file_check(const struct report_file *file, const struct report *report,
                       struct fault *fault)
{
    struct stat status;

    if (lstat(file->path, &status) < 0)
        return errno == ENOENT || errno_fault(fault, "writing the report", file->path,
                                              "--to=DIRECTORY names one that is there, and may be "
                                              "written");
    if (is_ours(file, report, &status))
        return true;
    fault_set(fault, "writing the report", file->path, NULL,
              "what is there is no report of this run, and is not overwritten");
    fault_hint(fault, "move it away, or let --to=DIRECTORY name another place");
    fault->exit_code = EXIT_USAGE;
    return false;
}

/* --- writing ---------------------------------------------------------------------------------- */

static bool write_all(int descriptor, const char *bytes)
{
    size_t length = strlen(bytes), done = 0;

    while (done < length) {
        ssize_t count = write(descriptor, bytes + done, length - done);

        if (count < 0 && errno != EINTR)
            return false;
        done += count > 0 ? (size_t) count : 0;
    }
    return true;
}

static bool make(const struct report_file *file, const char *made, const struct report *report)
{
    int descriptor = open(made, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    char *mark = mark_of(report);
    bool good = descriptor >= 0 && write_all(descriptor, file->content) &&
                (file->is_json || write_all(descriptor, mark)) && write_all(descriptor, "\n") &&
                fsync(descriptor) == 0;
    int error = errno;

    if (descriptor >= 0 && close(descriptor) < 0 && good) {
        error = errno;
        good = false;
    }
    free(mark);
    errno = error;
    return good;
}

/* What has come there since it was looked at is not overwritten. */
static bool put(const char *made, const char *path, bool is_there)
{
    if (is_there)
        return rename(made, path) == 0;
    if (link(made, path) < 0)
        return false;
    unlink(made);
    return true;
}

bool report_file_write(const struct report_file *file, const struct report *report,
                       struct fault *fault)
{
    struct text made = {0};
    struct stat status;
    bool is_there, good;

    if (!report_file_check(file, report, fault))
        return false;
    is_there = lstat(file->path, &status) == 0;
    text_add(&made, "%s.new-%d", file->path, (int) getpid());
    good = make(file, text_string(&made), report) && put(text_string(&made), file->path, is_there);
    if (!good) {
        errno_fault(fault, "writing the report", file->path,
                    "--to=DIRECTORY names one that is there, and may be written");
        unlink(text_string(&made));
    }
    text_free(&made);
    return good;
}
