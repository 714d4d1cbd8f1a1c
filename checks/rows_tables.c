/* Checks of the tables of every replicated database of blue: can each of their rows be found again
   on green? */
#include "check.h"

#include "check_files.h"

const struct check check_rows_tables[] = {
    {
        .id = "identity_impossible",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_identity_impossible,
        .text = "Without a key the whole row identifies a row, and apply stops at a type that it "
                "cannot compare.",
        .cure = "add a primary key",
        .source = "src/backend/executor/execReplication.c",
    },
    {
        .id = "identity_loose",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_identity_loose,
        .text = "Without a key, a row that is equal but not the same may be changed on green "
                "instead, without a word.",
        .cure = "add a primary key",
        .source = "src/backend/executor/execReplication.c",
    },
    {
        .id = "identity_slow",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_identity_slow,
        .text =
            "Each update and delete reads the whole table on green, or on blue on the way back: "
            "apply may never catch up.",
        .cure = "add a primary key",
        .source = "src/backend/replication/logical/relation.c",
    },
    {
        .id = "identity_missing",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE_DB,
        .sql = &check_identity_missing,
        .text = "Once published, updates and deletes fail on a table without replica identity; "
                "prepare gives it one before that, and finish takes it back.",
        .cure = "add a primary key",
        .source = "src/backend/executor/execReplication.c",
    },
    {
        .id = "forced_row_security",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_forced_row_security,
        .text = "From PostgreSQL 16 on apply works as the owner of the table, and stops at row "
                "security that is forced upon it.",
        .cure = "ALTER TABLE ... NO FORCE ROW LEVEL SECURITY until the upgrade is finished",
        .source = "src/backend/replication/logical/worker.c",
    },
    {
        .id = "owner_privileges",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_owner_privileges,
        .text =
            "From PostgreSQL 16 on apply works as the owner of the table, and stops at a change "
            "that he may not make himself.",
        .cure = "give the owner all privileges on the table until the upgrade is finished",
        .source = "src/backend/replication/logical/worker.c",
    },
    {
        .id = "always_triggers",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .is_scripted = true,
        .sql = &check_always_triggers,
        .text = "The trigger fires when green applies the change, and what it did on blue has been "
                "replicated as well: rows that it writes are doubled or collide.",
        .cure =
            "let it fire only for clients (ENABLE TRIGGER), or, where it fires on replicas only, "
            "not at all, until the upgrade is finished",
        .source = "src/backend/replication/logical/worker.c",
    },
    {
        .id = "unqualified_functions",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_unqualified_functions,
        .text = "Apply has an empty search_path: a function that relies on one stops it.",
        .cure = "qualify the names in the function, or give it a search_path of its own",
        .source = "src/backend/replication/logical/worker.c",
    },
    {
        .id = "generated_columns",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .min_version = 120000,
        .sql = &check_generated_columns,
        .text = "Green computes generated columns itself: a function that is not truly immutable "
                "gives other values there.",
        .cure = "see that it depends on nothing but its arguments",
        .source = "src/backend/replication/pgoutput/pgoutput.c",
    },
    {
        .id = "blue_collations",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_changed_collations,
        .text =
            "The library that sorts was changed beneath blue: its indexes may be wrong already, "
            "and green gets them as they are.",
        .cure = "reindex, then refresh the version of the collation",
        .source = "src/backend/utils/adt/pg_locale.c",
    },
    {
        .id = "unlogged",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_unlogged,
        .text = "Unlogged tables are neither in the clone nor replicated: empty on green.",
        .cure = "SET LOGGED, or accept that it is empty",
        .source = "src/backend/catalog/pg_publication.c",
    },
    {
        .id = "large_objects",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_large_objects,
        .text = "Large objects are never replicated: green keeps those of the clone, and changes "
                "made since are lost at the switch.",
        .cure = "do not change large objects from prepare to cutover, or keep them as bytea",
        .source = "src/backend/replication/logical/decode.c",
    },
    {.id = NULL},
};
