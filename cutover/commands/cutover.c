/*
 * cutover: move the clients to green.
 */
#include "moving.h"

#include "../plans/plans.h"

enum exit_code command_cutover(const struct options *options)
{
    return moving_command(options, &plan_cutover);
}
