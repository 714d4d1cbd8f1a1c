-- doing: checking how much WAL slots may keep
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT name AS what, setting || ' MB' AS evidence
  FROM pg_settings
 WHERE name = 'max_slot_wal_keep_size' AND setting <> '-1';
