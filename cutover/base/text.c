#include "text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *must(void *memory)
{
    if (!memory) {
        fputs("pgcutover: error: out of memory\n", stderr);
        abort();
    }
    return memory;
}

void *memory_new(size_t size)
{
    return must(calloc(1, size ? size : 1));
}

void *memory_grow(void *old, size_t size)
{
    return must(realloc(old, size ? size : 1));
}

char *memory_copy(const char *string)
{
    return string ? must(strdup(string)) : NULL;
}

static void make_room(struct text *text, size_t more)
{
    size_t need = text->length + more + 1;
    size_t capacity = text->capacity ? text->capacity : 64;

    if (need <= text->capacity)
        return;
    while (capacity < need)
        capacity *= 2;
    text->data = memory_grow(text->data, capacity);
    text->capacity = capacity;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
    make_room(text, length);
    if (length)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add_string(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_list(struct text *text, const char *format, va_list arguments)
{
    va_list again;
    int length;

    va_copy(again, arguments);
    length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0)
        abort(); /* only a malformed format gets here */
    make_room(text, (size_t) length);
    vsnprintf(text->data + text->length, (size_t) length + 1, format, arguments);
    text->length += (size_t) length;
}

void text_add(struct text *text, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    text_add_list(text, format, arguments);
    va_end(arguments);
}

void text_add_shell_word(struct text *text, const char *string)
{
    text_add_string(text, "'");
    for (; *string; string++) {
        if (*string == '\'')
            text_add_string(text, "'\\''");
        else
            text_add_bytes(text, string, 1);
    }
    text_add_string(text, "'");
}

void text_add_setting(struct text *text, const char *name, const char *value)
{
    text_add(text, "%s = '", name);
    for (; *value; value++) {
        if (*value == '\n') {
            text_add_string(text, "\\n");
            continue;
        }
        if (*value == '\'' || *value == '\\')
            text_add_bytes(text, value, 1);
        text_add_bytes(text, value, 1);
    }
    text_add_string(text, "'\n");
}

void text_add_duration(struct text *text, int64_t ms)
{
    static const struct {
        int64_t ms;
        const char *name;
    } units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}, {1000, "s"}, {1, "ms"}};
    size_t i = 0;

    while (i < sizeof(units) / sizeof(units[0]) - 1 && (ms == 0 || ms % units[i].ms != 0))
        i++;
    text_add(text, "%lld %s", (long long) (ms / units[i].ms), units[i].name);
}

const char *text_string(const struct text *text)
{
    return text->data ? text->data : "";
}

char *text_take(struct text *text)
{
    char *data = text->data ? text->data : memory_new(1);

    memset(text, 0, sizeof(*text));
    return data;
}

void text_free(struct text *text)
{
    if (!text)
        return;
    free(text->data);
    memset(text, 0, sizeof(*text));
}

bool string_equal(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

bool string_starts(const char *string, const char *prefix)
{
    return string && strncmp(string, prefix, strlen(prefix)) == 0;
}

/* How many bytes the character has; 0: it is none (RFC 3629: no surrogates, nothing overlong). */
static size_t character(const unsigned char *at)
{
    unsigned char low = 0x80, high = 0xbf;
    size_t length, i;

    if (*at < 0x80)
        return 1;
    if (*at < 0xc2 || *at > 0xf4)
        return 0;
    length = *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    if (*at == 0xe0)
        low = 0xa0;
    if (*at == 0xed)
        high = 0x9f;
    if (*at == 0xf0)
        low = 0x90;
    if (*at == 0xf4)
        high = 0x8f;
    for (i = 1; i < length; i++, low = 0x80, high = 0xbf)
        if (at[i] < low || at[i] > high)
            return 0;
    return length;
}

void text_add_plain(struct text *text, const char *string)
{
    const unsigned char *at = (const unsigned char *) string;

    while (*at) {
        size_t length = character(at);
        /* U+0080 to U+009F are control characters too */
        bool is_control = *at < 0x20 || *at == 0x7f || (*at == 0xc2 && length && at[1] < 0xa0);

        if (length == 0)
            text_add_string(text, "?");
        else if (is_control)
            text_add_string(text, " ");
        else
            text_add_bytes(text, (const char *) at, length);
        at += length ? length : 1;
    }
}

void text_add_valid(struct text *text, const char *string)
{
    const unsigned char *at = (const unsigned char *) string;

    while (*at) {
        size_t length = character(at);

        text_add_bytes(text, length ? (const char *) at : "?", length ? length : 1);
        at += length ? length : 1;
    }
}

void text_put_name(char *text, const char *word, const char *name)
{
    size_t from = strlen(word), to = strlen(name);
    char *at = text;

    while (to <= from && (at = strstr(at, word))) {
        memcpy(at, name, to);
        memmove(at + to, at + from, strlen(at + from) + 1);
        at += to;
    }
}
