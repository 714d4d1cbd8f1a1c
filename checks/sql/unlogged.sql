-- doing: looking for unlogged tables and sequences
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       format('unlogged %s, about %s', CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END,
              pg_size_pretty(c.relpages::bigint * current_setting('block_size')::int)) AS evidence,
       format('ALTER %s %I.%I SET LOGGED;',
              CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
              n.nspname, c.relname) AS cure
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relpersistence = 'u' AND c.relkind IN ('r', 'S')
 ORDER BY n.nspname, c.relname;
