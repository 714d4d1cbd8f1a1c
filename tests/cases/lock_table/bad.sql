-- tables without storage or rows: as many as there is room for
SELECT format('CREATE TABLE t%s (id integer) PARTITION BY LIST (id)', n)
  FROM generate_series(1, current_setting('max_locks_per_transaction')::int
                          * (current_setting('max_connections')::int
                             + current_setting('max_prepared_transactions')::int
                             + current_setting('max_worker_processes')::int
                             + current_setting('max_wal_senders')::int
                             + current_setting('autovacuum_max_workers')::int + 1)) AS n \gexec
