/* The cures as a script for psql: what can be run as it is, and the rest as comments. */
#include "checking.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

/* Whoever waits for a lock is waited for by all that come behind. Names are in UTF-8 here, and a
   session of psql takes them as its database stores them. */
#define SESSION "SET lock_timeout = '5s';\nSET client_encoding = 'UTF8';"

/* Neither a control character, which could begin a line of its own, nor a byte that is no UTF-8. */
static bool is_plain(const char *string)
{
    struct text plain = {0};
    bool same;

    text_add_plain(&plain, string);
    same = string_equal(text_string(&plain), string);
    text_free(&plain);
    return same;
}

/* How much of a cure is SQL that can be run as it stands; 0: none. See struct finding. */
static size_t sql_length(const struct finding *finding)
{
    static const char *const verbs[] = {"ALTER ", "CREATE ", "GRANT ", "SELECT "};
    const char *cure = finding->cure ? finding->cure : "";
    const char *end = strrchr(cure, ';'), *gap = strstr(cure, "...");
    size_t i;

    if (!finding->check->is_scripted || !end || (gap && gap < end) || !is_plain(cure))
        return 0;
    for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (string_starts(cure, verbs[i]))
            return (size_t) (end - cure) + 1;
    return 0;
}

/* A name or an answer of a server must not end our comment. */
static void print_comment(const char *label, const char *words)
{
    struct text text = {0};

    text_add_plain(&text, words);
    printf("-- %s%s\n", label, text_string(&text));
    text_free(&text);
}

/* The database of a finding; NULL: of the server, any will do. */
static const char *database_of(const struct finding *finding)
{
    const char *space = strchr(finding->where, ' ');

    return finding->check->side == CHECK_BLUE_DB && space ? space + 1 : NULL;
}

/* psql takes the name for a connection string only where it is quoted as one; a quote within is
   doubled for psql, and escaped for libpq. A line break it does not take: what stands behind would
   be run. Returns false for such a name. */
static bool print_connect(const char *database)
{
    const char *c;

    if (!is_plain(database)) {
        putchar('\n');
        print_comment("psql cannot be given the name of this database: ", database);
        return false;
    }
    fputs("\n\\connect -reuse-previous=on \"dbname='", stdout);
    for (c = database; *c; c++) {
        if (*c == '\'' || *c == '\\')
            putchar('\\');
        if (*c == '"')
            putchar('"');
        putchar(*c);
    }
    fputs("'\"\n" SESSION "\n", stdout);
    return true;
}

static void print_cure(const struct finding *finding, bool is_connected)
{
    const char *cure = finding->cure ? finding->cure : "";
    size_t length = is_connected ? sql_length(finding) : 0;
    bool is_elsewhere =
        finding->check->side == CHECK_GREEN || finding->check->side == CHECK_GREEN_DB;
    struct text head = {0};

    text_add(&head, "%s: %s: %s", finding->check->id, finding->where, finding->what);
    putchar('\n');
    print_comment("", text_string(&head));
    text_free(&head);
    if (*finding->evidence)
        print_comment("found: ", finding->evidence);
    if (!length || is_elsewhere) {
        print_comment(is_elsewhere ? "on green: " : "by hand: ", cure);
        return;
    }
    printf("%.*s\n", (int) length, cure);
    for (cure += length; *cure == ' '; cure++)
        continue;
    cure += string_starts(cure, "then ") ? strlen("then ") : 0;
    if (*cure)
        print_comment("then by hand: ", cure);
}

void checking_print_fix(const struct finding_list *list)
{
    bool *is_done = memory_new((list->count + 1) * sizeof(*is_done));
    size_t i, j;

    puts("-- Cures that pgcutover check proposes, for psql as a superuser of blue. Read each one;\n"
         "-- none was run. What rewrites or drops something, or changes what clients may do or "
         "get,\n"
         "-- is a comment. Notes and advice are not among them.\n"
         "\\set ON_ERROR_STOP on\n" SESSION);
    for (i = 0; i < list->count; i++) {
        const char *database = database_of(&list->findings[i]);
        bool is_connected = true;

        if (is_done[i] || list->findings[i].check->severity > CHECK_WARNING)
            continue;
        if (database)
            is_connected = print_connect(database);
        /* those of the server first, for the list is sorted by severity only */
        for (j = 0; j < list->count; j++) {
            if (is_done[j] || list->findings[j].check->severity > CHECK_WARNING ||
                !string_equal(database_of(&list->findings[j]), database))
                continue;
            print_cure(&list->findings[j], is_connected);
            is_done[j] = true;
        }
    }
    free(is_done);
}
