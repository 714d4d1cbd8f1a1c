-- doing: checking whether idle slots are invalidated
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT name AS what, format('%s %s', setting, unit) AS evidence,
       CASE WHEN source = 'command line'
            THEN 'set idle_replication_slot_timeout = 0 where the server is started: it is on the '
                 || 'command line, and ALTER SYSTEM does nothing' END AS cure
  FROM pg_settings
 WHERE name = 'idle_replication_slot_timeout' AND setting <> '0';
