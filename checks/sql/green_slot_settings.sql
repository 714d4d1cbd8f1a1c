-- doing: checking how long slots are kept
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 13 and newer
-- reads
SELECT s.name AS what, current_setting(s.name) AS evidence,
       format('ALTER SYSTEM SET %s = %s; SELECT pg_reload_conf();', s.name, w.keeps) AS cure
  FROM (VALUES ('idle_replication_slot_timeout', '0'),
               ('max_slot_wal_keep_size', '-1')) AS w (name, keeps)
  JOIN pg_settings AS s ON s.name = w.name
 WHERE s.setting <> w.keeps
 ORDER BY s.name;
