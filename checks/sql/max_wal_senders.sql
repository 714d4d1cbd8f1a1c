-- doing: counting free WAL senders
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT 'max_wal_senders' AS what,
       format('%s, %s in use by others, %s needed for %s databases and one spare',
              allowed, taken, needed, :'databases'::int) AS evidence,
       CASE WHEN (SELECT source FROM pg_settings WHERE name = 'max_wal_senders') = 'command line'
            THEN format('set %s = %s where the server is started, e.g. by Patroni: it is on the '
                        || 'command line, and ALTER SYSTEM does nothing',
                        'max_wal_senders', taken + needed)
            ELSE format('ALTER SYSTEM SET max_wal_senders = %s; then restart the server',
                        taken + needed) END AS cure
  FROM (SELECT current_setting('max_wal_senders')::int AS allowed,
               greatest(:'databases'::int, 2) + 1 AS needed,
               (SELECT count(*) FROM pg_stat_replication AS sender
                 WHERE NOT EXISTS (SELECT FROM pg_replication_slots AS slot
                                    WHERE slot.active_pid = sender.pid
                                      AND slot_name = ANY (:'run_slots'::name[]))) AS taken
       ) AS senders
 WHERE allowed < taken + needed;
