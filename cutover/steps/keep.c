#include "keep.h"

#include "../base/text.h"

static const char *keep_array(struct step_io *io)
{
    const struct config *config = io_world(io)->config;
    struct text text = {0};
    const char *array, *at;
    size_t i;

    text_add_string(&text, "{");
    for (i = 0; i < config->keep_role_count; i++) {
        text_add_string(&text, i ? ",\"" : "\"");
        for (at = config->keep_roles[i]; *at; at++) {
            if (*at == '"' || *at == '\\')
                text_add_string(&text, "\\");
            text_add_bytes(&text, at, 1);
        }
        text_add_string(&text, "\"");
    }
    text_add_string(&text, "}");
    array = arena_print(io->arena, "%s", text_string(&text));
    text_free(&text);
    return array;
}

bool keep_values(struct step_io *io, struct target *target, struct act_values *values)
{
    (void) target;
    sql_set(&values->sql, "keep", keep_array(io));
    return true;
}
