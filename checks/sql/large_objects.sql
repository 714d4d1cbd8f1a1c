-- doing: counting large objects
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT 'large objects' AS what, format('%s, in %s', count(*),
       pg_size_pretty(pg_table_size('pg_largeobject'))) AS evidence
  FROM pg_largeobject_metadata
HAVING count(*) > 0;
