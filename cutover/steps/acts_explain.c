/*
 * What an act would do, in words and as the exact statement or command, for plans and dry runs.
 */
#include "../base/text.h"
#include "acts_internal.h"

#include <string.h>

bool act_is_effect(const struct act *act)
{
    if (act->flags & ACT_READS)
        return false;
    return act->sql ? !act->sql->reads : act->script ? !act->script->reads : false;
}

static void print_indented(struct text *out, const char *text)
{
    const char *end;

    for (; *text; text = *end ? end + 1 : end) {
        end = strchr(text, '\n');
        if (!end)
            end = text + strlen(text);
        text_add(out, "        %.*s\n", (int) (end - text), text);
    }
}

static void explain_script(struct text *out, const struct act *act, const struct child *child)
{
    const char *const *argument;

    text_add(out, "        %s.sh", act->script->id);
    for (argument = child->values.arguments; *argument; argument++) {
        text_add_string(out, " ");
        if (*argument == sql_unknown)
            text_add_string(out, "<not known yet>");
        else
            text_add_shell_word(out, *argument);
    }
    text_add(out, "%s\n",
             act->flags & ACT_JOB  ? "    (a job: it goes on without us)"
             : child->values.input ? "    (with input that is not shown)"
                                   : "");
}

void child_explain(struct step_io *io, struct child *child)
{
    const struct act *act = child->act;
    struct text statement = {0};

    text_add(io->explained, "    %s: %s\n", child->target.name,
             act->sql ? act->sql->doing : act->script->doing);
    if (act->sql) {
        sql_render(&statement, act->sql, &child->values.sql);
        print_indented(io->explained, text_string(&statement));
        text_free(&statement);
    } else {
        explain_script(io->explained, act, child);
    }
}
