#include "watch_screen.h"
#include "terminal.h"
#include "watch_keys.h"
#include "watch_view.h"

#include "../base/keyboard.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The alternate screen, no cursor, no line that goes on in the next one. */
#define ENTER "\033[?1049h\033[?25l\033[?7l\033[H\033[2J"
#define LEAVE "\033[0m\033[?7h\033[?25h\033[?1049l"

struct watch_screen {
    struct keyboard *keyboard;
    struct watch_keys keys;
    struct watch_view view;
    struct watch *frozen; /* what is shown while paused */
    struct canvas shown;  /* what stands on the screen */
    bool is_due, has_ended, has_colour, has_utf8;
    bool is_anew; /* nothing of `shown` stands there any more */
    bool wants_pause;
};

static bool locale_is_utf8(void)
{
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t) 0);
    bool is = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;

    if (locale)
        freelocale(locale);
    return is;
}

bool watch_screen_is_possible(int out)
{
    const char *term = getenv("TERM");

    return isatty(out) && term && *term && strcmp(term, "dumb") != 0;
}

/* --- keys ------------------------------------------------------------------------------------- */

static void choose(struct watch_screen *screen, size_t cluster)
{
    screen->view.chosen = cluster;
    screen->view.first = 0;
    screen->view.is_overview = false;
}

static void move(struct watch_screen *screen, int64_t by)
{
    struct watch_view *view = &screen->view;
    size_t *at = view->is_overview ? &view->chosen : &view->first;

    if (by < 0 && *at < (size_t) -by)
        *at = 0;
    else
        *at += (size_t) by; /* drawing knows where the end is */
}

static void press(struct watch_screen *screen, enum watch_key key, size_t clusters)
{
    struct watch_view *view = &screen->view;
    int64_t page = view->page > 1 ? (int64_t) view->page - 1 : 1;

    if (key >= WATCH_KEY_1 && key <= WATCH_KEY_9) {
        if ((size_t) (key - WATCH_KEY_1) < clusters)
            choose(screen, (size_t) (key - WATCH_KEY_1));
        return;
    }
    switch (key) {
    case WATCH_KEY_QUIT:
        screen->has_ended = true;
        break;
    case WATCH_KEY_PAUSE:
        screen->wants_pause = !screen->wants_pause;
        break;
    case WATCH_KEY_HELP:
        view->is_help = !view->is_help;
        break;
    case WATCH_KEY_ESCAPE:
        view->is_help = false;
        break;
    case WATCH_KEY_SORT:
        view->order = (enum watch_order)((view->order + 1) % WATCH_ORDERS);
        view->first = 0;
        break;
    case WATCH_KEY_NEXT:
        choose(screen, clusters ? (view->chosen + 1) % clusters : 0);
        break;
    case WATCH_KEY_PREVIOUS:
        choose(screen, clusters ? (view->chosen + clusters - 1) % clusters : 0);
        break;
    case WATCH_KEY_ALL:
        view->is_overview = clusters > 1;
        break;
    case WATCH_KEY_ENTER:
        view->is_overview = false;
        break;
    case WATCH_KEY_UP:
        move(screen, -1);
        break;
    case WATCH_KEY_DOWN:
        move(screen, 1);
        break;
    case WATCH_KEY_PAGE_UP:
        move(screen, -page);
        break;
    case WATCH_KEY_PAGE_DOWN:
        move(screen, page);
        break;
    case WATCH_KEY_HOME:
        move(screen, -(int64_t) (SIZE_MAX / 4));
        break;
    case WATCH_KEY_END:
        view->first = 0;
        move(screen, (int64_t) (SIZE_MAX / 4));
        break;
    default:
        break;
    }
}

static void on_typed(void *context, const char *bytes, size_t length)
{
    struct watch_screen *screen = context;
    size_t i, clusters = screen->view.watch ? screen->view.watch->cluster_count : 0;

    for (i = 0; i <= length; i++) {
        enum watch_key key =
            i < length ? watch_key_of(&screen->keys, bytes[i]) : watch_key_end(&screen->keys);

        if (key == WATCH_KEY_NONE)
            continue;
        press(screen, key, clusters);
        screen->is_due = true;
    }
}

static void on_changed(void *context)
{
    struct watch_screen *screen = context;

    screen->is_due = true;
}

static void on_lost(void *context)
{
    struct watch_screen *screen = context;

    screen->is_due = screen->is_anew = true;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static bool is_same(const struct canvas *one, const struct canvas *other, int row)
{
    return strcmp(text_string(&one->rows[row].text), text_string(&other->rows[row].text)) == 0;
}

/* What differs from what stands there. */
static void add_frame(const struct watch_screen *screen, const struct canvas *next, bool is_anew,
                      struct text *frame)
{
    int row;

    if (is_anew)
        text_add_string(frame, "\033[0m\033[H\033[2J");
    for (row = 0; row < next->height; row++) {
        if (!is_anew && is_same(next, &screen->shown, row))
            continue;
        text_add(frame, "\033[%d;1H%s", row + 1, text_string(&next->rows[row].text));
        /* behind the last column it would take away what stands in that */
        if (next->rows[row].columns < next->width)
            text_add_string(frame, "\033[K");
    }
}

static void draw(struct watch_screen *screen)
{
    struct canvas next = {.has_colour = screen->has_colour, .has_utf8 = screen->has_utf8};
    struct text frame = {0};
    bool is_anew, is_shown;
    int width, height;

    keyboard_size(screen->keyboard, &width, &height);
    is_anew = screen->is_anew || width != screen->shown.width || height != screen->shown.height;
    canvas_begin(&next, width, height);
    watch_view_draw(&screen->view, &next);
    add_frame(screen, &next, is_anew, &frame);
    is_shown = !frame.length || keyboard_frame(screen->keyboard, frame.data, frame.length);
    text_free(&frame);
    if (is_shown) {
        canvas_end(&screen->shown);
        screen->shown = next;
        screen->is_anew = false;
    } else {
        canvas_end(&next);
    }
}

static void freeze(struct watch_screen *screen, const struct watch *watch)
{
    if (screen->wants_pause && !screen->frozen) {
        screen->frozen = watch_copy(watch);
    } else if (!screen->wants_pause) {
        watch_free(screen->frozen);
        screen->frozen = NULL;
    }
    screen->view.is_paused = screen->frozen != NULL;
}

void watch_screen_draw(struct watch_screen *screen, const struct watch *watch)
{
    struct watch_view *view = &screen->view;

    screen->is_due = false;
    freeze(screen, watch);
    view->watch = screen->frozen ? screen->frozen : watch;
    if (view->watch->cluster_count && view->chosen >= view->watch->cluster_count)
        view->chosen = view->watch->cluster_count - 1;
    draw(screen);
    view->watch = watch; /* keys come before the next drawing */
}

bool watch_screen_is_due(const struct watch_screen *screen)
{
    return screen->is_due;
}

bool watch_screen_has_ended(const struct watch_screen *screen)
{
    return screen->has_ended || keyboard_is_gone(screen->keyboard);
}

struct watch_screen *watch_screen_new(struct loop *loop, int in, int out)
{
    struct watch_screen *screen = memory_new(sizeof(*screen));
    const struct keyboard_user user = {screen, on_typed, on_changed, on_lost, on_changed};

    screen->is_due = screen->is_anew = true;
    screen->has_colour = terminal_file_has_colour(out);
    screen->has_utf8 = locale_is_utf8();
    screen->keyboard = keyboard_new(loop, in, out, ENTER, LEAVE, &user);
    return screen;
}

void watch_screen_free(struct watch_screen *screen)
{
    if (!screen)
        return;
    keyboard_free(screen->keyboard);
    canvas_end(&screen->shown);
    watch_free(screen->frozen);
    free(screen);
}
