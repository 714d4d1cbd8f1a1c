#include "last_run.h"

#include "run_directory.h"

#include <stdlib.h>

bool last_run_open(const struct options *options, enum procedure_need need,
                   enum procedure_need need_last, struct procedure *ret_procedure, char **ret_last,
                   struct fault *fault)
{
    struct options with_last = *options;

    *ret_last = NULL;
    if (!procedure_open(options, need, ret_procedure, fault))
        return false;
    if (procedure_has_run(ret_procedure))
        return true;
    if (!run_find(ret_procedure->config, "last", ret_last, fault)) {
        procedure_close(ret_procedure);
        return false;
    }
    if (!*ret_last)
        return true;
    procedure_close(ret_procedure);
    with_last.run = *ret_last;
    if (procedure_open(&with_last, need_last, ret_procedure, fault)) {
        ret_procedure->options = options;
        return true;
    }
    free(*ret_last);
    *ret_last = NULL;
    return false;
}
