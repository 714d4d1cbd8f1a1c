/* Checks of everything else in the replicated databases of blue. */
#include "check.h"

#include "check_files.h"

const struct check check_rows_objects[] = {
    {
        .id = "publication_taken",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_publication_taken,
        .text = "A publication with our name is not of this run.",
        .cure = "drop the publication when no other run uses it",
        .source = "src/backend/commands/publicationcmds.c",
    },
    {
        .id = "schema_taken",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_schema_taken,
        .text = "A schema with our name is not of this run; what it holds would be taken for our "
                "marker.",
        .cure = "drop the schema when no other run uses it",
        .source = "docs/correctness.md",
    },
    {
        .id = "event_triggers",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_event_triggers,
        .text = "Event triggers see, and may refuse, what prepare creates and alters.",
        .cure = "review it, or disable it until the upgrade is finished",
        .source = "src/backend/commands/event_trigger.c",
    },
    {
        .id = "guard_language",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .is_scripted = true,
        .sql = &check_guard_language,
        .text = "The event triggers that refuse_ddl wants are written in PL/pgSQL.",
        .cure = "create the language, or leave refuse_ddl out",
        .source = "docs/correctness.md",
    },
    {
        .id = "job_extensions",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_job_extensions,
        .text = "This extension runs jobs or changes tables by itself; tables made after the clone "
                "are not replicated, and jobs would run on both sides.",
        .cure = "make partitions ahead, and stop its jobs from prepare to cutover",
        .source = "docs/traps.md",
    },
    {
        .id = "unsupported_extensions",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .sql = &check_unsupported_extensions,
        .text = "This extension makes chunks or shards by DDL of its own, which is not replicated, "
                "and its library cannot be left out of a server that has it.",
        .cure = "no cure is known: upgrade this cluster by the tools of the extension",
        .source = "docs/traps.md",
    },
    {
        .id = "all_tables_publications",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_all_tables_publications,
        .text = "It publishes the marker table that prepare creates too: its subscribers stop at a "
                "table that they do not have.",
        .cure = "create a table pgcutover.marker like it on its subscribers before prepare, or "
                "list its tables by name",
        .source = "src/backend/catalog/pg_publication.c",
    },
    {
        .id = "extension_tables",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE_DB,
        .sql = &check_extension_tables,
        .text = "Tables of extensions are replicated like others: what ALTER EXTENSION UPDATE "
                "writes on green may collide with them.",
        .cure = "decide for each: is it filled by the extension or by clients?",
        .source = "src/backend/catalog/pg_publication.c",
    },
    {
        .id = "partitions_ahead",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .sql = &check_partitions_ahead,
        .text = "A partition that is made between clone and cutover is not replicated until it is "
                "on green too, and apply stops at its first row.",
        .cure = "create partitions for the weeks to come before prepare",
        .source = "src/backend/replication/logical/relation.c",
    },
    {
        .id = "foreign_tables",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE_DB,
        .sql = &check_foreign_tables,
        .text = "Foreign tables are not replicated; on green they reach the same remote server.",
        .cure = "let nothing on green write to it before the cutover",
        .source = "src/backend/catalog/pg_publication.c",
    },
    {
        .id = "matviews",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE_DB,
        .sql = &check_matviews,
        .text = "Materialized views are not replicated: green has them as of the clone.",
        .cure = "refresh it on green shortly before the cutover",
        .source = "src/backend/catalog/pg_publication.c",
    },
    {.id = NULL},
};
