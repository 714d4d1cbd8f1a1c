-- doing: waiting for a quiet moment
-- returns: one row: oldest_ms and oldest (the longest open transaction), behind (bytes, of the slot
--          that is furthest behind), slots, inactive, prepared, analyzing
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT coalesce(max(extract(epoch FROM clock_timestamp() - xact_start) * 1000), 0)::bigint AS oldest_ms,
       (SELECT format('pid %s (%s, %s in %s)', pid, usename, application_name, datname)
          FROM pg_stat_activity
         WHERE backend_type = 'client backend' AND xact_start IS NOT NULL
           AND application_name NOT IN (:'application_name', :'application_name' || ' watch')
         ORDER BY xact_start LIMIT 1) AS oldest,
       (SELECT max(pg_wal_lsn_diff(pg_current_wal_flush_lsn(), confirmed_flush_lsn))::bigint
          FROM pg_replication_slots WHERE slot_name LIKE 'pgcutover\_%') AS behind,
       (SELECT count(*) FROM pg_replication_slots WHERE slot_name LIKE 'pgcutover\_%') AS slots,
       (SELECT count(*) FROM pg_replication_slots
         WHERE slot_name LIKE 'pgcutover\_%' AND NOT active) AS inactive,
       (SELECT count(*) FROM pg_prepared_xacts) AS prepared,
       (SELECT count(*) FROM pg_stat_activity
         WHERE query ~* '^(autovacuum: .*analyze|analyze|vacuum.*analyze)' AND state = 'active' AND pid <> pg_backend_pid()) AS analyzing
  FROM pg_stat_activity
 WHERE backend_type = 'client backend'
   AND xact_start IS NOT NULL
   AND application_name NOT IN (:'application_name', :'application_name' || ' watch')
