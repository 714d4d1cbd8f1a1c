-- doing: computing how long green's settings will keep slots
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT w.name AS what, o.value || ' under [green.parameters]' AS evidence,
       format('leave %s out of [green.parameters]', w.name) AS cure
  FROM (VALUES ('idle_replication_slot_timeout', '^0+ *[a-z]*$', 180000),
               ('max_slot_wal_keep_size', '^-1 *[a-zA-Z]*$', 130000)) AS w (name, keeps, since)
  JOIN json_each_text(:'green_parameters'::json) AS o ON lower(o.key) = w.name
 WHERE :'green_version'::int >= w.since AND trim(o.value) !~ w.keeps
 ORDER BY w.name;
