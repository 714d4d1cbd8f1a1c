#include "reviewing.h"

#include "../base/text.h"
#include "../plans/plans.h"
#include "../steps/review.h"
#include "../steps/seen.h"
#include "checking.h"
#include "plan_file.h"

static struct review *review_of(struct procedure *procedure)
{
    struct world *world = procedure->world;

    if (!world->review)
        world->review = review_new();
    return world->review;
}

bool reviewing_read(struct procedure *procedure, struct fault *fault)
{
    const char *file = procedure->options->plan_file;
    const char *system = journal_get(procedure->journal, "blue.system_identifier");
    struct seen *planned;

    if (!file)
        return true;
    if (!plan_file_read(file, &planned, fault))
        return false;
    review_of(procedure)->planned = planned;
    if (!system || string_equal(planned->system_identifier, system))
        return true;
    /* said before anybody is asked for a name */
    fault_set(fault, "reading the plan", file, NULL,
              "it is another cluster's: its blue has the system identifier %.40s, this one %.40s",
              planned->system_identifier, system);
    fault_hint(fault, "\"pgcutover plan --save=FILE\" writes one of this cluster");
    fault->exit_code = EXIT_USAGE;
    return false;
}

enum exit_code reviewing_look(struct procedure *procedure)
{
    const struct options *options = procedure->options;
    struct journal *scratch;
    struct runner runner;
    struct fault fault;
    enum run_result result;

    if (!options->save_file && !options->plan_file)
        return EXIT_DONE;
    if ((options->save_file && !plan_file_may_write(options->save_file, &fault)) ||
        !reviewing_read(procedure, &fault) || !checking_know_blue(procedure, &fault))
        return command_fault(&fault, EXIT_FAILED);
    review_of(procedure);
    scratch = journal_scratch();
    runner = procedure_runner(procedure, &plan_review);
    runner.journal = scratch; /* looking leaves nothing in a run */
    runner.report = NULL;
    result = runner_run(&runner, 0);
    journal_close(scratch);
    if (result == RUN_DONE)
        return EXIT_DONE;
    return command_fault_with(&runner.fault, EXIT_FAILED, "nothing was changed",
                              "cure the cause, and repeat the command");
}

enum exit_code reviewing_save(struct procedure *procedure)
{
    const char *file = procedure->options->save_file;
    struct fault fault;

    if (!file)
        return EXIT_DONE;
    if (!plan_file_write(file, procedure->config->cluster_name, procedure->world->review->now,
                         &fault))
        return command_fault(&fault, EXIT_FAILED);
    printf("\nWhat this plan saw is in %s\nNext, when it was reviewed: pgcutover cutover --execute "
           "--plan=%s\n",
           file, file);
    return EXIT_DONE;
}
