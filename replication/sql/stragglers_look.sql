-- doing: looking whose transactions are open
-- returns: one row: count, and of the oldest: who (pid, user, application, database, how long, and the
--          beginning of its last statement)
-- needs: superuser; PostgreSQL 10 and newer
-- reads
SELECT count(*) OVER () AS count,
       format('pid %s (%s, %s in %s), open for %s ms: %s', pid, usename,
              coalesce(nullif(application_name, ''), 'no application name'), datname,
              (extract(epoch FROM clock_timestamp() - xact_start) * 1000)::bigint,
              CASE WHEN query ~* 'password' THEN '(hidden)'
                   ELSE left(regexp_replace(query, '\s+', ' ', 'g'), 60) END) AS who
  FROM pg_stat_activity
 WHERE backend_type = 'client backend'
   AND xact_start IS NOT NULL
   AND application_name NOT IN (:'application_name', :'application_name' || ' watch')
 ORDER BY xact_start
 LIMIT 1
