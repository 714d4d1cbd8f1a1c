-- doing: looking for unlogged tables
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer. Sequences are set by the cutover, unlogged ones too.
-- reads
SELECT n.nspname || '.' || c.relname AS what,
       format('unlogged table, %s',
              CASE WHEN c.relpages > 0
                   THEN 'about ' || pg_size_pretty(c.relpages::bigint
                                                   * current_setting('block_size')::int)
                   ELSE 'of unknown size (never analyzed, or empty then)' END) AS evidence,
       format('ALTER TABLE %I.%I SET LOGGED;', n.nspname, c.relname) AS cure
  FROM pg_class AS c
  JOIN pg_namespace AS n ON n.oid = c.relnamespace
 WHERE c.relpersistence = 'u' AND c.relkind = 'r'
 ORDER BY n.nspname, c.relname;
