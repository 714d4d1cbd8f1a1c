/* The way from a pooler's host to green, and where the names there lead to. */
#include "checking_pooler.h"

#include "../base/text.h"
#include "../poolers/names.h"
#include "script_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define NAMES_AT_ONCE 64

/* --- names ------------------------------------------------------------------------------------ */

struct asked {
    char **list; /* owned, each once */
    size_t count;
};

static void ask_for(struct asked *asked, const char *hosts)
{
    char *host;
    size_t i;

    while ((host = pooler_names_next(&hosts))) {
        for (i = 0; i < asked->count && strcasecmp(asked->list[i], host) != 0; i++)
            ;
        if (pooler_names_needed(host) && i == asked->count) {
            asked->list = memory_grow(asked->list, (i + 1) * sizeof(*asked->list));
            asked->list[asked->count++] = host;
        } else {
            free(host);
        }
    }
}

static void ask_for_all(struct pooler_look *look, struct asked *asked)
{
    size_t i;

    for (i = 0; i < look->green_count; i++)
        ask_for(asked, look->green[i].host);
    for (i = 0; i < look->blue_count; i++)
        ask_for(asked, look->blue[i].host);
    for (i = 0; i < look->file.count; i++)
        ask_for(asked, look->file.entries[i].host);
}

static void not_known(struct pooler_look *look, const char *why, int length)
{
    static const char *const ids[] = {"pooler_name_unknown", "pooler_same_address",
                                      "pooler_other_spelling"};
    struct text text = {0};
    size_t i;

    text_add(&text, "from %s: %.*s", look->pooler->host->name, length, why);
    for (i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        finding_not_asked(look->list, check_find(ids[i]), text_string(&text));
    text_free(&text);
}

/* What is nowhere may be blue all the same: there, or at another time. */
static void not_told(struct pooler_look *look, const char *id, const char *name)
{
    struct text text = {0};

    text_add(&text, "from %s: nobody tells where %s leads to", look->pooler->host->name, name);
    finding_not_asked(look->list, check_find(id), text_string(&text));
    text_free(&text);
}

static void judge_sides(struct pooler_look *look, const struct pooler_names *names)
{
    size_t i, j;

    for (j = 0; j < look->blue_count; j++)
        if (!pooler_names_tell(names, look->blue[j].host)) {
            not_told(look, "pooler_same_address", look->blue[j].host);
            not_told(look, "pooler_other_spelling", look->blue[j].host);
        }
    for (i = 0; i < look->green_count; i++) {
        if (pooler_names_unknown(names, look->green[i].host))
            pooler_look_add(look, "pooler_name_unknown", look->green[i].host,
                            "it has no address there");
        else if (!pooler_names_tell(names, look->green[i].host))
            not_told(look, "pooler_name_unknown", look->green[i].host);
        if (!pooler_names_tell(names, look->green[i].host))
            not_told(look, "pooler_same_address", look->green[i].host);
        for (j = 0; j < look->blue_count; j++)
            if (pooler_names_meet(names, &look->blue[j], &look->green[i]))
                pooler_look_add(look, "pooler_same_address", look->green[i].host,
                                look->blue[j].host);
    }
}

/* An entry that is not one of blue's, but leads there, at least by one of its hosts. */
static void judge_spelling(struct pooler_look *look, const struct pooler_names *names,
                           const struct pooler_entry *entry)
{
    const char *hosts = entry->host;
    char *host;
    struct text text = {0};
    size_t i;

    while ((host = pooler_names_next(&hosts))) {
        struct pooler_address address = {host, entry->port};

        if (!pooler_names_tell(names, host))
            not_told(look, "pooler_other_spelling", host);
        for (i = 0; i < look->blue_count && !text.length; i++)
            if (pooler_names_meet(names, &address, &look->blue[i]))
                text_add(&text, "host=%s port=%s is the same place as host=%s", host,
                         entry->port ? entry->port : "5432", look->blue[i].host);
        free(host);
    }
    if (text.length)
        pooler_look_add(look, "pooler_other_spelling", entry->name, text_string(&text));
    text_free(&text);
}

/* Some at once, each of which may take its time. What is printed is added to `output`. */
static void look_up(struct pooler_look *look, const struct asked *asked, struct text *output)
{
    const char *arguments[NAMES_AT_ONCE + 1];
    bool good = true;
    size_t done = 0, count;

    while (good && done < asked->count) {
        struct reply reply = {0};

        for (count = 0; count < NAMES_AT_ONCE && done < asked->count; count++)
            arguments[count] = asked->list[done++];
        arguments[count] = NULL;
        good = procedure_run_script(look->procedure, look->pooler->host, &script_names, arguments,
                                    (int64_t) count * 5000 + 10000, &reply);
        if (good && reply.output)
            text_add_string(output, reply.output);
        else if (!good)
            check_judge(look->list, check_find("pooler_name_unknown"), look->pooler->host->name,
                        &reply);
        reply_clear(&reply);
    }
}

void checking_pooler_names(struct pooler_look *look)
{
    struct asked asked = {0};
    struct pooler_names names = {0};
    struct text output = {0};
    const char *why;
    int length;
    size_t i;

    ask_for_all(look, &asked);
    look_up(look, &asked, &output);
    why = pooler_names_why(text_string(&output), &length);
    if (why)
        not_known(look, why, length);
    pooler_names_read(text_string(&output), &names);
    judge_sides(look, &names);
    for (i = 0; i < look->file.count; i++)
        if (!pooler_entry_is_at(&look->file.entries[i], look->blue, look->blue_count))
            judge_spelling(look, &names, &look->file.entries[i]);
    pooler_names_free(&names);
    text_free(&output);
    while (asked.count)
        free(asked.list[--asked.count]);
    free(asked.list);
}

/* --- the way ---------------------------------------------------------------------------------- */

static bool demands_tls(const char *mode)
{
    return string_equal(mode, "require") || string_equal(mode, "verify-ca") ||
           string_equal(mode, "verify-full");
}

/* What was tried says no, or could not be tried; `what` is green's address. */
static void judge(struct pooler_look *look, const char *id, const char *output, const char *key,
                  const char *what)
{
    const char *why;
    int length;
    enum pooler_reach reach = pooler_reach_read(output, key, &why, &length);
    struct text text = {0};

    if (reach == REACH_NO) {
        text_add(&text, "%.*s", length, length ? why : "refused");
        pooler_look_add(look, id, what, text_string(&text));
    } else if (reach == REACH_UNKNOWN) {
        text_add(&text, "from %s: %.*s", look->pooler->host->name, length, why);
        finding_not_asked(look->list, check_find(id), text_string(&text));
    }
    text_free(&text);
}

static void try_green(struct pooler_look *look, const char *mode, const char *authority)
{
    const struct pooler_address *green = &look->green[0];
    const char *port = green->port ? green->port : "5432";
    const char *arguments[] = {green->host ? green->host : "", port, mode, authority, NULL};
    struct reply reply = {0};
    struct text what = {0};

    text_add(&what, "%s port %s", green->host, port);
    if (!procedure_run_script(look->procedure, look->pooler->host, &script_reach, arguments, 20000,
                              &reply)) {
        check_judge(look->list, check_find("pooler_reaches_green"), look->pooler->host->name,
                    &reply);
    } else {
        judge(look, "pooler_reaches_green", reply.output, "connects", text_string(&what));
        if (*mode && strstr(reply.output, "connects=yes") && *green->host != '/')
            judge(look, "pooler_tls_certificate", reply.output, "tls", text_string(&what));
    }
    text_free(&what);
    reply_clear(&reply);
}

void checking_pooler_reach(struct pooler_look *look)
{
    const char *mode = pooler_look_setting(look, "server_tls_sslmode");
    const char *authority = pooler_look_setting(look, "server_tls_ca_file");
    bool speaks = string_equal(look->green_ssl, "on");
    struct text demands = {0};

    if (!look->green_runs || look->green_count != 1 || !look->green[0].host)
        return;
    if (!mode)
        pooler_look_add(look, "pooler_tls", "server_tls_sslmode", "it is not in SHOW CONFIG");
    if (demands_tls(mode) && !speaks && *look->green[0].host != '/') {
        text_add(&demands, "it is %s; ssl of green is %s", mode,
                 look->green_ssl ? look->green_ssl : "not known");
        pooler_look_add(look, "pooler_tls", "server_tls_sslmode", text_string(&demands));
        text_free(&demands);
    }
    if (!demands_tls(mode) || !speaks)
        mode = "";
    text_add(&demands, "%s %s", mode, authority ? authority : "");
    if (!string_equal(look->tried, text_string(&demands)))
        try_green(look, mode, authority ? authority : "");
    world_keep(&look->tried, text_string(&demands));
    text_free(&demands);
}
