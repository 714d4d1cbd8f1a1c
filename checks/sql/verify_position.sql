-- doing: looking how far the other side has come
-- returns: one row: insert_lsn, flush_lsn; of the slot confirmed_flush_lsn and is_active, NULL without
--          it; waiting, how many commits wait for a synchronous standby
-- needs: superuser; PostgreSQL 10 and newer. The insert position is read first: whatever was visible
--        before lies below it. A commit that waits for a standby may be on the other side before it is
--        visible here.
-- reads
SELECT pg_current_wal_insert_lsn() AS insert_lsn,
       pg_current_wal_flush_lsn() AS flush_lsn,
       (SELECT confirmed_flush_lsn FROM pg_replication_slots
         WHERE slot_name = :'slot' AND database = current_database()) AS confirmed_flush_lsn,
       (SELECT active FROM pg_replication_slots
         WHERE slot_name = :'slot' AND database = current_database()) AS is_active,
       (SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep') AS waiting
