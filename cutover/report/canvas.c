#include "canvas.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

void canvas_begin(struct canvas *canvas, int width, int height)
{
    canvas->width = width;
    canvas->height = height;
    canvas->rows = memory_new(((size_t) height + 1) * sizeof(*canvas->rows));
}

void canvas_end(struct canvas *canvas)
{
    int i;

    for (i = 0; i < canvas->height; i++)
        text_free(&canvas->rows[i].text);
    free(canvas->rows);
    canvas->rows = NULL;
    canvas->height = 0;
}

/* --- characters ------------------------------------------------------------------------------- */

struct character {
    const char *bytes; /* what is written for it */
    size_t length;     /* of these */
    size_t taken;      /* of the text */
    int columns;
};

/* The bytes of a character, 0: it is not UTF-8. */
static size_t decode(const unsigned char *at, wchar_t *ret_code)
{
    size_t length = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4, i;
    unsigned int code = length == 1 ? *at : *at & (0xffu >> (length + 1));

    if (length == 0 || *at > 0xf4)
        return 0;
    for (i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        code = code << 6 | (at[i] & 0x3fu);
    }
    *ret_code = (wchar_t) code;
    return length;
}

/* Whatever the locale of whoever looks: names come as UTF-8. */
static int columns_of(wchar_t code)
{
    static locale_t utf8;
    locale_t before;
    int columns;

    if (code < 0x7f)
        return code < 0x20 ? -1 : 1;
    if (!utf8)
        utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t) 0);
    if (!utf8)
        return -1;
    before = uselocale(utf8);
    columns = wcwidth(code);
    uselocale(before);
    return columns;
}

/* Turn the order of what stands behind them. */
static bool turns(wchar_t code)
{
    return code == 0x61c || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

static struct character next_character(const struct canvas *canvas, const char *text)
{
    wchar_t code = 0;
    size_t length = decode((const unsigned char *) text, &code);
    int columns = length ? columns_of(code) : -1;

    if (length == 1 && columns < 0)
        return (struct character){" ", 1, 1, 1};
    if (code == 0x2265 && !canvas->has_utf8) /* at least */
        return (struct character){">", 1, length, 1};
    if (columns < 0 || turns(code) || (length > 1 && !canvas->has_utf8))
        return (struct character){"?", 1, length ? length : 1, 1};
    return (struct character){text, length, length, columns};
}

int canvas_columns_of(const struct canvas *canvas, const char *text)
{
    int columns = 0;

    while (*text) {
        struct character one = next_character(canvas, text);

        columns += one.columns;
        text += one.taken;
    }
    return columns;
}

/* --- rows ------------------------------------------------------------------------------------- */

static const char *colour(const struct canvas *canvas, enum style style)
{
    static const char *const colours[] = {"",         "\033[1m",    "\033[2m",
                                          "\033[32m", "\033[1;33m", "\033[1;31m"};

    return canvas->has_colour ? colours[style] : "";
}

static void add_part(struct canvas *canvas, struct canvas_row *row, const char *text, int width)
{
    bool fits = canvas_columns_of(canvas, text) <= width;
    const char *mark = canvas->has_utf8 ? "…" : "~";
    int left = fits ? width : width - 1;

    if (width <= 0)
        return;
    while (*text) {
        struct character one = next_character(canvas, text);

        if (one.columns > left)
            break;
        text_add_bytes(&row->text, one.bytes, one.length);
        left -= one.columns;
        row->columns += one.columns;
        text += one.taken;
    }
    if (!fits) {
        text_add_string(&row->text, mark);
        row->columns++;
    }
}

static struct canvas_row *row_of(struct canvas *canvas, int row)
{
    return row >= 0 && row < canvas->height ? &canvas->rows[row] : NULL;
}

static void add_styled(struct canvas *canvas, struct canvas_row *row, enum style style,
                       const char *text, int width)
{
    const char *begin = colour(canvas, style);

    text_add_string(&row->text, begin);
    add_part(canvas, row, text, width);
    if (*begin)
        text_add_string(&row->text, "\033[0m");
}

void canvas_put(struct canvas *canvas, int number, enum style style, const char *text)
{
    struct canvas_row *row = row_of(canvas, number);

    if (row && row->columns < canvas->width && *text)
        add_styled(canvas, row, style, text, canvas->width - row->columns);
}

void canvas_add(struct canvas *canvas, int row, enum style style, const char *format, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, format);
    text_add_list(&text, format, arguments);
    va_end(arguments);
    canvas_put(canvas, row, style, text_string(&text));
    text_free(&text);
}

void canvas_go_to(struct canvas *canvas, int number, int column)
{
    struct canvas_row *row = row_of(canvas, number);

    if (!row)
        return;
    if (column > canvas->width)
        column = canvas->width;
    if (column > row->columns) {
        text_add(&row->text, "%*s", column - row->columns, "");
        row->columns = column;
    }
}

void canvas_cell(struct canvas *canvas, int number, enum style style, const char *text, int width,
                 bool is_right)
{
    struct canvas_row *row = row_of(canvas, number);
    int columns = canvas_columns_of(canvas, text), end;

    if (!row || row->columns >= canvas->width)
        return;
    if (width > canvas->width - row->columns)
        width = canvas->width - row->columns;
    end = row->columns + width;
    if (is_right && columns < width)
        canvas_go_to(canvas, number, end - columns);
    add_styled(canvas, row, style, text, end - row->columns);
    canvas_go_to(canvas, number, end);
}

/* --- sparkline -------------------------------------------------------------------------------- */

void canvas_sparkline(const struct canvas *canvas, struct text *out, const float *values,
                      size_t count, float *ret_highest)
{
    static const char *const bars[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const letters[] = {"_", ".", "-", ":", "=", "+", "*", "#"};
    float highest = NAN;
    size_t i;

    for (i = 0; i < count; i++)
        if (!isnan(values[i]) && (isnan(highest) || values[i] > highest))
            highest = values[i];
    for (i = 0; i < count; i++) {
        int level = highest > 0 ? (int) (values[i] / highest * 7 + 0.5f) : 0;

        if (isnan(values[i]))
            text_add_string(out, " ");
        else
            text_add_string(out, (canvas->has_utf8 ? bars : letters)[level < 0 ? 0 : level]);
    }
    *ret_highest = highest;
}

/* --- table ------------------------------------------------------------------------------------ */

#define MARK 3 /* "!! " */
/* The beginning of a text says more than its brief form from here on. */
#define CUT_FROM 26

static int by_rank(const struct table_column *columns, int count, int rank)
{
    int i;

    for (i = 0; i < count; i++)
        if (columns[i].rank == rank)
            return i;
    return -1;
}

static int needed(const struct canvas *canvas, const struct table_column *column, int index,
                  const struct table_row *rows, int row_count)
{
    int most = canvas_columns_of(canvas, column->title), i;

    for (i = 0; i < row_count; i++) {
        bool is_spanned = rows[i].span && index >= rows[i].span;
        int columns = is_spanned ? 0 : canvas_columns_of(canvas, rows[i].cells[index].text);

        most = columns > most ? columns : most;
    }
    return most > column->most ? column->most : most < column->least ? column->least : most;
}

/* As many as there is room for, each as wide as is enough; then what is left, in the same order. */
static void measure(const struct canvas *canvas, const struct table_column *columns, int count,
                    const struct table_row *rows, int row_count, int gap, int *widths)
{
    int left = canvas->width - MARK + gap, wanted[TABLE_COLUMNS], rank, i;

    memset(widths, 0, (size_t) count * sizeof(*widths));
    for (rank = 1; (i = by_rank(columns, count, rank)) >= 0; rank++) {
        int width = wanted[i] = needed(canvas, &columns[i], i, rows, row_count);

        width = width > columns[i].enough ? columns[i].enough : width;
        width = width > left - gap ? left - gap : width;
        if (width < columns[i].least)
            break;
        widths[i] = width;
        left -= width + gap;
    }
    for (rank = 1; (i = by_rank(columns, count, rank)) >= 0 && widths[i]; rank++) {
        int more = wanted[i] - widths[i];

        more = more < left ? more : left;
        widths[i] += more > 0 ? more : 0;
        left -= more > 0 ? more : 0;
    }
}

static void put_row(struct canvas *canvas, int at, const struct table_row *row,
                    const struct table_column *columns, int count, const int *widths, int gap)
{
    int i;

    canvas_cell(canvas, at, row->style,
                row->style == STYLE_BAD       ? "!!"
                : row->style == STYLE_WARNING ? "!"
                                              : "",
                MARK, false);
    for (i = 0; i < count; i++) {
        const struct table_cell *cell = &row->cells[i];
        bool fits = !*cell->brief || widths[i] >= CUT_FROM ||
                    canvas_columns_of(canvas, cell->text) <= widths[i];

        if (row->span && i == row->span) {
            canvas_put(canvas, at, cell->style, cell->text);
            return;
        }
        if (!widths[i])
            continue;
        canvas_cell(canvas, at, cell->style, fits ? cell->text : cell->brief, widths[i],
                    columns[i].is_right);
        canvas_go_to(canvas, at, canvas->rows[at].columns + gap);
    }
}

void canvas_table(struct canvas *canvas, int top, const struct table_column *columns, int count,
                  const struct table_row *rows, int row_count)
{
    int gap = canvas->width >= 132 ? 2 : 1, widths[TABLE_COLUMNS], i;

    measure(canvas, columns, count, rows, row_count, gap, widths);
    canvas_go_to(canvas, top, MARK);
    for (i = 0; i < count && top < canvas->height; i++) {
        if (!widths[i])
            continue;
        canvas_cell(canvas, top, STYLE_TITLE, columns[i].title, widths[i], columns[i].is_right);
        canvas_go_to(canvas, top, canvas->rows[top].columns + gap);
    }
    for (i = 0; i < row_count && top + 1 + i < canvas->height; i++)
        put_row(canvas, top + 1 + i, &rows[i], columns, count, widths, gap);
}
