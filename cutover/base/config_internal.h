/*
 * config_internal.h: what config.c shares with its parts config_*.c; nobody else includes it.
 */
#ifndef PGCUTOVER_BASE_CONFIG_INTERNAL_H
#define PGCUTOVER_BASE_CONFIG_INTERNAL_H

#include "config.h"
#include "text.h"

/* config_options.c: sections, in the order of the template. */
struct config_section {
    const char *pattern; /* "blue", "pooler *" */
    const char *help;
};
extern const struct config_section config_sections[];
extern const size_t config_section_count;

#define CONFIG_PARAMETERS "green.parameters"

bool config_section_is_named(const char *pattern);
/* The pattern that "blue" or "pooler p1" is of, and its name (NULL, or a pointer into `section`);
   NULL: there is no such section. */
const char *config_section_find(const char *section, const char **ret_name);
const struct config_option *config_option_find(const char *pattern, const char *key);

/* The options that are really there: one visit an option and instance of its section. `name` is
   the instance's (NULL for sections without), `base` what option->offset counts from. Free keys
   ([green.parameters]) are not visited. Stops and returns false when the visitor does. */
bool config_each(struct config *config,
                 bool (*visit)(void *context, const struct config_option *option, const char *name,
                               void *base),
                 void *context);

/* config_guard.c: the sections of the guard. */
#define CONFIG_PROBE "guard_probe *"
struct config_probe *config_probe_find(struct config *config, const char *name); /* or makes it */
bool config_guard_check(const struct config *config, struct fault *fault)
    __attribute__((warn_unused_result));
/* config_notify.c: hooks, and whom to tell. */
#define CONFIG_NOTIFY "notify *"
struct config_notify *config_notify_find(struct config *config, const char *name); /* or makes it */
bool config_notify_check(const struct config *config, struct fault *fault)
    __attribute__((warn_unused_result));
void config_notify_free(struct config *config); /* what config_value_clear() leaves */
/* config.c */
void config_set_defaults(const char *pattern, void *base);

/* config_file.c: the file's lines, before anybody asks what they mean. */
struct config_line {
    char *section; /* "pooler p1" */
    char *key;     /* NULL: the section's header itself */
    char *value;
    int line;
};

struct config_lines {
    struct config_line *list;
    size_t count;
};

bool config_lines_read(const char *file, struct config_lines *ret_lines, struct fault *fault)
    __attribute__((warn_unused_result));
void config_lines_free(struct config_lines *lines);

/* config_fault.c: all of them are EXIT_USAGE. */
#define CONFIG_WHERE 160
#define CONFIG_LABEL 160
const char *config_where(char buffer[CONFIG_WHERE], const char *file, int line);
/* "[pooler p1] file" */
const char *config_label(char buffer[CONFIG_LABEL], const struct config_option *option,
                         const char *name, const char *key);
__attribute__((format(printf, 3, 4))) void config_fault(struct fault *fault, const char *where,
                                                        const char *cause, ...);
/* A key or value as a fault may show it: one that is not a word can hold a secret. */
const char *config_safe_name(const char *name);
/* Hints at the nearest known name by edit distance, or lists them. */
void config_hint_key(struct fault *fault, const char *pattern, const char *key);
void config_hint_section(struct fault *fault, const char *section);

/* config_value.c: text to member and back; a blank text means "not given". Values of connection
   strings and commands are never put into the fault. */
bool config_value_set(const struct config_option *option, void *base, const char *text,
                      const char *where, const char *label, struct fault *fault)
    __attribute__((warn_unused_result));
bool config_value_is_given(const struct config_option *option, const void *base);
/* The value as the file would spell it; NULL: not given. Caller frees. */
char *config_value_print(const struct config_option *option, const void *base);
/* The same without passwords: all that goes to the template and into the hash. */
char *config_value_print_safe(const struct config_option *option, const void *base);
void config_value_clear(const struct config_option *option, void *base);

/* config_conninfo.c */
/* One keyword = value of a keyword/value string. Returns where to go on; NULL: cannot be read.
   At the end *ret_key is NULL. Caller frees both. */
const char *config_conninfo_word(const char *at, char **ret_key, char **ret_value);
bool config_conninfo_is_uri(const char *conninfo);
bool config_conninfo_is_valid(const char *conninfo);
/* Adds key=value, the value in quotes where it needs them. */
void config_conninfo_add(struct text *text, const char *key, const char *value);
/* The same without passwords and with single spaces; a URI stays one. Caller frees. */
char *config_conninfo_safe(const char *conninfo);
/* Splits at commas that are followed by a keyword= or a URI; a host list stays whole. */
char **config_conninfo_split(const char *list, size_t *ret_count);

#endif
