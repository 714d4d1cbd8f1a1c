-- doing: looking for invalid indexes
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT n.nspname || '.' || ic.relname AS what,
       format('%s on %s', CASE WHEN i.indisready THEN 'not valid' ELSE 'not ready' END, c.relname)
           AS evidence,
       format('REINDEX INDEX %I.%I; or DROP INDEX', n.nspname, ic.relname) AS cure
  FROM pg_index AS i
  JOIN pg_class AS ic ON ic.oid = i.indexrelid
  JOIN pg_class AS c ON c.oid = i.indrelid
  JOIN pg_namespace AS n ON n.oid = ic.relnamespace
 WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND ic.relkind = 'i'
 ORDER BY n.nspname, ic.relname;
