-- doing: looking for stale statistics
-- returns: a row a finding: what, evidence, cure
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT s.schemaname || '.' || s.relname AS what,
       format('%s of %s rows have changed since it was analyzed (%s)', s.n_mod_since_analyze,
              s.n_live_tup,
              coalesce(to_char(greatest(s.last_analyze, s.last_autoanalyze),
                               'YYYY-MM-DD HH24:MI'), 'never')) AS evidence,
       format('ANALYZE %I.%I;', s.schemaname, s.relname) AS cure
  FROM pg_stat_user_tables AS s
 WHERE s.n_mod_since_analyze > 10000 AND s.n_mod_since_analyze > s.n_live_tup / 2
 ORDER BY s.n_mod_since_analyze DESC, s.schemaname, s.relname;
