-- doing: looking for materialized views
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       CASE WHEN c.relispopulated AND c.relpages = 0
            THEN 'of unknown size (never analyzed, or empty then)'
            WHEN c.relispopulated
            THEN 'about ' || pg_size_pretty(c.relpages::bigint * current_setting('block_size')::int)
            ELSE 'not populated' END AS evidence,
       format('on green, REFRESH MATERIALIZED VIEW %I.%I;', n.nspname, c.relname) AS cure
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relkind = 'm'
 ORDER BY n.nspname, c.relname;
