/*
 * sql.h: statements, one a file under sql/, embedded at build.
 *
 * A file starts with comment lines: `-- doing: <what, as a phrase>`, `-- returns: <columns>`,
 * `-- needs: <privileges, versions>`, and `-- reads` where it changes nothing. Values are named:
 *     :'name'   a literal       :"name"   an identifier      :{name}  SQL text made elsewhere
 * All statements of a file go as one simple query: one round trip, one implicit transaction.
 */
#ifndef PGCUTOVER_REPLICATION_SQL_H
#define PGCUTOVER_REPLICATION_SQL_H

#include <stdbool.h>

struct text;

struct sql {
    const char *id;    /* file name without .sql */
    const char *doing; /* for faults and progress */
    const char *text;  /* without the header */
    bool reads;        /* changes nothing, may run in a dry run */
};

/* A value that the plan cannot know yet: printed as <name>. */
extern const char sql_unknown[];

struct sql_argument {
    const char *name;
    const char *value; /* NULL: SQL NULL (literals only); sql_unknown: <name> */
};

#define SQL_ARGUMENTS_MAX 12

/* Where every millisecond counts a statement is planned beforehand, on the same session. */
enum sql_form {
    SQL_PLAIN,
    SQL_PREPARE, /* parsed, planned and kept by its id; not executed */
    SQL_EXECUTE, /* what was kept, with the values that it got then */
    SQL_ONE, /* text of others in it: the server refuses it if that is more than one statement */
};

struct sql_arguments {
    struct sql_argument list[SQL_ARGUMENTS_MAX];
    int count;
    enum sql_form form;
};

/* `value` is not copied: it must live until the statement was asked. */
void sql_set(struct sql_arguments *arguments, const char *name, const char *value);
/* Appends the statement with its values in place. A missing value is a bug: aborts. */
void sql_render(struct text *out, const struct sql *sql, const struct sql_arguments *arguments);
/* Standard-conforming quoting for UTF-8 sessions, which ours always are. */
void sql_quote_literal(struct text *out, const char *value);
void sql_quote_identifier(struct text *out, const char *value);

#endif
