-- doing: looking for physical standbys
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT coalesce(nullif(r.application_name, ''), 'pid ' || r.pid) AS what,
       format('%s, %s, at %s', r.state, r.sync_state,
              coalesce(host(r.client_addr), 'a local socket')) AS evidence
  FROM pg_stat_replication AS r
 WHERE r.state <> 'backup'
   AND NOT EXISTS (SELECT FROM pg_replication_slots AS s
                    WHERE s.active_pid = r.pid AND s.slot_type = 'logical')
UNION ALL
SELECT slot_name, 'physical slot, not active'
  FROM pg_replication_slots
 WHERE slot_type = 'physical' AND NOT active;
