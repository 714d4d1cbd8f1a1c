-- doing: reading the positions of the slots
-- returns: a row per slot of ours: slot_name, active, wal_status, confirmed_flush_lsn, behind (bytes)
--          and now_lsn
-- needs: nothing; PostgreSQL 10 and newer. A slot that is missing has no row: never zero.
-- reads
SELECT slot.slot_name, slot.active, coalesce(to_jsonb(slot) ->> 'wal_status', 'reserved') AS wal_status,
       slot.confirmed_flush_lsn,
       pg_wal_lsn_diff(current.lsn, slot.confirmed_flush_lsn)::bigint AS behind,
       current.lsn AS now_lsn
  FROM pg_replication_slots AS slot, pg_current_wal_flush_lsn() AS current (lsn)
 WHERE slot.slot_name LIKE 'pgcutover\_%'
