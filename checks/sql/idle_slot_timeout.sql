-- doing: checking whether idle slots are invalidated
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT name AS what, format('%s %s', setting, unit) AS evidence
  FROM pg_settings
 WHERE name = 'idle_replication_slot_timeout' AND setting <> '0';
