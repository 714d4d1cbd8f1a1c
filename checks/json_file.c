#include "json_file.h"

#include "../cutover/base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static char *path_of(const struct json_file *file, const char *directory, const char *ending)
{
    struct text text = {0};

    text_add(&text, "%s/%s%s", directory, file->name, ending);
    return text_take(&text);
}

static bool errno_fault(const struct json_file *file, struct fault *fault, const char *doing,
                        const char *path)
{
    fault_set(fault, doing, path, strerrorname_np(errno), "%s", strerror(errno));
    fault_hint(fault, "%s", file->hint);
    return false;
}

bool json_file_lock(const struct json_file *file, const char *directory, const char *doing,
                    int *ret_lock, struct fault *fault)
{
    char *path = path_of(file, directory, ".lock");
    int lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool good = lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0;

    if (!good && lock >= 0 && errno == EWOULDBLOCK) {
        fault_set(fault, doing, path, NULL, "%s", file->busy);
        fault_hint(fault, "%s", file->busy_hint);
        fault->exit_code = EXIT_LOCKED;
    } else if (!good) {
        errno_fault(file, fault, doing, path);
    }
    if (!good && lock >= 0)
        close(lock);
    *ret_lock = good ? lock : -1;
    free(path);
    return good;
}

cJSON *json_file_read(const struct json_file *file, const char *directory)
{
    char *path = path_of(file, directory, ".json"), *bytes = NULL;
    FILE *stream = fopen(path, "re");
    cJSON *root = NULL;
    long size = -1;

    if (stream && fseek(stream, 0, SEEK_END) == 0)
        size = ftell(stream);
    if (size > 0 && size < file->size_max && fseek(stream, 0, SEEK_SET) == 0) {
        bytes = memory_new((size_t) size + 1);
        if (fread(bytes, 1, (size_t) size, stream) == (size_t) size)
            root = cJSON_ParseWithLength(bytes, (size_t) size);
    }
    if (stream)
        fclose(stream);
    free(bytes);
    free(path);
    if (root && cJSON_GetNumberValue(cJSON_GetObjectItem(root, "schema_version")) ==
                    (double) file->schema_version)
        return root;
    cJSON_Delete(root);
    return NULL;
}

static bool write_whole(const char *path, const char *text, bool is_fleeting)
{
    size_t length = strlen(text), done = 0;
    int descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bool good = descriptor >= 0;

    while (good && done < length) {
        ssize_t count = write(descriptor, text + done, length - done);

        if (count > 0)
            done += (size_t) count;
        else
            good = count < 0 && errno == EINTR;
    }
    good = good && (is_fleeting || fsync(descriptor) == 0);
    if (descriptor >= 0)
        good = close(descriptor) == 0 && good;
    return good;
}

bool json_file_write(const struct json_file *file, const char *directory, const char *doing,
                     const cJSON *root, struct fault *fault)
{
    char *path = path_of(file, directory, ".json"), *made = path_of(file, directory, ".json.new");
    char *text = cJSON_PrintUnformatted(root);
    bool good = text && write_whole(made, text, file->is_fleeting) && rename(made, path) == 0;

    if (!good)
        errno_fault(file, fault, doing, path);
    free(text);
    free(path);
    free(made);
    return good;
}
