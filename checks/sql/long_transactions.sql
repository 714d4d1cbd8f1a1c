-- doing: looking for long transactions
-- returns: a row a finding: what, evidence
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT 'pid ' || pid AS what,
       format('%s in database %s by %s, %s, open for %s s', coalesce(state, backend_type),
              coalesce(datname, '-'), coalesce(usename, '-'),
              coalesce(nullif(application_name, ''), 'no application name'),
              floor(extract(epoch FROM clock_timestamp() - xact_start))) AS evidence
  FROM pg_stat_activity
 WHERE xact_start < clock_timestamp() - interval '5 minutes'
   AND (backend_xid IS NOT NULL OR backend_xmin IS NOT NULL OR state LIKE 'idle in transaction%')
   AND backend_type NOT IN ('walsender', 'autovacuum worker')
   AND pid <> pg_backend_pid()
 ORDER BY xact_start;
