/* Room for the WAL that the slots keep; and what blue's host says of its libraries. */
#include "checking_target.h"

#include "../base/text.h"
#include "check_files.h"
#include "script_files.h"

#include <stdlib.h>

void checking_wal_begin(struct procedure *procedure, struct finding_list *list,
                        struct target *target)
{
    struct reply *reply = &target->wal_reply;

    target->wal_looked_ns = procedure->driver->now_ns(procedure->driver);
    checking_target_ask(procedure, list, target, &procedure->world->blue.link, &check_wal_look,
                        reply);
}

/* False: there is no number, which is a finding. */
static bool number(struct finding_list *list, const struct reply *reply, const char *column,
                   int64_t *ret_number)
{
    if (reply_number(reply, 0, column, ret_number))
        return true;
    finding_add(list, check_find("not_measured"), "blue", check_wal_look.id,
                "the answer is not complete", NULL);
    return false;
}

static bool measure(struct procedure *procedure, struct finding_list *list, struct target *target,
                    struct wal *wal)
{
    const char *size = journal_get(procedure->journal, "blue.size_bytes");
    struct reply reply = {0};
    int64_t first, kept_bytes, kept_seconds, second = 0;
    bool good = number(list, &target->wal_reply, "lsn", &first) &&
                number(list, &target->wal_reply, "kept_bytes", &kept_bytes) &&
                number(list, &target->wal_reply, "kept_seconds", &kept_seconds) &&
                number(list, &target->wal_reply, "segment_bytes", &wal->segment_bytes) &&
                number(list, &target->wal_reply, "slot_limit_mb", &wal->slot_limit_mb) &&
                checking_target_ask(procedure, list, target, &procedure->world->blue.link,
                                    &check_wal_look, &reply) &&
                number(list, &reply, "lsn", &second);

    if (good) {
        wal_measure(
            wal, kept_bytes, kept_seconds, second - first,
            (double) (procedure->driver->now_ns(procedure->driver) - target->wal_looked_ns) / 1e9);
        wal->expected_ms = procedure->config->green.expected_ms;
        wal->is_configured = wal->expected_ms > 0;
        if (!wal->is_configured)
            wal->expected_ms =
                wal_estimate_ms(size ? strtoll(size, NULL, 10) : 0, target->wants.relations);
    }
    reply_clear(&reply);
    return good;
}

/* Not every blue has a host that we may go to: what is asked there is no condition. */
static void not_asked(struct finding_list *list, const char *reason)
{
    finding_not_asked(list, check_find("wal_disk"), reason);
    finding_not_asked(list, check_find("wal_disk_tight"), reason);
}

/* But where we are told how, it has to answer. */
static void not_measured(struct finding_list *list, const char *reason, const char *hint)
{
    finding_add(list, check_find("not_measured"), "blue's host", "wal_disk", reason, hint);
}

static void judge_host(struct finding_list *list, struct target *target, const struct wal *wal)
{
    char free_bytes[64], directory[1024];
    const char *output = target->blue_host;

    if (!target_value(output, "wal_free_bytes", free_bytes, sizeof(free_bytes)) || !*free_bytes ||
        !target_value(output, "wal_directory", directory, sizeof(directory)))
        not_measured(list, "the free space could not be read", NULL);
    else
        wal_judge_disk(list, wal, directory, strtod(free_bytes, NULL));
}

static void look_at_host(struct procedure *procedure, struct finding_list *list,
                         struct target *target)
{
    const struct config *config = procedure->config;
    const char *reported = reply_value(&target->wal_reply, 0, "data_directory");
    const char *postmaster = reply_value(&target->wal_reply, 0, "postmaster");
    const char *arguments[] = {config->blue.data_directory ? config->blue.data_directory : reported,
                               postmaster, NULL};
    struct reply reply = {0};

    if (!config->blue.run)
        not_asked(list, "[blue] run does not say how blue's host is reached");
    else if (!arguments[0] || !postmaster)
        not_measured(list, "blue does not say where its data directory is", NULL);
    else if (procedure_run_script(procedure, procedure->world->blue.host, &script_blue_host_look,
                                  arguments, 30000, &reply) &&
             reply.output)
        target->blue_host = memory_copy(reply.output);
    else
        not_measured(list, reply.fault.cause[0] ? reply.fault.cause : "no answer",
                     reply.fault.hint[0] ? reply.fault.hint
                                         : "correct run and data_directory under [blue]; or leave "
                                           "run out, and nobody looks at blue's disk");
    reply_clear(&reply);
}

void checking_wal(struct procedure *procedure, struct finding_list *list, struct target *target)
{
    struct wal wal = {.rate = -1};

    if (target->wal_reply.table && reply_rows(&target->wal_reply) == 0) {
        not_asked(list, "blue is a standby");
        return;
    }
    look_at_host(procedure, list, target);
    if (!measure(procedure, list, target, &wal))
        return;
    wal_judge_limit(list, &wal);
    /* a run under way has its slots already: to go on is what frees the disk */
    if (target->blue_host && !journal_get(procedure->journal, "clone.attempt"))
        judge_host(list, target, &wal);
}
