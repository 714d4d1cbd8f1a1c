-- doing: computing what green's settings will allow
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 10 and newer; 10 names no background worker, but what it waits for.
-- reads
WITH override AS (
    SELECT lower(key) AS name, trim(value) AS setting
      FROM json_each_text(:'green_parameters'::json)
), extension AS (
    SELECT count(*) AS workers
      FROM pg_stat_activity
     WHERE backend_type NOT LIKE 'logical replication %'
       AND backend_type NOT IN ('client backend', 'autovacuum launcher', 'autovacuum worker',
                                'background writer', 'background worker', 'checkpointer',
                                'walwriter', 'walsender', 'walreceiver', 'walsummarizer',
                                'startup', 'archiver', 'logger', 'stats collector', 'io worker',
                                'parallel worker', 'slotsync worker', 'standalone backend')
        OR current_setting('server_version_num')::int < 110000
           AND backend_type = 'background worker' AND wait_event_type = 'Extension'
), wanted (name, needed, fallback, since) AS (
    SELECT 'max_logical_replication_workers', :'databases'::bigint, '4', 0
    UNION ALL SELECT 'max_worker_processes', :'databases'::bigint + 2 + workers, '8', 0
                FROM extension
    UNION ALL SELECT 'max_replication_slots', :'databases'::bigint + 1, '10', 0
    UNION ALL SELECT 'max_wal_senders', :'databases'::bigint + 1, '10', 0
    UNION ALL SELECT 'max_active_replication_origins', :'databases'::bigint, '10', 180000
), setting AS (
    SELECT w.name, w.needed,
           coalesce(o.setting, current_setting(w.name, true), w.fallback) AS setting
      FROM wanted AS w
      LEFT JOIN override AS o ON o.name = w.name
     WHERE :'green_version'::int >= w.since
)
SELECT name AS what,
       format('%s on green, %s needed for %s databases', setting, needed, :'databases'::int)
           AS evidence,
       format('set %s = %s under [green.parameters]', name, needed) AS cure
  FROM setting
 WHERE CASE WHEN setting ~ '^[0-9]{1,9}$' THEN setting::bigint ELSE 0 END < needed
UNION ALL
SELECT 'wal_receiver_status_interval', 'green would not report its position',
       'set wal_receiver_status_interval = 10s under [green.parameters]'
 WHERE coalesce((SELECT setting FROM override WHERE name = 'wal_receiver_status_interval'),
                current_setting('wal_receiver_status_interval')) ~ '^0+ *[a-z]*$'
UNION ALL
SELECT 'wal_level', 'the way back needs logical on green',
       'set wal_level = logical under [green.parameters]'
  FROM override
 WHERE name = 'wal_level' AND lower(setting) <> 'logical';
