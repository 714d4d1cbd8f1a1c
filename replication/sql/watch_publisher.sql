-- doing: reading the log, the oldest transaction and the logical slots
-- returns: first the server's own row, whose slot_name is NULL: end_lsn (of its log, flushed),
--          oldest_us (0: no transaction is open; NULL: that is not ours to see), oldest_pid (0: it is
--          a prepared one), oldest_who; then a row per logical slot, by name: slot_name, database,
--          active, wal_status and safe (both NULL before 13), confirmed_lsn, behind and retained
-- needs: pg_monitor, to see transactions of others; PostgreSQL 10 and newer; :{slot} are the columns
--        wal_status and safe, which 13 was the first to have
-- reads
WITH log (lsn) AS
  (SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
               ELSE pg_current_wal_flush_lsn() END),
     oldest (since, pid, who) AS
  (SELECT a.xact_start, a.pid, coalesce(a.usename, '?') || '@' || coalesce(a.datname, '?') || ', ' || coalesce(a.state, '?')
     FROM pg_stat_activity AS a
    WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND a.xact_start IS NOT NULL
   UNION ALL
   SELECT p.prepared, 0, p.owner || '@' || p.database || ', prepared: ' || p.gid
     FROM pg_prepared_xacts AS p
    ORDER BY 1
    LIMIT 1)
SELECT NULL AS slot_name, NULL AS database, NULL AS active, NULL AS wal_status, NULL AS safe,
       NULL AS confirmed_lsn, NULL AS behind, NULL AS retained, log.lsn AS end_lsn,
       CASE WHEN oldest.since IS NOT NULL
            THEN greatest(0, extract(epoch FROM clock_timestamp() - oldest.since) * 1000000)::bigint
            WHEN pg_has_role('pg_read_all_stats', 'MEMBER') THEN 0 END AS oldest_us,
       oldest.pid AS oldest_pid, oldest.who AS oldest_who
  FROM log LEFT JOIN oldest ON true
UNION ALL
(SELECT slot.slot_name::text, slot.database::text, slot.active, :{slot},
        slot.confirmed_flush_lsn,
        pg_wal_lsn_diff(log.lsn, slot.confirmed_flush_lsn)::bigint,
        pg_wal_lsn_diff(log.lsn, slot.restart_lsn)::bigint, NULL, NULL, NULL, NULL
   FROM log, pg_replication_slots AS slot
  WHERE slot.slot_type = 'logical'
  ORDER BY slot.slot_name::text COLLATE "C")
