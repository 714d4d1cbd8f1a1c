/*
 * Hosts: the poolers' files, and green's host with its jobs, which outlive the engine.
 */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../replication/lsn.h"

#define JOB_NS (NS_PER_S / 2)

static struct model *model_of(struct request *request)
{
    return &request->sim->model;
}

static void print(struct request *request, const char *text)
{
    free(request->output);
    request->output = memory_copy(text);
}

/* --- the poolers' files --------------------------------------------------------------------- */

static const char *content_of(int goes_to)
{
    static const char *const contents[] = {
        [BLUE] = "[databases]\npostgres = host=10.0.0.7 port=5432\n"
                 "shop = host=10.0.0.7 port=5432\n",
        [GREEN] = "[databases]\npostgres = host=10.0.0.8 port=5432\n"
                  "shop = host=10.0.0.8 port=5432\n",
        [TRIED + BLUE] = "[databases]\npostgres = host=10.0.0.7 port=5432\n"
                         "shop = host=10.0.0.7 port=5432\n"
                         "pgcutover_probe_1 = host=10.0.0.8 port=5432 dbname=postgres\n"
                         "pgcutover_probe_2 = host=10.0.0.8 port=5432 dbname=shop\n",
        [TRIED + GREEN] = "[databases]\npostgres = host=10.0.0.8 port=5432\n"
                          "shop = host=10.0.0.8 port=5432\n"
                          "pgcutover_probe_1 = host=10.0.0.7 port=5432 dbname=postgres\n"
                          "pgcutover_probe_2 = host=10.0.0.7 port=5432 dbname=shop\n"};

    return contents[goes_to];
}

/* Of what is staged for a file. */
#define STAGED_NOTHING (-1)
#define STAGED_DONE (-2)

static int *staged(struct request *request, const char *suffix)
{
    struct model_pooler *pooler = &model_of(request)->poolers[request->pooler];

    if (strstr(suffix, "pgcutover-before"))
        return &pooler->staged_before;
    if (strstr(suffix, "pgcutover-after"))
        return &pooler->staged_after;
    if (strstr(suffix, "pgcutover-probe"))
        return &pooler->staged_tried;
    model_violate(model_of(request), "%s: what is %s?", request->script->id, suffix);
    return &pooler->staged_after;
}

static void apply_file_read(struct request *request)
{
    print(request, print_some("/etc/p.ini\n640 p p\n%s",
                              content_of(model_of(request)->poolers[request->pooler].file)));
}

static void apply_file_stage(struct request *request)
{
    int i;

    for (i = 0; i <= TRIED + GREEN; i++)
        if (request->input && strcmp(request->input, content_of(i)) == 0) {
            *staged(request, request->words[1]) = i;
            return;
        }
    model_violate(model_of(request), "staged a file that is nobody's: %s",
                  request->input ? request->input : "nothing");
}

static void apply_file_switch(struct request *request)
{
    int *from = staged(request, request->words[1]);

    if (*from < 0) {
        request_fail(request, "exit 1", "mv: no such file");
        return;
    }
    model_of(request)->poolers[request->pooler].file = *from;
    *from = STAGED_NOTHING;
}

static void apply_file_try(struct request *request)
{
    if (model_of(request)->poolers[request->pooler].file != *staged(request, request->words[2]))
        request_fail(request, "exit 1", "the file has changed since it was read");
    else
        apply_file_switch(request);
}

static void apply_file_unchanged(struct request *request)
{
    if (model_of(request)->poolers[request->pooler].file != *staged(request, request->words[1]))
        request_fail(request, "exit 1", "the file has changed since it was read");
}

static void apply_file_restore(struct request *request)
{
    int from = *staged(request, request->words[1]);
    int *file = &model_of(request)->poolers[request->pooler].file;
    int *claimed = staged(request, request->words[2]);

    if (*claimed != STAGED_NOTHING) {
        *claimed = STAGED_DONE;
        print(request, "as it was\n");
        return;
    }
    if (from >= 0)
        *claimed = STAGED_DONE;
    print(request, from < 0 ? "no copy\n" : *file == from ? "as it was\n" : "restored\n");
    if (from >= 0)
        *file = from;
}

static void apply_file_remove(struct request *request)
{
    int i;

    for (i = 0; request->words[i]; i++)
        *staged(request, request->words[i]) = STAGED_NOTHING;
}

static void apply_identity(struct request *request)
{
    if (!model_of(request)->host.is_upgraded)
        request_fail(request, "exit 1", "there is no such directory");
    else
        print(request, "7002\n");
}

static void apply_nothing(struct request *request)
{
    (void) request;
}

/* --- green's host --------------------------------------------------------------------------- */

static void apply_work_make(struct request *request)
{
    model_of(request)->host.has_work = true;
    model_of(request)->servers[GREEN].has_password = true;
}

static void apply_remove(struct request *request)
{
    memset(&model_of(request)->host, 0, sizeof(model_of(request)->host));
    model_remove_green(model_of(request));
}

static void apply_clone_discard(struct request *request)
{
    bool has_password = model_of(request)->servers[GREEN].has_password;

    apply_remove(request);
    model_of(request)->host.has_work = true;
    model_of(request)->servers[GREEN].has_password = has_password;
}

static void apply_host_look(struct request *request)
{
    print(request, "new_version=17.12\nold_version=15.20\n");
}

static void apply_recovered_look(struct request *request)
{
    const struct model_green_host *host = &model_of(request)->host;

    if (!host->is_recovered) {
        request_fail(request, "exit 1", "not recovered");
        return;
    }
    print(request, print_some("run=r1\nsystem_identifier=7001\nhistory:\n1\t%s\tbefore\n",
                              print_lsn(host->clone_lsn)));
}

static void apply_configure(struct request *request)
{
    if (!model_of(request)->host.is_upgraded)
        request_fail(request, "exit 1", "there is no green");
    model_of(request)->host.is_configured = true;
}

static void apply_start(struct request *request)
{
    struct model *model = model_of(request);

    if (!model->host.is_upgraded || !model->host.is_configured) {
        request_fail(request, "exit 1", "there is no green");
        return;
    }
    if (!model->host.is_closed)
        model_violate(model, "green was started in public before it was closed");
    model->servers[GREEN].runs = true;
    print(request, "running 4711\n");
}

static void apply_tidy(struct request *request)
{
    memset(model_of(request)->host.jobs, 0, sizeof(model_of(request)->host.jobs));
    model_of(request)->host.has_work = model_of(request)->host.has_clone = false;
    model_of(request)->servers[GREEN].has_password = false;
}

/* --- passwords of the way back, on the host of whoever follows -------------------------------- */

static struct model_server *password_of(struct request *request)
{
    static const char *const works[SERVERS] = {"/blue.pgcutover", "/green.pgcutover"};
    int server = request->server;
    const char *name = print_some("%s.pgpass", server_names[other_server(server)]);

    if (strcmp(request->words[0], works[server]) != 0 || strcmp(request->words[2], name) != 0)
        model_violate(model_of(request), "%s on %s's host was given %s, %s", request->script->id,
                      server_names[server], request->words[0], request->words[2]);
    return &model_of(request)->servers[server];
}

static void apply_password_file(struct request *request)
{
    if (!request->input || !strstr(request->input, ":postgres:pw\\:s3cret\n"))
        model_violate(model_of(request), "a password file is without the password");
    password_of(request)->has_password = true;
}

static void apply_password_remove(struct request *request)
{
    struct model_server *server = password_of(request);
    int i;

    for (i = 0; i < DATABASES; i++)
        if (server->databases[i].is_enabled && !model_of(request)->aborts)
            model_violate(model_of(request), "the password of %s was removed while it follows",
                          server_names[request->server]);
    server->has_password = false;
}

/* --- jobs ----------------------------------------------------------------------------------- */

static struct model_job *job_of(struct request *request, bool make)
{
    struct model_green_host *host = &model_of(request)->host;
    int i;

    for (i = 0; i < JOBS; i++) {
        if (!*host->jobs[i].name && make)
            snprintf(host->jobs[i].name, sizeof(host->jobs[i].name), "%s", request->words[1]);
        if (strcmp(host->jobs[i].name, request->words[1]) == 0)
            return &host->jobs[i];
        if (!*host->jobs[i].name)
            return NULL;
    }
    model_violate(model_of(request), "more jobs than the model has room for");
    return NULL;
}

/* The word behind `set --` of the program; words of ours hold no quotes. */
static const char *program_word(const char *program, int number)
{
    const char *at = program;

    while (at && number-- >= 0 && (at = strstr(at, " '")))
        at += 2;
    return at ? print_some("%.*s", (int) strcspn(at, "'"), at) : "";
}

static void finish_recover(struct model *model, const char *program)
{
    uint64_t lsn = 0;

    if (!lsn_parse(program_word(program, 5), &lsn))
        model_violate(model, "recover was given no target");
    model->host.clone_lsn = lsn;
    model->host.is_recovered = true;
}

/* What the job leaves; false when it cannot do its work. */
static bool do_job(struct model *model, const char *name, const char *program)
{
    struct model_green_host *host = &model->host;

    if (!host->has_work || host->is_ruined)
        return false;
    if (string_starts(name, "clone-")) {
        if (!model->servers[BLUE].databases[0].has_slot ||
            !model->servers[BLUE].databases[1].has_slot)
            model_violate(model, "cloned before the slots");
        host->has_clone = true;
        return true;
    }
    if (string_starts(name, "recover-") && host->has_clone) {
        if (!host->is_recovered)
            finish_recover(model, program);
        return true;
    }
    if (string_starts(name, "isolate-") && host->is_recovered)
        return host->is_isolated = true;
    if (string_starts(name, "upgrade-") && host->is_isolated) {
        if (!host->is_upgraded)
            model_clone(model, host->clone_lsn);
        return host->is_upgraded = true;
    }
    if (string_starts(name, "close-") && host->is_configured)
        return host->is_closed = true;
    if (string_starts(name, "reindex-") && model->servers[GREEN].runs)
        return host->is_reindexed = true;
    if (string_starts(name, "analyze-") && model->servers[GREEN].runs)
        return host->is_analyzed = true;
    return false;
}

/* Time does not matter for what a job leaves: it is there as soon as the job was started. */
static void apply_job_start(struct request *request)
{
    struct model_job *job = job_of(request, true);
    const char *bad = request->sim->bad_job;

    if (!job)
        return;
    print(request, job->is_done ? "done 0\n" : "running 12\n");
    if (job->is_done || (job->ends_ns && !job->failed))
        return;
    job->ends_ns = request->sim->now_ns + JOB_NS;
    job->failed = false;
    if (bad && string_starts(job->name, bad)) {
        request->sim->bad_job = NULL;
        model_of(request)->host.is_ruined = true;
    }
    job->failed = !do_job(model_of(request), job->name, request->input);
}

static void apply_job_poll(struct request *request)
{
    struct model_job *job = job_of(request, false);

    if (!job) {
        print(request, "missing\n");
        return;
    }
    job->is_done = !job->failed && request->sim->now_ns >= job->ends_ns;
    print(request, job->is_done  ? "done 0\nlog\n"
                   : job->failed ? "failed 3\nit did not work\n"
                                 : "running\nlog\n");
}

static const struct {
    const char *id;
    void (*apply)(struct request *request);
} scripts[] = {
    {"file_read", apply_file_read},
    {"file_stage", apply_file_stage},
    {"identity", apply_identity},
    {"file_switch", apply_file_switch},
    {"file_try", apply_file_try},
    {"file_restore", apply_file_restore},
    {"file_unchanged", apply_file_unchanged},
    {"file_remove", apply_file_remove},
    {"file_sync", apply_nothing},
    {"hook", hook_apply},
    {"work_make", apply_work_make},
    {"remove", apply_remove},
    {"clone_discard", apply_clone_discard},
    {"host_look", apply_host_look},
    {"recovered_look", apply_recovered_look},
    {"configure", apply_configure},
    {"write_file", apply_nothing},
    {"start", apply_start},
    {"tidy", apply_tidy},
    {"password_file", apply_password_file},
    {"password_remove", apply_password_remove},
    {"job_start", apply_job_start},
    {"job_poll", apply_job_poll},
};

void host_apply(struct request *request)
{
    size_t i;

    if (!request->script)
        return;
    for (i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++)
        if (strcmp(scripts[i].id, request->script->id) == 0) {
            scripts[i].apply(request);
            return;
        }
    model_violate(model_of(request), "the fake host does not know %s", request->script->id);
    request_fail(request, "exit 127", "the fake does not know it");
}

/* --- the door ------------------------------------------------------------------------------- */

static struct request *request_of(struct host *base, struct reply *reply)
{
    struct fake_host *host = (struct fake_host *) base;
    struct request *request = request_new(host->sim, reply);

    request->host = host;
    request->place = PLACE_HOST;
    request->pooler = host->pooler;
    request->server = host->server;
    return request;
}

static void fake_run(struct host *base, const struct script *script, const char *const *arguments,
                     const char *input, int64_t timeout_ms, struct reply *reply)
{
    struct request *request = request_of(base, reply);
    int i;

    request->script = script;
    for (i = 0; arguments[i] && i < 47; i++)
        request->words[i] = memory_copy(arguments[i]);
    request->input = memory_copy(input);
    request_send(request,
                 print_some("%s: %s %s", base->name, script->id,
                            string_starts(script->id, "job_") ? arguments[1] : ""),
                 timeout_ms);
}

static void fake_warm(struct host *base, struct reply *reply)
{
    request_send(request_of(base, reply), print_some("%s: warm", base->name), 30000);
}

/* What was begun may go on: the process was on another machine. */
static void fake_abandon(struct host *base, struct reply *reply)
{
    struct request *request = ((struct fake_host *) base)->sim->requests;

    for (; request; request = request->next)
        if (request->reply == reply)
            request->reply = NULL;
    reply->state = REPLY_IDLE;
}

static void fake_free(struct host *base)
{
    struct request *request = ((struct fake_host *) base)->sim->requests;

    for (; request; request = request->next)
        if (request->host == (struct fake_host *) base)
            request->reply = NULL;
    free(base->name);
    free(base);
}

static const struct host_ops fake_ops = {
    .run = fake_run, .warm = fake_warm, .abandon = fake_abandon, .free = fake_free};

struct host *sim_open_host(void *sim, const char *name, const char *prefix)
{
    struct fake_host *host = memory_new(sizeof(*host));

    host->base.ops = &fake_ops;
    host->base.name = memory_copy(name);
    host->sim = sim;
    host->server = string_starts(name, "blue") ? BLUE : GREEN;
    host->pooler = prefix && string_starts(prefix, "pooler") ? atoi(prefix + 6) : -1;
    return &host->base;
}
