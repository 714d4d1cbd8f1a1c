/*
 * markdown.h: puts texts of others into Markdown (CommonMark, with GitHub's tables). Never blocks.
 */
#ifndef PGCUTOVER_REPORT_MARKDOWN_H
#define PGCUTOVER_REPORT_MARKDOWN_H

#include "../base/text.h"

/* In one line, as it is when it is rendered: neither markup, nor HTML, nor the end of a cell. */
void markdown_add(struct text *out, const char *string);
/* As code, in one line; `is_cell`: of a table, where a bar has to be escaped in code, too. */
void markdown_add_code(struct text *out, const char *string, bool is_cell);
/* Lines as they are, in a fence that they cannot close. */
void markdown_add_block(struct text *out, const char *lines);
/* A quoted string of the front matter (YAML), which takes every character. */
void markdown_add_quoted(struct text *out, const char *string);

#endif
