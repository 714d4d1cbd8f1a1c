/*
 * arena.h: memory that lives as long as one step, and is freed whole by the runner.
 *
 * Never blocks. arena_defer() runs a destructor when the arena is freed, last one first.
 */
#ifndef PGCUTOVER_BASE_ARENA_H
#define PGCUTOVER_BASE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *arena);                      /* NULL-safe */
void *arena_take(struct arena *arena, size_t size);        /* zeroed */
char *arena_copy(struct arena *arena, const char *string); /* NULL gives NULL */
char *arena_print(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void arena_defer(struct arena *arena, void (*destroy)(void *), void *object);

#endif
