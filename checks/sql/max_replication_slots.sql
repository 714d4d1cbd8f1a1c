-- doing: counting free replication slots
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'max_replication_slots' AS what,
       format('%s, %s in use by others, %s needed for %s databases and one spare',
              allowed, taken, needed, :'databases'::int) AS evidence,
       CASE WHEN (SELECT source FROM pg_settings WHERE name = 'max_replication_slots') = 'command line'
            THEN format('set %s = %s where the server is started, e.g. by Patroni: it is on the '
                        || 'command line, and ALTER SYSTEM does nothing',
                        'max_replication_slots', taken + needed)
            ELSE format('ALTER SYSTEM SET max_replication_slots = %s; then restart the server',
                        taken + needed) END AS cure
  FROM (SELECT current_setting('max_replication_slots')::int AS allowed,
               :'databases'::int + 1 AS needed,
               (SELECT count(*) FROM pg_replication_slots
                 WHERE slot_name <> ALL (:'run_slots'::name[])) AS taken) AS slots
 WHERE allowed < taken + needed;
