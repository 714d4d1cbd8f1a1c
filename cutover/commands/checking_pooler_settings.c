/* What a process is set to: how long it has patience, how it pools. */
#include "checking_pooler.h"

#include "../base/text.h"
#include "../poolers/pgbouncer.h"
#include "sql_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void judge_patience(struct pooler_look *look)
{
    int64_t budget_ms = look->procedure->config->pause_budget_ms;
    const char *setting = NULL;
    int64_t patience_ms = pgbouncer_patience_ms(&look->config, &setting);
    char text[160];

    if (patience_ms < 0 || patience_ms > 2 * budget_ms)
        return;
    if (pgbouncer_setting(&look->config, setting))
        snprintf(text, sizeof(text), "%s is %lld ms; the pause budget is %lld ms", setting,
                 (long long) patience_ms, (long long) budget_ms);
    else
        snprintf(text, sizeof(text), "%s is not in SHOW CONFIG", setting);
    pooler_look_add(look, patience_ms <= budget_ms ? "pooler_patience" : "pooler_timeouts", setting,
                    text);
}

/* What differs from the value of all is an entry's own; one that is the same shows in arm. */
static void judge_minimum(struct pooler_look *look)
{
    const char *common = pgbouncer_setting(&look->config, "min_pool_size");
    int row;

    for (row = 0; row < reply_rows(&look->databases); row++) {
        const char *name = reply_value(&look->databases, row, "name");
        int64_t minimum;
        char text[80];

        if (!pooler_look_is_at_blue(look, row))
            continue;
        minimum = pgbouncer_minimum(&look->databases, name);
        snprintf(text, sizeof(text), "%lld", (long long) minimum);
        if (minimum == 0 || string_equal(text, common))
            continue;
        snprintf(text, sizeof(text),
                 minimum < 0 ? "SHOW DATABASES does not say which it has"
                             : "it has a min_pool_size of its own, %lld",
                 (long long) minimum);
        pooler_look_add(look, "pooler_min_pool_size", name, text);
    }
}

void checking_pooler_settings(struct pooler_look *look)
{
    const char *mode = pgbouncer_setting(&look->config, "pool_mode");

    judge_patience(look);
    if (mode && strcmp(mode, "session") == 0)
        pooler_look_add(look, "pooler_session_mode", "pool_mode", "it is session");
    judge_minimum(look);
}
