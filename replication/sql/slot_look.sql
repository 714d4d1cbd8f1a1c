-- doing: looking at a slot
-- returns: one row, or none: plugin, database, active, confirmed_flush_lsn, restart_lsn, wal_status
-- needs: nothing; PostgreSQL 10 and newer (wal_status is NULL before 13)
-- reads
SELECT slot.plugin, slot.database, slot.active, slot.confirmed_flush_lsn, slot.restart_lsn,
       to_jsonb(slot) ->> 'wal_status' AS wal_status
  FROM pg_replication_slots AS slot
 WHERE slot.slot_name = :'slot'
