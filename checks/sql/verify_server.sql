-- doing: reading what a comparison has to know of a server
-- returns: one row: version_num, is_superuser, is_in_recovery, system_identifier
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT current_setting('server_version_num') AS version_num,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
       pg_is_in_recovery() AS is_in_recovery,
       (SELECT system_identifier FROM pg_control_system()) AS system_identifier
