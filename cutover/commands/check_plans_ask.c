/* One statement, asked on both servers. */
#include "check_plans.h"

#include "../base/text.h"
#include "check_files.h"
#include "checking.h"

#include <stdlib.h>
#include <string.h>

#define PARAMETERS_MAX 65535        /* of the protocol, and so of applications */
#define JSON_MAX (32 * 1024 * 1024) /* of a plan: more is not read */

/* How a statement with parameters is planned without values, on both sides alike. EXPLAIN
   (GENERIC_PLAN) of 16 would do too, but not as one statement: $1 is the protocol's there. */
enum plan_method {
    METHOD_PLAIN,   /* it has none */
    METHOD_EXECUTE, /* PREPARE, and EXPLAIN EXECUTE with NULLs and a forced generic plan, from 12 on
                     */
    METHOD_NONE
};

/* One server's part. */
struct asking {
    struct plans *plans;
    struct plan_item *item;
    struct link *link;
    const char *name; /* "blue" */
    int64_t version;
    enum plan_method method;
    struct fault *fault; /* why the command cannot go on */
    struct plan_shape shape;
    double ms;
    bool is_timed_out; /* ended by the server, for the time that it took */
    bool is_refused;   /* by the server, for what the statement is */
};

static bool is_interrupted(const struct asking *side)
{
    return procedure_is_interrupted(&side->plans->procedure);
}

static enum plan_method method_of(const struct plans *plans, const struct plan_item *item)
{
    int64_t older =
        plans->blue_version < plans->green_version ? plans->blue_version : plans->green_version;

    if (item->look.parameters == 0)
        return METHOD_PLAIN;
    return older >= 120000 ? METHOD_EXECUTE : METHOD_NONE;
}

static char *reason_of(const char *side, const struct fault *fault)
{
    struct text text = {0}, line = {0};

    text_add(&line, "on %s: %.*s", side, (int) strcspn(fault->cause, "\n"), fault->cause);
    text_add_plain(&text, text_string(&line));
    text_free(&line);
    return text_take(&text);
}

/* It may well be answered when the server is less busy. */
static bool is_passing(const char *code)
{
    static const char *const signs[] = {"55P03", "57014", "40P01", "08", "53", "57P", NULL};
    const char *const *sign;

    for (sign = signs; *sign; sign++)
        if (strncmp(code, *sign, strlen(*sign)) == 0)
            return true;
    return !*code;
}

/* Asks within the transaction. False: *ret_reason says why, or, when it is NULL, the fault why the
   command cannot go on. */
static bool ask(struct asking *side, const struct sql *sql, const struct sql_arguments *arguments,
                struct reply *reply, char **ret_reason)
{
    if (procedure_ask(&side->plans->procedure, side->link, sql, arguments, PLANS_TIMEOUT_MS, reply))
        return true;
    if (is_interrupted(side) || !side->link->session)
        *side->fault = reply->fault;
    else
        *ret_reason = reason_of(side->name, &reply->fault);
    side->is_timed_out =
        strcmp(reply->fault.code, "57014") == 0 && strstr(reply->fault.cause, "statement timeout");
    side->is_refused = !is_passing(reply->fault.code);
    return false;
}

static bool begin(struct asking *side, bool runs, char **ret_reason)
{
    struct sql_arguments arguments = {0};
    struct reply reply = {0};
    char timeout[16];
    bool good;

    if (!checking_restrain(&side->plans->procedure, side->link, PLANS_TIMEOUT_MS, &reply)) {
        *side->fault = reply.fault;
        reply_clear(&reply);
        return false;
    }
    snprintf(timeout, sizeof(timeout), "%d", PLANS_TIMEOUT_MS);
    sql_set(&arguments, "user", side->item->user);
    sql_set(&arguments, "runs", runs ? "true" : "false");
    sql_set(&arguments, "generic", side->method == METHOD_EXECUTE ? "true" : "false");
    sql_set(&arguments, "timeout_ms", timeout);
    good = ask(side, &check_plans_begin, &arguments, &reply, ret_reason);
    reply_clear(&reply);
    return good;
}

/* A session that cannot be brought back is not used again. */
static void end(struct asking *side)
{
    struct reply reply = {0};

    if (!side->link->session || side->link->session->is_broken ||
        !procedure_ask(&side->plans->procedure, side->link, &check_plans_end, NULL,
                       PLANS_TIMEOUT_MS, &reply))
        link_close(side->link);
    reply_clear(&reply);
}

static const char *planned_text(const struct plan_item *item)
{
    return item->planned ? item->planned : item->text;
}

static bool prepare(struct asking *side, char **ret_reason)
{
    struct sql_arguments arguments = {.form = SQL_ONE};
    struct reply reply = {0};
    bool good;

    sql_set(&arguments, "statement", planned_text(side->item));
    good = ask(side, &check_plans_prepare, &arguments, &reply, ret_reason);
    reply_clear(&reply);
    return good;
}

/* NULL for every parameter: of a generic plan values change nothing. */
static char *execute_text(unsigned parameters)
{
    struct text text = {0};
    unsigned i;

    text_add_string(&text, "EXECUTE pgcutover_plan(");
    for (i = 0; i < parameters; i++)
        text_add_string(&text, i ? ", NULL" : "NULL");
    text_add_string(&text, ")");
    return text_take(&text);
}

/* `more`: further options, "" or ", …". On success the reply holds the JSON. */
static bool explain(struct asking *side, const char *more, struct reply *reply,
                    const char **ret_json, char **ret_reason)
{
    const struct plan_item *item = side->item;
    struct sql_arguments arguments = {.form = SQL_ONE};
    char options[96];
    char *execute = side->method == METHOD_EXECUTE ? execute_text(item->look.parameters) : NULL;
    bool good;

    snprintf(options, sizeof(options), "FORMAT JSON, VERBOSE%s%s",
             side->plans->blue_version >= 120000 ? ", SETTINGS" : "", more);
    sql_set(&arguments, "options", options);
    sql_set(&arguments, "statement", execute ? execute : planned_text(item));
    good = ask(side, &check_plans_explain, &arguments, reply, ret_reason);
    free(execute);
    if (!good)
        return false;
    *ret_json = reply_value(reply, 0, "\"QUERY PLAN\""); /* libpq folds a name that is not quoted */
    if (*ret_json && strlen(*ret_json) <= JSON_MAX)
        return true;
    *ret_reason = memory_copy(*ret_json ? "its plan is too large" : "there is no plan of it");
    return false;
}

/* What the server would do. False: as with ask(). */
static bool plan(struct asking *side, char **ret_reason)
{
    struct reply reply = {0};
    const char *json = NULL;
    bool good = begin(side, false, ret_reason) &&
                (side->method != METHOD_EXECUTE || prepare(side, ret_reason)) &&
                explain(side, "", &reply, &json, ret_reason);

    if (good && !plan_shape_read(json, &side->shape)) {
        *ret_reason = memory_copy("its plan cannot be read");
        good = false;
    }
    if (good && side->version < 180000)
        plan_shape_forget_disabled(&side->shape);
    reply_clear(&reply);
    if (side->link->session)
        end(side);
    return good;
}

/* --- running it ------------------------------------------------------------------------------- */

/* In a transaction of its own, so that its locks are held no longer than the application's. */
static bool run_once(struct asking *side, double *ret_ms, double *ret_elapsed_ms, char **ret_reason)
{
    struct reply reply = {0};
    const char *json = NULL;
    bool good = begin(side, true, ret_reason) &&
                explain(side, ", ANALYZE, TIMING OFF, BUFFERS OFF", &reply, &json, ret_reason);

    *ret_elapsed_ms = (double) (reply.answered_ns - reply.asked_ns) / (double) NS_PER_MS;
    if (good && !plan_time_read(json, ret_ms)) {
        *ret_reason = memory_copy("it does not say how long it took");
        good = false;
    }
    reply_clear(&reply);
    if (side->link->session)
        end(side);
    return good;
}

/* How long it takes. One run before fills the caches, and is not counted. */
static bool run(struct asking *side, double *ret_elapsed_ms, char **ret_reason)
{
    double values[PLANS_RUNS], warming;
    bool good = run_once(side, &warming, ret_elapsed_ms, ret_reason);
    int i;

    for (i = 0; good && i < PLANS_RUNS; i++)
        good = run_once(side, &values[i], ret_elapsed_ms, ret_reason);
    if (good)
        side->ms = plans_median(values);
    return good;
}

static const char *why_not_run(const struct asking *blue, const struct asking *green)
{
    if (blue->item->look.parameters)
        return "it has parameters, and no values are known";
    if (blue->item->look.writes || blue->shape.writes || green->shape.writes)
        return "it writes, or locks rows";
    return NULL;
}

/* Leaves the times below 0 where there are none. False: the command cannot go on. */
static bool run_both(struct asking *blue, struct asking *green)
{
    struct plan_item *item = blue->item;
    const char *why = why_not_run(blue, green);
    char *reason = NULL;
    double elapsed = 0;

    if (why) {
        item->not_run = memory_copy(why);
        return true;
    }
    if (run(blue, &elapsed, &reason) && run(green, &elapsed, &reason))
        return true;
    if (!reason)
        return false;
    item->not_run = reason;
    /* green needs longer than it was given, and blue does not: that is the worst of answers */
    item->green_timed_out = blue->ms >= 0 && green->is_timed_out;
    if (item->green_timed_out)
        green->ms = elapsed;
    else
        blue->ms = green->ms = -1;
    return true;
}

/* --- both sides ------------------------------------------------------------------------------- */

static int compare_names(const void *key, const void *name)
{
    return strcmp(key, *(const char *const *) name);
}

/* The relations of the plan on green that have no statistics there. `unanalyzed` is sorted. */
static void note_unanalyzed(struct plan_item *item, const struct plan_shape *shape,
                            const struct reply *unanalyzed)
{
    size_t count = (size_t) reply_rows(unanalyzed), i, j;
    const char **names = memory_new((count + 1) * sizeof(*names));

    for (i = 0; i < count; i++)
        names[i] = reply_value(unanalyzed, (int) i, "name");
    for (i = 0; i < shape->label_count; i++) {
        const char *name = shape->labels[i].relation;

        if (!name || !bsearch(name, names, count, sizeof(*names), compare_names))
            continue;
        for (j = 0; j < item->unanalyzed_count && strcmp(item->unanalyzed[j], name) != 0; j++)
            continue;
        if (j < item->unanalyzed_count)
            continue;
        item->unanalyzed = memory_grow(item->unanalyzed, (j + 1) * sizeof(*item->unanalyzed));
        item->unanalyzed[item->unanalyzed_count++] = memory_copy(name);
    }
    free(names);
}

static void compare(struct asking *blue, struct asking *green, const struct reply *unanalyzed)
{
    struct plan_item *item = blue->item;

    item->result = PLAN_COMPARED;
    plan_compare(&blue->shape, &green->shape, blue->ms, green->ms, &item->difference);
    item->difference.time_grew = item->difference.time_grew || item->green_timed_out;
    item->weight = plan_weight(&item->difference, item->total_ms);
    note_unanalyzed(item, &green->shape, unanalyzed);
}

/* What no server has to be asked about. */
static bool is_known(const struct plans *plans, struct plan_item *item)
{
    if (item->text)
        item->look = statement_look(item->text);
    if (item->text && !item->look.is_planned) {
        free(item->text); /* CREATE ROLE ... PASSWORD */
        item->text = NULL;
        if (!item->reason)
            item->reason = memory_copy("it does not begin with SELECT, INSERT, UPDATE, DELETE, "
                                       "MERGE, WITH, VALUES or TABLE");
    }
    if (!item->reason && !plans_green_has(plans, item->database))
        item->reason = memory_copy("green has no such database");
    /* the server would make room for all that are not named, too */
    if (!item->reason && item->look.parameters > PARAMETERS_MAX)
        item->reason = memory_copy("it has a parameter with a number above 65535");
    if (!item->reason && method_of(plans, item) == METHOD_NONE)
        item->reason = memory_copy("it has parameters, and PostgreSQL before 12 cannot plan it "
                                   "without values");
    return item->reason != NULL;
}

bool plans_ask(struct plans *plans, struct plan_item *item, const struct reply *unanalyzed,
               struct fault *fault)
{
    struct database *database = world_database(plans->procedure.world, item->database);
    struct asking blue = {.plans = plans,
                          .item = item,
                          .link = &database->blue,
                          .name = "blue",
                          .version = plans->blue_version,
                          .fault = fault,
                          .ms = -1};
    struct asking green = {.plans = plans,
                           .item = item,
                           .link = &database->green,
                           .name = "green",
                           .version = plans->green_version,
                           .fault = fault,
                           .ms = -1};
    char *reason = NULL;
    bool good = true;

    item->result = PLAN_NOT_COMPARED;
    if (is_known(plans, item))
        return true;
    blue.method = green.method = method_of(plans, item);
    if (!plan(&blue, &reason)) {
        good = reason != NULL;
    } else if (!plan(&green, &reason)) {
        good = reason != NULL;
        item->fails_on_green = good && green.is_refused;
    } else if (blue.shape.is_catalog && !item->line) {
        item->result = PLAN_LEFT_OUT;
    } else {
        good = !plans->runs || run_both(&blue, &green);
        if (good)
            compare(&blue, &green, unanalyzed);
    }
    item->reason = reason;
    plan_shape_free(&blue.shape);
    plan_shape_free(&green.shape);
    return good;
}
