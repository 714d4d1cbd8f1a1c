#include "run_directory.h"

#include "../base/text.h"
#include "../engine/journal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SYSTEM_DIRECTORY "/var/lib/pgcutover"

static char *print(const char *format, ...) __attribute__((format(printf, 1, 2)));

static char *print(const char *format, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    return text_take(&text);
}

static bool errno_fault(struct fault *fault, const char *doing, const char *where)
{
    fault_set(fault, doing, where, strerrorname_np(errno), "%s", strerror(errno));
    fault_hint(fault, "set state_directory in [cluster] to a directory that you may write");
    fault->exit_code = EXIT_USAGE;
    return false;
}

char *run_state_directory(const struct config *config)
{
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

    if (config->state_directory)
        return memory_copy(config->state_directory);
    if (access(SYSTEM_DIRECTORY, W_OK) == 0 || access("/var/lib", W_OK) == 0)
        return memory_copy(SYSTEM_DIRECTORY);
    if (state && *state == '/')
        return print("%s/pgcutover", state);
    return print("%s/.local/state/pgcutover", home && *home ? home : "");
}

/* The first line of a small file, NULL: it is empty. Caller frees. False: see errno. */
static bool read_line(const char *path, char **ret_line)
{
    char line[256];
    FILE *file = fopen(path, "re");

    if (!file)
        return false;
    if (fgets(line, sizeof(line), file)) {
        line[strcspn(line, "\n")] = '\0';
        *ret_line = *line ? memory_copy(line) : NULL;
    }
    fclose(file);
    return true;
}

static bool is_removed(const char *directory)
{
    char *journal = print("%s/run.db", directory);
    bool removed = access(journal, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR);

    free(journal);
    return removed;
}

/* The run that `system`'s pointer names, NULL: there is none, or it is another cluster's. One that
   has ended may have been removed; one that is under way never counts as none. */
static bool run_of(const char *state, const char *system, const char *name,
                   const struct config *config, char **ret_directory, struct fault *fault)
{
    char *pointer = print("%s/%s/%s", state, system, name), *run = NULL, *directory = NULL;
    struct journal *journal = NULL;
    bool good = read_line(pointer, &run) || errno == ENOENT || errno == ENOTDIR;

    if (!good)
        errno_fault(fault, "looking for the run", pointer);
    if (run) {
        directory = print("%s/%s/%s", state, system, run);
        if (!string_equal(name, "last") || !is_removed(directory)) {
            good = journal_open(directory, JOURNAL_READ, &journal, fault);
            if (!good)
                fault_hint(fault, "remove %s when it is certain that this run is not needed",
                           pointer);
        }
    }
    if (journal && journal_has(journal, "cluster", config->cluster_name)) {
        *ret_directory = directory;
        directory = NULL;
    }
    journal_close(journal);
    free(directory);
    free(run);
    free(pointer);
    return good;
}

/* Runs are named by the time at which they began. */
static bool is_newer(const char *directory, const char *than)
{
    return strcmp(strrchr(directory, '/'), strrchr(than, '/')) > 0;
}

static bool two_under_way(struct fault *fault, const char *cluster, const char *one,
                          const char *other)
{
    fault_set(fault, "looking for the run of", cluster, NULL, "two are under way: %s and %s", one,
              other);
    fault_hint(fault, "--run=DIRECTORY names the one that is meant");
    fault->exit_code = EXIT_USAGE;
    return false;
}

/* A cluster that was moved before had another system identifier then, and runs of its own there. */
bool run_find(const struct config *config, const char *name, char **ret_directory,
              struct fault *fault)
{
    char *state = run_state_directory(config), *found = NULL;
    DIR *directory = opendir(state);
    struct dirent *entry;
    bool good = directory || errno == ENOENT;

    if (!good)
        errno_fault(fault, "looking for the run", state);
    while (directory && good && (entry = readdir(directory))) {
        char *next = NULL;

        if (entry->d_name[0] == '.')
            continue;
        good = run_of(state, entry->d_name, name, config, &next, fault);
        if (next && found && string_equal(name, "current"))
            good = two_under_way(fault, config->cluster_name, found, next);
        if (next && (!found || is_newer(next, found))) {
            free(found);
            found = next;
        } else {
            free(next);
        }
    }
    if (directory)
        closedir(directory);
    free(state);
    if (good)
        *ret_directory = found;
    else
        free(found);
    return good;
}

bool run_find_of(const struct config *config, const char *system_identifier, const char *name,
                 char **ret_directory, struct fault *fault)
{
    char *state = run_state_directory(config), *found = NULL;
    bool good = run_of(state, system_identifier, name, config, &found, fault);

    free(state);
    if (good)
        *ret_directory = found;
    return good;
}

bool run_check(const char *directory, struct fault *fault)
{
    char *journal = print("%s/run.db", directory);
    bool good = access(journal, F_OK) == 0;

    if (!good) {
        fault_set(fault, "looking for the run", directory, strerrorname_np(errno), "%s",
                  errno == ENOENT ? "there is none" : strerror(errno));
        fault_hint(fault, "--run takes the directory that \"pgcutover status\" prints; without it, "
                          "the run that is under way is meant");
        fault->exit_code = EXIT_USAGE;
    }
    free(journal);
    return good;
}

/* A run that was killed while it was made leaves its directory: then the next second's name. */
char *run_new(const struct config *config, const char *system_identifier, int64_t wall_us)
{
    char *state = run_state_directory(config), *result = NULL, stamp[32];
    time_t seconds = (time_t) (wall_us / 1000000);
    struct tm utc;

    do {
        free(result);
        gmtime_r(&seconds, &utc);
        strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc);
        result = print("%s/%s/%s", state, system_identifier, stamp);
        seconds++;
    } while (access(result, F_OK) == 0);
    free(state);
    return result;
}

static char *beside(const char *directory, const char *name)
{
    const char *end = strrchr(directory, '/');

    return print("%.*s/%s", (int) (end - directory), directory, name);
}

static void sync_directory(const char *path)
{
    int descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (descriptor >= 0) {
        fsync(descriptor);
        close(descriptor);
    }
}

bool run_begin(const char *directory, struct fault *fault)
{
    char *pointer = beside(directory, "current"), *made = beside(directory, "current.new");
    char *parent = beside(directory, ".");
    FILE *file = fopen(made, "we");
    bool good = file && fprintf(file, "%s\n", strrchr(directory, '/') + 1) > 0 &&
                fflush(file) == 0 && fsync(fileno(file)) == 0;

    if (file)
        good = fclose(file) == 0 && good;
    good = good && rename(made, pointer) == 0;
    if (good)
        sync_directory(parent);
    else
        errno_fault(fault, "beginning a run", pointer);
    free(parent);
    free(made);
    free(pointer);
    return good;
}

bool run_end(const char *directory, struct fault *fault)
{
    char *current = beside(directory, "current"), *last = beside(directory, "last");
    bool good = rename(current, last) == 0 || errno == ENOENT;

    if (!good)
        errno_fault(fault, "ending the run", current);
    free(current);
    free(last);
    return good;
}

static void name_holder(int descriptor)
{
    char line[128], stamp[32];
    time_t now = time(NULL);
    struct tm utc;
    int length;

    gmtime_r(&now, &utc);
    strftime(stamp, sizeof(stamp), "%Y-%m-%d %H:%M:%S UTC", &utc);
    length = snprintf(line, sizeof(line), "pid %d since %s\n", (int) getpid(), stamp);
    if (ftruncate(descriptor, 0) < 0 || pwrite(descriptor, line, (size_t) length, 0) < 0)
        return; /* only for people: the lock holds all the same */
}

bool run_lock(const char *directory, int *ret_lock, struct fault *fault)
{
    char *path = beside(directory, "lock"), *holder = NULL;
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    bool good = descriptor >= 0 && flock(descriptor, LOCK_EX | LOCK_NB) == 0;

    if (good) {
        name_holder(descriptor);
        *ret_lock = descriptor;
    } else if (descriptor >= 0 && errno == EWOULDBLOCK) {
        fault_set(fault, "locking the run", path, NULL, "another pgcutover is at work: %s",
                  read_line(path, &holder) && holder ? holder : "unknown");
        fault_hint(fault, "wait for it to end; \"pgcutover status\" says where it stands");
        fault->exit_code = EXIT_LOCKED;
        free(holder);
        close(descriptor);
    } else {
        errno_fault(fault, "locking the run", path);
        if (descriptor >= 0)
            close(descriptor);
    }
    free(path);
    return good;
}
