-- doing: comparing the lock table with the number of relations
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. pg_dump locks tables, before 17 all else as well; the
--        cutover reads all sequences in one transaction.
-- reads
WITH capacity AS (
    SELECT current_setting('max_locks_per_transaction')::bigint AS locks,
           current_setting('max_connections')::bigint
           + current_setting('max_prepared_transactions')::bigint
           + current_setting('max_worker_processes')::bigint
           + current_setting('max_wal_senders')::bigint
           + current_setting('autovacuum_max_workers')::bigint + 1 AS transactions
), needed AS (
    SELECT count(*) AS relations
      FROM pg_class
     WHERE oid >= 16384
       AND (relkind IN ('r', 'p', 'f', 'S')
            OR :'green_version'::int < 170000 AND relkind IN ('v', 'm', 'i', 'I', 't', 'c'))
)
SELECT current_database() AS what,
       format('%s relations to be locked at once, room for %s', relations, locks * transactions)
           AS evidence,
       format('ALTER SYSTEM SET max_locks_per_transaction = %s; then restart the server',
              relations * 5 / 4 / transactions + 1) AS cure
  FROM capacity, needed
 WHERE relations * 5 / 4 > locks * transactions;
