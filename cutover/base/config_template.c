/* The commented file that `init` writes: every section and option of the table. */
#include "config_internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define WIDTH 90

/* Comment lines of at most WIDTH characters. */
static void write_comment(FILE *out, const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t length = strcspn(text, " ");

        if (column == 0 || column + 1 + length > WIDTH) {
            fprintf(out, "%s#", column ? "\n" : "");
            column = 1;
        }
        fprintf(out, " %.*s", (int) length, text);
        column += 1 + length;
        text += length + (text[length] == ' ');
    }
    fputc('\n', out);
}

/* A semicolon behind a space begins a comment, and nothing quotes it. */
static bool can_be_written(const char *value)
{
    for (; *value; value++) {
        if (isspace((unsigned char) *value) && value[1] == ';')
            return false;
    }
    return true;
}

/* The value of this option in `base`; NULL: not given (base NULL), or the default. */
static char *known_value(const struct config_option *option, const void *base)
{
    char *value = base ? config_value_print_safe(option, base) : NULL;

    /* a duration of nothing is one that was never set */
    if (value && (string_equal(value, option->default_value) || string_equal(value, "0ms") ||
                  string_equal(value, "0%"))) {
        free(value);
        value = NULL;
    }
    return value;
}

static void write_option(FILE *out, const struct config_option *option, const void *base)
{
    char *value = known_value(option, base);
    const char *shown = option->default_value ? option->default_value : option->example;
    struct text help = {0};

    text_add(&help, "%s%s", option->help, option->required || option->clone ? " Required" : "");
    if (option->kind)
        text_add(&help, "%s with kind = %s", option->required ? "" : " Only", option->kind);
    if (option->required || option->clone || option->kind)
        text_add_string(&help, ".");
    if (value && !can_be_written(value))
        text_add_string(&help, " (The value that was given holds a semicolon behind a space, "
                               "which would begin a comment here.)");
    write_comment(out, text_string(&help));
    if (value && can_be_written(value))
        fprintf(out, "%s = %s\n", option->key, value);
    else
        fprintf(out, "#%s = %s\n", option->key, shown);
    free(value);
    text_free(&help);
}

static void write_options(FILE *out, const char *pattern, const void *base)
{
    for (size_t i = 0; i < config_option_count; i++) {
        if (string_equal(config_options[i].section, pattern))
            write_option(out, &config_options[i], base);
    }
}

static void write_named(FILE *out, const char *pattern, const struct config *known)
{
    size_t word = strcspn(pattern, " ");
    size_t written = 0;

    if (string_equal(pattern, "cluster *") && known->cluster_name) {
        fprintf(out, "[cluster %s]\n", known->cluster_name);
        write_options(out, pattern, known);
        return;
    }
    for (size_t i = 0; string_equal(pattern, "pooler *") && i < known->pooler_count; i++) {
        fprintf(out, "%s[pooler %s]\n", written++ ? "\n" : "", known->poolers[i].name);
        write_options(out, pattern, &known->poolers[i]);
    }
    for (size_t i = 0; string_equal(pattern, "database *") && i < known->database_count; i++) {
        fprintf(out, "%s[database %s]\n", written++ ? "\n" : "", known->databases[i].name);
        write_options(out, pattern, &known->databases[i]);
    }
    for (size_t i = 0; string_equal(pattern, CONFIG_PROBE) && i < known->probe_count; i++) {
        fprintf(out, "%s[guard_probe %s]\n", written++ ? "\n" : "", known->probes[i].name);
        write_options(out, pattern, &known->probes[i]);
    }
    if (written > 0)
        return;
    fprintf(out, "#[%.*s NAME]\n", (int) word, pattern);
    write_options(out, pattern, string_equal(pattern, "cluster *") ? known : NULL);
}

static void write_parameters(FILE *out, const struct config *known)
{
    const struct config_option *option = config_option_find(CONFIG_PARAMETERS, "*");

    fprintf(out, "[%s]\n", CONFIG_PARAMETERS);
    write_comment(out, option->help);
    if (known->green.parameter_count == 0)
        fprintf(out, "#%s\n", option->example);
    for (size_t i = 0; i < known->green.parameter_count; i++)
        fprintf(out, "%s%s = %s\n", can_be_written(known->green.parameters[i].value) ? "" : "#",
                known->green.parameters[i].name, known->green.parameters[i].value);
}

void config_write_template(FILE *out, const struct config *known)
{
    static const struct config nothing = {.way_back = true, .client_probe = true};

    known = known ? known : &nothing;
    write_comment(out, "pgcutover.ini: read by every command of pgcutover. Values that are "
                       "commented out are the defaults, or examples where there is no default.");
    write_comment(out, "A flag (--blue-conninfo) goes over a variable (PGCUTOVER_BLUE_CONNINFO), "
                       "and that over this file. Passwords belong into ~/.pgpass.");
    for (size_t i = 0; i < config_section_count; i++) {
        const char *pattern = config_sections[i].pattern;

        fputc('\n', out);
        write_comment(out, config_sections[i].help);
        if (config_section_is_named(pattern)) {
            write_named(out, pattern, known);
        } else if (string_equal(pattern, CONFIG_PARAMETERS)) {
            write_parameters(out, known);
        } else {
            fprintf(out, "[%s]\n", pattern);
            write_options(out, pattern, known);
        }
    }
}
