/*
 * text.h: a growing string. Never blocks; running out of memory ends the program.
 *
 * The owner calls text_free(); text_take() hands the characters (malloc'd) to the caller.
 */
#ifndef PGCUTOVER_BASE_TEXT_H
#define PGCUTOVER_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct text {
    char *data; /* always terminated once something was added; NULL before */
    size_t length;
    size_t capacity;
};

void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_list(struct text *text, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_add_string(struct text *text, const char *string);
/* Adds `string` as one word of a POSIX shell line. */
void text_add_shell_word(struct text *text, const char *string);
/* Adds a line of postgresql.conf, NAME = 'VALUE', where a backslash begins an escape, unlike in
   SQL, and no value goes on in the next line (src/backend/utils/misc/guc-file.l). */
void text_add_setting(struct text *text, const char *name, const char *value);
/* Adds "10 s", "5 min", "1 h", "7 d", or "250 ms": the largest unit that needs no fraction. */
void text_add_duration(struct text *text, int64_t ms);
const char *text_string(const struct text *text); /* "" when empty; owned by text */
char *text_take(struct text *text);               /* caller frees; text is empty after */
void text_free(struct text *text);                /* NULL-safe */

/* Memory that cannot be had ends the program; what it returns is zeroed. */
void *memory_new(size_t size);
void *memory_grow(void *old, size_t size);
char *memory_copy(const char *string); /* NULL gives NULL */

bool string_equal(const char *a, const char *b); /* NULL equals only NULL */
bool string_starts(const char *string, const char *prefix);

/* Adds it as one line of valid UTF-8: a control character is a blank, a byte that is none is "?".
 */
void text_add_plain(struct text *text, const char *string);
/* Adds it as it is, but "?" for every byte that is no UTF-8. */
void text_add_valid(struct text *text, const char *string);

/* Puts `name` wherever `word` stands in `text`, in place. `name` is not longer than `word`. */
void text_put_name(char *text, const char *word, const char *name);

#endif
