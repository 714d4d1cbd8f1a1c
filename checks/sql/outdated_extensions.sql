-- doing: looking for extensions that were not updated
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT e.extname AS what,
       format('version %s, %s', e.extversion,
              coalesce(v.default_version || ' is available', 'not available on this server'))
           AS evidence,
       CASE WHEN v.default_version IS NOT NULL
            THEN format('ALTER EXTENSION %I UPDATE;', e.extname) END AS cure
  FROM pg_extension AS e
  LEFT JOIN pg_available_extensions AS v ON v.name = e.extname
 WHERE v.default_version IS DISTINCT FROM e.extversion
 ORDER BY e.extname;
