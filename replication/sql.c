#include "sql.h"

#include "../cutover/base/text.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char sql_unknown[] = "<unknown>";

void sql_set(struct sql_arguments *arguments, const char *name, const char *value)
{
    if (arguments->count == SQL_ARGUMENTS_MAX)
        abort(); /* a bug of ours: raise the limit */
    arguments->list[arguments->count].name = name;
    arguments->list[arguments->count].value = value;
    arguments->count++;
}

static void quote(struct text *out, const char *value, char mark)
{
    text_add_bytes(out, &mark, 1);
    for (; *value; value++) {
        if (*value == mark)
            text_add_bytes(out, &mark, 1);
        text_add_bytes(out, value, 1);
    }
    text_add_bytes(out, &mark, 1);
}

void sql_quote_literal(struct text *out, const char *value)
{
    quote(out, value, '\'');
}

void sql_quote_identifier(struct text *out, const char *value)
{
    quote(out, value, '"');
}

static const char *find(const struct sql_arguments *arguments, const char *name, size_t length,
                        bool *ret_found)
{
    int i;

    for (i = 0; arguments && i < arguments->count; i++) {
        const struct sql_argument *argument = &arguments->list[i];

        if (strlen(argument->name) == length && memcmp(argument->name, name, length) == 0) {
            *ret_found = true;
            return argument->value;
        }
    }
    *ret_found = false;
    return NULL;
}

/* `at` is the character after the colon; returns the first character behind the placeholder. */
static const char *render_value(struct text *out, const struct sql *sql, const char *at,
                                const struct sql_arguments *arguments)
{
    char open = *at, close = open == '{' ? '}' : open;
    const char *name = at + 1, *end = strchr(name, close), *value;
    bool found;

    value = end ? find(arguments, name, (size_t) (end - name), &found) : NULL;
    if (!end || !found) {
        fprintf(stderr, "pgcutover: error: statement %s has no value for %.20s\n", sql->id, at);
        abort();
    }
    if (value == sql_unknown)
        text_add(out, "<%.*s>", (int) (end - name), name);
    else if (open == '{')
        text_add_string(out, value);
    else if (!value)
        text_add_string(out, "NULL");
    else if (open == '"')
        sql_quote_identifier(out, value);
    else
        sql_quote_literal(out, value);
    return end + 1;
}

static void render_statement(struct text *out, const struct sql *sql,
                             const struct sql_arguments *arguments)
{
    const char *at = sql->text, *start = at;

    for (; *at; at++) {
        if (at[0] == ':' && at[1] == ':') {
            at++; /* a cast */
            continue;
        }
        if (at[0] != ':' || (at[1] != '\'' && at[1] != '"' && at[1] != '{'))
            continue;
        text_add_bytes(out, start, (size_t) (at - start));
        start = render_value(out, sql, at + 1, arguments);
        at = start - 1;
    }
    text_add_bytes(out, start, (size_t) (at - start));
}

/* The plan of a statement without parameters is kept from the first time that it is needed, which
   is EXPLAIN here (src/backend/utils/cache/plancache.c, choose_custom_plan). */
void sql_render(struct text *out, const struct sql *sql, const struct sql_arguments *arguments)
{
    enum sql_form form = arguments ? arguments->form : SQL_PLAIN;

    if (form == SQL_EXECUTE) {
        text_add(out, "EXECUTE pgcutover_%s", sql->id);
        return;
    }
    if (form == SQL_PREPARE)
        text_add(out, "PREPARE pgcutover_%s AS ", sql->id);
    render_statement(out, sql, arguments);
    if (form == SQL_PREPARE)
        text_add(out, ";\nEXPLAIN EXECUTE pgcutover_%s", sql->id);
}
