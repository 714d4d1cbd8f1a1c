-- doing: looking for slots that have lost WAL
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 13 and newer
-- reads
SELECT slot_name AS what,
       format('%s slot, wal_status is %s', slot_type, wal_status) AS evidence,
       CASE wal_status WHEN 'lost' THEN format('SELECT pg_drop_replication_slot(%L);', slot_name)
       END AS cure
  FROM pg_replication_slots
 WHERE slot_name <> ALL (:'run_slots'::name[])
   AND wal_status IN ('unreserved', 'lost')
 ORDER BY slot_name;
