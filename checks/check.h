/*
 * check.h: preflight checks, one a data row, and what they found.
 *
 * A check's statement returns no row where the server passes; each row it returns is one finding:
 * `what` (the object, named as it is, unquoted), `evidence` and, optionally, `cure` (what to type).
 * Statements only read, and run on PostgreSQL 10 and newer. Rows without a statement are found by
 * code, with finding_add(). A reply that failed is a finding too, never a pass.
 * Nothing here blocks; strings of findings are copies and belong to their list.
 */
#ifndef PGCUTOVER_CHECKS_CHECK_H
#define PGCUTOVER_CHECKS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct reply;
struct sql;
struct sql_arguments;

enum check_severity {
    CHECK_ERROR,   /* prepare or cutover would fail, or lose data: exit 3 */
    CHECK_WARNING, /* a person must look */
    CHECK_NOTE,    /* worth knowing; prepare copes */
    CHECK_ADVICE   /* of the schema at large, whatever its release: never more than advice */
};

enum check_side {
    CHECK_BLUE,
    CHECK_BLUE_DB, /* asked in every replicated database */
    CHECK_GREEN,   /* once there is a green, before the cutover */
    CHECK_GREEN_DB,
    /* these have no statement */
    CHECK_BLUE_HOST,
    CHECK_GREEN_HOST, /* needs no green: its programs and its disk */
    CHECK_POOLER,
    CHECK_CONFIGURATION
};

struct check {
    const char *id; /* stable: users and JSON refer to it */
    enum check_severity severity;
    enum check_side side;
    int min_version, max_version; /* server_version_num of the server asked; 0: any */
    bool way_back;                /* only where the configuration wants a way back */
    bool of_green_version;        /* it passes where green's release is not known: not asked then */
    bool by_prepare;              /* prepare cures it: that is no reason for it not to begin */
    bool is_scripted;             /* `--fix` has its SQL run: locks only for a moment, nothing is
                                     rewritten, nothing changes for clients, nobody gets rights */
    const struct sql *sql;        /* NULL: found by code */
    const char *text;             /* why it matters, one sentence */
    const char *cure;             /* when a finding has none of its own; see finding.cure */
    const char *source;           /* of the rule: a file of PostgreSQL or PgBouncer, or of docs/ */
};

/* Checks of one kind: a table that ends with a row without id. */
struct check_family {
    const char *title; /* "settings of blue"; NULL behind the last family */
    const struct check *rows;
};

/* All checks. */
extern const struct check_family check_families[];
extern const struct check check_rows_server[];
extern const struct check check_rows_names[];
extern const struct check check_rows_tables[];
extern const struct check check_rows_objects[];
extern const struct check check_rows_upgrade[];
extern const struct check check_rows_green[];
extern const struct check check_rows_hosts[];
extern const struct check check_rows_target[];
extern const struct check check_rows_poolers[];
extern const struct check check_rows_advice[];

const struct check *check_find(const char *id); /* NULL: there is none */
bool check_applies(const struct check *check, enum check_side side, int server_version);
/* It cannot say, as the release of the server that is asked, or green's, is not known (0). */
bool check_lacks_version(const struct check *check, int server_version, int green_version);
/* "error", "warning", "note", "advice" */
const char *check_severity_name(enum check_severity severity);
const char *check_side_name(enum check_side side); /* "blue", "every database of blue", … */
/* "13 and newer", "up to 11", "all": of the server that is asked. */
void check_versions(const struct check *check, char buffer[32]);

/* What statements may refer to; every statement is given all of it. */
struct check_values {
    const char *databases;          /* how many are replicated, "3" */
    const char *run_slots;          /* slots this run has on record, "{a,b}"; "{}": none */
    const char *run_known;          /* "true": this run may have made publications and schemas */
    const char *way_back;           /* "true": the configuration wants one */
    const char *refuse_ddl;         /* "true": blue shall refuse DDL */
    const char *green_version;      /* server_version_num of green's programs; "0": not known */
    const char *green_knows_attver; /* "false": its programs cannot restore that option */
    const char *green_ready;        /* "true": prepare is done with it */
    const char *green_parameters;   /* [green.parameters] as a JSON object of strings; "{}": none */
};

/* Values are not copied: they must live until the statement was asked. */
void check_set_values(struct sql_arguments *arguments, const struct check_values *values);

struct finding {
    const struct check *check;
    char
        *where; /* "blue", "green's host"; of a database "blue NAME", "green NAME"; password-free */
    char *what;
    char *evidence;
    char *cure; /* SQL, up to its last ';', if it begins with a verb of SQL in capitals; else, and
                   behind that, words. "..." stands for what a person has to fill in. */
};

/* A check that could not be made now, and need not have been: that is no finding. */
struct not_asked {
    const struct check *check;
    char *reason;
};

struct finding_list {
    struct finding *findings; /* owned, with their strings */
    size_t count, capacity;
    struct not_asked *not_asked; /* owned, with their strings */
    size_t not_asked_count, not_asked_capacity;
};

/* Copies the strings; `cure` NULL: the check's own. */
void finding_add(struct finding_list *list, const struct check *check, const char *where,
                 const char *what, const char *evidence, const char *cure);
/* Each check once, whatever the number of servers that it would have been asked of. */
void finding_not_asked(struct finding_list *list, const struct check *check, const char *reason);
/* Adds a finding for each row of a finished reply, or `not_measured`, as severe as the check, when
   it could not be asked. Returns false in the latter case. */
bool check_judge(struct finding_list *list, const struct check *check, const char *where,
                 const struct reply *reply);
/* Removes what prepare cures. */
void finding_leave_to_prepare(struct finding_list *list);
size_t finding_count(const struct finding_list *list, enum check_severity severity);
/* Errors first, then warnings and so on; within one severity as they were found. */
void finding_sort(struct finding_list *list);
void finding_list_free(struct finding_list *list); /* NULL-safe; the list is empty after */

#endif
