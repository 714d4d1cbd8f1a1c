-- doing: asking the server who it is
-- returns: one row: version, system_identifier, is_in_recovery, database (ours)
-- needs: superuser, or pg_monitor from 16 on (pg_control_system); PostgreSQL 10 and newer
-- reads
SELECT current_setting('server_version') AS version,
       (SELECT system_identifier::text FROM pg_control_system()) AS system_identifier,
       pg_is_in_recovery() AS is_in_recovery,
       current_database() AS database
