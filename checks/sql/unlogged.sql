-- doing: looking for unlogged tables and sequences
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       format('unlogged %s, %s', CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'table' END,
              CASE WHEN c.relpages > 0
                   THEN 'about ' || pg_size_pretty(c.relpages::bigint
                                                   * current_setting('block_size')::int)
                   ELSE 'of unknown size (never analyzed, or empty then)' END) AS evidence,
       format('ALTER %s %I.%I SET LOGGED;',
              CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
              n.nspname, c.relname) AS cure
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relpersistence = 'u' AND c.relkind IN ('r', 'S')
 ORDER BY n.nspname, c.relname;
