/* --record and --replay of `watch`: lines of JSON, each what changed behind the one before it. */
#include "watching.h"

#include "../base/text.h"
#include "../report/watch_json.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct watch_record {
    char *path;
    FILE *file;
    uint64_t seen; /* the last change that is in it */
};

static bool file_fault(struct fault *fault, const char *doing, const char *path)
{
    fault_set(fault, doing, path, NULL, "%s", strerror(errno));
    fault->exit_code = EXIT_USAGE;
    return false;
}

/* One that was ended while it wrote has left a part of a line: what follows is not to be of it. */
static bool end_line(int descriptor)
{
    struct stat about;
    char last = '\n';

    if (fstat(descriptor, &about) < 0)
        return false;
    if (!S_ISREG(about.st_mode) || about.st_size == 0)
        return true;
    return pread(descriptor, &last, 1, about.st_size - 1) == 1 &&
           (last == '\n' || write(descriptor, "\n", 1) == 1);
}

/* Appends: a second watch goes on where the first ended, with a state that is whole. */
bool watch_record_open(const char *path, struct watch_record **ret_record, struct fault *fault)
{
    int descriptor = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
    struct watch_record *record;

    if (descriptor < 0)
        return file_fault(fault, "opening the recording", path);
    if (!end_line(descriptor)) {
        file_fault(fault, "opening the recording", path);
        close(descriptor);
        return false;
    }
    record = memory_new(sizeof(*record));
    record->path = memory_copy(path);
    record->file = fdopen(descriptor, "a");
    *ret_record = record;
    return true;
}

bool watch_record_write(struct watch_record *record, const struct watch *model, struct fault *fault)
{
    cJSON *json;
    char *line;
    bool good;

    if (!watch_has_news(model, record->seen))
        return true;
    json = watch_json(model, record->seen);
    line = cJSON_PrintUnformatted(json);
    cJSON_Delete(json);
    good = fputs(line, record->file) >= 0 && fputc('\n', record->file) != EOF &&
           fflush(record->file) == 0;
    free(line);
    record->seen = model->changes;
    return good || file_fault(fault, "writing the recording", record->path);
}

void watch_record_close(struct watch_record *record)
{
    if (!record)
        return;
    fclose(record->file);
    free(record->path);
    free(record);
}

/* --- back ------------------------------------------------------------------------------------- */

struct watch_replay {
    char *path;
    FILE *file;
    double speed;
    long long line;
    cJSON *next;      /* read, and not due yet; NULL: there is none */
    int64_t first_us; /* of the recording */
    int64_t began_ns; /* when that was shown */
    char *buffer;     /* getline's */
    size_t buffer_size;
};

bool watch_replay_open(const char *path, double speed, struct watch_replay **ret_replay,
                       struct fault *fault)
{
    FILE *file = fopen(path, "re");
    struct watch_replay *replay;

    if (!file)
        return file_fault(fault, "opening the recording", path);
    replay = memory_new(sizeof(*replay));
    *replay = (struct watch_replay){
        .path = memory_copy(path), .file = file, .speed = speed, .first_us = WATCH_UNKNOWN};
    *ret_replay = replay;
    return true;
}

void watch_replay_close(struct watch_replay *replay)
{
    if (!replay)
        return;
    cJSON_Delete(replay->next);
    fclose(replay->file);
    free(replay->buffer);
    free(replay->path);
    free(replay);
}

static bool line_fault(struct fault *fault, const struct watch_replay *replay, const char *cause)
{
    struct text where = {0};

    text_add(&where, "%s, line %lld", replay->path, replay->line);
    fault_set(fault, "reading the recording", text_string(&where), NULL, "%s", cause);
    fault_hint(fault, "\"pgcutover watch --record=FILE\" makes one");
    fault->exit_code = EXIT_USAGE;
    text_free(&where);
    return false;
}

static int64_t time_of(const cJSON *json)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(json, "now_us");

    return cJSON_IsNumber(item) ? (int64_t) item->valuedouble : WATCH_UNKNOWN;
}

static bool is_whole(const cJSON *json)
{
    return cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "whole"));
}

/* The next line; NULL in ->next: there is none any more. One that was cut off is left out, where
   another watch has begun behind it, with all that it knew. */
static bool read_next(struct watch_replay *replay, struct fault *fault)
{
    bool was_cut_off = false;
    ssize_t length;

    do {
        length = getline(&replay->buffer, &replay->buffer_size, replay->file);
        if (length < 0)
            return !ferror(replay->file) ||
                   file_fault(fault, "reading the recording", replay->path);
        if (replay->buffer[length - 1] != '\n' && replay->line > 0)
            return true;
        replay->line++;
        replay->next = cJSON_Parse(replay->buffer);
        if (was_cut_off ? !is_whole(replay->next) : !replay->next && replay->line == 1) {
            replay->line -= was_cut_off; /* it is that one which nothing explains */
            return line_fault(fault, replay, "that is no JSON");
        }
        was_cut_off = !replay->next;
    } while (was_cut_off);
    if (time_of(replay->next) == WATCH_UNKNOWN)
        return line_fault(fault, replay, "there is no \"now_us\": this is no recording of watch");
    return true;
}

/* A clock that was set back does not stop it. */
static int64_t due_ns(const struct watch_replay *replay)
{
    int64_t since_us = time_of(replay->next) - replay->first_us;

    return replay->began_ns +
           (int64_t) ((double) (since_us > 0 ? since_us : 0) * 1e3 / replay->speed);
}

bool watch_replay_poll(struct watch_replay *replay, struct watch *model, int64_t now_ns,
                       int64_t *ret_until_ns, struct fault *fault)
{
    struct fault inner;
    bool good;

    for (;;) {
        if (!replay->next && !read_next(replay, fault))
            return false;
        if (!replay->next) {
            *ret_until_ns = INT64_MAX;
            return replay->line > 0 || line_fault(fault, replay, "it is empty");
        }
        if (replay->first_us == WATCH_UNKNOWN) {
            replay->first_us = time_of(replay->next);
            replay->began_ns = now_ns;
        }
        if (due_ns(replay) > now_ns) {
            *ret_until_ns = due_ns(replay);
            return true;
        }
        good = watch_apply(model, replay->next, &inner);
        cJSON_Delete(replay->next);
        replay->next = NULL;
        if (!good)
            return line_fault(fault, replay, inner.cause);
    }
}
