-- doing: counting large objects
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT 'large objects' AS what,
       format('%s, in about %s', count(*),
              pg_size_pretty((SELECT relpages::bigint * current_setting('block_size')::int
                                FROM pg_class
                               WHERE oid = 'pg_largeobject'::regclass))) AS evidence
  FROM pg_largeobject_metadata
HAVING count(*) > 0;
