/* Whether green's release, as it is installed, has and takes what blue has; most is found by code.
 */
#include "check.h"

#include "check_files.h"

const struct check check_rows_target[] = {
    {
        .id = "extension_missing",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "Green's release has no such extension: pg_upgrade cannot load its functions, and "
                "the restore of schemas fails.",
        .cure = "install the package for green's release on green's host; or, where it is not "
                "needed or not made any more, drop the extension on blue",
        .source = "src/bin/pg_upgrade/function.c",
    },
    {
        .id = "extension_version",
        .severity = CHECK_WARNING,
        .side = CHECK_GREEN_HOST,
        .text = "pg_upgrade keeps the version that is installed, and ALTER EXTENSION UPDATE finds "
                "no way from it to one that green's release has.",
        .cure = "ALTER EXTENSION ... UPDATE on blue to a version that both releases have; or "
                "install a newer package on green's host",
        .source = "src/backend/commands/extension.c",
    },
    {
        .id = "library_missing",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "Green loads what blue preloads: without the library it does not start, or lets "
                "no session begin.",
        .cure = "install the package for green's release on green's host; or name the libraries "
                "that green shall load under [green.parameters]",
        .source = "src/backend/utils/init/miscinit.c",
    },
    {
        .id = "function_library_missing",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "pg_upgrade refuses when a library of a C function cannot be loaded by green's "
                "release.",
        .cure = "install the library for green's release on green's host; or drop the functions "
                "on blue",
        .source = "src/bin/pg_upgrade/function.c",
    },
    {
        .id = "removed_settings",
        .severity = CHECK_WARNING,
        .side = CHECK_GREEN_HOST,
        .text = "Green's release does not know this parameter; prepare leaves it out.",
        .cure = "nothing on blue; set what takes its place under [green.parameters]",
        .source = "src/backend/utils/misc/guc_tables.c",
    },
    {
        .id = "refused_settings",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "Green does not start with a value that its release refuses, and pg_upgrade fails "
                "at a setting of a role or database that it cannot restore.",
        .cure = "change or take back the setting; or set another value under [green.parameters]",
        .source = "src/backend/utils/misc/guc.c",
    },
    {
        .id = "pending_restart",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_pending_restart,
        .text = "prepare carries over what is in force by a file: of a parameter that waits for a "
                "restart green gets neither the old value nor the new one, but the default.",
        .cure = "restart blue before prepare, or take the change back; or set the parameter under "
                "[green.parameters]",
        .source = "src/backend/utils/misc/guc-file.l",
    },
    {
        .id = "changed_defaults",
        .severity = CHECK_NOTE,
        .side = CHECK_GREEN_HOST,
        .text = "Blue leaves this parameter alone, and the default of green's release is another.",
        .cure = "nothing to do, if the new default suits; else set it under [green.parameters]",
        .source = "src/backend/utils/misc/guc_tables.c",
    },
    {
        .id = "parameters_differ",
        .severity = CHECK_NOTE,
        .side = CHECK_GREEN,
        .text = "Green runs with another value of this parameter than blue.",
        .cure = "nothing to do, if that is meant; else set it under [green.parameters], and on "
                "green",
        .source = "docs/configuration.md",
    },
    {
        .id = "collation_versions",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_DB,
        .text = "Another release of libc or ICU may sort in another order: rows are in the wrong "
                "partitions on green then, or refused by a CHECK, and apply misses or loses them.",
        .cure =
            "give green's host the release of the library that blue's has; or let what is named "
            "compare by bytes on blue (COLLATE \"C\") before prepare",
        .source = "src/backend/utils/adt/pg_locale.c",
    },
    {
        .id = "collation_indexes",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE_DB,
        .text = "Another release of libc or ICU may sort in another order: prepare builds these "
                "indexes anew on green before changes arrive, which takes its time.",
        .cure = "nothing to do; the slots keep WAL meanwhile ([green] expected_time)",
        .source = "src/backend/utils/adt/pg_locale.c",
    },
    {
        .id = "collation_unknown",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_DB,
        .text = "Nobody could say whether green's host sorts as blue does: prepare builds indexes "
                "anew to be safe, but partitions by ranges and CHECKs rest on it as well.",
        .cure = "[blue] run lets check compare both hosts; or compare their libc and ICU yourself",
        .source = "src/backend/utils/adt/pg_locale.c",
    },
    {
        .id = "green_program_version",
        .of_green_version = true,
        .severity = CHECK_WARNING,
        .side = CHECK_GREEN_HOST,
        .text = "Older minor releases can reset a replication origin wrongly and apply changes "
                "twice, and lose slots that were just made.",
        .cure = "install the newest minor release of green's major on green's host",
        .source = "docs/correctness.md",
    },
    {
        .id = "pg_upgrade_check",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "pg_upgrade of green's release fails at blue's schema: it was tried, without rows, "
                "in a scratch cluster on green's host.",
        .cure = "cure what it says, on blue or on green's host, and check again",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "green_reaches_blue",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "Green copies blue and follows it by connections of its own: as [blue] from_green "
                "says, also for replication.",
        .cure = "correct [blue] from_green; or let green's host in: pg_hba.conf of blue, for the "
                "database and for replication, and firewalls",
        .source = "src/backend/libpq/hba.c",
    },
    {
        .id = "locale_missing",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "A database or collation with a locale that green's host has not cannot be made "
                "there: initdb or pg_upgrade fails.",
        .cure = "make the locale on green's host: locale-gen, or the package of its language",
        .source = "src/bin/initdb/initdb.c",
    },
    {.id = NULL},
};
