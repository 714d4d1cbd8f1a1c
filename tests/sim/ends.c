/*
 * How the world must be when a run has ended.
 */
#include "harness.h"

#include <sqlite3.h>
#include <string.h>

static const char *check(bool good, const char *what)
{
    return good ? NULL : what;
}

/* Clients are let through, to this side, by files and processes alike. */
static const char *poolers_are_at(const struct model *model, int server)
{
    int i, j;

    for (i = 0; i < POOLERS; i++)
        if (model->poolers[i].file != server)
            return print_some("the file of pooler %d goes to the other side", i + 1);
    for (i = 0; i < PROCESSES; i++) {
        const struct model_process *process = &model->processes[i];

        for (j = 0; j < ENTRIES; j++)
            if (process->entries[j].paused)
                return print_some("entry %s of process %d is still paused", entry_names[j], i);
        if (process->goes_to != server)
            return print_some("process %d goes to the other side", i);
        if (process->has_trials)
            return print_some("process %d still has entries to try", i);
        if (process->retry != 15)
            return print_some("server_login_retry of process %d is %d", i, process->retry);
    }
    return NULL;
}

static const char *nothing_is_staged(const struct model *model)
{
    int i;

    for (i = 0; i < POOLERS; i++)
        if (model->poolers[i].staged_blue >= 0 || model->poolers[i].staged_green >= 0 ||
            model->poolers[i].staged_tried >= 0)
            return "staged files are left";
    return NULL;
}

static const char *durable_side(struct sim *sim, const char *expected, bool optional)
{
    const char *side = sim_durable(sim, "side");

    if (!side && optional)
        return NULL;
    return side && strcmp(side, expected) == 0
               ? NULL
               : print_some("the journal says side %s", side ? side : "nothing");
}

const char *end_on_blue(struct sim *sim)
{
    const struct model *model = &sim->model;
    const char *wrong = *model->violation ? model->violation : NULL;
    int i;

    wrong = wrong ? wrong : poolers_are_at(model, BLUE);
    wrong = wrong ? wrong : check(model->servers[BLUE].open, "blue is still fenced");
    wrong = wrong ? wrong : check(!model->servers[GREEN].open, "green is open");
    wrong = wrong ? wrong : durable_side(sim, "blue", true);
    wrong = wrong ? wrong : nothing_is_staged(model);
    for (i = 0; i < DATABASES && !wrong; i++) {
        const struct model_database *green = &model->servers[GREEN].databases[i];

        wrong = check(!green->is_synchronous, "a subscription is still synchronous");
        wrong = wrong ? wrong : check(green->is_enabled, "a subscription is disabled");
    }
    return wrong ? wrong : "";
}

const char *end_on_green(struct sim *sim)
{
    const struct model *model = &sim->model;
    const char *wrong = *model->violation ? model->violation : NULL;
    int i;

    wrong = wrong ? wrong : poolers_are_at(model, GREEN);
    wrong = wrong ? wrong : check(!model->servers[BLUE].open, "blue is open");
    wrong = wrong ? wrong : check(model->servers[GREEN].open, "green is closed");
    wrong = wrong ? wrong : durable_side(sim, "green", false);
    wrong = wrong ? wrong : check(model->green_commits > 0, "nobody has written on green");
    for (i = 0; i < DATABASES && !wrong; i++)
        wrong = check(!model->servers[GREEN].databases[i].is_enabled, "green still follows blue");
    return wrong ? wrong : "";
}

static int count_rows(struct sim *sim, const char *plan, const char *step, const char *state)
{
    sqlite3_stmt *statement;
    int count = -1;

    if (sqlite3_prepare_v2(sim->database,
                           "SELECT count(*) FROM row WHERE plan = ? AND step = ? AND state = ?", -1,
                           &statement, NULL) != SQLITE_OK)
        return -1;
    sqlite3_bind_text(statement, 1, plan, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, step, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, state, -1, SQLITE_STATIC);
    if (sqlite3_step(statement) == SQLITE_ROW)
        count = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    return count;
}

const char *end_in_journal(struct sim *sim, const struct plan *plan)
{
    const char *state = sim_durable(sim, print_some("%s.state", plan->id));
    bool is_done = state && strcmp(state, "done") == 0;
    size_t i;

    if (!state && count_rows(sim, plan->id, plan->rows[0].step->id, "intent") == 0)
        return ""; /* died before it began */
    if (!state || (!is_done && strcmp(state, "undone") != 0))
        return print_some("the journal says %s.state=%s", plan->id, state ? state : "nothing");
    for (i = 0; i < plan->count; i++) {
        const char *step = plan->rows[i].step->id;
        int intents = count_rows(sim, plan->id, step, "intent");
        int done = count_rows(sim, plan->id, step, "done");

        if (done > 0 && intents < 1)
            return print_some("row %s was done without an intent", step);
        if (is_done && done < 1)
            return print_some("row %s is not done", step);
        /* the intents of the pause are on disk before its first row begins */
        if (!is_done && intents > 0 && !(plan->rows[i].flags & ROW_PAUSE) &&
            count_rows(sim, plan->id, step, "undone") < 1)
            return print_some("row %s was begun and is not undone", step);
    }
    return "";
}

const char *end_prepared(struct sim *sim)
{
    struct model *model = &sim->model;
    int i;

    sim_pass(sim, 1000);
    if (*model->violation)
        return model->violation;
    if (!model->servers[GREEN].runs || model->servers[GREEN].open)
        return "green does not run, or is open";
    if (!model->servers[BLUE].open || !model->host.is_analyzed)
        return "blue is closed, or green not analyzed";
    for (i = 0; i < DATABASES; i++) {
        const struct model_database *green = &model->servers[GREEN].databases[i];

        if (!green->is_enabled || green->advances < 1)
            return "a subscription is not enabled, or its origin was not advanced";
        if (!model->servers[BLUE].databases[i].has_guard)
            return "blue does not refuse DDL";
    }
    for (i = 0; i < model->commit_count; i++)
        if (model->commits[i].applied != 1 &&
            sim->now_ns - model->commits[i].at_ns > 100 * NS_PER_MS)
            return print_some("commit %d is on green %d times", i, model->commits[i].applied);
    return "";
}

/* Slots, publications, marker tables and replica identities of blue. */
static const char *blue_is_clean(const struct model *model)
{
    struct model fresh;
    int i;

    model_init(&fresh);
    for (i = 0; i < DATABASES; i++) {
        const struct model_database *blue = &model->servers[BLUE].databases[i];

        if (blue->has_guard)
            return "blue still refuses DDL";
        if (blue->has_slot || blue->has_publication || blue->has_markers)
            return "a slot, a publication or a marker table is left on blue";
        if (memcmp(blue->tables, fresh.servers[BLUE].databases[i].tables, sizeof(blue->tables)))
            return "a replica identity is not as it was";
    }
    return NULL;
}

const char *end_aborted(struct sim *sim)
{
    const struct model *model = &sim->model;
    const char *wrong = *model->violation ? model->violation : blue_is_clean(model);

    wrong = wrong ? wrong : poolers_are_at(model, BLUE);
    wrong = wrong ? wrong : nothing_is_staged(model);
    wrong = wrong ? wrong : check(model->servers[BLUE].open, "blue is fenced");
    if (!wrong && (model->servers[GREEN].runs || model->host.has_work || model->host.has_clone))
        wrong = "green, its clone or the work directory is left";
    return wrong ? wrong : "";
}

const char *end_finished(struct sim *sim)
{
    const struct model *model = &sim->model;
    const char *wrong = end_on_green(sim);
    int i;

    wrong = *wrong ? wrong : blue_is_clean(model);
    wrong = wrong ? wrong : nothing_is_staged(model);
    wrong = wrong ? wrong : check(!model->host.has_work, "the work directory is left");
    for (i = 0; i < DATABASES && !wrong; i++) {
        const struct model_database *green = &model->servers[GREEN].databases[i];

        wrong = check(!green->has_subscription, "a subscription is left on green");
        wrong = wrong ? wrong : check(!green->has_markers, "a marker table is left on green");
        if (memcmp(green->tables, model->servers[BLUE].databases[i].tables, sizeof(green->tables)))
            wrong = "a replica identity of green is not as blue's was";
    }
    return wrong ? wrong : "";
}
