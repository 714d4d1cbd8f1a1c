#include "harness.h"

#include "../../cutover/commands/client_probing.h"
#include "../../cutover/commands/leg.h"
#include "../../cutover/commands/loss.h"
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

#define PROBE_INTERVAL_MS 20

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

static struct config config = {
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
    .way_back = true,
};

void harness_use_client_probe(bool is_wanted)
{
    config.client_probe = is_wanted;
}

void harness_use_way_back(bool is_wanted)
{
    config.way_back = is_wanted;
}

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
    journal_set(journal, "side", "blue");
    journal_set(journal, "collations.differ", "c");
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
    model_forget(&sim->model);
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
    sim->model.switches = sim->model.refused_logins = 0;
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
    struct procedure procedure; /* journal, world and driver of it: what leg.h needs */
    struct runner runner;
};

static void engine_take(struct engine *engine, const struct plan *plan)
{
    if (plan->from != plan->to)
        leg_turn(&engine->procedure, plan);
    engine->runner.plan = plan;
    engine->runner.side = leg_side(&engine->procedure);
}

/* With the plan of the leg, or this one. */
static struct engine engine_open(struct sim *sim, const struct plan *plan)
{
    struct engine engine = {0};
    struct journal *journal = journal_over(sim->database, sim_before_sync, sim);
    struct world *world = world_new(&config, &sim->driver, &sim->door, journal, sim_open_host, sim,
                                    journal_get(journal, "run"));

    world_load(world);
    engine.procedure = (struct procedure){.journal = journal,
                                          .world = world,
                                          .driver = &sim->driver,
                                          .sessions = &sim->door,
                                          .lock = -1};
    engine.runner.world = world;
    engine.runner.journal = journal;
    engine.runner.driver = &sim->driver;
    engine.runner.pause_budget_ms = PAUSE_BUDGET_MS;
    engine.runner.undo_budget_ms = sim->undo_budget_ms ? sim->undo_budget_ms : UNDO_BUDGET_MS;
    leg_turn(&engine.procedure, leg_plan(&engine.procedure));
    engine_take(&engine, plan ? plan : leg_plan(&engine.procedure));
    return engine;
}

static struct outcome engine_close(struct sim *sim, struct engine *engine, enum run_result result)
{
    struct outcome outcome = {.result = result,
                              .side = engine->runner.side,
                              .crashed = sim->is_dead,
                              .effects = sim->number,
                              .failed_row = engine->runner.failed_row,
                              .is_sound = true,
                              .exit_code = engine->runner.fault.exit_code};
    const struct fault *fault = &engine->runner.fault;

    snprintf(outcome.fault, sizeof(outcome.fault), "%s: %.200s", fault->doing, fault->cause);
    snprintf(outcome.where, sizeof(outcome.where), "%.150s", fault->where);
    snprintf(outcome.hint, sizeof(outcome.hint), "%.390s", fault->hint);
    world_free(engine->procedure.world);
    journal_close(engine->procedure.journal);
    sim->is_dead = false;
    sim->dead_ns = 0;
    sim->fault = FAULT_NONE;
    return outcome;
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

static int number_of(const struct journal *journal, const char *key)
{
    const char *value = journal_get(journal, key);

    return value ? atoi(value) : -1;
}

/* As cutover/commands/moving.c does it. */
static struct outcome run_probed(struct sim *sim, struct engine *engine)
{
    struct client_probing *probing =
        client_probing_begin(&engine->procedure, &engine->runner, PROBE_INTERVAL_MS);
    enum run_result result = runner_run(&engine->runner, 0);
    const struct journal *journal = engine->procedure.journal;
    const char *plan = engine->runner.plan->id, *fact;
    struct outcome outcome;
    bool is_sound;

    sim->is_behind = true;
    if (!sim->is_dead && (result == RUN_DONE || result == RUN_UNDONE || result == RUN_FAILED))
        client_probing_end(probing, result);
    sim->is_behind = false;
    is_sound = client_probing_is_sound(probing);
    client_probing_free(probing);
    outcome = (struct outcome){.is_sound = is_sound};
    fact = journal_get(journal, print_some("%s.client_probe.p2", plan));
    snprintf(outcome.probe, sizeof(outcome.probe), "%s", fact ? fact : "");
    fact = journal_get(journal, print_some("%s.client_probe.p2.account", plan));
    snprintf(outcome.account, sizeof(outcome.account), "%s", fact ? fact : "");
    outcome.probes = number_of(journal, print_some("%s.client_probe.p2.probes", plan));
    outcome.failed = number_of(journal, print_some("%s.client_probe.p2.failed", plan));
    outcome.result = result;
    return outcome;
}

static struct outcome close_probed(struct sim *sim, struct engine *engine,
                                   const struct outcome *probed)
{
    struct outcome outcome = engine_close(sim, engine, probed->result);

    memcpy(outcome.probe, probed->probe, sizeof(outcome.probe));
    memcpy(outcome.account, probed->account, sizeof(outcome.account));
    outcome.probes = probed->probes;
    outcome.failed = probed->failed;
    outcome.is_sound = probed->is_sound;
    return outcome;
}

struct outcome engine_run(struct sim *sim, const struct plan *plan)
{
    struct engine engine = engine_open(sim, plan);
    struct world *world = engine.procedure.world;
    struct outcome probed;

    if (plan->from != plan->to) {
        model_forget(&sim->model);
        sim->model.loses = plan == &plan_rollback_lossy;
        leg_begin(&engine.procedure, plan);
    }
    if (sim->planned || sim->ret_seen)
        world->review = review_new();
    if (sim->planned)
        world->review->planned = copy_seen(sim->planned);
    engine.runner.hook = sim->step_hook;
    engine.runner.hook_context = sim;
    if (plan->from != plan->to)
        probed = run_probed(sim, &engine);
    else
        probed = (struct outcome){.result = runner_run(&engine.runner, 0), .is_sound = true};
    if (sim->ret_seen) {
        *sim->ret_seen = world->review->now;
        world->review->now = NULL;
    }
    return close_probed(sim, &engine, &probed);
}

/* The rules of cutover/commands/recovery.c, which is about terminals and exit codes as well. */

#define SYNC_NAP_MS 100
#define SYNC_WAIT_MS 120000

static void evict(struct engine *engine)
{
    struct runner runner = engine->runner;

    runner.plan = &plan_evict;
    runner.journal = journal_scratch();
    runner.side = SIDE_BLUE;
    runner_run(&runner, 0);
    journal_close(runner.journal);
}

static bool keep_switch(struct engine *engine)
{
    struct driver *driver = engine->procedure.driver;
    int64_t give_up_ns = driver->now_ns(driver) + SYNC_WAIT_MS * NS_PER_MS;

    journal_setf(engine->procedure.journal, "recovered", "%lld",
                 (long long) driver->wall_us(driver));
    while (!journal_sync(engine->procedure.journal, &engine->runner.fault)) {
        if (driver->now_ns(driver) >= give_up_ns)
            return false;
        driver->wait(driver, driver->now_ns(driver) + SYNC_NAP_MS * NS_PER_MS);
    }
    return true;
}

static enum run_result forward(struct engine *engine)
{
    return keep_switch(engine) ? runner_run(&engine->runner, leg_forward_row(engine->runner.plan))
                               : RUN_FAILED;
}

static enum run_result undo(struct engine *engine)
{
    const struct plan *plan = engine->runner.plan;
    bool is_armed = !leg_has_state(&engine->procedure, "running");
    struct fault ignored;

    if (is_armed)
        leg_set_state(&engine->procedure, "undoing");
    if (!journal_sync(engine->procedure.journal, &ignored))
        engine->runner.undo_fault = ignored; /* undone all the same */
    return runner_undo(&engine->runner,
                       (is_armed ? leg_forward_row(plan) : leg_pause_row(plan)) - 1);
}

static enum run_result act(struct engine *engine, enum leg_phase phase)
{
    const struct world *world = engine->procedure.world;

    if (phase == LEG_FORWARD)
        return forward(engine);
    if (world->is_subscriber_open ||
        (leg_has_state(&engine->procedure, "running") && world->is_publisher_fenced))
        return RUN_AMBIGUOUS; /* it refuses */
    return undo(engine);
}

struct outcome engine_recover(struct sim *sim)
{
    struct engine engine = engine_open(sim, NULL);
    const struct plan *plan = engine.runner.plan;
    enum leg_phase phase = leg_phase(&engine.procedure);
    enum run_result result = leg_is_done(&engine.procedure, plan) ? RUN_DONE : RUN_UNDONE;

    if (phase != LEG_IDLE) {
        evict(&engine);
        result = act(&engine, phase);
    }
    return engine_close(sim, &engine, result);
}

/* Those of cutover/commands/abort.c. */
struct outcome engine_abort(struct sim *sim)
{
    struct engine engine = engine_open(sim, NULL);
    enum leg_phase phase = leg_phase(&engine.procedure);
    enum run_result result = RUN_UNDONE;

    evict(&engine);
    if (phase != LEG_IDLE)
        result = act(&engine, phase);
    if (result == RUN_UNDONE || result == RUN_DONE) {
        engine_take(&engine, &plan_prepare);
        sim->model.aborts = true;
        result = runner_undo(&engine.runner, plan_prepare.count - 1);
    }
    return engine_close(sim, &engine, result);
}

static bool keep_lost(void *context, const struct journal_line *line)
{
    if (!line->plan && string_equal(line->step, "loss"))
        text_add((struct text *) context, "%s\n", line->state);
    return true;
}

void engine_list_loss(struct sim *sim, struct text *out)
{
    struct engine engine = engine_open(sim, &plan_rollback_lossy);
    struct fault fault;

    engine.procedure.config = &config;
    engine.procedure.sessions = &sim->door;
    loss_print(&engine.procedure);
    if (!journal_sync(engine.procedure.journal, &fault) ||
        !journal_each_row(engine.procedure.journal, keep_lost, out, &fault))
        abort();
    engine_close(sim, &engine, RUN_DONE);
}
