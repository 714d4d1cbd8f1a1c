/*
 * canvas.h: lines of a terminal, as they shall be; and a table on them. What is put on it is made
 * harmless: no control character, none that turns the order of others; names keep to their
 * columns however wide their characters are. Never blocks.
 */
#ifndef PGCUTOVER_REPORT_CANVAS_H
#define PGCUTOVER_REPORT_CANVAS_H

#include "../base/text.h"

enum style { STYLE_PLAIN, STYLE_TITLE, STYLE_FAINT, STYLE_GOOD, STYLE_WARNING, STYLE_BAD };

struct canvas {
    int width, height;
    bool has_colour, has_utf8;
    struct canvas_row {
        struct text text; /* with its colours; no longer than `width` columns */
        int columns;
    } * rows;
};

/* Everything blank. */
void canvas_begin(struct canvas *canvas, int width, int height);
void canvas_end(struct canvas *canvas); /* frees the rows */
/* At the end of the row; what does not fit is cut, with a mark. Rows that are not there: nothing
   happens. */
void canvas_put(struct canvas *canvas, int row, enum style style, const char *text);
void canvas_add(struct canvas *canvas, int row, enum style style, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Exactly `width` columns. */
void canvas_cell(struct canvas *canvas, int row, enum style style, const char *text, int width,
                 bool is_right);
/* Blanks up to the column. */
void canvas_go_to(struct canvas *canvas, int row, int column);
int canvas_columns_of(const struct canvas *canvas, const char *text);

/* Values as bars, oldest first; NAN is a gap. At most `width`; highest: of what is shown, NAN when
   it shows none. */
void canvas_sparkline(const struct canvas *canvas, struct text *out, const float *values,
                      size_t count, float *ret_highest);

#define TABLE_COLUMNS 14

struct table_column {
    const char *title;
    int least;  /* columns of the terminal; with fewer it is left out */
    int enough; /* comes before a column of a higher rank gets any; the rest later, up to `most` */
    int most;
    int rank; /* from 1; where there is no room for all of them the highest go */
    bool is_right;
};

struct table_cell {
    char text[208];
    char brief[24]; /* instead of a text that does not fit; "": it is cut */
    enum style style;
};

struct table_row {
    enum style style; /* of the mark: "!" a warning, "!!" bad */
    struct table_cell cells[TABLE_COLUMNS];
    int span; /* the cell that takes the rest of the row; 0: none does */
};

/* Title and rows from `top` on. */
void canvas_table(struct canvas *canvas, int top, const struct table_column *columns, int count,
                  const struct table_row *rows, int row_count);

#endif
