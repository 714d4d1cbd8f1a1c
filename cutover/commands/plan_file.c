#include "plan_file.h"

#include "../base/text.h"
#include "../steps/seen.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define KIND "what a pgcutover plan saw"
#define SCHEMA_VERSION 1
/* Far more than any cluster needs. */
#define SIZE_MAX_BYTES (INT64_C(1) << 30)

static const char reading[] = "reading the plan", writing[] = "writing the plan";

static bool refuse(struct fault *fault, const char *doing, const char *path, const char *cause)
{
    fault_set(fault, doing, path, NULL, "%s", cause);
    fault_hint(fault, doing == reading
                          ? "\"pgcutover plan --save=FILE\" writes one"
                          : "--save=FILE names another file; only a plan that was saved before is "
                            "overwritten");
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool errno_fault(struct fault *fault, const char *doing, const char *path,
                        enum exit_code code)
{
    fault_set(fault, doing, path, strerrorname_np(errno), "%s", strerror(errno));
    fault_hint(fault, doing == reading ? "--plan=FILE names a file that \"pgcutover plan "
                                         "--save=FILE\" wrote and that you may read"
                                       : "--save=FILE names a file in a directory that you may "
                                         "write");
    fault->exit_code = code;
    return false;
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool read_all(int descriptor, char *content, size_t size)
{
    size_t got = 0;

    while (got < size) {
        ssize_t now = read(descriptor, content + got, size - got);

        if (now < 0 && errno == EINTR)
            continue;
        if (now == 0)
            errno = EIO; /* it shrinks under our hands */
        if (now <= 0)
            return false;
        got += (size_t) now;
    }
    return true;
}

/* The whole of a regular file, terminated; caller frees. Neither a FIFO nor a device is waited for.
 */
static bool read_file(const char *path, const char *doing, char **ret_content, struct fault *fault)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status = {0};
    char *content = NULL;
    bool good = descriptor >= 0 && fstat(descriptor, &status) == 0;

    if (!good) {
        errno_fault(fault, doing, path, EXIT_USAGE);
    } else if (!S_ISREG(status.st_mode)) {
        good = refuse(fault, doing, path, "it is not a file");
    } else if (status.st_size > SIZE_MAX_BYTES) {
        good = refuse(fault, doing, path, "it is too large to be a plan");
    } else {
        content = memory_new((size_t) status.st_size + 1);
        good = read_all(descriptor, content, (size_t) status.st_size);
        if (!good)
            errno_fault(fault, doing, path, EXIT_USAGE);
    }
    if (descriptor >= 0)
        close(descriptor);
    if (good)
        *ret_content = content;
    else
        free(content);
    return good;
}

static const char *string_of(const cJSON *root, const char *key)
{
    return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(root, key));
}

static bool is_ours(const cJSON *root)
{
    return string_equal(string_of(root, "kind"), KIND);
}

/* "seen": place -> part -> lines. */
static bool parse_groups(const cJSON *root, struct seen *seen)
{
    const cJSON *places = cJSON_GetObjectItemCaseSensitive(root, "seen"), *place, *part, *line;

    if (!cJSON_IsObject(places) || !places->child)
        return false;
    cJSON_ArrayForEach(place, places)
    {
        if (!cJSON_IsObject(place))
            return false;
        cJSON_ArrayForEach(part, place)
        {
            struct seen_group *group = seen_group(seen, place->string, part->string);

            if (!cJSON_IsArray(part))
                return false;
            cJSON_ArrayForEach(line, part)
            {
                if (!cJSON_IsString(line))
                    return false;
                seen_add(group, line->valuestring);
            }
        }
    }
    return true;
}

static bool parse(const cJSON *root, const char *path, struct seen *seen, struct fault *fault)
{
    const cJSON *version = cJSON_GetObjectItemCaseSensitive(root, "schema_version");
    const char *system = string_of(root, "system_identifier"), *digest = string_of(root, "sha256");
    char hex[65];

    if (!root)
        return refuse(fault, reading, path, "it is not JSON");
    if (!is_ours(root) || !cJSON_IsNumber(version))
        return refuse(fault, reading, path, "this is not a plan that was saved");
    if (version->valuedouble != SCHEMA_VERSION) {
        refuse(fault, reading, path, "");
        fault_set(fault, reading, path, NULL,
                  "its schema_version is %.15g, and this program reads %d", version->valuedouble,
                  SCHEMA_VERSION);
        fault_hint(fault, "save it anew with this program: \"pgcutover plan --save=FILE\"");
        fault->exit_code = EXIT_USAGE;
        return false;
    }
    if (!system || !digest || !parse_groups(root, seen))
        return refuse(fault, reading, path, "it is not complete");
    seen->system_identifier = memory_copy(system);
    seen_sort(seen);
    seen_digest(seen, hex);
    return strcmp(hex, digest) == 0 ||
           refuse(fault, reading, path, "it was changed since it was saved");
}

bool plan_file_read(const char *path, struct seen **ret_seen, struct fault *fault)
{
    struct seen *seen = seen_new();
    char *content = NULL;
    cJSON *root;
    bool good = read_file(path, reading, &content, fault);

    if (good) {
        root = cJSON_ParseWithOpts(content, NULL, true);
        good = parse(root, path, seen, fault);
        cJSON_Delete(root);
    }
    free(content);
    if (good)
        *ret_seen = seen;
    else
        seen_free(seen);
    return good;
}

/* --- writing ---------------------------------------------------------------------------------- */

/* Said before anything is looked at or printed. */
static bool may_write_beside(const char *path, struct fault *fault)
{
    char *copy = memory_copy(path);
    bool good = access(dirname(copy), W_OK | X_OK) == 0;

    if (!good)
        errno_fault(fault, writing, path, EXIT_USAGE);
    free(copy);
    return good;
}

bool plan_file_may_write(const char *path, struct fault *fault)
{
    struct stat status;
    char *content = NULL;
    cJSON *root;
    bool good;

    if (!*path)
        return refuse(fault, writing, NULL, "--save needs the name of a file");
    if (lstat(path, &status) < 0)
        return errno == ENOENT ? may_write_beside(path, fault)
                               : errno_fault(fault, writing, path, EXIT_USAGE);
    if (!S_ISREG(status.st_mode))
        return refuse(fault, writing, path, "what is there is not a plan that was saved");
    if (!may_write_beside(path, fault) || !read_file(path, writing, &content, fault))
        return false;
    root = cJSON_ParseWithOpts(content, NULL, true);
    good = status.st_size == 0 || is_ours(root) ||
           refuse(fault, writing, path, "what is there is not a plan that was saved");
    cJSON_Delete(root);
    free(content);
    return good;
}

static cJSON *print_groups(const struct seen *seen)
{
    cJSON *places = cJSON_CreateObject(), *place = NULL, *part;
    size_t i, j;

    for (i = 0; i < seen->count; i++) {
        const struct seen_group *group = &seen->groups[i];

        if (i == 0 || strcmp(seen->groups[i - 1].where, group->where) != 0)
            place = cJSON_AddObjectToObject(places, group->where);
        part = cJSON_AddArrayToObject(place, group->part);
        for (j = 0; j < group->count; j++)
            cJSON_AddItemToArray(part, cJSON_CreateString(group->lines[j]));
    }
    return places;
}

static char *print(const char *cluster, const struct seen *seen)
{
    cJSON *root = cJSON_CreateObject();
    time_t now = time(NULL);
    char stamp[32], hex[65], *text;
    struct tm utc;

    gmtime_r(&now, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%dT%H:%M:%SZ", &utc);
    seen_digest(seen, hex);
    cJSON_AddNumberToObject(root, "schema_version", SCHEMA_VERSION);
    cJSON_AddStringToObject(root, "kind", KIND);
    cJSON_AddStringToObject(root, "version", PGCUTOVER_VERSION);
    cJSON_AddStringToObject(root, "cluster", cluster);
    cJSON_AddStringToObject(root, "system_identifier", seen->system_identifier);
    cJSON_AddStringToObject(root, "saved_at", stamp);
    cJSON_AddStringToObject(root, "sha256", hex);
    cJSON_AddItemToObject(root, "seen", print_groups(seen));
    text = cJSON_Print(root);
    cJSON_Delete(root);
    return text;
}

static bool write_all(int descriptor, const char *content)
{
    size_t size = strlen(content), done = 0;

    while (done < size) {
        ssize_t now = write(descriptor, content + done, size - done);

        if (now < 0 && errno == EINTR)
            continue;
        if (now < 0)
            return false;
        done += (size_t) now;
    }
    return true;
}

/* A rename is on disk when its directory is. */
static bool sync_directory_of(const char *path)
{
    char *copy = memory_copy(path);
    int descriptor = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = descriptor >= 0 && fsync(descriptor) == 0;

    if (descriptor >= 0)
        close(descriptor);
    free(copy);
    return good;
}

bool plan_file_write(const char *path, const char *cluster, const struct seen *seen,
                     struct fault *fault)
{
    struct text beside = {0};
    char *content, *name;
    int descriptor;
    bool good;

    if (!plan_file_may_write(path, fault))
        return false;
    content = print(cluster, seen);
    text_add(&beside, "%s.XXXXXX", path);
    name = text_take(&beside);
    descriptor = mkostemp(name, O_CLOEXEC); /* mode 0600 */
    good = descriptor >= 0 && write_all(descriptor, content) && write_all(descriptor, "\n") &&
           fsync(descriptor) == 0 && rename(name, path) == 0;
    if (!good)
        errno_fault(fault, writing, path, descriptor < 0 ? EXIT_USAGE : EXIT_FAILED);
    if (!good && descriptor >= 0)
        unlink(name);
    if (descriptor >= 0)
        close(descriptor);
    if (good && !sync_directory_of(path))
        good = errno_fault(fault, writing, path, EXIT_FAILED);
    free(name);
    free(content);
    return good;
}
