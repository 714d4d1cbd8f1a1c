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
    },
    {
        .id = "recovery",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_recovery,
        .text = "Blue has to be the primary: a standby can hold neither publications nor markers.",
        .cure = "let [blue] conninfo name the primary (target_session_attrs=read-write helps)",
    },
    {
        .id = "minor_version",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_minor_version,
        .text = "Older minor releases have defects that lose changes of logical replication: slots "
                "that start within a transaction, missed DDL, WAL removed too early.",
        .cure = "update the server to the newest minor release, and allow no DDL until the cutover",
    },
    {
        .id = "wal_level",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_wal_level,
        .text = "Without wal_level = logical no change can be decoded.",
        .cure = "ALTER SYSTEM SET wal_level = logical; then restart the server",
    },
    {
        .id = "output_plugin",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_output_plugin,
        .text = "The server allows only listed output plugins, and slots here use pgoutput.",
        .cure = "add pgoutput to output_plugin_libraries and reload",
    },
    {
        .id = "max_replication_slots",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_max_replication_slots,
        .text = "Every database needs a slot, and the setting cannot be raised without a restart.",
        .cure = "ALTER SYSTEM SET max_replication_slots = ...; then restart the server",
    },
    {
        .id = "max_wal_senders",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_max_wal_senders,
        .text = "Every database needs a WAL sender, and the clone needs two; the setting cannot be "
                "raised without a restart.",
        .cure = "ALTER SYSTEM SET max_wal_senders = ...; then restart the server",
    },
    {
        .id = "max_slot_wal_keep_size",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .min_version = 130000,
        .sql = &check_max_slot_wal_keep_size,
        .text = "The slots stand still during clone and upgrade; past this limit they are "
                "invalidated and prepare has to begin again.",
        .cure = "ALTER SYSTEM SET max_slot_wal_keep_size = -1; SELECT pg_reload_conf(); where the "
                "disk allows, or at least three times the WAL written from clone to catch-up",
    },
    {
        .id = "idle_slot_timeout",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .min_version = 180000,
        .sql = &check_idle_slot_timeout,
        .text = "The slots are idle during clone and upgrade, and would be invalidated.",
        .cure = "ALTER SYSTEM SET idle_replication_slot_timeout = 0; SELECT pg_reload_conf();",
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
    },
    {
        .id = "subscriptions",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_subscriptions,
        .text = "A clone carries subscriptions along and would take changes meant for blue from "
                "their publisher; clusters that subscribe are refused for now.",
        .cure = "drop the subscription, and make it anew after the upgrade",
    },
    {
        .id = "way_back_settings",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .way_back = true,
        .sql = &check_subscriber_settings,
        .text = "Behind the switch blue runs one subscription a database; without room for them "
                "there would be no way back, and the settings take a restart.",
        .cure = "raise the setting and restart the server; or [rollback] reverse = no",
    },
    {
        .id = "green_parameters",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_green_parameters,
        .text = "Green starts with blue's settings and [green.parameters]; subscriptions beyond "
                "its limits do not start, and only its log says so.",
        .cure = "set the parameter under [green.parameters]",
    },
    {
        .id = "removed_settings",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_removed_settings,
        .text = "Green's release does not know this setting: it would refuse to start with it, or "
                "pg_upgrade to restore it.",
        .cure = "reset the setting",
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
    },
    {
        .id = "xmloption",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_xmloption,
        .text = "With xmloption = document apply stops at the first XML value that is a fragment.",
        .cure = "set xmloption = content",
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
    },
    {
        .id = "preload_libraries",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_preload_libraries,
        .text = "Green loads this library too and does not start without it.",
        .cure = "install the package for green's release on green's host",
    },
    {
        .id = "long_transactions",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_long_transactions,
        .text = "Slots are only made when all transactions that run now have ended, and a large "
                "one reaches green only after its commit.",
        .cure = "wait for it, or end it with pg_terminate_backend",
    },
    {
        .id = "slot_taken",
        .severity = CHECK_ERROR,
        .side = CHECK_BLUE,
        .sql = &check_slot_taken,
        .text = "A slot with a name of ours is not of this run; left alone, it keeps WAL for ever.",
        .cure = "drop the slot when no other run uses it",
    },
    {
        .id = "other_slots",
        .severity = CHECK_WARNING,
        .side = CHECK_BLUE,
        .sql = &check_other_slots,
        .text = "Slots of other consumers do not move to green: what reads from this one misses "
                "everything after the switch.",
        .cure = "plan with its owner to make the slot on green before clients write there",
    },
    {
        .id = "standbys",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_standbys,
        .text = "Standbys of blue do not follow to green and keep serving old data.",
        .cure = "build standbys of green, and point readers at them",
    },
    {
        .id = "synchronous_standbys",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_synchronous_standbys,
        .text = "Green has no standbys at first and must not wait for any: commits would hang.",
        .cure = "set synchronous_standby_names on green when its standbys are there",
    },
    {
        .id = "archiving",
        .severity = CHECK_NOTE,
        .side = CHECK_BLUE,
        .sql = &check_archiving,
        .text = "Green must not archive into blue's WAL archive.",
        .cure = "give green an archive of its own, and take a base backup after the switch",
    },
    {.id = NULL},
};
