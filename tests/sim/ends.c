/*
 * How the world must be when a run has ended.
 */
#include "harness.h"

#include "../../cutover/plans/plans.h"

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
        if (process->minimum != MINIMUM)
            return print_some("min_pool_size of process %d is %d", i, process->minimum);
        if (process->most != MOST)
            return print_some("max_db_connections of process %d is %d", i, process->most);
    }
    return NULL;
}

/* But for what an earlier leg has left until finish. */
static const char *nothing_is_staged(const struct model *model, bool left_before)
{
    int i;

    for (i = 0; i < POOLERS; i++)
        if ((model->poolers[i].staged_before >= 0 && !left_before) ||
            model->poolers[i].staged_after >= 0 || model->poolers[i].staged_tried >= 0)
            return "staged files are left";
    return NULL;
}

const struct plan *end_leg(struct sim *sim)
{
    const char *leg = sim_durable(sim, "leg");

    if (!leg || strcmp(leg, plan_rollback.id) != 0)
        return &plan_cutover;
    return sim_durable(sim, "rollback.loses") ? &plan_rollback_lossy : &plan_rollback;
}

int end_side(struct sim *sim)
{
    const char *side = sim_durable(sim, "side");

    return side && strcmp(side, "green") == 0 ? GREEN : BLUE;
}

/* The one follows the other, from where it began on, with nothing that served the moment only. */
static const char *follows(const struct model *model, int server)
{
    const struct model_server *publisher = &model->servers[other_server(server)];
    const struct model_server *subscriber = &model->servers[server];
    const char *wrong = check(subscriber->has_password, "the password of who follows is missing");
    int i;

    for (i = 0; i < DATABASES && !wrong; i++) {
        const struct model_database *database = &subscriber->databases[i];

        wrong = check(database->is_enabled, "a subscription is disabled");
        wrong = wrong ? wrong : check(database->has_relations, "a subscription has no relations");
        wrong = wrong ? wrong : check(!database->is_synchronous, "one is still synchronous");
        wrong = wrong ? wrong
                      : check(database->origin >= model_begins_at(model, other_server(server)),
                              "an origin is before its beginning");
        wrong = wrong ? wrong : check(publisher->databases[i].has_slot, "a slot is gone");
        wrong =
            wrong ? wrong : check(publisher->databases[i].has_publication, "a publication is gone");
    }
    return wrong;
}

/* Nothing of it is left, or not yet there. Publications and green's own password may stay. */
static const char *follows_not(const struct model *model, int server)
{
    const struct model_server *publisher = &model->servers[other_server(server)];
    const char *wrong = NULL;
    int i;

    for (i = 0; i < DATABASES && !wrong; i++) {
        wrong = check(!model->servers[server].databases[i].has_subscription,
                      print_some("a subscription is left on %s", server_names[server]));
        wrong = wrong ? wrong
                      : check(!publisher->databases[i].has_slot,
                              print_some("a slot is left on %s", server_names[!server]));
    }
    return wrong;
}

/* Undone: there is no password that nobody needs. Done: it may be needed again until finish. */
static const char *password_is_gone(const struct model *model, int home, bool is_done)
{
    return check(is_done || home != BLUE || model->servers[BLUE].opened_at ||
                     !model->servers[BLUE].has_password,
                 "a password is left on blue's host");
}

static bool is_way_back(struct sim *sim)
{
    return sim_durable(sim, "way_back") != NULL;
}

/* Without a way back the old direction stays as it was stopped. */
static const char *flows(struct sim *sim, int home, bool is_done)
{
    const struct model *model = &sim->model;
    const char *wrong = NULL;
    int i;

    if (!is_done || is_way_back(sim)) {
        wrong = follows(model, other_server(home));
        wrong = wrong ? wrong : follows_not(model, home);
        wrong = wrong ? wrong : password_is_gone(model, home, is_done);
        if (!wrong && model->servers[BLUE].runs && model->servers[GREEN].runs &&
            *model_difference(model, sim->now_ns))
            return model_difference(model, sim->now_ns);
        return wrong;
    }
    for (i = 0; i < DATABASES && !wrong; i++)
        wrong = check(!model->servers[home].databases[i].is_enabled,
                      "who is written on still follows the other one");
    return wrong ? wrong : follows_not(model, other_server(home));
}

/* Undone, the servers may have been parted or not, but they are told apart from those that have a
   way back: what the journal does not know of, nobody relies on. */
static const char *flows_no_more(struct sim *sim, bool is_done)
{
    const struct model *model = &sim->model;
    const char *wrong = NULL;
    int i;

    if (!is_done && is_way_back(sim))
        return flows(sim, GREEN, true);
    for (i = 0; i < DATABASES && !wrong; i++)
        wrong = check(!model->servers[GREEN].databases[i].is_enabled, "green follows blue");
    if (!is_done || wrong)
        return wrong;
    wrong = follows_not(model, BLUE);
    wrong = wrong ? wrong : follows_not(model, GREEN);
    wrong = wrong ? wrong : check(!sim_durable(sim, "green.ready"), "green counts as ready");
    return wrong ? wrong : check(!is_way_back(sim), "a way back is believed in");
}

static const char *clients_are_at(struct sim *sim, int server)
{
    const struct model *model = &sim->model;
    const char *wrong = *model->violation ? model->violation : NULL;

    wrong = wrong ? wrong : poolers_are_at(model, server);
    wrong = wrong ? wrong : check(model->servers[server].open, "its server is still fenced");
    wrong = wrong ? wrong : check(!model->servers[other_server(server)].open, "the other is open");
    wrong = wrong ? wrong
                  : check(end_side(sim) == server, "the journal says that it is the other side");
    wrong = wrong ? wrong : check(model->writer == server, "nobody has written there last");
    return wrong ? wrong : check(model->servers[server].writes > 0, "nobody has written there");
}

const char *end_at(struct sim *sim, int server, const struct plan *plan)
{
    const struct model *model = &sim->model;
    bool is_done = server == (plan->to == SIDE_GREEN ? GREEN : BLUE);
    const char *wrong = clients_are_at(sim, server);

    wrong = wrong ? wrong
                  : check(model->switches <= is_done, "clients were on the other side meanwhile");
    wrong = wrong ? wrong : nothing_is_staged(model, is_done || model->servers[server].opened_at);
    if (plan == &plan_rollback_lossy)
        wrong = wrong ? wrong : flows_no_more(sim, is_done);
    else
        wrong = wrong ? wrong : flows(sim, server, is_done);
    return wrong ? wrong : "";
}

/* Of the last attempt, which begins with the intent of the plan's first row. */
static int count_rows(struct sim *sim, const struct plan *plan, const char *step, const char *state)
{
    sqlite3_stmt *statement;
    int count = -1;

    if (sqlite3_prepare_v2(sim->database,
                           "SELECT count(*) FROM row WHERE plan = ?1 AND step = ?2 AND state = ?3 "
                           "AND rowid >= (SELECT coalesce(max(rowid), 0) FROM row WHERE plan = ?1 "
                           "AND step = ?4 AND state = 'intent')",
                           -1, &statement, NULL) != SQLITE_OK)
        return -1;
    sqlite3_bind_text(statement, 1, plan->id, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 2, step, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 3, state, -1, SQLITE_STATIC);
    sqlite3_bind_text(statement, 4, plan->rows[0].step->id, -1, SQLITE_STATIC);
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

    if (!state && count_rows(sim, plan, plan->rows[0].step->id, "intent") == 0)
        return ""; /* died before it began */
    if (!state || (!is_done && strcmp(state, "undone") != 0))
        return print_some("the journal says %s.state=%s", plan->id, state ? state : "nothing");
    for (i = 0; i < plan->count; i++) {
        const char *step = plan->rows[i].step->id;
        int intents = count_rows(sim, plan, step, "intent");
        int done = count_rows(sim, plan, step, "done");

        if (done > 0 && intents < 1)
            return print_some("row %s was done without an intent", step);
        if (is_done && done < 1)
            return print_some("row %s is not done", step);
        /* the intents of the pause are on disk before its first row begins */
        if (!is_done && intents > 0 && !(plan->rows[i].flags & ROW_PAUSE) &&
            count_rows(sim, plan, step, "undone") < 1)
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
        if (model->servers[GREEN].databases[i].advances < 1)
            return "an origin was not advanced";
        if (!model->servers[BLUE].databases[i].has_guard)
            return "blue does not refuse DDL";
    }
    if (follows(model, GREEN))
        return follows(model, GREEN);
    if (follows_not(model, BLUE))
        return follows_not(model, BLUE);
    return password_is_gone(model, BLUE, false) ? password_is_gone(model, BLUE, false)
                                                : model_difference(model, sim->now_ns);
}

/* Slots, subscriptions, publications, marker tables, passwords and replica identities. */
static const char *is_clean(const struct model *model, int server)
{
    const struct model_server *where = &model->servers[server];
    struct model_server *fresh;
    static struct model made;
    int i;

    model_init(&made);
    fresh = &made.servers[BLUE]; /* green was cloned from it */
    for (i = 0; i < DATABASES; i++) {
        const struct model_database *database = &where->databases[i];

        if (database->has_guard)
            return print_some("%s still refuses DDL", server_names[server]);
        if (database->has_subscription || database->has_slot || database->has_publication ||
            database->has_markers)
            return print_some("a subscription, a slot, a publication or a marker table is left on "
                              "%s",
                              server_names[server]);
        if (memcmp(database->tables, fresh->databases[i].tables, sizeof(database->tables)) != 0)
            return print_some("a replica identity on %s is not as it was", server_names[server]);
    }
    return where->has_password ? print_some("a password is left on %s's host", server_names[server])
                               : NULL;
}

const char *end_aborted(struct sim *sim)
{
    const struct model *model = &sim->model;
    const char *wrong = *model->violation ? model->violation : is_clean(model, BLUE);

    wrong = wrong ? wrong : poolers_are_at(model, BLUE);
    wrong = wrong ? wrong : nothing_is_staged(model, model->servers[BLUE].opened_at);
    wrong = wrong ? wrong : check(model->servers[BLUE].open, "blue is fenced");
    wrong = wrong ? wrong : check(!model->servers[GREEN].has_password, "green's password is left");
    if (!wrong && (model->servers[GREEN].runs || model->host.has_work || model->host.has_clone))
        wrong = "green, its clone or the work directory is left";
    return wrong ? wrong : "";
}

const char *end_finished(struct sim *sim, int server)
{
    const struct model *model = &sim->model;
    const char *wrong = clients_are_at(sim, server);

    wrong = wrong ? wrong : is_clean(model, BLUE);
    wrong = wrong ? wrong : is_clean(model, GREEN);
    wrong = wrong ? wrong : nothing_is_staged(model, false);
    wrong = wrong ? wrong : check(model->servers[GREEN].runs, "green does not run");
    wrong = wrong ? wrong : check(!model->host.has_work, "the work directory is left");
    return wrong ? wrong : "";
}
