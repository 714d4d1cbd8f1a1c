#include "target.h"

#include "../cutover/base/text.h"
#include "../replication/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char host[] = "green's host";

const char *target_value(const char *output, const char *key, char *buffer, size_t size)
{
    size_t length = strlen(key);

    for (; output; output = strchr(output, '\n')) {
        output += *output == '\n';
        if (strncmp(output, key, length) == 0 && output[length] == '=') {
            snprintf(buffer, size, "%.*s", (int) strcspn(output + length + 1, "\n"),
                     output + length + 1);
            return buffer;
        }
    }
    return NULL;
}

bool target_is_complete(const char *output)
{
    static const char last[] = "complete";
    size_t length = output ? strlen(output) : 0, word = strlen(last);

    length -= length && output[length - 1] == '\n';
    return length >= word && strncmp(output + length - word, last, word) == 0 &&
           (length == word || output[length - word - 1] == '\n');
}

/* --- what is wanted ------------------------------------------------------------------------- */

static bool has_place(const char *places, const char *place)
{
    size_t length = strlen(place);
    const char *at = places;

    while ((at = strstr(at, place)) != NULL) {
        if ((at == places || at[-1] == ' ') && (!at[length] || at[length] == ','))
            return true;
        at += length;
    }
    return false;
}

static void add_place(struct want *want, const char *place)
{
    struct text text = {0};

    if (!place || has_place(want->places, place))
        return;
    text_add(&text, "%s%s%s", want->places, *want->places ? ", " : "", place);
    free(want->places);
    want->places = text_take(&text);
}

void wants_add(struct wants *wants, enum want_kind kind, const char *name, const char *version,
               const char *owner, const char *place)
{
    struct want *want;
    size_t i;

    for (i = 0; i < wants->count; i++) {
        want = &wants->list[i];
        if (want->kind == kind && string_equal(want->name, name) &&
            string_equal(want->version, version) && string_equal(want->owner, owner)) {
            add_place(want, place);
            return;
        }
    }
    if (wants->count == wants->capacity) {
        wants->capacity = wants->capacity ? wants->capacity * 2 : 16;
        wants->list = memory_grow(wants->list, wants->capacity * sizeof *wants->list);
    }
    want = &wants->list[wants->count++];
    *want = (struct want){.kind = kind,
                          .name = memory_copy(name),
                          .version = memory_copy(version),
                          .owner = memory_copy(owner),
                          .places = memory_copy("")};
    add_place(want, place);
}

bool wants_read(struct wants *wants, const struct reply *reply, const char *place)
{
    int row;

    for (row = 0; row < reply_rows(reply); row++) {
        const char *kind = reply_value(reply, row, "kind"), *name = reply_value(reply, row, "name");
        const char *version = reply_value(reply, row, "version");
        const char *owner = reply_value(reply, row, "owner");
        struct text where = {0};

        if (!kind || !name)
            return false;
        if (string_equal(kind, "extension_path")) {
            free(wants->extension_path);
            wants->extension_path = memory_copy(name);
        } else if (string_equal(kind, "shared_preload")) {
            free(wants->preload);
            wants->preload = memory_copy(name);
        } else if (string_equal(kind, "library_path")) {
            free(wants->library_path);
            wants->library_path = memory_copy(name);
        } else if (string_equal(kind, "extension")) {
            wants_add(wants, WANT_EXTENSION, name, version ? version : "", NULL, place);
        } else if (string_equal(kind, "relations")) {
            wants->relations += strtoll(name, NULL, 10);
        } else if (string_equal(kind, "function")) {
            wants_add(wants, WANT_FUNCTION, name, NULL, owner, place);
        } else if (string_equal(kind, "preload")) {
            wants_add(wants, WANT_PRELOAD, name, NULL, NULL, owner);
        } else if (place) { /* the locale of a collation */
            text_add(&where, "collation %s of %s", owner ? owner : "", place);
            wants_add(wants, WANT_LOCALE, name, NULL, NULL, text_string(&where));
            text_free(&where);
        } else {
            wants_add(wants, WANT_LOCALE, name, NULL, NULL, owner);
        }
    }
    return true;
}

void wants_free(struct wants *wants)
{
    size_t i;

    if (!wants)
        return;
    for (i = 0; i < wants->count; i++) {
        free(wants->list[i].name);
        free(wants->list[i].version);
        free(wants->list[i].owner);
        free(wants->list[i].places);
    }
    free(wants->list);
    free(wants->extension_path);
    free(wants->library_path);
    free(wants->preload);
    *wants = (struct wants){0};
}

/* --- what there is -------------------------------------------------------------------------- */

static bool is_line(const char *name)
{
    return !strchr(name, '\n');
}

char *wants_lines(const struct wants *wants)
{
    static const char *const words[] = {[WANT_EXTENSION] = "extension",
                                        [WANT_FUNCTION] = "library",
                                        [WANT_PRELOAD] = "library",
                                        [WANT_LOCALE] = "locale"};
    struct text text = {0};
    size_t i;

    for (i = 0; i < wants->count; i++)
        if (is_line(wants->list[i].name))
            text_add(&text, "%s %s\n", words[wants->list[i].kind], wants->list[i].name);
    text_add_string(&text, "end\n");
    return text_take(&text);
}

/* Goes to the next line "word<TAB>name", or, where `rest` is given, "word<TAB>name<TAB>rest". NULL:
   none; *ret_rest: what stands behind the name. */
static const char *next_line(const char *output, const char *word, const char *name,
                             const char **ret_rest)
{
    size_t word_length = strlen(word), length = strlen(name);

    for (; output && *output; output = strchr(output, '\n')) {
        output += *output == '\n';
        if (strncmp(output, word, word_length) != 0 || output[word_length] != '\t' ||
            strncmp(output + word_length + 1, name, length) != 0)
            continue;
        *ret_rest = output + word_length + 1 + length;
        if (**ret_rest == '\t' || **ret_rest == '\n' || !**ret_rest) {
            *ret_rest += **ret_rest == '\t';
            return output + word_length;
        }
    }
    return NULL;
}

static bool has_line(const char *output, const char *word, const char *name)
{
    const char *rest;

    return next_line(output, word, name, &rest) != NULL;
}

/* Does one of the words of a line, which tabs divide, say so? */
static bool has_word(const char *line, const char *word)
{
    size_t length = strlen(word);

    for (;;) {
        size_t part = strcspn(line, "\t\n");

        if (part == length && strncmp(line, word, length) == 0)
            return true;
        if (line[part] != '\t')
            return false;
        line += part + 1;
    }
}

/* Its own default, or a version that one of its scripts makes or goes on from. */
static bool knows_version(const char *output, const char *name, const char *version)
{
    static const char *const words[] = {"control", "script"};
    const char *at, *rest;
    size_t i;

    for (i = 0; i < 2; i++)
        for (at = output; (at = next_line(at, words[i], name, &rest)) != NULL;)
            if (has_word(rest, version))
                return true;
    return false;
}

static void judge_extension(struct finding_list *list, const struct want *want, const char *output)
{
    const char *rest = "";
    struct text text = {0};

    text_add(&text, "version %s in %s", want->version, want->places);
    if (!next_line(output, "control", want->name, &rest)) {
        finding_add(list, check_find("extension_missing"), host, want->name, text_string(&text),
                    NULL);
    } else if (!knows_version(output, want->name, want->version)) {
        text_add(&text, "; there is %.*s, and no script for the other", (int) strcspn(rest, "\n"),
                 rest);
        finding_add(list, check_find("extension_version"), host, want->name, text_string(&text),
                    NULL);
    }
    text_free(&text);
}

/* A library of an extension that is not there is missing with it. */
static void judge_function(struct finding_list *list, const struct want *want, const char *output)
{
    struct text text = {0};
    bool is_untold = has_line(output, "untold", want->name), is_asked = is_line(want->name);

    if ((want->owner && !has_line(output, "control", want->owner)) ||
        (is_asked && !is_untold && !has_line(output, "missing", want->name)))
        return;
    text_add(&text, "functions in %s", want->places);
    if (want->owner)
        text_add(&text, ", of extension %s", want->owner);
    if (is_untold)
        text_add_string(&text, "; a path within the data directory, which is not looked for");
    finding_add(list, check_find("function_library_missing"), host, want->name, text_string(&text),
                NULL);
    text_free(&text);
}

static void judge_named(struct finding_list *list, const struct want *want, const char *output,
                        const char *word, const char *id)
{
    struct text text = {0};

    if (is_line(want->name) && !has_line(output, word, want->name))
        return;
    text_add(&text, "in %s", want->places);
    finding_add(list, check_find(id), host, want->name, text_string(&text), NULL);
    text_free(&text);
}

static bool is(const char *output, const char *key, const char *value)
{
    char buffer[64];

    return string_equal(target_value(output, key, buffer, sizeof(buffer)), value);
}

bool wants_judge(struct finding_list *list, const struct wants *wants, const char *output)
{
    static const char *const of_files[] = {"extension_missing", "extension_version",
                                           "library_missing", "function_library_missing"};
    bool has_files = is(output, "files", "known"), has_locales = is(output, "locales", "known");
    size_t i;

    if (!target_is_complete(output))
        return false;
    for (i = 0; i < sizeof(of_files) / sizeof(of_files[0]) && !has_files; i++)
        finding_not_asked(list, check_find(of_files[i]),
                          "nobody knows where green's programs have extensions and libraries: "
                          "there is no pg_config of theirs");
    if (!has_locales)
        finding_not_asked(list, check_find("locale_missing"), "green's host has no program locale");
    for (i = 0; i < wants->count; i++) {
        const struct want *want = &wants->list[i];

        if (want->kind == WANT_LOCALE && has_locales)
            judge_named(list, want, output, "no_locale", "locale_missing");
        else if (want->kind == WANT_EXTENSION && has_files)
            judge_extension(list, want, output);
        else if (want->kind == WANT_FUNCTION && has_files)
            judge_function(list, want, output);
        else if (want->kind == WANT_PRELOAD && has_files) {
            judge_named(list, want, output,
                        has_line(output, "untold", want->name) ? "untold" : "missing",
                        "library_missing");
        }
    }
    return true;
}
