/*
 * Runs the operator's hooks, one after the other, through the host door.
 *
 * Happy path:  started with an environment of its own -> its end comes from the loop -> noted in
 * the journal, told -> the next one. Failures:    an exit status, a signal, its time limit: before
 * the commit point the fault stops the plan; behind it a line is told, and the plan goes on. Left
 * alone:  when the engine dies, a hook ends by itself at its time limit (timeout(1) is its parent);
 * it has no file descriptor of ours, so no lock either.
 */
#include "step_hooks.h"

#include "../../replication/conninfo.h"
#include "../base/config.h"
#include "../base/scrub.h"
#include "../base/text.h"
#include "../report/terminal.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLES 24
#define LINE_MAX_SHOWN 200
/* timeout(1) asks it to end, and a second later ends it; then we do. */
#define GRACE_MS 2000

struct step_hooks {
    struct step_hooks_with with;
    char *directory, *config_file; /* as the kernel spells them: a hook begins in / */
    struct step_hook *list;
    size_t count;
    size_t at; /* of 2 * count: hooks of the row, then those of the row that holds */
    bool is_running;
    int64_t started_ns;
    struct reply reply;
};

/* --- the directory ---------------------------------------------------------------------------- */

static int compare_hooks(const void *a, const void *b)
{
    return strcmp(((const struct step_hook *) a)->name, ((const struct step_hook *) b)->name);
}

static bool refuse(struct fault *fault, const char *path, const char *code, const char *cause,
                   const char *hint)
{
    fault_set(fault, "reading the hooks in", path, code, "%s", cause);
    fault_hint(fault, "%s", hint);
    fault->exit_code = EXIT_USAGE;
    return false;
}

/* Whoever could write it could do what we may do. */
static bool is_ours(const struct stat *about)
{
    return (about->st_uid == 0 || about->st_uid == geteuid()) &&
           !(about->st_mode & (S_IWGRP | S_IWOTH));
}

static bool check_file(const char *path, struct fault *fault)
{
    struct stat about;

    if (stat(path, &about) < 0)
        return refuse(fault, path, strerrorname_np(errno), strerror(errno),
                      "remove it, or what it leads to must be there");
    if (!S_ISREG(about.st_mode))
        return refuse(fault, path, NULL, "it is no file", "nothing but hooks may be there");
    if (!is_ours(&about))
        return refuse(fault, path, NULL, "others may change it",
                      "it must belong to root or to the user that runs pgcutover; \"chmod go-w\"");
    if (access(path, X_OK) < 0)
        return refuse(fault, path, NULL, "it is not executable",
                      "\"chmod +x\", or move it elsewhere");
    return true;
}

static bool add_hook(struct step_hooks *hooks, const char *name, struct fault *fault)
{
    struct step_hook hook = {0};
    struct text path = {0};
    struct fault why = {0};
    bool good;

    if (!step_hook_parse(name, &hook, &why))
        return refuse(fault, hooks->directory, NULL, why.cause, why.hint);
    text_add(&path, "%s/%s", hooks->directory, name);
    good = check_file(text_string(&path), fault);
    text_free(&path);
    if (!good)
        return false;
    hook.name = memory_copy(name);
    hooks->list = memory_grow(hooks->list, (hooks->count + 1) * sizeof(*hooks->list));
    hooks->list[hooks->count++] = hook;
    return true;
}

static bool read_directory(struct step_hooks *hooks, struct fault *fault)
{
    const char *named = hooks->with.config->hooks.directory;
    DIR *directory = opendir(named);
    struct dirent *entry;
    struct stat about;
    bool good = true;

    if (!directory)
        return refuse(fault, named, strerrorname_np(errno), strerror(errno),
                      "[hooks] directory names it: make it, or remove that key");
    hooks->directory = realpath(named, NULL);
    if (!hooks->directory || fstat(dirfd(directory), &about) < 0 || !is_ours(&about))
        good = refuse(fault, named, NULL, "others may change it",
                      "it must belong to root or to the user that runs pgcutover; \"chmod go-w\"");
    errno = 0;
    while (good && (entry = readdir(directory)))
        good = *entry->d_name == '.' || add_hook(hooks, entry->d_name, fault);
    if (good && errno)
        good = refuse(fault, named, strerrorname_np(errno), strerror(errno), "");
    closedir(directory);
    if (good && hooks->count)
        qsort(hooks->list, hooks->count, sizeof(*hooks->list), compare_hooks);
    return good;
}

bool step_hooks_new(const struct step_hooks_with *with, struct step_hooks **ret_hooks,
                    struct fault *fault)
{
    struct step_hooks *hooks;

    *ret_hooks = NULL;
    if (!with->config->hooks.directory) {
        host_free(with->host);
        return true;
    }
    hooks = memory_new(sizeof(*hooks));
    hooks->with = *with;
    hooks->config_file = with->config->file ? realpath(with->config->file, NULL) : NULL;
    if (!read_directory(hooks, fault)) {
        step_hooks_free(hooks);
        return false;
    }
    *ret_hooks = hooks;
    return true;
}

static void end_it(struct step_hooks *hooks)
{
    if (hooks->is_running && !reply_is_finished(&hooks->reply))
        hooks->with.host->ops->abandon(hooks->with.host, &hooks->reply);
    free(hooks->reply.output);
    memset(&hooks->reply, 0, sizeof(hooks->reply));
    hooks->is_running = false;
}

void step_hooks_free(struct step_hooks *hooks)
{
    size_t i;

    if (!hooks)
        return;
    end_it(hooks);
    for (i = 0; i < hooks->count; i++)
        free(hooks->list[i].name);
    free(hooks->list);
    free(hooks->directory);
    free(hooks->config_file);
    host_free(hooks->with.host);
    free(hooks);
}

/* --- one hook --------------------------------------------------------------------------------- */

/* Words of the script: its limit, its path, then NAME=VALUE. */
struct words {
    const char *list[VARIABLES];
    struct text texts[VARIABLES];
    size_t count;
};

static void add_word(struct words *words, const char *name, const char *value)
{
    struct text *text = &words->texts[words->count];

    if (!value || words->count + 1 == VARIABLES)
        return;
    text_add(text, "%s%s%s", name, *name ? "=" : "", value);
    words->list[words->count++] = text_string(text);
}

static void add_environment(struct words *words, const struct step_hooks *hooks,
                            const struct step_hook *hook, const struct hook_moment *moment,
                            const char *outcome)
{
    static const char *const kept[] = {"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR"};
    const struct step_hooks_with *with = &hooks->with;
    const char *path = getenv("PATH");
    size_t i;

    add_word(words, "PATH", path && *path ? path : "/usr/local/bin:/usr/bin:/bin");
    for (i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        add_word(words, kept[i], getenv(kept[i]));
    add_word(words, "PGCUTOVER_HOOK", hook->name);
    add_word(words, "PGCUTOVER_CLUSTER", with->config->cluster_name);
    add_word(words, "PGCUTOVER_PLAN", hook->plan);
    add_word(words, "PGCUTOVER_STEP", hook->row ? hook->row->step->id : "");
    add_word(words, "PGCUTOVER_WHEN", hook->is_after ? "after" : "before");
    add_word(words, "PGCUTOVER_SIDE", side_name(moment->side));
    add_word(words, "PGCUTOVER_OUTCOME", outcome ? outcome : "");
    add_word(words, "PGCUTOVER_RUN", with->directory ? with->directory : "");
    add_word(words, "PGCUTOVER_CONFIG", hooks->config_file);
}

/* Nothing of our own environment but what was chosen: it may hold passwords. */
static void start(struct step_hooks *hooks, const struct step_hook *hook,
                  const struct hook_moment *moment, const char *outcome)
{
    static const struct script script = {
        .id = "step_hook",
        .doing = "running a hook",
        .text = "limit=$1 path=$2\nshift 2\n"
                "exec env -i \"$@\" timeout -k 1 \"$limit\" "
                "sh -c 'cd / && exec \"$0\" </dev/null 2>&1' \"$path\""};
    int64_t limit_ms = hooks->with.config->hooks.timeout_ms;
    struct words words = {0};
    struct text limit = {0}, path = {0};
    size_t i;

    text_add(&limit, "%lld.%03d", (long long) (limit_ms / 1000), (int) (limit_ms % 1000));
    text_add(&path, "%s/%s", hooks->directory, hook->name);
    add_word(&words, "", text_string(&limit));
    add_word(&words, "", text_string(&path));
    add_environment(&words, hooks, hook, moment, outcome);
    hooks->started_ns = hooks->with.driver->now_ns(hooks->with.driver);
    hooks->is_running = true;
    hooks->with.host->ops->run(hooks->with.host, &script, words.list, NULL, limit_ms + GRACE_MS,
                               &hooks->reply);
    for (i = 0; i < words.count; i++)
        text_free(&words.texts[i]);
    text_free(&limit);
    text_free(&path);
}

static void add_secret(char ***list, size_t *count, const char *conninfo)
{
    char *password = conninfo ? conninfo_get(conninfo, "password") : NULL;

    if (!password || !*password) {
        free(password);
        return;
    }
    *list = memory_grow(*list, (*count + 2) * sizeof(**list));
    (*list)[(*count)++] = password;
    (*list)[*count] = NULL;
}

/* Passwords that stand in the configuration; the caller frees them, and the list. */
static char **known_secrets(const struct config *config)
{
    const char *const conninfos[] = {config->blue.conninfo, config->blue.from_green,
                                     config->green.conninfo, config->green.from_blue};
    char **list = memory_new(sizeof(*list));
    size_t i, j, count = 0;

    for (i = 0; i < sizeof(conninfos) / sizeof(conninfos[0]); i++)
        add_secret(&list, &count, conninfos[i]);
    for (i = 0; i < config->pooler_count; i++) {
        add_secret(&list, &count, config->poolers[i].probe);
        for (j = 0; j < config->poolers[i].console_count; j++)
            add_secret(&list, &count, config->poolers[i].consoles[j]);
    }
    for (i = 0; i < config->probe_count; i++)
        add_secret(&list, &count, config->probes[i].conninfo);
    return list;
}

/* The last line that says something. */
static void add_last_line(struct text *text, const struct step_hooks *hooks, const char *output)
{
    const char *end = output ? output + strlen(output) : "", *at;
    char **secrets = known_secrets(hooks->with.config);
    struct text line = {0}, plain = {0};
    size_t i;

    while (output && end > output && strchr(" \t\r\n", end[-1]))
        end--;
    for (at = end; output && at > output && at[-1] != '\n'; at--)
        ;
    if (output && end > at)
        text_add_bytes(&line, at, (size_t) (end - at));
    text_add_scrubbed(&plain, text_string(&line), (const char *const *) secrets);
    if (plain.length) {
        if (plain.length > LINE_MAX_SHOWN)
            plain.data[plain.length = LINE_MAX_SHOWN] = '\0';
        text_add_string(text, ": ");
        text_add_plain(text, text_string(&plain));
    }
    for (i = 0; secrets[i]; i++)
        free(secrets[i]);
    free(secrets);
    text_free(&line);
    text_free(&plain);
}

/* "it ended with exit code 3 after 1.2 s: no room", "not done within 30 s" */
static void describe(struct text *text, const struct step_hooks *hooks, bool good)
{
    const struct reply *reply = &hooks->reply;
    int64_t limit_ms = hooks->with.config->hooks.timeout_ms;
    int64_t took_ns = reply->answered_ns - hooks->started_ns;
    char duration[32];

    if (!good && took_ns >= limit_ms * NS_PER_MS) {
        text_add_string(text, "not done within ");
        text_add_duration(text, limit_ms);
    } else if (!good && reply->status == 0) {
        text_add(text, "it could not be run (%s)", reply->fault.cause);
    } else {
        text_add(text, "%s%d after %s", good ? "exit code " : "it ended with exit code ",
                 reply->status, terminal_duration(took_ns, duration));
    }
    add_last_line(text, hooks, reply->output);
}

/* Noted and told; false: it stops the plan. */
static bool finish(struct step_hooks *hooks, const struct step_hook *hook, bool may_stop,
                   struct fault *fault)
{
    const struct step_hooks_with *with = &hooks->with;
    bool good = hooks->reply.state == REPLY_OK;
    struct text text = {0}, line = {0};
    char code[16] = "timeout", doing[160];

    describe(&text, hooks, good);
    if (!good && hooks->reply.status)
        snprintf(code, sizeof(code), "exit %d", hooks->reply.status);
    text_add(&line, "%s: %s", hook->name, text_string(&text));
    if (with->journal)
        journal_event(*with->journal, "hook", text_string(&line),
                      with->driver->wall_us(with->driver));
    if (!good && may_stop) {
        snprintf(doing, sizeof(doing), "running the hook %.120s", hook->name);
        fault_set(fault, doing, NULL, code, "%s", text_string(&text));
        fault_hint(fault, "a hook that fails before the switch stops what it stands before; mend "
                          "it, or what it looked at, and repeat the command");
    } else if (with->terminal) {
        terminal_line(with->terminal,
                      good ? "      hook %s"
                           : "pgcutover: warning: hook %s; nothing "
                             "waits for that",
                      text_string(&line));
    }
    text_free(&text);
    text_free(&line);
    end_it(hooks);
    return good || !may_stop;
}

/* --- one after the other ---------------------------------------------------------------------- */

/* Those that are named for the row first, then those of the row that holds. */
static const struct step_hook *of_turn(const struct step_hooks *hooks, size_t at,
                                       const struct plan *plan, const struct plan_row *row,
                                       bool is_after)
{
    const struct step_hook *hook = &hooks->list[at % hooks->count];
    bool is_of_row = !row || (hook->row && string_equal(hook->row->step->id, row->step->id));

    return step_hook_is_of(hook, plan, row, is_after) && is_of_row == (at < hooks->count) ? hook
                                                                                          : NULL;
}

/* The next one of this moment, from hooks->at on; NULL: none is left. */
static const struct step_hook *next(struct step_hooks *hooks, const struct plan *plan,
                                    const struct plan_row *row, bool is_after)
{
    const struct step_hook *hook;

    for (; hooks->at < 2 * hooks->count; hooks->at++)
        if ((hook = of_turn(hooks, hooks->at, plan, row, is_after)))
            return hook;
    return NULL;
}

static enum step_verdict poll_moment(struct step_hooks *hooks, const struct hook_moment *moment,
                                     const struct plan_row *row, const char *outcome,
                                     struct fault *fault)
{
    const struct step_hook *hook;

    while ((hook = next(hooks, moment->plan, row, moment->is_after))) {
        if (!hooks->is_running)
            start(hooks, hook, moment, outcome);
        if (!reply_is_finished(&hooks->reply))
            return STEP_WAIT;
        hooks->at++;
        if (!finish(hooks, hook, moment->may_stop, fault)) {
            fault->exit_code =
                moment->plan->undo_by_itself || !row ? EXIT_CHECKS_FAILED : EXIT_FAILED;
            hooks->at = 0;
            return STEP_FAILED;
        }
    }
    hooks->at = 0;
    return STEP_DONE;
}

static void give_up(struct step_hooks *hooks)
{
    end_it(hooks);
    hooks->at = 0;
}

enum step_verdict step_hooks_poll(void *context, const struct hook_moment *moment,
                                  struct fault *fault)
{
    struct step_hooks *hooks = context;

    if (moment)
        return poll_moment(hooks, moment, &moment->plan->rows[moment->index],
                           moment->is_after ? "done" : NULL, fault);
    give_up(hooks);
    return STEP_DONE;
}

bool step_hooks_around(struct step_hooks *hooks, const struct plan *plan, enum side side,
                       const char *outcome, struct fault *fault)
{
    struct hook_moment moment = {
        .plan = plan, .is_after = outcome != NULL, .may_stop = !outcome, .side = side};
    struct driver *driver;
    enum step_verdict verdict;

    if (!hooks)
        return true;
    driver = hooks->with.driver;
    while ((verdict = poll_moment(hooks, &moment, NULL, outcome, fault)) == STEP_WAIT) {
        if (driver->is_interrupted(driver)) {
            give_up(hooks);
            fault_set(fault, "waiting for a hook", NULL, "interrupted",
                      "the operator or the system asked us to stop");
            return outcome != NULL;
        }
        driver->wait(driver, driver->now_ns(driver) + NS_PER_S);
    }
    return verdict == STEP_DONE;
}

/* --- the dry run ------------------------------------------------------------------------------ */

static void explain(const struct step_hooks *hooks, const struct plan *plan,
                    const struct plan_row *row, bool is_after, struct text *out)
{
    const struct step_hook *hook;
    size_t i;

    for (i = 0; i < 2 * hooks->count; i++)
        if ((hook = of_turn(hooks, i, plan, row, is_after)))
            text_add(out, "    %s %s: %s/%s\n", is_after ? "after" : "before",
                     row ? row->step->id : "everything", hooks->directory, hook->name);
}

void step_hooks_explain(const struct step_hooks *hooks, const struct plan *plan, struct text *out)
{
    struct text lines = {0};
    size_t i;

    if (!hooks)
        return;
    explain(hooks, plan, NULL, false, &lines);
    for (i = 0; i < plan->count; i++) {
        /* that of the first row of the pause runs where nobody waits yet */
        if (!(plan->rows[i].flags & ROW_PAUSE))
            explain(hooks, plan, &plan->rows[i], false, &lines);
        explain(hooks, plan, &plan->rows[i], true, &lines);
    }
    explain(hooks, plan, NULL, true, &lines);
    if (lines.length)
        text_add(out, "\nhooks that would run:\n%s", text_string(&lines));
    text_free(&lines);
}
