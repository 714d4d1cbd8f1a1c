-- doing: looking for slots with our names
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT slot_name AS what,
       format('%s slot of %s in database %s, %s, keeps WAL from %s', slot_type,
              coalesce(plugin, 'physical'), coalesce(database, '-'),
              CASE WHEN active THEN 'active' ELSE 'not active' END,
              coalesce(restart_lsn::text, 'nowhere')) AS evidence,
       format('SELECT pg_drop_replication_slot(%L);', slot_name) AS cure
  FROM pg_replication_slots
 WHERE left(slot_name, length(:'slot_prefix')) = :'slot_prefix'
   AND slot_name <> ALL (:'run_slots'::name[])
 ORDER BY slot_name;
