#include "markdown.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* In a word it makes no emphasis: max_connections stays readable where nothing is rendered. */
static bool is_in_word(const char *line, const char *at)
{
    return at > line && isalnum((unsigned char) at[-1]) && isalnum((unsigned char) at[1]);
}

static bool is_markup(const char *line, const char *at)
{
    switch (*at) {
    case '\\':
    case '`':
    case '*':
    case '[':
    case ']':
    case '<':
    case '|':
    case '~':
    case '!':
        return *at != '!' || at[1] == '[';
    case '&':
        return isalpha((unsigned char) at[1]) || at[1] == '#';
    case '_':
        return !is_in_word(line, at);
    default:
        return false;
    }
}

void markdown_add(struct text *out, const char *string)
{
    struct text plain = {0};
    const char *line, *at;

    text_add_plain(&plain, string);
    line = text_string(&plain);
    for (at = line; *at; at++) {
        if (is_markup(line, at) || (at == line && strchr("#>-+=", *at)))
            text_add_string(out, "\\");
        text_add_bytes(out, at, 1);
    }
    text_free(&plain);
}

static size_t longest_run(const char *string)
{
    size_t longest = 0, run = 0;

    for (; *string; string++) {
        run = *string == '`' ? run + 1 : 0;
        if (run > longest)
            longest = run;
    }
    return longest;
}

static void add_ticks(struct text *out, size_t count)
{
    while (count--)
        text_add_string(out, "`");
}

void markdown_add_code(struct text *out, const char *string, bool is_cell)
{
    struct text plain = {0};
    const char *at;
    size_t ticks;

    text_add_plain(&plain, string);
    at = text_string(&plain);
    ticks = longest_run(at) + 1;
    add_ticks(out, ticks);
    if (ticks > 1 || !*at)
        text_add_string(out, " ");
    for (; *at; at++) {
        if (is_cell && *at == '|')
            text_add_string(out, "\\");
        text_add_bytes(out, at, 1);
    }
    if (ticks > 1)
        text_add_string(out, " ");
    add_ticks(out, ticks);
    text_free(&plain);
}

void markdown_add_block(struct text *out, const char *lines)
{
    size_t ticks = longest_run(lines) + 1, length = strlen(lines);

    ticks = ticks < 3 ? 3 : ticks;
    add_ticks(out, ticks);
    text_add_string(out, "text\n");
    text_add_valid(out, lines);
    if (!length || lines[length - 1] != '\n')
        text_add_string(out, "\n");
    add_ticks(out, ticks);
    text_add_string(out, "\n");
}

void markdown_add_quoted(struct text *out, const char *string)
{
    struct text plain = {0};
    const char *at;

    text_add_plain(&plain, string);
    text_add_string(out, "\"");
    for (at = text_string(&plain); *at; at++) {
        if (*at == '"' || *at == '\\')
            text_add_string(out, "\\");
        text_add_bytes(out, at, 1);
    }
    text_add_string(out, "\"");
    text_free(&plain);
}
