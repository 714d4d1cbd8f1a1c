/*
 * Polls a table of acts.
 *
 * Happy path:  group after group (an act and those TOGETHER with it): every target in flight at
 *              once; each target: open the link if it is closed -> ask -> judge -> done.
 * Failures:    the first one is the step's; nothing further is issued.
 * On leave:    sessions with a request in flight are closed: its outcome is unknown, and whoever
 *              comes next asks the server on a new connection.
 */
#include "acts.h"

#include "../base/text.h"
#include "script_files.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONNECT_TIMEOUT_MS 10000
#define POLL_MS 2
#define JOB_POLL_MS 300

enum child_at { CHILD_START, CHILD_OPENING, CHILD_ASKED, CHILD_JOB, CHILD_NAP, CHILD_DONE };

struct child {
    const struct act *act;
    struct target target;
    enum child_at at;
    struct reply reply;
    int64_t nap_until_ns;
    struct act_values values;
    bool job_started;
};

struct acts_memory {
    struct child *children; /* of the group that is running */
    size_t count;
    size_t next; /* the act after this group */
    bool in_group;
};

const size_t acts_memory_size = sizeof(struct acts_memory);
_Static_assert(sizeof(struct acts_memory) <= ACTS_MEMORY, "ACTS_MEMORY is too small");

const char *io_fact(struct step_io *io, const char *format, ...)
{
    char key[256];
    va_list arguments;
    const char *value;

    va_start(arguments, format);
    vsnprintf(key, sizeof(key), format, arguments);
    va_end(arguments);
    value = journal_get(io->journal, key);
    return !value && io_explains(io) ? sql_unknown : value;
}

enum act_verdict act_fail(struct step_io *io, const struct target *target, const char *doing,
                          const char *cause, ...)
{
    char text[1024];
    va_list arguments;

    va_start(arguments, cause);
    vsnprintf(text, sizeof(text), cause, arguments);
    va_end(arguments);
    fault_set(&io->fault, doing, target ? target->name : NULL, NULL, "%s", text);
    return ACT_FAILED;
}

/* --- targets ------------------------------------------------------------------------------- */

static size_t count_entries(const struct world *world)
{
    size_t count = 0, i, j;

    for (i = 0; i < world->pooler_count; i++)
        for (j = 0; j < world->poolers[i].console_count; j++)
            count += world->poolers[i].consoles[j].entry_count + 1;
    return count;
}

static void add_child(struct acts_memory *memory, const struct act *act,
                      const struct target *target)
{
    struct child *child = &memory->children[memory->count++];

    child->act = act;
    child->target = *target;
    child->target.on = act->on;
    if (target->link)
        child->target.name = target->link->endpoint.name;
    else if (target->host)
        child->target.name = target->host->name;
}

static void add_databases(struct acts_memory *memory, const struct act *act, struct world *world)
{
    size_t i;

    for (i = 0; i < world->database_count; i++) {
        struct database *database = &world->databases[i];
        struct target target = {.database = database};

        if (!database->replicate && act->on != ON_ALL_BLUE_DATABASES)
            continue;
        target.link = act->on == ON_GREEN_DATABASES ? &database->green : &database->blue;
        add_child(memory, act, &target);
    }
}

static void add_consoles(struct acts_memory *memory, const struct act *act, struct pooler *pooler)
{
    size_t i, j;

    for (i = 0; i < pooler->console_count; i++) {
        struct console *console = &pooler->consoles[i];
        struct target target = {.pooler = pooler, .console = console, .link = &console->link};

        if (act->on == ON_CONSOLES)
            add_child(memory, act, &target);
        for (j = 0; act->on == ON_ENTRIES && j < console->entry_count; j++) {
            target.entry = &console->entries[j];
            target.link = &target.entry->link;
            add_child(memory, act, &target);
        }
    }
}

static void add_poolers(struct acts_memory *memory, const struct act *act, struct world *world)
{
    size_t i;

    for (i = 0; i < world->pooler_count; i++) {
        struct pooler *pooler = &world->poolers[i];
        struct target target = {.pooler = pooler};

        if (act->on == ON_POOLER_HOSTS) {
            target.host = pooler->host;
            add_child(memory, act, &target);
        } else if (act->on == ON_PROBES) {
            target.link = &pooler->probe;
            if (pooler->config->probe)
                add_child(memory, act, &target);
        } else {
            add_consoles(memory, act, pooler);
        }
    }
}

static void add_children(struct acts_memory *memory, const struct act *act, struct world *world)
{
    struct target target = {.name = "pgcutover"};

    switch (act->on) {
    case ON_TOOL:
        add_child(memory, act, &target);
        break;
    case ON_BLUE:
    case ON_GREEN:
        target.link = act->on == ON_BLUE ? &world->blue.link : &world->green.link;
        add_child(memory, act, &target);
        break;
    case ON_BLUE_HOST:
    case ON_GREEN_HOST:
        target.host = act->on == ON_BLUE_HOST ? world->blue.host : world->green.host;
        add_child(memory, act, &target);
        break;
    case ON_BLUE_DATABASES:
    case ON_GREEN_DATABASES:
    case ON_ALL_BLUE_DATABASES:
        add_databases(memory, act, world);
        break;
    case ON_CONSOLES:
    case ON_ENTRIES:
    case ON_PROBES:
    case ON_POOLER_HOSTS:
        add_poolers(memory, act, world);
        break;
    }
}

static void begin_group(struct step_io *io, struct acts_memory *memory, const struct act *acts,
                        size_t count)
{
    struct world *world = io->world;
    size_t end = memory->next + 1, room;

    while (end < count && acts[end].flags & ACT_TOGETHER)
        end++;
    room = (end - memory->next) * (2 + world->database_count + count_entries(world));
    memory->children = arena_take(io->arena, room * sizeof(struct child));
    memory->count = 0;
    for (; memory->next < end; memory->next++)
        add_children(memory, &acts[memory->next], world);
    memory->in_group = true;
}

/* --- explaining ---------------------------------------------------------------------------- */

static bool is_effect(const struct act *act)
{
    return act->sql ? !act->sql->reads : act->script ? !act->script->reads : false;
}

static void print_indented(struct text *out, const char *text)
{
    const char *end;

    for (; *text; text = *end ? end + 1 : end) {
        end = strchr(text, '\n');
        if (!end)
            end = text + strlen(text);
        text_add(out, "        %.*s\n", (int) (end - text), text);
    }
}

static void explain_script(struct text *out, const struct act *act, const struct child *child)
{
    const char *const *argument;

    text_add(out, "        %s.sh", act->script->id);
    for (argument = child->values.arguments; *argument; argument++) {
        text_add_string(out, " ");
        if (*argument == sql_unknown)
            text_add_string(out, "<not known yet>");
        else
            text_add_shell_word(out, *argument);
    }
    text_add(out, "%s\n",
             act->flags & ACT_JOB  ? "    (a job: it goes on without us)"
             : child->values.input ? "    (with input that is not shown)"
                                   : "");
}

static void explain_effect(struct step_io *io, struct child *child)
{
    const struct act *act = child->act;
    struct text statement = {0};

    text_add(io->explained, "    %s: %s\n", child->target.name,
             act->sql ? act->sql->doing : act->script->doing);
    if (act->sql) {
        sql_render(&statement, act->sql, &child->values.sql);
        print_indented(io->explained, text_string(&statement));
        text_free(&statement);
    } else {
        explain_script(io->explained, act, child);
    }
}

/* --- one child ------------------------------------------------------------------------------ */

static int64_t io_now(struct step_io *io)
{
    return io->driver->now_ns(io->driver);
}

/* Always the same for the same act: a session says SET statement_timeout only when it changes. The
   step's deadline, which may be nearer, abandons the request. */
static int64_t timeout_ms(const struct act *act)
{
    return act->timeout_ms ? act->timeout_ms : ACT_TIMEOUT_MS;
}

static void release(struct child *child)
{
    if (child->target.link)
        child->target.link->is_busy = false;
}

static void ask(struct step_io *io, struct child *child)
{
    static const struct act_values none;
    const struct act *act = child->act;

    child->values = none;
    if (act->values && !act->values(io, &child->target, &child->values)) {
        child->at = CHILD_DONE;
        release(child);
        return;
    }
    if (io_explains(io) && is_effect(act)) {
        explain_effect(io, child);
        release(child);
        /* a repeated act ends by what it finds; when nothing happens, `round` ends it */
        child->target.round++;
        child->at = act->flags & ACT_REPEAT ? CHILD_START : CHILD_DONE;
        return;
    }
    child->at = CHILD_ASKED;
    if (act->sql) {
        session_ask(child->target.link->session, act->sql, &child->values.sql, timeout_ms(act),
                    &child->reply);
    } else if (act->flags & ACT_WARM) {
        child->target.host->ops->warm(child->target.host, &child->reply);
    } else if (act->flags & ACT_JOB) {
        child->at = CHILD_JOB;
    } else {
        child->target.host->ops->run(child->target.host, act->script, child->values.arguments,
                                     child->values.input, timeout_ms(act), &child->reply);
    }
}

static void open_link(struct step_io *io, struct child *child)
{
    struct link *link = child->target.link;
    struct world *world = io->world;

    link_close(link);
    link->is_busy = true;
    link->endpoint.application_name = world->application_name;
    link->session =
        world->sessions->open(world->sessions, &link->endpoint, CONNECT_TIMEOUT_MS, &link->opening);
    child->at = CHILD_OPENING;
}

static enum step_verdict child_failed(struct step_io *io, struct child *child,
                                      const struct fault *fault)
{
    if (fault != &io->fault)
        io->fault = *fault;
    release(child);
    reply_clear(&child->reply);
    child->at = CHILD_DONE;
    /* what depends on effects that did not happen may fail while a plan is printed */
    return io_explains(io) ? STEP_WAIT : STEP_FAILED;
}

static void start(struct step_io *io, struct child *child)
{
    struct link *link = child->target.link;

    if (io_explains(io) && child->act->flags & ACT_GREEN_LATER && !is_effect(child->act) &&
        !journal_get(io->journal, "green.ready")) {
        child->at = CHILD_DONE;
        return;
    }
    if (io_explains(io) && is_effect(child->act)) {
        ask(io, child);
        return;
    }
    if (child->act->flags & ACT_CLOSE) {
        link_close(link);
        child->at = CHILD_DONE;
        return;
    }
    if (child->act->on == ON_TOOL) {
        child->reply.state = REPLY_OK;
        child->at = CHILD_ASKED;
        return;
    }
    if (link && link->is_busy)
        return; /* another act of this group uses it */
    if (link && (!link->session || link->session->is_broken)) {
        open_link(io, child);
        return;
    }
    if (link)
        link->is_busy = true;
    ask(io, child);
}

static enum step_verdict opened(struct step_io *io, struct child *child)
{
    struct link *link = child->target.link;

    if (!reply_is_finished(&link->opening))
        return STEP_WAIT;
    if (link->opening.state == REPLY_FAILED) {
        struct fault fault = link->opening.fault;

        link_close(link);
        if (child->act->flags & ACT_JUDGES_FAILURE) {
            child->reply.state = REPLY_FAILED;
            child->reply.fault = fault;
            child->at = CHILD_ASKED;
            return STEP_WAIT;
        }
        return child_failed(io, child, &fault);
    }
    ask(io, child);
    return STEP_WAIT;
}

static void again(struct child *child, int64_t nap_until_ns)
{
    release(child);
    child->target.tries++;
    reply_clear(&child->reply);
    child->at = CHILD_NAP;
    child->nap_until_ns = nap_until_ns;
}

static enum step_verdict answered(struct step_io *io, struct child *child)
{
    const struct act *act = child->act;
    enum act_verdict verdict = ACT_DONE;
    int64_t wake_ns = io->wake_ns;

    if (!reply_is_finished(&child->reply))
        return STEP_WAIT;
    if (child->reply.state == REPLY_FAILED && !(act->flags & ACT_JUDGES_FAILURE))
        return child_failed(io, child, &child->reply.fault);
    memset(&io->fault, 0, sizeof(io->fault));
    io->wake_ns = INT64_MAX; /* so that a nap which the judge wants is seen */
    if (act->judge)
        verdict = act->judge(io, &child->target, &child->reply);
    if (verdict == ACT_AGAIN && !io_explains(io)) {
        again(child, io->wake_ns == INT64_MAX ? io_now(io) + POLL_MS * NS_PER_MS : io->wake_ns);
        io->wake_ns = wake_ns;
        return STEP_WAIT;
    }
    io->wake_ns = wake_ns;
    if (verdict == ACT_FAILED)
        return child_failed(io, child, &io->fault);
    release(child);
    reply_clear(&child->reply);
    child->target.round++;
    child->target.tries = 0;
    child->at = act->flags & ACT_REPEAT ? CHILD_START : CHILD_DONE;
    return STEP_WAIT;
}

/* --- jobs ----------------------------------------------------------------------------------- */

static void job_ask(struct step_io *io, struct child *child)
{
    const char *arguments[] = {child->values.work, child->values.job, NULL};
    struct host *host = child->target.host;
    struct text program = {0};
    const char *const *argument;

    if (child->job_started) {
        host->ops->run(host, &script_job_poll, arguments, NULL, 30000, &child->reply);
        return;
    }
    (void) io;
    text_add_string(&program, "set --");
    for (argument = child->values.arguments; *argument; argument++) {
        text_add_string(&program, " ");
        text_add_shell_word(&program, *argument);
    }
    text_add(&program, "\n%s", child->act->script->text);
    host->ops->run(host, &script_job_start, arguments, text_string(&program), 30000, &child->reply);
    text_free(&program);
}

static enum step_verdict job_looked_at(struct step_io *io, struct child *child)
{
    const char *output = child->reply.output ? child->reply.output : "";
    const char *log = strchr(output, '\n');

    child->job_started = true;
    if (string_starts(output, "done 0")) {
        child->at = CHILD_ASKED;
        return STEP_WAIT;
    }
    if (string_starts(output, "running")) {
        const char *last = log ? strrchr(log, '\n') : NULL;

        if (last && !last[1] && last > log)
            while (last > log && last[-1] != '\n')
                last--;
        step_waits_for(io, "%s%s%.150s", child->act->script->doing, last && *last ? ": " : "",
                       last ? last : "");
        io->waiting[strcspn(io->waiting, "\r\n")] = '\0';
        reply_clear(&child->reply);
        child->nap_until_ns = io_now(io) + JOB_POLL_MS * NS_PER_MS;
        return STEP_WAIT;
    }
    fault_set(&io->fault, child->act->script->doing, child->target.name, NULL, "%s",
              log && log[1] ? log + 1 : output);
    fault_hint(&io->fault,
               "the job's directory on the host is %s/jobs/%s; the same command again "
               "starts it anew",
               child->values.work, child->values.job);
    return child_failed(io, child, &io->fault);
}

static enum step_verdict job_poll(struct step_io *io, struct child *child)
{
    if (child->reply.state == REPLY_IDLE) {
        if (child->nap_until_ns > io_now(io)) {
            if (child->nap_until_ns < io->wake_ns)
                io->wake_ns = child->nap_until_ns;
            return STEP_WAIT;
        }
        job_ask(io, child);
        return STEP_WAIT;
    }
    if (!reply_is_finished(&child->reply))
        return STEP_WAIT;
    if (child->reply.state == REPLY_FAILED)
        return child_failed(io, child, &child->reply.fault);
    return job_looked_at(io, child);
}

/* --- all of them ---------------------------------------------------------------------------- */

static enum step_verdict child_poll(struct step_io *io, struct child *child)
{
    enum step_verdict verdict = STEP_WAIT;
    enum child_at before;

    do {
        before = child->at;
        switch (child->at) {
        case CHILD_START:
            start(io, child);
            break;
        case CHILD_OPENING:
            verdict = opened(io, child);
            break;
        case CHILD_ASKED:
            verdict = answered(io, child);
            break;
        case CHILD_JOB:
            verdict = job_poll(io, child);
            break;
        case CHILD_NAP:
            if (io_now(io) >= child->nap_until_ns)
                child->at = CHILD_START;
            else if (child->nap_until_ns < io->wake_ns)
                io->wake_ns = child->nap_until_ns;
            break;
        case CHILD_DONE:
            break;
        }
    } while (verdict == STEP_WAIT && child->at != before && child->at != CHILD_DONE);
    return verdict;
}

static enum step_verdict poll_group(struct step_io *io, struct acts_memory *memory)
{
    bool all;
    size_t i, finished, before;

    do {
        all = true;
        finished = before = 0;
        for (i = 0; i < memory->count; i++)
            before += memory->children[i].at == CHILD_DONE;
        for (i = 0; i < memory->count; i++) {
            if (child_poll(io, &memory->children[i]) == STEP_FAILED)
                return STEP_FAILED;
            all = all && memory->children[i].at == CHILD_DONE;
            finished += memory->children[i].at == CHILD_DONE;
        }
        /* one that ended may have freed the link that another waits for */
    } while (!all && finished > before);
    return all ? STEP_DONE : STEP_WAIT;
}

static enum step_verdict acts_poll(struct step_io *io, struct acts_memory *memory,
                                   const struct act *acts, size_t count)
{
    for (;;) {
        enum step_verdict verdict;

        if (!memory->in_group) {
            if (memory->next == count)
                return STEP_DONE;
            begin_group(io, memory, acts, count);
        }
        verdict = poll_group(io, memory);
        if (verdict != STEP_DONE)
            return verdict;
        memory->in_group = false;
        *io->waiting = '\0';
    }
}

enum step_verdict acts_run(struct step_io *io, void *memory, const struct step_type *step)
{
    const struct acts *acts = step->detail;

    return acts_poll(io, memory, acts->run, acts->run_count);
}

enum step_verdict acts_undo(struct step_io *io, void *memory, const struct step_type *step)
{
    const struct acts *acts = step->detail;

    return acts_poll(io, memory, acts->undo, acts->undo_count);
}

void acts_leave(struct step_io *io, void *memory, const struct step_type *step)
{
    struct acts_memory *acts = memory;
    size_t i;

    (void) io, (void) step;
    for (i = 0; acts->in_group && i < acts->count; i++) {
        struct child *child = &acts->children[i];
        struct host *host = child->target.host;

        if (child->target.link && (child->at == CHILD_OPENING || child->at == CHILD_ASKED) &&
            child->target.link->is_busy)
            link_close(child->target.link);
        else if (host && child->reply.state == REPLY_PENDING)
            host->ops->abandon(host, &child->reply);
        reply_clear(&child->reply);
    }
    acts->in_group = false;
}
