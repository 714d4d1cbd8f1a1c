-- doing: reading what the slots are behind, and what they keep
-- returns: a row per slot of ours: slot_name, active, wal_status (NULL before 13), behind (bytes),
--          lag_us (NULL: the server has not measured it lately), retained (bytes of WAL), limit_bytes
--          (NULL: there is none)
-- needs: superuser (replay_lag); PostgreSQL 10 and newer. A slot that is missing has no row: never zero.
-- reads
SELECT slot.slot_name, slot.active,
       to_jsonb(slot) ->> 'wal_status' AS wal_status,
       pg_wal_lsn_diff(current.lsn, slot.confirmed_flush_lsn)::bigint AS behind,
       (extract(epoch FROM sender.replay_lag) * 1000000)::bigint AS lag_us,
       pg_wal_lsn_diff(current.lsn, slot.restart_lsn)::bigint AS retained,
       (SELECT setting::bigint * 1048576
          FROM pg_settings
         WHERE name = 'max_slot_wal_keep_size' AND setting::bigint >= 0) AS limit_bytes
  FROM pg_replication_slots AS slot
 CROSS JOIN pg_current_wal_flush_lsn() AS current (lsn)
  LEFT JOIN pg_stat_replication AS sender ON sender.pid = slot.active_pid
 WHERE slot.slot_name LIKE 'pgcutover\_%'
 ORDER BY slot.slot_name
