-- doing: looking for slots of other consumers
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT slot_name AS what,
       format('%s in database %s, %s', plugin, database,
              CASE WHEN active THEN 'active' ELSE 'not active' END) AS evidence
  FROM pg_replication_slots
 WHERE slot_type = 'logical' AND NOT temporary
   AND left(slot_name, length(:'slot_prefix')) <> :'slot_prefix'
   AND slot_name <> ALL (:'run_slots'::name[])
 ORDER BY slot_name;
