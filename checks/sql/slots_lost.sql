-- doing: looking for slots of this run that have lost WAL
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 13 and newer. One that is unreserved may be reserved again, until the next
--        checkpoint has removed what it needs.
-- reads
SELECT slot_name AS what,
       format('wal_status is %s, it keeps WAL from %s', coalesce(wal_status, 'not known'),
              coalesce(restart_lsn::text, 'nowhere')) AS evidence,
       CASE wal_status WHEN 'unreserved' THEN
           'ALTER SYSTEM SET max_slot_wal_keep_size = ''...''; SELECT pg_reload_conf(); at once, '
           'before the next checkpoint: to more than ' || current_setting('max_slot_wal_keep_size')
           || ', as far as the disk has room; then see that green reads again' END AS cure
  FROM pg_replication_slots
 WHERE slot_name = ANY (:'run_slots'::name[])
   AND coalesce(wal_status, '') NOT IN ('reserved', 'extended')
 ORDER BY slot_name;
