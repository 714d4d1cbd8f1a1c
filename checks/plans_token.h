/*
 * plans_token.h: the tokens of SQL, as far as one has to know them to tell where a statement ends,
 * how it begins and how many parameters it has.
 *
 * As the server's own lexer with standard_conforming_strings = on, which our sessions have
 * (src/backend/parser/scan.l). Nothing rests on it but what is said: which text a server takes for
 * how many statements is for the server to decide (SQL_ONE).
 */
#ifndef PGCUTOVER_CHECKS_PLANS_TOKEN_H
#define PGCUTOVER_CHECKS_PLANS_TOKEN_H

#include <stdbool.h>
#include <stddef.h>

enum token_kind {
    TOKEN_END,
    TOKEN_SPACE,
    TOKEN_COMMENT, /* "--" to the end of its line, or nested ones of several lines */
    TOKEN_STRING,  /* all of them, quoted with dollars, too */
    TOKEN_NAME,    /* "quoted" */
    TOKEN_WORD,    /* a key word or a name that is not quoted */
    TOKEN_PARAMETER,
    TOKEN_SEMICOLON,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_BACKSLASH,
    TOKEN_OTHER /* one character, or a number */
};

struct token {
    enum token_kind kind;
    size_t length;      /* bytes */
    bool is_open;       /* a comment or a quote that does not end */
    unsigned parameter; /* $1: 1 */
};

/* The token at `text`, which is `length` bytes long. */
struct token token_read(const char *text, size_t length);
/* Is it that word, whatever the case of its letters? `word` is lower case. */
bool token_is(const struct token *token, const char *text, const char *word);

/* What a statement looks like without asking a server. */
struct statement_look {
    bool is_planned;     /* SELECT, INSERT, ... : one that EXPLAIN and PREPARE take */
    bool writes;         /* by its first word, or INTO in a query */
    unsigned parameters; /* the greatest $n; 0: none */
};

struct statement_look statement_look(const char *text);

/* pg_stat_statements makes "interval $1" of interval '1 day', which no server takes. Returns the
   text with CAST($1 AS interval) instead; the caller frees. NULL: there is nothing of the kind. */
char *statement_with_casts(const char *text);

#endif
