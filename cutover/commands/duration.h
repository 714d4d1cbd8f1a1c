/*
 * duration.h: times and numbers as people read them in status and reports.
 */
#ifndef PGCUTOVER_COMMANDS_DURATION_H
#define PGCUTOVER_COMMANDS_DURATION_H

#include "../base/text.h"

#include <stdint.h>

/* "45 s", "2 h 10 min", "3 d 4 h": the two largest units; of less than a second "12 ms". */
void duration_add(struct text *text, int64_t us);
/* "1,234" */
void number_add(struct text *text, int64_t number);
/* "16 MB" */
void size_add(struct text *text, int64_t bytes);

#endif
