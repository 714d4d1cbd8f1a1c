/* The cures as a script for psql: what can be run as it is, and the rest as comments. */
#include "checking.h"

#include "../base/text.h"

#include <stdlib.h>
#include <string.h>

/* How much of a cure is SQL that can be run as it stands; 0: none. See struct finding. What drops
   something is for a person to decide. */
static size_t sql_length(const char *cure)
{
    static const char *const verbs[] = {"ALTER ",  "CREATE ", "SELECT ", "REINDEX ", "GRANT ",
                                        "REVOKE ", "SET ",    "VACUUM ", "ANALYZE ", "REFRESH "};
    const char *end = strrchr(cure, ';');
    size_t i;

    if (!end || (strstr(cure, "...") && strstr(cure, "...") < end) || strstr(cure, "DROP ") ||
        strstr(cure, "pg_drop_"))
        return 0;
    for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (string_starts(cure, verbs[i]))
            return (size_t) (end - cure) + 1;
    return 0;
}

/* A name or an answer of a server must not end our comment. */
static void print_comment(const char *label, const char *words)
{
    const char *c;

    printf("-- %s", label);
    for (c = words; *c; c++)
        putchar(*c == '\n' || *c == '\r' ? ' ' : *c);
    putchar('\n');
}

/* The database of a finding; NULL: of the server, any will do. */
static const char *database_of(const struct finding *finding)
{
    const char *space = strchr(finding->where, ' ');

    return finding->check->side == CHECK_BLUE_DB && space ? space + 1 : NULL;
}

/* psql takes the name for a connection string only where it is quoted as one; a quote within is
   doubled for psql, and escaped for libpq. */
static void print_connect(const char *database)
{
    const char *c;

    fputs("\n\\connect -reuse-previous=on \"dbname='", stdout);
    for (c = database; *c; c++) {
        if (*c == '\'' || *c == '\\')
            putchar('\\');
        if (*c == '"')
            putchar('"');
        putchar(*c);
    }
    fputs("'\"\n", stdout);
}

static void print_cure(const struct finding *finding)
{
    const char *cure = finding->cure ? finding->cure : "";
    size_t length = sql_length(cure);
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
    if (*cure)
        print_comment("then by hand: ", cure);
}

void checking_print_fix(const struct finding_list *list)
{
    bool *is_done = memory_new((list->count + 1) * sizeof(*is_done));
    size_t i, j;

    puts("-- Cures that pgcutover check proposes, for psql as a superuser of blue. Read each one;\n"
         "-- none was run. Notes and advice are not among them.\n"
         "\\set ON_ERROR_STOP on");
    for (i = 0; i < list->count; i++) {
        const char *database = database_of(&list->findings[i]);

        if (is_done[i] || list->findings[i].check->severity > CHECK_WARNING)
            continue;
        if (database)
            print_connect(database);
        /* those of the server first, for the list is sorted by severity only */
        for (j = 0; j < list->count; j++) {
            if (is_done[j] || list->findings[j].check->severity > CHECK_WARNING ||
                !string_equal(database_of(&list->findings[j]), database))
                continue;
            print_cure(&list->findings[j]);
            is_done[j] = true;
        }
    }
    free(is_done);
}
