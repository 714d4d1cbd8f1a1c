-- doing: checking wal_level
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'wal_level' AS what, current_setting('wal_level') || ', logical is needed' AS evidence,
       CASE WHEN (SELECT source FROM pg_settings WHERE name = 'wal_level') = 'command line'
            THEN 'set wal_level = logical where the server is started, e.g. by Patroni: it is on the '
                 || 'command line, and ALTER SYSTEM does nothing' END AS cure
 WHERE current_setting('wal_level') <> 'logical';
