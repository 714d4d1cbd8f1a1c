-- doing: looking for extensions that run jobs or change tables
-- returns: a row a finding: what, evidence
-- needs: any login; PostgreSQL 10 and newer
-- reads
SELECT extname AS what, 'version ' || extversion AS evidence
  FROM pg_extension
 WHERE extname IN ('pg_cron', 'pg_partman', 'pglogical', 'bdr', 'pgactive', 'spock', 'pg_squeeze', 'pg_net', 'pgagent', 'pgq', 'powa', 'pg_task',
                   'pgmq', 'vectorize')
 ORDER BY extname;
