/*
 * report_html_write.h: adding to a page, and saying numbers as people read them. Never blocks.
 * Inside the report's page only.
 */
#ifndef PGCUTOVER_REPORT_REPORT_HTML_WRITE_H
#define PGCUTOVER_REPORT_REPORT_HTML_WRITE_H

#include "report_data.h"

#include "../base/text.h"

/*
 * Adds `format`, which is markup. Every %s is escaped, so that nothing a server says is ever read
 * as markup, whether it stands between tags or in a quoted attribute; NULL adds nothing. Besides:
 * %d %zu %lld %.Nf %%.
 */
void html_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* What stands for a text, or words that say that there is none. */
const char *html_or(const char *text, const char *otherwise);

/* "1.5 kB", by powers of 1024, as pg_size_pretty() names them; "not measured". */
const char *html_size(char buffer[32], int64_t bytes);
/* "0.31 ms", "97 ms", "1.8 s", "2 d 3 h": three digits at most; "not measured". */
const char *html_duration(char buffer[32], int64_t us);
/* "1,234"; "not measured". */
const char *html_count(char buffer[32], int64_t count);
/* "07:01:00", with milliseconds below a resolution of a second. */
const char *html_clock(char buffer[32], int64_t at_us, int64_t resolution_us);
/* "2026-11-23 07:01:00.123"; "not known". */
const char *html_moment(char buffer[32], int64_t at_us);
/* "23 Nov". */
const char *html_day(char buffer[32], int64_t at_us);

/* How wide a text is drawn, in pixels, at least as wide as any font that we name draws it. */
double html_text_width(const char *text, double size);

#endif
