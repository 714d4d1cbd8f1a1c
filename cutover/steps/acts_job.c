/*
 * Acts that are jobs: started once, looked at until they have ended. A job outlives the engine; the
 * next one finds it by its id.
 */
#include "../base/text.h"
#include "acts_internal.h"
#include "script_files.h"

#include <stdio.h>
#include <string.h>

#define JOB_POLL_MS 300

static void job_ask(struct step_io *io, struct child *child)
{
    const char *arguments[] = {child->values.work, child->values.job, NULL};
    struct host *host = child->target.host;
    struct text program = {0};
    const char *const *argument;

    if (child->job_started) {
        host->ops->run(host, &script_job_poll, arguments, NULL, 30000, &child->reply);
        return;
    }
    (void) io;
    text_add_string(&program, "set --");
    for (argument = child->values.arguments; *argument; argument++) {
        text_add_string(&program, " ");
        text_add_shell_word(&program, *argument);
    }
    text_add(&program, "\n%s", child->act->script->text);
    host->ops->run(host, &script_job_start, arguments, text_string(&program), 30000, &child->reply);
    text_free(&program);
}

static enum step_verdict job_looked_at(struct step_io *io, struct child *child)
{
    const char *output = child->reply.output ? child->reply.output : "";
    const char *log = strchr(output, '\n');

    child->job_started = true;
    if (string_starts(output, "done 0")) {
        child->at = CHILD_ASKED;
        return STEP_WAIT;
    }
    if (string_starts(output, "running")) {
        const char *last = log ? strrchr(log, '\n') : NULL;

        if (last && !last[1] && last > log)
            while (last > log && last[-1] != '\n')
                last--;
        step_waits_for(io, "%s%s%.150s", child->act->script->doing, last && *last ? ": " : "",
                       last ? last : "");
        io->waiting[strcspn(io->waiting, "\r\n")] = '\0';
        reply_clear(&child->reply);
        child->nap_until_ns = io_now(io) + JOB_POLL_MS * NS_PER_MS;
        return STEP_WAIT;
    }
    fault_set(&io->fault, child->act->script->doing, child->target.name, NULL, "%s",
              log && log[1] ? log + 1 : output);
    fault_hint(&io->fault,
               "the job's directory on the host is %s/jobs/%s; the same command again "
               "starts it anew",
               child->values.work, child->values.job);
    /* it ran and failed; one that was lost says nothing about what it worked on */
    if (child->act->flags & ACT_JUDGES_FAILURE && string_starts(output, "failed")) {
        child->reply.state = REPLY_FAILED;
        child->reply.fault = io->fault;
        child->at = CHILD_ASKED;
        return STEP_WAIT;
    }
    return child_failed(io, child, &io->fault);
}

enum step_verdict child_poll_job(struct step_io *io, struct child *child)
{
    if (child->reply.state == REPLY_IDLE) {
        if (child->nap_until_ns > io_now(io)) {
            if (child->nap_until_ns < io->wake_ns)
                io->wake_ns = child->nap_until_ns;
            return STEP_WAIT;
        }
        job_ask(io, child);
        return STEP_WAIT;
    }
    if (!reply_is_finished(&child->reply))
        return STEP_WAIT;
    if (child->reply.state == REPLY_FAILED)
        return child_failed(io, child, &child->reply.fault);
    return job_looked_at(io, child);
}
