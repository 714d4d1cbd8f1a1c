-- doing: waiting for the transactions that ran when the slots were made
-- returns: one row: is_settled, oldest (who is waited for, in words)
-- needs: superuser; PostgreSQL 10 and newer. Rule A5.
-- reads
SELECT txid_snapshot_xmin(txid_current_snapshot()) >= :'xmax'::bigint
           AND NOT EXISTS (SELECT FROM pg_prepared_xacts) AS is_settled,
       coalesce((SELECT format('prepared transaction %s in %s', gid, database)
                   FROM pg_prepared_xacts ORDER BY prepared LIMIT 1),
                (SELECT format('transaction of pid %s (%s in %s), open for %s', pid, usename, datname,
                               date_trunc('second', clock_timestamp() - xact_start))
                   FROM pg_stat_activity
                  WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
                  ORDER BY xact_start LIMIT 1),
                'a transaction') AS oldest
