/* Checks that code makes: on hosts, of programs, and of the asking itself. */
#include "check.h"

const struct check check_rows_hosts[] = {
    {
        .id = "not_measured",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .text = "What could not be asked has not passed; a warning, note or advice where the check "
                "is no more than that.",
        .cure = "cure the cause and check again",
        .source = "docs/correctness.md",
    },
    {
        .id = "host_unreachable",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "Commands on this host are needed to clone, upgrade or point.",
        .cure = "try its run prefix by hand: it takes one argument, a line for sh",
        .source = "docs/configuration.md",
    },
    {
        .id = "green_programs",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "pg_upgrade needs the programs of both releases on green's host.",
        .cure = "install them, or correct bin_directory and old_bin_directory under [green]",
        .source = "src/bin/pg_upgrade/exec.c",
    },
    {
        .id = "green_host_programs",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "Jobs on green's host are scripts that call these programs.",
        .cure = "install them there: they are of util-linux and coreutils",
        .source = "docs/configuration.md",
    },
    {
        .id = "green_host_user",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "PostgreSQL refuses to run as root.",
        .cure = "[green] run has to become the user that owns the servers: sudo -u postgres ...",
        .source = "src/backend/main/main.c",
    },
    {
        .id = "green_release",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "Green's programs have to be of a release that blue's can be upgraded to.",
        .cure = "correct bin_directory under [green]",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "green_data_directory",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "The clone is only made into a directory that is empty or ours.",
        .cure = "empty it, or choose another data_directory under [green]",
        .source = "docs/correctness.md",
    },
    {
        .id = "green_file_system",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "pg_upgrade links the files of the clone, which is made beside data_directory, and "
                "links do not lead to another file system.",
        .cure = "choose a data_directory under [green] that is not a mount point itself, but below "
                "one",
        .source = "src/bin/pg_upgrade/file.c",
    },
    {
        .id = "green_space",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN_HOST,
        .text = "Green's disk has to hold a whole copy of blue.",
        .cure = "make room on green's host, or choose another data_directory under [green]",
        .source = "docs/correctness.md",
    },
    {
        .id = "wal_disk",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE_HOST,
        .text = "The slots keep all WAL from the clone until green has caught up; when blue's disk "
                "is full, blue stops.",
        .cure = "make room on blue's host; or say how long it will take, [green] expected_time",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "wal_disk_tight",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE_HOST,
        .text = "The slots keep all WAL from the clone until green has caught up, and blue's disk "
                "has no room for three times what that is expected to be.",
        .cure = "make room on blue's host, or watch its disk while green is made",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "not_built",
        .severity = CHECK_ERROR,
        .side = CHECK_CONFIGURATION,
        .text =
            "The configuration asks for something that this version cannot do; ignoring it could "
            "lose data.",
        .cure = "take it out of the configuration",
        .source = "docs/configuration.md",
    },
    {
        .id = "way_back_address",
        .severity = CHECK_ERROR,
        .side = CHECK_CONFIGURATION,
        .way_back = true,
        .text = "Behind the switch blue follows green, and has to know how to reach it.",
        .cure = "set from_blue under [green]; or, without a way back, [rollback] reverse = no",
        .source = "docs/rollback.md",
    },
    {.id = NULL},
};
