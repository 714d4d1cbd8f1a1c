-- doing: looking for slots of this run that have lost WAL
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 13 and newer
-- reads
SELECT slot_name AS what,
       format('wal_status is %s, it keeps WAL from %s', coalesce(wal_status, 'not known'),
              coalesce(restart_lsn::text, 'nowhere')) AS evidence
  FROM pg_replication_slots
 WHERE slot_name = ANY (:'run_slots'::name[])
   AND coalesce(wal_status, '') NOT IN ('reserved', 'extended')
 ORDER BY slot_name;
