#include "conninfo.h"

#include "../cutover/base/text.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

static bool is_given(const PQconninfoOption *option)
{
    return option->val != NULL;
}

static PQconninfoOption *find_option(PQconninfoOption *options, const char *key)
{
    for (; options && options->keyword; options++) {
        if (string_equal(options->keyword, key))
            return options;
    }
    return NULL;
}

/* The options that hold secrets. libpq marks the first two with '*'; later versions mark their
   SCRAM keys and the OAuth secret otherwise, so these go by name. */
static bool is_secret(const PQconninfoOption *option)
{
    static const char *const names[] = {"password", "sslpassword", "scram_client_key",
                                        "scram_server_key", "oauth_client_secret"};

    if (option->dispchar && strchr(option->dispchar, '*'))
        return true;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (string_equal(option->keyword, names[i]))
            return true;
    }
    return false;
}

/* NULL: libpq cannot read it. Its message is dropped, for it quotes the text. */
static PQconninfoOption *parse(const char *conninfo)
{
    char *message = NULL;
    PQconninfoOption *options = PQconninfoParse(conninfo ? conninfo : "", &message);

    PQfreemem(message);
    return options;
}

static PQconninfoOption *parse_or_fault(const char *where, const char *conninfo,
                                        struct fault *fault)
{
    PQconninfoOption *options = parse(conninfo);

    if (!options) {
        fault_set(fault, "reading a connection string", where, NULL,
                  "libpq cannot read it; it is not shown, as it may hold a password");
        fault_hint(fault, "Write it as \"host=10.0.0.7 port=5432 user=postgres\", with values that "
                          "contain spaces in single quotes, as a postgresql:// URI, or as "
                          "\"service=NAME\".");
        fault->exit_code = EXIT_USAGE;
    }
    return options;
}

/* libpq frees the values with free(), as it documents for PQconninfoFree(). */
static void set_value(PQconninfoOption *option, const char *value)
{
    char *copy = memory_copy(value);

    free(option->val);
    option->val = copy;
}

static void override_address(PQconninfoOption *base, PQconninfoOption *override)
{
    static const char *const keys[] = {"host", "hostaddr", "port"};

    if (!is_given(find_option(override, "host")) && !is_given(find_option(override, "hostaddr")))
        return;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        /* Given but empty means libpq's default, and keeps the service file and PG* variables from
           filling in a part of another address. */
        set_value(find_option(base, keys[i]), "");
    }
}

static void override_all(PQconninfoOption *base, PQconninfoOption *override)
{
    override_address(base, override);
    for (PQconninfoOption *option = override; option->keyword; option++) {
        if (is_given(option))
            set_value(find_option(base, option->keyword), option->val);
    }
}

static bool set_extra(const char *where, PQconninfoOption *options,
                      const struct conninfo_value *extra, struct fault *fault)
{
    PQconninfoOption *option = find_option(options, extra->key);

    if (!option) {
        fault_set(fault, "making a connection string", where, NULL,
                  "this libpq has no connection option \"%s\"", extra->key);
        fault->exit_code = EXIT_USAGE;
        return false;
    }
    set_value(option, extra->value);
    return true;
}

static void add_quoted(struct text *text, const char *value)
{
    /* what needs no quotes stays readable */
    if (*value && !strpbrk(value, " \t\r\n\v\f'\\")) {
        text_add_string(text, value);
        return;
    }
    text_add_string(text, "'");
    for (; *value; value++) {
        if (*value == '\'' || *value == '\\')
            text_add_string(text, "\\");
        text_add_bytes(text, value, 1);
    }
    text_add_string(text, "'");
}

static char *join(const PQconninfoOption *options, bool with_secrets)
{
    struct text text = {0};

    for (; options->keyword; options++) {
        if (!is_given(options) || (!with_secrets && is_secret(options)))
            continue;
        text_add(&text, "%s%s=", text.length ? " " : "", options->keyword);
        add_quoted(&text, options->val);
    }
    return text_take(&text);
}

bool conninfo_merge(const char *where, const char *base, const char *override, const char *dbname,
                    const struct conninfo_value *extra, size_t extra_count, char **ret_conninfo,
                    struct fault *fault)
{
    PQconninfoOption *options = parse_or_fault(where, base, fault);
    PQconninfoOption *others = NULL;
    bool ok = options != NULL;

    if (ok && override) {
        others = parse_or_fault(where, override, fault);
        ok = others != NULL;
        if (ok)
            override_all(options, others);
    }
    if (ok && dbname)
        set_value(find_option(options, "dbname"), dbname);
    for (size_t i = 0; ok && i < extra_count; i++)
        ok = set_extra(where, options, &extra[i], fault);
    if (ok)
        *ret_conninfo = join(options, true);
    PQconninfoFree(others);
    PQconninfoFree(options);
    return ok;
}

bool conninfo_check(const char *where, const char *conninfo, struct fault *fault)
{
    PQconninfoOption *options = parse_or_fault(where, conninfo, fault);

    PQconninfoFree(options);
    return options != NULL;
}

char *conninfo_without_password(const char *conninfo)
{
    PQconninfoOption *options = parse(conninfo);
    char *safe;

    if (!options)
        return memory_copy("(not a connection string)");
    safe = join(options, false);
    PQconninfoFree(options);
    return safe;
}

char *conninfo_get(const char *conninfo, const char *key)
{
    PQconninfoOption *options = parse(conninfo);
    PQconninfoOption *option = find_option(options, key);
    char *value = option && is_given(option) ? memory_copy(option->val) : NULL;

    PQconninfoFree(options);
    return value;
}

static void add_password_word(struct text *text, const char *word)
{
    for (; *word; word++) {
        if (*word == ':' || *word == '\\')
            text_add_string(text, "\\");
        text_add_bytes(text, word, 1);
    }
}

char *conninfo_password_line(const char *user, const char *password)
{
    struct text text = {0};

    text_add_string(&text, "*:*:*:");
    add_password_word(&text, user);
    text_add_string(&text, ":");
    add_password_word(&text, password);
    text_add_string(&text, "\n");
    return text_take(&text);
}
