#include "harness.h"

#include "../../cutover/plans/plans.h"
#include "../../cutover/steps/review.h"
#include "../../cutover/steps/seen.h"
#include "../../cutover/steps/world.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Read by AddressSanitizer: thousands of runs, whose stacks need not be deep. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "malloc_context_size=2:quarantine_size_mb=4";
}

#define TEXT(string) ((char *) (string))

static char *consoles_1[] = {TEXT("host=process0 port=6432"), TEXT("host=process1 port=6432")};
static char *consoles_2[] = {TEXT("host=process2 port=6432")};
static struct config_pooler poolers[] = {
    {.name = TEXT("p1"),
     .file = TEXT("/etc/p.ini"),
     .run = TEXT("pooler0"),
     .consoles = consoles_1,
     .console_count = 2},
    {.name = TEXT("p2"),
     .file = TEXT("/etc/p.ini"),
     .run = TEXT("pooler1"),
     .consoles = consoles_2,
     .console_count = 1,
     .probe = TEXT("host=process2 port=6432 user=app")},
};
static struct config_address blue_address = {TEXT("10.0.0.7"), TEXT("5432")};
static struct config_address green_address = {TEXT("10.0.0.8"), TEXT("5432")};

static const struct config config = {
    .cluster_name = TEXT("orders"),
    .cluster_kind = TEXT("self_managed"),
    .blue = {.conninfo = TEXT("host=blue"),
             .from_green = TEXT("host=10.0.0.7 port=5432"),
             .from_poolers = &blue_address,
             .from_poolers_count = 1,
             .data_directory = TEXT("/blue"),
             .refuse_ddl = true},
    .green = {.conninfo = TEXT("host=green"),
              .from_blue = TEXT("host=10.0.0.8 port=5432"),
              .from_poolers = &green_address,
              .from_poolers_count = 1,
              .bin_directory = TEXT("/new/bin"),
              .old_bin_directory = TEXT("/old/bin"),
              .data_directory = TEXT("/green"),
              .port = TEXT("5433"),
              .socket_directory = TEXT("/tmp")},
    .poolers = poolers,
    .pooler_count = 2,
    .pause_budget_ms = PAUSE_BUDGET_MS,
    .quiet_wait_ms = 20000,
};

void harness_use_hook(void)
{
    poolers[1] = (struct config_pooler){.name = TEXT("p2"),
                                        .kind = TEXT("hook"),
                                        .run = TEXT("pooler1"),
                                        .command = TEXT("/usr/local/bin/p2-hook"),
                                        .timeout_ms = 2000,
                                        .probe = TEXT("host=process2 port=6432 user=app")};
}

/* --- starts --------------------------------------------------------------------------------- */

static sqlite3 *memory_database(void)
{
    sqlite3 *database;

    if (sqlite3_open(":memory:", &database) != SQLITE_OK)
        abort();
    return database;
}

static void copy_database(sqlite3 *to, sqlite3 *from)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");

    if (!backup || sqlite3_backup_step(backup, -1) != SQLITE_DONE)
        abort();
    sqlite3_backup_finish(backup);
}

struct sqlite3 *sim_copy_disk(struct sim *sim)
{
    sqlite3 *copy = memory_database();

    copy_database(copy, sim->database);
    return copy;
}

void start_init(struct start *start)
{
    struct fault fault;
    struct journal *journal;

    memset(start, 0, sizeof(*start));
    model_init(&start->model);
    start->now_ns = NS_PER_S;
    start->database = memory_database();
    journal = journal_over(start->database, NULL, NULL);
    journal_set(journal, "run", "r1");
    if (!journal_sync(journal, &fault))
        abort();
    journal_close(journal);
}

void start_free(struct start *start)
{
    sqlite3_close(start->database);
}

void start_keep(struct start *start, struct sim *sim)
{
    memset(start, 0, sizeof(*start));
    start->model = sim->model;
    start->now_ns = sim->now_ns;
    start->sessions = sim->sessions;
    start->database = memory_database();
    copy_database(start->database, sim->database);
}

void sim_begin(struct sim *sim, const struct start *start)
{
    memset(sim, 0, sizeof(*sim));
    sim->now_ns = start->now_ns;
    sim->sessions = start->sessions; /* numbers of locks: never one that a dead engine had */
    sim->model = start->model;
    sim->model.longest_hold_ns = 0;
    sim->database = memory_database();
    copy_database(sim->database, start->database);
    sim_init(sim);
}

void sim_end(struct sim *sim)
{
    sim_free(sim);
    sqlite3_close(sim->database);
}

void sim_revive(struct sim *sim)
{
    int i;

    memset(sim->model.is_broken, 0, sizeof(sim->model.is_broken));
    sim->model.servers[BLUE].runs = true;
    if (sim->model.host.is_configured)
        sim->model.servers[GREEN].runs = true;
    for (i = 0; i < PROCESSES; i++)
        if (sim->model.processes[i].dead)
            model_restart_process(&sim->model, &sim->model.processes[i]);
}

void sim_fault(struct sim *sim, enum fault_mode mode, uint64_t at)
{
    sim->fault = mode;
    sim->fault_at = at;
    sim->number = 0;
}

/* --- engines -------------------------------------------------------------------------------- */

struct engine {
    struct journal *journal;
    struct world *world;
    struct runner runner;
};

static struct engine engine_open(struct sim *sim, const struct plan *plan)
{
    struct engine engine = {0};

    engine.journal = journal_over(sim->database, sim_before_sync, sim);
    engine.world = world_new(&config, &sim->driver, &sim->door, engine.journal, sim_open_host, sim,
                             journal_get(engine.journal, "run"));
    world_load(engine.world);
    engine.runner.plan = plan;
    engine.runner.world = engine.world;
    engine.runner.journal = engine.journal;
    engine.runner.driver = &sim->driver;
    engine.runner.pause_budget_ms = PAUSE_BUDGET_MS;
    engine.runner.undo_budget_ms = sim->undo_budget_ms ? sim->undo_budget_ms : UNDO_BUDGET_MS;
    return engine;
}

static struct outcome engine_close(struct sim *sim, struct engine *engine, enum run_result result)
{
    struct outcome outcome = {.result = result,
                              .side = engine->runner.side,
                              .crashed = sim->is_dead,
                              .effects = sim->number,
                              .failed_row = engine->runner.failed_row,
                              .exit_code = engine->runner.fault.exit_code};
    const struct fault *fault = &engine->runner.fault;

    snprintf(outcome.fault, sizeof(outcome.fault), "%s: %.200s", fault->doing, fault->cause);
    snprintf(outcome.where, sizeof(outcome.where), "%.150s", fault->where);
    snprintf(outcome.hint, sizeof(outcome.hint), "%.390s", fault->hint);
    world_free(engine->world);
    journal_close(engine->journal);
    sim->is_dead = false;
    sim->dead_ns = 0;
    sim->fault = FAULT_NONE;
    return outcome;
}

/* A finish or a rollback begins with clients on green. */
static enum side side_of(const struct plan *plan)
{
    return plan->rows[0].side == SIDE_GREEN ? SIDE_GREEN : SIDE_BLUE;
}

static struct seen *copy_seen(const struct seen *seen)
{
    struct seen *copy = seen_new();
    size_t i, j;

    copy->system_identifier = strdup(seen->system_identifier);
    for (i = 0; i < seen->count; i++) {
        struct seen_group *group = seen_group(copy, seen->groups[i].where, seen->groups[i].part);

        for (j = 0; j < seen->groups[i].count; j++)
            seen_add(group, seen->groups[i].lines[j]);
    }
    return copy;
}

struct outcome engine_run(struct sim *sim, const struct plan *plan)
{
    struct engine engine = engine_open(sim, plan);
    enum run_result result;

    engine.runner.side = side_of(plan);
    if (sim->planned || sim->ret_seen)
        engine.world->review = review_new();
    if (sim->planned)
        engine.world->review->planned = copy_seen(sim->planned);
    result = runner_run(&engine.runner, 0);
    if (sim->ret_seen) {
        *sim->ret_seen = engine.world->review->now;
        engine.world->review->now = NULL;
    }
    return engine_close(sim, &engine, result);
}

static size_t forward_row(const struct plan *plan)
{
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (plan->rows[i].flags & ROW_COMMIT)
            return i + 1;
    return 0;
}

/* The rules of cutover/commands/recovery.c, which is about terminals and exit codes as well. */
static bool is_armed(const struct journal *journal)
{
    const char *state = journal_get(journal, "cutover.state");

    return state && strcmp(state, "undone") != 0;
}

static void evict(struct engine *engine)
{
    struct runner runner = engine->runner;

    runner.plan = &plan_evict;
    runner.journal = journal_scratch();
    runner_run(&runner, 0);
    journal_close(runner.journal);
}

static enum run_result undo_cutover(struct engine *engine)
{
    struct fault ignored;

    journal_set(engine->journal, "cutover.state", "undoing");
    if (!journal_sync(engine->journal, &ignored))
        engine->runner.undo_fault = ignored; /* undone all the same */
    engine->runner.plan = &plan_cutover;
    return runner_undo(&engine->runner, forward_row(&plan_cutover) - 1);
}

struct outcome engine_recover(struct sim *sim)
{
    struct engine engine = engine_open(sim, &plan_cutover);
    bool switched = journal_has(engine.journal, "side", "green");
    enum run_result result = switched ? RUN_DONE : RUN_UNDONE;

    engine.runner.side = switched ? SIDE_GREEN : SIDE_BLUE;
    if (switched ? journal_has(engine.journal, "cutover.state", "done") : !is_armed(engine.journal))
        return engine_close(sim, &engine, result);
    evict(&engine);
    if (switched)
        result = runner_run(&engine.runner, forward_row(&plan_cutover));
    else if (engine.world->is_green_open)
        result = RUN_AMBIGUOUS; /* it refuses */
    else
        result = undo_cutover(&engine);
    return engine_close(sim, &engine, result);
}

struct outcome engine_abort(struct sim *sim)
{
    struct engine engine = engine_open(sim, &plan_prepare);
    enum run_result result = RUN_UNDONE;

    evict(&engine);
    if (is_armed(engine.journal))
        result = undo_cutover(&engine);
    engine.runner.plan = &plan_prepare;
    if (result == RUN_UNDONE)
        result = runner_undo(&engine.runner, plan_prepare.count - 1);
    return engine_close(sim, &engine, result);
}
