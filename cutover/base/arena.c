#include "arena.h"

#include "text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct piece {
    struct piece *next;
    void (*destroy)(void *);
    void *object;
};

struct arena {
    struct piece *pieces;
};

struct arena *arena_new(void)
{
    return memory_new(sizeof(struct arena));
}

void arena_defer(struct arena *arena, void (*destroy)(void *), void *object)
{
    struct piece *piece = memory_new(sizeof(*piece));

    piece->destroy = destroy;
    piece->object = object;
    piece->next = arena->pieces;
    arena->pieces = piece;
}

void *arena_take(struct arena *arena, size_t size)
{
    void *memory = memory_new(size);

    arena_defer(arena, free, memory);
    return memory;
}

char *arena_copy(struct arena *arena, const char *string)
{
    char *copy = memory_copy(string);

    if (copy)
        arena_defer(arena, free, copy);
    return copy;
}

char *arena_print(struct arena *arena, const char *format, ...)
{
    struct text text = {0};
    va_list arguments;
    char *string;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    string = text_take(&text);
    arena_defer(arena, free, string);
    return string;
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    while (arena->pieces) {
        struct piece *piece = arena->pieces;

        arena->pieces = piece->next;
        piece->destroy(piece->object);
        free(piece);
    }
    free(arena);
}
