-- doing: counting columns with pg_attver, which green does not know
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT 'pg_attver' AS what,
       format('%s columns, e.g. of %s', count(*), min(n.nspname || '.' || c.relname)) AS evidence
  FROM pg_attribute AS a
  JOIN pg_class AS c ON c.oid = a.attrelid
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE a.attrelid >= 16384 AND array_to_string(a.attoptions, ',') LIKE '%pg_attver=%'
HAVING count(*) > 0 AND NOT :'green_knows_attver'::boolean;
