/* What check --plans found, for people: flips, worst first, then what was not compared. */
#include "check_plans.h"

#include "../base/text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN_MAX 20 /* of one reason; the JSON has all of them */
#define SETTINGS_MAX 4
#define NAMES_MAX 5
#define WIDTH 100

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* Names may hold what a terminal obeys. */
static char *plain_copy(const char *string)
{
    struct text text = {0};

    text_add_plain(&text, string);
    return text_take(&text);
}

static void print_plain(const char *before, const char *string, const char *behind)
{
    char *plain = plain_copy(string);

    printf("%s%s%s", before, plain ? plain : "", behind);
    free(plain);
}

/* One line, of as many characters as there is room for. */
static void print_short(const char *string, int room)
{
    size_t end = 0, cut = 0;
    char *plain = plain_copy(string), *from, *to;
    int characters = 0;

    for (from = to = plain; plain && *from; from++)
        if (*from != ' ' || (to > plain && to[-1] != ' '))
            *to++ = *from;
    if (to)
        *to = '\0';
    room = room < 20 ? 20 : room;
    for (; plain && plain[end]; end++) {
        if (((unsigned char) plain[end] & 0xC0) == 0x80)
            continue;
        if (++characters == room - 2)
            cut = end;
        if (characters > room)
            break;
    }
    if (characters > room)
        printf("%.*s...", (int) cut, plain);
    else
        printf("%s", plain ? plain : "");
    free(plain);
}

static const char *amount(double value, char buffer[32])
{
    snprintf(buffer, 32, value < 10 ? "%.2f" : value < 1e7 ? "%.0f" : "%.1e", value);
    return buffer;
}

static const char *milliseconds(double ms, char buffer[32])
{
    return terminal_duration((int64_t) (ms * (double) NS_PER_MS), buffer);
}

static void print_changes(const struct plan_difference *difference)
{
    size_t i;

    for (i = 0; i < difference->change_count; i++) {
        const struct plan_change *change = &difference->changes[i];

        if (change->blue && change->green) {
            print_plain("        ", change->blue, " -> ");
            print_plain("", change->green, "\n");
        } else if (change->blue) {
            print_plain("        only on blue: ", change->blue, "\n");
        } else {
            print_plain("        only on green: ", change->green, "\n");
        }
    }
    if (difference->more_changes)
        printf("        ... and %zu more\n", difference->more_changes);
}

static void print_settings(const struct plan_difference *difference)
{
    size_t i;

    for (i = 0; i < difference->setting_count && i < SETTINGS_MAX; i++) {
        const struct plan_setting *setting = &difference->settings[i];

        print_plain("        ", setting->name, ": ");
        print_plain("", setting->blue ? setting->blue : "as built in", " on blue, ");
        print_plain("", setting->green ? setting->green : "as built in", " on green\n");
    }
    if (difference->setting_count > SETTINGS_MAX)
        printf("        ... and %zu more settings\n", difference->setting_count - SETTINGS_MAX);
}

static void print_costs(const struct plan_item *item)
{
    const struct plan_difference *difference = &item->difference;
    char blue[32], green[32];

    printf("        cost %s -> %s", amount(difference->blue_cost, blue),
           amount(difference->green_cost, green));
    if (difference->is_of_time)
        printf("; time %s -> %s%s", milliseconds(difference->blue_ms, blue),
               item->green_timed_out ? "not at its end after " : "",
               milliseconds(difference->green_ms, green));
    putchar('\n');
}

static void print_unanalyzed(const struct plan_item *item)
{
    size_t i;

    if (!item->unanalyzed_count)
        return;
    fputs("        never analyzed on green: ", stdout);
    for (i = 0; i < item->unanalyzed_count && i < NAMES_MAX; i++)
        print_plain(i ? ", " : "", item->unanalyzed[i], "");
    if (item->unanalyzed_count > NAMES_MAX)
        printf(" and %zu more", item->unanalyzed_count - NAMES_MAX);
    putchar('\n');
}

static void print_place(const struct plan_item *item)
{
    if (item->line)
        printf("line %ld", item->line);
    else
        printf("queryid %s", item->queryid ? item->queryid : "unknown");
}

static void print_flip(const struct plan_item *item, size_t rank, int name_width, int width)
{
    char factor[32], share[16] = "-", *database = plain_copy(item->database);

    if (item->share >= 0)
        snprintf(share, sizeof(share), "%.1f%%", item->share * 100);
    printf("%4zu  %8s  %6s  %-*s  ", rank, amount(item->difference.factor, factor), share,
           name_width, database);
    free(database);
    print_short(item->text, width - 26 - name_width);
    putchar('\n');
    print_changes(&item->difference);
    print_costs(item);
    print_settings(&item->difference);
    print_unanalyzed(item);
    fputs("        ", stdout);
    print_place(item);
    if (item->user)
        print_plain(", as ", item->user, "");
    putchar('\n');
}

static void print_flips(const struct plans *plans, int width)
{
    bool colour = terminal_has_colour(stdout);
    size_t i, compared = plans_count(plans).compared;
    int name_width = 8;

    for (i = 0; i < plans->count && plans_is_flip(&plans->items[i]); i++)
        if ((int) strlen(plans->items[i].database) > name_width)
            name_width = (int) strlen(plans->items[i].database);
    if (i == 0) {
        if (compared)
            printf("%zu compared: no plan of green is another one, or worse.\n", compared);
        else
            puts("Nothing was compared.");
        return;
    }
    printf("%s%4s  %8s  %6s  %-*s  %s%s\n", colour ? "\033[1m" : "", "rank", "times", "share",
           name_width, "database", "statement", colour ? "\033[0m" : "");
    for (i = 0; i < plans->count && plans_is_flip(&plans->items[i]); i++)
        print_flip(&plans->items[i], i + 1, name_width, width);
}

/* --- what was not compared, or not run ---------------------------------------------------------
 */

static const char *reason_of(const struct plan_item *item, bool of_run)
{
    return of_run ? item->result == PLAN_COMPARED ? item->not_run : NULL
           : item->result == PLAN_NOT_COMPARED ? item->reason
                                               : NULL;
}

/* Of what may hold a password there is nothing to show but which ones they are. */
static void print_hidden(const struct plans *plans, const char *reason, int width)
{
    struct text text = {0};
    size_t i, count = 0;

    for (i = 0; i < plans->count; i++) {
        const struct plan_item *item = &plans->items[i];

        if (item->text || !string_equal(reason_of(item, false), reason) || ++count > SHOWN_MAX)
            continue;
        text_add_string(&text, text.length ? ", " : "");
        text_add_plain(&text, item->database);
        if (item->line)
            text_add(&text, " line %ld", item->line);
        else
            text_add(&text, " queryid %s", item->queryid ? item->queryid : "unknown");
    }
    if (count > SHOWN_MAX)
        text_add(&text, " and %zu more", count - SHOWN_MAX);
    if (count) {
        fputs("        ", stdout);
        terminal_paragraph(stdout, text_string(&text), width, 8, 8);
    }
    text_free(&text);
}

static void print_reason(const struct plans *plans, const char *reason, bool of_run, int width)
{
    size_t i, shown = 0, count = 0;

    for (i = 0; i < plans->count; i++)
        count += string_equal(reason_of(&plans->items[i], of_run), reason);
    print_plain(of_run ? "not run: " : "not compared: ", reason, "");
    printf(" (%zu)\n", count);
    if (!of_run)
        print_hidden(plans, reason, width);
    for (i = 0; i < plans->count && shown <= SHOWN_MAX; i++) {
        const struct plan_item *item = &plans->items[i];

        if (!item->text || !string_equal(reason_of(item, of_run), reason))
            continue;
        if (shown++ == SHOWN_MAX) {
            puts("        ... and more: --output=json lists all of them");
            break;
        }
        print_plain("        ", item->database, ": ");
        print_place(item);
        fputs(": ", stdout);
        print_short(item->text, width - 40 - (int) strlen(item->database));
        putchar('\n');
    }
}

/* Each reason once, with its statements; what fails on green only comes first. */
static void print_reasons(const struct plans *plans, bool of_run, bool on_green, int width)
{
    size_t i, j;

    for (i = 0; i < plans->count; i++) {
        const char *reason = reason_of(&plans->items[i], of_run);
        bool is_told = false;

        if (!reason || (!of_run && plans->items[i].fails_on_green != on_green))
            continue;
        for (j = 0; j < i; j++)
            is_told = is_told || string_equal(reason_of(&plans->items[j], of_run), reason);
        if (!is_told)
            print_reason(plans, reason, of_run, width);
    }
}

static void print_head(const struct plans *plans)
{
    size_t databases = plans_count(plans).databases;

    if (plans->read_in)
        printf("The statements on which blue spent most time: %zu, of %zu database%s", plans->count,
               databases, plural(databases));
    if (plans->read_in)
        print_plain(" (pg_stat_statements, read in ", plans->read_in, ").\n");
    else
        printf("The statements of the file: %zu, of %zu database%s.\n", plans->count, databases,
               plural(databases));
    printf("Planned on blue (%s) and on green (%s)%s.\n\n", plans->blue_release,
           plans->green_release, plans->runs ? ", and run where that is possible" : "");
    if (!plans->is_analyzed)
        puts("Green has not been analyzed yet: what its planner knows of its tables is not worth "
             "much.\n");
}

void plans_print(const struct plans *plans)
{
    struct plans_counts counts = plans_count(plans);
    int width = terminal_width(stdout, WIDTH);

    print_head(plans);
    print_flips(plans, width);
    if (counts.not_compared || counts.not_run)
        putchar('\n');
    print_reasons(plans, false, true, width);
    print_reasons(plans, false, false, width);
    if (plans->runs)
        print_reasons(plans, true, false, width);
    fflush(stdout);
    fprintf(stderr,
            "%zu statement%s, %zu compared: %zu worse on green, %zu only planned otherwise; "
            "%zu not compared",
            plans->count, plural(plans->count), counts.compared, counts.worse,
            counts.flips - counts.worse, counts.not_compared);
    if (counts.fail_on_green)
        fprintf(stderr, ", %zu of them for what only green says", counts.fail_on_green);
    if (counts.left_out)
        fprintf(stderr, "; %zu left out, of catalogs only", counts.left_out);
    if (plans->runs)
        fprintf(stderr, "; %zu run, %zu not", counts.run, counts.not_run);
    fputc('\n', stderr);
}
