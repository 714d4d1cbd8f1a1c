/* Checks of what pg_upgrade refuses, or fails at when it restores the schema, in every replicated
   database of blue. Its own --check names only the first kind of trouble that it meets. */
#include "check.h"

#include "check_files.h"

const struct check check_rows_upgrade[] = {
    {
        .id = "tables_with_oids",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .max_version = 119999,
        .sql = &check_tables_with_oids,
        .text = "PostgreSQL 12 and newer know no tables WITH OIDS, and pg_upgrade refuses them.",
        .cure = "ALTER TABLE ... SET WITHOUT OIDS",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "refused_types",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_refused_types,
        .text = "pg_upgrade refuses columns whose stored values it cannot carry over.",
        .cure = "change the column to text, or drop it",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "security_labels",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_security_labels,
        .text = "pg_upgrade fails at security labels when their provider is not loaded on green.",
        .cure = "have the provider in shared_preload_libraries of green",
        .source = "src/backend/commands/seclabel.c",
    },
    {
        .id = "attribute_versions",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_attribute_versions,
        .text = "Blue marks columns with pg_attver, and green's minor release does not know it: "
                "pg_upgrade would fail late, at the restore of schemas.",
        .cure = "install the newest minor release of green's major",
        .source = "docs/traps.md",
    },
    {
        .id = "postfix_operators",
        .of_green_version = true,
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .max_version = 139999,
        .sql = &check_postfix_operators,
        .text =
            "From PostgreSQL 14 on there are no postfix operators, and pg_upgrade refuses them.",
        .cure = "drop it, and call its function by name",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "polymorphic_functions",
        .of_green_version = true,
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .max_version = 139999,
        .sql = &check_polymorphic_functions,
        .text = "From PostgreSQL 14 on these functions take anycompatiblearray, and pg_upgrade "
                "refuses what was made over the old ones.",
        .cure = "drop it, and create it again on green",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "encoding_conversions",
        .of_green_version = true,
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .max_version = 139999,
        .sql = &check_encoding_conversions,
        .text = "From PostgreSQL 14 on conversion functions have another signature, and pg_upgrade "
                "refuses those of users.",
        .cure = "drop it, and create it again on green",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "inherited_not_null",
        .of_green_version = true,
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .max_version = 179999,
        .sql = &check_inherited_not_null,
        .text = "From PostgreSQL 18 on a child has the NOT NULL constraints of its parent, and "
                "pg_upgrade refuses one that has not.",
        .cure = "ALTER TABLE ... ALTER COLUMN ... SET NOT NULL",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "inherited_generated",
        .of_green_version = true,
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .min_version = 120000,
        .max_version = 159999,
        .sql = &check_inherited_generated,
        .text = "From PostgreSQL 16 on a child may not generate a column that its parent does not: "
                "pg_upgrade fails late, when it restores the schema.",
        .cure =
            "let the child inherit no more, make the column a plain one, and let it inherit again",
        .source = "src/backend/commands/tablecmds.c",
    },
    {
        .id = "catalog_views",
        .of_green_version = true,
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_catalog_views,
        .text = "Columns of system catalogs and views go with their release, and pg_upgrade fails "
                "late at a view that reads one.",
        .cure = "drop the view, and create it again on green",
        .source = "src/backend/catalog/system_views.sql",
    },
    {
        .id = "lock_table",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_lock_table,
        .text =
            "The cutover reads all sequences of a database in one transaction, with a lock each, "
            "and is undone where the lock table has no room for them.",
        .cure = "raise max_locks_per_transaction",
        .source = "src/backend/storage/lmgr/lock.c",
    },
    {
        .id = "unicode_update",
        .of_green_version = true,
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .min_version = 130000,
        .max_version = 179999,
        .sql = &check_unicode_update,
        .text =
            "PostgreSQL 18 has a newer Unicode: what is stored by upper and lower case, patterns "
            "or normal forms of characters that it changes is wrong on green, and pg_upgrade "
            "only mentions it.",
        .cure =
            "REINDEX on green before the cutover what is an index; look at rows with characters "
            "that Unicode has changed",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {.id = NULL},
};
