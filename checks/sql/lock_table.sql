-- doing: comparing the lock table with the number of sequences
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. For pg_upgrade prepare raises the parameter itself.
-- reads
WITH capacity AS (
    SELECT current_setting('max_locks_per_transaction')::bigint AS locks,
           current_setting('max_connections')::bigint
           + current_setting('max_prepared_transactions')::bigint
           + current_setting('max_worker_processes')::bigint
           + current_setting('max_wal_senders')::bigint
           + current_setting('autovacuum_max_workers')::bigint + 1 AS transactions
), needed AS (
    SELECT count(*) AS sequences
      FROM pg_class
     WHERE oid >= 16384
       AND relkind = 'S' AND relpersistence <> 't'
)
SELECT current_database() AS what,
       format('%s sequences to be locked at once, room for %s', sequences, locks * transactions)
           AS evidence,
       CASE WHEN (SELECT source FROM pg_settings WHERE name = 'max_locks_per_transaction')
                 = 'command line'
            THEN format('set %s = %s where the server is started, e.g. by Patroni: it is on the '
                        || 'command line, and ALTER SYSTEM does nothing',
                        'max_locks_per_transaction', sequences * 5 / 4 / transactions + 1)
            ELSE format('ALTER SYSTEM SET max_locks_per_transaction = %s; then restart the server',
                        sequences * 5 / 4 / transactions + 1) END AS cure
  FROM capacity, needed
 WHERE sequences * 5 / 4 > locks * transactions;
