-- doing: checking the settings of a subscriber
-- returns: a row a finding: what, evidence, cure
-- needs: superuser; PostgreSQL 10 and newer; 10 names no background worker, but what it waits for.
--        Up to 17 max_replication_slots is for slots, too: the cure is enough for them as well.
-- reads
WITH extension AS (
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
), wanted (name, needed) AS (
    SELECT 'max_logical_replication_workers', :'databases'::int
    UNION ALL SELECT 'max_worker_processes', :'databases'::int + 2 + workers FROM extension
    UNION ALL SELECT CASE WHEN current_setting('max_active_replication_origins', true) IS NULL
                          THEN 'max_replication_slots' ELSE 'max_active_replication_origins' END,
                     :'databases'::int
)
SELECT name AS what,
       format('%s, %s needed for %s databases', current_setting(name), needed, :'databases'::int)
           AS evidence,
       CASE WHEN (SELECT source FROM pg_settings WHERE name = wanted.name) = 'command line'
            THEN format('set %s = %s where the server is started, e.g. by Patroni: it is on the '
                        || 'command line, and ALTER SYSTEM does nothing', wanted.name, enough)
            ELSE format('ALTER SYSTEM SET %s = %s; then restart the server', name, enough) END AS cure
  FROM wanted
 CROSS JOIN LATERAL (
        SELECT CASE name WHEN 'max_replication_slots'
                    THEN needed + 1 + (SELECT count(*) FROM pg_replication_slots
                                        WHERE slot_name <> ALL (:'run_slots'::name[]))
                    ELSE needed END AS enough) AS cured
 WHERE current_setting(name)::int < needed
UNION ALL
SELECT name, 'subscriptions would not report their position',
       'ALTER SYSTEM RESET wal_receiver_status_interval; SELECT pg_reload_conf();'
  FROM pg_settings
 WHERE name = 'wal_receiver_status_interval' AND setting = '0';
