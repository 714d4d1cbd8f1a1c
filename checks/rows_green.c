/* Checks of green once it runs, before the cutover. */
#include "check.h"

#include "check_files.h"

const struct check check_rows_green[] = {
    {
        .id = "green_superuser",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .sql = &check_superuser,
        .text = "Subscriptions, origins and sequences of green need a superuser.",
        .cure = "connect to green as a superuser",
        .source = "src/backend/commands/subscriptioncmds.c",
    },
    {
        .id = "green_recovery",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .sql = &check_recovery,
        .text = "Green has to be a primary to apply changes.",
        .cure = "let [green] conninfo name the upgraded server",
        .source = "src/backend/replication/logical/launcher.c",
    },
    {
        .id = "green_minor_version",
        .severity = CHECK_WARNING,
        .side = CHECK_GREEN,
        .sql = &check_minor_version,
        .text = "Older minor releases can reset a replication origin wrongly and apply changes "
                "twice, and lose slots that were just made.",
        .cure = "update green to the newest minor release of its major",
        .source = "docs/correctness.md",
    },
    {
        .id = "green_settings",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .sql = &check_subscriber_settings,
        .text = "Subscriptions beyond these limits do not start, and only green's log says so.",
        .cure = "raise the setting and restart green",
        .source = "src/backend/replication/logical/launcher.c",
    },
    {
        .id = "green_wal_level",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .sql = &check_wal_level,
        .text = "Without wal_level = logical on green there is no way back.",
        .cure = "ALTER SYSTEM SET wal_level = logical; then restart green",
        .source = "src/backend/replication/logical/logical.c",
    },
    {
        .id = "green_prepared_transactions",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .sql = &check_prepared_transactions,
        .text = "A prepared transaction on green keeps its locks and holds up apply.",
        .cure = "roll it back on green: blue's own is replicated when it commits",
        .source = "src/backend/access/transam/twophase.c",
    },
    {
        .id = "changed_collations",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_DB,
        .sql = &check_changed_collations,
        .text = "Indexes made with another version of a collation are wrong: apply misses rows or "
                "lets duplicates in.",
        .cure = "reindex, then refresh the version of the collation",
        .source = "src/backend/utils/adt/pg_locale.c",
    },
    {
        .id = "invalid_indexes",
        .severity = CHECK_WARNING,
        .side = CHECK_GREEN_DB,
        .sql = &check_invalid_indexes,
        .text = "An invalid index serves no query, and a unique one does not keep duplicates out.",
        .cure = "REINDEX or drop it",
        .source = "src/bin/pg_dump/pg_dump.c",
    },
    {
        .id = "outdated_extensions",
        .severity = CHECK_WARNING,
        .side = CHECK_GREEN_DB,
        .sql = &check_outdated_extensions,
        .text = "pg_upgrade keeps the versions of extensions as they were.",
        .cure = "ALTER EXTENSION ... UPDATE",
        .source = "src/bin/pg_upgrade/pg_upgrade.c",
    },
    {.id = NULL},
};
