/*
 * Reads verify.json of the run, and the journal for the moment that it is measured against. What is
 * not known is never enough: a clock that was set back, a file that cannot be read.
 */
#include "verified.h"

#include "../base/text.h"
#include "duration.h"
#include "leg.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>

/* --- reading ---------------------------------------------------------------------------------- */

/* The last switch, and the end of turning the replication round, which follows it. */
static bool keep_move(void *context, const struct journal_line *line)
{
    struct verified *verified = context;

    if (line->plan && string_equal(line->state, "done") &&
        (string_equal(line->step, "commit") || string_equal(line->step, "turn")) &&
        line->wall_us > verified->since_us) {
        verified->since_us = line->wall_us;
        verified->was_moved = true;
    }
    return true;
}

bool verified_read(struct procedure *procedure, struct verified *ret_verified, struct fault *fault)
{
    struct verified verified = {.clients = SIDE_BLUE};
    const char *ready = journal_get(procedure->journal, "green.ready_since");

    verified.now_us = procedure->driver->wall_us(procedure->driver);
    if (procedure_has_run(procedure)) {
        verified.clients = leg_side(procedure);
        verified.since_us = ready ? atoll(ready) : 0;
        if (ready && !journal_each_row(procedure->journal, keep_move, &verified, fault))
            return false;
        verified.is_known = verify_last(procedure->directory, &verified.result);
    }
    *ret_verified = verified;
    return true;
}

/* --- saying ----------------------------------------------------------------------------------- */

static bool is_before(const struct verified *verified)
{
    return !verified->since_us || verified->result.started_us <= verified->since_us;
}

static const char *since_what(const struct verified *verified)
{
    return verified->was_moved ? "clients were last moved" : "green was ready";
}

void verified_say(const struct verified *verified, struct text *out)
{
    const struct verify_result *result = &verified->result;

    if (!verified->is_known) {
        text_add_string(out, "never");
        return;
    }
    if (result->started_us > verified->now_us)
        text_add_string(out, "at a time that is yet to come (a clock was set): ");
    else
        duration_add(out, verified->now_us - result->started_us);
    text_add_string(out, result->started_us > verified->now_us ? "" : " ago: ");
    if (result->is_equal)
        text_add_string(out, "equal");
    else
        text_add(out, "%" PRId64 " different, %" PRId64 " undecided", result->different,
                 result->undecided);
    text_add_string(out, ", ");
    number_add(out, result->tables);
    text_add(out, " table%s, ", result->tables == 1 ? "" : "s");
    number_add(out, result->rows);
    text_add(out, " row%s", result->rows == 1 ? "" : "s");
    if (result->is_part)
        text_add_string(out, ", only what was chosen");
    if (verified->since_us && is_before(verified))
        text_add(out, "; that was before %s", since_what(verified));
}

cJSON *verified_json(const struct verified *verified)
{
    const struct verify_result *result = &verified->result;
    cJSON *root;

    if (!verified->is_known)
        return NULL;
    root = cJSON_CreateObject();
    cJSON_AddNumberToObject(root, "age_seconds",
                            (double) (verified->now_us - result->started_us) / 1e6);
    cJSON_AddBoolToObject(root, "equal", result->is_equal);
    cJSON_AddBoolToObject(root, "complete", !result->is_part);
    cJSON_AddBoolToObject(root, "since_last_change", !is_before(verified));
    cJSON_AddNumberToObject(root, "tables", (double) result->tables);
    cJSON_AddNumberToObject(root, "rows", (double) result->rows);
    cJSON_AddNumberToObject(root, "different", (double) result->different);
    cJSON_AddNumberToObject(root, "undecided", (double) result->undecided);
    cJSON_AddStringToObject(root, "publisher", result->publisher);
    cJSON_AddStringToObject(root, "subscriber", result->subscriber);
    return root;
}

/* --- judging ---------------------------------------------------------------------------------- */

static bool is_required(const struct config *config)
{
    return config->require_verify && !string_equal(config->require_verify, "none");
}

/* What is wrong with it, "" if nothing is. */
static void find_fault(const struct verified *verified, const struct config *config,
                       struct text *out)
{
    const struct verify_result *result = &verified->result;
    int64_t age_us = verified->now_us - result->started_us;

    if (!verified->is_known)
        text_add_string(out, "none has come to its end");
    else if (!string_equal(result->publisher, "blue"))
        text_add(out, "the last one was made while clients wrote on %s", result->publisher);
    else if (!verified->since_us)
        text_add_string(out, "it is not known since when green is ready");
    else if (is_before(verified))
        text_add(out, "the last one began before %s", since_what(verified));
    else if (age_us < 0)
        text_add_string(out, "the last one began in the future: a clock was set");
    else if (result->is_part)
        text_add_string(out, "the last one looked only at what was chosen");
    else if (!result->is_equal)
        text_add(out, "the last one found %" PRId64 " different and %" PRId64 " undecided",
                 result->different, result->undecided);
    else if (string_equal(config->require_verify, "recent") &&
             age_us > config->verify_age_ms * 1000) {
        text_add_string(out, "the last one is ");
        duration_add(out, age_us);
        text_add_string(out, " old, and verify_age is ");
        duration_add(out, config->verify_age_ms * 1000);
    }
}

bool verified_suffices(const struct verified *verified, const struct config *config,
                       struct fault *fault)
{
    struct text wrong = {0};
    bool good;

    if (!is_required(config))
        return true;
    find_fault(verified, config, &wrong);
    good = wrong.length == 0;
    if (!good) {
        fault_set(fault, "beginning the cutover", NULL, NULL,
                  "[cutover] require_verify = %s demands a verification, and %s",
                  config->require_verify, text_string(&wrong));
        fault_hint(fault, "%s; then again. Nothing was changed",
                   verified->is_known && !verified->result.is_equal
                       ? "make equal what \"pgcutover verify\" names, and let it look once more"
                       : "\"pgcutover verify\" compares both servers while they live");
        fault->exit_code = EXIT_CHECKS_FAILED;
    }
    text_free(&wrong);
    return good;
}

static void print_age(const struct verified *verified)
{
    struct text text = {0};

    verified_say(verified, &text);
    if (verified->is_known)
        printf("verified %s\n", text_string(&text));
    else
        puts("never verified");
    text_free(&text);
}

bool verified_allows(struct procedure *procedure, const struct plan *plan, struct fault *fault)
{
    struct verified verified;

    if (plan->to != SIDE_GREEN)
        return true;
    if (!verified_read(procedure, &verified, fault))
        return false;
    if (verified.is_known)
        print_age(&verified);
    return verified_suffices(&verified, procedure->config, fault);
}

enum exit_code verified_explain(struct procedure *procedure, const struct plan *plan)
{
    struct verified verified;
    struct fault fault;

    if (plan->to != SIDE_GREEN || leg_is_done(procedure, plan))
        return EXIT_DONE;
    if (!verified_read(procedure, &verified, &fault))
        return command_fault(&fault, EXIT_FAILED);
    print_age(&verified);
    if (journal_has(procedure->journal, "green.ready", "yes"))
        return verified_suffices(&verified, procedure->config, &fault)
                   ? EXIT_DONE
                   : command_fault(&fault, EXIT_CHECKS_FAILED);
    if (is_required(procedure->config))
        printf("[cutover] require_verify = %s: \"pgcutover verify\" must have found green equal, "
               "when it is ready\n",
               procedure->config->require_verify);
    return EXIT_DONE;
}
