/*
 * What is no row of a table, database after database, on a session of its own on each side:
 * connected -> each question on both sides -> (differs: a second later once more) -> next question
 * -> next database -> done. What still differs the third time is reported.
 */
#include "verify_internal.h"

#include "../cutover/base/text.h"
#include "check_files.h"
#include "sql_files.h"

#include <stdlib.h>
#include <string.h>

#define LOOKS_MAX 3

enum question_kind {
    ASK_SERVER,
    ASK_TABLES,
    ASK_ITEMS,
    ASK_SEQUENCES, /* which there are */
    ASK_REACHED,   /* how far they have gone */
    ASK_DEFINITIONS
};

struct question {
    const struct sql *sql;
    enum question_kind kind;
    bool of_cluster; /* asked once, in the first database */
};

static const struct question questions[] = {
    {&check_verify_server, ASK_SERVER, false},
    {&check_verify_tables, ASK_TABLES, false},
    {&sql_compare_roles, ASK_ITEMS, true},
    {&sql_compare_memberships, ASK_ITEMS, true},
    {&sql_compare_settings, ASK_ITEMS, true},
    {&sql_compare_database_acl, ASK_ITEMS, true},
    {&sql_compare_columns, ASK_ITEMS, false},
    {&sql_compare_indexes, ASK_ITEMS, false},
    {&sql_compare_objects, ASK_ITEMS, false},
    {&sql_compare_sequences, ASK_ITEMS, false},
    {&sql_sequences_list, ASK_SEQUENCES, false},
    {&check_verify_sequences, ASK_REACHED, false},
    {&sql_compare_grants, ASK_ITEMS, false},
    {&sql_compare_large_objects, ASK_ITEMS, false},
    {&check_verify_definitions, ASK_DEFINITIONS, false},
};
#define QUESTIONS (sizeof(questions) / sizeof(questions[0]))

struct verify_catalog {
    struct verify_link links[2];
    struct verify_sequences sequences[2];
    size_t database, question;
    int looks, tries;
    int64_t not_before_ns;
    enum { CATALOG_CONNECT, CATALOG_CONNECTING, CATALOG_ASK, CATALOG_ASKED } at;
};

struct verify_catalog *verify_catalog_new(struct verify *verify)
{
    (void) verify;
    return memory_new(sizeof(struct verify_catalog));
}

void verify_catalog_free(struct verify_catalog *catalog)
{
    if (!catalog)
        return;
    verify_link_close(&catalog->links[PUBLISHER]);
    verify_link_close(&catalog->links[SUBSCRIBER]);
    verify_forget_sequences(&catalog->sequences[PUBLISHER]);
    verify_forget_sequences(&catalog->sequences[SUBSCRIBER]);
    free(catalog);
}

static bool applies(const struct verify *verify, const struct question *question)
{
    const struct verify_catalog *catalog = verify->catalog;

    if (question->of_cluster)
        return catalog->database == 0 && !verify->options.is_part;
    if (question->kind == ASK_REACHED &&
        (!catalog->sequences[PUBLISHER].count || !catalog->sequences[SUBSCRIBER].count))
        return false;
    return !verify->options.table_count || question->kind <= ASK_TABLES;
}

static bool is_server_known(struct verify *verify, int side)
{
    struct reply *reply = &verify->catalog->links[side].reply;
    const struct verify_side *place = verify_side(verify, side);
    const char *system = reply_value(reply, 0, "system_identifier");
    bool is_superuser = false, is_in_recovery = true;
    struct fault fault = {0};
    const char *cause = NULL;

    if (!reply_number(reply, 0, "version_num", &verify->version[side]) || !system)
        cause = "the server gave no version";
    else if (!reply_bool(reply, 0, "is_superuser", &is_superuser) || !is_superuser)
        cause = "verify needs a superuser: rows and objects that it may not see would be left out";
    else if (!reply_bool(reply, 0, "is_in_recovery", &is_in_recovery) || is_in_recovery)
        cause = "it is in recovery: this is no primary";
    else if (place->system_identifier && strcmp(place->system_identifier, system) != 0)
        cause = "this is not the server of the run: its system identifier is another";
    if (!cause)
        return true;
    fault_set(&fault, "reading who the server is", place->name, NULL, "%s", cause);
    fault_hint(&fault, "correct the conninfo of [%s]", place->name);
    fault.exit_code = EXIT_USAGE;
    verify_fail(verify, &fault);
    return false;
}

/* True: there is nothing more to ask about it. */
static bool judge(struct verify *verify, const struct question *question)
{
    struct verify_catalog *catalog = verify->catalog;
    const struct verify_database *database = &verify->options.databases[catalog->database];
    const struct reply *one = &catalog->links[PUBLISHER].reply;
    const struct reply *other = &catalog->links[SUBSCRIBER].reply;
    const char *where = question->of_cluster ? "" : database->name;

    switch (question->kind) {
    case ASK_SERVER:
        if (is_server_known(verify, PUBLISHER) && is_server_known(verify, SUBSCRIBER))
            verify->form = verify_form(verify->version[0], verify->version[1]);
        return true;
    case ASK_TABLES:
        verify_take_tables(verify, database, one, other);
        return true;
    case ASK_ITEMS:
        return verify_compare_items(verify, where, one, other, ++catalog->looks >= LOOKS_MAX) ||
               catalog->looks >= LOOKS_MAX;
    case ASK_SEQUENCES:
        if (verify_list_sequences(verify, where, one, &catalog->sequences[PUBLISHER]))
            verify_list_sequences(verify, where, other, &catalog->sequences[SUBSCRIBER]);
        return true;
    case ASK_REACHED:
        return verify_compare_sequences(verify, where, one, catalog->sequences[PUBLISHER].count,
                                        other, catalog->sequences[SUBSCRIBER].count,
                                        ++catalog->looks >= LOOKS_MAX) ||
               catalog->looks >= LOOKS_MAX;
    case ASK_DEFINITIONS:
        verify_compare_definitions(verify, where, one, other);
        return true;
    }
    return true;
}

static void next_question(struct verify *verify)
{
    struct verify_catalog *catalog = verify->catalog;

    catalog->looks = catalog->tries = 0;
    catalog->at = CATALOG_ASK;
    do
        catalog->question++;
    while (catalog->question < QUESTIONS && !applies(verify, &questions[catalog->question]));
    if (catalog->question == QUESTIONS) {
        catalog->question = 0;
        catalog->database++;
        catalog->at = CATALOG_CONNECT;
    }
}

static void ask(struct verify *verify, int side)
{
    struct verify_catalog *catalog = verify->catalog;
    const struct question *question = &questions[catalog->question];
    struct sql_arguments arguments = {0};

    if (question->kind == ASK_REACHED)
        sql_set(&arguments, "statement", catalog->sequences[side].statement);
    verify_link_ask(&catalog->links[side], question->sql, &arguments, VERIFY_ASK_MS);
}

static void wait_a_second(struct verify *verify)
{
    verify->catalog->not_before_ns = verify_now(verify) + NS_PER_S;
    verify->catalog->at = CATALOG_ASK;
}

/* Both sides have answered. */
static void take(struct verify *verify)
{
    struct verify_catalog *catalog = verify->catalog;

    if (catalog->at == CATALOG_CONNECTING)
        catalog->at = CATALOG_ASK;
    else if (judge(verify, &questions[catalog->question]))
        next_question(verify);
    else
        wait_a_second(verify);
}

static void go_on(struct verify *verify)
{
    struct verify_catalog *catalog = verify->catalog;
    enum link_state state[2];
    int side;

    for (side = PUBLISHER; side <= SUBSCRIBER; side++)
        state[side] = verify_link_poll(verify, &catalog->links[side]);
    for (side = PUBLISHER; side <= SUBSCRIBER; side++) {
        if (state[side] != LINK_FAILED)
            continue;
        if (state[!side] == LINK_WAITING)
            return; /* its reply is to come first */
        if (catalog->at == CATALOG_ASKED && verify_link_may_retry(&catalog->links[side]) &&
            ++catalog->tries < VERIFY_TRIES_MAX)
            wait_a_second(verify);
        else
            verify_fail(verify, &catalog->links[side].reply.fault);
        return;
    }
    if (state[PUBLISHER] == LINK_READY && state[SUBSCRIBER] == LINK_READY)
        take(verify);
}

static bool is_at_its_end(const struct verify *verify)
{
    return verify->state != VERIFY_RUNNING ||
           verify->catalog->database == verify->options.database_count;
}

bool verify_catalog_poll(struct verify *verify)
{
    struct verify_catalog *catalog = verify->catalog;
    int side;

    while (!is_at_its_end(verify)) {
        const char *database = verify->options.databases[catalog->database].name;
        int before = catalog->at;
        size_t question = catalog->question;

        switch (catalog->at) {
        case CATALOG_CONNECT:
            for (side = PUBLISHER; side <= SUBSCRIBER; side++)
                verify_link_open(verify, &catalog->links[side], side, database);
            catalog->at = CATALOG_CONNECTING;
            break;
        case CATALOG_ASK:
            verify_wake(verify, catalog->not_before_ns);
            if (verify_now(verify) < catalog->not_before_ns)
                return false;
            for (side = PUBLISHER; side <= SUBSCRIBER; side++)
                ask(verify, side);
            catalog->at = CATALOG_ASKED;
            break;
        default:
            go_on(verify);
        }
        if ((int) catalog->at == before && catalog->question == question)
            return is_at_its_end(verify);
    }
    return true;
}
