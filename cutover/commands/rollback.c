/*
 * rollback: move the clients back to blue, with everything that was written on green; or, where
 * there is no way back and the operator says so, without it.
 */
#include "moving.h"

#include "../plans/plans.h"

enum exit_code command_rollback(const struct options *options)
{
    return moving_command(options,
                          options->accept_data_loss ? &plan_rollback_lossy : &plan_rollback);
}
