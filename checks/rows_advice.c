/* Advice about the schema at large: an upgrade is a good moment to look, and no reason to wait. */
#include "check.h"

#include "check_files.h"

const struct check check_rows_advice[] = {
    {
        .id = "unusable_indexes",
        .severity = CHECK_ADVICE,
        .side = CHECK_BLUE_DB,
        .sql = &check_invalid_indexes,
        .text = "An invalid index serves no query and slows every write; pg_upgrade leaves it out.",
        .cure = "REINDEX CONCURRENTLY or drop it",
        .source = "docs/checks.md",
    },
    {
        .id = "duplicate_indexes",
        .severity = CHECK_ADVICE,
        .side = CHECK_BLUE_DB,
        .sql = &check_duplicate_indexes,
        .text = "Two indexes that are the same are written twice, by clients and by apply, and "
                "read once.",
        .cure = "drop one of them",
        .source = "docs/checks.md",
    },
    {
        .id = "unindexed_foreign_keys",
        .severity = CHECK_ADVICE,
        .side = CHECK_BLUE_DB,
        .sql = &check_unindexed_foreign_keys,
        .text = "A delete or a change of a key in the table that is referred to reads all of this "
                "one, under locks.",
        .cure = "CREATE INDEX CONCURRENTLY",
        .source = "docs/checks.md",
    },
    {
        .id = "dead_rows",
        .severity = CHECK_ADVICE,
        .side = CHECK_BLUE_DB,
        .sql = &check_dead_rows,
        .text = "The clone copies dead rows too, and green inherits the bloat.",
        .cure = "VACUUM the table before prepare",
        .source = "docs/checks.md",
    },
    {
        .id = "stale_statistics",
        .severity = CHECK_ADVICE,
        .side = CHECK_BLUE_DB,
        .sql = &check_stale_statistics,
        .text = "Plans of clients rest on statistics of a table that has become another one; "
                "prepare analyzes green, not blue.",
        .cure = "ANALYZE",
        .source = "docs/checks.md",
    },
    {
        .id = "wraparound",
        .severity = CHECK_ADVICE,
        .side = CHECK_BLUE,
        .sql = &check_wraparound,
        .text = "Autovacuum does not keep up with the age of transaction ids: it will freeze with "
                "force, perhaps in the night of the cutover.",
        .cure = "VACUUM (FREEZE) the oldest tables",
        .source = "docs/checks.md",
    },
    {
        .id = "sequences_near_end",
        .severity = CHECK_ADVICE,
        .side = CHECK_BLUE_DB,
        .sql = &check_sequences_near_end,
        .text = "Sequences are never replicated: the cutover sets them behind the fence, and one "
                "that is used up stops inserts on either side.",
        .cure = "make it larger, and the column that it fills",
        .source = "docs/checks.md",
    },
    {.id = NULL},
};
