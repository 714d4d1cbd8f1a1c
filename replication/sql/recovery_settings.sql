-- doing: reading the parameters that recovery of the clone needs
-- returns: a row per parameter: name, value
-- needs: nothing; PostgreSQL 10 and newer. A standby with less than its primary does not start
--        (src/backend/access/transam/xlogrecovery.c, CheckRequiredParameterValues).
-- reads
SELECT name, current_setting(name) AS value
  FROM pg_settings
 WHERE name IN ('max_connections', 'max_worker_processes', 'max_wal_senders',
                'max_prepared_transactions', 'max_locks_per_transaction', 'max_replication_slots',
                'shared_preload_libraries')
