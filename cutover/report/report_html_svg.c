#include "report_html_svg.h"

#include <string.h>

#define LETTERS 11.5 /* pixels */
#define BOLD 1.12    /* so much wider */

static const struct {
    const char *name;
    double width;
    bool is_narrow;
} widths[] = {{"at-narrow", 336, true}, {"at-medium", 690, false}, {"at-wide", 1150, false}};

void svg_widths(struct text *text, struct report *report, const char *label, draw_function *draw,
                const void *what)
{
    size_t i;

    for (i = 0; i < sizeof(widths) / sizeof(*widths); i++) {
        struct text parts = {0};
        struct drawing drawing = {.text = &parts,
                                  .report = report,
                                  .width = widths[i].width,
                                  .left = widths[i].is_narrow ? 1 : 108,
                                  .right = widths[i].width - 1,
                                  .is_narrow = widths[i].is_narrow};

        draw(&drawing, what);
        html_add(text,
                 "<div class=\"drawing %s\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><svg "
                 "role=\"group\" aria-label=\"%s\" width=\"%.0f\" height=\"%.0f\" "
                 "viewBox=\"0 0 %.0f %.0f\">",
                 widths[i].name, label, label, drawing.width, drawing.y, drawing.width, drawing.y);
        text_add_string(text, text_string(&parts));
        text_add_string(text, "</svg></div>\n");
        text_free(&parts);
    }
}

static double begin_lane(struct drawing *drawing, const char *name, const char *note, bool is_above)
{
    double room = is_above ? drawing->width : drawing->left - 10;

    html_add(drawing->text, "<g class=\"lane\" role=\"group\" aria-label=\"%s%s%s\">", name,
             note ? ": " : "", html_or(note, ""));
    if (is_above)
        drawing->y += 16;
    html_add(drawing->text, "<text class=\"name\" x=\"%d\" y=\"%.1f\">%s</text>", 0,
             drawing->y + (is_above ? -4 : 15), svg_fit(drawing, name, room / BOLD));
    return drawing->y + 1;
}

double svg_lane(struct drawing *drawing, const char *name, const char *note)
{
    return begin_lane(drawing, name, note, drawing->is_narrow);
}

double svg_lane_above(struct drawing *drawing, const char *name, const char *note)
{
    return begin_lane(drawing, name, note, true);
}

void svg_lane_end(struct drawing *drawing, double height)
{
    text_add_string(drawing->text, "</g>\n");
    drawing->y += height + 8;
}

void svg_bar(struct drawing *drawing, const char *kind, double left, double right, double y,
             double height, const char *title)
{
    double width = right - left < 1.5 ? 1.5 : right - left;

    html_add(drawing->text,
             "<rect class=\"bar %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"", kind,
             left, y, width, height);
    if (title)
        html_add(drawing->text, "><title>%s</title></rect>", title);
    else
        text_add_string(drawing->text, "/>");
}

const char *svg_fit(struct drawing *drawing, const char *label, double room)
{
    char *cut;
    size_t length;

    if (!label)
        return "";
    length = strlen(label);

    if (html_text_width(label, LETTERS) <= room)
        return label;
    cut = arena_take(drawing->report->arena, length + 4);
    while (length > 0) {
        length--;
        while (length > 0 && ((unsigned char) label[length] & 0xc0) == 0x80)
            length--;
        memcpy(cut, label, length);
        memcpy(cut + length, "…", sizeof("…"));
        if (length >= 3 && html_text_width(cut, LETTERS) <= room)
            return cut;
    }
    return "";
}

bool svg_inside(struct drawing *drawing, double left, double right, double middle,
                const char *label)
{
    double width = html_text_width(label, LETTERS);

    if (width + 6 > right - left)
        return false;
    html_add(drawing->text, "<text class=\"in\" x=\"%.1f\" y=\"%.1f\">%s</text>",
             (left + right) / 2, middle + 4, label);
    return true;
}

void svg_label(struct drawing *drawing, double x, double middle, const char *kind,
               const char *label)
{
    html_add(drawing->text, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>", kind, x,
             middle + 4, label);
}

static const char *words_of(struct drawing *drawing, const struct state_span *span,
                            const char *other)
{
    if (span->state == SERVER_FOLLOWS)
        return arena_print(drawing->report->arena, "follows %s", other);
    return state_words(span->state);
}

/* The longest stretch without a break. */
static void find_room(const struct axis *axis, double *left, double *right)
{
    double best_left = *left, best_right = *left;
    size_t i;

    for (i = 0; axis && i < axis->count; i++) {
        const struct axis_part *part = &axis->parts[i];
        double from = part->left > *left ? part->left : *left;
        double to = part->right < *right ? part->right : *right;

        if (to - from > best_right - best_left) {
            best_left = from;
            best_right = to;
        }
    }
    if (axis) {
        *left = best_left;
        *right = best_right;
    }
}

void svg_states(struct drawing *drawing, const struct states *states, const char *other,
                const struct svg_lane_of *of, double top)
{
    size_t i;

    for (i = 0; i < states->count; i++) {
        const struct state_span *span = &states->list[i];
        bool is_last = i + 1 == states->count;
        double left, right;

        if (span->to_us < of->from_us || span->from_us > of->to_us)
            continue;
        left = span->from_us <= of->from_us ? drawing->left : of->x(of->scale, span->from_us);
        right =
            is_last || span->to_us >= of->to_us ? drawing->right : of->x(of->scale, span->to_us);
        if (span->state == SERVER_ABSENT)
            continue;
        svg_bar(drawing, state_class(span->state), left, right, top, 20,
                arena_print(drawing->report->arena, "%s, %s", words_of(drawing, span, other),
                            report_length(drawing->report, span->to_us - span->from_us)));
        find_room(of->axis, &left, &right);
        if (!svg_inside(drawing, left, right, top + 10, words_of(drawing, span, other)))
            svg_inside(drawing, left, right, top + 10, state_words(span->state));
    }
}
