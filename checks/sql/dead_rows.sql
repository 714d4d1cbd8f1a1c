-- doing: looking for tables full of dead rows
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT s.schemaname || '.' || s.relname AS what,
       format('%s dead rows beside %s live ones, last vacuumed %s', s.n_dead_tup, s.n_live_tup,
              coalesce(to_char(greatest(s.last_vacuum, s.last_autovacuum), 'YYYY-MM-DD HH24:MI'),
                       'never')) AS evidence,
       format('VACUUM (ANALYZE) %I.%I;', s.schemaname, s.relname) AS cure
  FROM pg_stat_user_tables AS s
 WHERE s.n_dead_tup > 10000 AND s.n_dead_tup > s.n_live_tup / 5
 ORDER BY s.n_dead_tup DESC, s.schemaname, s.relname;
