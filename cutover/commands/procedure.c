#include "attending.h"
#include "checking.h"

#include "../base/text.h"
#include "../plans/plans.h"
#include "doing.h"
#include "leg.h"
#include "run_directory.h"
#include "spans.h"
#include "sql_files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* How long a server may take to let us in. */
#define OPENING_MS 10000
/* Undo is repeated this long before it is left to `recover`. */
#define UNDO_BUDGET_MS 120000

static struct host *open_host(void *context, const char *name, const char *prefix)
{
    return host_new(context, name, prefix);
}

static void open_world(struct procedure *procedure, const char *run)
{
    procedure->world = world_new(procedure->config, procedure->driver, procedure->sessions,
                                 procedure->journal, open_host, procedure->loop, run);
    world_load(procedure->world);
    leg_turn(procedure, leg_plan(procedure));
}

static void open_doors(struct procedure *procedure)
{
    procedure->loop = loop_new();
    procedure->driver = loop_driver(procedure->loop);
    procedure->sessions = session_door_new(procedure->loop);
    procedure->terminal = terminal_new(stderr);
    procedure->lock = -1;
}

/* Blue's identity names the directory of a new run. */
static bool ask_identity(struct procedure *procedure, char **ret_system, struct fault *fault)
{
    struct reply reply = {0};
    bool good;

    procedure->journal = journal_scratch();
    open_world(procedure, "begin");
    good = procedure_ask(procedure, &procedure->world->blue.link, &sql_server_identity, NULL, 10000,
                         &reply);
    if (good && reply_value(&reply, 0, "system_identifier")) {
        *ret_system = memory_copy(reply_value(&reply, 0, "system_identifier"));
    } else {
        *fault = reply.fault;
        good = false;
    }
    reply_clear(&reply);
    world_free(procedure->world);
    journal_close(procedure->journal);
    procedure->world = NULL;
    procedure->journal = NULL;
    return good;
}

static bool begin_run(struct procedure *procedure, struct fault *fault)
{
    char *system = NULL, hash[65];
    const char *run;
    bool good;

    if (!ask_identity(procedure, &system, fault))
        return false;
    procedure->directory =
        run_new(procedure->config, system, procedure->driver->wall_us(procedure->driver));
    free(system);
    if (!journal_open(procedure->directory, JOURNAL_CREATE, &procedure->journal, fault))
        return false;
    run = strrchr(procedure->directory, '/') + 1;
    config_hash(procedure->config, hash);
    journal_set(procedure->journal, "run", run);
    journal_set(procedure->journal, "cluster", procedure->config->cluster_name);
    journal_set(procedure->journal, "config.hash", hash);
    journal_set(procedure->journal, "version", PGCUTOVER_VERSION);
    journal_set(procedure->journal, "side", "blue");
    good = run_lock(procedure->directory, &procedure->lock, fault) &&
           journal_sync(procedure->journal, fault) && run_begin(procedure->directory, fault);
    return good;
}

static bool no_run(struct procedure *procedure, struct fault *fault)
{
    fault_set(fault, "looking for the run of", procedure->config->cluster_name, NULL,
              "there is none under way");
    fault_hint(fault, "\"pgcutover prepare --execute\" begins one; --run=DIRECTORY names another");
    fault->exit_code = EXIT_USAGE;
    return false;
}

static bool open_run(struct procedure *procedure, enum procedure_need need, struct fault *fault)
{
    const char *named = procedure->options->run;

    if (named && run_check(named, fault))
        procedure->directory = memory_copy(named);
    else if (named || !run_find(procedure->config, "current", &procedure->directory, fault))
        return false;
    if (!procedure->directory && need == PROCEDURE_BEGIN)
        return begin_run(procedure, fault);
    if (!procedure->directory && need == PROCEDURE_CONTINUE)
        return no_run(procedure, fault);
    if (!procedure->directory) {
        procedure->journal = journal_scratch();
        return true;
    }
    if (need != PROCEDURE_LOOK && !run_lock(procedure->directory, &procedure->lock, fault))
        return false;
    return journal_open(procedure->directory, need == PROCEDURE_LOOK ? JOURNAL_READ : JOURNAL_WRITE,
                        &procedure->journal, fault);
}

bool procedure_open(const struct options *options, enum procedure_need need,
                    struct procedure *ret_procedure, struct fault *fault)
{
    struct procedure procedure = {.options = options, .lock = -1};
    const char *run;
    bool good;

    if (!config_read(options->config_file, options->overrides, options->override_count,
                     &procedure.config, fault))
        return false;
    if (!config_has_clone(procedure.config, fault)) {
        config_free(procedure.config);
        return false;
    }
    open_doors(&procedure);
    good = open_run(&procedure, need, fault);
    if (!good) {
        procedure_close(&procedure);
        return false;
    }
    run = journal_get(procedure.journal, "run");
    open_world(&procedure, run ? run : "dry run");
    *ret_procedure = procedure;
    return true;
}

void procedure_close(struct procedure *procedure)
{
    procedure_end_watch(procedure);
    attending_close(procedure);
    world_free(procedure->world);
    journal_close(procedure->journal);
    terminal_free(procedure->terminal);
    if (procedure->sessions)
        procedure->sessions->free(procedure->sessions);
    loop_free(procedure->loop);
    config_free(procedure->config);
    if (procedure->lock >= 0) {
        doing_end(procedure);
        spans_end(procedure);
        close(procedure->lock);
    }
    free(procedure->directory);
}

bool procedure_has_run(const struct procedure *procedure)
{
    return procedure->directory != NULL;
}

/* --- asking outside plans ------------------------------------------------------------------- */

bool procedure_is_interrupted(const struct procedure *procedure)
{
    return procedure->driver->is_interrupted(procedure->driver);
}

/* False: the operator wants no answer any more, or the terminal has gone. */
static bool finish(struct procedure *procedure, struct reply *reply)
{
    while (!reply_is_finished(reply) && !procedure_is_interrupted(procedure))
        procedure->driver->wait(procedure->driver,
                                procedure->driver->now_ns(procedure->driver) + NS_PER_S);
    return reply_is_finished(reply);
}

static bool interrupted(struct reply *reply, const char *doing)
{
    reply_clear(reply);
    reply->state = REPLY_FAILED;
    fault_set(&reply->fault, doing, NULL, "interrupted",
              "the operator or the system asked us to stop");
    fault_hint(&reply->fault, "nothing was changed; repeat the command when it suits");
    return false;
}

bool procedure_ask(struct procedure *procedure, struct link *link, const struct sql *sql,
                   const struct sql_arguments *arguments, int64_t timeout_ms, struct reply *reply)
{
    return procedure_ask_within(procedure, link, sql, arguments, OPENING_MS, timeout_ms, reply);
}

bool procedure_ask_within(struct procedure *procedure, struct link *link, const struct sql *sql,
                          const struct sql_arguments *arguments, int64_t opening_ms,
                          int64_t timeout_ms, struct reply *reply)
{
    if (!link->session || link->session->is_broken) {
        link_close(link);
        link->endpoint.application_name = world_session_name(procedure->world, link);
        link->session = procedure->sessions->open(procedure->sessions, &link->endpoint, opening_ms,
                                                  &link->opening);
        if (!finish(procedure, &link->opening)) {
            link_close(link);
            return interrupted(reply, sql->doing);
        }
        if (link->opening.state == REPLY_FAILED) {
            reply_clear(reply);
            reply->state = REPLY_FAILED;
            reply->fault = link->opening.fault;
            link_close(link);
            return false;
        }
    }
    session_ask(link->session, sql, arguments, timeout_ms, reply);
    if (!finish(procedure, reply)) {
        link_close(link);
        return interrupted(reply, sql->doing);
    }
    return reply->state == REPLY_OK;
}

bool procedure_feed_script(struct procedure *procedure, struct host *host,
                           const struct script *script, const char *const *arguments,
                           const char *input, int64_t timeout_ms, struct reply *reply)
{
    host->ops->run(host, script, arguments, input, timeout_ms, reply);
    if (!finish(procedure, reply)) {
        host->ops->abandon(host, reply);
        return interrupted(reply, script->doing);
    }
    return reply->state == REPLY_OK;
}

bool procedure_run_script(struct procedure *procedure, struct host *host,
                          const struct script *script, const char *const *arguments,
                          int64_t timeout_ms, struct reply *reply)
{
    return procedure_feed_script(procedure, host, script, arguments, NULL, timeout_ms, reply);
}

/* --- plans ------------------------------------------------------------------------------------ */

static void turn(void *context)
{
    struct procedure *procedure = context;

    if (procedure->watchdog)
        watchdog_beat(procedure->watchdog, procedure->driver->now_ns(procedure->driver));
    attending_turn(procedure);
}

static void report(void *sink, const struct event *event)
{
    struct procedure *procedure = sink;

    terminal_event(procedure->terminal, event);
    doing_note(procedure, event);
    spans_note(procedure, event);
}

static void note_pause(void *context, bool begins)
{
    struct procedure *procedure = context;

    if (procedure->watchdog)
        watchdog_pause(procedure->watchdog, begins);
    attending_pause(procedure, begins);
}

void procedure_begin_watch(struct procedure *procedure, struct watchdog *watchdog)
{
    procedure->watchdog = watchdog;
    terminal_must_not_block(procedure->terminal, true);
}

void procedure_end_watch(struct procedure *procedure)
{
    watchdog_stop(procedure->watchdog);
    procedure->watchdog = NULL;
    if (procedure->world)
        procedure->world->watchdog_call = NULL;
    terminal_must_not_block(procedure->terminal, false);
}

struct runner procedure_runner(struct procedure *procedure, const struct plan *plan)
{
    struct runner runner = {.plan = plan,
                            .world = procedure->world,
                            .journal = procedure->journal,
                            .driver = procedure->driver,
                            .pause_budget_ms = procedure->config->pause_budget_ms,
                            .undo_budget_ms = UNDO_BUDGET_MS,
                            .report = report,
                            .sink = procedure,
                            .turn = turn,
                            .pause = note_pause,
                            .turn_context = procedure,
                            .side = leg_side(procedure)};

    if (plan->from != plan->to)
        leg_turn(procedure, plan);
    else if (plan != &plan_evict) /* which is of the leg that was interrupted */
        world_turn(procedure->world, plan_cutover.id, plan->from == SIDE_GREEN);
    return runner;
}

enum run_result procedure_run(struct procedure *procedure, struct runner *runner, size_t first)
{
    enum run_result result;

    terminal_line(procedure->terminal, "%s: %s", runner->plan->id, runner->plan->title);
    attending_take(procedure, runner);
    result = runner_run(runner, first);
    if (result != RUN_AMBIGUOUS) {
        procedure_end_watch(procedure);
        attending_end(procedure, runner, result);
    }
    terminal_flush(procedure->terminal);
    return result;
}

enum exit_code procedure_explain(struct procedure *procedure, const struct plan *plan)
{
    struct runner runner = procedure_runner(procedure, plan);
    struct text out = {0};
    struct fault fault;
    char *said;
    bool good;

    /* steps that cannot ask would say nothing, as if there were nothing to do */
    if (!checking_know_blue(procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    good = runner_explain(&runner, &out);
    attending_explain(procedure, plan, &out);
    said = text_take(&out);
    plan_put_names(plan, said);
    printf("%s: %s\n%s", plan->id, plan->title, said);
    free(said);
    return good ? EXIT_DONE : command_fault(&runner.fault, EXIT_FAILED);
}

bool procedure_confirm(struct procedure *procedure, const char *what, struct fault *fault)
{
    const char *cluster = procedure->config->cluster_name;
    char line[256] = "";

    if (procedure->options->yes)
        return true;
    if (isatty(STDIN_FILENO) && isatty(STDERR_FILENO)) {
        fprintf(stderr, "This will %s.\nType the cluster's name (%s) to go on: ", what, cluster);
        fflush(stderr);
        if (fgets(line, sizeof(line), stdin)) {
            line[strcspn(line, "\n")] = '\0';
            if (strcmp(line, cluster) == 0)
                return true;
        }
        fault_set(fault, "asking for the cluster's name", NULL, NULL,
                  "that was not it; nothing was changed");
        fault_hint(fault, "it is the NAME of [cluster NAME]; --yes answers for you");
    } else {
        fault_set(fault, "asking before it acts", NULL, NULL,
                  "this is no terminal, so nobody can be asked");
        fault_hint(fault, "--yes answers for you");
    }
    fault->exit_code = EXIT_USAGE;
    return false;
}
