/* What a user is told about a configuration that cannot be used. */
#include "config_internal.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NAME_MAX_SHOWN 63

const char *config_where(char buffer[CONFIG_WHERE], const char *file, int line)
{
    /* a long path is cut before its line number is */
    if (line > 0)
        snprintf(buffer, CONFIG_WHERE, "%.140s:%d", file, line);
    else
        snprintf(buffer, CONFIG_WHERE, "%.159s", file);
    return buffer;
}

const char *config_label(char buffer[CONFIG_LABEL], const struct config_option *option,
                         const char *name, const char *key)
{
    snprintf(buffer, CONFIG_LABEL, "[%.*s%s%.60s] %.60s", (int) strcspn(option->section, " "),
             option->section, name ? " " : "", name ? name : "", key);
    return buffer;
}

void config_fault(struct fault *fault, const char *where, const char *cause, ...)
{
    struct text text = {0};
    va_list arguments;

    va_start(arguments, cause);
    text_add_list(&text, cause, arguments);
    va_end(arguments);
    fault_set(fault, "reading the configuration from", where, NULL, "%s", text_string(&text));
    fault->exit_code = EXIT_USAGE;
    text_free(&text);
}

const char *config_safe_name(const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < length; i++) {
        if (!isalnum((unsigned char) name[i]) && !strchr("_.-", name[i]))
            return "(not a name)";
    }
    return length > 0 && length <= NAME_MAX_SHOWN ? name : "(not a name)";
}

static size_t smallest(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;

    return least < c ? least : c;
}

/* Levenshtein's distance, one row at a time; letters that differ in case only are equal, and so
   are - and _, which flags and keys spell differently. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_SHOWN + 2];
    size_t width = strlen(b);

    if (width > NAME_MAX_SHOWN)
        return SIZE_MAX;
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];
        int from = a[i] == '-' ? '_' : tolower((unsigned char) a[i]);

        row[0] = i + 1;
        for (size_t j = 0; j < width; j++) {
            size_t above = row[j + 1];
            size_t change = diagonal + (from != tolower((unsigned char) b[j]));

            row[j + 1] = smallest(change, above + 1, row[j] + 1);
            diagonal = above;
        }
    }
    return row[width];
}

/* Too far from everything, a name is better answered with what there is. */
static bool is_near(size_t far, const char *name)
{
    return far <= 2 || far <= strlen(name) / 3;
}

const char *config_nearer(const char *word, const char *candidate, const char *nearest)
{
    size_t far = distance(word, candidate);

    if (!is_near(far, word) || (nearest && far >= distance(word, nearest)))
        return nearest;
    return candidate;
}

void config_hint_key(struct fault *fault, const char *pattern, const char *key)
{
    const char *nearest = NULL, *elsewhere = NULL;
    size_t least = SIZE_MAX;
    struct text keys = {0};

    for (size_t i = 0; i < config_option_count; i++) {
        const struct config_option *option = &config_options[i];
        size_t far = distance(key, option->key);

        if (!string_equal(option->section, pattern)) {
            if (far == 0)
                elsewhere = option->section;
            continue;
        }
        text_add(&keys, "%s%s", keys.length ? ", " : "", option->key);
        if (far < least) {
            least = far;
            nearest = option->key;
        }
    }
    if (nearest && is_near(least, key))
        fault_hint(fault, "Did you mean \"%s\"?", nearest);
    else if (elsewhere)
        fault_hint(fault, "\"%s\" belongs into section [%.*s].", key, (int) strcspn(elsewhere, " "),
                   elsewhere);
    else
        fault_hint(fault, "Keys of this section are: %s.", text_string(&keys));
    text_free(&keys);
}

void config_hint_section(struct fault *fault, const char *section)
{
    const char *nearest = NULL;
    size_t least = SIZE_MAX;
    struct text word = {0};

    text_add_bytes(&word, section, strcspn(section, " \t"));
    for (size_t i = 0; i < config_section_count; i++) {
        struct text known = {0};
        size_t far;

        text_add_bytes(&known, config_sections[i].pattern,
                       strcspn(config_sections[i].pattern, " "));
        far = distance(text_string(&word), text_string(&known));
        if (far < least) {
            least = far;
            nearest = config_sections[i].pattern;
        }
        text_free(&known);
    }
    if (nearest && is_near(least, text_string(&word)))
        fault_hint(fault,
                   config_section_is_named(nearest) ? "Write it as [%.*s NAME]."
                                                    : "Did you mean [%.*s]?",
                   (int) strcspn(nearest, " "), nearest);
    else
        fault_hint(fault, "Sections are [cluster NAME], [blue], [green], [green.parameters], "
                          "[database NAME], [pooler NAME], [pause] and [fence].");
    text_free(&word);
}
