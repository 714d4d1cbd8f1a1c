/*
 * report_html_states.h: what each server was at each time, worked out from the steps. Never blocks.
 * Inside the report's page only.
 */
#ifndef PGCUTOVER_REPORT_REPORT_HTML_STATES_H
#define PGCUTOVER_REPORT_REPORT_HTML_STATES_H

#include "report_data.h"

enum server_state {
    SERVER_ABSENT,  /* not there yet, or taken apart */
    SERVER_MADE,    /* being made */
    SERVER_FOLLOWS, /* replicates from the other; clients may not write */
    SERVER_CLOSED,  /* nobody may write here, and nothing replicates to it */
    SERVER_WRITES,  /* clients may write */
};

struct state_span {
    int64_t from_us, to_us;
    enum server_state state;
};
struct states {
    struct state_span *list; /* of the report's arena; oldest first, without holes */
    size_t count;
};

/* Of blue or green, from the first step's begin to the last one's end. None: no step began. */
void states_of(struct report *report, const char *side, struct states *ret_states);
/* "may write", "follows", …; in a few words. */
const char *state_words(enum server_state state);
/* For CSS. */
const char *state_class(enum server_state state);

/* The time in which anything of the report happened; false: nothing did. */
bool report_bounds(const struct report *report, int64_t *ret_from_us, int64_t *ret_to_us);
/* When a step ended; one that did not lasts until the report was made. */
int64_t step_end(const struct report *report, const struct report_step *step);

#endif
