-- doing: counting large objects
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT 'large objects' AS what,
       format('%s, in %s', count(*),
              (SELECT CASE WHEN relpages > 0
                           THEN 'about ' || pg_size_pretty(relpages::bigint
                                                           * current_setting('block_size')::int)
                           ELSE 'a catalog of unknown size (never analyzed)' END
                 FROM pg_class
                WHERE oid = 'pg_largeobject'::regclass)) AS evidence
  FROM pg_largeobject_metadata
HAVING count(*) > 0;
