/* Checks of what lies beside the data of blue: databases, roles, privileges, places. */
#include "check.h"

#include "check_files.h"

const struct check check_rows_names[] = {
    {
        .id = "closed_databases",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_closed_databases,
        .text = "pg_upgrade refuses a cluster in which it cannot connect to every database, or can "
                "to template0.",
        .cure = "allow connections to it, or drop it",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "template_databases",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_template_databases,
        .text = "Templates are carried by the clone, and not replicated: what changes in one later "
                "is not on green.",
        .cure = "change nothing in it until finish, or let it be a database like others: ALTER "
                "DATABASE ... IS_TEMPLATE false",
        .source = "docs/correctness.md",
    },
    {
        .id = "odd_names",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_odd_names,
        .text = "pg_upgrade and connection strings cannot carry this name.",
        .cure = "rename it",
        .source = "src/bin/pg_upgrade/server.c",
    },
    {
        .id = "connect_grants",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .is_scripted = true,
        .sql = &check_connect_grants,
        .text = "The fence revokes CONNECT and gives it back as the owner; a grant that another "
                "role made cannot be restored exactly yet.",
        .cure = "revoke it as its grantor, and grant it as the owner",
        .source = "docs/correctness.md",
    },
    {
        .id = "tablespaces",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_tablespaces,
        .text = "A clone would need a place of its own for each tablespace, above all on blue's "
                "host; clusters with tablespaces are refused for now.",
        .cure = "move what is in it to pg_default, and DROP TABLESPACE",
        .source = "docs/traps.md",
    },
    {.id = NULL},
};
