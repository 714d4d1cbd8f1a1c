/* Checks of blue as a server: what it is, its settings, and what runs on it. */
#include "check.h"

#include "check_files.h"

const struct check check_rows_server[] = {
    {
        .id = "superuser",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_superuser,
        .text = "Slots, origins, fences and pg_upgrade of a self-managed cluster need a superuser.",
        .cure = "connect as a superuser, or ALTER ROLE ... SUPERUSER for this role",
        .source = "src/backend/commands/subscriptioncmds.c",
    },
    {
        .id = "recovery",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_recovery,
        .text = "Blue has to be the primary: a standby can hold neither publications nor markers.",
        .cure = "let [blue] conninfo name the primary (target_session_attrs=read-write helps)",
        .source = "src/backend/replication/logical/logical.c",
    },
    {
        .id = "minor_version",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_minor_version,
        .text = "Older minor releases have defects that lose changes of logical replication: slots "
                "that start within a transaction, missed DDL, WAL removed too early.",
        .cure = "update the server to the newest minor release, and allow no DDL until the cutover",
        .source = "docs/correctness.md",
    },
    {
        .id = "truncate",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .max_version = 109999,
        .sql = &check_truncate,
        .text = "TRUNCATE is not replicated, and one on green ends the way back: such a blue stops "
                "at it.",
        .cure = "let nothing TRUNCATE a table from prepare to the cutover, DELETE instead, and "
                "let verify compare before it; behind it as long as the way back is wanted",
        .source = "src/backend/replication/logical/proto.c",
    },
    {
        .id = "wal_level",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .is_scripted = true,
        .sql = &check_wal_level,
        .text = "Without wal_level = logical no change can be decoded.",
        .cure = "ALTER SYSTEM SET wal_level = logical; then restart the server",
        .source = "src/backend/replication/logical/logical.c",
    },
    {
        .id = "output_plugin",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .is_scripted = true,
        .sql = &check_output_plugin,
        .text = "The server allows only listed output plugins, and slots here use pgoutput.",
        .cure = "add pgoutput to output_plugin_libraries and reload",
        .source = "src/backend/replication/logical/logical.c",
    },
    {
        .id = "max_replication_slots",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .is_scripted = true,
        .sql = &check_max_replication_slots,
        .text = "Every database needs a slot, and the setting cannot be raised without a restart.",
        .cure = "ALTER SYSTEM SET max_replication_slots = ...; then restart the server",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "max_wal_senders",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .is_scripted = true,
        .sql = &check_max_wal_senders,
        .text = "Every database needs a WAL sender, and the clone needs two; the setting cannot be "
                "raised without a restart.",
        .cure = "ALTER SYSTEM SET max_wal_senders = ...; then restart the server",
        .source = "src/backend/replication/walsender.c",
    },
    {
        .id = "max_slot_wal_keep_size",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .min_version = 130000,
        .text = "The slots stand still during clone and upgrade; past this limit they are "
                "invalidated and prepare has to begin again.",
        .cure = "raise max_slot_wal_keep_size to what was found to be needed, as far as the disk "
                "allows, and reload",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "idle_slot_timeout",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .min_version = 180000,
        .is_scripted = true,
        .sql = &check_idle_slot_timeout,
        .text = "The slots are idle during clone and upgrade, and would be invalidated.",
        .cure = "ALTER SYSTEM SET idle_replication_slot_timeout = 0; SELECT pg_reload_conf();",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "outside_files",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .max_version = 109999,
        .sql = &check_outside_files,
        .text = "Green gets blue's access rules and TLS files, and before 11 the server reads none "
                "that lie outside its data directory.",
        .cure = "move the file into the data directory, set the parameter, and restart the server",
        .source = "docs/traps.md",
    },
    {
        .id = "read_only",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_read_only,
        .text =
            "The fence is made of this setting; one that is already there is an older fence, or "
            "would be taken for one.",
        .cure = "reset default_transaction_read_only",
        .source = "docs/correctness.md",
    },
    {
        .id = "prepared_transactions",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_prepared_transactions,
        .text =
            "A prepared transaction holds up the slots, makes pg_upgrade refuse, and can commit "
            "through a read-only fence.",
        .cure = "commit or roll back what is prepared",
        .source = "src/bin/pg_upgrade/check.c",
    },
    {
        .id = "subscriptions",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_subscriptions,
        .text = "A clone carries subscriptions along and would take changes meant for blue from "
                "their publisher; clusters that subscribe are refused for now.",
        .cure =
            "drop the subscription without its slot, and make it anew on green behind the switch",
        .source = "src/backend/replication/logical/launcher.c",
    },
    {
        .id = "way_back_settings",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .way_back = true,
        .is_scripted = true,
        .sql = &check_subscriber_settings,
        .text = "Behind the switch blue runs one subscription a database; without room for them "
                "there would be no way back, and the settings take a restart.",
        .cure = "raise the setting and restart the server; or [rollback] reverse = no",
        .source = "src/backend/replication/logical/launcher.c",
    },
    {
        .id = "green_parameters",
        .of_green_version = true,
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_green_parameters,
        .text = "Green starts with blue's settings and [green.parameters]; subscriptions beyond "
                "its limits do not start, and only its log says so.",
        .cure = "set the parameter under [green.parameters]",
        .source = "src/backend/replication/logical/launcher.c",
    },
    {
        .id = "green_parallel_workers",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_green_parallel_workers,
        .text = "Workers of parallel queries on green may take every process that there is: a "
                "subscription that starts meanwhile waits, and green lags behind.",
        .cure = "set max_worker_processes higher under [green.parameters]",
        .source = "src/backend/access/transam/parallel.c",
    },
    {
        .id = "green_slot_parameters",
        .of_green_version = true,
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .way_back = true,
        .sql = &check_green_slot_parameters,
        .text =
            "Behind the switch green keeps WAL for blue in slots: once one is invalidated there "
            "is no way back.",
        .cure = "leave the parameter out of [green.parameters] until the upgrade is finished",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "role_all_settings",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_role_all_settings,
        .text =
            "pg_upgrade loses settings made by ALTER ROLE ALL without a word; prepare makes them "
            "again on green.",
        .cure = "nothing to do",
        .source = "src/bin/pg_dump/pg_dumpall.c",
    },
    {
        .id = "xmloption",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_xmloption,
        .text = "With xmloption = document apply stops at the first XML value that is a fragment.",
        .cure = "set xmloption = content",
        .source = "src/backend/utils/adt/xml.c",
    },
    {
        .id = "apply_timeouts",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_apply_timeouts,
        .text = "Apply obeys them: lock_timeout disables the subscription at the first lock that "
                "it waits for, transaction_timeout lets no longer transaction ever arrive.",
        .cure = "set it to 0 for the role that the subscriptions belong to",
        .source = "src/backend/access/transam/xact.c",
    },
    {
        .id = "job_libraries",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_job_libraries,
        .text = "Background workers of this library write by themselves, on a clone as on blue: "
                "every job would run twice.",
        .cure = "leave the library out of shared_preload_libraries under [green.parameters] until "
                "the cutover, and stop its jobs before it",
        .source = "docs/traps.md",
    },
    {
        .id = "long_transactions",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_long_transactions,
        .text = "Slots are only made when all transactions that run now have ended, and a large "
                "one reaches green only after its commit.",
        .cure = "wait for it, or end it with pg_terminate_backend",
        .source = "src/backend/replication/logical/snapbuild.c",
    },
    {
        .id = "slot_taken",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_slot_taken,
        .text = "A slot with a name of ours is not of this run; left alone, it keeps WAL for ever.",
        .cure = "drop the slot when no other run uses it",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "patroni",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_patroni,
        .text =
            "Patroni drops logical slots that it does not know and nobody reads, when it starts, "
            "restarts PostgreSQL or is resumed: those of a run are idle until green runs.",
        .cure = "patronictl edit-config: under ignore_slots, an entry with type: logical and "
                "plugin: pgoutput; and change settings there, too, not by ALTER SYSTEM",
        .source = "docs/traps.md",
    },
    {
        .id = "slots_lost",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .min_version = 130000,
        .sql = &check_slots_lost,
        .text =
            "WAL that green still has to read is gone, or will be at the next checkpoint: without "
            "it this green can never catch up.",
        .cure = "pgcutover abort --execute, then prepare again with more room for WAL",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "other_slots_lost",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .min_version = 130000,
        .sql = &check_other_slots_lost,
        .text = "A slot that has lost WAL serves its consumer no more, and shows how much room "
                "there is for the slots of a run.",
        .cure = "ask its owner; drop it when it is not used",
        .source = "src/backend/replication/slot.c",
    },
    {
        .id = "other_slots",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_other_slots,
        .text = "Slots of other consumers do not move to green: what reads from this one misses "
                "everything after the switch.",
        .cure = "plan with its owner to make the slot on green before clients write there",
        .source = "src/backend/replication/basebackup.c",
    },
    {
        .id = "standbys",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_standbys,
        .text = "Standbys of blue do not follow to green and keep serving old data.",
        .cure = "build standbys of green, and point readers at them",
        .source = "docs/traps.md",
    },
    {
        .id = "synchronous_standbys",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_synchronous_standbys,
        .text = "Green has no standbys at first and must not wait for any: commits would hang.",
        .cure = "set synchronous_standby_names on green when its standbys are there",
        .source = "src/backend/replication/syncrep.c",
    },
    {
        .id = "archiving",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_archiving,
        .text = "Green must not archive into blue's WAL archive.",
        .cure = "give green an archive of its own, and take a base backup after the switch",
        .source = "docs/traps.md",
    },
    {.id = NULL},
};
