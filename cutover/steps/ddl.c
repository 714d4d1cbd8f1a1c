#include "ddl.h"

#include "../base/text.h"

static const char doing[] = "looking whether anybody changed the schema";

enum act_verdict ddl_base_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *form = reply_value(reply, 0, "form"), *since = reply_value(reply, 0, "since");

    if (io_explains(io))
        return ACT_DONE;
    if (!form || !since)
        return act_fail(io, target, doing, "no answer");
    world_keep(&target->database->form, form);
    world_keep(&target->database->form_since, since);
    return ACT_DONE;
}

enum act_verdict ddl_base_total_judge(struct step_io *io, struct target *target,
                                      struct reply *reply)
{
    const char *total = reply_value(reply, 0, "total");

    if (io_explains(io))
        return ACT_DONE;
    if (!total)
        return act_fail(io, target, doing, "no answer");
    world_keep(&target->database->catalog_total, total);
    return ACT_DONE;
}

enum act_verdict ddl_total_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *total = reply_value(reply, 0, "total");
    int64_t recent = -1;

    if (io_explains(io))
        return ACT_DONE;
    if (!total || !reply_number(reply, 0, "recent", &recent))
        return act_fail(io, target, doing, "no answer");
    target->database->is_catalog_changed =
        recent != 0 || !string_equal(total, target->database->catalog_total);
    return ACT_DONE;
}

bool ddl_look_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) values;
    return !io_explains(io) && target->database->is_catalog_changed;
}

static enum act_verdict stale(struct step_io *io, const struct target *target, const char *what)
{
    act_fail(io, target, doing,
             "it was changed on {publisher} while the {procedure} was under way: %s", what);
    fault_hint(&io->fault,
               "this is not replicated: make the same change on {subscriber}, or undo it on "
               "{publisher}; \"pgcutover {procedure}\" shows what differs");
    io->fault.exit_code = EXIT_PLAN_STALE;
    return ACT_FAILED;
}

enum act_verdict ddl_look_judge(struct step_io *io, struct target *target, struct reply *reply)
{
    const char *form = reply_value(reply, 0, "form"), *names = reply_value(reply, 0, "names");
    int64_t recent = -1;

    if (io_explains(io))
        return ACT_DONE;
    /* a session that does not know since when it looks would find nothing recent */
    if (!form || !reply_number(reply, 0, "recent", &recent) || !target->database->form ||
        !string_equal(reply_value(reply, 0, "since"), target->database->form_since))
        return act_fail(io, target, doing, "no answer");
    if (recent > 0)
        return stale(io, target, names ? names : "something without a name");
    if (!string_equal(form, target->database->form))
        return stale(io, target,
                     "something was dropped, a large object was made, or a relation's "
                     "owner or privileges were changed");
    return ACT_DONE;
}

enum act_verdict ddl_shared_base_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    const char *form = reply_value(reply, 0, "form");

    if (io_explains(io))
        return ACT_DONE;
    if (!form)
        return act_fail(io, target, doing, "no answer");
    world_keep(&io_world(io)->form, form);
    return ACT_DONE;
}

enum act_verdict ddl_shared_look_judge(struct step_io *io, struct target *target,
                                       struct reply *reply)
{
    const char *form = reply_value(reply, 0, "form");

    if (io_explains(io))
        return ACT_DONE;
    if (!form || !io_world(io)->form)
        return act_fail(io, target, doing, "no answer");
    return string_equal(form, io_world(io)->form)
               ? ACT_DONE
               : stale(io, target, "a role, a membership, a database, or a setting of one");
}
