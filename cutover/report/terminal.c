#include "terminal.h"

#include "../base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROWS_MAX 32
#define FAILURE_MAX 512
/* A pipe that takes anything takes as much. */
#define PIECE_MAX 512

struct terminal {
    FILE *out;
    int door; /* the same file, never blocking; -1: not opened */
    bool is_terminal, has_colour, has_status_line, must_not_block;
    struct text held; /* not written yet: lines of the pause, or what could not be written */
    struct terminal_row rows[ROWS_MAX];
    size_t row_count;
    char failures[ROWS_MAX][FAILURE_MAX]; /* of each row: what was said last */
};

bool terminal_file_has_colour(int out)
{
    const char *no = getenv("NO_COLOR"), *pg = getenv("PG_COLOR");

    if (no && *no)
        return false;
    if (pg && strcmp(pg, "always") == 0)
        return true;
    if (pg && strcmp(pg, "never") == 0)
        return false;
    return isatty(out);
}

bool terminal_has_colour(FILE *out)
{
    return terminal_file_has_colour(fileno(out));
}

struct terminal *terminal_new(FILE *out)
{
    struct terminal *terminal = memory_new(sizeof(*terminal));

    terminal->out = out;
    terminal->door = -1;
    terminal->is_terminal = isatty(fileno(out));
    terminal->has_colour = terminal_has_colour(out);
    return terminal;
}

static bool takes_output(int file)
{
    struct pollfd polled = {.fd = file, .events = POLLOUT};

    return poll(&polled, 1, 0) == 1 && polled.revents == POLLOUT;
}

/* As much as can be written without waiting for whoever reads it; the rest stays. */
static void write_what_goes(struct terminal *terminal)
{
    int file = terminal->door >= 0 ? terminal->door : fileno(terminal->out);
    struct text *held = &terminal->held;

    while (held->length && takes_output(file)) {
        size_t piece = held->length < PIECE_MAX ? held->length : PIECE_MAX;
        ssize_t written = write(file, held->data, piece);

        if (written <= 0)
            return;
        held->length -= (size_t) written;
        memmove(held->data, held->data + written, held->length + 1);
    }
}

void terminal_flush(struct terminal *terminal)
{
    if (terminal->must_not_block) {
        write_what_goes(terminal);
        return;
    }
    if (terminal->held.length) {
        fputs(text_string(&terminal->held), terminal->out);
        fflush(terminal->out);
    }
    text_free(&terminal->held);
}

/* Of our own, for others have the same file: a shell would stumble over one that does not block. */
static int open_door(FILE *out)
{
    struct stat about;
    char path[32];

    if (fstat(fileno(out), &about) < 0 || (!S_ISFIFO(about.st_mode) && !isatty(fileno(out))))
        return -1;
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(out));
    return open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void terminal_must_not_block(struct terminal *terminal, bool must_not)
{
    if (terminal->must_not_block == must_not)
        return;
    terminal->must_not_block = must_not;
    if (must_not) {
        fflush(terminal->out);
        terminal->door = open_door(terminal->out);
    } else if (terminal->door >= 0) {
        close(terminal->door);
        terminal->door = -1;
    }
}

void terminal_free(struct terminal *terminal)
{
    if (!terminal)
        return;
    terminal_must_not_block(terminal, false);
    terminal_flush(terminal);
    free(terminal);
}

const char *terminal_duration(int64_t ns, char buffer[32])
{
    double seconds = (double) ns / 1e9;

    if (seconds < 0.010)
        snprintf(buffer, 32, "%.1f ms", seconds * 1e3);
    else if (seconds < 1)
        snprintf(buffer, 32, "%.0f ms", seconds * 1e3);
    else if (seconds < 60)
        snprintf(buffer, 32, "%.1f s", seconds);
    else
        snprintf(buffer, 32, "%lld min %lld s", (long long) (ns / 60000000000),
                 (long long) (ns / 1000000000 % 60));
    return buffer;
}

int terminal_width(FILE *out, int otherwise)
{
    struct winsize size;

    if (isatty(fileno(out)) && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 20)
        return size.ws_col;
    return otherwise;
}

static void clear_status_line(struct terminal *terminal)
{
    if (terminal->has_status_line)
        text_add_string(&terminal->held, "\r\033[K");
    terminal->has_status_line = false;
}

size_t terminal_held(const struct terminal *terminal)
{
    return terminal->held.length;
}

void terminal_give_up(struct terminal *terminal)
{
    text_free(&terminal->held);
}

void terminal_bytes(struct terminal *terminal, const char *bytes, size_t length)
{
    clear_status_line(terminal);
    text_add_bytes(&terminal->held, bytes, length);
    terminal_flush(terminal);
}

void terminal_status(struct terminal *terminal, const char *line)
{
    terminal_flush(terminal);
    if (!terminal->is_terminal || terminal->held.length)
        return;
    text_add(&terminal->held, "\r\033[K%.*s", terminal_width(terminal->out, 80) - 1, line);
    terminal->has_status_line = true;
    terminal_flush(terminal);
}

void terminal_clear_status(struct terminal *terminal)
{
    clear_status_line(terminal);
    terminal_flush(terminal);
}

static const char *paint(const struct terminal *terminal, const char *colour)
{
    return terminal->has_colour ? colour : "";
}

void terminal_line(struct terminal *terminal, const char *format, ...)
{
    va_list arguments;

    clear_status_line(terminal);
    va_start(arguments, format);
    text_add_list(&terminal->held, format, arguments);
    va_end(arguments);
    text_add_string(&terminal->held, "\n");
    terminal_flush(terminal);
}

static void say_row(struct terminal *terminal, const struct event *event, const char *colour,
                    const char *what)
{
    bool failed = event->kind == EVENT_ROW_FAILED || event->kind == EVENT_UNDO_FAILED;
    char duration[32], named[FAILURE_MAX];

    snprintf(named, sizeof(named), "%s", what);
    plan_put_names(event->plan, named);
    clear_status_line(terminal);
    text_add(&terminal->held, "%s%2zu/%zu %-18s%s %-9s %s%s%s\n", paint(terminal, "\033[1m"),
             event->index + 1, event->plan->count, event->row->step->id, paint(terminal, "\033[0m"),
             terminal_duration(event->elapsed_ns, duration), paint(terminal, colour), named,
             paint(terminal, "\033[0m"));
    /* nothing is written while clients wait: a slow terminal would make them wait longer, and one
       that is stopped would keep them waiting; but what failed, if it can be written at once */
    if (!(event->row->flags & ROW_PAUSE))
        terminal_flush(terminal);
    else if (failed)
        write_what_goes(terminal);
}

static void note_pause_row(struct terminal *terminal, const struct event *event)
{
    if (!(event->row->flags & ROW_PAUSE) || terminal->row_count == ROWS_MAX)
        return;
    terminal->rows[terminal->row_count].step = event->row->step->id;
    terminal->rows[terminal->row_count++].elapsed_ns = event->elapsed_ns;
}

/* Soon out of date: not said to who does not read. */
static void say_waiting(struct terminal *terminal, const struct event *event)
{
    char duration[32], line[512];

    if (event->row->flags & ROW_PAUSE)
        return;
    terminal_flush(terminal);
    if (terminal->held.length)
        return;
    snprintf(line, sizeof(line), "      %s: waiting for %s",
             terminal_duration(event->elapsed_ns, duration), event->text);
    if (terminal->is_terminal) {
        text_add(&terminal->held, "\r\033[K%.*s", terminal_width(terminal->out, 100) - 1, line);
        terminal->has_status_line = true;
    } else if (event->elapsed_ns / 1000000000 % 10 == 0) {
        text_add(&terminal->held, "%s\n", line);
    }
    terminal_flush(terminal);
}

/* Behind its row, wrapped; in the pause with the other lines, later. */
static void say_more(struct terminal *terminal, const struct event *event)
{
    char *text = NULL;
    size_t length = 0;
    FILE *memory;

    if (event->row->flags & ROW_PAUSE) {
        text_add(&terminal->held, "      %s\n", event->text);
        return;
    }
    clear_status_line(terminal);
    memory = open_memstream(&text, &length);
    if (memory) {
        terminal_paragraph(memory, event->text, terminal_width(terminal->out, 100), 6, 6);
        fclose(memory);
        text_add(&terminal->held, "      %s", text);
    }
    free(text);
    terminal_flush(terminal);
}

/* A cause has further lines where libpq tried several addresses. */
static void write_failure(char what[FAILURE_MAX], const char *kind, const char *cause)
{
    int length = (int) strcspn(cause, "\n");

    snprintf(what, FAILURE_MAX, "%s: %.*s", kind, length < 300 ? length : 300, cause);
}

/* A row that is repeated until it succeeds would fill the screen: said when the cause is new. */
static void say_failure(struct terminal *terminal, const struct event *event)
{
    char *said = terminal->failures[event->index % ROWS_MAX], kind[128], what[FAILURE_MAX];

    snprintf(kind, sizeof(kind), "failed: %.100s", event->row->step->title);
    write_failure(what, kind, event->fault->cause);
    if (strcmp(said, what) == 0)
        return;
    snprintf(said, FAILURE_MAX, "%s", what);
    say_row(terminal, event, "\033[31m", what);
}

void terminal_event(void *sink, const struct event *event)
{
    struct terminal *terminal = sink;
    char what[FAILURE_MAX];

    switch (event->kind) {
    case EVENT_ROW_STARTED:
    case EVENT_UNDO_STARTED:
        break;
    case EVENT_SAID:
        say_more(terminal, event);
        break;
    case EVENT_WAITING:
        say_waiting(terminal, event);
        break;
    case EVENT_ROW_DONE:
        note_pause_row(terminal, event);
        say_row(terminal, event, "", event->row->step->title);
        break;
    case EVENT_SWITCHED:
        note_pause_row(terminal, event);
        say_row(terminal, event, "\033[32m", event->row->step->title);
        break;
    case EVENT_ROW_FAILED:
        say_failure(terminal, event);
        break;
    case EVENT_UNDONE:
        snprintf(what, sizeof(what), "undone: %s", event->row->step->undo_note);
        say_row(terminal, event, "\033[33m", what);
        break;
    case EVENT_UNDO_FAILED:
        write_failure(what, "not undone yet", event->fault->cause);
        say_row(terminal, event, "\033[31m", what);
        break;
    }
}

size_t terminal_pause_rows(const struct terminal *terminal, const struct terminal_row **ret_rows)
{
    *ret_rows = terminal->rows;
    return terminal->row_count;
}

/* "connecting to blue", "reading the configuration from F", but "creating the slot on blue shop" */
static const char *preposition(const struct fault *fault)
{
    static const char *const ends[] = {" to", " in", " of", " from", " with"};
    size_t length = strlen(fault->doing), i;

    for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (length > strlen(ends[i]) &&
            strcmp(fault->doing + length - strlen(ends[i]), ends[i]) == 0)
            return " ";
    return *fault->where == '/' ? " in " : " on ";
}

static void say(FILE *out, const char *kind, const char *colour, const char *text, int length)
{
    bool has_colour = terminal_has_colour(out);

    fprintf(out, "pgcutover: %s%s: %s%.*s\n", has_colour ? colour : "", kind,
            has_colour ? "\033[0m" : "", length, text);
}

void terminal_fault(FILE *out, const struct fault *fault, const char *detail, const char *hint)
{
    const char *more = fault->cause + strcspn(fault->cause, "\n");
    struct text line = {0};

    if (*fault->doing)
        text_add(&line, "%s%s%s: ", fault->doing, *fault->where ? preposition(fault) : "",
                 fault->where);
    else if (*fault->where)
        text_add(&line, "%s: ", fault->where);
    text_add_bytes(&line, fault->cause, (size_t) (more - fault->cause));
    if (*fault->code)
        text_add(&line, " (%s)", fault->code);
    say(out, "error", "\033[1;31m", text_string(&line), (int) line.length);
    text_free(&line);
    /* libpq says more in further lines: one for each address that it tried */
    for (more += strspn(more, "\n\t "); *more; more += strspn(more, "\n\t ")) {
        int length = (int) strcspn(more, "\n");

        say(out, "detail", "\033[1m", more, length);
        more += length;
    }
    if (detail)
        say(out, "detail", "\033[1m", detail, (int) strlen(detail));
    if (*fault->hint)
        hint = fault->hint;
    if (hint)
        say(out, "hint", "\033[36m", hint, (int) strlen(hint));
}

void terminal_paragraph(FILE *out, const char *text, int width, int column, int indent)
{
    bool begun = false; /* a word stands in this line */

    while (*text) {
        int length = (int) strcspn(text, " \n");

        if (begun && column + 1 + length > width) {
            fprintf(out, "\n%*s", indent, "");
            column = indent;
            begun = false;
        }
        fprintf(out, "%s%.*s", begun ? " " : "", length, text);
        column += length + begun;
        begun = true;
        text += length;
        if (*text == '\n') {
            fprintf(out, "\n%*s", text[1] ? indent : 0, "");
            column = indent;
            begun = false;
        }
        text += *text != '\0';
    }
    fputc('\n', out);
}
