/* What green's host tries on blue: to connect to it, and to upgrade a copy of its schema. */
#include "checking_target.h"

#include "../../replication/conninfo.h"
#include "../base/text.h"
#include "script_files.h"
#include "sql_files.h"

#include <stdlib.h>
#include <string.h>

/* Its deadline; ours is a little later. */
#define UPGRADE_SECONDS 1200

/* How green's host reaches blue, as prepare will, and the password file for it. */
struct way {
    char *conninfo; /* without a secret: it is an argument of commands */
    char *password; /* a line of a password file; NULL: none is needed */
};

static void way_end(struct way *way)
{
    free(way->conninfo);
    free(way->password);
}

/* `reply` has blue's identity then. False: see its fault. */
static bool way_find(struct procedure *procedure, struct way *way, struct reply *reply)
{
    const char *known = procedure->config->blue.from_green, *password;
    struct link *link = &procedure->world->blue.link;
    char *user = conninfo_get(known, "user"), *named = conninfo_get(known, "password");
    bool good = procedure_ask(procedure, link, &sql_server_identity, NULL, 10000, reply);
    const char *us = good ? reply_value(reply, 0, "rolname") : NULL;
    char *passfile = named ? NULL : conninfo_get(known, "passfile");
    const struct conninfo_value extra[] = {
        {"user", user ? user : us}, {"passfile", passfile}, {"application_name", NULL}};
    char *merged = NULL;

    good = good && us &&
           conninfo_merge("[blue] from_green", known, NULL, NULL, extra, 3, &merged, &reply->fault);
    if (good)
        way->conninfo = conninfo_without_password(merged);
    password = named ? named : good && link->session ? session_password(link->session) : NULL;
    if (good && password)
        way->password = conninfo_password_line(user ? user : us, password);
    free(merged);
    free(passfile);
    free(user);
    free(named);
    return good;
}

static void not_measured(struct finding_list *list, const char *what, const struct fault *fault)
{
    finding_add(list, check_find("not_measured"), "green's host", what,
                fault->cause[0] ? fault->cause : "no answer", fault->hint);
}

/* --- green's way to blue -------------------------------------------------------------------- */

/* Behind "WORD WAY" of a line; NULL: there is none. */
static const char *line_of(const char *output, const char *word, const char *way)
{
    size_t length = strlen(word), way_length = strlen(way);

    for (; output; output = strchr(output, '\n')) {
        output += *output == '\n';
        if (strncmp(output, word, length) == 0 && output[length] == ' ' &&
            strncmp(output + length + 1, way, way_length) == 0)
            return output + length + 1 + way_length;
    }
    return NULL;
}

static void judge_way(struct finding_list *list, const char *output, const char *way,
                      const char *what)
{
    const char *failed = line_of(output, "failed", way);
    struct text evidence = {0};

    if (line_of(output, "ok", way))
        return;
    if (failed)
        text_add(&evidence, "%.*s", (int) strcspn(failed + (*failed == ' '), "\n"),
                 failed + (*failed == ' '));
    /* that none is free now is found by a check of its own */
    if (!failed || string_equal(way, "sql") ||
        !strstr(text_string(&evidence), "exceeds max_wal_senders"))
        finding_add(list, check_find("green_reaches_blue"), "green's host", what,
                    failed ? text_string(&evidence) : "no answer", NULL);
    text_free(&evidence);
}

static void try_ways(struct procedure *procedure, struct finding_list *list, const struct way *way)
{
    const struct config *config = procedure->config;
    const char *arguments[] = {config->green.bin_directory, config->green.old_bin_directory,
                               way->conninfo, NULL};
    struct reply reply = {0};

    if (procedure_feed_script(procedure, procedure->world->green.host, &script_blue_reach,
                              arguments, way->password, 90000, &reply)) {
        judge_way(list, reply.output, "sql", "a connection");
        judge_way(list, reply.output, "replication", "a replication connection");
        judge_way(list, reply.output, "physical", "a replication connection for the copy");
    } else {
        not_measured(list, "green_reaches_blue", &reply.fault);
    }
    reply_clear(&reply);
}

void checking_reach(struct procedure *procedure, struct finding_list *list)
{
    struct way way = {NULL, NULL};
    struct reply reply = {0};

    if (way_find(procedure, &way, &reply))
        try_ways(procedure, list, &way);
    else
        not_measured(list, "green_reaches_blue", &reply.fault);
    way_end(&way);
    link_close(&procedure->world->blue.link);
    reply_clear(&reply);
}

/* --- pg_upgrade ----------------------------------------------------------------------------- */

/* It was asked for: what could not be tried has not passed. */
static void judge_upgrade(struct finding_list *list, const char *output)
{
    static const char failed[] = "result failed ", unable[] = "result unable\n",
                      working[] = "working\n";
    const struct check *check = check_find("pg_upgrade_check");
    struct text phase = {0}, said = {0};
    const char *at;

    while (output && string_starts(output, working))
        output += strlen(working);
    if (output && string_starts(output, "result passed\n"))
        return;
    if (output && string_starts(output, unable)) {
        text_add_plain(&said, output + strlen(unable));
        finding_add(list, check_find("not_measured"), "green's host", check->id, text_string(&said),
                    NULL);
    } else if (output && string_starts(output, failed)) {
        at = output + strlen(failed);
        text_add(&phase, "%.*s", (int) strcspn(at, "\n"), at);
        at += strcspn(at, "\n");
        text_add_plain(&said, at + (*at == '\n'));
        finding_add(list, check, "green's host", text_string(&phase), text_string(&said), NULL);
    } else {
        finding_add(list, check_find("not_measured"), "green's host", check->id,
                    "the answer is not complete", NULL);
    }
    text_free(&phase);
    text_free(&said);
}

static const char *or_empty(const char *value)
{
    return value ? value : "";
}

static void try_upgrade(struct procedure *procedure, struct finding_list *list,
                        struct target *target, const struct way *way, const struct reply *blue)
{
    const struct config *config = procedure->config;
    char relations[24], seconds[24];
    const char *arguments[] = {config->green.bin_directory,
                               config->green.old_bin_directory,
                               way->conninfo,
                               or_empty(reply_value(blue, 0, "bootstrap_superuser")),
                               or_empty(reply_value(blue, 0, "encoding")),
                               or_empty(reply_value(blue, 0, "provider")),
                               or_empty(reply_value(blue, 0, "lc_collate")),
                               or_empty(reply_value(blue, 0, "lc_ctype")),
                               or_empty(reply_value(blue, 0, "icu_locale")),
                               or_empty(reply_value(blue, 0, "data_checksums")),
                               relations,
                               seconds,
                               or_empty(target->wants.preload),
                               NULL};
    struct reply reply = {0};

    snprintf(relations, sizeof(relations), "%lld", (long long) target->wants.relations);
    snprintf(seconds, sizeof(seconds), "%d", UPGRADE_SECONDS);
    if (procedure_feed_script(procedure, procedure->world->green.host, &script_upgrade_try,
                              arguments, way->password, (UPGRADE_SECONDS + 60) * 1000, &reply))
        judge_upgrade(list, reply.output);
    else
        not_measured(list, "pg_upgrade_check", &reply.fault);
    reply_clear(&reply);
}

void checking_upgrade(struct procedure *procedure, struct finding_list *list, struct target *target)
{
    const struct check *check = check_find("pg_upgrade_check");
    struct way way = {NULL, NULL};
    struct reply reply = {0};

    if (!procedure->options->check.pg_upgrade)
        finding_not_asked(list, check, "ask with --pg-upgrade");
    else if (target->is_partial) /* a trial with fewer locks or libraries would fail for that */
        finding_add(list, check_find("not_measured"), "green's host", check->id,
                    "not everything that it needs could be read of blue", NULL);
    else if (way_find(procedure, &way, &reply))
        try_upgrade(procedure, list, target, &way, &reply);
    else
        not_measured(list, "pg_upgrade_check", &reply.fault);
    way_end(&way);
    link_close(&procedure->world->blue.link);
    reply_clear(&reply);
}
