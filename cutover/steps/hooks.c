#include "hooks.h"

#include "../base/text.h"
#include "../poolers/hook.h"
#include "arm_poolers.h"
#include "lost.h"
#include "places.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The hook is killed on its host when its time is over; later than that, the host does not answer.
 */
#define HOST_MS 500

/* --- where its clients were ------------------------------------------------------------------- */

static const char *place_key(struct step_io *io, const struct target *target)
{
    return arena_print(io->arena, "pooler.%s.hook", target->pooler->config->name);
}

/* Of all the addresses of the publisher the one that the hook has named: it gets that one back.
   False: record has not been there. */
static bool recorded_place(struct step_io *io, const struct target *target,
                           struct pooler_address *ret_address)
{
    const char *known = journal_get(io->journal, place_key(io, target));
    cJSON *object = known ? cJSON_Parse(known) : NULL;
    const char *host = cJSON_GetStringValue(cJSON_GetObjectItem(object, "host"));
    const char *port = cJSON_GetStringValue(cJSON_GetObjectItem(object, "port"));
    size_t count;

    *ret_address = pooler_publisher(io, &count)[0];
    if (host && port) {
        ret_address->host = arena_copy(io->arena, host);
        ret_address->port = arena_copy(io->arena, port);
    }
    cJSON_Delete(object);
    return known != NULL;
}

static void record_place(struct step_io *io, const struct target *target,
                         const struct hook_state *state)
{
    cJSON *object = cJSON_CreateObject();
    char *text;

    cJSON_AddStringToObject(object, "host", state->host);
    cJSON_AddStringToObject(object, "port", state->port);
    cJSON_AddNumberToObject(object, "clients", (double) state->clients);
    text = cJSON_PrintUnformatted(object);
    journal_set(io->journal, place_key(io, target), text);
    free(text);
    cJSON_Delete(object);
}

/* --- calls ------------------------------------------------------------------------------------ */

/* What is left of the row, or `timeout` of its section when that is less; a hold waits for clients,
   so its limit is the pause. Behind the fence one that hangs must leave time for going on without
   it. */
static int64_t budget_ms(struct step_io *io, const struct target *target, const char *action)
{
    const struct config *config = io_world(io)->config;
    int64_t left_ms = (io->deadline_ns - io->driver->now_ns(io->driver)) / NS_PER_MS;
    int64_t most_ms = target->pooler->config->timeout_ms;

    if (io_explains(io))
        left_ms = config->pause_budget_ms;
    if (string_equal(action, "hold"))
        most_ms = left_ms;
    else if (io->mode == STEP_RUN)
        left_ms /= 2;
    if (left_ms < most_ms)
        most_ms = left_ms;
    return most_ms > 0 ? most_ms : 1;
}

static void call(struct step_io *io, struct target *target, struct act_values *values,
                 const char *action, bool is_back)
{
    struct world *world = io->world;
    struct hook_arguments *arguments = arena_take(io->arena, sizeof(*arguments));
    const char **names = arena_take(io->arena, (world->database_count + 1) * sizeof(char *));
    struct hook_call made = {.action = action, .pooler = target->pooler->config->name};
    struct pooler_address publisher, subscriber;
    char *json;
    size_t i, unused;

    for (i = 0; i < world->database_count; i++)
        names[i] = world->databases[i].name;
    recorded_place(io, target, &publisher);
    made.blue = pooler_addresses(io, &world->blue, &made.blue_count);
    made.green = pooler_addresses(io, &world->green, &made.green_count);
    subscriber = pooler_subscriber(io, &unused)[0];
    made.run = strchr(world->application_name, ' ') + 1;
    made.budget_ms = budget_ms(io, target, action);
    values->timeout_ms = made.budget_ms + HOST_MS;
    made.from = is_back ? subscriber : publisher;
    made.to = is_back ? publisher : subscriber;
    made.databases = names;
    made.database_count = world->database_count;
    json = hook_request(&made);
    hook_arguments(arguments, target->pooler->config->command, &made, arena_copy(io->arena, json),
                   io->mode == STEP_UNDO && !string_equal(action, "describe"));
    free(json);
    act_arguments(values, arguments->list);
    step_waits_for(io, "the hook of pooler %.100s: %s", target->pooler->config->name, action);
}

/* In undo, nothing was ever asked of a hook that record had not been to; forward, nothing more of
   one that is lost. */
static bool is_needed(struct step_io *io, struct target *target)
{
    struct pooler_address unused;

    return io->mode == STEP_UNDO ? recorded_place(io, target, &unused) : !lost_is(target);
}

bool hook_describe_values(struct step_io *io, struct target *target, struct act_values *values)
{
    call(io, target, values, "describe", false);
    return true;
}

/* Behind an effect: there is nothing to see while a plan is printed. */
bool hook_look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    if (io_explains(io) || !is_needed(io, target))
        return false;
    /* a call has its own time; when that of all is over there is no other */
    lost_wait_begins(io, target);
    return hook_describe_values(io, target, values);
}

bool hook_hold_values(struct step_io *io, struct target *target, struct act_values *values)
{
    call(io, target, values, "hold", false);
    return true;
}

bool hook_point_values(struct step_io *io, struct target *target, struct act_values *values)
{
    call(io, target, values, "point", false);
    return is_needed(io, target);
}

bool hook_point_back_values(struct step_io *io, struct target *target, struct act_values *values)
{
    call(io, target, values, "point", true);
    return is_needed(io, target);
}

bool hook_point_astray_values(struct step_io *io, struct target *target, struct act_values *values)
{
    call(io, target, values, "point", false);
    return target->pooler->is_astray && is_needed(io, target);
}

bool hook_release_values(struct step_io *io, struct target *target, struct act_values *values)
{
    call(io, target, values, "release", io->mode == STEP_UNDO);
    return is_needed(io, target);
}

/* What was lost in the pause may still hold its clients. */
bool hook_release_held_values(struct step_io *io, struct target *target, struct act_values *values)
{
    return hook_release_values(io, target, values) && target->pooler->is_held;
}

/* --- what it says ----------------------------------------------------------------------------- */

/* No answer, behind the fence: it is left behind, as a PgBouncer is. In undo that is a failure. */
static enum act_verdict unanswered(struct step_io *io, struct target *target, struct reply *reply)
{
    if (io->mode == STEP_UNDO) {
        io->fault = reply->fault;
        return ACT_FAILED;
    }
    if (string_equal(reply->fault.code, "exit 137")) /* killed, when its time was over */
        snprintf(reply->fault.code, sizeof(reply->fault.code), "timeout");
    return lost_judge(io, target, reply);
}

/* That it is done is seen by the describe behind it. */
enum act_verdict hook_answered_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    char cause[HOOK_CAUSE];

    if (reply->state == REPLY_FAILED)
        return unanswered(io, target, reply);
    if (hook_answered(reply->output, cause))
        return ACT_DONE;
    return act_fail(io, target, "calling a pooler's hook", "%s", cause);
}

static bool describe(struct step_io *io, struct target *target, struct reply *reply,
                     const char *doing, struct hook_state *ret_state)
{
    char cause[HOOK_CAUSE];

    if (hook_described(reply->output, ret_state, cause))
        return true;
    act_fail(io, target, doing, "describe: %s", cause);
    fault_hint(&io->fault, "what a hook has to answer: docs/poolers.md, \"Other poolers\"");
    return false;
}

static enum act_verdict elsewhere(struct step_io *io, struct target *target, const char *doing,
                                  const struct hook_state *state)
{
    char text[HOOK_CAUSE];

    hook_print_address(state, text);
    return act_fail(io, target, doing, "its clients go to %s", text);
}

static bool is_at_publisher(struct step_io *io, const struct hook_state *state)
{
    size_t count;
    struct pooler_address *publisher = pooler_publisher(io, &count);

    return hook_is_at(state, publisher, count);
}

static bool is_at_subscriber(struct step_io *io, const struct hook_state *state)
{
    size_t count;
    struct pooler_address *subscriber = pooler_subscriber(io, &count);

    return hook_is_at(state, subscriber, count);
}

enum act_verdict hook_record_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "asking a pooler's hook how things stand";
    struct hook_state state;

    if (!describe(io, target, reply, doing, &state))
        return ACT_FAILED;
    if (state.held || !is_at_publisher(io, &state)) {
        if (state.held)
            act_fail(io, target, doing, "its clients are held already");
        else
            elsewhere(io, target, doing, &state);
        fault_hint(&io->fault,
                   "its clients must go to an address of [{publisher}] from_poolers, and be "
                   "released; \"pgcutover check\" asks it too");
        io->fault.exit_code = EXIT_CHECKS_FAILED;
        return ACT_FAILED;
    }
    record_place(io, target, &state);
    return ACT_DONE;
}

enum act_verdict hook_held_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "seeing that clients are held";
    struct hook_state state;

    if (!describe(io, target, reply, doing, &state))
        return ACT_FAILED;
    if (!state.held)
        return act_fail(io, target, doing, "hold has ended, but describe says that they are not");
    return is_at_publisher(io, &state) ? ACT_DONE : elsewhere(io, target, doing, &state);
}

enum act_verdict hook_at_subscriber_judge(struct step_io *io, struct target *target,
                                          struct reply *reply)
{
    static const char doing[] = "seeing where a pooler points";
    struct hook_state state;

    if (reply->state == REPLY_FAILED)
        return unanswered(io, target, reply);
    if (!describe(io, target, reply, doing, &state))
        return ACT_FAILED;
    /* started again, as it seems: its clients meet a closed publisher or a closed subscriber */
    if (!state.held)
        journal_event(io->journal, "loose",
                      arena_print(io->arena, "%s: clients are not held any more", target->name),
                      io->driver->wall_us(io->driver));
    return is_at_subscriber(io, &state) ? ACT_DONE : elsewhere(io, target, doing, &state);
}

enum act_verdict hook_at_publisher_judge(struct step_io *io, struct target *target,
                                         struct reply *reply)
{
    static const char doing[] = "seeing where a pooler points";
    struct hook_state state;

    if (!describe(io, target, reply, doing, &state))
        return ACT_FAILED;
    return is_at_publisher(io, &state) ? ACT_DONE : elsewhere(io, target, doing, &state);
}

enum act_verdict hook_released_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "seeing that clients are released";
    struct hook_state state;

    if (reply->state == REPLY_FAILED)
        return unanswered(io, target, reply);
    if (!describe(io, target, reply, doing, &state))
        return ACT_FAILED;
    if (state.held)
        return act_fail(io, target, doing,
                        "release has ended, but describe says that they are "
                        "still held");
    return ACT_DONE;
}

/* A pooler that has come up anew since point may have its old place again. */
enum act_verdict hook_astray_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    struct pooler *pooler = target->pooler;
    struct hook_state state;

    if (reply->state == REPLY_FAILED)
        return lost_wait_judge(io, target, reply);
    pooler->is_lost = !describe(io, target, reply, "seeing where a pooler points", &state);
    if (pooler->is_lost)
        return ACT_FAILED;
    pooler->is_astray = !is_at_subscriber(io, &state);
    pooler->is_held = state.held;
    return ACT_DONE;
}

enum act_verdict hook_served_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    static const char doing[] = "seeing clients on {subscriber}";
    struct hook_state state;

    if (!describe(io, target, reply, doing, &state))
        return ACT_FAILED;
    if (!is_at_subscriber(io, &state))
        return elsewhere(io, target, doing, &state);
    if (state.held)
        return act_fail(io, target, doing, "its clients are still held");
    return state.waiting > 0 ? lost_serve_judge(io, target, state.waiting) : ACT_DONE;
}
