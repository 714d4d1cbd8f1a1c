/* A terminal in memory: what stands on it. A sequence that it does not know fails the test, and so
   does one that was cut. */
#ifndef PGCUTOVER_TESTS_ANSI_H
#define PGCUTOVER_TESTS_ANSI_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <cmocka.h>

#define ANSI_ROWS 60
#define ANSI_COLUMNS 240

struct ansi {
    int width, height, row, column;
    char cells[ANSI_ROWS][ANSI_COLUMNS][8]; /* "" behind a wide one */
    bool is_alternate, has_cursor;
    size_t colours; /* how many were set */
    char rest[64];  /* of a sequence, or of a character, that is not whole yet */
    size_t rest_length;
    char line[ANSI_COLUMNS * 8];
};

static void ansi_clear(struct ansi *ansi, int row, int from)
{
    int i;

    for (i = from; i < ANSI_COLUMNS; i++)
        strcpy(ansi->cells[row][i], " ");
}

static void ansi_clear_all(struct ansi *ansi)
{
    int i;

    for (i = 0; i < ANSI_ROWS; i++)
        ansi_clear(ansi, i, 0);
}

static void ansi_begin(struct ansi *ansi, int width, int height)
{
    memset(ansi, 0, sizeof(*ansi));
    ansi->width = width;
    ansi->height = height;
    ansi->has_cursor = true;
    ansi_clear_all(ansi);
}

static void ansi_sequence(struct ansi *ansi, const char *parameters, char final)
{
    int row = 1, column = 1;

    if (final == 'H') {
        if (*parameters)
            assert_int_equal(sscanf(parameters, "%d;%d", &row, &column), 2);
        assert_true(row >= 1 && row <= ansi->height && column >= 1 && column <= ansi->width);
        ansi->row = row - 1;
        ansi->column = column - 1;
    } else if (final == 'K' && !*parameters) {
        assert_true(ansi->column < ansi->width);
        ansi_clear(ansi, ansi->row, ansi->column);
    } else if (final == 'J' && strcmp(parameters, "2") == 0) {
        ansi_clear_all(ansi);
    } else if (final == 'm') {
        ansi->colours += strcmp(parameters, "0") != 0;
    } else if ((final == 'h' || final == 'l') && strcmp(parameters, "?1049") == 0) {
        ansi->is_alternate = final == 'h';
    } else if ((final == 'h' || final == 'l') && strcmp(parameters, "?25") == 0) {
        ansi->has_cursor = final == 'h';
    } else if ((final != 'h' && final != 'l') || strcmp(parameters, "?7") != 0) {
        fail_msg("a sequence that no terminal needs to know: ESC [ %s %c", parameters, final);
    }
}

/* How much of it is a whole sequence or character; 0: there is more to come. */
static size_t ansi_take(struct ansi *ansi, const char *bytes, size_t length)
{
    unsigned char first = (unsigned char) *bytes;
    size_t size = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4, i;
    char parameters[32] = "";
    wchar_t code = 0;
    int columns;

    if (first == 0x1b) {
        if (length < 3)
            return 0;
        assert_int_equal(bytes[1], '[');
        for (i = 2; i < length && bytes[i] < 0x40; i++) {
            assert_true(i < 20 && bytes[i] >= 0x20);
            parameters[i - 2] = bytes[i];
        }
        if (i == length)
            return 0;
        ansi_sequence(ansi, parameters, bytes[i]);
        return i + 1;
    }
    if (length < size)
        return 0;
    assert_true(first >= 0x20 && first != 0x7f);
    mbtowc(&code, bytes, size);
    columns = wcwidth(code);
    assert_true(columns >= 0);
    assert_true(ansi->column + columns <= ansi->width); /* nothing hangs over the edge */
    if (columns == 0)
        return size;
    memcpy(ansi->cells[ansi->row][ansi->column], bytes, size);
    ansi->cells[ansi->row][ansi->column][size] = '\0';
    if (columns == 2)
        ansi->cells[ansi->row][ansi->column + 1][0] = '\0';
    ansi->column += columns;
    return size;
}

static void ansi_write(struct ansi *ansi, const char *bytes, size_t length)
{
    char *all = malloc(ansi->rest_length + length + 1);
    size_t at = 0, taken;

    memcpy(all, ansi->rest, ansi->rest_length);
    memcpy(all + ansi->rest_length, bytes, length);
    length += ansi->rest_length;
    ansi->rest_length = 0;
    while (at < length && (taken = ansi_take(ansi, all + at, length - at)) > 0)
        at += taken;
    assert_true(length - at < sizeof(ansi->rest));
    memcpy(ansi->rest, all + at, length - at);
    ansi->rest_length = length - at;
    free(all);
}

/* Without the blanks at its end. */
static const char *ansi_line(struct ansi *ansi, int row)
{
    size_t length;
    int i;

    *ansi->line = '\0';
    for (i = 0; i < ansi->width; i++)
        strcat(ansi->line, ansi->cells[row][i]);
    length = strlen(ansi->line);
    while (length && ansi->line[length - 1] == ' ')
        ansi->line[--length] = '\0';
    return ansi->line;
}

/* The line that holds it, NULL: none does. */
static const char *ansi_seen(struct ansi *ansi, const char *text)
{
    int i;

    for (i = 0; i < ansi->height; i++)
        if (strstr(ansi_line(ansi, i), text))
            return ansi->line;
    return NULL;
}

static const char *ansi_find(struct ansi *ansi, const char *text)
{
    int i;

    if (ansi_seen(ansi, text))
        return ansi->line;
    for (i = 0; i < ansi->height; i++)
        print_message("%s\n", ansi_line(ansi, i));
    fail_msg("\"%s\" is not on the screen", text);
    return NULL;
}

#endif
