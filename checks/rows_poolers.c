/* Checks of poolers, made by code. */
#include "check.h"

const struct check check_rows_poolers[] = {
    {
        .id = "pooler_console",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "Every process of a pooler is paused and resumed through its own console.",
        .cure = "correct consoles under [pooler ...], and admin_users of the pooler",
        .source = "pgbouncer: src/admin.c",
    },
    {
        .id = "pooler_file",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "The pooler's file is what moves clients: it must be the one the processes read.",
        .cure = "correct file and run under [pooler ...]",
        .source = "pgbouncer: src/loader.c",
    },
    {
        .id = "pooler_entries",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "Entries that lead neither to blue nor elsewhere for certain cannot be moved.",
        .cure = "name blue's addresses under [blue] from_poolers",
        .source = "pgbouncer: src/loader.c",
    },
    {
        .id = "pooler_paused",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "A pooler that is paused already is held by somebody else, or by a run that died.",
        .cure = "RESUME it on its console, or pgcutover recover",
        .source = "pgbouncer: src/admin.c",
    },
    {
        .id = "pooler_hook",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "Of a pooler with a hook nothing is known but what the hook's describe answers.",
        .cure = "correct command and run under [pooler ...]; the hook answers as docs/poolers.md "
                "says under \"Other poolers\"",
        .source = "docs/poolers.md",
    },
    {
        .id = "pooler_patience",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "The pooler would drop its waiting clients before the pause budget is over.",
        .cure =
            "raise query_wait_timeout, client_login_timeout and query_timeout (0 is none) above "
            "the pause budget",
        .source = "pgbouncer: src/janitor.c",
    },
    {
        .id = "pooler_min_pool_size",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text =
            "PgBouncer opens min_pool_size connections also while an entry is held, which gives "
            "clients errors behind the pause; what an entry says itself cannot be SET.",
        .cure = "take min_pool_size out of the entry and RELOAD; under [pgbouncer] it may stay",
        .source = "pgbouncer: src/janitor.c",
    },
    {
        .id = "pooler_timeouts",
        .severity = CHECK_WARNING,
        .side = CHECK_POOLER,
        .text = "A client that has waited before the pause may be dropped in it.",
        .cure =
            "raise query_wait_timeout, client_login_timeout and query_timeout (0 is none) above "
            "twice the pause budget",
        .source = "pgbouncer: src/janitor.c",
    },
    {
        .id = "pooler_session_mode",
        .severity = CHECK_WARNING,
        .side = CHECK_POOLER,
        .text = "In session mode a pause waits until clients disconnect by themselves.",
        .cure =
            "use pool_mode = transaction, of the process, the entry and the user; or close long "
            "sessions before the cutover",
        .source = "pgbouncer: src/admin.c",
    },
    {
        .id = "pooler_probe",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text =
            "After the switch the probe sees through the pooler that clients are served by green.",
        .cure = "correct the probe of this [pooler], its password file, or pg_hba.conf",
        .source = "docs/poolers.md",
    },
    {
        .id = "pooler_roles",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .text = "Who logs in through the poolers today would be refused by green: roles are not "
                "replicated, green has them as they were when it was cloned.",
        .cure = "CREATE ROLE or ALTER ROLE on green, so that it is as on blue",
        .source = "src/backend/libpq/auth.c",
    },
    {
        .id = "pooler_passwords_differ",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .text = "A pooler logs in to green with what it knows of blue's passwords: a secret of "
                "SCRAM has to be the same one, a changed password is refused.",
        .cure = "on green, ALTER ROLE ... PASSWORD with what pg_authid of blue holds",
        .source = "pgbouncer: src/scram.c",
    },
    {
        .id = "pooler_md5_passwords",
        .severity = CHECK_NOTE,
        .side = CHECK_POOLER,
        .text = "From PostgreSQL 18 on md5 passwords are deprecated, and a later release will not "
                "know them.",
        .cure = "after the upgrade, set those passwords anew with password_encryption = "
                "scram-sha-256, and renew the auth_file of the poolers",
        .source = "src/backend/libpq/crypt.c",
    },
    {
        .id = "pooler_unknown_users",
        .severity = CHECK_ADVICE,
        .side = CHECK_POOLER,
        .text = "A pooler knows users that blue refuses: nobody can use them today, and it will be "
                "so on green.",
        .cure = "take them out of auth_file and [users], or create the roles before prepare",
        .source = "pgbouncer: src/loader.c",
    },
    {
        .id = "pooler_auth_query",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "With auth_query a pooler asks the server for the password of everybody who comes: "
                "when auth_user cannot ask, nobody gets in.",
        .cure = "let auth_user log in, and grant it what auth_query needs; on green, too",
        .source = "pgbouncer: src/client.c",
    },
    {
        .id = "pooler_auth_database",
        .severity = CHECK_WARNING,
        .side = CHECK_POOLER,
        .text = "Passwords are looked up through an entry that does not move: if it leads to blue "
                "by another name, or to a standby of it, the fence closes it to auth_user, and "
                "nobody gets in behind the switch.",
        .cure = "let auth_dbname name an entry that moves, or make sure that the other server is "
                "not blue",
        .source = "pgbouncer: src/client.c",
    },
    {
        .id = "pooler_tls",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .text = "The pooler demands TLS of its servers (server_tls_sslmode), and green does not "
                "speak it: none of its connections would be made.",
        .cure = "ssl = on for green, with a certificate; or another server_tls_sslmode",
        .source = "pgbouncer: src/server.c",
    },
    {
        .id = "pooler_tls_certificate",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .text = "The pooler would refuse green's certificate: with verify-ca server_tls_ca_file "
                "must have signed it, with verify-full it must name green's address, too.",
        .cure = "give green a certificate of that authority, with the host of [green] "
                "from_poolers among its names; or add green's authority to server_tls_ca_file",
        .source = "pgbouncer: lib/usual/tls/tls_verify.c",
    },
    {
        .id = "pooler_reaches_green",
        .severity = CHECK_ERROR,
        .side = CHECK_GREEN,
        .text = "From the pooler's host there is no way to green: its clients would wait behind "
                "the switch until they are dropped.",
        .cure = "correct [green] from_poolers, listen_addresses of green, the network or a "
                "firewall",
        .source = "docs/poolers.md",
    },
    {
        .id = "pooler_name_unknown",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "Nobody on the pooler's host knows the name of green, which the file would lead "
                "to: PgBouncer asks again only after dns_nxdomain_ttl.",
        .cure = "let that name be known there, or give an address in [green] from_poolers",
        .source = "pgbouncer: src/dnslookup.c",
    },
    {
        .id = "pooler_same_address",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "An address of blue and the one of green are the same place by different names: "
                "clients would be moved to where they are.",
        .cure = "correct [blue] or [green] from_poolers",
        .source = "docs/poolers.md",
    },
    {
        .id = "pooler_other_spelling",
        .severity = CHECK_ERROR,
        .side = CHECK_POOLER,
        .text = "An entry leads to blue by a spelling that [blue] from_poolers does not have: it "
                "would not be held and not be moved, and its clients meet the fence.",
        .cure = "add that spelling to [blue] from_poolers",
        .source = "docs/poolers.md",
    },
    {
        .id = "pooler_connections",
        .severity = CHECK_WARNING,
        .side = CHECK_GREEN,
        .text = "The poolers may open more connections than green takes, which has room for fewer "
                "than blue: at the busiest hour clients would get errors.",
        .cure = "raise max_connections under [green.parameters], or lower the pool sizes",
        .source = "src/backend/utils/init/postinit.c",
    },
    {
        .id = "pooler_version",
        .severity = CHECK_WARNING,
        .side = CHECK_POOLER,
        .text = "What is known of a PgBouncer goes by its version: some cannot take part in all "
                "that may be wanted later.",
        .cure = "use PgBouncer 1.18 to 1.25 where a way back from 16 or newer to 15 or older is "
                "wanted, else 1.18 or newer",
        .source = "docs/rollback.md",
    },
    {
        .id = "dns_ttl",
        .severity = CHECK_WARNING,
        .side = CHECK_CONFIGURATION,
        .text = "Who comes to blue by this name, past the poolers, goes on going there for so long "
                "after the name was changed. The TTL is that of the addresses: where the name is a "
                "CNAME, that has one of its own, which is not seen.",
        .cure = "where clients are moved by that name, lower its TTL, and that of a CNAME, to 30 s "
                "or less, as long before the cutover as it is now",
        .source = "docs/poolers.md",
    },
    {.id = NULL},
};
